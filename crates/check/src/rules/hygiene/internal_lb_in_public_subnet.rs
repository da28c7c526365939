//! A load balancer that is to be internal stands in subnets that face the internet.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "internal-lb-in-public-subnet",
    severity: Severity::Insecure,
    page: include_str!("internal-lb-in-public-subnet.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for kind in ["aws_lb", "aws_alb", "aws_elb"] {
            for balancer in root.resources(kind) {
                let Some(internal) = balancer.at("internal") else {
                    continue;
                };
                let Some(subnets) = balancer.at("subnets") else {
                    continue;
                };
                let Some(public) = (internal.bool() == Some(true))
                    .then(|| first_public(root, subnets))
                    .flatten()
                else {
                    continue;
                };
                let name = balancer.str("name").unwrap_or(&balancer.address);
                let mut finding = Finding::new(format!(
                    "load balancer `{name}` is internal and stands in public subnets: what was meant to be kept apart shares the internet's side of the network"
                ))
                .at(subnets.span, format!("`{}` has a way to the internet", public.address))
                .and(internal.span, "meant to be internal")
                .trail(subnets)
                .about([balancer.address.to_string()]);
                if let Some(open) = open_group(root, balancer) {
                    finding = finding.and(open, "and its security group is open to the internet");
                }
                findings.push(finding);
            }
        }
    }
}

/// The first subnet that has a route to an internet gateway.
fn first_public<'a>(root: &'a Root, subnets: &Value) -> Option<&'a Resource> {
    subnets.unknowns().iter().find_map(|(unknown, _)| {
        let subnet = root.find(unknown.resource.as_deref()?)?;
        (&*subnet.kind == "aws_subnet" && routed(root, subnet)).then_some(subnet)
    })
}

fn routed(root: &Root, subnet: &Resource) -> bool {
    root.resources("aws_route_table_association")
        .filter(|association| {
            association
                .at("subnet_id")
                .is_some_and(|value| value.refers_to(&subnet.address))
        })
        .filter_map(|association| {
            let table = association.at("route_table_id")?.as_unknown()?;
            root.find(table.resource.as_deref()?)
        })
        .any(|table| {
            let inline = table.at("route").map_or(&[][..], Value::each);
            let to_gateway = |route: &Value| {
                route
                    .get("gateway_id")
                    .and_then(Value::as_unknown)
                    .is_some_and(|unknown| unknown.name.contains("aws_internet_gateway."))
            };
            inline.iter().any(to_gateway)
                || root.resources("aws_route").any(|route| {
                    route
                        .at("route_table_id")
                        .is_some_and(|value| value.refers_to(&table.address))
                        && to_gateway(&route.body)
                })
        })
}

fn open_group(root: &Root, balancer: &Resource) -> Option<Span> {
    let groups = balancer.at("security_groups")?;
    groups.unknowns().iter().find_map(|(unknown, _)| {
        let group = root.find(unknown.resource.as_deref()?)?;
        let (rules, _) = seaworthy_link::network::ingress(root, group);
        rules.iter().flat_map(|rule| &rule.peers).find_map(|peer| {
            let world = seaworthy_link::network::Who::Addresses("0.0.0.0/0".into());
            (peer.who == world).then_some(peer.span)
        })
    })
}
