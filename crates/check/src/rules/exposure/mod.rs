//! DNS, TLS and what the public can reach.

mod apex_cname;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[apex_cname::RULE];
