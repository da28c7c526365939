//! GitOps: paths, order, ownership.

mod automation_marker_mismatch;
mod chart_reads_missing_value;
mod crd_used_before_owner;
mod depends_on_does_not_wait;
mod file_not_listed;
mod gitops_path_missing;
mod kustomization_does_not_build;
mod object_never_applied;
mod order;
mod own_sources;
mod project_does_not_allow;
mod replacement_without_target;
mod source_copied_by_hand;
mod sync_wave_too_early;
mod two_writers;
mod value_unread_by_chart;
mod values_key_unknown_to_chart;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    gitops_path_missing::RULE,
    kustomization_does_not_build::RULE,
    file_not_listed::RULE,
    depends_on_does_not_wait::RULE,
    crd_used_before_owner::RULE,
    two_writers::RULE,
    automation_marker_mismatch::RULE,
    source_copied_by_hand::RULE,
    values_key_unknown_to_chart::RULE,
    object_never_applied::RULE,
    value_unread_by_chart::RULE,
    chart_reads_missing_value::RULE,
    project_does_not_allow::RULE,
    replacement_without_target::RULE,
    sync_wave_too_early::RULE,
];
