//! Disks, claims, volumes, and the storage behind them.

use serde_json::{Value, json};

use super::super::random::Random;
use super::cluster::Draft;
use super::{push, set, words};

const DRIVERS: &[&str] = &[
    "csi.example.com",
    "ebs.csi.aws.com",
    "pd.csi.storage.gke.io",
    "disk.csi.azure.com",
    "cinder.csi.openstack.org",
    "pxd.portworx.com",
];
const MIGRATED: &[&str] = &[
    "kubernetes.io/aws-ebs,kubernetes.io/gce-pd",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/azure-disk,kubernetes.io/cinder,kubernetes.io/portworx-volume",
    "",
];
const CLASSES: &[&str] = &["wait", "now", "local", "narrow", "absent", ""];

/// Disks named in the pod itself, which only one pod at a time may write.
pub fn disks(d: &mut Draft) {
    for i in 0..d.pods.len() {
        if d.random.chance(70) {
            let disk = disk(&mut d.random);
            push(&mut d.pods[i], &["spec", "volumes"], disk);
        }
    }
    for _ in 0..d.random.between(1, 2) {
        let disk = disk(&mut d.random);
        push(&mut d.pod, &["spec", "volumes"], disk);
    }
}

fn disk(r: &mut Random) -> Value {
    let read_only = r.chance(50);
    let name = format!("d{}", r.below(10_000));
    let which = r.pick(&["1", "2"]);
    match r.below(5) {
        0 => json!({"name": name, "gcePersistentDisk": {"pdName": which, "readOnly": read_only}}),
        1 => {
            json!({"name": name, "awsElasticBlockStore": {"volumeID": which, "readOnly": read_only}})
        }
        2 => {
            json!({"name": name, "iscsi": {"targetPortal": "p", "iqn": which, "lun": r.below(2), "readOnly": read_only}})
        }
        3 => {
            json!({"name": name, "rbd": {"monitors": r.some(&["m1", "m2", "m3"], 1, 2), "image": which,
            "pool": r.pick(&["", "rbd", "other"]), "readOnly": read_only}})
        }
        _ => json!({"name": name, "emptyDir": {}}),
    }
}

/// Claims that are bound, or lost, or not there at all.
pub fn claims(d: &mut Draft) {
    classes(d);
    for i in 0..d.random.between(1, 3) {
        let name = format!("bound-{i}");
        let pv = format!("pv-{i}");
        let namespace = d.namespace();
        if !d.random.chance(4) {
            let mut claim = claim(&namespace, &name, d.random.pick(CLASSES), "1Gi");
            claim["spec"]["volumeName"] = json!(pv);
            claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
            claim["status"] = json!({"phase": "Bound"});
            match d.random.below(30) {
                0 => claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"),
                1 => claim["status"]["phase"] = json!("Lost"),
                2 => claim["metadata"]["annotations"] = json!({}),
                _ => {}
            }
            d.others.push(claim);
        }
        if !d.random.chance(6) {
            let mut volume = volume(&mut d.random, &pv, "1Gi", "");
            volume["spec"]["claimRef"] =
                json!({"namespace": namespace, "name": name, "uid": format!("uid-{name}")});
            volume["status"] = json!({"phase": "Bound"});
            d.others.push(volume);
        }
        use_claim(&mut d.pod, &name, d.random.chance(10));
    }
}

