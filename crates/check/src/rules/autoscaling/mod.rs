//! Autoscaling: who decides how many, and by what.

use crate::Rule;

mod autoscaler_wrong_cluster_name;
mod hpa_fights_gitops_replicas;
mod hpa_no_metrics_source;
mod hpa_target_missing;
mod hpa_without_request;
mod target;
mod two_scalers_one_group;

pub(crate) const RULES: &[Rule] = &[
    autoscaler_wrong_cluster_name::RULE,
    hpa_fights_gitops_replicas::RULE,
    hpa_no_metrics_source::RULE,
    hpa_target_missing::RULE,
    hpa_without_request::RULE,
    two_scalers_one_group::RULE,
];
