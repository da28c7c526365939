//! CI and delivery.

mod apply_without_review;
mod artifact_never_uploaded;
mod branch_condition_never_true;
mod ci_identity_in_own_state;
mod ci_token_not_passed;
mod deploy_never_updates;
mod destroy_skips_cleanup;
mod duplicate_pipelines;
mod expressions;
mod pipeline_file_never_runs;
mod plan_failure_ignored;
mod release_races_infrastructure;
pub(crate) mod runs;
mod script_branch_never_taken;
mod state_without_lock;
mod trigger_paths_miss_root;
mod workflow_call_mismatch;
mod workflow_output_missing;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    apply_without_review::RULE,
    artifact_never_uploaded::RULE,
    branch_condition_never_true::RULE,
    ci_identity_in_own_state::RULE,
    ci_token_not_passed::RULE,
    deploy_never_updates::RULE,
    destroy_skips_cleanup::RULE,
    duplicate_pipelines::RULE,
    pipeline_file_never_runs::RULE,
    plan_failure_ignored::RULE,
    release_races_infrastructure::RULE,
    script_branch_never_taken::RULE,
    state_without_lock::RULE,
    trigger_paths_miss_root::RULE,
    workflow_call_mismatch::RULE,
    workflow_output_missing::RULE,
];
