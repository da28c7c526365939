//! Twins that are not the same: production ahead of development, environments that are said to be alike, and a local
//! database of another major version than the one that is rented.
//!
//! Development ahead of production is how changes travel and is told only where a document promises equality.

use std::collections::BTreeMap;

use seaworthy_facts::documents::ClaimKind;
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, collections, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "environments-drift",
    severity: Severity::Unreliable,
    page: include_str!("environments-drift.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    twins(world, findings);
    local_databases(world, findings);
}

/// A version that an environment pins.
struct Pin<'a> {
    value: &'a Value,
    version: [u64; 3],
}

fn twins(world: &World, findings: &mut Vec<Finding>) {
    let claim = world
        .facts
        .documents
        .claims
        .iter()
        .find(|claim| claim.about == ClaimKind::SameEnvironments)
        .map(|claim| claim.span);
    let production = pins(world, "production");
    for lesser in ["staging", "uat", "test", "development"] {
        let others = pins(world, lesser);
        let mut differing: Vec<(&String, &Pin<'_>, &Pin<'_>)> = production
            .iter()
            .filter_map(|(what, pin)| Some((what, pin, others.get(what)?)))
            .filter(|(_, ours, theirs)| {
                ours.version != theirs.version && ours.value.span != theirs.value.span
            })
            .collect();
        if claim.is_none() {
            differing.retain(|(_, ours, theirs)| ours.version > theirs.version);
        }
        let Some((what, ours, theirs)) = differing.first() else {
            continue;
        };
        let and = match differing.len() {
            1 => String::new(),
            more => format!(", and {} more differ", more - 1),
        };
        let show = |pin: &Pin<'_>| pin.value.scalar().unwrap_or_default();
        let mut finding = Finding::new(format!(
            "{lesser} and production do not run the same: {what} is {} here and {} there{and}; what was tried in one is not what runs in the other",
            show(theirs),
            show(ours)
        ))
        .at(theirs.value.span, format!("{lesser}: {}", show(theirs)))
        .and(ours.value.span, format!("production: {}", show(ours)));
        for (_, ours, theirs) in differing.iter().skip(1).take(5) {
            finding = finding
                .and(theirs.value.span, format!("{lesser}: {}", show(theirs)))
                .and(ours.value.span, format!("production: {}", show(ours)));
        }
        if let Some(claim) = claim {
            finding = finding.and(claim, "said to be the same");
        }
        findings.push(finding.about([lesser.to_owned(), (*what).clone()]));
        // One pair shows it.
        return;
    }
}

/// What an environment pins: charts by name, modules by their place and source.
fn pins<'a>(world: &'a World, wanted: &str) -> BTreeMap<String, Pin<'a>> {
    let mut pins = BTreeMap::new();
    for cluster in &world.facts.kubernetes.clusters {
        if cluster.environment.as_deref() != Some(wanted) {
            continue;
        }
        for release in &cluster.releases {
            if let (Some(chart), Some(version)) = (release.chart.str(), &release.version)
                && let Some(numbers) = numbers(version)
            {
                let pin = Pin {
                    value: version,
                    version: numbers,
                };
                pins.insert(format!("chart `{chart}`"), pin);
            }
        }
    }
    for root in &world.facts.terraform.roots {
        if environment::of_root(root, &world.sources) != Some(wanted) {
            continue;
        }
        modules(root, &mut pins);
    }
    pins
}

fn modules<'a>(root: &'a Root, pins: &mut BTreeMap<String, Pin<'a>>) {
    for call in &root.calls {
        if let (Some(registry), Some(version)) = (&call.registry, &call.version)
            && let Some(numbers) = numbers(version)
        {
            let pin = Pin {
                value: version,
                version: numbers,
            };
            pins.insert(format!("module `{registry}` ({})", call.address), pin);
        }
    }
}

/// A version that is pinned to the last number.
fn numbers(value: &Value) -> Option<[u64; 3]> {
    let text = value.str()?.trim_start_matches('v');
    let mut numbers = text.splitn(3, '.').map(str::parse::<u64>);
    Some([
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
    ])
}

/// Engines by the names of their images.
const ENGINES: [(&str, &[&str]); 3] = [
    ("postgres", &["postgres", "aurora-postgresql"]),
    ("mysql", &["mysql", "aurora-mysql"]),
    ("mariadb", &["mariadb"]),
];

fn local_databases(world: &World, findings: &mut Vec<Finding>) {
    for compose in &world.facts.delivery.compose {
        for service in &compose.services {
            let Some(image) = service.body.get("image") else {
                continue;
            };
            let Some(text) = image.str() else { continue };
            let (name, tag) = text.rsplit_once(':').unwrap_or((text, "latest"));
            let name = name.rsplit('/').next().unwrap_or(name);
            let Some((_, engines)) = ENGINES.iter().find(|(image, _)| *image == name) else {
                continue;
            };
            let major = tag.split(['.', '-']).next().unwrap_or_default();
            let local = major.parse::<u64>().ok();
            // `alpine` alone is the newest, as `latest` is.
            if local.is_none() && !matches!(major, "latest" | "alpine") {
                continue;
            }
            let Some((engine, version, span)) = rented(world, engines, image.span) else {
                continue;
            };
            let rented_major = version
                .split('.')
                .next()
                .and_then(|n| n.parse::<u64>().ok());
            if local.is_some() && (local == rented_major || rented_major.is_none()) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "service `{}` runs `{text}` and the database of the platform is {engine} {version}: what works here is not tried on what runs there",
                    service.name
                ))
                .at(image.span, match local {
                    Some(major) => format!("version {major}"),
                    None => "whatever is newest".to_owned(),
                })
                .and(span, format!("{engine} {version}"))
                .about([service.name.to_string()]),
            );
        }
    }
}

fn rented(world: &World, engines: &[&str], local: Span) -> Option<(String, String, Span)> {
    let local = world.sources.path(local.file);
    ["aws_db_instance", "aws_rds_cluster"]
        .iter()
        .find_map(|kind| {
            world
                .facts
                .terraform
                .resources(kind)
                .filter(|(root, _)| !collections::apart(world, &root.folder, local))
                .find_map(|(_, database)| {
                    let engine = database.str("engine")?;
                    let version = database.at("engine_version")?;
                    engines.contains(&engine).then_some(())?;
                    Some((engine.to_owned(), version.scalar()?, version.span))
                })
        })
}
