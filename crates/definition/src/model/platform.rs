//! The platform: everything one definition describes.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    Bucket, BucketName, Cluster, Database, DatabaseName, Delivery, Edge, Environment,
    EnvironmentName, Job, JobName, Network, Notify, NotifyName, PlatformName, Secret, SecretName,
    Service, ServiceName,
};

/// Everything one definition describes, for one environment or as the base declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Its name.
    pub name: PlatformName,
    /// The git repository it lives in; `None` where nothing needs one yet.
    pub repository: Option<Repository>,
    /// Services by name, in the order of the definition.
    pub services: IndexMap<ServiceName, Service>,
    /// Databases by name.
    pub databases: BTreeMap<DatabaseName, Database>,
    /// Secrets from outside by name.
    pub secrets: BTreeMap<SecretName, Secret>,
    /// Jobs by name.
    pub jobs: BTreeMap<JobName, Job>,
    /// Buckets by name.
    pub buckets: BTreeMap<BucketName, Bucket>,
    /// Where messages to people go.
    pub notify: BTreeMap<NotifyName, Notify>,
    /// What stands between the internet and the routes.
    pub edge: Edge,
    /// The VPC.
    pub network: Network,
    /// A trail of every call in the account is kept.
    pub audit: bool,
    /// The Kubernetes cluster.
    pub cluster: Cluster,
    /// How changes reach the cluster.
    pub delivery: Delivery,
    /// Every environment's own settings, by name.
    pub environments: BTreeMap<EnvironmentName, Environment>,
    /// The environment this platform was resolved for; `None`: the base, as this machine runs it.
    pub environment: Option<EnvironmentName>,
}

/// A git repository on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The forge's host: `github.com`.
    pub host: String,
    /// The owner.
    pub owner: String,
    /// The repository's name.
    pub name: String,
    /// The platform's folder in it; default `.`.
    pub path: String,
    /// The branch that clusters follow; default `main`.
    pub branch: String,
    /// The forge's numeric id of the repository, for OIDC subjects that survive a rename.
    pub id: Option<u64>,
    /// The forge's numeric id of the owner.
    pub owner_id: Option<u64>,
}
