//! The vocabulary. Small on purpose: what is named twice can collide.

pub const NAMESPACES: &[&str] = &["default", "prod", "dev", "batch"];
pub const ZONES: &[&str] = &["us-east1-b", "us-east1-c", "us-west1-a"];
pub const REGIONS: &[&str] = &["r1", "r2"];
pub const DISKS: &[&str] = &["ssd", "hdd", "nvme"];
pub const NUMBERS: &[&str] = &[
    "0",
    "1",
    "4",
    "5",
    "16",
    "-1",
    "+5",
    "05",
    "abc",
    "9223372036854775807",
    "9223372036854775808",
    "",
];
pub const APPS: &[&str] = &["web", "db", "cache"];
pub const TIERS: &[&str] = &["front", "back"];
pub const HASHES: &[&str] = &["h1", "h2"];
pub const TEAMS: &[&str] = &["a", "b"];

pub const HOSTNAME: &str = "kubernetes.io/hostname";
pub const ZONE: &str = "topology.kubernetes.io/zone";
pub const REGION: &str = "topology.kubernetes.io/region";
pub const OLD_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
pub const OLD_REGION: &str = "failure-domain.beta.kubernetes.io/region";
pub const TOPOLOGIES: &[&str] = &[ZONE, ZONE, HOSTNAME, REGION, "disk", "rack"];
pub const NODE_LABELS: &[&str] = &["disk", "gen", ZONE, REGION, HOSTNAME, "rack"];

pub const TAINT_KEYS: &[&str] = &[
    "dedicated",
    "gpu",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/not-ready",
    "example.com/x",
];
pub const TAINT_VALUES: &[&str] = &["", "a", "b", "5", "10"];
pub const EFFECTS: &[&str] = &["NoSchedule", "NoExecute", "PreferNoSchedule"];

pub const EXTENDED: &[&str] = &[
    "example.com/foo",
    "nvidia.com/gpu",
    "hugepages-2Mi",
    "attachable-volumes-x",
];
pub const CPU: &[&str] = &[
    "0", "1", "2", "4", "100m", "250m", "1500m", "0.5", "1.5", "3920m", "0.1", "1e0", "999u",
    "1001m", "2k", "0.0005", "4000m",
];
pub const MEMORY: &[&str] = &[
    "0",
    "1Gi",
    "2Gi",
    "4Gi",
    "512Mi",
    "1G",
    "1e9",
    "123456789",
    "1048576Ki",
    "0.5Gi",
    "1.5Gi",
    "100M",
    "1Ti",
    "4294967296",
    "4294967297",
    "100m",
];
pub const COUNTS: &[&str] = &["0", "1", "2", "3", "4", "8", "1k"];
