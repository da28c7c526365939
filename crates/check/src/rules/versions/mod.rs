//! Versions and compatibility.

mod addon_or_chart_incompatible;
mod cluster_version_unsupported;
mod engine_version_unsupported;
mod environments_drift;
mod module_argument_ignored;
mod module_not_pinned;
mod module_source_gone;
mod nodes_left_behind_cluster;
mod removed_api_for_cluster;
mod version_sources_disagree;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    addon_or_chart_incompatible::RULE,
    cluster_version_unsupported::RULE,
    engine_version_unsupported::RULE,
    environments_drift::RULE,
    module_argument_ignored::RULE,
    module_not_pinned::RULE,
    module_source_gone::RULE,
    nodes_left_behind_cluster::RULE,
    removed_api_for_cluster::RULE,
    version_sources_disagree::RULE,
];
