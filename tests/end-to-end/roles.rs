//! Users who lack just one right of a role, to see that it is needed and named.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::ControlPlane;

/// A verb and a resource.
pub type Right = (String, String);

/// All rights of some rules.
pub fn rights(rules: &[Value]) -> BTreeSet<Right> {
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut all = BTreeSet::new();
    for rule in rules {
        for resource in texts(&rule["resources"]) {
            let verbs = texts(&rule["verbs"]).into_iter();
            all.extend(verbs.map(|verb| (verb, resource.clone())));
        }
    }
    all
}

/// The user who has all of a name's rights but this one.
pub fn without(name: &str, verb: &str, resource: &str) -> String {
    format!("{name}-without-{verb}-{}", resource.replace('/', "-"))
}

/// Makes a user who has all rights of the rules, and for each right one who has all the others;
/// waits until it holds.
pub fn grant_all_but_one(plane: &ControlPlane, name: &str, rules: &[Value]) {
    let (mut granted, mut bound) = (Vec::new(), Vec::new());
    let mut grant = |user: &str, missing: Option<(&str, &str)>| {
        let rules: Vec<Value> = rules
            .iter()
            .flat_map(|rule| rules_without(rule, missing))
            .collect();
        granted.push(
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": user}, "rules": rules}),
        );
        bound.push(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
            "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]}));
    };
    for (verb, resource) in rights(rules) {
        grant(&without(name, &verb, &resource), Some((&verb, &resource)));
    }
    grant(name, None);
    for items in [granted, bound] {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        plane.apply(&list.to_string()).unwrap();
    }
    // They are seen in the order in which they were made.
    let deadline = Instant::now() + Duration::from_mins(1);
    let all = rights(rules).into_iter();
    let (verb, resource) = all.rev().find(|right| !right.1.contains('/')).unwrap();
    let args = ["auth", "can-i", &verb, &resource, "-A", "--as", name, "-q"];
    while plane.kubectl_output(&args).is_err() {
        assert!(
            Instant::now() < deadline,
            "{name} may not {verb} {resource}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

/// A rule for each of its resources, without the missing right.
fn rules_without(rule: &Value, missing: Option<(&str, &str)>) -> Vec<Value> {
    let resources = rule["resources"].as_array().unwrap().iter();
    let single = resources.map(|resource| {
        let mut rule = rule.clone();
        rule["resources"] = json!([resource]);
        rule["verbs"]
            .as_array_mut()
            .unwrap()
            .retain(|verb| missing.is_none_or(|(missing, of)| *verb != missing || *resource != of));
        rule
    });
    // A rule without verbs is none.
    single
        .filter(|rule| !rule["verbs"].as_array().unwrap().is_empty())
        .collect()
}
