//! Builds.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Build, BuildKind, ServiceName};
use crate::shape::all_of;

impl Resolver<'_> {
    pub(super) fn build(&mut self, name: &ServiceName, scope: &Scope<'_>) -> Build {
        let context = scope.owned("context").unwrap_or_default();
        let given: Vec<&str> = ["cargo", "dockerfile", "command"]
            .into_iter()
            .filter(|key| scope.has(key))
            .collect();
        if let [first, second, ..] = given[..]
            && let (Some(first), Some(second)) = (scope.get(first), scope.get(second))
        {
            self.report(
                Diagnostic::error(
                    "definition/build-twice",
                    format!(
                        "the service `{name}` is built in two ways: {}",
                        all_of(given.iter().copied())
                    ),
                )
                .primary(second.key, "")
                .secondary(first.key, "")
                .hint("keep one of them"),
            );
        }
        if let Some(target) = scope.get("target")
            && (scope.has("cargo") || scope.has("command"))
            && !scope.has("dockerfile")
        {
            self.report(
                Diagnostic::error("definition/build-target", "`target` without a Dockerfile")
                    .primary(target.key, "names a stage of a Dockerfile")
                    .hint("leave it out"),
            );
        }
        let command = scope.texts("command");
        let kind = if let Some(package) = scope.owned("cargo") {
            BuildKind::Cargo(package)
        } else if !command.is_empty() {
            BuildKind::Command(command)
        } else {
            if !scope.has("dockerfile") && !scope.has("command") {
                self.computed(scope.path_of("dockerfile"), "Dockerfile");
            }
            BuildKind::Dockerfile {
                path: scope
                    .owned("dockerfile")
                    .unwrap_or_else(|| "Dockerfile".to_owned()),
                target: scope.owned("target"),
            }
        };
        Build { context, kind }
    }
}
