//! A log group is made, kept and perhaps paid for, and what should write to it is switched off.

use seaworthy_facts::documents::ClaimKind;
use seaworthy_facts::terraform::{ModuleCall, Resource, Root};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "log-group-without-producer",
    severity: Severity::Unreliable,
    page: include_str!("log-group-without-producer.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for call in &root.calls {
            findings.extend(module(world, call));
        }
        for group in root.resources("aws_cloudwatch_log_group") {
            if group.from_summary {
                continue;
            }
            let Some(name) = group.at("name").and_then(Value::text) else {
                continue;
            };
            findings.extend(
                control_plane(root, group, &name)
                    .or_else(|| database(root, group, &name))
                    .or_else(|| flow(world, root, group, &name)),
            );
        }
    }
}

/// A registry module that is told how to keep logs and not to write them.
fn module(world: &World, call: &ModuleCall) -> Option<Finding> {
    let row = world.knowledge.log_switch(call.registry.as_deref()?)?;
    let arguments = &call.arguments;
    let asked = row.asks.iter().find_map(|name| {
        let entry = arguments.map()?.entry(name)?;
        let off = entry.value.bool() == Some(false) || entry.value.is_null();
        (!off).then_some(entry)
    })?;
    let switch = row
        .switch
        .iter()
        .find_map(|name| arguments.map()?.entry(name));
    let off = match switch.map(|entry| &entry.value) {
        None => !row.default,
        Some(value) if value.is_unknown() => false,
        Some(value) => value.bool() == Some(false) || (is_list(value) && value.items().is_empty()),
    };
    if !off {
        return None;
    }
    let claim = (row.logs == "flow logs")
        .then(|| claim(world, ClaimKind::FlowLogs))
        .flatten();
    // Who writes `false` means it, unless a document says otherwise.
    if switch.is_some() && claim.is_none() {
        return None;
    }
    let name = &row.switch[0];
    let finding = Finding::new(format!(
        "`{}` prepares for {} and nothing writes any: `{name}` is not set",
        call.address, row.logs
    ))
    .at(
        asked.key_span,
        format!("`{}` only says how {} are kept", asked.key, row.logs),
    )
    .and_maybe(switch.map(|entry| (entry.value.span, "and this leaves them off".to_owned())))
    .hint(format!("set `{name}`, or take `{}` away", asked.key))
    .assume(format!(
        "module `{}` writes {} only with `{name}` (table of {})",
        row.source,
        row.logs,
        world.knowledge.log_switches_read()
    ))
    .about([call.address.to_string(), row.logs.clone()]);
    Some(
        finding
            .and_maybe(claim.map(|span| (span, "flow logs are said to be collected".to_owned()))),
    )
}

/// The group that EKS writes to by its name, of a cluster that writes nothing.
fn control_plane(root: &Root, group: &Resource, name: &Text) -> Option<Finding> {
    let cluster = root.resources("aws_eks_cluster").find(|cluster| {
        let mut wanted = Text::from("/aws/eks/");
        match cluster.at("name").and_then(Value::text) {
            Some(own) => wanted.push(&own),
            None => return false,
        }
        wanted.push_str("/cluster");
        wanted.same(name) == Same::Always || named_after(group, cluster, name)
    })?;
    if cluster.from_summary {
        return None;
    }
    let types = cluster.at("enabled_cluster_log_types");
    if types.is_some_and(|types| !is_list(types) || !types.items().is_empty()) {
        return None;
    }
    let place = group.at("name").map_or(group.span, |name| name.span);
    Some(
        Finding::new(format!(
            "cluster `{}` writes no control plane logs: its log group stays empty, audit log included",
            cluster.address
        ))
        .at(place, "this group is for the control plane's logs")
        .and(
            types.map_or(cluster.span, |types| types.span),
            "no `enabled_cluster_log_types`",
        )
        .hint("set `enabled_cluster_log_types = [\"api\", \"audit\", \"authenticator\"]`")
        .about([cluster.address.to_string()]),
    )
}

