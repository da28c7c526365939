//! A cluster's version is out of standard support on the day of the run, or can no longer be had at all.

use std::collections::BTreeMap;

use seaworthy_facts::terraform::Resource;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cluster-version-unsupported",
    severity: Severity::Breaks,
    page: include_str!("cluster-version-unsupported.md"),
    check,
};

/// The most labels one finding has.
const MOST: usize = 8;

/// A cluster and the version it asks for.
struct Asked<'a> {
    cluster: &'a Resource,
    version: &'a Value,
    /// Where the version is first written.
    place: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let support = world.knowledge.support();
    // One version in many places is one thing to do.
    let mut by_version: BTreeMap<String, Vec<Asked<'_>>> = BTreeMap::new();
    for (_, cluster) in world.facts.terraform.resources("aws_eks_cluster") {
        let Some(version) = cluster.at("version") else {
            continue;
        };
        let Some(text) = version.scalar() else {
            continue;
        };
        let place = version.trail.origin().unwrap_or(version.span);
        let asked = by_version.entry(text).or_default();
        if asked.iter().all(|other| other.place != place) {
            asked.push(Asked {
                cluster,
                version,
                place,
            });
        }
    }
    for (version, asked) in by_version {
        let Some(known) = support.kubernetes(&version) else {
            continue;
        };
        if known.standard > world.today {
            continue;
        }
        let (who, verb) = match asked.as_slice() {
            [one] => {
                let name = one.cluster.str("name");
                let name = name.unwrap_or(&one.cluster.plain_address);
                (format!("cluster `{name}`"), "asks")
            }
            several => (format!("{} clusters", several.len()), "ask"),
        };
        let (message, says) = if known.extended <= world.today {
            (
                format!(
                    "{who} {verb} for Kubernetes {version}, which EKS stopped offering on {}: it cannot be created, and one that runs is upgraded by AWS",
                    known.extended
                ),
                format!("gone since {}", known.extended),
            )
        } else {
            (
                format!(
                    "{who} {verb} for Kubernetes {version}, whose standard support ended on {}: the control plane costs six times as much until {}, and is then upgraded by AWS",
                    known.standard, known.extended
                ),
                format!("extended support since {}", known.standard),
            )
        };
        let first = &asked[0];
        let mut finding = Finding::new(message).at(first.place, says);
        let taken = first.version.span;
        if first.place != taken && taken != first.cluster.span {
            finding = finding.and(taken, "the cluster takes it here");
        }
        for other in asked.iter().skip(1).take(MOST) {
            finding = finding.and(other.place, "and here");
        }
        let names = asked.iter().map(|asked| {
            let name = asked.cluster.str("name");
            name.unwrap_or(&asked.cluster.plain_address).to_owned()
        });
        findings.push(
            finding
                .trail(first.version)
                .assume(format!("EKS version calendar, read on {}", support.read))
                .about(names)
                .about([version]),
        );
    }
}
