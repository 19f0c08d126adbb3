//! The roles of docs/rbac hold nothing that is not needed: each right is taken away by itself, and
//! some answer is then poorer and says so. The roles of leases and drain-node are examined with the
//! rest of their rights, in `rbac.rs` and `drain/rights.rs`.
//!
//! All roles with one right less, and a user for each, are made by one request; then each question
//! costs one process.

use std::fmt;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};

use crate::karpenter;
use crate::plugin::{Said, installation, plane, scratch, wait_until_allowed};

/// How many questions are asked at the same time.
const WORKERS: usize = 4;

/// One right of a role.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Right {
    verb: String,
    /// As `leases.coordination.k8s.io`.
    resource: String,
    /// The one object that it is for.
    name: Option<String>,
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb, self.resource)?;
        match &self.name {
            Some(name) => write!(formatter, " {name}"),
            None => Ok(()),
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// The rules of a role, each cut down to a single right.
fn single(rules: &[Value]) -> Vec<(Right, Value)> {
    let mut all = Vec::new();
    for rule in rules {
        let names = texts(&rule["resourceNames"]);
        let names: Vec<Option<String>> = if names.is_empty() {
            vec![None]
        } else {
            names.into_iter().map(Some).collect()
        };
        let group = rule["apiGroups"][0].as_str().unwrap();
        for plural in texts(&rule["resources"]) {
            for verb in texts(&rule["verbs"]) {
                for name in &names {
                    let mut one =
                        json!({"apiGroups": [group], "resources": [plural], "verbs": [verb]});
                    if let Some(name) = name {
                        one["resourceNames"] = json!([name]);
                    }
                    let resource = match group {
                        "" => plural.clone(),
                        group => format!("{plural}.{group}"),
                    };
                    let right = Right {
                        verb: verb.clone(),
                        resource,
                        name: name.clone(),
                    };
                    all.push((right, one));
                }
            }
        }
    }
    all
}

/// A role of docs/rbac under the examination, with a user for each right that lacks just that one.
struct Examined {
    plugin: &'static str,
    rights: Vec<(Right, Value)>,
}

impl Examined {
    /// Applies the documented roles, and makes of all their rules the roles that lack one right.
    fn new(plugin: &'static str, manifest: &str, names: &[&str]) -> Self {
        plane().apply(manifest).unwrap();
        let mut rights = Vec::new();
        for name in names {
            let role = plane()
                .kubectl_output(&["get", "clusterrole", name, "-o", "json"])
                .unwrap();
            let role: Value = serde_json::from_str(&role).unwrap();
            rights.extend(single(role["rules"].as_array().unwrap()));
        }
        let this = Self { plugin, rights };
        let users = (0..=this.rights.len()).map(|number| this.user(number));
        let mut items = Vec::new();
        for (number, user) in users.clone().enumerate() {
            let mut rules: Vec<&Value> = this.rights.iter().map(|(_, rule)| rule).collect();
            if number < rules.len() {
                rules.remove(number);
            }
            items.push(
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": user}, "rules": rules}),
            );
        }
        items.extend(users.map(|user| {
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": {"name": user},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
                "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]})
        }));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        plane().apply(&list.to_string()).unwrap();
        // They become known in the order in which they were made: the last one lacks nothing.
        let (right, _) = this.rights.last().unwrap();
        let resource = match &right.name {
            Some(name) => format!("{}/{name}", right.resource),
            None => right.resource.clone(),
        };
        wait_until_allowed(
            &this.user(this.rights.len()),
            &[&right.verb, &resource, "-A"],
        );
        this
    }

    fn user(&self, number: usize) -> String {
        format!("{}-without-{number}", self.plugin)
    }

    /// What the plugin says to somebody, on both streams.
    fn says(&self, question: &[&str], number: usize) -> String {
        let name = format!("kubectl-{}", self.plugin.replace('-', "_"));
        let mut command = Command::new(installation().join(name));
        command
            .env("KUBECONFIG", plane().kubeconfig())
            .env("XDG_CACHE_HOME", scratch_cache())
            .args(question)
            .args(["--as", &self.user(number)]);
        let said = Said::of(command.output().unwrap());
        said.stdout + &said.stderr
    }

    /// Asks on behalf of everybody who lacks a right; `is_missed` decides whether the answer, which
    /// stands beside that to one who lacks nothing, shows it. Every right has to be missed by one of
    /// the questions.
    fn is_minimal(
        &self,
        questions: &[&[&str]],
        is_missed: impl Fn(&Right, &str, &str) -> bool + Sync,
    ) {
        let whole: Vec<String> = questions
            .iter()
            .map(|question| self.says(question, self.rights.len()))
            .collect();
        for answer in &whole {
            assert!(!answer.contains("not allowed"), "{answer}");
        }
        let next = Mutex::new(0..self.rights.len());
        let needless = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    loop {
                        let Some(number) = next.lock().unwrap().next() else {
                            break;
                        };
                        let (right, _) = &self.rights[number];
                        let missed = questions.iter().zip(&whole).any(|(question, whole)| {
                            is_missed(right, &self.says(question, number), whole)
                        });
                        if !missed {
                            needless.lock().unwrap().push(right.to_string());
                        }
                    }
                });
            }
        });
        let needless = needless.into_inner().unwrap();
        assert!(needless.is_empty(), "nobody misses {needless:?}");
    }
}