/// A claim that one pod at a time may use.
pub fn exclusive(d: &mut Draft) {
    classes(d);
    let namespace = d.namespace();
    let mode = if d.random.chance(85) {
        "ReadWriteOncePod"
    } else {
        "ReadWriteOnce"
    };
    let mut claim = claim(&namespace, "one-pod", "wait", "1Gi");
    claim["spec"]["accessModes"] = json!([mode]);
    claim["spec"]["volumeName"] = json!("pv-one");
    claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
    d.others.push(claim);
    let mut volume = volume(&mut d.random, "pv-one", "1Gi", "wait");
    volume["spec"]["accessModes"] = json!([mode]);
    volume["spec"]["claimRef"] =
        json!({"namespace": namespace, "name": "one-pod", "uid": "uid-one-pod"});
    d.others.push(volume);
    use_claim(&mut d.pod, "one-pod", false);
    for i in 0..d.pods.len() {
        if d.random.chance(12) {
            d.pods[i]["metadata"]["namespace"] = json!(if d.random.chance(80) {
                namespace.as_str()
            } else {
                "other"
            });
            use_claim(&mut d.pods[i], "one-pod", false);
        }
    }
}

/// How many volumes of a driver a node can take.
pub fn limits(d: &mut Draft) {
    classes(d);
    for i in 0..d.nodes.len() {
        if d.random.chance(10) {
            continue;
        }
        let drivers: Vec<Value> = d
            .random
            .some(DRIVERS, 1, 5)
            .into_iter()
            .map(|driver| {
                let mut entry = json!({"name": driver, "nodeID": format!("n{i}")});
                if d.random.chance(85) {
                    entry["allocatable"] = json!({"count": d.random.between(0, 4)});
                }
                entry
            })
            .collect();
        let mut node = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
            "metadata": {"name": format!("n{i}")}, "spec": {"drivers": drivers}});
        if d.random.chance(50) {
            node["metadata"]["annotations"] =
                json!({"storage.alpha.kubernetes.io/migrated-plugins": d.random.pick(MIGRATED)});
        }
        d.others.push(node);
    }
    for driver in DRIVERS {
        if d.random.chance(40) {
            d.others.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": driver},
                "spec": {"preventPodSchedulingIfMissing": d.random.chance(50)}}));
        }
    }
    attach_all(d);
}

