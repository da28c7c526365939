//! Managed node groups: for services and monitoring, or for the controllers that make all other nodes.

use seaworthy_definition::model::{Architecture, MonitoringPlace};
use seaworthy_knowledge::Knowledge;

use super::Root;
use super::capacity::{CONTROLLER_NODES, MONITORING_NODES};
use super::cluster::arch;
use super::hcl::{Body, Expression, list, object, reference};
use super::root::RootName;
use crate::awake;
use crate::controllers::{MONITORING_POOL, POOL};
use crate::input::Scope;

/// Nodes for services, and where monitoring has nodes of its own, those.
pub(super) fn services(root: &mut Root, scope: &Scope<'_>) {
    let mut groups = vec![("general", general(scope))];
    if scope.platform.cluster.monitoring == MonitoringPlace::OwnNodes {
        groups.push(("monitoring", monitoring(scope)));
    }
    call(root, scope, "node_groups", groups);
}

/// Nodes for what makes nodes.
pub(super) fn controllers(root: &mut Root, scope: &Scope<'_>) {
    let architecture = scope.platform.cluster.nodes.architecture;
    let types = Knowledge.eks().node_types(arch(architecture));
    let group = object([
        (
            "instance_types",
            list(types.iter().take(1).map(String::as_str)),
        ),
        ("ami_type", ami_type(architecture).into()),
        ("min", 2u8.into()),
        ("max", CONTROLLER_NODES.into()),
        ("labels", object([(POOL, "controllers")])),
        // Rather not, instead of never: until Karpenter runs, what brings it up has nowhere else to go.
        (
            "taints",
            object([(
                "CriticalAddonsOnly",
                object([("value", "true"), ("effect", "PREFER_NO_SCHEDULE")]),
            )]),
        ),
        // Who wakes the others does not sleep.
        ("sleeps", false.into()),
    ]);
    call(root, scope, "controllers", vec![("controllers", group)]);
}

fn general(scope: &Scope<'_>) -> Expression {
    let nodes = &scope.platform.cluster.nodes;
    let known = Knowledge.eks().node_types(arch(nodes.architecture));
    let types: Vec<&str> = if !nodes.types.is_empty() {
        nodes.types.iter().map(String::as_str).collect()
    } else if nodes.spot {
        known.iter().map(String::as_str).collect()
    } else {
        known.iter().take(1).map(String::as_str).collect()
    };
    let capacity = if nodes.spot { "SPOT" } else { "ON_DEMAND" };
    object([
        ("instance_types", list(types)),
        ("ami_type", ami_type(nodes.architecture).into()),
        ("capacity", capacity.into()),
        ("min", nodes.min.into()),
        ("max", nodes.max.into()),
        ("labels", object([(POOL, "general")])),
    ])
}

fn monitoring(scope: &Scope<'_>) -> Expression {
    let architecture = scope.platform.cluster.nodes.architecture;
    let min: u8 = if scope.environment.protected { 2 } else { 1 };
    object([
        (
            "instance_types",
            list([Knowledge.eks().monitoring_type(arch(architecture))]),
        ),
        ("ami_type", ami_type(architecture).into()),
        ("min", min.into()),
        ("max", MONITORING_NODES.into()),
        ("labels", object([(POOL, MONITORING_POOL)])),
        (
            "taints",
            object([(POOL, object([("value", MONITORING_POOL)]))]),
        ),
    ])
}

fn call(root: &mut Root, scope: &Scope<'_>, label: &str, groups: Vec<(&'static str, Expression)>) {
    let mut body = Body::new()
        .set("cluster_name", reference("module.node_addons.cluster_name"))
        .set(
            "kubernetes_version",
            reference("module.cluster.kubernetes_version"),
        )
        .set(
            "subnet_ids",
            Root::output_of(RootName::Network, "private_subnet_ids"),
        )
        .set(
            "volumes_key_arn",
            reference("module.cluster.volumes_key_arn"),
        )
        .blank()
        .set("groups", object(groups));
    if let Some(hours) = &scope.environment.awake {
        body = body.blank().set(
            "awake",
            object([
                ("wake", awake::wake(hours)),
                ("sleep", awake::sleep(hours)),
                ("time_zone", hours.time_zone.clone()),
            ]),
        );
    }
    root.call("compute-node-groups", label, body);
}

fn ami_type(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Amd64 => "BOTTLEROCKET_x86_64",
        Architecture::Arm64 => "BOTTLEROCKET_ARM_64",
    }
}
