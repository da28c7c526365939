//! Two external-dns in two environments that write one zone under one owner id. Records of either are then "own" to
//! both, and the one that does not know a host takes its record away.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "dns-owner-id-shared",
    severity: Severity::Unreliable,
    page: include_str!("dns-owner-id-shared.md"),
    check,
};

/// An external-dns in a cluster.
struct Writer<'a> {
    cluster: &'a Cluster,
    /// The owner id and where it is said; where nothing says it, the default and the release.
    owner: String,
    span: Span,
    said: bool,
    domains: Vec<String>,
    zones: Vec<String>,
    place: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let writers: Vec<Writer<'_>> = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| of_releases(cluster).chain(of_arguments(cluster)))
        .collect();
    for (index, first) in writers.iter().enumerate() {
        let second = writers[index + 1..]
            .iter()
            .find(|second| apart(world, first, second) && shared_zone(first, second));
        let Some(second) = second.filter(|second| second.owner == first.owner) else {
            continue;
        };
        // The one that is changed first is not production's.
        let of = |writer: &Writer<'_>| environment_of(world, writer);
        let (first, second) = if of(first) == Some("production") {
            (second, first)
        } else {
            (first, second)
        };
        let (first_says, second_says) = (says(first), says(second));
        let finding = Finding::new(format!(
            "external-dns of `{}` and of `{}` write {} under one owner id, `{}`: each takes away what only the other knows",
            first.cluster.name,
            second.cluster.name,
            zone(first, second),
            first.owner
        ))
        .at(first.span, first_says)
        .and(second.span, second_says)
        .hint("give each its own `txtOwnerId`, for instance the cluster's name")
        .about([first.owner.clone(), zone(first, second)]);
        findings.push(if first.said && second.said {
            finding
        } else {
            finding.assume("external-dns uses owner id `default` where none is set (2026-11-21)")
        });
    }
}

fn says(writer: &Writer<'_>) -> String {
    if writer.said {
        format!("owner id `{}` for `{}`", writer.owner, writer.cluster.name)
    } else {
        format!(
            "no owner id for `{}`: `{}`",
            writer.cluster.name, writer.owner
        )
    }
}

fn of_releases(cluster: &Cluster) -> impl Iterator<Item = Writer<'_>> {
    cluster.releases.iter().filter_map(move |release| {
        if release.chart.str()? != "external-dns" {
            return None;
        }
        let values = &release.values;
        if values.is_unknown() || is_noop(values.get("registry")) {
            return None;
        }
        // Extra arguments may set it, too.
        let extra = values
            .get("extraArgs")
            .is_some_and(|arguments| !arguments.is_known() || mentions(arguments, "txt-owner-id"));
        if extra {
            return None;
        }
        let id = values.get("txtOwnerId").filter(|id| id.str() != Some(""));
        Some(Writer {
            cluster,
            owner: match id {
                Some(id) => id.scalar()?,
                None => "default".to_owned(),
            },
            span: id.map_or(release.span, |id| id.span),
            said: id.is_some(),
            domains: texts(values.get("domainFilters"))?,
            zones: texts(values.get("zoneIdFilters"))?,
            place: release.span,
        })
    })
}

fn of_arguments(cluster: &Cluster) -> impl Iterator<Item = Writer<'_>> {
    cluster.of("Deployment").filter_map(move |object| {
        let container = object.pods()?.containers().find(|container| {
            container
                .get("image")
                .and_then(Value::text)
                .is_some_and(|image| image.to_string().contains("external-dns"))
        })?;
        let arguments = container.get("args")?;
        let with = |flag: &str| -> Option<Vec<(String, Span)>> {
            arguments
                .items()
                .iter()
                .filter(|argument| {
                    argument
                        .text()
                        .is_some_and(|text| text.known_prefix().starts_with(flag))
                })
                .map(|argument| {
                    let value = argument.str()?.strip_prefix(flag)?.to_owned();
                    Some((value, argument.span))
                })
                .collect()
        };
        if with("--registry=")?
            .iter()
            .any(|(value, _)| value == "noop")
        {
            return None;
        }
        let owner = with("--txt-owner-id=")?.pop();
        let names =
            |found: Vec<(String, Span)>| found.into_iter().map(|(value, _)| value).collect();
        Some(Writer {
            cluster,
            said: owner.is_some(),
            span: owner.as_ref().map_or(arguments.span, |(_, span)| *span),
            owner: owner.map_or_else(|| "default".to_owned(), |(value, _)| value),
            domains: names(with("--domain-filter=")?),
            zones: names(with("--zone-id-filter=")?),
            place: object.span,
        })
    })
}

fn is_noop(registry: Option<&Value>) -> bool {
    registry.is_some_and(|registry| !matches!(registry.str(), Some("txt" | "")))
}

fn mentions(value: &Value, word: &str) -> bool {
    let mut found = false;
    value.walk(&mut |value| {
        found |= value.str().is_some_and(|text| text.contains(word));
        found |= value.entries().iter().any(|entry| entry.key.contains(word));
    });
    found
}

/// The texts of a list; nothing where one of them is not known.
fn texts(list: Option<&Value>) -> Option<Vec<String>> {
    list.map_or(&[][..], Value::each)
        .iter()
        .filter(|item| !item.is_null())
        .map(Value::scalar)
        .collect()
}

/// Whether they run in two environments, for sure.
fn apart(world: &World, first: &Writer<'_>, second: &Writer<'_>) -> bool {
    let of = |writer: &Writer<'_>| environment_of(world, writer);
    first.span != second.span
        && first.cluster.name != second.cluster.name
        && matches!((of(first), of(second)), (Some(first), Some(second)) if first != second)
}

fn environment_of(world: &World, writer: &Writer<'_>) -> Option<&'static str> {
    let path = world.sources.path(writer.place.file);
    writer
        .cluster
        .environment
        .as_deref()
        .and_then(environment::of_name)
        .or_else(|| environment::of_name(&writer.cluster.name))
        .or_else(|| environment::of_name(seaworthy_facts::parent(path)))
}

/// Whether both write one zone. Without any filter nothing says which zones a writer may touch.
fn shared_zone(first: &Writer<'_>, second: &Writer<'_>) -> bool {
    let filtered = |writer: &Writer<'_>| !writer.domains.is_empty() || !writer.zones.is_empty();
    if !first.zones.is_empty() && !second.zones.is_empty() {
        return first.zones.iter().any(|zone| second.zones.contains(zone));
    }
    filtered(first)
        && filtered(second)
        && first
            .domains
            .iter()
            .any(|ours| second.domains.iter().any(|theirs| ours == theirs))
}

fn zone(first: &Writer<'_>, second: &Writer<'_>) -> String {
    first
        .domains
        .iter()
        .find(|domain| second.domains.contains(domain))
        .or_else(|| first.zones.iter().find(|zone| second.zones.contains(zone)))
        .map_or_else(|| "one zone".to_owned(), |name| format!("`{name}`"))
}
