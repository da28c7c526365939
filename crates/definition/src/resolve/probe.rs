//! Probes.

use indexmap::IndexMap;
use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{PortName, Probe, Probes, Span};

impl Resolver<'_> {
    pub(super) fn probes(&mut self, scope: &Scope<'_>, ports: &IndexMap<PortName, u16>) -> Probes {
        let probes = scope.object("probes");
        let mut probe = |key: &str| {
            let probe = probes.optional_object(key)?;
            let path = probe.owned("path")?;
            let port = self.port_of(&probe, ports, scope)?;
            Some(Probe {
                path,
                port,
                initial_delay: probe.duration("initial_delay"),
                period: self.at_least(&probe, "period", Span::seconds(1)),
                timeout: self.at_least(
                    &probe,
                    "timeout",
                    Span(std::time::Duration::from_millis(1)),
                ),
                success_threshold: self.success_threshold(&probe, key),
                failure_threshold: probe.number("failure_threshold"),
            })
        };
        Probes {
            startup: probe("startup"),
            readiness: probe("readiness"),
            liveness: probe("liveness"),
        }
    }

    /// Kubernetes refuses another success threshold than 1 for these two.
    pub(super) fn success_threshold(&mut self, probe: &Scope<'_>, kind: &str) -> u32 {
        let threshold = probe.number("success_threshold");
        if threshold != 1
            && kind != "readiness"
            && let Some(value) = probe.get("success_threshold")
        {
            self.report(
                Diagnostic::error(
                    "definition/range",
                    format!("`{}` must be 1", probe.path_of("success_threshold")),
                )
                .primary(
                    value.span,
                    format!("Kubernetes refuses any other for a {kind} probe"),
                )
                .hint("leave it out"),
            );
            return 1;
        }
        threshold
    }

    pub(super) fn at_least(&mut self, scope: &Scope<'_>, key: &str, least: Span) -> Span {
        let span = scope.duration(key);
        if span < least {
            if let Some(value) = scope.get(key) {
                self.report(
                    Diagnostic::error(
                        "definition/range",
                        format!("`{}` is too short", scope.path_of(key)),
                    )
                    .primary(value.span, format!("expected at least {least}")),
                );
            }
            return least;
        }
        span
    }
}
