//! AWS Load Balancer Controller.

use serde_json::{Value, json};

use crate::Scope;

pub(super) fn values(scope: Scope<'_>) -> Value {
    let names = scope.names();
    json!({
        "clusterName": names.cluster(),
        "region": scope.region,
        // Pods do not reach the instance metadata that it would ask otherwise.
        "vpcTags": { "Name": names.cluster() },
        "replicaCount": 2,
        "defaultTargetType": "ip",
        // Services of type LoadBalancer are not used, and its webhook would stand in every Service's way.
        "enableServiceMutatorWebhook": false,
        "podDisruptionBudget": { "maxUnavailable": 1 },
        "serviceAccount": { "name": "aws-load-balancer-controller" },
        "serviceMonitor": { "enabled": false },
    })
}
