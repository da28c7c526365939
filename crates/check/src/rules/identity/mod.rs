//! Identity: roles, trusts, service accounts and who may do what.

mod ci_role_exceeds_job;
mod irsa_missing_aud;
mod oidc_trust_any_ref_admin;
mod oidc_trust_wrong_repo;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    oidc_trust_any_ref_admin::RULE,
    oidc_trust_wrong_repo::RULE,
    ci_role_exceeds_job::RULE,
    irsa_missing_aud::RULE,
];
