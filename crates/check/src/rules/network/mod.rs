//! Network: who reaches whom.

mod netpol_blocks_needed_flow;
mod pod_cannot_reach_database;
mod sg_cidr_outside_vpc;
mod sg_port_nobody_listens;
mod sg_unattached;
mod subnet_outside_network;
mod subnet_too_small;
mod waf_rules_inert;
mod waf_two_owners;
mod zone_outside_region;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    netpol_blocks_needed_flow::RULE,
    pod_cannot_reach_database::RULE,
    sg_cidr_outside_vpc::RULE,
    sg_unattached::RULE,
    subnet_too_small::RULE,
    waf_rules_inert::RULE,
    waf_two_owners::RULE,
    zone_outside_region::RULE,
    subnet_outside_network::RULE,
    sg_port_nobody_listens::RULE,
];
