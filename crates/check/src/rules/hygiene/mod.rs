//! What one file is enough for.

mod action_not_pinned;
mod action_without_resource_support;
mod alertmanager_without_receiver;
mod chart_images_moved;
mod chart_version_unpinned;
mod cluster_admin_binding;
mod cluster_endpoint_open_to_world;
mod database_storage_unencrypted;
mod deletion_protection_off;
mod destroy_provisioner_reruns;
mod development_server_in_production;
mod duplicate_map_key;
mod endpoint_includes_port;
mod internal_lb_in_public_subnet;
mod kms_policy_wildcard;
mod mail_kept_in_pod;
pub(in crate::rules) mod modules;
mod mutable_image_tag;
mod no_network_policy;
mod nodeport_behind_ip_target;
mod outdated;
mod outdated_image;
mod outdated_image_exposed;
mod probe_missing;
mod prometheus_stack;
mod prometheus_without_storage;
mod required_check_skips_events;
mod resources_not_set;
mod retired_action_or_command;
mod sensitive_variable_unmarked;
mod shutdown_drops_requests;
mod thumbprint_of_other_issuer;
mod trust_principal_undeclared;
mod undeclared_reference;
mod untrusted_input_in_shell;
mod unused_declaration;
mod volume_misses_data_directory;
mod workloads;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    alertmanager_without_receiver::RULE,
    chart_images_moved::RULE,
    chart_version_unpinned::RULE,
    no_network_policy::RULE,
    nodeport_behind_ip_target::RULE,
    probe_missing::RULE,
    prometheus_without_storage::RULE,
    resources_not_set::RULE,
    action_not_pinned::RULE,
    action_without_resource_support::RULE,
    cluster_admin_binding::RULE,
    cluster_endpoint_open_to_world::RULE,
    database_storage_unencrypted::RULE,
    deletion_protection_off::RULE,
    destroy_provisioner_reruns::RULE,
    duplicate_map_key::RULE,
    endpoint_includes_port::RULE,
    internal_lb_in_public_subnet::RULE,
    kms_policy_wildcard::RULE,
    mutable_image_tag::RULE,
    outdated_image::RULE,
    outdated_image_exposed::RULE,
    required_check_skips_events::RULE,
    retired_action_or_command::RULE,
    sensitive_variable_unmarked::RULE,
    thumbprint_of_other_issuer::RULE,
    trust_principal_undeclared::RULE,
    undeclared_reference::RULE,
    untrusted_input_in_shell::RULE,
    unused_declaration::RULE,
    development_server_in_production::RULE,
    mail_kept_in_pod::RULE,
    shutdown_drops_requests::RULE,
    volume_misses_data_directory::RULE,
];