fn attach_all(d: &mut Draft) {
    let namespace = d.namespace();
    let count = d.random.between(2, 8);
    for i in 0..count {
        let (name, pv) = (format!("att-{i}"), format!("pv-att-{i}"));
        let mut claim = claim(&namespace, &name, "wait", "1Gi");
        claim["spec"]["volumeName"] = json!(pv);
        claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": pv},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "wait",
                "claimRef": {"namespace": namespace, "name": name, "uid": format!("uid-{name}")}}});
        match d.random.below(13) {
            0 => {
                volume["spec"]["awsElasticBlockStore"] =
                    json!({"volumeID": format!("aws://za/vol-{i}")});
            }
            1 => volume["spec"]["gcePersistentDisk"] = json!({"pdName": format!("pd-{i}")}),
            10 => volume["spec"]["azureDisk"] = azure_disk(&mut d.random),
            11 => volume["spec"]["cinder"] = json!({"volumeID": format!("c{}", d.random.below(3))}),
            12 => {
                volume["spec"]["portworxVolume"] =
                    json!({"volumeID": format!("p{}", d.random.below(3))});
            }
            2 => volume["spec"]["nfs"] = json!({"server": "s", "path": "/"}),
            _ => {
                volume["spec"]["csi"] = json!({"driver": d.random.pick(DRIVERS), "volumeHandle": format!("h{}", d.random.below(6))});
            }
        }
        d.others.push(claim);
        d.others.push(volume);
        if d.random.chance(20) {
            let node = d.node_name();
            d.others.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment",
                "metadata": {"name": format!("va-{i}")}, "spec": {"attacher": d.random.pick(DRIVERS), "nodeName": node,
                    "source": {"persistentVolumeName": format!("pv-att-{}", d.random.below(count))}}}));
        }
    }
    for i in 0..d.pods.len() {
        if d.random.chance(60) {
            d.pods[i]["metadata"]["namespace"] = json!(namespace);
            let name = format!("att-{}", d.random.below(count));
            use_claim(&mut d.pods[i], &name, false);
        }
    }
    for _ in 0..d.random.between(1, 2) {
        let name = format!("att-{}", d.random.below(count));
        use_claim(&mut d.pod, &name, false);
    }
    for i in 0..d.pods.len() {
        if d.random.chance(20) {
            let volume = in_tree(&mut d.random);
            push(&mut d.pods[i], &["spec", "volumes"], volume);
        }
    }
    if d.random.chance(20) {
        let volume = in_tree(&mut d.random);
        push(&mut d.pod, &["spec", "volumes"], volume);
    }
    if d.random.chance(15) {
        let driver = d.random.pick(DRIVERS);
        push(
            &mut d.pod,
            &["spec", "volumes"],
            json!({"name": "inline", "csi": {"driver": driver}}),
        );
    }
    if d.random.chance(15) {
        push(
            &mut d.pod,
            &["spec", "volumes"],
            json!({"name": "eph", "ephemeral": {"volumeClaimTemplate":
            {"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "wait", "resources": {"requests": {"storage": "1Gi"}}}}}}),
        );
        if d.random.chance(85) {
            let mut owned = claim(&namespace, "pod-eph", "wait", "1Gi");
            owned["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": "pod",
                "uid": "uid-of-the-pod", "controller": true}]);
            set(
                &mut d.pod,
                &["metadata", "uid"],
                json!(if d.random.chance(90) {
                    "uid-of-the-pod"
                } else {
                    "else"
                }),
            );
            d.others.push(owned);
        }
    }
}

/// A disk named in the pod itself that a CSI driver may have taken over.
fn in_tree(r: &mut Random) -> Value {
    let which = format!("{}", r.below(3));
    let mut volume = json!({"name": format!("tree-{}", r.below(10_000))});
    match r.below(4) {
        0 => volume["azureDisk"] = azure_disk(r),
        1 => volume["cinder"] = json!({"volumeID": format!("c{which}")}),
        2 => volume["portworxVolume"] = json!({"volumeID": format!("p{which}")}),
        _ => {
            volume["awsElasticBlockStore"] =
                json!({"volumeID": format!("vol-{which}"), "readOnly": true});
        }
    }
    volume
}

fn azure_disk(r: &mut Random) -> Value {
    let which = r.below(3);
    let mut disk = json!({"diskName": format!("a{which}"), "diskURI": format!("/disks/a{which}")});
    if r.chance(80) {
        disk["kind"] = json!("Managed");
    }
    disk
}

/// Volumes that carry zone labels.
pub fn zones(d: &mut Draft) {
    classes(d);
    for i in 0..d.nodes.len() {
        if d.random.chance(20) {
            let zone = d.random.pick(words::ZONES);
            set(
                &mut d.nodes[i],
                &["metadata", "labels", words::OLD_ZONE],
                json!(zone),
            );
            if d.random.chance(50)
                && let Some(labels) = d.nodes[i]["metadata"]["labels"].as_object_mut()
            {
                labels.remove(words::ZONE);
            }
        }
    }
    let namespace = d.namespace();
    for i in 0..d.random.between(1, 2) {
        let (name, pv) = (format!("zoned-{i}"), format!("pv-zoned-{i}"));
        let mut claim = claim(&namespace, &name, "wait", "1Gi");
        claim["spec"]["volumeName"] = json!(pv);
        claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
        let mut labels = json!({});
        for _ in 0..d.random.between(1, 2) {
            let key = d.random.pick(&[
                words::ZONE,
                words::ZONE,
                words::OLD_ZONE,
                words::REGION,
                words::OLD_REGION,
            ]);
            let values = if key == words::REGION || key == words::OLD_REGION {
                words::REGIONS
            } else {
                words::ZONES
            };
            labels[key] = json!(if d.random.chance(30) {
                d.random.some(values, 2, 2).join("__")
            } else {
                d.random.pick(values).to_owned()
            });
        }
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": pv, "labels": labels},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "wait",
                "csi": {"driver": "csi.example.com", "volumeHandle": name},
                "claimRef": {"namespace": namespace, "name": name, "uid": format!("uid-{name}")}}});
        if d.random.chance(5) {
            volume["metadata"]["labels"][words::ZONE] = json!("");
        }
        if d.random.chance(25) {
            migrate(d, &mut volume);
        }
        d.others.push(claim);
        d.others.push(volume);
        use_claim(&mut d.pod, &name, false);
    }
}

