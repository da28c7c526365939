//! Cost and resilience.

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[];
