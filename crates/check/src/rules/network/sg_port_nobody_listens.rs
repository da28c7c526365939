//! A rule opens a port on which nothing behind its security group listens.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::network::{self, Group};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "sg-port-nobody-listens",
    severity: Severity::Breaks,
    page: include_str!("sg-port-nobody-listens.md"),
    check,
};

/// What listens on one port, and where its groups are said.
const SERVERS: [(&str, &str); 6] = [
    ("aws_db_instance", "vpc_security_group_ids"),
    ("aws_rds_cluster", "vpc_security_group_ids"),
    ("aws_docdb_cluster", "vpc_security_group_ids"),
    ("aws_elasticache_cluster", "security_group_ids"),
    ("aws_elasticache_replication_group", "security_group_ids"),
    ("aws_redshift_cluster", "vpc_security_group_ids"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for group in root.resources("aws_security_group") {
            findings.extend(judge(root, group));
        }
    }
}

fn judge(root: &Root, group: &Resource) -> Option<Finding> {
    let mut servers: Vec<(&Resource, i64)> = Vec::new();
    for (kind, key) in SERVERS {
        for server in root.resources(kind) {
            let carries = network::groups(server.at(key))
                .groups
                .iter()
                .any(|(own, _)| is(own, group));
            if carries {
                servers.push((server, port(server)?));
            }
        }
    }
    let (server, wanted) = *servers.first()?;
    // Whatever else carries the group may listen on other ports.
    let shared = root.users(&group.plain_address).any(|(user, _)| {
        !SERVERS.iter().any(|(kind, _)| *kind == &*user.kind)
            && !user.kind.contains("security_group")
            && &*user.kind != "aws_security_group_rule"
    }) || root.calls.iter().any(|call| {
        call.arguments.refers_to(&group.plain_address) || call.arguments.refers_to(&group.address)
    });
    if shared {
        return None;
    }
    let (rules, _) = network::ingress(root, group);
    // Aurora PostgreSQL listens there too where Babelfish is on.
    let babelfish = servers
        .iter()
        .any(|(server, _)| server.str("engine") == Some("aurora-postgresql"));
    let rule = rules.iter().find(|rule| {
        servers
            .iter()
            .all(|(_, port)| rule.covers(*port) == Some(false))
            && !(babelfish && rule.covers(1433) == Some(true))
    })?;
    let (first, last) = rule.ports?;
    let opened = if first == last {
        format!("port {first}")
    } else {
        format!("ports {first} to {last}")
    };
    Some(
        Finding::new(format!(
            "`{}` opens {opened} to `{}`, which listens on {wanted}: whoever is let in reaches nothing",
            group.plain_address, server.plain_address
        ))
        .at(rule.span, opened.clone())
        .and(said(server), format!("it listens on {wanted}"))
        .about([
            group.plain_address.to_string(),
            server.plain_address.to_string(),
        ]),
    )
}

fn is(own: &Group, group: &Resource) -> bool {
    matches!(own, Group::Declared(address)
        if **address == *group.address || **address == *group.plain_address)
}

/// The port, as declared or as the engine has it.
fn port(server: &Resource) -> Option<i64> {
    match &*server.kind {
        "aws_db_instance" | "aws_rds_cluster" => network::database_port(server),
        kind => match server.at("port") {
            Some(port) => port.int(),
            None => match kind {
                "aws_docdb_cluster" => Some(27017),
                "aws_redshift_cluster" => Some(5439),
                "aws_elasticache_cluster" if server.str("engine") == Some("memcached") => {
                    Some(11211)
                }
                _ => Some(6379),
            },
        },
    }
}

fn said(server: &Resource) -> Span {
    server
        .at("port")
        .or_else(|| server.at("engine"))
        .map_or(server.span, |value: &Value| value.span)
}
