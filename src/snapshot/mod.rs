//! `kubectl day2 snapshot`: the cluster in a file, as much as the plugins ask of it, without secrets.

mod redact;
mod resources;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use addons::release;
use clap::Args;
use cluster::{ApiServer, ConnectionFlags, Error, ListRequest};
use console::{ExitCode, Failure, note};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use self::resources::Recorded;

/// Record the cluster in a file that every plugin answers from; holds no secrets
///
/// A List of Kubernetes objects as JSON. Left out: Secrets (of Helm's, a release's name, chart, versions and status are kept), almost all config maps, environment variables, commands and arguments (but those of Cluster Autoscaler),
/// probes, annotations that Kubernetes and its add-ons do not define, and the last applied
/// configuration. What could not be read is named on standard error and in the file.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SnapshotArgs {
    /// The file to write, compressed if its name ends in .gz; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub file: PathBuf,

    /// The shared connection flags.
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Record the cluster, then ask it elsewhere
  kubectl day2 snapshot -f cluster.json.gz
  kubectl leases -A --snapshot cluster.json.gz";

/// When the snapshot was taken.
const TAKEN_AT: &str = "day2.dev/snapshot-time";
/// The API server's version.
const SERVER_VERSION: &str = "day2.dev/server-version";
/// What could not be read.
const MISSING: &str = "day2.dev/snapshot-missing";

/// Records the cluster.
///
/// # Errors
/// When the cluster can't be reached, nothing may be read, or the file can't be written.
pub fn run(args: &SnapshotArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime can't start: {error}")))?;
    runtime.block_on(async {
        let server = ApiServer::connect(&args.connection).map_err(|error| failure(&error))?;
        let mut file = SnapshotFile::create(&args.file)?;
        let recorded = record(&server, &mut file).await;
        match recorded {
            Ok(()) => file
                .finish()
                .map_err(|error| unwritable(&args.file, &error)),
            Err(failure) => {
                file.discard();
                Err(failure)
            }
        }
    })?;
    Ok(ExitCode::Done)
}

async fn record(server: &ApiServer, file: &mut SnapshotFile) -> Result<(), Failure> {
    let mut list = ListWriter::default();
    let mut missing: BTreeMap<String, &'static str> = BTreeMap::new();
    for recorded in &resources::RECORDED {
        match read(server, recorded, |object| list.item(file, object)).await {
            Ok(()) => {}
            Err(Unread::Cluster(Error::UnknownResource { .. })) if recorded.optional => {}
            Err(Unread::Cluster(Error::UnknownResource { .. })) => {
                missing.insert(recorded.resource.qualified(), "not served here");
            }
            Err(Unread::Cluster(Error::Forbidden { .. })) => {
                missing.insert(recorded.resource.qualified(), "not allowed");
            }
            Err(Unread::Cluster(error)) => return Err(failure(&error)),
            Err(Unread::File(error)) => return Err(unwritable(&file.path, &error)),
        }
    }
    for store in release::STORES {
        match release::list(server, store).await {
            Ok(releases) => {
                for release in releases {
                    list.item(file, &release.recorded())
                        .map_err(|error| unwritable(&file.path, &error))?;
                }
            }
            Err(Error::Forbidden { .. }) => {
                let what = format!("Helm releases in {}", store.plural);
                missing.insert(what, "not allowed");
            }
            Err(error) => return Err(failure(&error)),
        }
    }
    if list.items == 0 {
        return Err(Failure::new("nothing of this cluster may be read")
            .with_code(ExitCode::NotAllowed)
            .with_hint("ClusterRole \"day2-snapshot\" in docs/rbac/snapshot.yaml allows it"));
    }
    let version = server.version().await.ok();
    let annotations = annotations(server, version, &missing);
    list.end(file, &annotations)
        .map_err(|error| unwritable(&file.path, &error))?;
    for (resource, reason) in &missing {
        note(&format!(
            "{resource} {reason}; the snapshot is without them"
        ));
    }
    Ok(())
}

/// Why an object is not in the file.
enum Unread {
    Cluster(Error),
    File(io::Error),
}

