//! NAT gateways, and the narrowest place that asks for them.

use seaworthy_facts::Span;
use seaworthy_facts::terraform::{Resource, Root};

/// Where a gateway is asked for: the argument of the module that makes it, else its header.
pub(super) fn place(root: &Root, gateway: &Resource) -> Span {
    if !gateway.from_summary {
        return gateway.span;
    }
    root.calls
        .iter()
        .find(|call| call.address == gateway.module)
        .and_then(|call| call.arguments.map()?.entry("enable_nat_gateway"))
        .map_or(gateway.span, |entry| entry.key_span)
}
