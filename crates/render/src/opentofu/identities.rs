//! Who the cluster's controllers are in AWS: a role for each service account that asks something of it.

use seaworthy_definition::model::Compute;

use super::Root;
use super::hcl::{Body, Expression, object, reference};
use super::root::RootName;
use crate::controllers::Controller;
use crate::input::Scope;

/// Gives each controller of the cluster its role. external-dns gets its own where its zones are made, and Karpenter
/// with the rest of what it needs.
pub(super) fn call(root: &mut Root, scope: &Scope<'_>) {
    for controller in Controller::of(*scope) {
        match controller {
            Controller::LoadBalancer => load_balancer(root, scope),
            Controller::ClusterAutoscaler => cluster_autoscaler(root, scope),
            Controller::ExternalSecrets => external_secrets(root, scope),
            Controller::Loki => loki(root, scope),
            _ => {}
        }
    }
}

/// external-dns, in the root that makes its zones; `zones` are their ids. A cluster that exists has its owner's.
pub(super) fn external_dns(root: &mut Root, scope: &Scope<'_>, zones: Vec<Expression>) {
    let controller = Controller::ExternalDns;
    let is_ours = scope.environment.existing.cluster.is_none()
        && scope.platform.cluster.compute != Compute::SelfManaged;
    if !is_ours || !Controller::of(*scope).contains(&controller) {
        return;
    }
    root.read(&Root::of_environment(RootName::Cluster, scope));
    let body = identity(
        scope,
        controller,
        Root::output_of(RootName::Cluster, "cluster_name"),
        Root::output_of(RootName::Cluster, "cluster_arn"),
    )
    .set("zone_ids", Expression::List(zones));
    root.call("external-dns", "external_dns", body);
}

fn load_balancer(root: &mut Root, scope: &Scope<'_>) {
    let body = in_cluster(scope, Controller::LoadBalancer);
    root.call("load-balancer-controller", "load_balancer_controller", body);
}

fn cluster_autoscaler(root: &mut Root, scope: &Scope<'_>) {
    let body = in_cluster(scope, Controller::ClusterAutoscaler);
    root.call("cluster-autoscaler", "cluster_autoscaler", body);
}

fn external_secrets(root: &mut Root, scope: &Scope<'_>) {
    let body = in_cluster(scope, Controller::ExternalSecrets).set("prefix", scope.names().prefix());
    root.call("external-secrets", "external_secrets", body);
}

/// Loki keeps logs in a bucket, and removes what is old by itself.
fn loki(root: &mut Root, scope: &Scope<'_>) {
    root.call(
        "bucket",
        "logs",
        Body::new()
            .set(
                "name",
                scope.names().bucket("logs", scope.account, scope.region),
            )
            .set("kms_key_arn", reference("module.cluster.cluster_key_arn"))
            .comment("Loki writes an object once; an earlier version would be what it has removed.")
            .set("versioned", false)
            .set("force_destroy", !scope.environment.protected),
    );
    let logs = object([
        ("arn", reference("module.logs.arn")),
        ("kms_key_arn", reference("module.logs.kms_key_arn")),
        ("write", true.into()),
    ]);
    let body = in_cluster(scope, Controller::Loki).set("buckets", object([("logs", logs)]));
    root.call("service-identity", "loki", body);
}

fn in_cluster(scope: &Scope<'_>, controller: Controller) -> Body {
    identity(
        scope,
        controller,
        reference("module.cluster.name"),
        reference("module.cluster.arn"),
    )
}

/// The role's name, and the one service account that it is for.
fn identity(
    scope: &Scope<'_>,
    controller: Controller,
    cluster_name: Expression,
    cluster_arn: Expression,
) -> Body {
    Body::new()
        .set("name", scope.names().role(controller.name()))
        .set("cluster_name", cluster_name)
        .set("cluster_arn", cluster_arn)
        .set("namespace", controller.namespace())
        .set_some("service_account", controller.service_account())
}
