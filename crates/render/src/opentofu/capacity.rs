//! How many nodes and pods an environment runs at its most.

use seaworthy_definition::model::{Compute, MonitoringPlace};
use seaworthy_knowledge::Knowledge;

use crate::input::Scope;

/// Nodes of the group that Karpenter's controller runs on.
pub(super) const CONTROLLER_NODES: u32 = 3;
/// Nodes of the group for monitoring.
pub(super) const MONITORING_NODES: u32 = 3;

/// Pods of GitOps, monitoring, logs, certificates, DNS, secrets and load balancers: about twice what their charts run.
const CONTROLLER_PODS: u32 = 60;
/// Pods on each node that are none of EKS's add-ons: metrics and logs.
const OTHER_PODS_OF_A_NODE: u32 = 3;

/// Add-ons that have pods.
const ADDONS: [&str; 6] = [
    "aws-ebs-csi-driver",
    "coredns",
    "eks-pod-identity-agent",
    "kube-proxy",
    "metrics-server",
    "vpc-cni",
];

/// The most that runs at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capacity {
    pub(super) nodes: u32,
    pub(super) pods: u32,
}

impl Capacity {
    /// Of an environment: every service at its `scale.max` in the middle of a rolling update, every job at once, and
    /// what every cluster runs.
    pub(super) fn of(scope: &Scope<'_>) -> Self {
        let cluster = &scope.platform.cluster;
        let own = match cluster.monitoring {
            MonitoringPlace::OwnNodes => MONITORING_NODES,
            MonitoringPlace::OwnCluster => 0,
        };
        let controllers = match cluster.compute {
            Compute::Karpenter => CONTROLLER_NODES,
            Compute::NodeGroups | Compute::Auto | Compute::SelfManaged => 0,
        };
        let nodes = cluster.nodes.max + own + controllers;

        let addons = || {
            ADDONS
                .iter()
                .filter_map(|addon| Knowledge.addon_pods(addon))
        };
        let once: i64 = addons().map(|pods| pods.once).sum();
        let on_each_node: i64 = addons().map(|pods| pods.on_each_node).sum();
        // A Deployment's rolling update starts a quarter more, rounded up.
        let services: u32 = scope
            .platform
            .services
            .values()
            .map(|service| service.scale.max + service.scale.max.div_ceil(4))
            .sum();
        let jobs = u32::try_from(scope.platform.jobs.len()).unwrap_or(u32::MAX);
        let of_addons = u32::try_from(once).unwrap_or(0);
        let of_nodes = nodes * (u32::try_from(on_each_node).unwrap_or(0) + OTHER_PODS_OF_A_NODE);
        Self {
            nodes,
            pods: services + jobs + of_addons + of_nodes + CONTROLLER_PODS,
        }
    }
}
