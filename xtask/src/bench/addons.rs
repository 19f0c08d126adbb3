//! `kubectl addons` against the bare tag lists of the same repositories, eight at a time.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use test_support::{HttpServer, Received, Reply};

use crate::bench::measure::{alternate, repeat};
use crate::bench::programs::Programs;
use crate::bench::table::Line;
use crate::failure::Failure;

/// How often each program runs.
const RUNS: usize = 7;
/// What is added to each request.
const DELAY: Duration = Duration::from_millis(50);
/// How much longer than the bare lists the answer may take.
const FACTOR: f64 = 1.2;
/// How long the answer from the cache may take.
const CACHED: Duration = Duration::from_millis(100);

const REPOSITORIES: usize = 31;
/// Tags of the one large repository.
const LARGE: usize = 5_000;
/// Tags of all.
const ALL: usize = 7_589;
/// Tag lists that are fetched at the same time.
const AT_ONCE: usize = 8;

/// The rows of `kubectl addons`.
pub(crate) fn lines(programs: &Programs) -> Result<Vec<Line>, Failure> {
    eprintln!("starting a registry with {REPOSITORIES} repositories");
    let repositories: Vec<Repository> = (0..REPOSITORIES).map(Repository::new).collect();
    let tags: usize = repositories
        .iter()
        .map(|repository| repository.tags.len())
        .sum();
    if tags != ALL {
        return Err(Failure::Other(format!(
            "the registry has {tags} tags, and not {ALL}"
        )));
    }
    let lists: Vec<String> = repositories.iter().map(Repository::list).collect();
    let server = HttpServer::start(move |request| answer(request, &lists));
    let server = server.map_err(Failure::io("start", Path::new("a registry")))?;
    let bench = Bench::new(programs, &server, &repositories)?;

    eprintln!("measuring the answer for {REPOSITORIES} repositories");
    bench.rehearse(&repositories)?;
    let (ours, peer) = alternate(RUNS, programs, || bench.ours(true), || bench.lists())?;
    let work = "addons outdated, 31 repositories, 50 ms a request";
    let mut lines = vec![Line::at_most(work, ours.wall, peer.wall, FACTOR)];
    let cached = repeat(RUNS, programs, || bench.ours(false))?;
    lines.push(Line::within("  again from the cache", cached.wall, CACHED));
    Ok(lines)
}

/// What stands before and after the numbers of versions, and tags that are no updates of them.
const KINDS: [(&str, &str, &[&str]); 6] = [
    (
        "v",
        "",
        &["latest", "v1", "v1.9999", "608111629", "v2.0.0-rc.1"],
    ),
    (
        "",
        "",
        &["1.9999.0-alpine", "1.9999.0-distroless", "011", "1.11"],
    ),
    ("", "-alpine", &["1.9999.0", "1.9999.0-bookworm", "alpine"]),
    (
        "",
        "-eksbuild.3",
        &["1.9999.0", "1.9999.0-minimal-eksbuild.1"],
    ),
    (
        "v",
        "",
        &[
            "v1.9999.0-beta.1",
            "v1.9999.0-0.dev",
            "nightly",
            "sha256-ab.sig",
        ],
    ),
    ("", "", &["2024.12.1", "20241231", "1.9999.0-12-gabcdef1"]),
];

/// Tags as real repositories have them, what is installed, and what is newest.
struct Repository {
    name: String,
    tags: Vec<String>,
    installed: String,
    newest: String,
}

impl Repository {
    /// A repository of one of several kinds, so that every usual mistake would show.
    fn new(number: usize) -> Self {
        let count = match number {
            0 => LARGE,
            number if number <= (ALL - LARGE) % (REPOSITORIES - 1) => {
                (ALL - LARGE) / (REPOSITORIES - 1) + 1
            }
            _ => (ALL - LARGE) / (REPOSITORIES - 1),
        };
        let (before, after, decoys) = KINDS[number % KINDS.len()];
        let versions: Vec<String> = (0..count - decoys.len())
            .map(|index| format!("{before}1.{}.{}{after}", index / 10, index % 10))
            .collect();
        let newest = versions.last().cloned().unwrap_or_default();
        let installed = versions.first().cloned().unwrap_or_default();
        let mut tags = versions;
        tags.extend(decoys.iter().map(|tag| (*tag).to_owned()));
        tags.sort();
        Self {
            name: format!("team/image-{number:02}"),
            tags,
            installed,
            newest,
        }
    }

    fn list(&self) -> String {
        json!({"name": self.name, "tags": self.tags}).to_string()
    }
}

