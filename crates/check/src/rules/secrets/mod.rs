//! Secrets: made, read, rotated, leaked.

mod csi_secret_needs_other_pod;
mod default_password_exposed;
mod external_secret_source_missing;
mod rotation_does_not_reach_pod;
mod secret_key_in_both_halves;
mod secret_key_missing;
mod secret_never_created;
mod secret_printed_by_code;
mod shapes;
mod state_or_credential_committed;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    default_password_exposed::RULE,
    external_secret_source_missing::RULE,
    rotation_does_not_reach_pod::RULE,
    secret_key_in_both_halves::RULE,
    secret_never_created::RULE,
    secret_key_missing::RULE,
    csi_secret_needs_other_pod::RULE,
    secret_printed_by_code::RULE,
    state_or_credential_committed::RULE,
];
