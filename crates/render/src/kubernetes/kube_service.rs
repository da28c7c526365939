//! The stable address of a service in the cluster.

use k8s_openapi::api::core::v1::{self as core, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use seaworthy_definition::model::{Platform, Service};

use super::metadata::Workload;
use super::object::Object;

/// The kube service; `None` where nothing listens.
///
/// It has the main port, which others call, and the one that Prometheus scrapes. Numbers are those of the definition,
/// so that an address means the same port everywhere.
pub(super) fn object(platform: &Platform, service: &Service) -> Option<Object> {
    let (main, _) = service.main_port()?;
    let metrics = service.metrics.as_ref().map(|metrics| &metrics.port);
    let workload = Workload::new(platform, service.name.as_str());
    let ports = super::ports(service)
        .into_iter()
        .filter(|(name, _)| *name == main || Some(*name) == metrics)
        .map(|(name, port)| ServicePort {
            name: Some(name.to_string()),
            port: i32::from(port),
            target_port: Some(IntOrString::String(name.to_string())),
            ..ServicePort::default()
        })
        .collect();
    Some(Object::new(core::Service {
        metadata: workload.metadata(),
        spec: Some(ServiceSpec {
            selector: Some(workload.labels()),
            ports: Some(ports),
            ..ServiceSpec::default()
        }),
        ..core::Service::default()
    }))
}
