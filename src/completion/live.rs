//! Values that only the kubeconfig or the cluster knows: contexts, namespaces, nodes, pods and so on.
//!
//! A cluster that does not answer within [`PATIENCE`] has no say: a prompt that hangs is worse than
//! one that offers less.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use cluster::{ApiServer, ConnectionFlags, KubeconfigNames, ListRequest, Resource};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use serde::Deserialize;
use serde_json::Value;

/// How long the cluster may take.
const PATIENCE: Duration = Duration::from_millis(120);

/// What stands in the place of an argument.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Context,
    Cluster,
    User,
    Namespace,
    Node,
    Pod,
    Lease,
    /// An add-on that runs.
    Addon,
    /// An add-on of the catalogue.
    KnownAddon,
    /// What `--set` of the simulation takes.
    Setting,
}

/// What of a node group `--set` changes.
const GROUP_SETTINGS: [(&str, &str); 4] = [
    ("max", "the most nodes of a group"),
    ("min", "the least nodes of a group"),
    ("target", "the size a group was asked to have"),
    ("price", "the price of a group's node for an hour"),
];

/// A choice and what is said of it.
type Choices = Vec<(String, String)>;

/// Adds to each argument whose values are live where to get them from.
pub fn with_live_values(command: Command, connection: &ConnectionFlags) -> Command {
    let plugin = command.get_name().to_owned();
    let command = command.mut_args(|argument| match kind_of(&plugin, &argument) {
        Some(kind) => with_completer(argument, kind, connection.clone()),
        None => argument,
    });
    command.mut_subcommands(|inner| {
        // Subcommands of a plugin speak of what the plugin is about.
        let of_umbrella = matches!(plugin.as_str(), "kubectl-day2" | "day2");
        if of_umbrella {
            with_live_values(inner, connection)
        } else {
            let own = inner.get_name().to_owned();
            with_live_values(inner.name(plugin.clone()), connection).name(own)
        }
    })
}

fn with_completer(argument: Arg, kind: Kind, connection: ConnectionFlags) -> Arg {
    argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
        offers(kind, &typed.to_string_lossy(), &connection)
    }))
}

/// What an argument names: by the name of its flag, or by that of its value.
fn kind_of(plugin: &str, argument: &Arg) -> Option<Kind> {
    match argument.get_id().as_str() {
        "context" => return Some(Kind::Context),
        "cluster" => return Some(Kind::Cluster),
        "user" => return Some(Kind::User),
        "namespace" => return Some(Kind::Namespace),
        _ => {}
    }
    let value = argument.get_value_names()?.first()?.as_str();
    match (plugin, value) {
        (_, "NODE") => Some(Kind::Node),
        (_, "POD") => Some(Kind::Pod),
        ("leases", "NAME") if argument.is_positional() => Some(Kind::Lease),
        ("addons", "NAME") if argument.get_id() == "names" => Some(Kind::KnownAddon),
        ("addons", "NAME") => Some(Kind::Addon),
        ("autoscale-sim", _) if argument.get_id() == "set" => Some(Kind::Setting),
        _ => None,
    }
}

fn offers(kind: Kind, typed: &str, connection: &ConnectionFlags) -> Vec<CompletionCandidate> {
    let choices = match kind {
        Kind::Context | Kind::Cluster | Kind::User => of_kubeconfig(kind, connection),
        Kind::KnownAddon => addons::complete::known(),
        Kind::Setting => settings(typed, connection),
        kind => of_cluster(kind, connection.clone()),
    };
    choices
        .into_iter()
        .filter(|(value, _)| value.starts_with(typed))
        .map(|(value, about)| {
            let help = (!about.is_empty()).then(|| about.into());
            CompletionCandidate::new(value).help(help)
        })
        .collect()
}

fn of_kubeconfig(kind: Kind, connection: &ConnectionFlags) -> Choices {
    let names = KubeconfigNames::read(connection).unwrap_or_default();
    match kind {
        Kind::Context => names.contexts,
        Kind::Cluster => names.clusters,
        _ => names
            .users
            .into_iter()
            .map(|name| (name, String::new()))
            .collect(),
    }
}

/// Flags of the autoscaler are many and not offered; groups are, once it is clear what of them.
fn settings(typed: &str, connection: &ConnectionFlags) -> Choices {
    let chosen = GROUP_SETTINGS.iter().find(|(what, _)| {
        typed
            .strip_prefix(what)
            .is_some_and(|rest| rest.starts_with('.'))
    });
    let Some((what, _)) = chosen else {
        let of_groups = GROUP_SETTINGS.map(|(what, about)| (format!("{what}."), about.to_owned()));
        let expander = (
            "expander=".to_owned(),
            "how the autoscaler chooses".to_owned(),
        );
        return of_groups.into_iter().chain([expander]).collect();
    };
    of_cluster(Kind::Setting, connection.clone())
        .into_iter()
        .map(|(group, about)| (format!("{what}.{group}="), about))
        .collect()
}

