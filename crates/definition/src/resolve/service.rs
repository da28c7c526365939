//! Services.

use std::collections::BTreeSet;

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Metrics, Resource, Service, ServiceName, ServiceSource};

impl Resolver<'_> {
    pub(super) fn service(&mut self, name: ServiceName, scope: &Scope<'_>) -> Service {
        let source = self.source_of(&name, scope);
        let ports = self.ports(scope);
        self.injected(scope, &ports);
        let (env, mut uses) = self.env(scope, Some(&name));
        uses.append(&mut self.uses(scope, Some(&name)));
        let probes = self.probes(scope, &ports);
        let metrics = scope.optional_object("metrics").and_then(|metrics| {
            let port = self.port_of(&metrics, &ports, scope)?;
            Some(Metrics {
                path: metrics.owned("path").unwrap_or_default(),
                port,
            })
        });
        let route = scope
            .optional_object("route")
            .and_then(|route| self.route(&route, scope, &ports));
        for key in ["migrate", "seed"] {
            self.needs_database(key, scope, &uses);
        }
        if !scope.has("run") && !matches!(source, ServiceSource::Run) {
            self.computed(scope.path_of("run"), "what was built, without arguments");
        }
        Service {
            was: scope.owned("was").map(ServiceName::new),
            source,
            run: scope.texts("run"),
            probes,
            metrics,
            migrate: scope.texts("migrate"),
            seed: scope.texts("seed"),
            env,
            uses,
            resources: Self::resources(&scope.object("resources")),
            scale: self.scale(&scope.object("scale")),
            slo: scope.optional_object("slo").map(|slo| self.slo(&slo)),
            route,
            stop_grace: scope.duration("stop_grace"),
            ports,
            name,
        }
    }

    fn source_of(&mut self, name: &ServiceName, scope: &Scope<'_>) -> ServiceSource {
        if let (Some(build), Some(image)) = (scope.get("build"), scope.get("image")) {
            self.report(
                Diagnostic::error(
                    "definition/build-and-image",
                    format!("the service `{name}` is both built and taken from an image"),
                )
                .primary(image.key, "made elsewhere")
                .secondary(build.key, "built here")
                .hint("keep one of the two"),
            );
        }
        if let Some(build) = scope.optional_object("build") {
            return ServiceSource::Build(self.build(name, &build));
        }
        if let Some(image) = scope.owned("image") {
            return ServiceSource::Image(image);
        }
        let run = scope.get("run");
        let missing = run.is_none_or(|run| run.as_list().is_none_or(<[_]>::is_empty));
        let excused = scope.is_incomplete()
            || ["build", "image"].iter().any(|key| scope.has(key))
            || (scope.has("run") && run.is_none());
        if missing
            && !excused
            && let Some(value) = scope.value()
        {
            self.report(
                Diagnostic::error("definition/missing-key", format!("nothing says what the service `{name}` runs"))
                    .primary(value.key, "it needs one of `build`, `image` and `run`")
                    .hint("write `run: [program, argument]` for a program that is there, or `build: { cargo: package }`, `build: { dockerfile: Dockerfile }`"),
            );
        }
        ServiceSource::Run
    }

    fn needs_database(&mut self, key: &str, scope: &Scope<'_>, uses: &BTreeSet<Resource>) {
        let Some(value) = scope.get(key) else { return };
        let has_database = uses
            .iter()
            .any(|resource| matches!(resource, Resource::Database(_)));
        if !has_database
            && !scope.is_incomplete()
            && value.as_list().is_some_and(|items| !items.is_empty())
            && !scope.has("env")
            && !scope.has("uses")
        {
            self.report(
                Diagnostic::warning(
                    "definition/no-database",
                    format!("`{}` has no database to run against", scope.path_of(key)),
                )
                .primary(value.key, "the service uses no database")
                .hint("refer to one in `env:`, such as `${name.url}`, or write `uses: [name]`"),
            );
        }
    }
}
