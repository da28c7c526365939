//! How many pods may be taken away at a time.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::Workload;
use super::object::Object;

/// The disruption budget of a workload: always one, so that no node is ever stuck, and never more. A pod that is not
/// ready anyway does not hold up a node either.
pub(super) fn object(workload: Workload<'_>) -> Object {
    Object::new(PodDisruptionBudget {
        metadata: workload.metadata(),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(workload.selector()),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    })
}
