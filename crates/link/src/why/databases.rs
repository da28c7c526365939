//! From pods to a database: nodes, security groups, rules.

use seaworthy_facts::terraform::{Resource, Root};

use super::Step;
use crate::World;
use crate::graph::Node;
use crate::network::{self, Carried, Group, Reach, Who};

pub(super) fn steps(world: &World, workload: &Node, database: &Node) -> Vec<Step> {
    let Some((root, resource)) = declared(world, database) else {
        return vec![Step::unknown(
            format!("`{}` is not declared in these files", database.label()),
            database.span,
        )];
    };
    let Some(port) = network::database_port(resource) else {
        return vec![Step::unknown(
            "the port of the database is not known",
            Some(resource.span),
        )];
    };
    let Some(cluster) = root.resources("aws_eks_cluster").next() else {
        return vec![Step::unknown(
            format!(
                "no cluster is declared beside the database in `{}`",
                root.folder
            ),
            Some(resource.span),
        )];
    };
    let from = network::pod_groups(root, cluster);
    let to = network::groups(resource.at("vpc_security_group_ids"));
    let mut steps = vec![Step::yes(
        format!(
            "`{}` runs on the nodes of `{}`",
            workload.label(),
            cluster.address
        ),
        workload.span,
    )];
    steps.extend(carries("the nodes carry", &from));
    steps.extend(carries("the database carries", &to));
    match network::reaches(root, &from, &to, port) {
        Reach::Allowed { rule, by } => {
            let by = by.map_or_else(
                || "these addresses".to_owned(),
                |(group, _)| format!("{}", Shown(&group)),
            );
            steps.push(Step::yes(
                format!("port {port} is open to {by}"),
                Some(rule),
            ));
        }
        Reach::Refused { rules } => {
            if rules.is_empty() {
                steps.push(Step::no(
                    format!("nothing opens port {port}"),
                    to.groups.first().map(|(_, span)| *span),
                ));
            }
            for rule in rules {
                let says = match rule.covers(port) {
                    Some(true) => {
                        let peers: Vec<String> =
                            rule.peers.iter().map(|peer| who(&peer.who)).collect();
                        format!(
                            "port {port} is open only to {}, not to what the nodes carry",
                            peers.join(", ")
                        )
                    }
                    _ => match rule.ports {
                        Some((first, last)) if first == last => {
                            format!("this rule opens port {first}, not {port}")
                        }
                        Some((first, last)) => {
                            format!("this rule opens ports {first} to {last}, not {port}")
                        }
                        None => format!("this rule does not open port {port}"),
                    },
                };
                steps.push(Step::no(says, Some(rule.span)));
            }
        }
        Reach::Unknown { why } => steps.push(Step::unknown(
            format!("not seen: {why}"),
            Some(resource.span),
        )),
    }
    steps
}

fn declared<'a>(world: &'a World, node: &Node) -> Option<(&'a Root, &'a Resource)> {
    world.facts.terraform.roots.iter().find_map(|root| {
        let resource = root
            .resources
            .iter()
            .find(|resource| Some(resource.span) == node.span)?;
        (root.folder.as_str() == &*node.scope).then_some((root, resource))
    })
}

fn carries(words: &str, carried: &Carried) -> Vec<Step> {
    carried
        .groups
        .iter()
        .map(|(group, span)| Step::yes(format!("{words} {}", Shown(group)), Some(*span)))
        .collect()
}

fn who(who: &Who) -> String {
    match who {
        Who::Group(group) => Shown(group).to_string(),
        Who::Addresses(range) => format!("`{range}`"),
        Who::Itself => "members of its own group".to_owned(),
        Who::Unknown => "somebody who is not known".to_owned(),
    }
}

struct Shown<'a>(&'a Group);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Group::Declared(address) => write!(f, "`{address}`"),
            Group::OfCluster(cluster) => write!(f, "the cluster security group of `{cluster}`"),
            Group::Id(id) => write!(f, "`{id}`"),
        }
    }
}
