//! Observability.

mod log_group_without_producer;
mod metrics_exposed_publicly;
mod telemetry_wrong_cluster_name;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    log_group_without_producer::RULE,
    metrics_exposed_publicly::RULE,
    telemetry_wrong_cluster_name::RULE,
];