async fn read(
    server: &ApiServer,
    recorded: &Recorded,
    mut write: impl FnMut(&Value) -> io::Result<()>,
) -> Result<(), Unread> {
    if let Some((namespace, names)) = recorded.named {
        for name in names {
            let found = server.get(recorded.resource, Some(namespace), name).await;
            if let Some(object) = found.map_err(Unread::Cluster)? {
                write(&redact::object(object, recorded)).map_err(Unread::File)?;
            }
        }
        return Ok(());
    }
    let mut failed = None;
    let request = ListRequest::new(recorded.resource, None);
    let listed = server.list(&request, |json| {
        let object: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        write(&redact::object(object, recorded)).map_err(|error| {
            let text = error.to_string();
            failed = Some(error);
            text
        })
    });
    let listed = listed.await;
    match (failed, listed) {
        (Some(error), _) => Err(Unread::File(error)),
        (None, Err(error)) => Err(Unread::Cluster(error)),
        (None, Ok(_)) => Ok(()),
    }
}

fn annotations(
    server: &ApiServer,
    version: Option<String>,
    missing: &BTreeMap<String, &'static str>,
) -> Map<String, Value> {
    let mut annotations = Map::new();
    annotations.insert(TAKEN_AT.into(), json!(server.clock().now().to_string()));
    if let Some(version) = version {
        annotations.insert(SERVER_VERSION.into(), json!(version));
    }
    if !missing.is_empty() {
        let text: Vec<String> = missing
            .iter()
            .map(|(resource, reason)| format!("{resource} ({reason})"))
            .collect();
        annotations.insert(MISSING.into(), json!(text.join(", ")));
    }
    annotations
}

/// Writes a List item by item.
#[derive(Default)]
struct ListWriter {
    items: usize,
}

impl ListWriter {
    fn item(&mut self, file: &mut SnapshotFile, object: &Value) -> io::Result<()> {
        let before = if self.items == 0 {
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n"
        } else {
            ",\n"
        };
        self.items += 1;
        file.stream().write_all(before.as_bytes())?;
        serde_json::to_writer(file.stream(), object).map_err(io::Error::from)
    }

    fn end(self, file: &mut SnapshotFile, annotations: &Map<String, Value>) -> io::Result<()> {
        debug_assert!(self.items > 0, "an empty List was never begun");
        file.stream().write_all(b"\n],\"metadata\":")?;
        serde_json::to_writer(file.stream(), &json!({"annotations": annotations}))?;
        file.stream().write_all(b"}\n")
    }
}

/// Where the snapshot goes. A file appears under its name when it is whole.
struct SnapshotFile {
    path: PathBuf,
    partial: Option<PathBuf>,
    stream: Stream,
}

enum Stream {
    Plain(Box<dyn Write>),
    Gzip(GzEncoder<Box<dyn Write>>),
}

impl SnapshotFile {
    fn create(path: &Path) -> Result<Self, Failure> {
        let is_stdout = path.as_os_str() == "-";
        let partial = (!is_stdout).then(|| {
            let mut name = path.file_name().unwrap_or_default().to_os_string();
            name.push(format!(".{}.partial", std::process::id()));
            path.with_file_name(name)
        });
        let sink: Box<dyn Write> = match &partial {
            None => Box::new(BufWriter::new(io::stdout())),
            Some(partial) => {
                let file = File::create(partial).map_err(|error| unwritable(path, &error))?;
                Box::new(BufWriter::new(file))
            }
        };
        let stream = if path.extension().is_some_and(|end| end == "gz") {
            Stream::Gzip(GzEncoder::new(sink, Compression::default()))
        } else {
            Stream::Plain(sink)
        };
        Ok(Self {
            path: path.to_owned(),
            partial,
            stream,
        })
    }

    fn stream(&mut self) -> &mut dyn Write {
        match &mut self.stream {
            Stream::Plain(sink) => sink,
            Stream::Gzip(encoder) => encoder,
        }
    }

    fn finish(self) -> io::Result<()> {
        let mut sink = match self.stream {
            Stream::Plain(sink) => sink,
            Stream::Gzip(encoder) => encoder.finish()?,
        };
        sink.flush()?;
        match self.partial {
            Some(partial) => fs::rename(partial, self.path),
            None => Ok(()),
        }
    }

    fn discard(self) {
        if let Some(partial) = self.partial {
            let _ = fs::remove_file(partial);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} can't be written: {error}", path.display()))
}

fn failure(error: &Error) -> Failure {
    let code = if error.is_usage() {
        ExitCode::Usage
    } else {
        ExitCode::Failed
    };
    let failure = Failure::new(error.to_string()).with_code(code);
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
