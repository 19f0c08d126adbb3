//! Makes up clusters, pools, instance types and pods.

use serde_json::{Map, Value, json};

use crate::conformance::scheduler::random::Random;

const ZONES: [&str; 4] = ["zone-a", "zone-b", "zone-c", "zone-d"];
const CAPACITY_TYPES: [&str; 3] = ["on-demand", "spot", "reserved"];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";
const ARCH: &str = "kubernetes.io/arch";
const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";
const CAPACITY_TYPE: &str = "karpenter.sh/capacity-type";
const RESERVATION: &str = "karpenter.k8s.aws/capacity-reservation-id";
const POOL: &str = "karpenter.sh/nodepool";

/// One case of a seed.
pub fn case(seed: u64, number: u64) -> Value {
    let mut maker = Maker {
        random: Random::of_case(seed ^ 0x4B41, number),
        objects: Vec::new(),
        pools: Vec::new(),
        types: Vec::new(),
        offered: Vec::new(),
        disrupt: false,
        pods: 0,
    };
    maker.disrupt = maker.random.chance(40);
    let types = maker.instance_types();
    maker.pools();
    maker.namespaces();
    maker.storage();
    maker.daemon_sets();
    maker.nodes();
    maker.pending();
    let mut options = Map::new();
    if maker.random.chance(10) {
        options.insert("preferencePolicy".into(), json!("Ignore"));
    }
    if maker.random.chance(20) {
        options.insert("minValuesPolicy".into(), json!("BestEffort"));
    }
    json!({
        "id": format!("karpenter-{seed}-{number}"),
        "options": options,
        "disrupt": maker.disrupt,
        "instanceTypes": types,
        "objects": maker.objects,
    })
}

struct Maker {
    random: Random,
    objects: Vec<Value>,
    pools: Vec<String>,
    types: Vec<String>,
    offered: Vec<Offered>,
    disrupt: bool,
    pods: usize,
}

/// What a node can be made of.
#[derive(Clone)]
struct Offered {
    instance_type: String,
    cpu: usize,
    ratio: usize,
    zone: String,
    capacity_type: String,
}

impl Maker {
    fn number(&mut self, low: usize, high: usize) -> usize {
        self.random.between(low, high)
    }

    fn instance_types(&mut self) -> Vec<Value> {
        let count = self.number(2, 9);
        let with_reservations = self.random.chance(15);
        let mut all = Vec::new();
        for at in 0..count {
            let cpu: usize = self
                .random
                .pick(&["1", "2", "4", "8", "8", "16", "32"])
                .parse()
                .unwrap_or(1);
            let ratio: usize = self.random.pick(&["2", "4", "8"]).parse().unwrap_or(2);
            let arch = if self.random.chance(75) {
                "amd64"
            } else {
                "arm64"
            };
            let os: &[&str] = match self.random.below(10) {
                0 => &["windows"],
                1 => &["linux", "windows"],
                _ => &["linux"],
            };
            let family = self.random.pick(&["c", "s", "m"]);
            let name = match self.random.below(3) {
                0 => format!("{family}{at}.{cpu}xlarge"),
                1 => format!("{family}-{cpu}x-{arch}-{at}"),
                _ => format!("{family}standard{at}"),
            };
            self.types.push(name.clone());
            let mut resources = json!({
                "cpu": cpu.to_string(), "memory": format!("{}Gi", cpu * ratio),
                "ephemeral-storage": "20Gi",
            });
            if self.random.chance(25) {
                resources["pods"] = json!(self.random.pick(&["3", "5", "29"]));
            }
            if self.random.chance(12) {
                resources["nvidia.com/gpu"] = json!(self.random.pick(&["1", "2", "8"]));
            }
            if self.random.chance(3) {
                resources["hugepages-2Mi"] = json!("1Gi");
            }
            let offerings = self.offerings(cpu, ratio, with_reservations);
            all.push(json!({
                "name": name, "architecture": arch, "operatingSystems": os,
                "resources": resources, "offerings": offerings,
            }));
        }
        all
    }

