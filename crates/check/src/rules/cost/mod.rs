//! Cost and resilience.

mod readiness_gate_not_enabled;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[readiness_gate_not_enabled::RULE];