/// Makes a volume one of an in-tree plugin that a CSI driver has taken over on some nodes.
fn migrate(d: &mut Draft, volume: &mut Value) {
    if let Some(spec) = volume["spec"].as_object_mut() {
        spec.remove("csi");
    }
    if d.random.chance(50) {
        volume["spec"]["awsElasticBlockStore"] = json!({"volumeID": "aws://za/vol-0"});
    } else {
        volume["spec"]["gcePersistentDisk"] = json!({"pdName": "pd-0"});
    }
    if d.random.chance(50) {
        let zone = if d.random.chance(5) {
            "za"
        } else {
            d.random.pick(words::ZONES)
        };
        volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions":
            [{"key": words::ZONE, "operator": "In", "values": [zone]}]}]}});
    }
    for i in 0..d.nodes.len() {
        let name = format!("n{i}");
        let known = d
            .others
            .iter()
            .any(|o| o["kind"] == "CSINode" && o["metadata"]["name"] == json!(name));
        if !known && d.random.chance(60) {
            d.others.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
                "metadata": {"name": name, "annotations": {"storage.alpha.kubernetes.io/migrated-plugins":
                    d.random.pick(&["kubernetes.io/aws-ebs,kubernetes.io/gce-pd", "kubernetes.io/aws-ebs"])}},
                "spec": {"drivers": []}}));
        }
    }
}

/// Claims that wait for a volume that is there.
pub fn unbound(d: &mut Draft) {
    classes(d);
    let namespace = d.namespace();
    for i in 0..d.random.between(1, 5) {
        let size = d.random.pick(&["1Gi", "2Gi", "5Gi", "10Gi"]);
        let class = d.random.pick(&["wait", "local", "local", "now", ""]);
        let mut volume = volume(&mut d.random, &format!("free-{i}"), size, class);
        if d.random.chance(10) {
            volume["spec"]["claimRef"] =
                json!({"namespace": namespace, "name": format!("want-{}", d.random.below(2))});
        }
        d.others.push(volume);
    }
    want(d, &["wait", "local", "local", "local", "now", "absent", ""]);
}

/// Claims and volumes of such sizes that it matters which claim takes which volume.
pub fn tight(d: &mut Draft) {
    classes(d);
    let namespace = d.namespace();
    let sizes = &["1Gi", "2Gi", "3Gi", "4Gi", "5Gi"];
    let count = d.random.between(1, 4);
    for (i, size) in d.random.some(sizes, count, count).into_iter().enumerate() {
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("tight-{i}")},
            "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local",
                "local": {"path": "/disk"}},
            "status": {"phase": if d.random.chance(90) { "Available" } else { "Released" }}});
        if d.random.chance(50) {
            let zones = d.random.some(words::ZONES, 1, 2);
            volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions":
                [{"key": words::ZONE, "operator": "In", "values": zones}]}]}});
        }
        if d.random.chance(12) {
            volume["spec"]["claimRef"] =
                json!({"namespace": namespace, "name": format!("tight-{}", d.random.below(3))});
        }
        d.others.push(volume);
    }
    for i in 0..d.random.between(1, 3) {
        let name = format!("tight-{i}");
        let size = d.random.pick(sizes);
        d.others.push(claim(&namespace, &name, "local", size));
        use_claim(&mut d.pod, &name, false);
    }
}

