//! The add-ons of a cluster: which, in which version, how configured, and what they may do.

use seaworthy_definition::model::Logs;
use seaworthy_knowledge::Knowledge;

use super::Root;
use super::hcl::{Body, Expression, list, object, reference};
use crate::input::Scope;

/// When they are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before there are nodes, which need them to become ready.
    BeforeNodes,
    /// When there are nodes for them to run on.
    OnNodes,
    /// Beside what Auto Mode brings along.
    OnAutoMode,
}

/// An add-on as we install it.
struct Addon {
    name: &'static str,
    configuration: Option<Expression>,
    identity: Option<Identity>,
}

/// What an add-on that calls AWS is there.
struct Identity {
    /// Of the role, below the environment's prefix.
    role: &'static str,
    service_account: &'static str,
    /// A policy that AWS manages.
    policy: &'static str,
}

/// Calls the module with the add-ons of a stage; `cluster` refers to the cluster's name, known when they may be installed.
pub(super) fn call(root: &mut Root, scope: &Scope<'_>, stage: Stage, cluster: &str) {
    let label = match stage {
        Stage::BeforeNodes => "node_addons",
        Stage::OnNodes | Stage::OnAutoMode => "addons",
    };
    let addons = of(scope, stage)
        .into_iter()
        .map(|addon| (addon.name, entry(addon, scope)));
    root.call(
        "cluster-addons",
        label,
        Body::new()
            .set("cluster_name", reference(cluster))
            .blank()
            .set("addons", object(addons)),
    );
}

fn entry(addon: Addon, scope: &Scope<'_>) -> Expression {
    let version = Knowledge
        .eks()
        .addon(&scope.platform.cluster.kubernetes, addon.name)
        .expect("a test asks for every add-on in every version of Kubernetes that the table has");
    let mut entry: Vec<(&str, Expression)> = vec![("version", version.into())];
    if let Some(configuration) = addon.configuration {
        entry.push((
            "configuration",
            Expression::Call("jsonencode", vec![configuration]),
        ));
    }
    if let Some(identity) = addon.identity {
        let identity: Vec<(&str, Expression)> = vec![
            ("role_name", scope.names().role(identity.role).into()),
            ("service_account", identity.service_account.into()),
            ("policies", list([identity.policy])),
        ];
        entry.push(("identity", object(identity)));
    }
    object(entry)
}

fn of(scope: &Scope<'_>, stage: Stage) -> Vec<Addon> {
    let mut addons = match stage {
        Stage::BeforeNodes => {
            return vec![plain("eks-pod-identity-agent"), plain("kube-proxy"), cni()];
        }
        Stage::OnNodes => vec![
            ebs(scope),
            coredns(),
            plain("eks-node-monitoring-agent"),
            plain("metrics-server"),
        ],
        Stage::OnAutoMode => vec![plain("metrics-server")],
    };
    if scope.platform.cluster.logs == Logs::CloudWatch {
        addons.insert(0, cloudwatch());
    }
    addons
}

fn plain(name: &'static str) -> Addon {
    Addon {
        name,
        configuration: None,
        identity: None,
    }
}

/// Prefixes instead of single addresses, so that a node has room for as many pods as it can bear; network policies; and
/// security groups of their own for pods that declare them, by which databases know who they are.
fn cni() -> Addon {
    Addon {
        name: "vpc-cni",
        configuration: Some(object([
            ("enableNetworkPolicy", Expression::from("true")),
            (
                "env",
                object([
                    ("ENABLE_POD_ENI", "true"),
                    ("ENABLE_PREFIX_DELEGATION", "true"),
                    ("POD_SECURITY_GROUP_ENFORCING_MODE", "standard"),
                    ("WARM_PREFIX_TARGET", "1"),
                ]),
            ),
        ])),
        identity: Some(Identity {
            role: "vpc-cni",
            service_account: "aws-node",
            policy: "AmazonEKS_CNI_Policy",
        }),
    }
}

fn coredns() -> Addon {
    Addon {
        name: "coredns",
        configuration: Some(object([(
            "autoScaling",
            object([
                ("enabled", Expression::from(true)),
                ("minReplicas", 2u8.into()),
                ("maxReplicas", 10u8.into()),
            ]),
        )])),
        identity: None,
    }
}

/// Volumes are tagged, so that they are on the right bill, and found when a platform is destroyed.
fn ebs(scope: &Scope<'_>) -> Addon {
    let mut tags = vec![
        ("platform", scope.platform.name.to_string()),
        ("environment", scope.environment.name.to_string()),
    ];
    if let Some(deployment) = &scope.environment.deployment {
        tags.push(("deployment", deployment.clone()));
    }
    Addon {
        name: "aws-ebs-csi-driver",
        configuration: Some(object([(
            "controller",
            object([("extraVolumeTags", object(tags))]),
        )])),
        identity: Some(Identity {
            role: "ebs-csi-driver",
            service_account: "ebs-csi-controller-sa",
            policy: "service-role/AmazonEBSCSIDriverPolicy",
        }),
    }
}

fn cloudwatch() -> Addon {
    Addon {
        name: "amazon-cloudwatch-observability",
        configuration: None,
        identity: Some(Identity {
            role: "cloudwatch-agent",
            service_account: "cloudwatch-agent",
            policy: "CloudWatchAgentServerPolicy",
        }),
    }
}
