//! Objectives.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Share, Slo, Span};
use crate::units;

impl Resolver<'_> {
    pub(super) fn slo(&mut self, scope: &Scope<'_>) -> Slo {
        let slo = Slo {
            window: self.at_least(scope, "window", Span::seconds(3600)),
            availability: scope
                .text("availability")
                .and_then(|text| units::share(text).ok()),
            latency: scope
                .names("latency")
                .filter_map(|(name, value)| {
                    Some((
                        units::percentile(name).ok()?,
                        units::duration(value.as_text()?).ok()?,
                    ))
                })
                .collect(),
        };
        if let Some(availability) = scope.get("availability")
            && slo.availability == Some(Share(1_000_000))
        {
            self.report(
                Diagnostic::error(
                    "definition/slo",
                    format!("`{}` cannot be kept", scope.path_of("availability")),
                )
                .primary(availability.span, "no request could ever fail")
                .hint("an objective leaves room for errors: write `99.9%`"),
            );
        }
        if !scope.has("availability")
            && !scope.has("latency")
            && !scope.is_incomplete()
            && let Some(value) = scope.value()
        {
            self.report(
                Diagnostic::error(
                    "definition/missing-key",
                    format!("`{}` has no objective", scope.path()),
                )
                .primary(value.key, "it needs `availability` or `latency`")
                .hint("write `availability: 99.9%`"),
            );
        }
        let mut slower: Option<(Share, Span)> = None;
        for (percentile, limit) in &slo.latency {
            if let Some((lower, lower_limit)) = slower
                && limit < &lower_limit
                && let Some(latency) = scope.get("latency")
            {
                let place = latency.as_map().and_then(|map| {
                    map.entries
                        .iter()
                        .find(|(name, _)| units::percentile(name).ok() == Some(*percentile))
                        .map(|(_, value)| value.span)
                });
                self.report(
                    Diagnostic::error(
                        "definition/slo",
                        format!(
                            "`{}` asks more of the slower requests",
                            scope.path_of("latency")
                        ),
                    )
                    .primary(
                        place.unwrap_or(latency.key),
                        format!(
                            "{percentile} within {limit}, and only {lower} within {lower_limit}"
                        ),
                    )
                    .hint("a higher percentile has a longer time"),
                );
            }
            slower = Some((*percentile, *limit));
        }
        slo
    }
}
