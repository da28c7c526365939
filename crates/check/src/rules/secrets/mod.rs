//! Secrets: made, read, rotated, leaked.

mod default_password_exposed;
mod secret_key_in_both_halves;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    default_password_exposed::RULE,
    secret_key_in_both_halves::RULE,
];
