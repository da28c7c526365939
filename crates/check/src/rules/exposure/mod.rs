//! DNS, TLS and what the public can reach.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
