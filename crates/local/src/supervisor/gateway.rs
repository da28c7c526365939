//! The addresses of a platform: the public gateway, and one for each service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use seaworthy_definition::model::{Platform, ServiceName};
use seaworthy_gateway::{Gateway, Listener, Route, RouteTable, Routes, Timeouts};

use super::{Operation, local_url};
use crate::event::{Address, AddressKind};
use crate::failure::Failure;
use crate::ports;
use crate::process::inspect;
use crate::service::ServiceRun;

/// The port that the gateway takes where it is free.
const WISH: u16 = 8080;

/// How long open connections may take to end when the platform ends.
const CLOSE: Duration = Duration::from_secs(2);

/// Opens, changes and closes listeners so that they are those of `platform`.
pub(super) async fn arrange(
    operation: &mut Operation,
    platform: &Platform,
    services: &IndexMap<ServiceName, Arc<ServiceRun>>,
) -> Result<(), Failure> {
    arrange_public(operation, platform, services).await?;
    let gone: Vec<ServiceName> = operation
        .listeners
        .keys()
        .filter(|name| {
            platform
                .services
                .get(*name)
                .is_none_or(|service| service.main_port().is_none())
        })
        .cloned()
        .collect();
    for name in gone {
        if let Some(listener) = operation.listeners.remove(&name) {
            listener.shutdown(CLOSE).await;
        }
    }
    for service in platform
        .services
        .values()
        .filter(|service| service.main_port().is_some())
    {
        let Some(run) = services.get(&service.name) else {
            continue;
        };
        if operation.listeners.contains_key(&service.name) {
            continue;
        }
        let port = keep(operation, &format!("service/{}", service.name), None)?;
        // As a ClusterIP: no forwarding headers, and no limits but those of the two services.
        let to_service = Routes::Service(Arc::clone(run.pool()), Timeouts::between_services());
        let what = format!("the address of `{}`", service.name);
        let listener = bind(&operation.data_plane, &what, port, to_service)?;
        operation.listeners.insert(service.name.clone(), listener);
    }
    Ok(())
}

/// Opens, changes or closes the public gateway.
async fn arrange_public(
    operation: &mut Operation,
    platform: &Platform,
    services: &IndexMap<ServiceName, Arc<ServiceRun>>,
) -> Result<(), Failure> {
    let has_routes = platform
        .services
        .values()
        .any(|service| service.route.is_some());
    if !has_routes {
        shut(std::mem::take(&mut operation.gateway)).await;
        return Ok(());
    }
    let current = operation
        .gateway
        .first()
        .map(|listener| listener.local_addr().port());
    let wanted = operation.options.port;
    if current.is_some() && (wanted.is_none() || wanted == current) {
        for listener in &operation.gateway {
            listener.replace_routes(routes(platform, services)?);
        }
        return Ok(());
    }
    let port = match wanted {
        Some(port) => port,
        None => keep(operation, "gateway", Some(WISH))?,
    };
    let table = Routes::Table(routes(platform, services)?);
    let listener = bind(&operation.data_plane, "the gateway", port, table).map_err(|failure| {
        let free = (port.saturating_add(1)..u16::MAX).find(|port| ports::is_free(*port));
        failure.hint(format!(
            "or let the gateway have another: `seaworthy up --port {}`",
            free.unwrap_or(WISH)
        ))
    })?;
    // Only now that the new port is ours: a port that cannot be had is neither remembered nor worth the old one.
    chosen(operation, port)?;
    shut(std::mem::replace(&mut operation.gateway, vec![listener])).await;
    // `localhost` is IPv6's loopback to many browsers; where that cannot be had, they try IPv4 next.
    let six = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port);
    let table = Routes::Table(routes(platform, services)?);
    operation
        .gateway
        .extend(operation.data_plane.bind(six, table));
    Ok(())
}

async fn shut(listeners: Vec<Listener>) {
    let shutting = listeners
        .into_iter()
        .map(|listener| listener.shutdown(CLOSE));
    futures_util::future::join_all(shutting).await;
}

/// Closes everything, for the end.
pub(super) async fn close(operation: &mut Operation) {
    let mut listeners = std::mem::take(&mut operation.gateway);
    listeners.extend(std::mem::take(&mut operation.listeners).into_values());
    shut(listeners).await;
}

fn keep(operation: &mut Operation, what: &str, wish: Option<u16>) -> Result<u16, Failure> {
    operation.ports.keep(what, wish).map_err(|error| {
        Failure::new("", format!("no port could be kept for {what}")).caused_by(&error)
    })
}

fn chosen(operation: &mut Operation, port: u16) -> Result<(), Failure> {
    operation.ports.set("gateway", port).map_err(|error| {
        Failure::new("", "the gateway's port could not be written down").caused_by(&error)
    })?;
    Ok(())
}

fn bind(data_plane: &Gateway, what: &str, port: u16, routes: Routes) -> Result<Listener, Failure> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    data_plane.bind(address, routes).map_err(|error| {
        let failure = Failure::new("", format!("{what} cannot listen on port {port}"));
        match inspect::holder(port) {
            Some(holder) => failure
                .because(format!(
                    "the port is taken by `{}` (process {})",
                    holder.command, holder.pid
                ))
                .hint(format!("end that process: `kill {}`", holder.pid)),
            None => failure.caused_by(&error),
        }
    })
}

fn routes(
    platform: &Platform,
    services: &IndexMap<ServiceName, Arc<ServiceRun>>,
) -> Result<RouteTable, Failure> {
    let mut builder = RouteTable::builder();
    let default_host = default_host(platform);
    for service in platform.services.values() {
        let (Some(route), Some(run)) = (&service.route, services.get(&service.name)) else {
            continue;
        };
        let rule = || {
            let timeouts = Timeouts {
                response: route.timeout.0,
                ..Timeouts::default()
            };
            Route::to(run.pool())
                .path_prefix(&route.path)
                .timeouts(timeouts)
        };
        builder = builder.route(rule().host(&route.host));
        // Where nobody set up names, the first host answers under any other name too: localhost, 127.0.0.1.
        if Some(route.host.as_str()) == default_host {
            builder = builder.route(rule());
        }
    }
    builder.build().map_err(|error| {
        Failure::new("", "the routes of the platform contradict each other").caused_by(&error)
    })
}

/// The host that also answers as `localhost`: the first in the definition.
fn default_host(platform: &Platform) -> Option<&str> {
    platform
        .services
        .values()
        .find_map(|service| service.route.as_ref())
        .map(|route| route.host.as_str())
}

/// Where everything is, public addresses first.
pub(super) fn addresses(operation: &Operation, platform: &Platform) -> Vec<Address> {
    let mut addresses = Vec::new();
    if let Some(gateway) = operation.gateway.first() {
        let port = gateway.local_addr().port();
        for service in platform.services.values() {
            let Some(route) = &service.route else {
                continue;
            };
            let host = if Some(route.host.as_str()) == default_host(platform) {
                "localhost".to_owned()
            } else {
                format!("{}.localhost", route.host)
            };
            let path = if route.path.is_empty() {
                "/"
            } else {
                &route.path
            };
            addresses.push(Address {
                name: service.name.to_string(),
                kind: AddressKind::Public,
                url: format!("http://{host}:{port}{path}"),
            });
        }
    }
    for service in platform.services.values() {
        if let Some(listener) = operation.listeners.get(&service.name) {
            addresses.push(Address {
                name: service.name.to_string(),
                kind: AddressKind::Service,
                url: local_url(listener.local_addr().port()),
            });
        }
    }
    addresses.extend(operation.databases.addresses());
    addresses
}
