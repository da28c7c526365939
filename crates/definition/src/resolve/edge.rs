//! The edge.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Edge, EdgeKind};

impl Resolver<'_> {
    pub(super) fn edge(&mut self, scope: &Scope<'_>) -> Edge {
        let kind = match scope.text("kind") {
            Some("envoy-gateway") => EdgeKind::EnvoyGateway,
            Some("cloudflare-tunnel") => EdgeKind::CloudflareTunnel,
            _ => EdgeKind::Alb,
        };
        let waf = scope.boolean("waf").unwrap_or_else(|| {
            let waf = kind == EdgeKind::Alb;
            self.computed(scope.path_of("waf"), waf);
            waf
        });
        if let Some(limit) = scope.get("rate_limit").filter(|_| !waf) {
            self.report(
                Diagnostic::error(
                    "definition/edge",
                    "a rate limit without a firewall that keeps it",
                )
                .primary(
                    limit.key,
                    "the web application firewall refuses what is over the limit",
                )
                .hint(if kind == EdgeKind::Alb {
                    "write `waf: true`, or leave `rate_limit` out"
                } else {
                    "leave `rate_limit` out, or write `kind: alb`, which has one"
                }),
            );
        }
        if let Some(value) = scope.get("waf").filter(|_| waf && kind != EdgeKind::Alb) {
            self.report(
                Diagnostic::error(
                    "definition/edge",
                    "AWS' web application firewall stands in front of an `alb` only",
                )
                .primary(value.span, "")
                .hint("write `kind: alb`, or leave `waf` out"),
            );
        }
        Edge {
            kind,
            waf,
            cdn: scope.boolean("cdn").unwrap_or(false),
            rate_limit: scope.optional_number("rate_limit"),
        }
    }
}
