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
        if let (Some(region), Some(copy)) = (scope.get("region"), scope.get("copy_region"))
            && region.as_text() == copy.as_text()
        {
            self.report(
                Diagnostic::error(
                    "definition/region",
                    format!(
                        "backups of the environment `{name}` cannot be copied to its own region"
                    ),
                )
                .primary(copy.span, "a region that fails takes its copies with it")
                .secondary(region.span, "the environment's region")
                .hint("name another region, or leave `copy_region` out"),
            );
        }
        let existing = scope.object("existing");
        Environment {
            account: scope.owned("account"),
            region: scope.owned("region"),
            copy_region: scope.owned("copy_region"),
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
