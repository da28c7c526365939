//! How the number of replicas follows load and hours.
//!
//! CPU and memory alone are Kubernetes' own HorizontalPodAutoscaler. Hours, and requests a second, are KEDA's
//! ScaledObject: nothing in Kubernetes itself can scale to zero and back on a schedule in a time zone.

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler,
    HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
    ResourceMetricSource,
};
use seaworthy_definition::model::{Awake, Scale, Service, Share};
use serde::Serialize;
use serde_json::{Value, json};

use super::count;
use super::metadata::Workload;
use super::object::{CustomResource, Object};
use super::scale::Scaling;
use crate::{Scope, awake};

/// The server that answers PromQL: the name that kube-prometheus-stack gives it.
const PROMETHEUS: &str = "http://kube-prometheus-stack-prometheus.monitoring.svc:9090";

/// The autoscaler of a service; `None` where git decides.
pub(super) fn object(scope: Scope<'_>, service: &Service) -> Option<Object> {
    let workload = Workload::new(scope.platform, service.name.as_str());
    match Scaling::of(scope.environment, service) {
        Scaling::Fixed(_) => None,
        Scaling::Horizontal => Some(horizontal(workload, &service.scale)),
        Scaling::Scheduled => {
            let awake = scope.environment.awake.as_ref();
            Some(scheduled(workload, &service.scale, awake))
        }
    }
}

fn horizontal(workload: Workload<'_>, scale: &Scale) -> Object {
    let metrics = [("cpu", scale.cpu), ("memory", scale.memory)];
    let metrics = metrics
        .into_iter()
        .filter_map(|(name, share)| Some(utilization(name, share?)));
    Object::new(HorizontalPodAutoscaler {
        metadata: workload.metadata(),
        spec: HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: workload.name.to_owned(),
            },
            min_replicas: Some(count(scale.min)),
            max_replicas: count(scale.max),
            metrics: Some(metrics.collect()),
            behavior: Some(behavior()),
        },
        ..HorizontalPodAutoscaler::default()
    })
}

fn utilization(name: &str, share: Share) -> MetricSpec {
    MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource {
            name: name.to_owned(),
            target: MetricTarget {
                type_: "Utilization".to_owned(),
                average_utilization: Some(percent(share)),
                ..MetricTarget::default()
            },
        }),
        ..MetricSpec::default()
    }
}

/// Up at once and by as much as it takes; down slowly, so that a short lull does not cost the next minute.
fn behavior() -> HorizontalPodAutoscalerBehavior {
    let policy = |type_: &str, value, seconds| HPAScalingPolicy {
        type_: type_.to_owned(),
        value,
        period_seconds: seconds,
    };
    HorizontalPodAutoscalerBehavior {
        scale_up: Some(HPAScalingRules {
            stabilization_window_seconds: Some(0),
            select_policy: Some("Max".to_owned()),
            policies: Some(vec![policy("Percent", 100, 15), policy("Pods", 4, 15)]),
            ..HPAScalingRules::default()
        }),
        scale_down: Some(HPAScalingRules {
            stabilization_window_seconds: Some(300),
            policies: Some(vec![policy("Percent", 10, 60)]),
            ..HPAScalingRules::default()
        }),
    }
}

/// `keda.sh/v1alpha1` ScaledObject, as far as we write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScaledObjectSpec {
    scale_target_ref: Value,
    min_replica_count: i32,
    max_replica_count: i32,
    /// Seconds after the last trigger before it goes to zero.
    cooldown_period: i32,
    advanced: Value,
    triggers: Vec<Value>,
}

fn scheduled(workload: Workload<'_>, scale: &Scale, awake: Option<&Awake>) -> Object {
    let mut triggers = Vec::new();
    if let Some(awake) = awake {
        triggers.push(json!({
            "type": "cron",
            "metadata": {
                "timezone": awake.time_zone,
                "start": awake::wake(awake),
                "end": awake::sleep(awake),
                "desiredReplicas": scale.min.to_string(),
            },
        }));
    }
    if scale.max > scale.min {
        for (name, share) in [("cpu", scale.cpu), ("memory", scale.memory)] {
            let Some(share) = share else { continue };
            triggers.push(json!({
                "type": name,
                "metricType": "Utilization",
                "metadata": { "value": percent(share).to_string() },
            }));
        }
        if let Some(requests) = scale.requests {
            triggers.push(json!({
                "type": "prometheus",
                "metadata": {
                    "serverAddress": PROMETHEUS,
                    "query": format!(
                        "sum(rate(http_requests_total{{namespace=\"{}\", service=\"{}\"}}[2m]))",
                        super::metadata::namespace(workload.platform),
                        workload.name
                    ),
                    "threshold": requests.to_string(),
                },
            }));
        }
    }
    let spec = ScaledObjectSpec {
        scale_target_ref: json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name }),
        min_replica_count: if awake.is_some() { 0 } else { count(scale.min) },
        max_replica_count: count(scale.max),
        cooldown_period: 300,
        advanced: json!({ "horizontalPodAutoscalerConfig": { "behavior": behavior() } }),
        triggers,
    };
    Object::new(CustomResource {
        api_version: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        metadata: workload.metadata(),
        spec,
    })
}

/// A share in whole percent, at least one.
fn percent(share: Share) -> i32 {
    count((share.0 / 10_000).max(1))
}