/// The group's name is put together from the cluster's own attributes.
fn named_after(group: &Resource, cluster: &Resource, name: &Text) -> bool {
    name.known_prefix() == "/aws/eks/"
        && name.known_suffix() == "/cluster"
        && (group.body.refers_to(&cluster.address) || group.body.refers_to(&cluster.plain_address))
}

/// The group that RDS writes to by its name, of a database that exports nothing.
fn database(root: &Root, group: &Resource, name: &Text) -> Option<Finding> {
    let (start, kind, attribute) = [
        ("/aws/rds/instance/", "aws_db_instance", "identifier"),
        ("/aws/rds/cluster/", "aws_rds_cluster", "cluster_identifier"),
    ]
    .into_iter()
    .find(|(start, ..)| name.known_prefix().starts_with(start))?;
    let (_, log) = name.rsplit_once('/')?;
    let log = log.literal()?.to_owned();
    let database = root.resources(kind).find(|database| {
        let Some(own) = database.at(attribute).and_then(Value::text) else {
            return false;
        };
        let mut wanted = Text::from(start);
        wanted.push(&own);
        wanted.push_str(&format!("/{log}"));
        wanted.same(name) == Same::Always
    })?;
    if database.from_summary {
        return None;
    }
    let exports = database.at("enabled_cloudwatch_logs_exports");
    if let Some(exports) = exports {
        let missing = is_list(exports)
            && exports
                .items()
                .iter()
                .all(|item| item.str().is_some_and(|item| item != log));
        if !missing {
            return None;
        }
    }
    let place = group.at("name").map_or(group.span, |name| name.span);
    Some(
        Finding::new(format!(
            "`{}` does not export its log `{log}`: the group for it stays empty",
            database.address
        ))
        .at(place, format!("this group is for log `{log}`"))
        .and(
            exports.map_or(database.span, |exports| exports.span),
            format!("`enabled_cloudwatch_logs_exports` lacks `{log}`"),
        )
        .about([database.address.to_string(), log]),
    )
}

/// A group for flow logs in a configuration without any flow log.
fn flow(world: &World, root: &Root, group: &Resource, name: &Text) -> Option<Finding> {
    let says_flow = |text: &str| {
        let text = text.to_ascii_lowercase().replace(['_', '-'], "");
        text.contains("flowlog")
    };
    if !says_flow(&name.to_string()) && !says_flow(&group.name) {
        return None;
    }
    let used = root.resources("aws_flow_log").next().is_some()
        || root.users(&group.address).next().is_some()
        || root.users(&group.plain_address).next().is_some()
        || root.calls.iter().any(|call| {
            call.arguments.refers_to(&group.address)
                || call.arguments.refers_to(&group.plain_address)
                // An unseen module may make the flow log.
                || (!call.summarised && call.folder.is_none())
        })
        || root.outputs.iter().any(|output| {
            output.value.refers_to(&group.address) || output.value.refers_to(&group.plain_address)
        });
    if used {
        return None;
    }
    let place = group.at("name").map_or(group.span, |name| name.span);
    let claim = claim(world, ClaimKind::FlowLogs);
    let vpc = root.resources("aws_vpc").find(|vpc| !vpc.from_summary)?;
    Some(
        Finding::new(format!(
            "nothing writes flow logs to `{}`: the configuration has no `aws_flow_log`",
            group.address
        ))
        .at(place, "a group for flow logs")
        .and(vpc.span, "this network has no flow log")
        .and_maybe(claim.map(|span| (span, "flow logs are said to be collected".to_owned())))
        .about([group.address.to_string()]),
    )
}

fn claim(world: &World, about: ClaimKind) -> Option<Span> {
    let claims = &world.facts.documents.claims;
    claims
        .iter()
        .find(|claim| claim.about == about)
        .map(|claim| claim.span)
}

fn is_list(value: &Value) -> bool {
    matches!(value.data, seaworthy_facts::Data::List(_))
}
