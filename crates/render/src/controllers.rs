//! The controllers that a cluster needs, and who each is in AWS.
//!
//! OpenTofu gives a service account its role by a Pod Identity association, GitOps installs what runs under it: both
//! take the names from here. Neither side holds an ARN of the other.

use seaworthy_definition::model::{Compute, EdgeKind, Logs, SecretDelivery};

use crate::Scope;
use crate::kubernetes::scale::Scaling;

/// What puts a controller's pods onto nodes of their own: label and taint have this key.
pub(crate) const POOL: &str = "seaworthy.dev/pool";

/// The pool that monitoring runs on, with a taint so that nothing else does.
pub(crate) const MONITORING_POOL: &str = "monitoring";

/// A controller of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Controller {
    /// Karpenter: makes nodes.
    Karpenter,
    /// Cluster Autoscaler: moves the number of nodes of node groups.
    ClusterAutoscaler,
    /// AWS Load Balancer Controller: makes load balancers. Auto Mode has its own.
    LoadBalancer,
    /// External Secrets Operator: brings secrets from Secrets Manager.
    ExternalSecrets,
    /// external-dns: keeps the zone's records.
    ExternalDns,
    /// KEDA: scales workloads by the clock and by requests.
    Keda,
    /// kube-prometheus-stack: Prometheus, Alertmanager, Grafana.
    Monitoring,
    /// Loki: keeps logs in a bucket.
    Loki,
    /// Alloy: collects logs.
    Alloy,
}

impl Controller {
    /// The controllers that a platform's cluster needs, in the order in which they are installed.
    pub(crate) fn of(scope: Scope<'_>) -> Vec<Self> {
        let platform = scope.platform;
        let routed = platform.services.values().any(|s| s.route.is_some());
        let scheduled = platform
            .services
            .values()
            .any(|service| Scaling::of(scope.environment, service) == Scaling::Scheduled);
        let compute = platform.cluster.compute;
        let loki = platform.cluster.logs == Logs::Loki;
        let external_secrets = platform.cluster.secrets == SecretDelivery::ExternalSecrets;
        [
            (Self::Karpenter, compute == Compute::Karpenter),
            (Self::ClusterAutoscaler, compute == Compute::NodeGroups),
            (
                Self::LoadBalancer,
                routed && platform.edge.kind == EdgeKind::Alb && compute != Compute::Auto,
            ),
            (Self::ExternalSecrets, external_secrets),
            (
                Self::ExternalDns,
                routed && platform.edge.kind != EdgeKind::CloudflareTunnel,
            ),
            (Self::Keda, scheduled),
            (Self::Monitoring, true),
            (Self::Loki, loki),
            (Self::Alloy, loki),
        ]
        .into_iter()
        .filter_map(|(controller, needed)| needed.then_some(controller))
        .collect()
    }

    /// Its name: of its folder, its release and its chart.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Karpenter => "karpenter",
            Self::ClusterAutoscaler => "cluster-autoscaler",
            Self::LoadBalancer => "aws-load-balancer-controller",
            Self::ExternalSecrets => "external-secrets",
            Self::ExternalDns => "external-dns",
            Self::Keda => "keda",
            Self::Monitoring => "kube-prometheus-stack",
            Self::Loki => "loki",
            Self::Alloy => "alloy",
        }
    }

    /// The namespace that it is installed into.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            // Nodes and load balancers are as vital as what EKS itself runs there.
            Self::Karpenter | Self::ClusterAutoscaler | Self::LoadBalancer => "kube-system",
            Self::ExternalSecrets => "external-secrets",
            Self::ExternalDns => "external-dns",
            Self::Keda => "keda",
            Self::Monitoring | Self::Loki | Self::Alloy => "monitoring",
        }
    }

    /// The service account that has a role in AWS; `None`: it asks nothing of AWS.
    pub(crate) fn service_account(self) -> Option<&'static str> {
        match self {
            Self::Keda | Self::Monitoring | Self::Alloy => None,
            other => Some(other.name()),
        }
    }
}