/// Claims that are made for one pod, in every state, and those of other pods.
pub fn ephemeral(d: &mut Draft) {
    classes(d);
    for i in 0..d.nodes.len() {
        if d.random.chance(50) {
            d.others.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": format!("n{i}")},
                "spec": {"drivers": [{"name": "csi.example.com", "nodeID": format!("n{i}"),
                    "allocatable": {"count": d.random.between(0, 2)}}]}}));
        }
    }
    for i in 0..d.pods.len() {
        if d.random.chance(30) {
            let mut pod = std::mem::take(&mut d.pods[i]);
            let bound = d.random.chance(70);
            own_claim(d, &mut pod, bound);
            d.pods[i] = pod;
        }
    }
    let mut pod = std::mem::take(&mut d.pod);
    let bound = d.random.chance(60);
    own_claim(d, &mut pod, bound);
    d.pod = pod;
}

/// Gives a pod an ephemeral volume, and mostly the claim that belongs to it.
fn own_claim(d: &mut Draft, pod: &mut Value, bound: bool) {
    let meta = &pod["metadata"];
    let (pod_name, namespace) = (
        meta["name"].as_str().unwrap_or_default().to_owned(),
        meta["namespace"].as_str().unwrap_or("default").to_owned(),
    );
    let uid = format!("uid-of-{pod_name}");
    set(pod, &["metadata", "uid"], json!(uid));
    push(
        pod,
        &["spec", "volumes"],
        json!({"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"],
            "storageClassName": "wait", "resources": {"requests": {"storage": "1Gi"}}}}}}),
    );
    let r = &mut d.random;
    let class = r.pick(&["wait", "wait", "local", "narrow", "now"]);
    let name = format!("{pod_name}-own");
    let mut own = claim(&namespace, &name, class, "1Gi");
    let owner = if r.chance(92) { uid.as_str() } else { "else" };
    own["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": pod_name, "uid": owner,
        "controller": true}]);
    match r.below(25) {
        0 => return,
        1 => own["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"),
        2 => own["status"] = json!({"phase": "Lost"}),
        3 => own["metadata"]["annotations"] = json!({"volume.kubernetes.io/selected-node": "n0"}),
        _ => {}
    }
    if bound {
        let pv = format!("pv-{namespace}-{name}");
        own["spec"]["volumeName"] = json!(pv);
        own["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": pv},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": class,
                "csi": {"driver": "csi.example.com", "volumeHandle": pv},
                "claimRef": {"namespace": namespace, "name": name, "uid": format!("uid-{name}")}},
            "status": {"phase": "Bound"}});
        if r.chance(40) {
            volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions":
                [{"key": words::ZONE, "operator": "In", "values": r.some(words::ZONES, 1, 2)}]}]}});
        }
        if r.chance(90) {
            d.others.push(volume);
        }
    }
    d.others.push(own);
}

/// Claims whose volume is to be made.
pub fn provisioning(d: &mut Draft) {
    classes(d);
    if d.random.chance(70) {
        d.others.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "csi.example.com"},
            "spec": {"storageCapacity": d.random.chance(75)}}));
    }
    for i in 0..d.random.between(0, 4) {
        let mut capacity = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity",
            "metadata": {"name": format!("cap-{i}"), "namespace": "kube-system"},
            "storageClassName": d.random.pick(&["wait", "narrow", "local"])});
        if d.random.chance(85) {
            capacity["nodeTopology"] = if d.random.chance(10) {
                json!({})
            } else {
                json!({"matchLabels": {words::ZONE: d.random.pick(words::ZONES)}})
            };
        }
        if d.random.chance(85) {
            capacity["capacity"] = json!(d.random.pick(&["500Mi", "1Gi", "2Gi", "10Gi"]));
        }
        if d.random.chance(30) {
            capacity["maximumVolumeSize"] = json!(d.random.pick(&["500Mi", "1Gi", "5Gi"]));
        }
        d.others.push(capacity);
    }
    want(
        d,
        &["wait", "wait", "narrow", "narrow", "narrow", "local", "now"],
    );
}