/// Asks on a thread of its own: credentials may come from a program that takes its time.
fn of_cluster(kind: Kind, connection: ConnectionFlags) -> Choices {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let _ = sender.send(ask(kind, &connection));
    });
    receiver
        .recv_timeout(PATIENCE)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn ask(kind: Kind, connection: &ConnectionFlags) -> Option<Choices> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    runtime.block_on(async {
        match kind {
            Kind::Addon => return Some(addons::complete::running(connection).await),
            Kind::Setting => return Some(autoscale_sim::complete::node_groups(connection).await),
            _ => {}
        }
        let server = ApiServer::connect(connection).ok()?;
        let (resource, namespaced) = match kind {
            Kind::Namespace => (Resource::of::<Namespace>(), false),
            Kind::Node => (Resource::of::<Node>(), false),
            Kind::Lease => (Resource::of::<Lease>(), true),
            _ => (Resource::of::<Pod>(), true),
        };
        let namespace = namespaced.then(|| server.namespace());
        let mut choices = Choices::new();
        let request = ListRequest::new(resource, namespace);
        let listed = server.list(&request, |json| {
            let object: Object = serde_json::from_slice(json).map_err(|error| error.to_string())?;
            choices.push((object.metadata.name.clone(), object.about(kind)));
            Ok(())
        });
        listed.await.ok()?;
        Some(choices)
    })
}

/// As much of any object as a line of description needs.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Metadata,
    spec: BTreeMap<String, Value>,
    status: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
}

impl Object {
    fn about(&self, kind: Kind) -> String {
        let text = |map: &BTreeMap<String, Value>, key: &str| {
            let value = map.get(key).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        match kind {
            Kind::Node => self.about_node(),
            Kind::Pod => {
                let (phase, node) = (text(&self.status, "phase"), text(&self.spec, "nodeName"));
                if node.is_empty() {
                    phase
                } else {
                    format!("{phase} on {node}")
                }
            }
            Kind::Lease => match text(&self.spec, "holderIdentity") {
                holder if holder.is_empty() => "no holder".into(),
                holder => format!("held by {holder}"),
            },
            _ => text(&self.status, "phase"),
        }
    }

    fn about_node(&self) -> String {
        let conditions = self.status.get("conditions").and_then(Value::as_array);
        let ready = conditions.into_iter().flatten().any(|condition| {
            condition["type"].as_str() == Some("Ready")
                && condition["status"].as_str() == Some("True")
        });
        let mut about = if ready { "Ready" } else { "NotReady" }.to_owned();
        if self.spec.get("unschedulable") == Some(&Value::Bool(true)) {
            about += ", cordoned";
        }
        let info = self.status.get("nodeInfo");
        if let Some(version) = info.and_then(|info| info["kubeletVersion"].as_str()) {
            about += ", kubelet ";
            about += version;
        }
        about
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_the_object_is_up_to() {
        for (kind, object, expected) in [
            (
                Kind::Node,
                json!({"metadata": {"name": "a"}, "spec": {"unschedulable": true},
                    "status": {"conditions": [{"type": "Ready", "status": "True"}],
                        "nodeInfo": {"kubeletVersion": "v1.36.3"}}}),
                "Ready, cordoned, kubelet v1.36.3",
            ),
            (Kind::Node, json!({"metadata": {"name": "a"}}), "NotReady"),
            (
                Kind::Pod,
                json!({"metadata": {"name": "a"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}}),
                "Running on n",
            ),
            (
                Kind::Pod,
                json!({"metadata": {"name": "a"}, "status": {"phase": "Pending"}}),
                "Pending",
            ),
            (
                Kind::Lease,
                json!({"metadata": {"name": "a"}, "spec": {"holderIdentity": "h"}}),
                "held by h",
            ),
            (Kind::Lease, json!({"metadata": {"name": "a"}}), "no holder"),
            (
                Kind::Namespace,
                json!({"metadata": {"name": "a"}, "status": {"phase": "Active"}}),
                "Active",
            ),
        ] {
            let read: Object = serde_json::from_value(object).unwrap();
            assert_eq!(read.about(kind), expected);
        }
    }

    #[test]
    fn what_is_set_is_offered_before_of_which_group() {
        let connection = ConnectionFlags::default();
        let offered = offers(Kind::Setting, "m", &connection);
        let values: Vec<_> = offered.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(values, ["max.", "min."]);
    }

    #[test]
    fn arguments_are_known_by_flag_or_value() {
        let named = |id: &'static str, value: &'static str| Arg::new(id).value_name(value);
        for (plugin, argument, expected) in [
            (
                "leases",
                named("context", "NAME").long("context"),
                Some(Kind::Context),
            ),
            ("leases", named("names", "NAME"), Some(Kind::Lease)),
            ("leases", named("selector", "NAME").long("selector"), None),
            ("drain-node", named("nodes", "NODE"), Some(Kind::Node)),
            (
                "autoscale-sim",
                named("like", "NODE").long("like"),
                Some(Kind::Node),
            ),
            ("autoscale-sim", named("pod", "POD"), Some(Kind::Pod)),
            ("addons", named("name", "NAME"), Some(Kind::Addon)),
            ("addons", named("names", "NAME"), Some(Kind::KnownAddon)),
            (
                "autoscale-sim",
                named("set", "NAME=VALUE").long("set"),
                Some(Kind::Setting),
            ),
        ] {
            assert_eq!(kind_of(plugin, &argument), expected, "{argument:?}");
        }
    }
}
