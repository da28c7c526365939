//! A volume lives in one zone, and the node that may mount it comes back in any.

use seaworthy_facts::Value;
use seaworthy_link::nodes::{self, NodeGroup};
use seaworthy_link::{World, volumes};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "zonal-volume-multi-az-group",
    severity: Severity::Unreliable,
    page: include_str!("zonal-volume-multi-az-group.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let groups = nodes::under(world, cluster);
        let mut by_group: Vec<(usize, Vec<volumes::Asked<'_>>)> = Vec::new();
        for asked in volumes::asked(cluster) {
            let Some(selector) = asked.selector.filter(|_| asked.one_node) else {
                continue;
            };
            let fits = groups.iter().position(|group| {
                !selector.entries().is_empty()
                    && selector.entries().iter().all(|entry| {
                        group.label(&entry.key).and_then(Value::scalar) == entry.value.scalar()
                    })
            });
            let Some(at) = fits else { continue };
            match by_group.iter_mut().find(|(group, _)| *group == at) {
                Some((_, list)) => list.push(asked),
                None => by_group.push((at, vec![asked])),
            }
        }
        for (at, asked) in by_group {
            findings.extend(finding(world, &groups[at], &asked));
        }
    }
}

fn finding(world: &World, group: &NodeGroup<'_>, asked: &[volumes::Asked<'_>]) -> Option<Finding> {
    let nodes = group.desired?.int()?;
    let subnets = group.resource.at("subnet_ids")?;
    let zones = group.n_subnets().or_else(|| listed(world, subnets))?;
    if zones < 2 || usize::try_from(nodes).ok()? >= zones {
        return None;
    }
    let first = asked.first()?;
    let mut finding = Finding::new(format!(
        "{} keeps a volume in one zone, and its node group `{}` has {nodes} node{} over {zones}: after a replacement in another zone its pods stay pending",
        first.who,
        group.name,
        if nodes == 1 { "" } else { "s" }
    ))
    .at(first.span, "a volume of EBS stays in the zone where it was made")
    .and(subnets.span, format!("the group's nodes come up in any of {zones} zones"))
    .hint("give each zone a group of its own, or keep the data where every zone reaches it")
    .confidence(Confidence::Likely)
    .about([first.who.clone(), group.name.to_string()]);
    for more in &asked[1..] {
        finding = finding.and(more.span, format!("{} keeps one, too", more.who));
    }
    if let Some(desired) = group.desired {
        finding = finding.and(desired.span, format!("{nodes} at a time"));
    }
    Some(finding)
}

/// How many private subnets a module of a registry makes, by its arguments.
fn listed(world: &World, subnets: &Value) -> Option<usize> {
    let unknown = subnets.as_unknown()?;
    let call = unknown.name.strip_suffix(".private_subnets")?;
    world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .find(|own| &*own.address == call)
        .and_then(|own| own.arguments.get("private_subnets"))
        .filter(|list| !list.is_unknown())
        .map(|list| list.items().len())
}
