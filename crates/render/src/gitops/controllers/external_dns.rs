//! external-dns.

use std::collections::BTreeSet;

use seaworthy_definition::model::EdgeKind;
use serde_json::{Value, json};

use crate::Scope;

pub(super) fn values(scope: Scope<'_>) -> Value {
    let hosts: BTreeSet<&str> = scope
        .platform
        .services
        .values()
        .filter_map(|service| Some(service.route.as_ref()?.host.as_str()))
        .collect();
    let source = match scope.platform.edge.kind {
        EdgeKind::EnvoyGateway => "gateway-httproute",
        _ => "ingress",
    };
    json!({
        "provider": { "name": "aws" },
        "sources": [source],
        // Records of other owners in the zone are left alone.
        "registry": "txt",
        "txtOwnerId": scope.names().cluster(),
        "policy": "sync",
        "domainFilters": hosts,
        "env": [{ "name": "AWS_DEFAULT_REGION", "value": scope.region }],
        "serviceAccount": { "name": "external-dns" },
    })
}
