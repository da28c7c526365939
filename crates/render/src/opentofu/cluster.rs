//! The root of an environment's cluster: the control plane, its add-ons, and what makes nodes.
//!
//! The order of creation comes from values: add-ons that nodes need are asked for the cluster's name by the nodes, and
//! nodes by the add-ons that need them.

use seaworthy_definition::model::{Architecture, Compute};
use seaworthy_knowledge::Knowledge;

use super::Root;
use super::addons::{self, Stage};
use super::hcl::{Body, list, object, reference};
use super::root::RootName;
use super::{identities, node_groups};
use crate::input::{Note, Scope};

/// What a root that reads this one finds, which output of the module it is, and what it is.
const OUTPUTS: [(&str, &str, &str); 6] = [
    ("cluster_name", "name", "Name of the cluster."),
    ("cluster_arn", "arn", "ARN of the cluster."),
    (
        "kubernetes_version",
        "kubernetes_version",
        "Kubernetes' minor version.",
    ),
    ("endpoint", "endpoint", "Address of the API server."),
    (
        "certificate_authority",
        "certificate_authority",
        "The API server's certificate authority: PEM, in base64.",
    ),
    (
        "security_group_id",
        "security_group_id",
        "The security group of the control plane and every node.",
    ),
];

/// The cluster of an environment; `None` where [`notes`] says why there is none.
pub(super) fn root(scope: &Scope<'_>) -> Option<Root> {
    let cluster = &scope.platform.cluster;
    let mut root = Root::of_environment(RootName::Cluster, scope);
    root.read(&Root::of_environment(RootName::Network, scope));
    if let Some(name) = &scope.environment.existing.cluster {
        existing(&mut root, name);
        outputs(&mut root);
        return Some(root);
    }
    if !Knowledge.eks().knows(&cluster.kubernetes) {
        return None;
    }
    match cluster.compute {
        Compute::NodeGroups => {
            control_plane(&mut root, scope);
            addons::call(&mut root, scope, Stage::BeforeNodes, "module.cluster.name");
            node_groups::services(&mut root, scope);
            addons::call(
                &mut root,
                scope,
                Stage::OnNodes,
                "module.node_groups.cluster_name",
            );
        }
        Compute::Karpenter => {
            control_plane(&mut root, scope);
            addons::call(&mut root, scope, Stage::BeforeNodes, "module.cluster.name");
            node_groups::controllers(&mut root, scope);
            karpenter(&mut root);
            addons::call(
                &mut root,
                scope,
                Stage::OnNodes,
                "module.controllers.cluster_name",
            );
        }
        Compute::Auto => {
            root.call(
                "compute-auto",
                "auto",
                Body::new().set("cluster_name", scope.names().cluster()),
            );
            control_plane(&mut root, scope);
            addons::call(&mut root, scope, Stage::OnAutoMode, "module.cluster.name");
        }
        Compute::SelfManaged => return None,
    }
    identities::call(&mut root, scope);
    outputs(&mut root);
    outputs_of_ours(&mut root, cluster.compute);
    Some(root)
}

/// What is asked for and is not rendered, and what would surprise.
pub(super) fn notes(scope: &Scope<'_>) -> Vec<Note> {
    let cluster = &scope.platform.cluster;
    if scope.environment.existing.cluster.is_some() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let mut note = |key: &str, text: String| {
        notes.push(Note {
            about: format!("{}: cluster.{key}", scope.key()),
            text,
        });
    };
    if cluster.compute == Compute::SelfManaged {
        note(
            "compute",
            "no cluster is rendered for `self-managed`: take `karpenter`, `node-groups` or `auto`, or adopt the cluster with \
             `existing: { cluster: name }`"
                .to_owned(),
        );
        return notes;
    }
    if !Knowledge.eks().knows(&cluster.kubernetes) {
        note(
            "kubernetes",
            format!(
                "no cluster is rendered: no add-ons are known for Kubernetes {}",
                cluster.kubernetes
            ),
        );
    }
    if cluster.admins.is_empty() {
        note(
            "admins",
            "nobody administers the cluster, not even who applies: name the IAM roles of those who should".to_owned(),
        );
    }
    let types = cluster.nodes.types.len();
    if cluster.compute == Compute::NodeGroups && cluster.nodes.spot && (1..3).contains(&types) {
        note(
            "nodes.types",
            format!(
                "spot capacity of {types} types runs out: the plan asks for three, or for none to have the default"
            ),
        );
    }
    notes
}

fn control_plane(root: &mut Root, scope: &Scope<'_>) {
    let cluster = &scope.platform.cluster;
    let mut body = Body::new()
        .set("name", scope.names().cluster())
        .set("kubernetes_version", cluster.kubernetes.as_str())
        .set(
            "subnet_ids",
            Root::output_of(RootName::Network, "control_plane_subnet_ids"),
        );
    if !cluster.public_access.is_empty() {
        body = body.set(
            "public_access_cidrs",
            list(cluster.public_access.iter().map(String::as_str)),
        );
    }
    if !cluster.admins.is_empty() || !cluster.viewers.is_empty() {
        body = body
            .blank()
            .set("admins", list(cluster.admins.iter().map(String::as_str)))
            .set("viewers", list(cluster.viewers.iter().map(String::as_str)));
    }
    if cluster.compute == Compute::Auto {
        body = body.blank().set(
            "auto_mode",
            object([("node_role_arn", reference("module.auto.node_role_arn"))]),
        );
    }
    // With two zones, the one that is left would have to hold everything.
    body = body
        .blank()
        .set("zonal_shift", scope.environment.zones >= 3);
    root.call("cluster", "cluster", body);
}

fn karpenter(root: &mut Root) {
    root.call(
        "compute-karpenter",
        "karpenter",
        Body::new()
            .set("cluster_name", reference("module.cluster.name"))
            .set(
                "cluster_security_group_id",
                reference("module.cluster.security_group_id"),
            ),
    );
}

fn existing(root: &mut Root, name: &str) {
    root.call(
        "cluster-existing",
        "cluster",
        Body::new()
            .set("name", name)
            .set("vpc_id", Root::output_of(RootName::Network, "vpc_id")),
    );
}

fn outputs(root: &mut Root) {
    for (name, output, description) in OUTPUTS {
        root.output(
            name,
            description,
            reference(format!("module.cluster.{output}")),
        );
    }
}

fn outputs_of_ours(root: &mut Root, compute: Compute) {
    root.output(
        "volumes_key_arn",
        "Key of nodes' disks and persistent volumes.",
        reference("module.cluster.volumes_key_arn"),
    );
    if compute == Compute::Karpenter {
        root.output(
            "karpenter_node_role_name",
            "Name of the role of Karpenter's nodes.",
            reference("module.karpenter.node_role_name"),
        );
        root.output(
            "karpenter_queue_name",
            "Name of the queue that tells Karpenter about interruptions.",
            reference("module.karpenter.interruption_queue_name"),
        );
    }
}

/// The architecture as the tables spell it.
pub(super) fn arch(architecture: Architecture) -> seaworthy_knowledge::instances::Arch {
    match architecture {
        Architecture::Amd64 => seaworthy_knowledge::instances::Arch::Amd64,
        Architecture::Arm64 => seaworthy_knowledge::instances::Arch::Arm64,
    }
}
