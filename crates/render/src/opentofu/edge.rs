//! The root of an environment's edge: zones, certificates and the firewall; and what tells people about its cost.

use std::collections::BTreeSet;

use seaworthy_definition::model::{Channel, EdgeKind};
use seaworthy_knowledge::Knowledge;

use super::hcl::{Block, Body, Expression, list, object, reference};
use super::root::{RootName, label};
use super::{Root, identities};
use crate::input::{Note, Scope};

/// The edge of an environment; `None` where it has neither routes nor a budget. `is_alone`: no other environment
/// shares its account.
pub(super) fn root(scope: &Scope<'_>, is_alone: bool) -> Option<Root> {
    let hosts = hosts(scope);
    let firewall = has_firewall(scope) && !hosts.is_empty();
    let budget = scope.environment.budget.is_some();
    let in_aws = scope.platform.edge.kind != EdgeKind::CloudflareTunnel && !hosts.is_empty();
    if !in_aws && !firewall && !budget {
        return None;
    }
    let mut root = Root::of_environment(RootName::Edge, scope);
    if firewall || budget {
        key(&mut root, scope);
    }
    if in_aws {
        zones(&mut root, scope, &hosts);
    }
    if firewall {
        add_firewall(&mut root, scope);
    }
    if budget {
        add_budget(&mut root, scope, is_alone);
    }
    Some(root)
}

/// What a person should know about what was rendered.
pub(super) fn notes(scope: &Scope<'_>) -> Option<Note> {
    (scope.environment.budget.is_some() && mail_addresses(scope).is_empty()).then(|| Note {
        about: scope.key(),
        text:
            "alarms of its budget reach nobody: AWS tells budgets to mail addresses only here; name a `notify` with \
               `mail` for the environment, or subscribe to the topic"
                .to_owned(),
    })
}

/// The hosts of the environment's public routes.
fn hosts<'a>(scope: &Scope<'a>) -> BTreeSet<&'a str> {
    scope
        .platform
        .services
        .values()
        .filter_map(|service| Some(service.route.as_ref()?.host.as_str()))
        .collect()
}

fn has_firewall(scope: &Scope<'_>) -> bool {
    let edge = &scope.platform.edge;
    edge.waf && edge.kind == EdgeKind::Alb
}

fn key(root: &mut Root, scope: &Scope<'_>) {
    let logs = format!("logs.{}.amazonaws.com", scope.region);
    root.call(
        "key",
        "key",
        Body::new()
            .set("name", scope.names().thing("edge"))
            .set(
                "description",
                format!("Firewall logs and alarms of {}", scope.names().prefix()),
            )
            .set(
                "services",
                list([
                    "backup.amazonaws.com",
                    "budgets.amazonaws.com",
                    "cloudwatch.amazonaws.com",
                    "events.amazonaws.com",
                    &logs,
                ]),
            ),
    );
}

fn zones(root: &mut Root, scope: &Scope<'_>, hosts: &BTreeSet<&str>) {
    let mut zones = Vec::new();
    let mut certificates = Vec::new();
    if let Some(zone) = &scope.environment.existing.zone {
        // An id has neither dots nor lower-case letters.
        let by = if zone.contains('.') {
            "name"
        } else {
            "zone_id"
        };
        root.add(Block::new(
            "data",
            ["aws_route53_zone", "this"],
            Body::new().set(by, zone.trim_end_matches('.')),
        ));
        let id = reference("data.aws_route53_zone.this.zone_id");
        let body = names_and_zone(hosts.iter().copied(), id.clone());
        root.call("certificate", "certificate", body);
        zones.push(("adopted", id));
        certificates.push(("adopted", reference("module.certificate.arn")));
    } else {
        for zone in highest(hosts) {
            let name = label(zone);
            let module = format!("zone_{name}");
            root.call(
                "zone",
                &module,
                Body::new()
                    .set("name", zone)
                    .set("comment", format!("Routes of {}", scope.names().prefix())),
            );
            let id = reference(format!("module.{module}.id"));
            let below = hosts.iter().copied().filter(|host| is_below(host, zone));
            let body = names_and_zone(below, id.clone())
                .comment("Issued when the parent domain names the zone's servers; see the outputs.")
                .set("wait", false);
            root.call("certificate", &format!("certificate_{name}"), body);
            zones.push((zone, id));
            certificates.push((zone, reference(format!("module.certificate_{name}.arn"))));
            root.output(
                &format!("name_servers_{name}"),
                "Name servers that the parent domain must name before the zone is found.",
                reference(format!("module.{module}.name_servers")),
            );
        }
    }
    let ids = zones.iter().map(|(_, id)| id.clone()).collect();
    identities::external_dns(root, scope, ids);
    root.output("zone_ids", "Id of each zone.", object(zones));
    root.output(
        "certificate_arns",
        "Certificate of each zone's hosts.",
        object(certificates),
    );
}