fn want(d: &mut Draft, classes: &[&str]) {
    let namespace = d.namespace();
    for i in 0..d.random.between(1, 2) {
        let name = format!("want-{i}");
        let class = d.random.pick(classes);
        let size = d.random.pick(&["1Gi", "1Gi", "2Gi", "6Gi"]);
        let mut claim = claim(&namespace, &name, class, size);
        let r = &mut d.random;
        match r.below(12) {
            0 => claim["spec"]["accessModes"] = json!(["ReadWriteMany"]),
            1 => claim["spec"]["volumeMode"] = json!("Block"),
            2 => {
                claim["spec"]["selector"] =
                    json!({"matchLabels": {"kind": r.pick(&["fast", "slow"])}});
            }
            3 => {
                claim["metadata"]["annotations"] =
                    json!({"volume.kubernetes.io/selected-node": format!("n{}", r.below(3))});
            }
            4 => claim["spec"]["volumeAttributesClassName"] = json!("gold"),
            5 => {
                if let Some(spec) = claim["spec"].as_object_mut() {
                    spec.remove("storageClassName");
                }
            }
            _ => {}
        }
        d.others.push(claim);
        use_claim(&mut d.pod, &name, false);
    }
}

fn classes(d: &mut Draft) {
    if d.others.iter().any(|o| o["kind"] == "StorageClass") {
        return;
    }
    for (name, provisioner, mode) in [
        ("wait", "csi.example.com", "WaitForFirstConsumer"),
        ("now", "csi.example.com", "Immediate"),
        (
            "local",
            "kubernetes.io/no-provisioner",
            "WaitForFirstConsumer",
        ),
        ("narrow", "csi.example.com", "WaitForFirstConsumer"),
    ] {
        if d.random.chance(3) {
            continue;
        }
        let mut class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": provisioner, "volumeBindingMode": mode});
        if name == "narrow" {
            for _ in 0..d.random.between(1, 2) {
                let zones = d.random.some(words::ZONES, 1, 2);
                let mut term =
                    json!({"matchLabelExpressions": [{"key": words::ZONE, "values": zones}]});
                if d.random.chance(30) {
                    push(
                        &mut term,
                        &["matchLabelExpressions"],
                        json!({"key": words::REGION, "values": [d.random.pick(words::REGIONS)]}),
                    );
                }
                push(&mut class, &["allowedTopologies"], term);
            }
        }
        d.others.push(class);
    }
}

fn claim(namespace: &str, name: &str, class: &str, size: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}")},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class, "resources": {"requests": {"storage": size}}}})
}

fn volume(r: &mut Random, name: &str, size: &str, class: &str) -> Value {
    let mut v = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "local": {"path": "/disk"}}});
    if r.chance(75) {
        for _ in 0..r.between(1, 2) {
            let term = json!({"matchExpressions": [super::labels::expression(r)]});
            push(
                &mut v,
                &["spec", "nodeAffinity", "required", "nodeSelectorTerms"],
                term,
            );
        }
    }
    match r.below(12) {
        0 => v["spec"]["accessModes"] = json!(["ReadWriteMany", "ReadWriteOnce"]),
        1 => v["spec"]["accessModes"] = json!(["ReadOnlyMany"]),
        2 => v["spec"]["volumeMode"] = json!("Block"),
        3 => v["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"),
        4 => v["metadata"]["labels"] = json!({"kind": "fast"}),
        5 => v["spec"]["volumeAttributesClassName"] = json!("gold"),
        _ => {}
    }
    v["status"] = json!({"phase": r.pick(&["Available", "Available", "Available", "Available", "Available", "Released", "Failed", "Pending"])});
    v
}

fn use_claim(pod: &mut Value, claim: &str, read_only: bool) {
    let taken = pod["spec"]["volumes"].as_array().map_or(0, Vec::len);
    let mut source = json!({"claimName": claim});
    if read_only {
        source["readOnly"] = json!(true);
    }
    push(
        pod,
        &["spec", "volumes"],
        json!({"name": format!("v{taken}"), "persistentVolumeClaim": source}),
    );
}
