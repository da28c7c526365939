//! An availability zone of another region than the provider works in.

use std::collections::HashSet;

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "zone-outside-region",
    severity: Severity::Breaks,
    page: include_str!("zone-outside-region.md"),
    check,
};

/// What arguments and attributes that hold zones are called.
const ZONES: [&str; 3] = ["availability_zone", "availability_zones", "azs"];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for root in &world.facts.terraform.roots {
        let Some(region) = region(root) else { continue };
        let Some(name) = region.str() else { continue };
        let attributes = root
            .resources
            .iter()
            // A provider of its own may work elsewhere; a module's summary has what its arguments have.
            .filter(|resource| !resource.from_summary && resource.meta.get("provider").is_none())
            .flat_map(|resource| ZONES.iter().filter_map(|key| resource.at(key)));
        let arguments = root
            .calls
            .iter()
            .flat_map(|call| ZONES.iter().filter_map(|key| call.arguments.get(key)));
        for value in attributes.chain(arguments) {
            let Some(zone) = value.each().iter().find(|zone| {
                zone.str()
                    .is_some_and(|zone| is_zone(zone) && !zone.starts_with(name))
            }) else {
                continue;
            };
            let place = zone.trail.origin().unwrap_or(zone.span);
            if !told.insert(place) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "zone `{}` is not in region `{name}`: nothing can be made there",
                    zone.str().unwrap_or_default()
                ))
                .at(place, "a zone of another region")
                .and(
                    region.trail.origin().unwrap_or(region.span),
                    format!("the provider works in `{name}`"),
                )
                .trail(zone)
                .about([root.folder.clone(), name.to_owned()]),
            );
        }
    }
}

/// The region of the only provider of AWS.
fn region(root: &Root) -> Option<&Value> {
    let mut providers = root
        .providers
        .iter()
        .filter(|provider| &*provider.name == "aws");
    let only = providers.next()?;
    if providers.any(|other| {
        other.body.get("region").and_then(Value::text)
            != only.body.get("region").and_then(Value::text)
    }) {
        return None;
    }
    only.body.get("region")
}

/// `eu-west-1a`
fn is_zone(text: &str) -> bool {
    let Some(region) = text.strip_suffix(|c: char| c.is_ascii_lowercase()) else {
        return false;
    };
    let parts: Vec<&str> = region.split('-').collect();
    parts.len() >= 3
        && parts
            .last()
            .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()) && !last.is_empty())
        && parts[..parts.len() - 1]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
}
