//! Selectors, names and ports inside the cluster, and in code that uses them.

mod addresses;
mod client_tls_vs_server;
mod cloud_object_missing;
mod cluster_names;
mod compose_name_missing;
mod config_key_missing;
mod container_port_vs_listener;
mod debug_build_in_production;
mod env_required_by_code_not_set;
mod env_set_never_read;
mod function_variable_not_set;
mod hosts;
mod ingress_backend_missing;
mod listening;
mod module_argument_unknown;
mod module_output_missing;
mod named_object_missing;
mod namespace_implicit;
mod path_not_there;
mod peer_url_unresolvable;
mod probe_target_missing;
mod proxy_upstream_missing;
mod remote_state_missing;
mod selector_misses_own_pods;
mod selector_selects_nothing;
mod service_selects_nothing;
mod service_target_port_missing;
mod servicemonitor_selects_nothing;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    named_object_missing::RULE,
    config_key_missing::RULE,
    selector_misses_own_pods::RULE,
    service_selects_nothing::RULE,
    service_target_port_missing::RULE,
    ingress_backend_missing::RULE,
    servicemonitor_selects_nothing::RULE,
    namespace_implicit::RULE,
    container_port_vs_listener::RULE,
    peer_url_unresolvable::RULE,
    probe_target_missing::RULE,
    proxy_upstream_missing::RULE,
    env_required_by_code_not_set::RULE,
    env_set_never_read::RULE,
    client_tls_vs_server::RULE,
    debug_build_in_production::RULE,
    cloud_object_missing::RULE,
    path_not_there::RULE,
    function_variable_not_set::RULE,
    module_argument_unknown::RULE,
    module_output_missing::RULE,
    remote_state_missing::RULE,
    compose_name_missing::RULE,
    selector_selects_nothing::RULE,
];
