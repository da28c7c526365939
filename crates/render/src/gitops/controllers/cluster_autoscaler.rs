//! Cluster Autoscaler: moves the number of nodes of node groups.

use serde_json::{Value, json};

use crate::Scope;

pub(super) fn values(scope: Scope<'_>) -> Value {
    json!({
        "cloudProvider": "aws",
        "awsRegion": scope.region,
        // EKS tags the Auto Scaling groups of its node groups so that they are found by the cluster's name.
        "autoDiscovery": { "clusterName": scope.names().cluster() },
        "rbac": { "serviceAccount": { "name": "cluster-autoscaler" } },
        "extraArgs": {
            "balance-similar-node-groups": true,
            "expander": "least-waste",
            // Pods of the system are spread over nodes, and would keep each of them.
            "skip-nodes-with-system-pods": false,
        },
    })
}
