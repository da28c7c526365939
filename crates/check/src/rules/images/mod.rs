//! Image supply: what is built, pushed, kept and pulled.

mod branch_name_invalid_as_tag;
mod image_tag_never_pushed;
mod lifecycle_expires_deployed_tag;
mod pr_build_pushes_to_prod_registry;
mod registry_emptied_by_teardown;
pub(crate) mod supply;
mod untrusted_ref_overwrites_deployed_tag;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    branch_name_invalid_as_tag::RULE,
    image_tag_never_pushed::RULE,
    lifecycle_expires_deployed_tag::RULE,
    pr_build_pushes_to_prod_registry::RULE,
    registry_emptied_by_teardown::RULE,
    untrusted_ref_overwrites_deployed_tag::RULE,
];
