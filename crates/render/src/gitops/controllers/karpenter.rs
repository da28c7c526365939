//! Karpenter: its chart's values, and the nodes that it may make.

use seaworthy_definition::model::{Architecture, MonitoringPlace};
use seaworthy_knowledge::Knowledge;
use serde_json::{Map, Value, json};

use crate::Scope;
use crate::controllers::{MONITORING_POOL, POOL};
use crate::kubernetes::object::{CustomResource, Object};

pub(super) fn values(scope: Scope<'_>) -> Value {
    let cluster = scope.names().cluster();
    json!({
        "settings": {
            "clusterName": cluster,
            "interruptionQueue": format!("{cluster}-karpenter"),
        },
        "replicas": 2,
        "serviceAccount": { "name": "karpenter" },
    })
}

/// The class of all nodes, a pool for services, and one for monitoring.
pub(super) fn objects(scope: Scope<'_>) -> Vec<Object> {
    let mut objects = vec![node_class(scope), services(scope)];
    if scope.platform.cluster.monitoring == MonitoringPlace::OwnNodes {
        objects.push(monitoring(scope));
    }
    objects
}

fn node_class(scope: Scope<'_>) -> Object {
    let cluster = scope.names().cluster();
    let mine = json!([{ "tags": { "karpenter.sh/discovery": cluster } }]);
    let disk = |device: &str, size: &str| {
        json!({
            "deviceName": device,
            "ebs": {
                "volumeType": "gp3",
                "volumeSize": size,
                "encrypted": true,
                "deleteOnTermination": true,
            },
        })
    };
    let mut tags = Map::new();
    tags.insert("platform".to_owned(), json!(scope.platform.name.as_str()));
    tags.insert(
        "environment".to_owned(),
        json!(scope.environment.name.as_str()),
    );
    if let Some(deployment) = &scope.environment.deployment {
        tags.insert("deployment".to_owned(), json!(deployment));
    }
    Object::named(CustomResource {
        api_version: "karpenter.k8s.aws/v1",
        kind: "EC2NodeClass",
        metadata: json!({ "name": "default" }),
        spec: json!({
            // Pinned: a new image arrives by a change that somebody reads.
            "amiSelectorTerms": [{ "alias": Knowledge.node_image() }],
            "role": format!("{cluster}-karpenter-node"),
            "subnetSelectorTerms": mine,
            "securityGroupSelectorTerms": mine,
            "associatePublicIPAddress": false,
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                // Containers are one hop further away than this reaches.
                "httpPutResponseHopLimit": 1,
            },
            // Bottlerocket: the first disk is the system, the second everything else.
            "blockDeviceMappings": [disk("/dev/xvda", "4Gi"), disk("/dev/xvdb", "60Gi")],
            "tags": tags,
        }),
    })
}

fn services(scope: Scope<'_>) -> Object {
    let nodes = &scope.platform.cluster.nodes;
    let mut requirements = vec![
        requirement("kubernetes.io/arch", &[architecture(scope)]),
        requirement(
            "karpenter.sh/capacity-type",
            if nodes.spot {
                &["spot", "on-demand"]
            } else {
                &["on-demand"]
            },
        ),
    ];
    if nodes.types.is_empty() {
        requirements.push(requirement(
            "karpenter.k8s.aws/instance-category",
            &["c", "m", "r"],
        ));
        requirements.push(json!({
            "key": "karpenter.k8s.aws/instance-generation",
            "operator": "Gt",
            "values": ["5"],
        }));
        requirements.push(requirement(
            "karpenter.k8s.aws/instance-cpu",
            &["2", "4", "8", "16"],
        ));
    } else {
        let types: Vec<&str> = nodes.types.iter().map(String::as_str).collect();
        requirements.push(requirement("node.kubernetes.io/instance-type", &types));
    }
    pool(&Pool {
        name: "services",
        labels: Value::Null,
        taints: Value::Null,
        requirements,
        nodes: nodes.max,
    })
}

fn monitoring(scope: Scope<'_>) -> Object {
    pool(&Pool {
        name: MONITORING_POOL,
        labels: json!({ POOL: MONITORING_POOL }),
        taints: json!([{ "key": POOL, "value": MONITORING_POOL, "effect": "NoSchedule" }]),
        requirements: vec![
            requirement("kubernetes.io/arch", &[architecture(scope)]),
            // What tells of an outage must not be taken away in one.
            requirement("karpenter.sh/capacity-type", &["on-demand"]),
            requirement("karpenter.k8s.aws/instance-category", &["m", "r"]),
            requirement("karpenter.k8s.aws/instance-cpu", &["2", "4"]),
        ],
        nodes: 4,
    })
}

fn architecture(scope: Scope<'_>) -> &'static str {
    match scope.platform.cluster.nodes.architecture {
        Architecture::Amd64 => "amd64",
        Architecture::Arm64 => "arm64",
    }
}

struct Pool {
    name: &'static str,
    labels: Value,
    taints: Value,
    requirements: Vec<Value>,
    nodes: u32,
}

fn pool(pool: &Pool) -> Object {
    Object::named(CustomResource {
        api_version: "karpenter.sh/v1",
        kind: "NodePool",
        metadata: json!({ "name": pool.name }),
        spec: json!({
            "template": {
                "metadata": { "labels": pool.labels },
                "spec": {
                    "nodeClassRef": {
                        "group": "karpenter.k8s.aws",
                        "kind": "EC2NodeClass",
                        "name": "default",
                    },
                    "taints": pool.taints,
                    "requirements": pool.requirements,
                    // Nodes are made anew every two weeks, and one that hangs on is ended after an hour.
                    "expireAfter": "336h",
                    "terminationGracePeriod": "1h",
                },
            },
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "consolidateAfter": "5m",
                "budgets": [{ "nodes": "10%" }],
            },
            "limits": { "nodes": pool.nodes.to_string() },
        }),
    })
}

fn requirement(key: &str, values: &[&str]) -> Value {
    json!({ "key": key, "operator": "In", "values": values })
}
