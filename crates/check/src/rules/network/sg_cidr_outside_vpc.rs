//! A rule lets in addresses of another environment's network: text copied from there, where its own was meant.
//!
//! A private range that no network here has may be an office or a data centre; only one that is the network of another
//! configuration in these files is told, and only where nothing joins the two.

use std::collections::BTreeMap;

use ipnet::IpNet;
use seaworthy_facts::Value;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "sg-cidr-outside-vpc",
    severity: Severity::Breaks,
    page: include_str!("sg-cidr-outside-vpc.md"),
    check,
};

/// Kinds that join networks.
const JOINS: [&str; 8] = [
    "aws_vpc_peering_connection",
    "aws_vpc_peering_connection_accepter",
    "aws_ec2_transit_gateway_vpc_attachment",
    "aws_ec2_transit_gateway",
    "aws_vpn_connection",
    "aws_vpn_gateway",
    "aws_dx_gateway_association",
    "aws_networkmanager_vpc_attachment",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let roots = &world.facts.terraform.roots;
    for root in roots {
        let own = networks(root);
        if own.is_empty()
            || JOINS
                .iter()
                .any(|kind| root.resources(kind).next().is_some())
        {
            continue;
        }
        let mut by_range: BTreeMap<String, Vec<(&Resource, &Value)>> = BTreeMap::new();
        for (resource, range) in ranges(root) {
            let Some(net) = range.str().and_then(|text| text.parse::<IpNet>().ok()) else {
                continue;
            };
            let touches = |other: &IpNet| other.contains(&net) || net.contains(other);
            if net.prefix_len() == 0
                || own.iter().any(|(other, _)| touches(other))
                || is_elsewhere_on_purpose(world, root, range)
            {
                continue;
            }
            by_range
                .entry(net.to_string())
                .or_default()
                .push((resource, range));
        }
        for (text, uses) in by_range {
            let Ok(net) = text.parse::<IpNet>() else {
                continue;
            };
            // Whose network it is: that of another configuration, folder or variable file.
            let other = roots
                .iter()
                .filter(|other| !std::ptr::eq(*other, root))
                .flat_map(networks)
                .find(|(other, _)| *other == net || other.contains(&net));
            let Some((_, theirs)) = other else { continue };
            if joined(root, &text) {
                continue;
            }
            let (_, ours) = &own[0];
            let (resource, range) = uses[0];
            let mut finding = Finding::new(format!(
                "`{}` lets in {text}, which is the network of another environment: this one is {}, so nobody here is let in",
                resource.plain_address,
                ours.str().unwrap_or_default()
            ))
            .at(range.span, "another environment's network")
            .and(
                ours.trail.origin().unwrap_or(ours.span),
                "the network of this environment",
            );
            let place = theirs.trail.origin().unwrap_or(theirs.span);
            finding = finding.and(place, format!("{text} is this one"));
            let mut told = vec![range.span];
            for (_, other) in uses.iter().skip(1) {
                if !told.contains(&other.span) {
                    told.push(other.span);
                    finding = finding.and(other.span, "and here");
                }
            }
            findings.push(finding.trail(range).about([
                root.folder.clone(),
                resource.plain_address.to_string(),
                text,
            ]));
        }
    }
}

/// The networks that a configuration makes, with where their ranges are said.
fn networks(root: &Root) -> Vec<(IpNet, &Value)> {
    let ranges = |kind: &'static str, name: &'static str| {
        root.resources(kind)
            .filter_map(move |vpc| vpc.at(name))
            .filter_map(|range| Some((range.str()?.parse::<IpNet>().ok()?, range)))
    };
    ranges("aws_vpc", "cidr_block")
        .chain(ranges("aws_vpc_ipv4_cidr_block_association", "cidr_block"))
        .collect()
}

/// Every range that a rule of a security group lets in.
fn ranges(root: &Root) -> Vec<(&Resource, &Value)> {
    let mut found = Vec::new();
    for resource in &root.resources {
        match &*resource.kind {
            "aws_security_group" => {
                for block in resource.at("ingress").map_or(&[][..], Value::each) {
                    found.extend(
                        block
                            .get("cidr_blocks")
                            .map_or(&[][..], Value::each)
                            .iter()
                            .map(|range| (resource, range)),
                    );
                }
            }
            "aws_security_group_rule" if resource.str("type") != Some("egress") => {
                found.extend(
                    resource
                        .at("cidr_blocks")
                        .map_or(&[][..], Value::each)
                        .iter()
                        .map(|range| (resource, range)),
                );
            }
            "aws_vpc_security_group_ingress_rule" => {
                found.extend(resource.at("cidr_ipv4").map(|range| (resource, range)));
            }
            _ => {}
        }
    }
    found
}

/// Whether a range is said to be a network elsewhere: that of hybrid nodes, or one whose name says so.
fn is_elsewhere_on_purpose(world: &World, root: &Root, range: &Value) -> bool {
    let hybrid = root
        .resources("aws_eks_cluster")
        .filter_map(|cluster| cluster.at("remote_network_config"))
        .any(|config| !config.is_null());
    let places = range.trail.steps().map(|step| step.span);
    let named = std::iter::once(range.span).chain(places).any(|span| {
        let text = world.sources.slice(span);
        ["remote", "peer", "vpn", "office", "onprem", "on_prem"]
            .iter()
            .any(|word| text.contains(word))
    });
    hybrid || named
}

/// Whether a route of this configuration leads to the range.
fn joined(root: &Root, range: &str) -> bool {
    root.resources("aws_route")
        .any(|route| route.str("destination_cidr_block") == Some(range))
}
