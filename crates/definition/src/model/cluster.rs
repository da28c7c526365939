//! The Kubernetes cluster.

/// The cluster that an environment runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Kubernetes' minor version, `1.36`; default: the newest that the dated data lists for EKS.
    pub kubernetes: String,
    /// What makes nodes.
    pub compute: Compute,
    /// The machines that services run on.
    pub nodes: Nodes,
    /// How secrets reach workloads.
    pub secrets: SecretDelivery,
    /// Where logs go.
    pub logs: Logs,
    /// Where monitoring runs.
    pub monitoring: MonitoringPlace,
    /// IAM principals (ARNs) with full rights.
    pub admins: Vec<String>,
    /// IAM principals (ARNs) that may look.
    pub viewers: Vec<String>,
    /// Address ranges that may reach the public endpoint; empty: the endpoint is private.
    pub public_access: Vec<String>,
}

/// The machines that services run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// The processors.
    pub architecture: Architecture,
    /// Bought as spot capacity, which can be taken away.
    pub spot: bool,
    /// Instance types; empty: the renderer's dated default.
    pub types: Vec<String>,
    /// At least so many.
    pub min: u32,
    /// At most so many.
    pub max: u32,
}

/// Processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// AWS Graviton.
    Arm64,
}

/// What makes nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compute {
    /// Karpenter.
    Karpenter,
    /// Managed node groups.
    NodeGroups,
    /// EKS Auto Mode.
    Auto,
    /// Kubernetes on EC2, run by the team.
    SelfManaged,
}

/// How secrets reach workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretDelivery {
    /// External Secrets Operator.
    ExternalSecrets,
    /// Secrets Store CSI driver.
    SecretsStoreCsi,
}

/// Where logs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// Grafana Loki.
    Loki,
    /// Amazon CloudWatch Logs.
    CloudWatch,
    /// Elasticsearch.
    Elastic,
}

/// Where monitoring runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitoringPlace {
    /// In the same cluster, on nodes of its own.
    OwnNodes,
    /// In a cluster of its own.
    OwnCluster,
}
