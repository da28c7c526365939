//! DNS, TLS and what the public can reach.

mod apex_cname;
mod certificate_misses_host;
mod dns_owner_id_shared;
mod public_login_without_tls;

use crate::Rule;

pub(crate) const RULES: &[Rule] = &[
    apex_cname::RULE,
    certificate_misses_host::RULE,
    dns_owner_id_shared::RULE,
    public_login_without_tls::RULE,
];
