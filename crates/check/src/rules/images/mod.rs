//! Image supply: what is built, pushed, kept and pulled.

mod arch_mismatch;
mod branch_name_invalid_as_tag;
mod build_context_mismatch;
mod copied;
mod deploy_tag_by_recency;
mod expose_port_mismatch;
mod image_built_nowhere;
mod image_placeholder_unfilled;
mod image_pushed_to_other_region;
mod image_repository_undeclared;
mod image_tag_never_pushed;
mod image_update_filter_never_matches;
mod lifecycle_expires_deployed_tag;
mod pr_build_pushes_to_prod_registry;
mod registry_emptied_by_teardown;
pub(crate) mod supply;
mod untrusted_ref_overwrites_deployed_tag;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    arch_mismatch::RULE,
    branch_name_invalid_as_tag::RULE,
    build_context_mismatch::RULE,
    deploy_tag_by_recency::RULE,
    expose_port_mismatch::RULE,
    image_placeholder_unfilled::RULE,
    image_repository_undeclared::RULE,
    image_tag_never_pushed::RULE,
    image_update_filter_never_matches::RULE,
    lifecycle_expires_deployed_tag::RULE,
    pr_build_pushes_to_prod_registry::RULE,
    registry_emptied_by_teardown::RULE,
    untrusted_ref_overwrites_deployed_tag::RULE,
    image_built_nowhere::RULE,
    image_pushed_to_other_region::RULE,
];
