//! No rule of a database's security groups lets the pods of the cluster beside it in.

use seaworthy_facts::Value;
use seaworthy_facts::terraform::Resource;
use seaworthy_link::World;
use seaworthy_link::network::{self, Group, Reach, Who};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pod-cannot-reach-database",
    severity: Severity::Breaks,
    page: include_str!("pod-cannot-reach-database.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        let clusters: Vec<&Resource> = root.resources("aws_eks_cluster").collect();
        // With several clusters it is not known which one the database is for.
        let [cluster] = clusters.as_slice() else {
            continue;
        };
        let from = network::pod_groups(root, cluster);
        for kind in ["aws_db_instance", "aws_rds_cluster"] {
            for database in root.resources(kind) {
                let Some(port) = network::database_port(database) else {
                    continue;
                };
                let to = network::groups(database.at("vpc_security_group_ids"));
                let Reach::Refused { rules } = network::reaches(root, &from, &to, port) else {
                    continue;
                };
                // What lets in nobody, or only others by name, may be meant so; a rule that tries and misses is not.
                let tried = rules.iter().find(|rule| {
                    rule.covers(port) == Some(true)
                        && rule.peers.iter().any(|peer| match &peer.who {
                            Who::Group(Group::Declared(address)) => {
                                let name = address.to_ascii_lowercase();
                                ["node", "worker", "eks", "pod", "cluster", "k8s"]
                                    .iter()
                                    .any(|word| name.contains(word))
                            }
                            _ => false,
                        })
                });
                let wrong_port = rules
                    .iter()
                    .find(|rule| rule.covers(port) == Some(false) && lets_in(rule, &from));
                let Some(rule) = tried.or(wrong_port) else {
                    continue;
                };
                let place = rule.peers.first().map_or(rule.span, |peer| peer.span);
                let what = match tried {
                    Some(_) => "a group that the nodes do not carry".to_owned(),
                    None => format!("not port {port}"),
                };
                let mut finding = Finding::new(format!(
                    "the pods of cluster `{}` cannot reach database `{}` on port {port}: none of its rules lets the groups in that the nodes carry",
                    cluster.str("name").unwrap_or(&cluster.plain_address),
                    database.address
                ))
                .at(place, what);
                for (_, span) in from.groups.iter().take(3) {
                    finding = finding.and(*span, "what the nodes carry");
                }
                findings.push(
                    finding
                        .link(
                            database
                                .at("vpc_security_group_ids")
                                .map_or(database.span, |value: &Value| value.span),
                            "the database's groups",
                        )
                        .about([cluster.address.to_string(), database.address.to_string()]),
                );
            }
        }
    }
}

fn lets_in(rule: &network::IngressRule, from: &network::Carried) -> bool {
    rule.peers.iter().any(|peer| match &peer.who {
        Who::Group(group) => from.groups.iter().any(|(ours, _)| ours == group),
        _ => false,
    })
}