fn answer(request: &Received, lists: &[String]) -> Reply {
    let path = request.path();
    let number = path
        .strip_prefix("/v2/team/image-")
        .and_then(|rest| rest.get(..2)?.parse::<usize>().ok());
    match number.and_then(|number| lists.get(number)) {
        Some(list) if path.ends_with("/tags/list") => Reply::new(200, list.as_str()).after(DELAY),
        _ => Reply::new(404, "").after(DELAY),
    }
}

struct Bench<'a> {
    programs: &'a Programs,
    server: &'a HttpServer,
}

impl<'a> Bench<'a> {
    /// Writes the cluster, with one workload for each repository.
    fn new(
        programs: &'a Programs,
        server: &'a HttpServer,
        repositories: &[Repository],
    ) -> Result<Self, Failure> {
        let items: Vec<Value> = repositories
            .iter()
            .map(|repository| {
                let image = format!("{}/{}:{}", server.host(), repository.name, repository.installed);
                json!({
                    "apiVersion": "apps/v1", "kind": "Deployment",
                    "metadata": {"name": repository.name.replace('/', "-"), "namespace": "team"},
                    "spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}},
                })
            })
            .collect();
        let bench = Self { programs, server };
        let path = bench.snapshot();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {"annotations": {"day2.dev/server-version": "v1.36.3"}}});
        fs::write(&path, list.to_string()).map_err(Failure::io("write", &path))?;
        Ok(bench)
    }

    fn snapshot(&self) -> std::path::PathBuf {
        self.programs.dir().join("addons.json")
    }

    fn ours(&self, refresh: bool) -> Command {
        let mut command = self.programs.addons();
        command
            .args([
                "outdated",
                "--image",
                &format!("{}/*", self.server.host()),
                "--snapshot",
            ])
            .arg(self.snapshot())
            .env("XDG_CACHE_HOME", self.programs.dir().join("cache"));
        if refresh {
            command.arg("--refresh");
        }
        command
    }

    /// The same lists and nothing else, by this program.
    fn lists(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap_or_default());
        command.args([
            "fetch-tag-lists",
            &self.server.host(),
            &REPOSITORIES.to_string(),
        ]);
        command
    }

    /// Every row must be right, with one request for each repository and none besides.
    fn rehearse(&self, repositories: &[Repository]) -> Result<(), Failure> {
        let before = self.server.received().len();
        let mut command = self.ours(true);
        let output = command.args(["-o", "json"]).output();
        let output = output.map_err(Failure::io(
            "run",
            &self.programs.dir().join("kubectl-addons"),
        ))?;
        let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
            Failure::Other(format!(
                "{error}: {}",
                String::from_utf8_lossy(&output.stderr)
            ))
        })?;
        let items = report["items"].as_array().cloned().unwrap_or_default();
        let right = repositories.iter().filter(|repository| {
            let name = repository.name.rsplit('/').next();
            let found = items.iter().find(|item| item["name"].as_str() == name);
            found.is_some_and(|item| {
                item["latest"] == repository.newest.as_str()
                    && item["installed"] == repository.installed.as_str()
            })
        });
        let (right, requests) = (right.count(), self.server.received().len() - before);
        eprintln!("{right} of {REPOSITORIES} rows are right, with {requests} requests");
        if right == REPOSITORIES && requests == REPOSITORIES {
            return Ok(());
        }
        Err(Failure::Other("the answer is not right".into()))
    }
}

/// Fetches tag lists and drops them
#[derive(Args)]
pub(crate) struct FetchTagLists {
    /// The registry
    host: String,
    /// How many repositories it has
    repositories: usize,
}

/// Fetches the lists over eight connections.
pub(crate) fn fetch(args: &FetchTagLists) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                if let (Err(error), Ok(mut failure)) = (fetch_some(args, &next), failure.lock()) {
                    *failure = Some(error);
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(None) => Ok(()),
        Ok(Some(error)) => Err(Failure::io("fetch", Path::new(&args.host))(error)),
        Err(_) => Err(Failure::Other("a list could not be fetched".into())),
    }
}

fn fetch_some(args: &FetchTagLists, next: &AtomicUsize) -> io::Result<()> {
    let mut stream = TcpStream::connect(&args.host)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= args.repositories {
            return Ok(());
        }
        write!(
            stream,
            "GET /v2/team/image-{number:02}/tags/list HTTP/1.1\r\nHost: {}\r\n\r\n",
            args.host
        )?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim_end().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let list: Value = serde_json::from_slice(&body)?;
        if list["tags"].as_array().is_none_or(Vec::is_empty) {
            return Err(io::Error::other("a list without tags"));
        }
    }
}
