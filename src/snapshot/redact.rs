//! What must not leave the cluster, and what nobody asks for.
//!
//! Annotations are let through by who defines them, containers by field: a field or a domain that
//! is not known here is left out.

use serde_json::{Map, Value, json};

use super::resources::{Recorded, Shape};

/// The domains of annotations that Kubernetes and its add-ons define; their subdomains too.
const ANNOTATION_DOMAINS: [&str; 12] = [
    "kubernetes.io",
    "k8s.io",
    "x-k8s.io",
    "karpenter.sh",
    "helm.sh",
    "argoproj.io",
    "fluxcd.io",
    "weave.works",
    "kured.dev",
    "cattle.io",
    "projectcalico.org",
    "day2.dev",
];

/// The object as `kubectl apply` last saw it, with all that was in it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The fields of a container that are kept; of the rest none is asked for, and some hold secrets.
const CONTAINER_FIELDS: [&str; 10] = [
    "name",
    "image",
    "imagePullPolicy",
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "securityContext",
    "volumeMounts",
    "volumeDevices",
];

/// The fields of a pod that list containers.
const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// An image whose arguments are read: they are Cluster Autoscaler's flags.
const AUTOSCALER_IMAGE: &str = "cluster-autoscaler";

/// The object without what is left out, and with its type, which items of a list do not repeat.
pub fn object(mut object: Value, recorded: &Recorded) -> Value {
    let resource = &recorded.resource;
    let version = match resource.group {
        "" => resource.version.to_owned(),
        group => format!("{group}/{}", resource.version),
    };
    object["apiVersion"] = json!(version);
    object["kind"] = json!(resource.kind);
    metadata(object.get_mut("metadata"), resource.kind);
    let spec = match recorded.shape {
        Shape::Plain => None,
        Shape::Pod => object.pointer_mut("/spec"),
        Shape::Template => {
            metadata(object.pointer_mut("/spec/template/metadata"), "");
            object.pointer_mut("/spec/template/spec")
        }
        Shape::JobTemplate => {
            metadata(object.pointer_mut("/spec/jobTemplate/metadata"), "");
            metadata(
                object.pointer_mut("/spec/jobTemplate/spec/template/metadata"),
                "",
            );
            object.pointer_mut("/spec/jobTemplate/spec/template/spec")
        }
    };
    if let Some(spec) = spec.and_then(Value::as_object_mut) {
        pod_spec(spec);
    }
    volume_attributes(&mut object);
    object
}

fn metadata(metadata: Option<&mut Value>, kind: &str) {
    let Some(metadata) = metadata.and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.retain(|key, _| is_kept(key));
    }
    let managers = metadata
        .get_mut("managedFields")
        .and_then(Value::as_array_mut);
    // Who manages an object is asked of all, which fields only of Leases.
    for entry in managers.into_iter().flatten() {
        if let Some(entry) = entry.as_object_mut()
            && kind != "Lease"
        {
            entry.remove("fieldsV1");
        }
    }
}

fn is_kept(annotation: &str) -> bool {
    let Some((domain, _)) = annotation.split_once('/') else {
        return false;
    };
    let is_known = |known: &&'static str| {
        domain == *known
            || domain
                .strip_suffix(*known)
                .is_some_and(|before| before.ends_with('.'))
    };
    annotation != LAST_APPLIED && ANNOTATION_DOMAINS.iter().any(is_known)
}

fn pod_spec(spec: &mut Map<String, Value>) {
    for list in CONTAINER_LISTS {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                self::container(container);
            }
        }
    }
    let volumes = spec.get_mut("volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        volume_source(volume);
    }
}

fn container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str);
    let is_autoscaler = image.is_some_and(|image| image.contains(AUTOSCALER_IMAGE));
    // A drain waits for what runs before the end; what that is does not matter.
    let stops_slowly = container
        .get("lifecycle")
        .is_some_and(|lifecycle| lifecycle.get("preStop").is_some());
    container.retain(|field, _| {
        CONTAINER_FIELDS.contains(&field.as_str())
            || is_autoscaler && (field == "command" || field == "args")
    });
    if stops_slowly {
        container.insert("lifecycle".into(), json!({"preStop": {"exec": {}}}));
    }
}

/// Names of volumes and their kinds are asked for; drivers are given options of any kind.
fn volume_source(volume: &mut Value) {
    for (driver, options) in [("csi", "volumeAttributes"), ("flexVolume", "options")] {
        let source = volume.get_mut(driver).and_then(Value::as_object_mut);
        if let Some(source) = source {
            source.remove(options);
        }
    }
}

fn volume_attributes(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec") {
        volume_source(spec);
    }
    if object["kind"] == "StorageClass"
        && let Some(class) = object.as_object_mut()
    {
        class.remove("parameters");
    }
    let status = object.get_mut("status").and_then(Value::as_object_mut);
    if let Some(status) = status {
        status.remove("attachmentMetadata");
    }
}

