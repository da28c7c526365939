//! Identity: roles, trusts, service accounts and who may do what.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
