//! A subnet that is smaller than AWS takes, mostly cut out of a range that was given too small.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use seaworthy_facts::Value;
use seaworthy_facts::terraform::Resource;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "subnet-too-small",
    severity: Severity::Breaks,
    page: include_str!("subnet-too-small.md"),
    check,
};

/// AWS takes subnets from /16 to /28.
const SMALLEST: u8 = 28;

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        // Subnets cut out of one range are one mistake.
        let mut by_origin: BTreeMap<_, Vec<(&Resource, &Value, Ipv4Net)>> = BTreeMap::new();
        for subnet in root.resources("aws_subnet") {
            let Some(range) = subnet.at("cidr_block") else {
                continue;
            };
            let Some(net) = range.str().and_then(|text| text.parse::<Ipv4Net>().ok()) else {
                continue;
            };
            if net.prefix_len() > SMALLEST {
                let origin = range.trail.origin().unwrap_or(range.span);
                by_origin
                    .entry(origin)
                    .or_default()
                    .push((subnet, range, net));
            }
        }
        for (origin, subnets) in by_origin {
            let (subnet, range, net) = subnets[0];
            let and = match subnets.len() {
                1 => String::new(),
                more => format!(" and {} more", more - 1),
            };
            let mut finding = Finding::new(format!(
                "subnet `{}`{and} is {net}: AWS takes none smaller than /{SMALLEST}, so the network cannot be made",
                subnet.address
            ))
            .at(
                origin,
                if range.trail.is_empty() {
                    format!("/{} is too small", net.prefix_len())
                } else {
                    format!("cut into subnets of /{}", net.prefix_len())
                },
            );
            if range.span != origin {
                finding = finding.and(range.span, format!("{net}"));
            }
            let cut = range.trail.steps().next().map(|step| step.span);
            if let Some(cut) = cut.filter(|cut| *cut != origin && *cut != range.span) {
                finding = finding.and(cut, "cut here");
            }
            findings.push(
                finding
                    .trail(range)
                    .about([root.folder.clone(), subnet.address.to_string()]),
            );
        }
    }
}
