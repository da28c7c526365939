//! Cost and resilience.

mod readiness_gate_not_enabled;
mod readiness_ignores_dependency;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    readiness_gate_not_enabled::RULE,
    readiness_ignores_dependency::RULE,
];
