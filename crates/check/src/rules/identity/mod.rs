//! Identity: roles, trusts, service accounts and who may do what.

mod ci_role_exceeds_job;
mod cluster_access_not_mapped;
mod global_name_created_twice;
mod irsa_annotation_role_missing;
mod irsa_missing_aud;
mod irsa_subject_missing_sa;
mod irsa_vs_pod_identity;
mod irsa_wrong_cluster_oidc;
mod node_identity_where_pod_identity_exists;
mod oidc_trust_any_ref_admin;
mod oidc_trust_wrong_branch;
mod oidc_trust_wrong_repo;
mod role_policy_exceeds_workload;
mod role_policy_misses_used_action;
mod static_keys_beside_workload_identity;
mod workload_borrows_controller_sa;
mod workload_identity_subject_missing;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    ci_role_exceeds_job::RULE,
    cluster_access_not_mapped::RULE,
    global_name_created_twice::RULE,
    irsa_annotation_role_missing::RULE,
    irsa_missing_aud::RULE,
    irsa_subject_missing_sa::RULE,
    irsa_vs_pod_identity::RULE,
    irsa_wrong_cluster_oidc::RULE,
    node_identity_where_pod_identity_exists::RULE,
    oidc_trust_any_ref_admin::RULE,
    oidc_trust_wrong_repo::RULE,
    role_policy_exceeds_workload::RULE,
    role_policy_misses_used_action::RULE,
    static_keys_beside_workload_identity::RULE,
    workload_borrows_controller_sa::RULE,
    oidc_trust_wrong_branch::RULE,
    workload_identity_subject_missing::RULE,
];