fn names_and_zone<'a>(hosts: impl Iterator<Item = &'a str>, zone: Expression) -> Body {
    Body::new().set("names", list(hosts)).set("zone_id", zone)
}

/// Hosts that are below no other: each gets a zone, and those below it are in that.
fn highest<'a>(hosts: &BTreeSet<&'a str>) -> Vec<&'a str> {
    hosts
        .iter()
        .copied()
        .filter(|host| {
            !hosts
                .iter()
                .any(|other| other != host && is_below(host, other))
        })
        .collect()
}

fn is_below(host: &str, zone: &str) -> bool {
    host == zone
        || host
            .strip_suffix(zone)
            .is_some_and(|rest| rest.ends_with('.'))
}

fn add_firewall(root: &mut Root, scope: &Scope<'_>) {
    let limit = scope
        .platform
        .edge
        .rate_limit
        .unwrap_or(Knowledge.sizes().firewall.rate_limit);
    root.call(
        "web-acl",
        "web_acl",
        Body::new()
            .set("name", scope.names().thing("edge"))
            .set(
                "description",
                format!("Public routes of {}", scope.names().prefix()),
            )
            .set("rate_limit", limit)
            .set("kms_key_arn", reference("module.key.arn")),
    );
    root.output(
        "web_acl_arn",
        "Firewall in front of the load balancer.",
        reference("module.web_acl.arn"),
    );
}

fn add_budget(root: &mut Root, scope: &Scope<'_>, is_alone: bool) {
    let Some(budget) = &scope.environment.budget else {
        return;
    };
    let names = scope.names();
    root.call(
        "notifications",
        "notifications",
        Body::new()
            .set("name", names.thing("alarms"))
            .set("display_name", names.prefix())
            .set("kms_key_arn", reference("module.key.arn"))
            .set("mail_addresses", list(mail_addresses(scope))),
    );
    let mut body = Body::new()
        .set("name", names.thing("month"))
        .set(
            "limit_amount",
            format!("{}.{:02}", budget.cents / 100, budget.cents % 100),
        )
        .set("limit_unit", budget.currency.as_str())
        .set("topic_arn", reference("module.notifications.topic_arn"));
    if !is_alone {
        let tag = match &scope.environment.deployment {
            Some(deployment) => [("key", "deployment"), ("value", deployment)],
            None => [
                ("key", "environment"),
                ("value", scope.environment.name.as_str()),
            ],
        };
        body = body
            .comment(
                "Others share the account: activate the tag as a cost allocation tag, or nothing is counted.",
            )
            .set("tag", object(tag));
    }
    root.call("budget", "budget", body);
    root.output(
        "topic_arn",
        "Topic of alarms about the environment.",
        reference("module.notifications.topic_arn"),
    );
}

/// Who is told by mail about an environment.
pub(super) fn mail_addresses<'a>(scope: &Scope<'a>) -> BTreeSet<&'a str> {
    let targets = &scope.environment.notify;
    targets
        .iter()
        .filter_map(|name| match &scope.platform.notify.get(name)?.channel {
            Channel::Mail(address) => Some(address.as_str()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_below_another_shares_its_zone() {
        let hosts = BTreeSet::from(["a.example.com", "example.com", "b.example.net"]);
        assert_eq!(highest(&hosts), ["b.example.net", "example.com"]);
    }

    #[test]
    fn neighbours_and_lookalikes_do_not() {
        let hosts = BTreeSet::from(["a.example.com", "b.example.com", "notb.example.com"]);
        assert_eq!(highest(&hosts).len(), 3);
    }
}
