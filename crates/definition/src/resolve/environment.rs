//! Environments.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Environment, EnvironmentName, Existing};
use crate::{schedule, units};

impl Resolver<'_> {
    pub(super) fn environment(
        &mut self,
        name: EnvironmentName,
        scope: &Scope<'_>,
        targets: Option<&[String]>,
    ) -> Environment {
        let protected = scope.boolean("protected").unwrap_or_else(|| {
            let protected = name.as_str() == "production";
            self.computed(scope.path_of("protected"), protected);
            protected
        });
        let zones = scope.optional_number("zones").unwrap_or_else(|| {
            let zones = if protected { 3 } else { 2 };
            self.computed(scope.path_of("zones"), zones);
            zones
        });
        if let (Some(awake), true) = (scope.get("awake"), protected) {
            self.report(
                Diagnostic::warning(
                    "definition/asleep",
                    format!("the environment `{name}` is protected, and sleeps"),
                )
                .primary(awake.span, "outside these hours it answers nobody")
                .hint("leave `awake` out, or write `protected: false` if it may be down"),
            );
        }
        let existing = scope.object("existing");
        Environment {
            account: scope.owned("account"),
            region: scope.owned("region"),
            zones,
            deployment: scope.owned("deployment"),
            existing: Existing {
                network: existing.owned("network"),
                cluster: existing.owned("cluster"),
                zone: existing.owned("zone"),
            },
            awake: scope
                .text("awake")
                .and_then(|text| schedule::awake(text).ok()),
            budget: scope
                .text("budget")
                .and_then(|text| units::monthly_amount(text).ok()),
            notify: self.targets(scope, targets),
            protected,
            name,
        }
    }
}
