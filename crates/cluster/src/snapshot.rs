//! A cluster in a file: a List of Kubernetes objects as JSON or YAML, plain, gzip or zstd.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;
use crate::list_splitter::{ListSplitter, SplitError};

/// The annotation on the List that says when the snapshot was taken.
const TAKEN_AT: &str = "day2.dev/snapshot-time";
/// The annotation on the List that says which version of Kubernetes the API server was.
const SERVER_VERSION: &str = "day2.dev/server-version";
/// The annotation on the List that says what could not be read.
const MISSING: &str = "day2.dev/snapshot-missing";
/// YAML can't be read piece by piece, so a document in it is bounded.
const MAX_YAML: u64 = 256 << 20;
/// A compressed file may grow this far whatever its size …
const FREE_EXPANSION: u64 = 256 << 20;
/// … and beyond that by this factor; Kubernetes objects compress by 10 to 60.
const MAX_RATIO: u64 = 200;
const PIECE: usize = 64 << 10;

/// The type of an object.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct TypeMeta {
    /// As in `coordination.k8s.io/v1`.
    pub api_version: String,
    /// As in `Lease`.
    pub kind: String,
}

/// One object of a snapshot, as it stands in the file.
#[derive(Debug)]
pub struct SnapshotObject<'a> {
    /// Its type; in a list of one kind, where items do not repeat it, the list's.
    pub type_meta: TypeMeta,
    /// The object as JSON.
    pub json: &'a [u8],
}

/// A snapshot that was read to its end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    /// When it was taken, where the file says so.
    pub taken_at: Option<Timestamp>,
    /// The version of Kubernetes that the API server was, where the file says so.
    pub server_version: Option<String>,
    /// What could not be read when it was taken, in words; empty where the file does not say.
    pub missing: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    api_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EnvelopeMetadata {
    annotations: std::collections::BTreeMap<String, String>,
}

impl Snapshot {
    /// Reads a snapshot from a file, or from standard input for `-`, handing out each object.
    ///
    /// # Errors
    /// [`Error::Snapshot`] with the file, the place and what was expected; also when `each`
    /// says that it can't read an object.
    pub fn read(
        path: &Path,
        each: impl FnMut(&SnapshotObject<'_>) -> Result<(), String>,
    ) -> Result<Self, Error> {
        let name = path.display().to_string();
        let result = if name == "-" {
            Self::read_from(io::stdin().lock(), each)
        } else {
            File::open(path)
                .map_err(|error| error.to_string())
                .and_then(|file| Self::read_from(file, each))
        };
        result.map_err(|reason| Error::Snapshot { file: name, reason })
    }

    /// Reads a snapshot from any stream; the reason of a failure is a phrase without the file's name.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read_from(
        stream: impl Read,
        each: impl FnMut(&SnapshotObject<'_>) -> Result<(), String>,
    ) -> Result<Self, String> {
        let mut stream = BufReader::with_capacity(PIECE, stream);
        let magic = peek(&mut stream)?;
        match magic[..] {
            [0x1f, 0x8b, ..] => {
                let compressed = Counted::new(stream);
                let counter = compressed.count.clone();
                let decoder = flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(
                    PIECE, compressed,
                ));
                Self::read_text(&mut Bounded::new(decoder, Some(counter)), each)
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let compressed = Counted::new(stream);
                let counter = compressed.count.clone();
                let decoder = ruzstd::decoding::StreamingDecoder::new(compressed)
                    .map_err(|error| format!("not a zstd stream: {error}"))?;
                Self::read_text(&mut Bounded::new(decoder, Some(counter)), each)
            }
            _ => Self::read_text(&mut Bounded::new(stream, None), each),
        }
    }

    fn read_text(
        stream: &mut impl Read,
        mut each: impl FnMut(&SnapshotObject<'_>) -> Result<(), String>,
    ) -> Result<Self, String> {
        let mut piece = vec![0; PIECE];
        let mut length = fill(stream, &mut piece)?;
        // A byte order mark is no part of either notation.
        if piece[..length].starts_with(&[0xef, 0xbb, 0xbf]) {
            piece.copy_within(3..length, 0);
            length -= 3;
        }
        match piece[..length]
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
        {
            None => Err("it is empty".into()),
            Some(b'{' | b'[') => read_json(&piece[..length], stream, &mut each),
            Some(_) => read_yaml(&piece[..length], stream, &mut each),
        }
    }
}

type Each<'a> = dyn FnMut(&SnapshotObject<'_>) -> Result<(), String> + 'a;

