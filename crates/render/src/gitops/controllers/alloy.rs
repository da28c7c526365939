//! Alloy: collects the logs of every node's pods.

use serde_json::{Value, json};

use super::monitoring_toleration;
use crate::Scope;

pub(super) fn values(scope: Scope<'_>) -> Value {
    json!({
        "alloy": {
            "enableReporting": false,
            "mounts": { "varlog": true },
            "configMap": { "content": config(&scope.names().cluster()) },
        },
        "controller": {
            "type": "daemonset",
            // Monitoring's own nodes have pods, too.
            "tolerations": [monitoring_toleration()],
        },
    })
}

/// Alloy's own language. The cluster's name is ours and needs no quoting.
fn config(cluster: &str) -> String {
    format!(
        r#"discovery.kubernetes "pods" {{
  role = "pod"

  selectors {{
    role  = "pod"
    field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)
  }}
}}

discovery.relabel "pods" {{
  targets = discovery.kubernetes.pods.targets

  rule {{
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }}

  rule {{
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }}

  rule {{
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }}

  rule {{
    source_labels = ["__meta_kubernetes_pod_label_app_kubernetes_io_name"]
    target_label  = "app"
  }}
}}

loki.source.kubernetes "pods" {{
  targets    = discovery.relabel.pods.output
  forward_to = [loki.write.default.receiver]
}}

loki.write "default" {{
  endpoint {{
    url = "http://loki-gateway.monitoring.svc.cluster.local/loki/api/v1/push"
  }}

  external_labels = {{
    cluster = "{cluster}",
  }}
}}
"#
    )
}
