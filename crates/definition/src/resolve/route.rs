//! Public routes.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, Span as Place};

use super::{Resolver, Scope};
use crate::model::{PortName, Route, Span};

impl Resolver<'_> {
    pub(super) fn route(
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
}
