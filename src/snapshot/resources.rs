//! What is recorded: all that one of the plugins asks of a cluster.

use cluster::Resource;
use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch,
    coordination::v1 as coordination, core::v1 as core, policy::v1 as policy,
    resource::v1 as resource, scheduling::v1 as scheduling, storage::v1 as storage,
};

/// What of the objects is left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// They hold no containers.
    Plain,
    /// `spec` is a pod's.
    Pod,
    /// `spec.template.spec` is a pod's.
    Template,
    /// `spec.jobTemplate.spec.template.spec` is a pod's.
    JobTemplate,
}

/// One resource.
#[derive(Debug)]
pub struct Recorded {
    /// Which.
    pub resource: Resource,
    /// Where containers are in it.
    pub shape: Shape,
    /// A cluster without it is complete: it comes with an add-on or a feature.
    pub optional: bool,
    /// Only these names of this namespace.
    pub named: Option<(&'static str, &'static [&'static str])>,
}

const fn plain(resource: Resource) -> Recorded {
    Recorded {
        resource,
        shape: Shape::Plain,
        optional: false,
        named: None,
    }
}

const fn shaped(resource: Resource, shape: Shape) -> Recorded {
    Recorded {
        shape,
        ..plain(resource)
    }
}

const fn optional(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Recorded {
    Recorded {
        optional: true,
        ..plain(Resource {
            group,
            version,
            kind,
            plural,
        })
    }
}

/// The resources, nodes before pods.
pub const RECORDED: [Recorded; 31] = [
    plain(Resource::of::<core::Namespace>()),
    plain(Resource::of::<core::Node>()),
    shaped(Resource::of::<core::Pod>(), Shape::Pod),
    plain(Resource::of::<coordination::Lease>()),
    optional(
        "coordination.k8s.io",
        "v1beta1",
        "LeaseCandidate",
        "leasecandidates",
    ),
    shaped(Resource::of::<apps::Deployment>(), Shape::Template),
    shaped(Resource::of::<apps::ReplicaSet>(), Shape::Template),
    shaped(Resource::of::<apps::StatefulSet>(), Shape::Template),
    shaped(Resource::of::<apps::DaemonSet>(), Shape::Template),
    shaped(
        Resource::of::<core::ReplicationController>(),
        Shape::Template,
    ),
    shaped(Resource::of::<batch::Job>(), Shape::Template),
    shaped(Resource::of::<batch::CronJob>(), Shape::JobTemplate),
    plain(Resource::of::<autoscaling::HorizontalPodAutoscaler>()),
    plain(Resource::of::<policy::PodDisruptionBudget>()),
    plain(Resource::of::<scheduling::PriorityClass>()),
    plain(Resource::of::<core::PersistentVolume>()),
    plain(Resource::of::<core::PersistentVolumeClaim>()),
    plain(Resource::of::<storage::StorageClass>()),
    plain(Resource::of::<storage::CSINode>()),
    plain(Resource::of::<storage::CSIDriver>()),
    plain(Resource::of::<storage::CSIStorageCapacity>()),
    plain(Resource::of::<storage::VolumeAttachment>()),
    plain(Resource::of::<core::ResourceQuota>()),
    plain(Resource::of::<core::LimitRange>()),
    plain(Resource::of::<resource::ResourceSlice>()),
    plain(Resource::of::<resource::ResourceClaim>()),
    plain(Resource::of::<resource::DeviceClass>()),
    optional("karpenter.sh", "v1", "NodePool", "nodepools"),
    optional("karpenter.sh", "v1", "NodeClaim", "nodeclaims"),
    optional(
        "autoscaling.x-k8s.io",
        "v1beta1",
        "CapacityQuota",
        "capacityquotas",
    ),
    Recorded {
        named: Some((
            "kube-system",
            &[
                "cluster-autoscaler-status",
                "cluster-autoscaler-priority-expander",
            ],
        )),
        ..plain(Resource::of::<core::ConfigMap>())
    },
];
