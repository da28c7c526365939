//! Identity: roles, trusts, service accounts and who may do what.

mod oidc_trust_any_ref_admin;
mod oidc_trust_wrong_repo;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[oidc_trust_any_ref_admin::RULE, oidc_trust_wrong_repo::RULE];
