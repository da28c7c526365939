//! Observability.

mod dashboard_configmap_collision;
mod dashboard_metric_not_exported;
mod dashboard_variable_unused;
mod datasource_target_not_installed;
mod grafana;
mod log_group_without_producer;
mod metrics_exposed_publicly;
mod promql;
mod query_names_missing_namespace;
mod telemetry_wrong_cluster_name;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    dashboard_configmap_collision::RULE,
    dashboard_metric_not_exported::RULE,
    dashboard_variable_unused::RULE,
    datasource_target_not_installed::RULE,
    log_group_without_producer::RULE,
    metrics_exposed_publicly::RULE,
    telemetry_wrong_cluster_name::RULE,
    query_names_missing_namespace::RULE,
];
