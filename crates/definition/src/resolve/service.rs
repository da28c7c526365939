//! Services.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, Span as Place, suggest};

use super::{Resolver, Scope};
use crate::model::{
    Build, BuildKind, Bytes, Metrics, MilliCpu, PortName, Probe, Probes, Resources, Route, Scale,
    Service, ServiceName, ServiceSource, Share, Slo, Span,
};
use crate::shape::all_of;
use crate::units;

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

    fn build(&mut self, name: &ServiceName, scope: &Scope<'_>) -> Build {
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

    fn ports(&mut self, scope: &Scope<'_>) -> IndexMap<PortName, u16> {
        let mut ports = IndexMap::new();
        let mut places: BTreeMap<u16, (&str, Place)> = BTreeMap::new();
        for (name, value) in scope.names("ports") {
            let Some(number) = value.as_text().and_then(|text| text.parse::<u16>().ok()) else {
                continue;
            };
            if let Some((first, place)) = places.get(&number) {
                self.report(
                    Diagnostic::error(
                        "definition/port-twice",
                        format!(
                            "`{}.ports.{first}` and `{name}` are the same port {number}",
                            scope.path()
                        ),
                    )
                    .primary(value.span, format!("{number} again"))
                    .secondary(*place, "first used here")
                    .hint("a process can listen on a port once: give one of them another number"),
                );
            } else {
                places.insert(number, (name, value.span));
            }
            ports.insert(PortName::new(name), number);
        }
        ports
    }

    /// `PORT` and `PORT_<NAME>` are given to the service; it cannot choose them.
    fn injected(&mut self, scope: &Scope<'_>, ports: &IndexMap<PortName, u16>) {
        for (variable, value) in scope.names("env") {
            let port = variable.strip_prefix("PORT_").and_then(|suffix| {
                ports
                    .keys()
                    .find(|port| port.as_str().to_uppercase().replace('-', "_") == suffix)
            });
            let what = match port {
                Some(port) if ports.len() > 1 => format!("the port `{port}`"),
                _ if variable == "PORT" && !ports.is_empty() => "the main port".to_owned(),
                _ => continue,
            };
            self.report(
                Diagnostic::error(
                    "definition/injected",
                    format!(
                        "`{}.env.{variable}` is set for the service already",
                        scope.path()
                    ),
                )
                .primary(value.key, format!("holds {what} when the service starts"))
                .hint("leave it out, and declare the number under `ports:`"),
            );
        }
    }

    fn probes(&mut self, scope: &Scope<'_>, ports: &IndexMap<PortName, u16>) -> Probes {
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
    fn success_threshold(&mut self, probe: &Scope<'_>, kind: &str) -> u32 {
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

    fn at_least(&mut self, scope: &Scope<'_>, key: &str, least: Span) -> Span {
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

    /// The port that a probe, metrics or a route means; `None` where there is none, which is then reported.
    fn port_of(
        &mut self,
        scope: &Scope<'_>,
        ports: &IndexMap<PortName, u16>,
        service: &Scope<'_>,
    ) -> Option<PortName> {
        let main = ports
            .get_key_value("http")
            .or_else(|| ports.first())
            .map(|(name, _)| name.clone());
        let unread = service.is_incomplete() || (service.has("ports") && ports.is_empty());
        let Some(value) = scope.get("port") else {
            if main.is_none()
                && !unread
                && let Some(place) = scope.value()
            {
                self.report(
                    Diagnostic::error(
                        "definition/no-port",
                        format!("`{}` has no port to ask at", scope.path()),
                    )
                    .primary(place.key, format!("`{}` declares no port", service.path()))
                    .hint(format!("write `port: 8080` in `{}`", service.path())),
                );
            }
            if let Some(main) = &main {
                self.computed(scope.path_of("port"), main);
            }
            return main;
        };
        let name = value.as_text()?;
        if let Some((port, _)) = ports.get_key_value(name) {
            return Some(port.clone());
        }
        if unread {
            return main;
        }
        let diagnostic = Diagnostic::error(
            "definition/unknown-port",
            format!("`{}` has no port named `{name}`", service.path()),
        );
        let known = || ports.keys().map(PortName::as_str);
        let by_number = name
            .parse::<u16>()
            .ok()
            .and_then(|n| ports.iter().find(|(_, port)| **port == n));
        let diagnostic = diagnostic.primary(
            value.span,
            if ports.is_empty() {
                "it declares no port".to_owned()
            } else {
                format!("its ports are {}", all_of(known()))
            },
        );
        let near = by_number
            .map(|(name, _)| name.as_str())
            .or_else(|| suggest(name, known()));
        self.report(match near {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                value.span,
                near,
            ),
            None if ports.is_empty() => {
                diagnostic.hint(format!("write `port: 8080` in `{}`", service.path()))
            }
            None => diagnostic,
        });
        main
    }

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

    fn scale(&mut self, scope: &Scope<'_>) -> Scale {
        let mut min: u32 = scope.number("min");
        let max = match scope.optional_number::<u32>("max") {
            Some(max) => {
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
                            .secondary(given.span, format!("at least {min}")),
                        );
                    } else {
                        // Only `max: 1` is below the default: who writes it wants one.
                        min = max;
                        self.computed(scope.path_of("min"), min);
                    }
                }
                max.max(min)
            }
            None => {
                self.computed(scope.path_of("max"), min);
                min
            }
        };
        let share = |key: &str| -> Option<Share> {
            scope.text(key).and_then(|text| units::share(text).ok())
        };
        let scale = Scale {
            min,
            max,
            cpu: share("cpu"),
            memory: share("memory"),
            requests: scope.optional_number("requests"),
        };
        self.scale_makes_sense(scope, &scale);
        scale
    }

    fn scale_makes_sense(&mut self, scope: &Scope<'_>, scale: &Scale) {
        let target = ["cpu", "memory", "requests"]
            .into_iter()
            .find_map(|key| scope.get(key).map(|value| (key, value)));
        let aims = ["cpu", "memory", "requests"]
            .iter()
            .any(|key| scope.has(key));
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
        } else if !aims
            && scale.max > scale.min
            && !scope.is_incomplete()
            && let Some(max) = scope.get("max")
        {
            self.report(
                Diagnostic::error(
                    "definition/scale",
                    format!(
                        "`{}` has a `max`, and nothing that scales to it",
                        scope.path()
                    ),
                )
                .primary(max.key, "reached when?")
                .hint("write what is aimed at: `cpu: 70%`, `memory: 80%` or `requests: 100`"),
            );
        }
    }

    fn slo(&mut self, scope: &Scope<'_>) -> Slo {
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

    fn route(
        &mut self,
        scope: &Scope<'_>,
        service: &Scope<'_>,
        ports: &IndexMap<PortName, u16>,
    ) -> Option<Route> {
        let host = scope.owned("host")?;
        if ports.is_empty()
            && !service.has("ports")
            && !service.is_incomplete()
            && let Some(value) = scope.value()
        {
            self.report(
                Diagnostic::error(
                    "definition/no-port",
                    format!("`{}` leads to a service without a port", scope.path()),
                )
                .primary(value.key, format!("`{}` declares no port", service.path()))
                .hint("write `port: 8080` in the service"),
            );
        }
        Some(Route {
            host,
            path: scope.owned("path").unwrap_or_else(|| "/".to_owned()),
            timeout: self.at_least(scope, "timeout", Span(std::time::Duration::from_millis(1))),
        })
    }

    /// Two services that would answer at one address.
    pub(super) fn shared_routes(&mut self, platform: &Scope<'_>) {
        let mut taken: BTreeMap<(String, String), (String, Place)> = BTreeMap::new();
        for (name, service) in platform.objects("services") {
            let Some(route) = service.optional_object("route") else {
                continue;
            };
            let Some(host) = route.get("host") else {
                continue;
            };
            let path = route
                .text("path")
                .unwrap_or("/")
                .trim_end_matches('/')
                .to_owned();
            let key = (host.as_text().unwrap_or_default().to_owned(), path);
            if let Some((other, place)) = taken.get(&key) {
                let address = format!("{}{}", key.0, if key.1.is_empty() { "/" } else { &key.1 });
                self.report(
                    Diagnostic::error(
                        "definition/route-twice",
                        format!("the services `{other}` and `{name}` both answer at `{address}`"),
                    )
                    .primary(host.span, format!("`{name}`"))
                    .secondary(*place, format!("`{other}`"))
                    .hint("give one of them another host or another `path:`"),
                );
            } else {
                taken.insert(key, (name.to_owned(), host.span));
            }
        }
    }

    /// Addresses of services that have none.
    pub(super) fn ports_of_references(
        &mut self,
        services: &IndexMap<ServiceName, Service>,
        platform: &Scope<'_>,
    ) {
        let excused: BTreeSet<&str> = platform
            .objects("services")
            .into_iter()
            .filter(|(_, scope)| scope.is_incomplete() || scope.has("ports"))
            .map(|(name, _)| name)
            .collect();
        for (name, place) in std::mem::take(&mut self.addresses) {
            if services
                .get(&name)
                .is_some_and(|service| service.ports.is_empty())
                && !excused.contains(name.as_str())
            {
                self.report(
                    Diagnostic::error(
                        "definition/no-port",
                        format!("the service `{name}` has no address: it declares no port"),
                    )
                    .primary(place, "asks for its address")
                    .hint(format!("write `port: 8080` in `services.{name}`")),
                );
            }
        }
    }

    fn needs_database(
        &mut self,
        key: &str,
        scope: &Scope<'_>,
        uses: &BTreeSet<crate::model::Resource>,
    ) {
        let Some(value) = scope.get(key) else { return };
        let has_database = uses
            .iter()
            .any(|resource| matches!(resource, crate::model::Resource::Database(_)));
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
