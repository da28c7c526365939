//! What Prometheus scrapes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use seaworthy_definition::model::{Platform, Service};
use serde::Serialize;

use super::metadata::Workload;
use super::object::{CustomResource, Object};

#[derive(Serialize)]
struct Spec {
    selector: LabelSelector,
    endpoints: [Endpoint; 1],
}

#[derive(Serialize)]
struct Endpoint {
    port: String,
    path: String,
    interval: &'static str,
}

/// The service monitor of a service; `None` where it has no metrics.
pub(super) fn object(platform: &Platform, service: &Service) -> Option<Object> {
    let metrics = service.metrics.as_ref()?;
    let workload = Workload::new(platform, service.name.as_str());
    Some(Object::new(CustomResource {
        api_version: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: workload.metadata(),
        spec: Spec {
            selector: workload.selector(),
            endpoints: [Endpoint {
                port: metrics.port.to_string(),
                path: metrics.path.clone(),
                interval: "30s",
            }],
        },
    }))
}