/// Nothing is fetched for these answers.
fn scratch_cache() -> &'static std::path::Path {
    static CACHE: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    CACHE.get_or_init(|| scratch("minimal-roles"))
}

/// The refused request stands in the answer, among others that were refused for the same reason.
fn is_named(right: &Right, answer: &str, _: &str) -> bool {
    let request = format!("{} {}", right.verb, right.resource);
    answer
        .lines()
        .any(|line| line.contains("not allowed to") && line.contains(&request))
}

#[test]
fn of_addons() {
    // What Helm keeps when it is told to use ConfigMaps; only the release tells the chart.
    let release = "eyJuYW1lIjoiZG5zIiwiaW5mbyI6eyJzdGF0dXMiOiJkZXBsb3llZCJ9LCJjaGFydCI6eyJtZXRhZGF0YSI6eyJuYW1lIjoiY29yZWRucyIsInZlcnNpb24iOiIxLjQ1LjAiLCJhcHBWZXJzaW9uIjoiMS4xMy4xIn19fQ==";
    plane()
        .apply(&format!(
            r#"{{"apiVersion":"v1","kind":"List","items":[
            {{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"addons-map"}}}},
            {{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"sh.helm.release.v1.dns.v1","namespace":"addons-map",
             "labels":{{"owner":"helm","status":"deployed","name":"dns","version":"1"}}}},"data":{{"release":"{release}"}}}},
            {{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"coredns","namespace":"addons-map",
             "labels":{{"app.kubernetes.io/managed-by":"Helm"}},
             "annotations":{{"meta.helm.sh/release-name":"dns","meta.helm.sh/release-namespace":"addons-map"}}}},
             "spec":{{"replicas":0,"selector":{{"matchLabels":{{"app":"dns"}}}},"template":{{"metadata":{{"labels":{{"app":"dns"}}}},
             "spec":{{"containers":[{{"name":"dns","image":"registry.k8s.io/coredns/coredns:v1.13.1"}}]}}}}}}}}]}}"#
        ))
        .unwrap();
    let examined = Examined::new(
        "addons",
        include_str!("../../docs/rbac/addons.yaml"),
        &["day2-addons"],
    );
    let question = ["--offline", "-n", "addons-map", "-o", "json"];
    examined.is_minimal(&[&question], |right, answer, whole| {
        // Hardly any cluster has releases in ConfigMaps, so only the answer itself shows it.
        let knows = |answer: &str| answer.contains("\"release\": \"dns\"");
        is_named(right, answer, whole)
            || right.resource == "configmaps" && knows(whole) && !knows(answer)
    });
}

#[test]
fn of_autoscale_sim() {
    karpenter::install_kinds(plane());
    let pool = karpenter::pool("minimal-roles", 1, &json!([]), &json!({}));
    karpenter::apply(plane(), &[pool]);
    let examined = Examined::new(
        "autoscale-sim",
        include_str!("../../docs/rbac/autoscale-sim.yaml"),
        &["day2-autoscale-sim"],
    );
    let (types, _) = karpenter::files(&scratch("minimal-roles-types"));
    let scale_up = ["--hpa-max", "--set", "expander=priority", "-o", "json"];
    let launch = ["--engine", "karpenter", "--instance-types", types.as_str()];
    examined.is_minimal(&[&scale_up, &launch], |right, answer, whole| {
        if right.name.is_none() {
            return is_named(right, answer, whole);
        }
        let unknown = if right.name.as_deref() == Some("cluster-autoscaler-status") {
            "not allowed to get configmaps: the autoscaler's status is unknown"
        } else {
            "not allowed to get configmaps: priorities of groups are unknown"
        };
        answer.contains(unknown)
    });
}

#[test]
fn of_snapshot() {
    let examined = Examined::new(
        "day2",
        include_str!("../../docs/rbac/snapshot.yaml"),
        &["day2-snapshot", "day2-snapshot-helm-releases"],
    );
    examined.is_minimal(&[&["snapshot"]], |right, answer, _| {
        let what = match &*right.resource {
            "secrets" | "configmaps" if right.name.is_none() => {
                format!("Helm releases in {}", right.resource)
            }
            resource => resource.to_owned(),
        };
        let note = format!("note: {what} not allowed");
        answer.lines().any(|line| line.starts_with(&note))
    });
}
