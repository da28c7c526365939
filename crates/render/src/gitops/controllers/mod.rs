//! What each controller is installed with, one file each: values of its chart, and the objects that stand beside it.

mod alloy;
mod aws_load_balancer_controller;
mod cluster_autoscaler;
mod external_dns;
mod external_secrets;
mod karpenter;
mod kube_prometheus_stack;
mod loki;
mod receivers;

use serde_json::{Value, json};

use super::steps::makes_secrets;
use crate::Scope;
use crate::controllers::{Controller, MONITORING_POOL, POOL};
use crate::kubernetes::object::Object;

/// The values of a controller's chart in an environment.
pub(super) fn values(controller: Controller, scope: Scope<'_>) -> Value {
    match controller {
        Controller::Karpenter => karpenter::values(scope),
        Controller::ClusterAutoscaler => cluster_autoscaler::values(scope),
        Controller::LoadBalancer => aws_load_balancer_controller::values(scope),
        Controller::ExternalSecrets => external_secrets::values(),
        Controller::ExternalDns => external_dns::values(scope),
        // It asks nobody but the clock and the cluster's own metrics.
        Controller::Keda => json!({}),
        Controller::Monitoring => kube_prometheus_stack::values(scope),
        Controller::Loki => loki::values(scope),
        Controller::Alloy => alloy::values(scope),
    }
}

/// The objects that are of use only once the controller runs: of the kinds that it brings.
pub(super) fn objects(controller: Controller, scope: Scope<'_>) -> Vec<Object> {
    match controller {
        Controller::Karpenter => karpenter::objects(scope),
        Controller::Monitoring if makes_secrets(scope) => kube_prometheus_stack::objects(scope),
        _ => Vec::new(),
    }
}

/// Keeps pods on the nodes of monitoring.
fn on_monitoring_nodes(values: &mut Value) {
    values["nodeSelector"] = json!({ POOL: MONITORING_POOL });
    values["tolerations"] = json!([monitoring_toleration()]);
}

fn monitoring_toleration() -> Value {
    json!({ "key": POOL, "operator": "Equal", "value": MONITORING_POOL, "effect": "NoSchedule" })
}
