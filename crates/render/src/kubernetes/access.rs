//! What people may do in the namespace: operators, developers, readers.
//!
//! People arrive as groups, which their access entries of the cluster carry. Nobody reads secrets here: their values are in
//! AWS Secrets Manager, where each reading is on record.

use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use seaworthy_definition::model::Platform;

use super::metadata::platform_metadata;
use super::object::Object;

/// The roles and who has them: each may do what the one before may.
pub(super) fn objects(platform: &Platform) -> Vec<Object> {
    let reader = vec![
        rule(
            "",
            "pods pods/log services endpoints events configmaps serviceaccounts resourcequotas",
            LOOK,
        ),
        rule("apps", "deployments replicasets", LOOK),
        rule("batch", "jobs cronjobs", LOOK),
        rule("autoscaling", "horizontalpodautoscalers", LOOK),
        rule("policy", "poddisruptionbudgets", LOOK),
        rule("networking.k8s.io", "ingresses networkpolicies", LOOK),
        rule("gateway.networking.k8s.io", "gateways httproutes", LOOK),
        rule("discovery.k8s.io", "endpointslices", LOOK),
        rule("external-secrets.io", "externalsecrets secretstores", LOOK),
        rule("keda.sh", "scaledobjects", LOOK),
        rule(
            "monitoring.coreos.com",
            "servicemonitors prometheusrules",
            LOOK,
        ),
    ];
    // What helps to find a mistake and leaves git the only writer.
    let mut developer = reader.clone();
    developer.push(rule("", "pods/portforward", "create"));
    // What helps at night: take a pod away, restart, run a job now.
    let mut operator = developer.clone();
    operator.extend([
        rule("", "pods", "delete"),
        rule(
            "",
            "pods/eviction pods/exec pods/ephemeralcontainers",
            "create patch",
        ),
        rule("apps", "deployments deployments/scale", "patch"),
        rule("batch", "jobs", "create delete"),
    ]);
    [
        ("reader", reader),
        ("developer", developer),
        ("operator", operator),
    ]
    .into_iter()
    .flat_map(|(name, rules)| [role(platform, name, rules), binding(platform, name)])
    .collect()
}

/// The group of the cluster's access entries that has this role: `counter:operator`.
pub fn group(platform: &Platform, role: &str) -> String {
    format!("{}:{role}", platform.name)
}

const LOOK: &str = "get list watch";

fn rule(group: &str, resources: &str, verbs: &str) -> PolicyRule {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(words(resources)),
        verbs: words(verbs),
        ..PolicyRule::default()
    }
}

fn role(platform: &Platform, name: &str, rules: Vec<PolicyRule>) -> Object {
    Object::named(Role {
        metadata: platform_metadata(&platform.name, name),
        rules: Some(rules),
    })
}

fn binding(platform: &Platform, name: &str) -> Object {
    Object::named(RoleBinding {
        metadata: platform_metadata(&platform.name, name),
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Role".to_owned(),
            name: name.to_owned(),
        },
        subjects: Some(vec![Subject {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Group".to_owned(),
            name: group(platform, name),
            namespace: None,
        }]),
    })
}
