//! Selectors, names and ports inside the cluster, and in code that uses them.

mod client_tls_vs_server;
mod container_port_vs_listener;
mod debug_build_in_production;
mod env_required_by_code_not_set;
mod env_set_never_read;
mod hosts;
mod listening;
mod peer_url_unresolvable;
mod probe_target_missing;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    container_port_vs_listener::RULE,
    peer_url_unresolvable::RULE,
    probe_target_missing::RULE,
    env_required_by_code_not_set::RULE,
    env_set_never_read::RULE,
    client_tls_vs_server::RULE,
    debug_build_in_production::RULE,
];