    fn offerings(&mut self, cpu: usize, ratio: usize, with_reservations: bool) -> Vec<Value> {
        let zones = self.random.some(&ZONES, 1, 4);
        let whole = to_f64(cpu) * 0.025 + to_f64(cpu * ratio) * 0.001;
        let mut all = Vec::new();
        for zone in zones {
            for kind in CAPACITY_TYPES {
                let wanted = match kind {
                    "reserved" => with_reservations && self.random.chance(35),
                    "spot" => self.random.chance(70),
                    _ => self.random.chance(85),
                };
                if !wanted {
                    continue;
                }
                let factor = match kind {
                    "reserved" => 0.01,
                    "spot" => 0.7,
                    _ => 1.0,
                };
                let extra = if self.random.chance(30) { 0.013 } else { 0.0 };
                let available = !self.random.chance(8);
                self.offered.push(Offered {
                    instance_type: self.types.last().cloned().unwrap_or_default(),
                    cpu,
                    ratio,
                    zone: zone.to_owned(),
                    capacity_type: kind.to_owned(),
                });
                all.push(self.offering(zone, kind, whole * factor + extra, available));
            }
        }
        if all.is_empty() {
            all.push(self.offering(ZONES[0], "on-demand", whole, true));
        }
        all
    }

    fn offering(&mut self, zone: &str, kind: &str, price: f64, available: bool) -> Value {
        let mut requirements = vec![
            json!({"key": CAPACITY_TYPE, "operator": "In", "values": [kind]}),
            json!({"key": ZONE, "operator": "In", "values": [zone]}),
        ];
        let mut offering = json!({"Price": price, "Available": available});
        if kind == "reserved" {
            let id = format!("cr-{}", self.random.below(3));
            requirements.push(json!({"key": RESERVATION, "operator": "In", "values": [id]}));
            offering["ReservationCapacity"] = json!(self.random.below(4));
        }
        offering["Requirements"] = json!(requirements);
        offering
    }

    fn type_names(&mut self, least: usize, most: usize) -> Vec<String> {
        let all: Vec<String> = self.types.clone();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let some = self.random.some(&all, least, most);
        some.into_iter().map(str::to_owned).collect()
    }

