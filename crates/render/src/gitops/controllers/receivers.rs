//! Where alerts go: Alertmanager's receivers, and their addresses, which are secrets.

use seaworthy_definition::model::{Channel, Notify, SecretName};
use serde_json::{Map, Value, json};

use crate::Scope;
use crate::controllers::Controller;
use crate::kubernetes::object::{CustomResource, Object};

/// The secret with the receivers' addresses, one key each; Alertmanager has it as files.
pub(super) const SECRET: &str = "receivers";

/// The targets of an environment that Alertmanager reaches itself. Mail goes by AWS's topics: there is no mail server.
pub(super) fn of(scope: Scope<'_>) -> Vec<&Notify> {
    let names = scope.environment.notify.iter();
    names
        .filter_map(|name| scope.platform.notify.get(name))
        .filter(|target| address(target).is_some())
        .collect()
}

/// The secret that holds a target's address.
fn address(target: &Notify) -> Option<&SecretName> {
    match &target.channel {
        Channel::Teams(secret) | Channel::Slack(secret) | Channel::Webhook(secret) => Some(secret),
        Channel::Mail(_) => None,
    }
}

/// Alertmanager's configuration: what is urgent goes to every receiver.
pub(super) fn config(receivers: &[&Notify]) -> Value {
    let list: Vec<Value> = std::iter::once(json!({ "name": "nobody" }))
        .chain(receivers.iter().map(|target| receiver(target)))
        .collect();
    let routes: Vec<Value> = std::iter::once(json!({
        // One tells that all is well, the other that something else is told already.
        "receiver": "nobody",
        "matchers": ["alertname =~ \"Watchdog|InfoInhibitor\""],
    }))
    .chain(
        receivers
            .iter()
            .map(|target| json!({ "receiver": target.name.as_str(), "continue": true })),
    )
    .collect();
    json!({
        "route": {
            "receiver": "nobody",
            "group_by": ["alertname", "namespace"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": routes,
        },
        "receivers": list,
        "inhibit_rules": [{
            "source_matchers": ["severity = \"critical\""],
            "target_matchers": ["severity =~ \"warning|info\""],
            "equal": ["alertname", "namespace"],
        }],
    })
}

fn receiver(target: &Notify) -> Value {
    let name = target.name.as_str();
    let file = format!("/etc/alertmanager/secrets/{SECRET}/{name}");
    let mut receiver = Map::new();
    receiver.insert("name".to_owned(), json!(name));
    let (kind, config) = match target.channel {
        Channel::Slack(_) => (
            "slack_configs",
            json!({ "api_url_file": file, "send_resolved": true }),
        ),
        Channel::Teams(_) => (
            "msteamsv2_configs",
            json!({ "webhook_url_file": file, "send_resolved": true }),
        ),
        _ => (
            "webhook_configs",
            json!({ "url_file": file, "send_resolved": true }),
        ),
    };
    receiver.insert(kind.to_owned(), json!([config]));
    Value::Object(receiver)
}

/// The receivers' addresses, brought from Secrets Manager.
pub(super) fn objects(scope: Scope<'_>) -> Vec<Object> {
    let receivers = of(scope);
    if receivers.is_empty() {
        return Vec::new();
    }
    let namespace = Controller::Monitoring.namespace();
    let metadata = |name: &str| json!({ "name": name, "namespace": namespace });
    let data: Vec<Value> = receivers
        .iter()
        .filter_map(|target| {
            let key = scope.names().outside_secret(address(target)?.as_str());
            Some(json!({ "secretKey": target.name.as_str(), "remoteRef": { "key": key } }))
        })
        .collect();
    vec![
        Object::named(CustomResource {
            api_version: "external-secrets.io/v1",
            kind: "SecretStore",
            metadata: metadata("secrets"),
            spec: json!({ "provider": { "aws": {
                "service": "SecretsManager",
                "region": scope.region,
            } } }),
        }),
        Object::named(CustomResource {
            api_version: "external-secrets.io/v1",
            kind: "ExternalSecret",
            metadata: metadata(SECRET),
            spec: json!({
                "refreshInterval": "1h",
                "secretStoreRef": { "kind": "SecretStore", "name": "secrets" },
                "target": { "name": SECRET },
                "data": data,
            }),
        }),
    ]
}
