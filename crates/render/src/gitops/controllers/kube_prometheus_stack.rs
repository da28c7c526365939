//! kube-prometheus-stack: Prometheus, Alertmanager, Grafana and what they watch with.

use seaworthy_definition::model::MonitoringPlace;
use serde_json::{Value, json};

use super::{on_monitoring_nodes, receivers};
use crate::Scope;
use crate::controllers::Controller;
use crate::kubernetes::object::{CustomResource, Object};

pub(super) fn values(scope: Scope<'_>) -> Value {
    // What reads rules and monitors takes those of every namespace, not only its own release's.
    let mut prometheus = json!({
        "replicas": 2,
        "retention": "15d",
        "retentionSize": "45GB",
        "podAntiAffinity": "hard",
        "serviceMonitorSelectorNilUsesHelmValues": false,
        "podMonitorSelectorNilUsesHelmValues": false,
        "ruleSelectorNilUsesHelmValues": false,
        "externalLabels": { "cluster": scope.names().cluster() },
        "storageSpec": { "volumeClaimTemplate": { "spec": volume("50Gi") } },
    });
    let receivers = receivers::of(scope);
    let mut alertmanager = json!({
        "replicas": 2,
        "storage": { "volumeClaimTemplate": { "spec": volume("2Gi") } },
    });
    if !receivers.is_empty() {
        alertmanager["secrets"] = json!([receivers::SECRET]);
    }
    let mut grafana = json!({
        // Made in the cluster, never by a chart whose render would show it.
        "admin": { "existingSecret": "grafana-admin" },
        "defaultDashboardsTimezone": "utc",
        "sidecar": { "dashboards": { "searchNamespace": "ALL" } },
    });
    let mut operator = json!({});
    let mut state_metrics = json!({});
    if scope.platform.cluster.monitoring == MonitoringPlace::OwnNodes {
        for values in [
            &mut prometheus,
            &mut alertmanager,
            &mut grafana,
            &mut operator,
            &mut state_metrics,
        ] {
            on_monitoring_nodes(values);
        }
    }
    json!({
        "prometheus": { "prometheusSpec": prometheus },
        "alertmanager": if receivers.is_empty() {
            // Nobody would hear it.
            json!({ "enabled": false })
        } else {
            json!({ "config": receivers::config(&receivers), "alertmanagerSpec": alertmanager })
        },
        "grafana": grafana,
        "prometheusOperator": operator,
        "kube-state-metrics": state_metrics,
        // AWS runs these, and nobody else reaches them.
        "kubeEtcd": { "enabled": false },
        "kubeControllerManager": { "enabled": false },
        "kubeScheduler": { "enabled": false },
        "defaultRules": { "rules": {
            "etcd": false,
            "kubeControllerManager": false,
            "kubeSchedulerAlerting": false,
            "kubeSchedulerRecording": false,
        } },
    })
}

/// Grafana's first password, made once in the cluster: it is in no file and in no state; and the addresses of receivers,
/// which are secrets.
pub(super) fn objects(scope: Scope<'_>) -> Vec<Object> {
    let namespace = Controller::Monitoring.namespace();
    let metadata = json!({ "name": "grafana-admin", "namespace": namespace });
    let mut objects = receivers::objects(scope);
    objects.extend([
        Object::named(CustomResource {
            api_version: "generators.external-secrets.io/v1alpha1",
            kind: "Password",
            metadata: metadata.clone(),
            spec: json!({ "length": 32, "digits": 6, "symbols": 0, "noUpper": false, "allowRepeat": true }),
        }),
        Object::named(CustomResource {
            api_version: "external-secrets.io/v1",
            kind: "ExternalSecret",
            metadata,
            spec: json!({
                // Never made anew: people keep it.
                "refreshPolicy": "CreatedOnce",
                "target": {
                    "name": "grafana-admin",
                    "template": { "data": {
                        "admin-user": "admin",
                        "admin-password": "{{ .password }}",
                    } },
                },
                "dataFrom": [{ "sourceRef": { "generatorRef": {
                    "apiVersion": "generators.external-secrets.io/v1alpha1",
                    "kind": "Password",
                    "name": "grafana-admin",
                } } }],
            }),
        }),
    ]);
    objects
}

fn volume(size: &str) -> Value {
    json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": { "requests": { "storage": size } },
    })
}
