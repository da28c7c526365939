//! A gateway endpoint stands in route tables that none of the nodes' subnets use: their traffic still goes through NAT.

use std::collections::BTreeSet;

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "endpoint-on-unused-route-tables",
    severity: Severity::Costly,
    page: include_str!("endpoint-on-unused-route-tables.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        let Some((used, nodes)) = used(root) else {
            continue;
        };
        for endpoint in root.resources("aws_vpc_endpoint") {
            let gateway = endpoint
                .str("vpc_endpoint_type")
                .is_none_or(|kind| kind == "Gateway");
            let apart = root
                .resources("aws_vpc_endpoint_route_table_association")
                .next()
                .is_some();
            let Some(tables) = endpoint.at("route_table_ids").filter(|_| gateway && !apart) else {
                continue;
            };
            let Some(named) = resources(tables) else {
                continue;
            };
            if named.is_empty() || named.iter().any(|table| used.contains(table)) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "endpoint `{}` stands in route tables that the nodes' subnets do not use: their traffic still goes through the NAT gateway",
                    endpoint.plain_address
                ))
                .at(tables.span, "not the tables of the nodes' subnets")
                .and(nodes, "the nodes are here")
                .trail(tables)
                .about([endpoint.address.to_string()]),
            );
        }
    }
}

/// The route tables of the subnets that nodes use, and where the nodes name those; `None` where one is not known.
fn used(root: &Root) -> Option<(BTreeSet<String>, Span)> {
    let subnets = root
        .resources("aws_eks_node_group")
        .find_map(|nodes| nodes.at("subnet_ids"))?;
    let mut tables = BTreeSet::new();
    for subnet in resources(subnets)? {
        let of_subnet: Vec<&Value> = root
            .resources("aws_route_table_association")
            .filter(|association| {
                association
                    .at("subnet_id")
                    .is_some_and(|value| value.refers_to(&subnet))
            })
            .filter_map(|association| association.at("route_table_id"))
            .collect();
        if of_subnet.is_empty() {
            return None;
        }
        for table in of_subnet {
            tables.extend(resources(table)?);
        }
    }
    (!tables.is_empty()).then_some((tables, subnets.span))
}

/// The addresses of the resources that a value lists; `None` where it is not only that.
fn resources(value: &Value) -> Option<BTreeSet<String>> {
    value
        .each()
        .iter()
        .map(|item| {
            let unknown = item.as_unknown()?;
            if unknown.name.starts_with("...") {
                return None;
            }
            Some(unknown.resource.as_deref()?.to_owned())
        })
        .collect()
}
