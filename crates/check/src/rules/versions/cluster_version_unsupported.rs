//! A cluster's version is out of standard support on the day of the run, or can no longer be had at all.

use seaworthy_facts::Span;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cluster-version-unsupported",
    severity: Severity::Breaks,
    page: include_str!("cluster-version-unsupported.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let support = world.knowledge.support();
    let mut told: Vec<Span> = Vec::new();
    for (_, cluster) in world.facts.terraform.resources("aws_eks_cluster") {
        let Some(value) = cluster.at("version") else {
            continue;
        };
        let Some(version) = value.scalar() else {
            continue;
        };
        let Some(known) = support.kubernetes(&version) else {
            continue;
        };
        if known.standard > world.today {
            continue;
        }
        let place = value.trail.origin().unwrap_or(value.span);
        if told.contains(&place) {
            continue;
        }
        told.push(place);
        let name = cluster.str("name").unwrap_or(&cluster.plain_address);
        let gone = known.extended <= world.today;
        let finding = if gone {
            Finding::new(format!(
                "cluster `{name}` asks for Kubernetes {version}, which EKS stopped offering on {}: it cannot be created, and one that runs is upgraded by AWS",
                known.extended
            ))
            .at(place, format!("gone since {}", known.extended))
        } else {
            Finding::new(format!(
                "cluster `{name}` asks for Kubernetes {version}, whose standard support ended on {}: the control plane costs six times as much until {}, and is then upgraded by AWS",
                known.standard, known.extended
            ))
            .at(place, format!("extended support since {}", known.standard))
        };
        let finding = if place == value.span || value.span == cluster.span {
            finding
        } else {
            finding.and(value.span, "the cluster takes it here")
        };
        findings.push(
            finding
                .trail(value)
                .assume(format!("EKS version calendar, read on {}", support.read))
                .about([name.to_owned(), version]),
        );
    }
}
