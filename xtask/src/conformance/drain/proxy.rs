//! A loopback proxy that does to a drain what networks, servers and webhooks do.
//!
//! It stands before `kubectl proxy`, so that it needs no TLS. One request per connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::conformance::scheduler::random::Random;

/// How long a request is held back where it is.
const DELAY: Duration = Duration::from_millis(700);

/// How often each fault happens, in a hundred requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// 429 with Retry-After, 500 and 503.
    pub refusals: usize,
    /// The connection ends before the request is handed on.
    pub broken_before: usize,
    /// The request takes place and its answer is lost.
    pub broken_after: usize,
    /// The answer comes late.
    pub delays: usize,
    /// A watch breaks after at most a second.
    pub cut_watches: usize,
    /// A webhook denies an eviction.
    pub denials: usize,
}

/// The proxy; it ends when dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

struct Shared {
    upstream: String,
    faults: Mutex<Faults>,
    random: Mutex<Random>,
    injected: AtomicUsize,
    requests: AtomicU64,
    over: AtomicBool,
}

enum Fault {
    Refusal,
    Before,
    After,
    Delay,
    Cut(Duration),
    Denial,
}

impl Proxy {
    /// Begins to listen, before the server at `upstream`.
    pub fn start(upstream: &str, random: Random) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            faults: Mutex::default(),
            random: Mutex::new(random),
            injected: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let all = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if all.over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&all);
                // A connection that breaks is what this is about.
                thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Ok(Self { shared, port })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on these faults, drawn from this source.
    pub fn inject(&self, faults: Faults, random: Random) {
        *lock(&self.shared.faults) = faults;
        *lock(&self.shared.random) = random;
    }

    /// How many faults there were.
    pub fn injected(&self) -> usize {
        self.shared.injected.load(Ordering::Relaxed)
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut client = client;
        let (line, headers, body) = read_request(&mut reader)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let fault = self.draw(&line);
        if fault.is_some() {
            self.injected.fetch_add(1, Ordering::Relaxed);
        }
        match fault {
            Some(Fault::Before) => return Ok(()),
            Some(Fault::Refusal) => {
                let which = lock(&self.random).below(3);
                return client.write_all(refusal(which).as_bytes());
            }
            Some(Fault::Denial) => return client.write_all(denial().as_bytes()),
            Some(Fault::Delay) => thread::sleep(DELAY),
            _ => {}
        }
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let mut request = format!("{line}\r\nConnection: close\r\n");
        for header in headers {
            if !header.to_ascii_lowercase().starts_with("connection:") {
                request.push_str(&header);
                request.push_str("\r\n");
            }
        }
        request.push_str("\r\n");
        upstream.write_all(request.as_bytes())?;
        upstream.write_all(&body)?;
        match fault {
            Some(Fault::After) => {
                // It takes place before anybody learns of it.
                let mut first = [0; 1];
                let _ = upstream.read(&mut first);
                Ok(())
            }
            Some(Fault::Cut(after)) => {
                upstream.set_read_timeout(Some(after))?;
                let _ = io::copy(&mut upstream, &mut client);
                client.shutdown(std::net::Shutdown::Both)
            }
            _ => self.hand_back(&mut upstream, &mut client),
        }
    }

    /// Hands the answer back as it comes, until either side ends it.
    fn hand_back(&self, upstream: &mut TcpStream, client: &mut TcpStream) -> io::Result<()> {
        upstream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut buffer = [0; 16 * 1024];
        loop {
            match upstream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => client.write_all(buffer.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.over.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn draw(&self, line: &str) -> Option<Fault> {
        let faults = *lock(&self.faults);
        let mut random = lock(&self.random);
        if line.contains("watch=true") {
            let after = u64::try_from(random.between(50, 1000)).unwrap_or(500);
            return random
                .chance(faults.cut_watches)
                .then(|| Fault::Cut(Duration::from_millis(after)));
        }
        if line.contains("/eviction") && random.chance(faults.denials) {
            return Some(Fault::Denial);
        }
        for (percent, fault) in [
            (faults.refusals, Fault::Refusal),
            (faults.broken_before, Fault::Before),
            (faults.broken_after, Fault::After),
            (faults.delays, Fault::Delay),
        ] {
            if random.chance(percent) {
                return Some(fault);
            }
        }
        None
    }
}

fn read_request(reader: &mut impl BufRead) -> io::Result<(String, Vec<String>, Vec<u8>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let first = if lines.is_empty() {
        String::new()
    } else {
        lines.remove(0)
    };
    Ok((first, lines, body))
}

fn answer(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn refusal(which: usize) -> String {
    let body = |code: u16, reason: &str, message: &str| {
        format!(
            r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","code":{code},"reason":"{reason}","message":"{message}"}}"#
        )
    };
    match which {
        0 => answer(
            "429 Too Many Requests",
            "Retry-After: 1\r\n",
            &body(
                429,
                "TooManyRequests",
                "too many requests, please try again later",
            ),
        ),
        1 => answer(
            "500 Internal Server Error",
            "",
            &body(500, "InternalError", "etcdserver: request timed out"),
        ),
        _ => answer("503 Service Unavailable", "", "no server is available"),
    }
}

fn denial() -> String {
    answer(
        "403 Forbidden",
        "",
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":403,"reason":"Forbidden","message":"admission webhook \"chaos.day2.dev\" denied the request: not now"}"#,
    )
}
