//! Leases of nodes that do not exist, as their kubelets would write them.

use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, OwnerReference};
use kube::api::{ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt};

use crate::failure::Failure;

/// Where nodes send their heartbeats.
pub(crate) const NAMESPACE: &str = "kube-node-lease";

/// How many requests run at once.
const IN_FLIGHT: usize = 64;

/// How long a kubelet's Lease is good for.
const DURATION_SECONDS: i32 = 40;

/// What to create.
#[derive(Debug, Args)]
pub(crate) struct LoadLeases {
    /// How many Leases
    count: usize,
    /// Of the cluster
    kubeconfig: PathBuf,
}

/// Creates the Leases.
pub(crate) fn run(load: &LoadLeases) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("the runtime cannot start: {error}")))?;
    runtime
        .block_on(create(load))
        .map_err(|error| Failure::Other(format!("Leases cannot be created: {error}")))
}

async fn create(load: &LoadLeases) -> Result<(), kube::Error> {
    let client = connect(&load.kubeconfig).await?;
    let owner = owner(&client).await?;
    let leases: Api<Lease> = Api::namespaced(client, NAMESPACE);
    let options = PostParams {
        field_manager: Some("kubelet".into()),
        ..PostParams::default()
    };
    stream::iter(0..load.count)
        .map(|index| {
            let lease = lease(index, owner.clone(), Timestamp::now());
            let (leases, options) = (&leases, &options);
            async move { leases.create(options, &lease).await }
        })
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(async |_| Ok(()))
        .await
}

async fn connect(kubeconfig: &Path) -> Result<Client, kube::Error> {
    let unusable = kube::Error::InferKubeconfig;
    let kubeconfig = Kubeconfig::read_from(kubeconfig).map_err(unusable)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(unusable)?;
    Client::try_from(config)
}

/// A node that does exist: what belongs to one that does not is collected as garbage.
async fn owner(client: &Client) -> Result<OwnerReference, kube::Error> {
    let node = Api::<Node>::all(client.clone()).get("node-0").await?;
    Ok(OwnerReference {
        api_version: "v1".into(),
        kind: "Node".into(),
        name: node.name_any(),
        uid: node.uid().unwrap_or_default(),
        ..OwnerReference::default()
    })
}

fn lease(index: usize, owner: OwnerReference, now: Timestamp) -> Lease {
    let name = format!("worker-{index:05}");
    Lease {
        spec: Some(LeaseSpec {
            holder_identity: Some(name.clone()),
            lease_duration_seconds: Some(DURATION_SECONDS),
            renew_time: Some(MicroTime(now)),
            ..LeaseSpec::default()
        }),
        metadata: ObjectMeta {
            name: Some(name),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
    }
}
