//! Cost and resilience.

mod budget_below_floor;
mod budget_without_alarm;
mod claims;
mod endpoint_on_unused_route_tables;
mod nat;
mod nat_carries_registry_traffic;
mod readiness_gate_not_enabled;
mod readiness_ignores_dependency;
mod region_pinned_against_claim;
mod single_copy_against_claim;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    budget_below_floor::RULE,
    budget_without_alarm::RULE,
    endpoint_on_unused_route_tables::RULE,
    nat_carries_registry_traffic::RULE,
    readiness_gate_not_enabled::RULE,
    readiness_ignores_dependency::RULE,
    region_pinned_against_claim::RULE,
    single_copy_against_claim::RULE,
];
