//! `kubectl leases show`: all that is known of one Lease.

use jiff::{SignedDuration, Timestamp};
use test_support::{ControlPlane, ControlPlaneOptions};

use crate::plugin::{leases, plane};
use crate::rbac::documented_rules;
use crate::roles::{grant_all_but_one, without};

fn micro(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[test]
fn an_election_is_shown_with_holder_writers_and_events() {
    let shown = leases(plane(), &["show", "kube-scheduler", "-n", "kube-system"]).ok();
    for words in [
        "Kind:          election by client-go's rules",
        "Holder:        controller-0",
        "State:         held",
        "spec.renewTime",
        "became leader",
        "nobody else is known who could take over",
    ] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
    let json = leases(
        plane(),
        &["show", "kube-scheduler", "-n", "kube-system", "-o", "json"],
    )
    .json();
    assert_eq!(json["kind"], "LeaseDetails");
    assert_eq!(json["lease"]["name"], "kube-scheduler");
    assert_eq!(json["contenders"][0]["holds"], true);
    assert_eq!(json["successors"], 0);
    let writes = json["writes"][0]["fields"].as_array().unwrap();
    assert!(writes.contains(&"spec.holderIdentity".into()), "{json}");
}

#[test]
fn older_locks_are_found_by_name() {
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"older"}},
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ingress","namespace":"older","annotations":{
              "control-plane.alpha.kubernetes.io/leader":"{\"holderIdentity\":\"old-host\",\"leaseDurationSeconds\":30,\"renewTime\":\"2026-01-01T00:00:00Z\"}"}}},
            {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"ingress","namespace":"older","annotations":{
              "control-plane.alpha.kubernetes.io/leader":"nonsense"}}},
            {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"kured","namespace":"older","annotations":{
              "weave.works/kured-node-lock":"{\"nodeID\":\"node-1\",\"created\":\"2026-01-01T00:00:00Z\",\"TTL\":1800000000000}"}},
             "spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
              "spec":{"nodeSelector":{"none":"such"},"containers":[{"name":"kured","image":"kured"}]}}}}]}"#,
        )
        .unwrap();
    let ingress = leases(plane(), &["show", "ingress", "-n", "older"]).ok();
    assert!(
        ingress.contains("annotation of ConfigMap ingress")
            && ingress.contains("expired, held by old-host"),
        "{ingress}"
    );
    assert!(
        ingress.contains("annotation of Endpoints ingress") && ingress.contains("can't be read"),
        "{ingress}"
    );
    let kured = leases(plane(), &["show", "kured", "-n", "older"]).ok();
    assert!(
        kured.contains("kured lets node node-1 reboot") && kured.contains("which has passed"),
        "{kured}"
    );
    leases(plane(), &["show", "nobody", "-n", "older"])
        .fails(1, &["\"nobody\" not found", "hint:"]);
}

#[test]
fn a_holder_whose_clock_is_ahead_is_not_called_expired() {
    let ahead = Timestamp::now() + SignedDuration::from_secs(30);
    plane()
        .apply(&format!(
            r#"{{"apiVersion":"v1","kind":"List","items":[
            {{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"ahead"}}}},
            {{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{{"name":"fast","namespace":"ahead"}},
             "spec":{{"holderIdentity":"fast_1","leaseDurationSeconds":600,"acquireTime":"{0}","renewTime":"{0}"}}}}]}}"#,
            micro(ahead)
        ))
        .unwrap();
    let shown = leases(plane(), &["show", "fast", "-n", "ahead"]).ok();
    assert!(shown.contains("State:         held"), "{shown}");
    assert!(shown.contains("ahead of the API server's"), "{shown}");
    assert_eq!(leases(plane(), &["check", "-n", "ahead"]).ok(), "");
    let json = leases(plane(), &["show", "fast", "-n", "ahead", "-o", "json"]).json();
    let offset = json["lease"]["holderClockOffsetSeconds"].as_f64().unwrap();
    assert!((25.0..=31.0).contains(&offset), "{offset}");
}

#[test]
fn a_lease_that_is_named_like_a_command_is_reachable() {
    plane()
        .apply(
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"words"}},
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"show","namespace":"words"},
             "spec":{"holderIdentity":"x_1","leaseDurationSeconds":600}}]}"#,
        )
        .unwrap();
    for args in [
        &["lease/show", "-n", "words", "-o", "name"][..],
        &["-n", "words", "-o", "name", "show"],
        &["-n", "words", "-o", "name", "--", "show"],
        &["show", "show", "-n", "words", "-o", "name"],
    ] {
        assert_eq!(
            leases(plane(), args).ok(),
            "lease.coordination.k8s.io/show\n",
            "{args:?}"
        );
    }
    leases(plane(), &["-n", "words", "check"])
        .fails(1, &["flags come after the command: kubectl leases check"]);
}

#[test]
fn a_coordinated_election_tells_why_it_chose() {
    let plane = ControlPlane::start(&ControlPlaneOptions {
        schedulers: 2,
        nodes: 0,
        coordinated: true,
        ..ControlPlaneOptions::default()
    })
    .unwrap();
    plane.publish_controllers().unwrap();
    let args = ["show", "kube-scheduler", "-n", "kube-system"];
    let shown = leases(&plane, &args).ok();
    for words in [
        "Kind:          coordinated election",
        "leads: the versions are the same, and it is the oldest by ",
        "it has the same versions and is younger by ",
        "static pod kube-scheduler",
    ] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
    let json = leases(&plane, &[&args[..], &["-o", "json"]].concat()).json();
    assert_eq!(json["successors"], 1);
    assert_eq!(json["election"]["strategy"], "OldestEmulationVersion");
    assert_eq!(json["election"]["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(json["election"]["candidates"][0]["holds"], true);
    assert_eq!(json["holderPod"]["workload"], "static pod kube-scheduler");

    // The right that a watch needs to see whether a former holder lives.
    plane
        .apply(include_str!("../../docs/rbac/leases.yaml"))
        .unwrap();
    grant_all_but_one(&plane, "observer", &documented_rules(&plane));
    let user = without("observer", "watch", "leasecandidates");
    let watch = ["watch", "-n", "kube-system", "--for", "3s"];
    for (user, missing) in [(user.as_str(), 1), ("observer", 0)] {
        let said = leases(&plane, &[&watch[..], &["--as", user]].concat());
        let words = "not allowed to watch leasecandidates.coordination.k8s.io";
        assert_eq!(
            said.stderr.matches(words).count(),
            missing,
            "{}",
            said.stderr
        );
        assert_eq!(said.stderr.matches("not allowed").count(), missing);
        said.ok();
    }
}
