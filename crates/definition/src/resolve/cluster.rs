//! The cluster.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::data;
use crate::model::{Architecture, Cluster, Compute, Logs, MonitoringPlace, Nodes, SecretDelivery};

impl Resolver<'_> {
    pub(super) fn cluster(&mut self, scope: &Scope<'_>) -> Cluster {
        self.supported_kubernetes(scope);
        Cluster {
            kubernetes: scope.owned("kubernetes").unwrap_or_default(),
            compute: match scope.text("compute") {
                Some("node-groups") => Compute::NodeGroups,
                Some("auto") => Compute::Auto,
                Some("self-managed") => Compute::SelfManaged,
                _ => Compute::Karpenter,
            },
            nodes: self.nodes(&scope.object("nodes")),
            secrets: match scope.text("secrets") {
                Some("secrets-store-csi") => SecretDelivery::SecretsStoreCsi,
                _ => SecretDelivery::ExternalSecrets,
            },
            logs: match scope.text("logs") {
                Some("cloudwatch") => Logs::CloudWatch,
                Some("elastic") => Logs::Elastic,
                _ => Logs::Loki,
            },
            monitoring: match scope.text("monitoring") {
                Some("own-cluster") => MonitoringPlace::OwnCluster,
                _ => MonitoringPlace::OwnNodes,
            },
            admins: scope.texts("admins"),
            viewers: scope.texts("viewers"),
            public_access: scope.texts("public_access"),
        }
    }

    fn nodes(&mut self, scope: &Scope<'_>) -> Nodes {
        let (min, max): (u32, u32) = (scope.number("min"), scope.number("max"));
        if let Some(value) = scope.get("min").or(scope.get("max")).filter(|_| max < min) {
            self.report(
                Diagnostic::error(
                    "definition/range",
                    format!("`{}` has a `max` below its `min`", scope.path()),
                )
                .primary(value.span, format!("at least {min} and at most {max}"))
                .hint("the default is from 2 to 10"),
            );
        }
        Nodes {
            architecture: match scope.text("architecture") {
                Some("arm64") => Architecture::Arm64,
                _ => Architecture::Amd64,
            },
            spot: scope.text("capacity") == Some("spot"),
            types: scope.texts("types"),
            min,
            max: max.max(min),
        }
    }

    fn supported_kubernetes(&mut self, scope: &Scope<'_>) {
        let versions = data::versions();
        let Some(value) = scope.get("kubernetes") else {
            return;
        };
        let Some(text) = value.as_text() else { return };
        if versions.kubernetes_known.iter().any(|known| known == text) {
            return;
        }
        self.report(
            Diagnostic::warning(
                "definition/version",
                format!("Kubernetes {text} is not known to this release"),
            )
            .primary(
                value.span,
                format!(
                    "EKS supported {} on {}",
                    versions.kubernetes_known.join(", "),
                    versions.seen
                ),
            )
            .hint(format!("leave the version out for {}", versions.kubernetes)),
        );
    }
}