    fn pools(&mut self) {
        for at in 0..self.number(1, 4) {
            let name = format!("pool-{at}");
            self.pools.push(name.clone());
            let mut requirements = Vec::new();
            for _ in 0..[0, 0, 1, 1, 2, 3][self.random.below(6)] {
                requirements.push(self.pool_requirement());
            }
            let mut labels = Map::new();
            if self.random.chance(35) {
                labels.insert("team".into(), json!(self.random.pick(&["a", "b"])));
            }
            if self.random.chance(10) {
                labels.insert("example.com/rack".into(), json!("r1"));
            }
            let mut spec = json!({
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "requirements": requirements,
                        "taints": self.taints(25),
                        "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"},
                    },
                },
            });
            if self.random.chance(15) {
                spec["template"]["spec"]["startupTaints"] =
                    json!([{"key": "startup", "effect": "NoSchedule"}]);
            }
            spec["disruption"] = self.disruption();
            if self.random.chance(50) {
                spec["weight"] = json!(self.number(1, 3));
            }
            if self.random.chance(28) {
                spec["limits"] = self.limits();
            }
            if self.random.chance(3) {
                spec["replicas"] = json!(1);
            }
            let state = if self.random.chance(5) {
                "False"
            } else {
                "True"
            };
            let condition = |kind: &str| {
                json!({"type": kind, "status": state, "reason": "Test", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"})
            };
            let mut metadata = json!({"name": name, "uid": format!("uid-{name}")});
            if self.random.chance(3) {
                metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                metadata["finalizers"] = json!(["karpenter.sh/termination"]);
            }
            self.objects.push(json!({
                "apiVersion": "karpenter.sh/v1", "kind": "NodePool",
                "metadata": metadata, "spec": spec,
                "status": {"conditions": [condition("ValidationSucceeded"),
                    condition("NodeClassReady"), condition("Ready")]},
            }));
        }
    }

    fn disruption(&mut self) -> Value {
        let policy = self.random.pick(&[
            "WhenEmptyOrUnderutilized",
            "WhenEmptyOrUnderutilized",
            "WhenEmpty",
        ]);
        let after = if self.random.chance(10) {
            "Never"
        } else {
            "0s"
        };
        let mut budgets =
            vec![json!({"nodes": self.random.pick(&["10%", "50%", "100%", "1", "2", "100%"])})];
        if self.random.chance(15) {
            let reason = self.random.pick(&["Empty", "Underutilized", "Drifted"]);
            budgets
                .push(json!({"nodes": self.random.pick(&["0", "1", "30%"]), "reasons": [reason]}));
        }
        json!({"consolidationPolicy": policy, "consolidateAfter": after, "budgets": budgets})
    }

    fn limits(&mut self) -> Value {
        let mut limits = Map::new();
        if self.random.chance(70) {
            limits.insert(
                "cpu".into(),
                json!(self.random.pick(&["2", "8", "20", "40", "64", "100"])),
            );
        }
        if self.random.chance(30) {
            limits.insert("memory".into(), json!(self.random.pick(&["8Gi", "50Gi"])));
        }
        if self.random.chance(20) {
            limits.insert("nodes".into(), json!(self.random.pick(&["0", "1", "3"])));
        }
        if self.random.chance(8) {
            limits.insert("nvidia.com/gpu".into(), json!("2"));
        }
        Value::Object(limits)
    }

    fn pool_requirement(&mut self) -> Value {
        let mut own = match self.random.below(9) {
            0 => {
                let zones = self.random.some(&ZONES, 1, 3);
                let operator = self.random.pick(&["In", "In", "NotIn"]);
                json!({"key": ZONE, "operator": operator, "values": zones})
            }
            1 => {
                json!({"key": ARCH, "operator": "In", "values": self.random.some(&["amd64", "arm64"], 1, 2)})
            }
            2 => {
                let operator = self.random.pick(&["In", "NotIn"]);
                let count = if operator == "In" { 6 } else { 1 };
                json!({"key": INSTANCE_TYPE, "operator": operator, "values": self.type_names(1, count)})
            }
            3 => {
                let operator = self.random.pick(&["In", "NotIn"]);
                let most = if operator == "In" { 3 } else { 1 };
                json!({"key": CAPACITY_TYPE, "operator": operator, "values": self.random.some(&CAPACITY_TYPES, 1, most)})
            }
            4 | 5 => {
                let operator = self.random.pick(&["Gt", "Lt", "Gte", "Lte"]);
                let value = self.random.pick(&["1", "2", "4", "8", "16"]);
                json!({"key": "karpenter.kwok.sh/instance-cpu", "operator": operator, "values": [value]})
            }
            6 => {
                let families = self.random.some(&["c", "s", "m"], 1, 3);
                json!({"key": "karpenter.kwok.sh/instance-family", "operator": "In", "values": families})
            }
            7 => {
                let operator = self.random.pick(&["In", "In", "Exists", "NotIn"]);
                let values = if operator == "Exists" {
                    Vec::new()
                } else {
                    self.random.some(&["a", "b", "c"], 1, 2)
                };
                json!({"key": "team", "operator": operator, "values": values})
            }
            _ => {
                json!({"key": "tier", "operator": self.random.pick(&["Exists", "DoesNotExist"]), "values": []})
            }
        };
        if self.random.chance(15) && own["operator"] == "In" {
            let most = own["values"].as_array().map_or(1, Vec::len);
            own["minValues"] = json!(self.number(1, most));
        }
        own
    }

    fn taints(&mut self, percent: usize) -> Vec<Value> {
        let mut all = Vec::new();
        if self.random.chance(percent) {
            let effect = self
                .random
                .pick(&["NoSchedule", "NoExecute", "PreferNoSchedule"]);
            all.push(json!({"key": "dedicated", "value": self.random.pick(&["a", "b"]), "effect": effect}));
        }
        if self.random.chance(percent / 4) {
            all.push(json!({"key": "special", "effect": "NoSchedule"}));
        }
        all
    }

    fn tolerations(&mut self, percent: usize) -> Vec<Value> {
        let mut all = Vec::new();
        if self.random.chance(percent) {
            all.push(match self.random.below(5) {
                0 => json!({"operator": "Exists"}),
                1 => json!({"key": "dedicated", "operator": "Exists"}),
                2 => json!({"key": "special", "effect": "NoSchedule", "operator": "Exists"}),
                _ => json!({"key": "dedicated", "operator": "Equal", "value": self.random.pick(&["a", "b"])}),
            });
        }
        all
    }

    fn namespaces(&mut self) {
        for name in ["default", "other"] {
            self.objects
                .push(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": {"kind": name}}}));
        }
    }

    fn storage(&mut self) {
        if !self.random.chance(15) {
            return;
        }
        let zones = self.random.some(&ZONES, 1, 2);
        let terms: Vec<Value> = zones
            .iter()
            .map(|zone| json!({"matchLabelExpressions": [{"key": ZONE, "values": [zone]}]}))
            .collect();
        self.objects.push(
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "zonal"}, "provisioner": "disk.example.com",
            "volumeBindingMode": "WaitForFirstConsumer", "allowedTopologies": terms}),
        );
        self.objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "now"}, "provisioner": "disk.example.com", "volumeBindingMode": "Immediate"}));
        let zone = self.random.pick(&ZONES);
        let mut spec = json!({"nodeAffinity": {"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]}}});
        if self.random.chance(30) {
            spec["local"] = json!({"path": "/data"});
            spec["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"]
                .as_array_mut()
                .map(|all| {
                    all.push(json!({"key": HOSTNAME, "operator": "In", "values": ["gone"]}));
                })
                .unwrap_or_default();
        } else {
            spec["csi"] = json!({"driver": "disk.example.com", "volumeHandle": "h"});
        }
        self.objects
            .push(json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": "pv-0"}, "spec": spec}));
        for (name, class, volume) in [
            ("unbound", "zonal", ""),
            ("bound", "zonal", "pv-0"),
            ("early", "now", ""),
            ("classless", "", ""),
        ] {
            let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": name, "namespace": "default"}, "spec": {}});
            if !class.is_empty() {
                claim["spec"]["storageClassName"] = json!(class);
            }
            if !volume.is_empty() {
                claim["spec"]["volumeName"] = json!(volume);
                claim["metadata"]["annotations"] =
                    json!({"pv.kubernetes.io/bind-completed": "yes"});
            }
            self.objects.push(claim);
        }
    }

    fn daemon_sets(&mut self) {
        let count = [0, 0, 1, 1, 2, 3][self.random.below(6)];
        for at in 0..count {
            let mut spec = json!({
                "containers": [{"name": "c", "resources": {"requests": {
                    "cpu": self.random.pick(&["50m", "100m", "500m", "1"]),
                    "memory": self.random.pick(&["64Mi", "256Mi", "1Gi"]),
                }}}],
                "tolerations": self.tolerations(50),
            });
            if self.random.chance(20) {
                spec["containers"][0]["ports"] = json!([{"containerPort": 1, "protocol": "TCP",
                    "hostPort": self.random.pick(&["80", "443"]).parse::<i32>().unwrap_or(80)}]);
            }
            if self.random.chance(30) {
                spec["nodeSelector"] = self.selector();
            }
            if self.random.chance(25) {
                let terms = self.node_terms();
                spec["affinity"] = json!({"nodeAffinity":
                    {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
            }
            if self.random.chance(10) {
                spec["containers"][0]["resources"] = json!({"limits": {"cpu": "200m"}});
            }
            self.objects.push(json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
                "metadata": {"name": format!("ds-{at}"), "namespace": "default", "uid": format!("uid-ds-{at}")},
                "spec": {"selector": {}, "template": {"metadata": {}, "spec": spec}}}));
        }
    }

    fn nodes(&mut self) {
        let count = if self.disrupt {
            self.number(3, 8)
        } else {
            [0, 0, 1, 2, 3, 5][self.random.below(6)]
        };
        for at in 0..count {
            let name = format!("node-{at}");
            let kind = self.random.below(if self.disrupt { 8 } else { 10 });
            let is_managed = kind < 7;
            let mut cpu: usize = self.random.pick(&["2", "4", "8"]).parse().unwrap_or(2);
            let mut ratio = 4;
            let mut labels = json!({
                ZONE: self.random.pick(&ZONES), ARCH: "amd64", HOSTNAME: name,
                "kubernetes.io/os": "linux",
            });
            if self.random.chance(15) {
                labels["team"] = json!(self.random.pick(&["a", "b"]));
            }
            if is_managed {
                let pools = self.pools.clone();
                let pools: Vec<&str> = pools.iter().map(String::as_str).collect();
                labels[POOL] = json!(self.random.pick(&pools));
                labels[INSTANCE_TYPE] = json!(self.type_names(1, 1).first());
                labels[CAPACITY_TYPE] = json!(self.random.pick(&["spot", "on-demand"]));
            }
            if is_managed && self.disrupt && self.random.chance(90) {
                let own = self.offered[self.random.below(self.offered.len())].clone();
                labels[INSTANCE_TYPE] = json!(own.instance_type);
                labels[CAPACITY_TYPE] = json!(own.capacity_type);
                labels[ZONE] = json!(own.zone);
                (cpu, ratio) = (own.cpu, own.ratio);
            }
            let capacity = json!({"cpu": cpu.to_string(), "memory": format!("{}Gi", cpu * ratio), "pods": self.random.pick(&["4", "20", "110"])});
            // Registered and ready, registered only, there only, not even there.
            let is_steady = self.disrupt && self.random.chance(80);
            let stage = if is_managed && !is_steady {
                self.random.below(8)
            } else {
                0
            };
            let is_going = self.random.chance(if is_steady { 2 } else { 10 });
            let is_claim_only = stage == 7;
            if is_managed {
                self.node_claim(at, &labels, &capacity, is_going, is_claim_only);
            }
            if is_claim_only {
                continue;
            }
            let mut taints = self.taints(if self.disrupt { 6 } else { 15 });
            if is_managed {
                if stage < 6 {
                    labels["karpenter.sh/registered"] = json!("true");
                }
                if stage < 4 {
                    labels["karpenter.sh/initialized"] = json!("true");
                }
                if stage >= 4 {
                    taints.push(json!({"key": "startup", "effect": "NoSchedule"}));
                    taints.push(
                        json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}),
                    );
                }
            }
            if self.random.chance(8) {
                taints.push(
                    json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}),
                );
            }
            let mut metadata = json!({"name": name, "labels": labels});
            if is_going && !is_managed {
                metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                metadata["finalizers"] = json!(["example.com/held"]);
            }
            let mut allocatable = capacity.clone();
            allocatable["cpu"] = json!(format!("{}m", cpu * 1000 - 100));
            if stage >= 4 && self.random.chance(30) {
                allocatable = json!({"cpu": "0"});
            }
            let mut spec = json!({"taints": taints});
            if is_managed || self.random.chance(50) {
                spec["providerID"] = json!(format!("test://{name}"));
            }
            self.objects.push(
                json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata,
                "spec": spec, "status": {"capacity": capacity, "allocatable": allocatable}}),
            );
            if self.random.chance(20) {
                self.objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name},
                    "spec": {"drivers": [{"name": "disk.example.com", "nodeID": "n", "allocatable": {"count": self.random.below(3)}}]}}));
            }
            self.running(&name);
        }
    }

    fn node_claim(
        &mut self,
        at: usize,
        labels: &Value,
        capacity: &Value,
        is_going: bool,
        is_claim_only: bool,
    ) {
        let mut labels = labels.clone();
        if let Some(own) = labels.as_object_mut() {
            own.remove(HOSTNAME);
        }
        let mut metadata = json!({"name": format!("claim-{at}"), "labels": labels, "uid": format!("uid-claim-{at}")});
        if is_going {
            metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            metadata["finalizers"] = json!(["karpenter.sh/termination"]);
        }
        let launched = !(is_claim_only && self.random.chance(30));
        let mut status = json!({"capacity": capacity, "allocatable": capacity});
        if self.random.chance(90) {
            status["conditions"] = json!([{"type": "Consolidatable", "status": "True", "reason": "Test",
                "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        }
        if launched {
            status["providerID"] = json!(format!("test://node-{at}"));
        }
        let taints = self.taints(15);
        self.objects.push(json!({"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim",
            "metadata": metadata,
            "spec": {"requirements": [], "taints": taints,
                "startupTaints": [{"key": "startup", "effect": "NoSchedule"}],
                "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"}},
            "status": status}));
    }

    /// Pods on a node.
    fn running(&mut self, node: &str) {
        let most = if self.disrupt { 2 } else { 4 };
        for _ in 0..self.number(0, most) {
            let mut pod = self.pod("running");
            pod["spec"]["nodeName"] = json!(node);
            pod["status"] = json!({"phase": "Running"});
            match self.random.below(14) {
                0 => pod["status"]["phase"] = json!("Succeeded"),
                1 => {
                    pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                    pod["metadata"]["finalizers"] = json!(["example.com/held"]);
                }
                2 => {
                    pod["metadata"]["annotations"] = json!({"karpenter.sh/do-not-disrupt": "true"});
                }
                3 => {
                    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "DaemonSet",
                        "name": "ds-0", "uid": "uid-ds-0", "controller": true}]);
                }
                4 => {
                    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Node",
                        "name": node, "uid": "n", "controller": true}]);
                }
                _ => {}
            }
            self.objects.push(pod);
        }
        if self.random.chance(10) {
            self.objects.push(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": {"name": format!("pdb-{node}"), "namespace": "default"},
                "spec": {"maxUnavailable": self.random.below(2), "selector": {"matchLabels": {"app": "web"}}},
                "status": {"disruptionsAllowed": self.random.below(2)}}));
        }
    }

    fn pending(&mut self) {
        // A node that comes for a pod that waits is one more than consolidation puts up with.
        if self.disrupt && self.random.chance(60) {
            return;
        }
        let groups = if self.disrupt { 2 } else { 4 };
        for _ in 0..self.number(1, groups) {
            let replicas = [1, 1, 2, 3, 4, 6, 9][self.random.below(7)];
            let like = self.pod("pending");
            for _ in 0..replicas {
                let mut pod = like.clone();
                self.pods += 1;
                pod["metadata"]["name"] = json!(format!("p{}", self.pods));
                pod["metadata"]["uid"] = json!(format!(
                    "uid-{:04}",
                    self.random.below(10_000) * 100 + self.pods
                ));
                pod["status"] = json!({"phase": "Pending", "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]});
                if self.random.chance(3) {
                    pod["status"]["nominatedNodeName"] = json!("node-0");
                }
                if self.random.chance(3) {
                    pod["status"]["conditions"] = json!([]);
                }
                self.objects.push(pod);
            }
        }
    }

    fn pod(&mut self, kind: &str) -> Value {
        self.pods += 1;
        let app = self.random.pick(&["web", "db", "job"]);
        let namespace = if self.random.chance(12) {
            "other"
        } else {
            "default"
        };
        let mut requests = json!({
            "cpu": self.random.pick(&["100m", "250m", "500m", "700m", "1", "1500m", "3"]),
            "memory": self.random.pick(&["64Mi", "128Mi", "512Mi", "1Gi", "4Gi", "0.5Gi"]),
        });
        if self.random.chance(5) {
            requests["nvidia.com/gpu"] = json!("1");
        }
        if self.random.chance(3) {
            requests["cpu"] = json!("60");
        }
        let mut spec = json!({"containers": [{"name": "c", "resources": {"requests": requests}}]});
        if self.random.chance(6) {
            spec["initContainers"] =
                json!([{"name": "i", "resources": {"requests": {"cpu": "2"}}}]);
        }
        if self.random.chance(4) {
            spec["overhead"] = json!({"cpu": "100m"});
        }
        if kind == "pending" || self.random.chance(if self.disrupt { 20 } else { 40 }) {
            self.wishes(&mut spec, app);
        }
        let created = self.random.pick(&[
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:01Z",
            "2026-01-01T00:01:00Z",
        ]);
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("{kind}-{}", self.pods), "namespace": namespace, "creationTimestamp": created,
                "uid": format!("uid-{kind}-{}", self.pods), "labels": {"app": app, "version": self.random.pick(&["1", "2"])}},
            "spec": spec})
    }

    fn wishes(&mut self, spec: &mut Value, app: &str) {
        let tolerations = self.tolerations(35);
        if !tolerations.is_empty() {
            spec["tolerations"] = json!(tolerations);
        }
        if self.random.chance(17) {
            spec["nodeSelector"] = self.selector();
        }
        if self.random.chance(14) {
            let terms = self.node_terms();
            spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
                json!({"nodeSelectorTerms": terms});
        }
        if self.random.chance(18) {
            let mut all = Vec::new();
            for _ in 0..self.number(1, 3) {
                let weight = self
                    .random
                    .pick(&["1", "10", "10", "50"])
                    .parse::<i32>()
                    .unwrap_or(1);
                let term = self.node_term();
                all.push(json!({"weight": weight, "preference": term}));
            }
            spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
                json!(all);
        }
        for (kind, percent) in [("podAffinity", 15), ("podAntiAffinity", 20)] {
            if self.random.chance(percent) {
                let term = self.pod_term(app);
                if self.random.chance(65) {
                    spec["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"] =
                        json!([term]);
                } else {
                    spec["affinity"][kind]["preferredDuringSchedulingIgnoredDuringExecution"] =
                        json!([{"weight": self.number(1, 5), "podAffinityTerm": term}]);
                }
            }
        }
        if self.random.chance(35) {
            let mut all = Vec::new();
            for _ in 0..self.number(1, 2) {
                all.push(self.spread(app));
            }
            spec["topologySpreadConstraints"] = json!(all);
        }
        if self.random.chance(8) {
            let port: i32 = self
                .random
                .pick(&["80", "443", "8080"])
                .parse()
                .unwrap_or(80);
            spec["containers"][0]["ports"] = json!([{"containerPort": 1, "hostPort": port,
                "protocol": self.random.pick(&["TCP", "TCP", "UDP"]), "hostIP": self.random.pick(&["", "", "10.0.0.1", "::"])}]);
        }
        if self.random.chance(8) {
            let claim = self.random.pick(&[
                "unbound",
                "bound",
                "unbound",
                "early",
                "classless",
                "missing",
            ]);
            spec["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]);
        }
        if self.random.chance(2) {
            spec["resourceClaims"] = json!([{"name": "r", "resourceClaimName": "rc"}]);
        }
    }

    fn selector(&mut self) -> Value {
        match self.random.below(12) {
            0..=2 => json!({ZONE: self.random.pick(&ZONES)}),
            3 => json!({ARCH: self.random.pick(&["amd64", "arm64"])}),
            4 | 5 => json!({"team": self.random.pick(&["a", "b", "c"])}),
            6 => json!({CAPACITY_TYPE: self.random.pick(&["spot", "on-demand", "reserved"])}),
            7 => json!({INSTANCE_TYPE: self.type_names(1, 1).first()}),
            8 => {
                let pools = self.pools.clone();
                let pools: Vec<&str> = pools.iter().map(String::as_str).collect();
                json!({POOL: self.random.pick(&pools)})
            }
            9 => json!({"beta.kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}),
            10 => match self.random.below(4) {
                0 => json!({HOSTNAME: "node-0"}),
                1 => json!({"karpenter.sh/initialized": "true"}),
                2 => json!({CAPACITY_TYPE: "free"}),
                _ => json!({"tier": "x"}),
            },
            _ => json!({"example.com/rack": "r1"}),
        }
    }

    fn node_terms(&mut self) -> Vec<Value> {
        let count = self.number(1, 3);
        (0..count).map(|_| self.node_term()).collect()
    }

    fn node_term(&mut self) -> Value {
        let count = self.number(1, 2);
        let all: Vec<Value> = (0..count).map(|_| self.expression()).collect();
        json!({"matchExpressions": all})
    }

    fn expression(&mut self) -> Value {
        match self.random.below(9) {
            0 | 1 => {
                let operator = self.random.pick(&["In", "In", "NotIn"]);
                json!({"key": ZONE, "operator": operator, "values": self.random.some(&ZONES, 1, 2)})
            }
            2 => json!({"key": ARCH, "operator": self.random.pick(&["In", "NotIn"]), "values": ["arm64"]}),
            3 => {
                let operator = self.random.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
                let values = if operator.ends_with("In") { vec!["a"] } else { Vec::new() };
                json!({"key": "team", "operator": operator, "values": values})
            }
            4 => json!({"key": CAPACITY_TYPE, "operator": self.random.pick(&["In", "NotIn"]), "values": self.random.some(&CAPACITY_TYPES, 1, 2)}),
            5 => {
                let operator = self.random.pick(&["Gt", "Lt"]);
                let value = self.random.pick(&["1", "4", "8", "-1"]);
                json!({"key": "karpenter.kwok.sh/instance-cpu", "operator": operator, "values": [value]})
            }
            6 => json!({"key": INSTANCE_TYPE, "operator": self.random.pick(&["In", "NotIn"]), "values": self.type_names(1, 2)}),
            7 => json!({"key": POOL, "operator": self.random.pick(&["Exists", "DoesNotExist", "Exists"]), "values": []}),
            _ => json!({"key": "unknown/label", "operator": self.random.pick(&["In", "NotIn", "DoesNotExist"]), "values": []})
                .with_values(&["x"]),
        }
    }

    fn pod_term(&mut self, app: &str) -> Value {
        let key = self
            .random
            .pick(&[ZONE, HOSTNAME, HOSTNAME, CAPACITY_TYPE, "team"]);
        let selected = if self.random.chance(60) {
            app.to_owned()
        } else {
            self.random.pick(&["web", "db"]).to_owned()
        };
        let mut term =
            json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": selected}}});
        match self.random.below(10) {
            0 => term["namespaces"] = json!(["default", "other"]),
            1 => term["namespaceSelector"] = json!({}),
            2 => term["namespaceSelector"] = json!({"matchLabels": {"kind": "other"}}),
            3 => {
                term["labelSelector"] = json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]});
            }
            _ => {}
        }
        term
    }

    fn spread(&mut self, app: &str) -> Value {
        let mut own = json!({
            "topologyKey": self.random.pick(&[ZONE, ZONE, HOSTNAME, CAPACITY_TYPE, "team"]),
            "maxSkew": self.number(1, 2),
            "whenUnsatisfiable": self.random.pick(&["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]),
            "labelSelector": {"matchLabels": {"app": if self.random.chance(85) { app } else { "db" }}},
        });
        if self.random.chance(12) && own["whenUnsatisfiable"] == "DoNotSchedule" {
            own["minDomains"] = json!(self.number(2, 4));
        }
        if self.random.chance(15) {
            own["nodeTaintsPolicy"] = json!(self.random.pick(&["Honor", "Ignore"]));
        }
        if self.random.chance(15) {
            own["nodeAffinityPolicy"] = json!(self.random.pick(&["Honor", "Ignore"]));
        }
        if self.random.chance(10) {
            own["matchLabelKeys"] = json!(["version"]);
        }
        own
    }
}

trait WithValues {
    fn with_values(self, values: &[&str]) -> Value;
}

impl WithValues for Value {
    /// Gives values to operators that take some.
    fn with_values(mut self, values: &[&str]) -> Value {
        if self["operator"] == "In" || self["operator"] == "NotIn" {
            self["values"] = json!(values);
        }
        self
    }
}

fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}
