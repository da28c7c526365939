//! Ports: declared, injected, and asked for.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, Span as Place, suggest};

use super::{Resolver, Scope};
use crate::model::{PortName, Service, ServiceName};
use crate::shape::all_of;

impl Resolver<'_> {
    pub(super) fn ports(&mut self, scope: &Scope<'_>) -> IndexMap<PortName, u16> {
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
    pub(super) fn injected(&mut self, scope: &Scope<'_>, ports: &IndexMap<PortName, u16>) {
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

    /// The port that a probe, metrics or a route means; `None` where there is none, which is then reported.
    pub(super) fn port_of(
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
                let verb = if ports.len() == 1 {
                    "port is"
                } else {
                    "ports are"
                };
                format!("its {verb} {}", all_of(known()))
            },
        );
        let near = by_number
            .map(|(name, _)| name.as_str())
            .or_else(|| suggest(name, known()));
        let is_number = name.parse::<u16>().is_ok();
        self.report(match near {
            Some(near) if is_number => diagnostic
                .hint(format!("ports go by name here: write `{near}`"))
                .fix(format!("write `{near}`"), value.span, near),
            None if is_number && !ports.is_empty() => {
                diagnostic.hint("ports go by name here, and the name is declared under `ports:`")
            }
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
}
