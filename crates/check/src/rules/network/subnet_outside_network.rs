//! A subnet that lies outside its network, or over another subnet of it.

use std::collections::HashSet;

use ipnet::Ipv4Net;
use seaworthy_facts::terraform::{ModuleCall, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "subnet-outside-network",
    severity: Severity::Breaks,
    page: include_str!("subnet-outside-network.md"),
    check,
};

/// A network with its ranges and subnets, as far as they are known.
struct Network<'a> {
    name: String,
    /// Empty: it has no range of its own, as networks of Google Cloud.
    ranges: Vec<(Ipv4Net, &'a Value)>,
    /// Further ranges are given that are not known.
    open: bool,
    subnets: Vec<(Ipv4Net, &'a Value)>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<(Span, Span)> = HashSet::new();
    for root in &world.facts.terraform.roots {
        for network in networks(root) {
            for finding in judge(root, &network) {
                let places: Vec<Span> = finding
                    .diagnostic
                    .labels
                    .iter()
                    .map(|label| label.span)
                    .collect();
                if told.insert((places[0], places[1])) {
                    findings.push(finding);
                }
            }
        }
    }
}

fn networks(root: &Root) -> Vec<Network<'_>> {
    let mut found = Vec::new();
    for vpc in root.resources("aws_vpc").filter(|vpc| !vpc.from_summary) {
        let more = root
            .resources("aws_vpc_ipv4_cidr_block_association")
            .filter_map(|more| more.at("cidr_block"));
        let given: Vec<&Value> = vpc.at("cidr_block").into_iter().chain(more).collect();
        let ranges: Vec<_> = given.iter().filter_map(|range| net(range)).collect();
        let subnets = root
            .resources("aws_subnet")
            .filter(|subnet| {
                subnet.at("vpc_id").is_some_and(|id| {
                    id.refers_to(&vpc.address) || id.refers_to(&vpc.plain_address)
                })
            })
            .filter_map(|subnet| net(subnet.at("cidr_block")?))
            .collect();
        found.push(Network {
            name: vpc.plain_address.to_string(),
            open: ranges.len() < given.len(),
            ranges,
            subnets,
        });
    }
    found.extend(root.calls.iter().filter_map(of_call));
    let mut google: Vec<(String, Vec<(Ipv4Net, &Value)>)> = Vec::new();
    for subnet in root.resources("google_compute_subnetwork") {
        let (Some(network), Some(range)) = (
            subnet.at("network").and_then(Value::text),
            subnet.at("ip_cidr_range").and_then(net),
        ) else {
            continue;
        };
        let network = network.to_string();
        match google.iter_mut().find(|(own, _)| *own == network) {
            Some((_, subnets)) => subnets.push(range),
            None => google.push((network, vec![range])),
        }
    }
    found.extend(google.into_iter().map(|(name, subnets)| Network {
        name,
        ranges: Vec::new(),
        open: true,
        subnets,
    }));
    found
}

/// The network that a module of a registry makes of its arguments.
fn of_call(call: &ModuleCall) -> Option<Network<'_>> {
    let registry = call.registry.as_deref()?;
    let arguments = &call.arguments;
    if registry.starts_with("terraform-google-modules/network/google") {
        let subnets = arguments
            .get("subnets")?
            .items()
            .iter()
            .filter_map(|subnet| net(subnet.get("subnet_ip")?))
            .collect();
        return Some(Network {
            name: call.address.to_string(),
            ranges: Vec::new(),
            open: true,
            subnets,
        });
    }
    if registry != "terraform-aws-modules/vpc/aws" {
        return None;
    }
    let more = arguments.get("secondary_cidr_blocks");
    let given: Vec<&Value> = arguments
        .get("cidr")
        .into_iter()
        .chain(more.map_or(&[][..], Value::each))
        .collect();
    let ranges: Vec<_> = given.iter().filter_map(|range| net(range)).collect();
    let subnets = arguments
        .entries()
        .iter()
        .filter(|entry| entry.key.ends_with("_subnets"))
        .flat_map(|entry| entry.value.items())
        .filter_map(net)
        .collect();
    Some(Network {
        name: call.address.to_string(),
        open: ranges.len() < given.len(),
        ranges,
        subnets,
    })
}

fn net(value: &Value) -> Option<(Ipv4Net, &Value)> {
    Some((value.str()?.parse().ok()?, value))
}

fn judge(root: &Root, network: &Network<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = |value: &Value| value.trail.origin().unwrap_or(value.span);
    for (index, (subnet, value)) in network.subnets.iter().enumerate() {
        let about = [
            root.folder.clone(),
            network.name.clone(),
            subnet.to_string(),
        ];
        if let Some((range, own)) = network.ranges.first()
            && !network.open
            && !network
                .ranges
                .iter()
                .any(|(range, _)| range.contains(subnet))
        {
            findings.push(
                Finding::new(format!(
                    "subnet {subnet} is outside its network, {range}: it cannot be made"
                ))
                .at(place(value), format!("not within {range}"))
                .and(place(own), "the network's range")
                .trail(value)
                .about(about),
            );
            continue;
        }
        let over = network.subnets[..index].iter().find(|(other, theirs)| {
            (other.contains(subnet) || subnet.contains(other)) && place(theirs) != place(value)
        });
        if let Some((other, theirs)) = over {
            findings.push(
                Finding::new(format!(
                    "subnets {subnet} and {other} of one network lie over each other: the second cannot be made"
                ))
                .at(place(value), format!("{subnet}"))
                .and(place(theirs), format!("{other}"))
                .trail(value)
                .about(about),
            );
        }
    }
    findings
}