fn read_json(
    first: &[u8],
    stream: &mut impl Read,
    each: &mut Each<'_>,
) -> Result<Snapshot, String> {
    let mut splitter = ListSplitter::default();
    let mut list_type = ListType::default();
    let mut hand_out = |index: u64, json: &[u8]| -> Result<(), Failure> {
        let type_meta = item_type(json, &mut list_type)
            .map_err(|reason| Failure(format!("items[{index}]: {reason}")))?;
        each(&SnapshotObject { type_meta, json })
            .map_err(|reason| Failure(format!("items[{index}]: {reason}")))
    };
    splitter
        .feed(first, &mut hand_out)
        .map_err(|failure| failure.0)?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = fill(stream, &mut piece)?;
        if length == 0 {
            break;
        }
        splitter
            .feed(&piece[..length], &mut hand_out)
            .map_err(|failure| failure.0)?;
    }
    let (items, found_items) = (splitter.items(), splitter.found_items());
    let envelope = splitter.finish().map_err(|error| error.to_string())?;
    if found_items {
        end_of_list(&envelope, items, &list_type)
    } else {
        single_object(&envelope, each)
    }
}

/// What is known of a list whose items do not say what they are.
#[derive(Debug, Default)]
struct ListType {
    untyped_items: bool,
}

struct Failure(String);

impl From<SplitError> for Failure {
    fn from(error: SplitError) -> Self {
        Self(error.to_string())
    }
}

fn item_type(json: &[u8], list_type: &mut ListType) -> Result<TypeMeta, String> {
    let type_meta: TypeMeta = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    list_type.untyped_items |= type_meta.kind.is_empty();
    Ok(type_meta)
}

fn end_of_list(envelope: &[u8], items: u64, list_type: &ListType) -> Result<Snapshot, String> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(envelope).map_err(|error| error.to_string())?;
    let kind = envelope.kind.as_deref().unwrap_or_default();
    if envelope.api_version.is_none() || !kind.ends_with("List") {
        return Err(format!("expected a Kubernetes List, found kind {kind:?}"));
    }
    if list_type.untyped_items && items > 0 {
        return Err("its items do not say their apiVersion and kind".into());
    }
    about(envelope.metadata)
}

/// What the List's annotations say of the snapshot.
fn about(metadata: Option<&RawValue>) -> Result<Snapshot, String> {
    let Some(metadata) = metadata else {
        return Ok(Snapshot::default());
    };
    let mut metadata: EnvelopeMetadata =
        serde_json::from_str(metadata.get()).map_err(|error| format!("metadata: {error}"))?;
    let taken_at = metadata.annotations.get(TAKEN_AT).map(|time| {
        time.parse()
            .map_err(|error| format!("annotation {TAKEN_AT}: {error}"))
    });
    Ok(Snapshot {
        taken_at: taken_at.transpose()?,
        server_version: metadata.annotations.remove(SERVER_VERSION),
        missing: metadata.annotations.remove(MISSING).unwrap_or_default(),
    })
}

/// A document without items is one object, as `kubectl get lease NAME -o json` writes it.
fn single_object(json: &[u8], each: &mut Each<'_>) -> Result<Snapshot, String> {
    let type_meta: TypeMeta = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if type_meta.kind.is_empty() || type_meta.api_version.is_empty() {
        return Err("expected a Kubernetes List, found JSON without apiVersion and kind".into());
    }
    each(&SnapshotObject { type_meta, json })?;
    Ok(Snapshot::default())
}

fn read_yaml(
    first: &[u8],
    stream: &mut impl Read,
    each: &mut Each<'_>,
) -> Result<Snapshot, String> {
    let mut text = first.to_vec();
    stream
        .take(MAX_YAML)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    if text.len() as u64 > MAX_YAML {
        return Err(format!(
            "YAML larger than {} MiB; give it as JSON",
            MAX_YAML >> 20
        ));
    }
    let text = String::from_utf8(text)
        .map_err(|_| "neither JSON nor YAML: it is not UTF-8 text".to_owned())?;
    let documents = yaml_documents(&text)?;
    let mut snapshot = Snapshot::default();
    for document in documents.iter().filter(|document| !document.is_null()) {
        if !document.is_object() {
            return Err("neither JSON nor YAML of a Kubernetes List".into());
        }
        let json = serde_json::to_vec(document).map_err(|error| error.to_string())?;
        let read = read_json(&json, &mut io::empty(), each)?;
        snapshot.taken_at = snapshot.taken_at.or(read.taken_at);
        snapshot.server_version = snapshot.server_version.or(read.server_version);
        snapshot.missing += &read.missing;
    }
    Ok(snapshot)
}

/// The documents of a YAML stream. Aliases are bounded by the library; size is bounded by ours.
fn yaml_documents(text: &str) -> Result<Vec<serde_json::Value>, String> {
    let mut budget = serde_saphyr::budget::Budget::default();
    budget.max_events = usize::MAX;
    budget.max_nodes = usize::MAX;
    budget.max_total_scalar_bytes = usize::MAX;
    budget.max_documents = usize::MAX;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let whole = error.to_string();
        let first = whole.lines().next().unwrap_or_default();
        format!("neither JSON nor YAML: {first}")
    })
}

fn peek(stream: &mut impl io::BufRead) -> Result<Vec<u8>, String> {
    let bytes = stream.fill_buf().map_err(|error| error.to_string())?;
    Ok(bytes[..bytes.len().min(4)].to_vec())
}