#[cfg(test)]
mod tests {
    use cluster::Resource;
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::batch::v1::CronJob;
    use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};
    use k8s_openapi::api::storage::v1::StorageClass;

    use super::*;

    fn recorded(resource: Resource, shape: Shape) -> Recorded {
        Recorded {
            resource,
            shape,
            optional: false,
            named: None,
        }
    }

    /// A pod with a secret in every place that people put them.
    fn pod_spec_with_secrets() -> Value {
        let container = json!({
            "name": "web", "image": "web:1", "resources": {"requests": {"cpu": "1"}},
            "command": ["web", "SECRET"], "args": ["--token=SECRET"],
            "env": [{"name": "PASSWORD", "value": "SECRET"}],
            "envFrom": [{"secretRef": {"name": "SECRET"}}],
            "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "SECRET"}]}},
            "lifecycle": {"preStop": {"exec": {"command": ["SECRET"]}}}
        });
        json!({
            "nodeName": "a",
            "containers": [container], "initContainers": [container],
            "ephemeralContainers": [container],
            "volumes": [
                {"name": "v", "csi": {"driver": "d", "volumeAttributes": {"key": "SECRET"}}},
                {"name": "f", "flexVolume": {"driver": "d", "options": {"key": "SECRET"}}}
            ]
        })
    }

    fn metadata_with_secrets() -> Value {
        json!({
            "name": "web",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "SECRET",
                "vault.example.com/token": "SECRET",
                "note": "SECRET",
                "evilkubernetes.io/x": "SECRET",
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "true"
            },
            "managedFields": [{"manager": "helm", "fieldsV1": {"f:spec": {"k:SECRET": {}}}}]
        })
    }

    #[test]
    fn no_secret_gets_through_in_any_shape() {
        let template =
            json!({"metadata": metadata_with_secrets(), "spec": pod_spec_with_secrets()});
        let cases = [
            (
                recorded(Resource::of::<Pod>(), Shape::Pod),
                pod_spec_with_secrets(),
            ),
            (
                recorded(Resource::of::<Deployment>(), Shape::Template),
                json!({"template": template}),
            ),
            (
                recorded(Resource::of::<CronJob>(), Shape::JobTemplate),
                json!({"jobTemplate": {"metadata": metadata_with_secrets(), "spec": {"template": template}}}),
            ),
            (
                recorded(Resource::of::<PersistentVolume>(), Shape::Plain),
                json!({"csi": {"driver": "d", "volumeAttributes": {"key": "SECRET"}}}),
            ),
        ];
        for (recorded, spec) in cases {
            let before = json!({"metadata": metadata_with_secrets(), "spec": spec});
            assert!(before.to_string().contains("SECRET"));
            let after = object(before, &recorded).to_string();
            assert!(!after.contains("SECRET"), "{after}");
        }
        let class = json!({"metadata": {"name": "fast"}, "parameters": {"secret": "SECRET"}});
        let class = object(
            class,
            &recorded(Resource::of::<StorageClass>(), Shape::Plain),
        );
        assert!(!class.to_string().contains("SECRET"), "{class}");
    }

    #[test]
    fn what_the_plugins_ask_for_stays() {
        let spec = pod_spec_with_secrets();
        let pod = json!({"metadata": metadata_with_secrets(), "spec": spec, "status": {"phase": "Running"}});
        let pod = object(pod, &recorded(Resource::of::<Pod>(), Shape::Pod));
        assert_eq!(pod["kind"], "Pod");
        assert_eq!(pod["apiVersion"], "v1");
        assert_eq!(pod["status"]["phase"], "Running");
        assert_eq!(
            pod["spec"]["containers"][0]["resources"]["requests"]["cpu"],
            "1"
        );
        assert!(pod["spec"]["containers"][0]["lifecycle"]["preStop"].is_object());
        assert_eq!(pod["metadata"]["managedFields"][0]["manager"], "helm");
        let annotations = pod["metadata"]["annotations"].as_object().unwrap();
        assert_eq!(
            annotations.keys().collect::<Vec<_>>(),
            ["cluster-autoscaler.kubernetes.io/safe-to-evict"]
        );
        let node = json!({"metadata": {"name": "a", "labels": {"own/label": "kept"}}});
        let node = object(node, &recorded(Resource::of::<Node>(), Shape::Plain));
        assert_eq!(node["metadata"]["labels"]["own/label"], "kept");
    }

    #[test]
    fn the_flags_of_cluster_autoscaler_are_read() {
        let container = json!({"name": "ca", "image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.1",
            "command": ["./cluster-autoscaler", "--expander=priority"], "env": [{"name": "X", "value": "SECRET"}]});
        let deployment =
            json!({"metadata": {}, "spec": {"template": {"spec": {"containers": [container]}}}});
        let deployment = object(
            deployment,
            &recorded(Resource::of::<Deployment>(), Shape::Template),
        );
        let text = deployment.to_string();
        assert!(
            text.contains("--expander=priority") && !text.contains("SECRET"),
            "{text}"
        );
    }
}
