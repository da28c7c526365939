//! Resources and scaling.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Bytes, MilliCpu, Resources, Scale, Share};
use crate::units;

/// What Kubernetes aims at where a scaled workload says nothing.
const DEFAULT_CPU: Share = Share(800_000);

impl Resolver<'_> {
    pub(super) fn resources(scope: &Scope<'_>) -> Resources {
        Resources {
            cpu: scope
                .text("cpu")
                .and_then(|text| units::cpu(text).ok())
                .unwrap_or(MilliCpu(100)),
            memory: scope
                .text("memory")
                .and_then(|text| units::memory(text).ok())
                .unwrap_or(Bytes(128 << 20)),
        }
    }

    pub(super) fn scale(&mut self, scope: &Scope<'_>) -> Scale {
        let mut min: u32 = scope.number("min");
        let max = if let Some(max) = scope.optional_number::<u32>("max") {
            if max < min
                && let Some(place) = scope.get("max")
            {
                if let Some(given) = scope.get("min") {
                    self.report(
                        Diagnostic::error(
                            "definition/range",
                            format!("`{}` has a `max` below its `min`", scope.path()),
                        )
                        .primary(place.span, format!("at most {max}"))
                        .secondary(given.span, format!("at least {min}"))
                        .hint("`max` is at least `min`"),
                    );
                } else {
                    // Only `max: 1` is below the default: who writes it wants one.
                    min = max;
                    self.computed(scope.path_of("min"), min);
                }
            }
            max.max(min)
        } else {
            self.computed(scope.path_of("max"), min);
            min
        };
        let share = |key: &str| -> Option<Share> {
            scope.text(key).and_then(|text| units::share(text).ok())
        };
        let mut scale = Scale {
            min,
            max,
            cpu: share("cpu"),
            memory: share("memory"),
            requests: scope.optional_number("requests"),
        };
        let aims = ["cpu", "memory", "requests"]
            .iter()
            .any(|key| scope.has(key));
        if max > min && !aims {
            scale.cpu = Some(DEFAULT_CPU);
            self.computed(scope.path_of("cpu"), DEFAULT_CPU);
        }
        self.scale_makes_sense(scope, &scale);
        scale
    }

    pub(super) fn scale_makes_sense(&mut self, scope: &Scope<'_>, scale: &Scale) {
        let target = ["cpu", "memory", "requests"]
            .into_iter()
            .find_map(|key| scope.get(key).map(|value| (key, value)));
        if let Some((key, value)) = target
            && scale.max == scale.min
            && !scope.is_incomplete()
            && !scope.has("max")
        {
            self.report(
                Diagnostic::warning(
                    "definition/scale",
                    format!("`{}` has a target, and nothing to scale to", scope.path()),
                )
                .primary(
                    value.key,
                    format!(
                        "without `max`, {} replicas run whatever the {key} is",
                        scale.min
                    ),
                )
                .hint(format!("write `max:`, or leave `{key}` out")),
            );
        }
    }
}
