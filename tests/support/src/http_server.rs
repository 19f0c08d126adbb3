//! A small HTTP server on loopback for tests of clients: it can also be slow, silent or rude.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, by its Content-Length.
    pub body: Vec<u8>,
}

impl Received {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, as it was sent.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    manner: Manner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Polite,
    /// Nothing is ever answered.
    Silent,
    /// One byte at a time, with this pause.
    Dripping(Duration),
    /// Half of the body, and then the connection is closed.
    BreakingOff,
}

impl Reply {
    /// A status and a body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            delay: Duration::ZERO,
            manner: Manner::Polite,
        }
    }

    /// Takes the request and never answers.
    #[must_use]
    pub fn silence() -> Self {
        Self {
            manner: Manner::Silent,
            ..Self::new(200, "")
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Waits before it answers.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Sends one byte at a time.
    #[must_use]
    pub fn dripping(self, pause: Duration) -> Self {
        Self {
            manner: Manner::Dripping(pause),
            ..self
        }
    }

    /// Closes the connection in the middle of the body.
    #[must_use]
    pub fn breaking_off(self) -> Self {
        Self {
            manner: Manner::BreakingOff,
            ..self
        }
    }

    fn send(&self, method: &str, stream: &mut TcpStream) -> io::Result<()> {
        thread::sleep(self.delay);
        let mut whole = Vec::new();
        write!(whole, "HTTP/1.1 {} X\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(whole, "{name}: {value}\r\n")?;
        }
        write!(whole, "Content-Length: {}\r\n\r\n", self.body.len())?;
        let body: &[u8] = if method == "HEAD" { b"" } else { &self.body };
        match self.manner {
            Manner::Polite => {
                whole.extend_from_slice(body);
                stream.write_all(&whole)
            }
            Manner::Silent => Ok(()),
            Manner::Dripping(pause) => {
                stream.write_all(&whole)?;
                for byte in body {
                    stream.write_all(std::slice::from_ref(byte))?;
                    thread::sleep(pause);
                }
                Ok(())
            }
            Manner::BreakingOff => {
                whole.extend_from_slice(&body[..body.len() / 2]);
                stream.write_all(&whole)?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }
}

type Handler = dyn Fn(&Received) -> Reply + Send + Sync;

/// A server on a free port of 127.0.0.1; it stops when it is dropped.
pub struct HttpServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    stopped: Arc<AtomicBool>,
}

impl HttpServer {
    /// Starts a server that answers as the handler says.
    ///
    /// # Errors
    /// When no port is to be had.
    pub fn start(handler: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self {
            address: listener.local_addr()?,
            received: Arc::default(),
            stopped: Arc::default(),
        };
        let (received, stopped) = (Arc::clone(&server.received), Arc::clone(&server.stopped));
        let handler: Arc<Handler> = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (received, handler) = (Arc::clone(&received), Arc::clone(&handler));
                // A client that goes away ends its own connection and nothing else.
                thread::spawn(move || serve(stream, &received, &*handler));
            }
        });
        Ok(server)
    }

    /// `127.0.0.1:12345`.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:12345`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        let received = self.received.lock();
        received.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees that it is to stop.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: TcpStream,
    received: &Mutex<Vec<Received>>,
    handler: &Handler,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut reader)? {
        let reply = handler(&request);
        let method = request.method.clone();
        received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        reply.send(&method, &mut stream)?;
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let mut request = Received {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        ..Received::default()
    };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length");
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}
