//! Loki: logs in a bucket.

use seaworthy_definition::model::MonitoringPlace;
use serde_json::{Value, json};

use super::on_monitoring_nodes;
use crate::Scope;

pub(super) fn values(scope: Scope<'_>) -> Value {
    let bucket = scope.names().bucket("logs", scope.account, scope.region);
    let mut single = json!({
        "replicas": 1,
        "persistence": { "size": "10Gi" },
    });
    let mut gateway = json!({ "replicas": 2 });
    if scope.platform.cluster.monitoring == MonitoringPlace::OwnNodes {
        on_monitoring_nodes(&mut single);
        on_monitoring_nodes(&mut gateway);
    }
    json!({
        "deploymentMode": "Monolithic",
        "serviceAccount": { "name": "loki" },
        "loki": {
            // One platform, one tenant.
            "auth_enabled": false,
            "commonConfig": { "replication_factor": 1 },
            "storage": {
                "type": "s3",
                "bucketNames": { "chunks": bucket, "ruler": bucket },
                "s3": { "region": scope.region },
            },
            "schemaConfig": { "configs": [{
                "from": "2026-01-01",
                "store": "tsdb",
                "object_store": "s3",
                "schema": "v13",
                "index": { "prefix": "index_", "period": "24h" },
            }] },
            "limits_config": { "retention_period": "720h" },
            "compactor": { "retention_enabled": true, "delete_request_store": "s3" },
        },
        "singleBinary": single,
        "gateway": gateway,
        // Caches of this size would be larger than all the rest.
        "chunksCache": { "enabled": false },
        "resultsCache": { "enabled": false },
    })
}
