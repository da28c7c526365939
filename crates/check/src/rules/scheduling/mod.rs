//! Scheduling and capacity: which pods fit on which nodes.

use crate::Rule;

mod budget_blocks_drain;
mod group_max_unreachable;
mod no_untainted_node;
mod nodeselector_no_group;
mod pod_slots_exceeded;
mod replicas_without_spread;
mod requests_exceed_nodes;
mod taint_without_toleration;

pub(crate) const RULES: &[Rule] = &[
    group_max_unreachable::RULE,
    no_untainted_node::RULE,
    nodeselector_no_group::RULE,
    pod_slots_exceeded::RULE,
    replicas_without_spread::RULE,
    requests_exceed_nodes::RULE,
    taint_without_toleration::RULE,
    budget_blocks_drain::RULE,
];
