//! DNS, TLS and what the public can reach.

mod apex_cname;
mod certificate_misses_host;
mod dns_owner_id_shared;
mod public_host_staging_issuer;
mod public_login_without_tls;
mod redirect_without_tls_section;
mod subnet_tag_other_cluster;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    apex_cname::RULE,
    certificate_misses_host::RULE,
    dns_owner_id_shared::RULE,
    public_host_staging_issuer::RULE,
    public_login_without_tls::RULE,
    redirect_without_tls_section::RULE,
    subnet_tag_other_cluster::RULE,
];