/// Reads until the piece is full or the stream ends.
fn fill(stream: &mut impl Read, piece: &mut [u8]) -> Result<usize, String> {
    let mut length = 0;
    while length < piece.len() {
        match stream.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(length)
}

type Counter = std::rc::Rc<std::cell::Cell<u64>>;

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    count: Counter,
}

impl<R> Counted<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            count: Counter::default(),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// Ends a stream that expands beyond what Kubernetes objects do.
struct Bounded<R> {
    inner: R,
    compressed: Option<Counter>,
    expanded: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, compressed: Option<Counter>) -> Self {
        Self {
            inner,
            compressed,
            expanded: 0,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.expanded += read as u64;
        let Some(compressed) = &self.compressed else {
            return Ok(read);
        };
        let limit = FREE_EXPANSION.max(compressed.get().saturating_mul(MAX_RATIO));
        if self.expanded > limit {
            return Err(io::Error::other(format!(
                "it expands more than {MAX_RATIO} times, which Kubernetes objects do not"
            )));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LIST: &str = r#"{
        "apiVersion": "v1",
        "items": [
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}
        ],
        "kind": "List",
        "metadata": {"annotations": {"day2.dev/snapshot-time": "2026-01-02T03:04:05Z"}}
    }"#;

    fn read(bytes: &[u8]) -> Result<(Vec<String>, Option<Timestamp>), String> {
        let mut kinds = Vec::new();
        let snapshot = Snapshot::read_from(bytes, |object| {
            kinds.push(object.type_meta.kind.clone());
            Ok(())
        })?;
        Ok((kinds, snapshot.taken_at))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_notation_and_compression_gives_the_same_objects() {
        let value: serde_json::Value = serde_json::from_str(LIST).unwrap();
        let yaml = "# by hand\n".to_owned()
            + "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: coordination.k8s.io/v1, kind: Lease}\n- {apiVersion: v1, kind: Pod}\nmetadata:\n  annotations:\n    day2.dev/snapshot-time: 2026-01-02T03:04:05Z\n";
        let zstd = ruzstd::encoding::compress_to_vec(
            LIST.as_bytes(),
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        let with_mark = [b"\xef\xbb\xbf", LIST.as_bytes()].concat();
        for (name, bytes) in [
            ("json", LIST.as_bytes().to_vec()),
            ("compact", value.to_string().into_bytes()),
            ("byte order mark", with_mark),
            ("gzip", gzip(LIST.as_bytes())),
            ("zstd", zstd),
            ("yaml", yaml.into_bytes()),
        ] {
            let (kinds, taken_at) = read(&bytes).unwrap();
            assert_eq!(kinds, ["Lease", "Pod"], "{name}");
            assert_eq!(
                taken_at,
                Some("2026-01-02T03:04:05Z".parse().unwrap()),
                "{name}"
            );
        }
    }

    #[test]
    fn one_object_and_yaml_documents_are_snapshots_too() {
        let single =
            br#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"}}"#;
        assert_eq!(read(single).unwrap().0, ["Lease"]);
        let documents = b"---\napiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Node\n---\n";
        assert_eq!(read(documents).unwrap().0, ["Pod", "Node"]);
    }

    #[test]
    fn foreign_and_damaged_files_get_a_clear_error() {
        for (bytes, expected) in [
            (&b""[..], "it is empty"),
            (b"  \n", "it is empty"),
            (b"hello", "neither JSON nor YAML of a Kubernetes List"),
            (b"[1, 2]", "expected a JSON object, found '[' at byte 0"),
            (
                b"{\"a\": 1}",
                "expected a Kubernetes List, found JSON without apiVersion and kind",
            ),
            (
                b"{\"items\": [{}]}",
                "expected a Kubernetes List, found kind \"\"",
            ),
            (
                b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}",
                "its items do not say their apiVersion and kind",
            ),
            (
                b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\"",
                "it ends in the middle, at byte 55 (items[0])",
            ),
            (
                b"{\"items\":[{\"kind\": Pod}]}",
                "items[0]: expected value at line 1 column 10",
            ),
            (
                b"\x00\x01\x02\xff",
                "neither JSON nor YAML: it is not UTF-8 text",
            ),
            (b"\x1f\x8b\x08\x00garbage", "incomplete deflate stream"),
        ] {
            assert_eq!(
                read(bytes).unwrap_err(),
                expected,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
        let truncated = &gzip(LIST.as_bytes())[..60];
        assert!(read(truncated).is_err());
    }

    #[test]
    fn a_compression_bomb_is_given_up() {
        let mut bomb = gzip(b"{\"apiVersion\":\"v1\",\"items\":[");
        let blanks = gzip(&vec![b' '; 64 << 20]);
        for _ in 0..6 {
            bomb.extend_from_slice(&blanks);
        }
        let reason = read(&bomb).unwrap_err();
        assert!(reason.contains("expands more than 200 times"), "{reason}");
    }
}
