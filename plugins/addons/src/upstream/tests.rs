//! Upstream as it should be, and as it should not: every answer is bounded, clear, and nothing
//! leaks.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Clock;

use futures::future::join_all;
use test_support::{HttpServer, Received, Reply};

use super::vulnerabilities::Query;
use super::*;

const PASSWORD: &str = "hunter2";

struct Setup {
    options: Options,
    cache: Cache,
    credentials: Credentials,
    now: Timestamp,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            options: Options {
                offline: false,
                max_age: Duration::ZERO,
                deadline: Duration::from_secs(20),
                mirrors: Vec::new(),
            },
            cache: Cache::default(),
            credentials: Credentials::default(),
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
        }
    }
}

impl Setup {
    fn impatient() -> Self {
        let mut setup = Self::default();
        setup.options.deadline = Duration::from_millis(300);
        setup
    }

    fn with_login(registry: &str) -> Self {
        let config = format!(
            r#"{{"auths": {{"{registry}": {{"username": "user", "password": "{PASSWORD}"}}}}}}"#
        );
        Self {
            credentials: Credentials::from_docker_config(config.as_bytes()).unwrap(),
            ..Self::default()
        }
    }

    fn run<T>(self, ask: impl AsyncFnOnce(&Upstream) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let upstream = Upstream::new(self.options, self.cache, self.credentials, self.now);
        runtime.block_on(ask(&upstream))
    }

    fn tags(self, repository: &str) -> Answer<Vec<String>> {
        self.run(async |upstream| upstream.tags(repository).await)
    }
}

