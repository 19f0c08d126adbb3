//! Input that means no good, and readers that go away.

use std::io::Write;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::plugin::{alone, fed, installation, scratch};

fn snapshot(bytes: &[u8]) -> crate::plugin::Said {
    fed(&["-A", "--kind", "all", "--snapshot", "-"], bytes)
}

fn list(items: &str) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"List","metadata":{{}},"items":[{items}]}}"#)
}

#[test]
fn truncated_json_is_named_with_its_place() {
    let whole = list(
        r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b"}}"#,
    );
    snapshot(whole.as_bytes()).ok();
    for cut in [1, 20, 60, 100, whole.len() - 1] {
        snapshot(&whole.as_bytes()[..cut])
            .fails(1, &["snapshot -: it ends in the middle", "hint:"]);
    }
}

#[test]
fn a_large_file_of_something_else_is_refused_in_bounded_memory() {
    let file = scratch("foreign").join("foreign.json");
    let mut writer = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    writer.write_all(b"{\"records\":[0").unwrap();
    for number in 0..20_000_000_u32 {
        write!(writer, ",{number}").unwrap();
    }
    writer.write_all(b"]}").unwrap();
    drop(writer);
    assert!(std::fs::metadata(&file).unwrap().len() > 150_000_000);
    // 256 MiB of address space are room for the program and its bounds, not for the file.
    let script = "ulimit -v 262144; exec \"$0\" -A --snapshot \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(installation().join("kubectl-leases"))
        .arg(&file)
        .output()
        .unwrap();
    crate::plugin::Said::of(output).fails(
        1,
        &[
            "foreign.json",
            "no list of items within the first 32 MiB",
            "hint:",
        ],
    );
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_compression_bomb_is_given_up() {
    let mut bomb = Vec::new();
    let mut encoder = GzEncoder::new(&mut bomb, Compression::fast());
    encoder
        .write_all(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[")
        .unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..600 {
        encoder.write_all(&blanks).unwrap();
    }
    encoder.finish().unwrap();
    assert!(bomb.len() < 4 << 20);
    snapshot(&bomb).fails(1, &["it expands more than 200 times", "hint:"]);
}

#[test]
fn other_kinds_in_the_list_are_passed_over() {
    let items = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}},
        {"apiVersion":"example.com/v1","kind":"Lease","metadata":{"name":"foreign","namespace":"x"}},
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"own","namespace":"x"}}"#;
    let text = snapshot(list(items).as_bytes()).ok();
    assert!(text.contains("own") && !text.contains("foreign"), "{text}");
}

#[test]
fn missing_future_and_absurd_values_get_an_honest_cell() {
    let lease = |name: &str, spec: &str| {
        format!(
            r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"{name}","namespace":"x"}},"spec":{spec}}}"#
        )
    };
    let items = [
        lease(
            "anchor",
            r#"{"holderIdentity":"h","leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:00Z"}"#,
        ),
        lease("missing", r#"{"holderIdentity":"h"}"#),
        lease(
            "no-time",
            r#"{"holderIdentity":"h","leaseDurationSeconds":15,"renewTime":"soon"}"#,
        ),
        lease(
            "negative",
            r#"{"holderIdentity":"h","leaseDurationSeconds":-9223372036854775808,"renewTime":"2026-01-01T00:00:00Z","leaseTransitions":-1}"#,
        ),
        lease(
            "ancient",
            r#"{"holderIdentity":"h","leaseDurationSeconds":9223372036854775807,"renewTime":"-009999-01-02T01:59:59Z"}"#,
        ),
        lease("empty", "{}"),
        lease("null", "null"),
    ];
    let json = list(&items.join(","));
    let text = snapshot(json.as_bytes()).ok();
    for (name, words) in [
        ("anchor", &["held"][..]),
        ("missing", &["unknown", "<unknown>"]),
        ("no-time", &["unknown", "<invalid>"]),
        ("negative", &["unknown"]),
        ("ancient", &["unknown"]),
        ("empty", &["vacant"]),
        ("null", &["vacant"]),
    ] {
        let row = text
            .lines()
            .find(|line| line.split_whitespace().nth(1) == Some(name))
            .unwrap_or_else(|| panic!("{text}"));
        assert!(words.iter().all(|word| row.contains(word)), "{row}");
    }
    let future = json.replace("\"holderIdentity\":\"h\"}", "\"holderIdentity\":\"h\",\"leaseDurationSeconds\":15,\"renewTime\":\"9999-01-01T00:00:00Z\"}");
    let dated = future.replace("\"metadata\":{},\"items\"", "\"metadata\":{\"annotations\":{\"day2.dev/snapshot-time\":\"2026-01-01T00:00:01Z\"}},\"items\"");
    let text = snapshot(dated.as_bytes()).ok();
    let row = text.lines().find(|line| line.contains("missing")).unwrap();
    assert!(row.contains("unknown") && row.contains("-7978y"), "{row}");
}

#[test]
fn an_object_that_cannot_be_read_is_named() {
    let item = r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"odd","namespace":"x"},"spec":{"leaseDurationSeconds":"long"}}"#;
    snapshot(list(item).as_bytes()).fails(1, &["items[0]: Lease x/odd:", "expected i64"]);
}

#[test]
fn missing_and_empty_files_are_named() {
    alone(&["--snapshot", "/nonexistent/cluster.json"])
        .fails(1, &["snapshot /nonexistent/cluster.json: No such file"]);
    snapshot(b"").fails(1, &["snapshot -: it is empty"]);
    snapshot(b"\xff\xfe\x00").fails(1, &["neither JSON nor YAML"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let items: Vec<String> = (0..20_000)
        .map(|number| format!(r#"{{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"lease-{number}","namespace":"x"}}}}"#))
        .collect();
    let file = scratch("pipe").join("many.json");
    std::fs::write(&file, list(&items.join(","))).unwrap();
    for format in ["table", "json", "name", "yaml"] {
        let script =
            "\"$0\" -A --snapshot \"$1\" -o \"$2\" 2>\"$1.err\" | head -1; cat \"$1.err\" >&2";
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", script])
            .arg(installation().join("kubectl-leases"))
            .arg(&file)
            .arg(format)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = crate::plugin::Said::of(output);
        assert_eq!(said.code, 0, "{format}: {}", said.stderr);
        assert!(
            !said.stderr.contains("error") && !said.stderr.contains("panicked"),
            "{}",
            said.stderr
        );
        assert_eq!(said.stdout.lines().count(), 1);
    }
}
