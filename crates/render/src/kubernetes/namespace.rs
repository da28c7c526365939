//! The namespace that the platform's workloads run in.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seaworthy_definition::model::{EdgeKind, Platform};

use super::metadata::{map, namespace};
use super::object::Object;

/// The namespace: pods that are not restricted are refused, also those that a person makes.
pub(super) fn object(platform: &Platform) -> Object {
    let mut labels = map(&[
        ("app.kubernetes.io/part-of", platform.name.as_str()),
        ("pod-security.kubernetes.io/enforce", "restricted"),
        ("pod-security.kubernetes.io/audit", "restricted"),
        ("pod-security.kubernetes.io/warn", "restricted"),
    ]);
    if platform.edge.kind == EdgeKind::Alb {
        // A pod counts as ready only once its target is healthy, so that a roll-out never runs ahead of the balancer.
        labels.insert(
            "elbv2.k8s.aws/pod-readiness-gate-inject".to_owned(),
            "enabled".to_owned(),
        );
    }
    Object::new(Namespace {
        metadata: ObjectMeta {
            name: Some(namespace(&platform.name)),
            labels: Some(labels),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    })
}