fn serve(handler: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> HttpServer {
    HttpServer::start(handler).unwrap()
}

fn page(tags: &[String]) -> Reply {
    let body = format!(
        r#"{{"name":"a/b","tags":[{}]}}"#,
        tags.iter()
            .map(|tag| format!("{tag:?}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    Reply::new(200, body).header("Content-Type", "application/json")
}

fn versions(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("v1.0.{number}")).collect()
}

fn repository(server: &HttpServer) -> String {
    format!("{}/a/b", server.host())
}

/// Nobody but those who may see it has seen the password or a token made with it.
#[track_caller]
fn leaks_nothing(server: &HttpServer) {
    for request in server.received() {
        let shown = format!("{request:?}");
        assert!(request.header("authorization").is_none(), "{shown}");
        assert!(
            !shown.contains(PASSWORD) && !shown.contains("dXNlcjpodW50ZXIy"),
            "{shown}"
        );
    }
}

#[test]
fn pages_are_followed_with_one_request_each() {
    let server = serve(|request| {
        let all = versions(0..250);
        let start = request
            .parameter("last")
            .map_or(0, |last| last.parse().unwrap());
        let end = (start + 100).min(all.len());
        let reply = page(&all[start..end]);
        if end < all.len() {
            reply.header(
                "Link",
                format!("</v2/a/b/tags/list?last={end}>; rel=\"next\""),
            )
        } else {
            reply
        }
    });
    let fetched = Setup::default().tags(&repository(&server)).unwrap();
    assert_eq!(fetched.value.len(), 250);
    assert_eq!(fetched.url, format!("{}/v2/a/b/tags/list", server.url()));
    let targets: Vec<String> = server
        .received()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(
        targets,
        [
            "/v2/a/b/tags/list",
            "/v2/a/b/tags/list?last=100",
            "/v2/a/b/tags/list?last=200"
        ]
    );
}

#[test]
fn ten_thousand_tags_in_one_answer_are_no_trouble() {
    let server = serve(|_| page(&versions(0..10_000)));
    assert_eq!(
        Setup::default()
            .tags(&repository(&server))
            .unwrap()
            .value
            .len(),
        10_000
    );
    assert_eq!(server.received().len(), 1);
}

#[test]
fn pages_for_ever_end() {
    let count = AtomicUsize::new(0);
    let growing = serve(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        page(&versions(number..number + 1)).header(
            "Link",
            format!("</v2/a/b/tags/list?last={number}>; rel=\"next\""),
        )
    });
    let reason = Setup::default().tags(&repository(&growing)).unwrap_err();
    assert!(
        reason.ends_with("has more than 500 pages of tags"),
        "{reason}"
    );
    assert_eq!(growing.received().len(), 500);

    let count = AtomicUsize::new(0);
    let stuck = serve(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        page(&versions(0..3)).header(
            "Link",
            format!("</v2/a/b/tags/list?last={number}>; rel=\"next\""),
        )
    });
    let reason = Setup::default().tags(&repository(&stuck)).unwrap_err();
    assert!(reason.ends_with("sends the same pages again"), "{reason}");
    assert_eq!(stuck.received().len(), 2);

    let foreign = serve(|_| page(&[]));
    let elsewhere = foreign.url();
    let leading = serve(move |_| {
        page(&versions(0..3)).header(
            "Link",
            format!("<{elsewhere}/v2/a/b/tags/list>; rel=\"next\""),
        )
    });
    let reason = Setup::default().tags(&repository(&leading)).unwrap_err();
    assert!(
        reason.ends_with("sends the next page to another host"),
        "{reason}"
    );
    assert!(foreign.received().is_empty());
}

#[test]
fn who_hangs_or_drips_costs_the_deadline_and_no_more() {
    for reply in [
        Reply::silence(),
        page(&versions(0..100)).dripping(Duration::from_millis(20)),
        page(&versions(0..3)).after(Duration::from_secs(30)),
    ] {
        let server = serve(move |_| reply.clone());
        let start = Clock::now();
        let reason = Setup::impatient().tags(&repository(&server)).unwrap_err();
        assert!(
            reason.contains("did not answer in time") || reason.contains("no answer within 0.3 s"),
            "{reason}"
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn lies_are_named() {
    let body = |text: &'static str| Reply::new(200, text);
    for (reply, expected) in [
        (
            body("<html>welcome</html>"),
            "sent no tag list: expected value at line 1 column 1",
        ),
        (
            body(r#"{"tags": [1, 2]}"#),
            "sent no tag list: invalid type",
        ),
        (body(r#"{"tags": ["v1"#), "sent no tag list: EOF"),
        (page(&versions(0..9)).breaking_off(), "broke off"),
        (
            Reply::new(
                404,
                r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known\u0007"}]}"#,
            ),
            "said 404 Not Found: repository name not known",
        ),
        (
            Reply::new(500, "<b>x</b>"),
            "said 500 Internal Server Error",
        ),
        (
            Reply::new(403, r#"{"errors":[{"code":"DENIED"}]}"#),
            "said 403 Forbidden: DENIED",
        ),
        (Reply::new(304, ""), "said 304 Not Modified"),
        (
            Reply::new(200, vec![b' '; 17 << 20]),
            "sent more than 16384 KiB",
        ),
        (
            body("garbage that is not packed at all").header("Content-Encoding", "gzip"),
            "sent what can't be unpacked",
        ),
    ] {
        let server = serve(move |_| reply.clone());
        let reason = Setup::default().tags(&repository(&server)).unwrap_err();
        assert!(
            reason.contains(&server.host()) && reason.contains(expected),
            "{expected}: {reason}"
        );
        assert!(!reason.contains('\u{7}'));
    }
    let many: Vec<String> = (0..100_001).map(|number| format!("1.{number}")).collect();
    let server = serve(move |_| page(&many));
    assert!(
        Setup::default()
            .tags(&repository(&server))
            .unwrap_err()
            .ends_with("has more than 100000 tags")
    );
    for empty in ["{}", r#"{"tags": null}"#, r#"{"tags": []}"#] {
        let server = serve(move |_| Reply::new(200, empty));
        assert!(
            Setup::default()
                .tags(&repository(&server))
                .unwrap()
                .value
                .is_empty()
        );
    }
    let gone = serve(|_| page(&[]));
    let closed = repository(&gone);
    drop(gone);
    std::thread::sleep(Duration::from_millis(100));
    assert!(
        Setup::default()
            .tags(&closed)
            .unwrap_err()
            .contains("can't be reached")
    );
    assert!(
        Setup::default()
            .tags("host name/x")
            .unwrap_err()
            .contains("is no address")
    );
}

/// A registry that wants a token of its own token server for each repository.
fn with_token(request: &Received, realm: &str) -> Reply {
    match (request.path(), request.header("authorization")) {
        ("/token", basic) => {
            assert_eq!(request.parameter("service"), Some("registry%2Eexample"));
            assert_eq!(request.parameter("scope"), Some("repository%3Aa%2Fb%3Apull"));
            let token = if basic.is_some() { "private" } else { "anonymous" };
            Reply::new(200, format!(r#"{{"access_token": "{token}"}}"#))
        }
        (_, Some("Bearer private" | "Bearer anonymous")) => page(&versions(0..2)),
        _ => Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#).header(
            "WWW-Authenticate",
            format!(r#"Bearer realm="{realm}/token",service="registry.example",scope="repository:a/b:pull,push""#),
        ),
    }
}

#[test]
fn tokens_are_fetched_with_the_credentials_of_the_registry() {
    for login in [false, true] {
        let server = serve(|request| {
            let realm = format!("http://{}", request.header("host").unwrap());
            with_token(request, &realm)
        });
        let setup = if login {
            Setup::with_login(&server.host())
        } else {
            Setup::default()
        };
        assert_eq!(setup.tags(&repository(&server)).unwrap().value.len(), 2);
        let received = server.received();
        let paths: Vec<&str> = received.iter().map(Received::path).collect();
        assert_eq!(paths, ["/v2/a/b/tags/list", "/token", "/v2/a/b/tags/list"]);
        let sent = received[1].header("authorization");
        assert_eq!(sent, login.then_some("Basic dXNlcjpodW50ZXIy"));
    }
}

#[test]
fn a_second_repository_is_not_asked_anonymously_again() {
    let server = serve(|request| {
        let realm = format!("http://{}", request.header("host").unwrap());
        match request.path() {
            "/token" => Reply::new(200, r#"{"token": "anonymous"}"#),
            _ => with_token(request, &realm),
        }
    });
    let host = server.host();
    Setup::default().run(async |upstream| {
        upstream.tags(&format!("{host}/a/b")).await.unwrap();
        upstream.tags(&format!("{host}/c/d")).await.unwrap();
    });
    assert_eq!(server.received().len(), 5);
}

#[test]
fn credentials_do_not_go_to_a_foreign_realm() {
    let foreign = serve(|_| Reply::new(401, ""));
    let realm = foreign.url();
    let server = serve(move |request| with_token(request, &realm));
    let setup = Setup::with_login(&server.host());
    let reason = setup.tags(&repository(&server)).unwrap_err();
    let expected = format!(
        "token server {} said 401 Unauthorized; the credentials for {} are not for it",
        foreign.host(),
        server.host()
    );
    assert_eq!(reason, expected);
    assert_eq!(foreign.received().len(), 1);
    leaks_nothing(&foreign);
}

#[test]
fn credentials_do_not_follow_a_redirect() {
    let other = serve(|_| page(&versions(0..2)));
    let target = other.url();
    let server = serve(move |request| match request.header("authorization") {
        None => Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"x\""),
        Some(_) => Reply::new(307, "").header("Location", format!("{target}{}", request.target)),
    });
    let fetched = Setup::with_login(&server.host())
        .tags(&repository(&server))
        .unwrap();
    assert_eq!(fetched.value.len(), 2);
    let sent = server
        .received()
        .into_iter()
        .filter_map(|request| request.header("authorization").map(str::to_owned));
    assert_eq!(sent.collect::<Vec<_>>(), ["Basic dXNlcjpodW50ZXIy"]);
    assert_eq!(other.received().len(), 1);
    leaks_nothing(&other);
}

#[test]
fn a_redirects_own_demand_is_not_answered_with_the_registrys_credentials() {
    let other = serve(|_| Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"x\""));
    let target = other.url();
    let server = serve(move |_| Reply::new(302, "").header("Location", format!("{target}/x")));
    let reason = Setup::with_login(&server.host())
        .tags(&repository(&server))
        .unwrap_err();
    assert_eq!(reason, format!("{} said 401 Unauthorized", other.host()));
    leaks_nothing(&other);
    leaks_nothing(&server);
}

#[test]
fn redirects_end() {
    let server =
        serve(|request| Reply::new(301, "").header("Location", format!("{}x", request.target)));
    let reason = Setup::default().tags(&repository(&server)).unwrap_err();
    assert!(reason.ends_with("redirects more than 5 times"), "{reason}");
    assert_eq!(server.received().len(), 6);
    let server = serve(|_| Reply::new(301, "").header("Location", "ftp://example.com/x"));
    let reason = Setup::default().tags(&repository(&server)).unwrap_err();
    assert!(reason.contains("is no http or https address"), "{reason}");
}

#[test]
fn without_credentials_a_refusal_is_shown() {
    let server = serve(|_| {
        Reply::new(
            401,
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"log in"}]}"#,
        )
        .header("WWW-Authenticate", "Basic realm=\"x\"")
    });
    let reason = Setup::default().tags(&repository(&server)).unwrap_err();
    assert_eq!(
        reason,
        format!("{} said 401 Unauthorized: log in", server.host())
    );
    assert_eq!(server.received().len(), 1);
}

#[test]
fn retry_after_is_honoured() {
    let count = AtomicUsize::new(0);
    let server = serve(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::new(429, "").header("Retry-After", "1"),
        _ => page(&versions(0..2)),
    });
    let start = Clock::now();
    assert_eq!(
        Setup::default()
            .tags(&repository(&server))
            .unwrap()
            .value
            .len(),
        2
    );
    assert!(start.elapsed() >= Duration::from_millis(900));
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_long_pause_is_not_waited_for_and_the_host_is_left_alone() {
    for pause in [
        "21600",
        "Sun, 06 Nov 2094 08:49:37 GMT",
        "18446744073709551615",
    ] {
        let server = serve(move |_| Reply::new(429, "").header("Retry-After", pause));
        let host = server.host();
        let start = Clock::now();
        let reasons = Setup::default().run(async |upstream| {
            let mut reasons = Vec::new();
            for number in 0..5 {
                reasons.push(
                    upstream
                        .tags(&format!("{host}/a/{number}"))
                        .await
                        .unwrap_err(),
                );
            }
            reasons
        });
        assert!(start.elapsed() < Duration::from_secs(10));
        for reason in &reasons {
            assert!(
                reason.starts_with(&format!("{host} limits requests (429); try again in ")),
                "{reason}"
            );
        }
        if pause == "21600" {
            assert!(reasons[0].ends_with("6h"), "{}", reasons[0]);
        }
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn one_host_gets_few_requests_at_a_time() {
    let (now, most) = (
        std::sync::Arc::new(AtomicUsize::new(0)),
        std::sync::Arc::new(AtomicUsize::new(0)),
    );
    let (counted, largest) = (now.clone(), most.clone());
    let server = serve(move |_| {
        largest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        counted.fetch_sub(1, Ordering::SeqCst);
        page(&versions(0..1))
    });
    let host = server.host();
    Setup::default().run(async |upstream| {
        let names: Vec<String> = (0..31).map(|number| format!("{host}/a/{number}")).collect();
        let answers = join_all(names.iter().map(|name| upstream.tags(name))).await;
        assert!(answers.iter().all(Result::is_ok));
    });
    assert_eq!(server.received().len(), 31);
    assert!(most.load(Ordering::SeqCst) <= 8, "{most:?}");
}

#[test]
fn mirrors_are_asked_instead() {
    let server = serve(|_| page(&versions(0..2)));
    let mut setup = Setup::default();
    setup.options.mirrors = vec![
        Mirror::parse("quay.io=https://elsewhere.invalid").unwrap(),
        Mirror::parse(&format!("quay.io/cilium={}/proxy", server.url())).unwrap(),
    ];
    setup.tags("quay.io/cilium/cilium").unwrap();
    assert_eq!(server.received()[0].target, "/v2/proxy/cilium/tags/list");
}

fn cache(name: &str) -> (Cache, std::path::PathBuf) {
    let directory = std::env::temp_dir().join(format!("day2-cache-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    (Cache::new(Some(directory.clone())), directory)
}

#[test]
fn with_no_age_allowed_an_answer_of_this_second_is_asked_for_again() {
    let server = serve(|_| page(&versions(0..2)));
    let (cache, directory) = cache("refreshed");
    for requests in 1..=2 {
        let setup = Setup {
            cache: cache.clone(),
            ..Setup::default()
        };
        setup.tags(&repository(&server)).unwrap();
        assert_eq!(server.received().len(), requests);
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn answers_are_kept_revalidated_and_used_offline() {
    let count = AtomicUsize::new(0);
    let server = serve(move |request| {
        match (
            count.fetch_add(1, Ordering::Relaxed),
            request.header("if-none-match"),
        ) {
            (0, None) => page(&versions(0..2)).header("ETag", "\"one\""),
            (1, Some("\"one\"")) => Reply::new(304, ""),
            (2, _) => Reply::new(503, ""),
            (number, mark) => panic!("{number} {mark:?}"),
        }
    });
    let (cache, directory) = cache("kept");
    let at = |time: &str, age: u64, offline: bool| {
        let mut setup = Setup {
            cache: cache.clone(),
            now: format!("2026-06-01T{time}Z").parse().unwrap(),
            ..Setup::default()
        };
        setup.options.max_age = Duration::from_secs(age);
        setup.options.offline = offline;
        setup.tags(&repository(&server))
    };
    let hour = |hour| {
        format!("2026-06-01T{hour}:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    assert!(
        at("11:00:00", 0, true)
            .unwrap_err()
            .contains("not in the cache")
    );
    let first = at("12:00:00", 0, false).unwrap();
    assert_eq!((first.at, first.stale), (hour(12), None));
    // Within its age nothing is asked.
    assert_eq!(at("12:30:00", 3600, false).unwrap().at, hour(12));
    assert_eq!(server.received().len(), 1);
    // Not modified counts as asked.
    assert_eq!(at("14:00:00", 3600, false).unwrap().at, hour(14));
    // A failure leaves the old answer, and says why it is old.
    let old = at("16:00:00", 3600, false).unwrap();
    assert_eq!((old.at, old.value.len()), (hour(14), 2));
    assert!(old.stale.unwrap().contains("503"));
    let offline = at("18:00:00", 3600, true).unwrap();
    assert_eq!((offline.at, offline.stale), (hour(14), None));
    assert_eq!(server.received().len(), 3);
    // A damaged file is none.
    for file in std::fs::read_dir(&directory).unwrap() {
        std::fs::write(file.unwrap().path(), "{").unwrap();
    }
    assert!(at("18:00:00", 3600, true).is_err());
    std::fs::remove_dir_all(directory).unwrap();
}

#[cfg(unix)]
#[test]
fn the_cache_is_the_users_own() {
    use std::os::unix::fs::PermissionsExt;
    let server = serve(|_| page(&versions(0..2)));
    let (cache, directory) = cache("private");
    let setup = Setup {
        cache,
        ..Setup::default()
    };
    setup.tags(&repository(&server)).unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in std::fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_chart_is_found_in_a_packed_index() {
    let server = serve(|request| {
        if request.path() != "/charts/index.yaml" {
            return Reply::new(404, "");
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"entries:\n").unwrap();
        let filler = "  other:\n  - version: 1.0.0\n    description: words\n".repeat(1000);
        for _ in 0..400 {
            packed.write_all(filler.as_bytes()).unwrap();
        }
        packed
            .write_all(b"  wanted:\n  - appVersion: 2.0.0\n    version: 1.2.3\n")
            .unwrap();
        Reply::new(200, packed.finish().unwrap()).header("Content-Encoding", "gzip")
    });
    let charts = Setup::default().run(async |upstream| {
        let names = BTreeSet::from(["wanted".to_owned()]);
        upstream
            .charts(&format!("{}/charts/", server.url()), &names)
            .await
            .unwrap()
    });
    assert_eq!(charts.value["wanted"][0].version, "1.2.3");
    assert_eq!(charts.url, format!("{}/charts/index.yaml", server.url()));
}

#[test]
fn oci_charts_are_tags() {
    let server = serve(|_| page(&["1.14.0".into(), "1.15.0_build.2".into()]));
    let charts = Setup::default().run(async |upstream| {
        let names = BTreeSet::from(["karpenter".to_owned()]);
        upstream
            .charts(&format!("oci://{}/charts", server.host()), &names)
            .await
            .unwrap()
    });
    let versions: Vec<&str> = charts.value["karpenter"]
        .iter()
        .map(|chart| chart.version.as_str())
        .collect();
    assert_eq!(versions, ["1.14.0", "1.15.0+build.2"]);
    assert_eq!(
        server.received()[0].target,
        "/v2/charts/karpenter/tags/list"
    );
}

#[test]
fn vulnerabilities_of_all_packages_take_one_request() {
    let server = serve(|request| match request.path() {
        "/v1/querybatch" => {
            assert!(
                String::from_utf8_lossy(&request.body).contains(r#"{"ecosystem":"Go","name":"a"}"#)
            );
            Reply::new(
                200,
                r#"{"results":[{"vulns":[{"id":"GHSA-1","modified":"x"},{"id":"GO-1"}]},{}]}"#,
            )
        }
        "/v1/vulns/GHSA-1" => Reply::new(
            200,
            r#"{"id":"GHSA-1","aliases":["CVE-1"],"summary":"bad","affected":[]}"#,
        ),
        _ => Reply::new(200, r#"{"id":"GO-1","aliases":["CVE-1","GHSA-1"]}"#),
    });
    let mut setup = Setup::default();
    setup.options.mirrors = vec![Mirror::parse(&format!("api.osv.dev={}", server.url())).unwrap()];
    let query = |package: &str| Query {
        ecosystem: "Go".into(),
        package: package.into(),
        version: "1.0.0".into(),
    };
    let found =
        setup.run(async |upstream| upstream.vulnerabilities(&[query("a"), query("b")]).await);
    let first = found[0].as_ref().unwrap();
    assert_eq!(first.value.len(), 1);
    assert_eq!(first.value[0].id, "CVE-1");
    assert_eq!(first.value[0].summary.as_deref(), Some("bad"));
    assert!(found[1].as_ref().unwrap().value.is_empty());
    assert_eq!(server.received().len(), 3);
}

#[test]
fn ends_of_life_are_read_as_the_site_writes_them() {
    let server = serve(|request| {
        assert_eq!(request.path(), "/api/v1/products/istio");
        Reply::new(
            200,
            r#"{"schema_version":"1.2.0","result":{"name":"istio","releases":[
            {"name":"1.30","codename":null,"label":"1.30","releaseDate":"2026-05-18","isLts":false,"isEol":false,"eolFrom":"2026-11-30","isMaintained":true,"latest":{"name":"1.30.3","date":"2026-07-16","link":null},"custom":{"supportedKubernetesVersions":"1.32 - 1.36"}},
            {"name":"1.22","isEol":true,"eolFrom":null,"custom":null}]}}"#,
        )
    });
    let mut setup = Setup::default();
    setup.options.mirrors =
        vec![Mirror::parse(&format!("endoflife.date={}", server.url())).unwrap()];
    let branches = setup
        .run(async |upstream| upstream.end_of_life("istio").await.unwrap())
        .value;
    assert_eq!(branches[0].eol_from, Some("2026-11-30".parse().unwrap()));
    assert_eq!(
        branches[0].custom.as_ref().unwrap()["supportedKubernetesVersions"].as_deref(),
        Some("1.32 - 1.36")
    );
    assert!(branches[1].is_eol);
}

#[test]
fn a_failing_source_of_one_kind_says_so() {
    let server = serve(|_| Reply::new(200, "{}"));
    let mut setup = Setup::default();
    setup.options.mirrors = ["api.osv.dev", "endoflife.date"]
        .map(|site| Mirror::parse(&format!("{site}={}", server.url())).unwrap())
        .into();
    setup.run(async |upstream| {
        let query = Query {
            ecosystem: "Go".into(),
            package: "a".into(),
            version: "1".into(),
        };
        let found = upstream.vulnerabilities(&[query]).await;
        assert!(
            found[0]
                .as_ref()
                .unwrap_err()
                .contains("api.osv.dev sent what is no answer")
        );
        assert!(
            upstream
                .end_of_life("x")
                .await
                .unwrap_err()
                .contains("endoflife.date sent what is no product")
        );
        let names = BTreeSet::from(["a".to_owned()]);
        let reason = upstream.charts(&server.url(), &names).await.unwrap_err();
        assert!(reason.contains("it is no chart index"), "{reason}");
    });
}
