//! External Secrets Operator.

use serde_json::{Value, json};

pub(super) fn values() -> Value {
    json!({
        "replicaCount": 2,
        "leaderElect": true,
        "serviceAccount": { "name": "external-secrets" },
        "webhook": { "replicaCount": 2 },
        "podDisruptionBudget": { "enabled": true, "minAvailable": 1 },
        // Stores of namespaces only: nobody reads through a store of the whole cluster.
        "processClusterStore": false,
        "processClusterExternalSecret": false,
    })
}
