//! Addresses that say name and namespace, held against every Service.

use std::collections::{HashMap, HashSet};

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::Release;
use seaworthy_facts::{FileId, Span, Value};
use seaworthy_link::World;
use seaworthy_link::addresses::{self, Address};
use seaworthy_link::services::{self, Serving};

use crate::Finding;

/// What is wrong with addresses in any text; `known`: findings that tell of some already.
pub(super) fn check(world: &World, findings: &mut Vec<Finding>) {
    let told: HashSet<(FileId, usize)> = findings
        .iter()
        .flat_map(|finding| &finding.diagnostic.labels)
        .map(|label| (label.span.file, world.sources.line(label.span)))
        .collect();
    let services = services::all(world);
    let mut namespaces: Vec<&str> = services
        .iter()
        .filter_map(|service| service.namespace.as_ref()?.literal())
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let addresses = addresses::all(world, &namespaces);
    let mut by_name: HashMap<Option<&str>, Vec<&Serving<'_>>> = HashMap::new();
    for service in &services {
        by_name
            .entry(service.name.literal())
            .or_default()
            .push(service);
    }
    for address in &addresses {
        let line = (address.span.file, world.sources.line(address.span));
        if !told.contains(&line) {
            // Those of this name, and those of whose name not all is known.
            let called = [Some(&*address.name), None]
                .iter()
                .filter_map(|name| by_name.get(name))
                .flatten()
                .copied()
                .collect::<Vec<_>>();
            findings.extend(judge(world, &services, &called, address));
        }
    }
}

fn judge(
    world: &World,
    services: &[Serving<'_>],
    called: &[&Serving<'_>],
    address: &Address,
) -> Option<Finding> {
    let (name, namespace) = (&*address.name, &*address.namespace);
    let fitting: Vec<&Serving<'_>> = called
        .iter()
        .filter(|service| service.is(name, namespace))
        .copied()
        .collect();
    let finding = |message: String| {
        Finding::new(message).about([
            world.sources.path(address.span.file).to_owned(),
            name.to_owned(),
            namespace.to_owned(),
        ])
    };
    if !fitting.is_empty() {
        let port = address.port?;
        let mut first = None;
        for service in fitting {
            let ports = service.ports.as_ref()?;
            if ports.iter().any(|(own, _)| *own == port) {
                return None;
            }
            first = first.or(ports.first().copied());
        }
        let (other, span) = first?;
        return Some(
            finding(format!(
                "`{name}.{namespace}` is called on port {port}, which it does not have"
            ))
            .at(address.span, format!("this names port {port}"))
            .and(span, format!("`{name}` has port {other}"))
            .hint(format!("say `:{other}`")),
        );
    }
    if services::may_be_unseen(world, name, namespace) {
        return None;
    }
    if let Some((release, key)) = switched_off(world, name, namespace) {
        return Some(
            finding(format!(
                "`{name}.{namespace}` is called, and release `{}` is told not to make it",
                release.name.text().unwrap_or_default()
            ))
            .at(address.span, "nothing answers here")
            .and(key, "this switches it off")
            .assume("the chart makes the Service only when this is on (table of 2026-11-21)"),
        );
    }
    let elsewhere = called
        .iter()
        .find(|service| service.name.literal() == Some(name));
    if let Some(service) = elsewhere {
        let other = service.namespace.as_ref()?.literal()?;
        // A namespace that nothing is in is of another place.
        let known = services.iter().any(|service| {
            service
                .namespace
                .as_ref()
                .is_some_and(|own| own.literal() == Some(namespace))
        });
        if namespace == "default" || (!known && suggest(namespace, [other]).is_none()) {
            return None;
        }
        return Some(
            finding(format!(
                "`{name}` is looked for in namespace `{namespace}`, and is in `{other}`"
            ))
            .at(
                address.span,
                format!("this leads to namespace `{namespace}`"),
            )
            .and(
                service
                    .object
                    .namespace
                    .as_ref()
                    .map_or(service.object.name.span, |value| value.span),
                format!("`{name}` is in `{other}`"),
            )
            .hint(format!("say `{name}.{other}`")),
        );
    }
    let there: Vec<&Serving<'_>> = services
        .iter()
        .filter(|service| {
            service
                .namespace
                .as_ref()
                .is_some_and(|own| own.literal() == Some(namespace))
        })
        .collect();
    let near = suggest(
        name,
        there.iter().filter_map(|service| service.name.literal()),
    )?;
    let service = there
        .iter()
        .find(|service| service.name.literal() == Some(near))?;
    // Of the Services of one database the one that takes writes is most often meant.
    let written = there.iter().find(|other| {
        service.made
            && std::ptr::eq(other.object, service.object)
            && other
                .name
                .literal()
                .is_some_and(|name| name.ends_with("-rw"))
    });
    let near = written
        .and_then(|service| service.name.literal())
        .unwrap_or(near);
    Some(
        finding(format!(
            "no Service of namespace `{namespace}` is called `{name}`; there is `{near}`"
        ))
        .at(address.span, format!("this names `{name}`"))
        .and(service.object.name.span, format!("this makes `{near}`"))
        .hint(format!("did you mean `{near}`?")),
    )
}

/// The release that would make a Service of this name, were it not told otherwise, and where it is told.
fn switched_off<'a>(world: &'a World, name: &str, namespace: &str) -> Option<(&'a Release, Span)> {
    let clusters = &world.facts.kubernetes.clusters;
    clusters
        .iter()
        .flat_map(|cluster| &cluster.releases)
        .find_map(|release| {
            let there = release.namespace.as_ref().and_then(Value::text)?;
            if !there.can_be(namespace) {
                return None;
            }
            let repository = release.repository.as_ref().and_then(Value::str);
            let chart = world.knowledge.chart(release.chart.str()?, repository)?;
            let own = release.name.text()?;
            let service = chart.services.iter().find(|service| {
                chart
                    .named(&service.name, &own, Some(&there), &release.values)
                    .literal()
                    == Some(name)
            })?;
            if chart.on(&service.conditions, &release.values) != Some(false) {
                return None;
            }
            let key = service
                .conditions
                .iter()
                .find_map(|condition| release.values.at(condition.trim_start_matches('!')))?;
            Some((release, key.span))
        })
}
