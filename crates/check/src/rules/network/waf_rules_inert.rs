//! A web ACL that blocks nothing: it allows by default and only allows, or its blocking rules match empty lists.

use seaworthy_facts::terraform::{ModuleCall, Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "waf-rules-inert",
    severity: Severity::Insecure,
    page: include_str!("waf-rules-inert.md"),
    check,
};

/// Words by which programs fill lists of addresses from outside.
const FILLERS: [&str; 4] = [
    "update-ip-set",
    "UpdateIPSet",
    "update_ip_set",
    "updateIPSet",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for acl in root.resources("aws_wafv2_web_acl") {
            allows_only(acl, findings);
            empty_lists(world, root, acl, findings);
        }
        for call in &root.calls {
            module_allows_only(call, findings);
        }
    }
}

/// An ACL of OpenTofu's own resource.
fn allows_only(acl: &Resource, findings: &mut Vec<Finding>) {
    let Some(allow) = acl.at("default_action.allow") else {
        return;
    };
    let Some(rules) = acl.at("rule") else {
        return;
    };
    let harmless = rules.each().iter().all(|rule| {
        // A group of rules brings its own actions; what is not known may block.
        !rule.is_unknown()
            && rule.get("override_action").is_none()
            && (rule.at("action.allow").is_some() || rule.at("action.count").is_some())
    });
    if !harmless || rules.each().is_empty() {
        return;
    }
    let span = allow.each().first().map_or(allow.span, |block| block.span);
    findings.push(finding(
        &acl.plain_address,
        span,
        rules.each().iter().map(action_span).collect(),
    ));
}

fn action_span(rule: &Value) -> Span {
    rule.get("action").map_or(rule.span, |action| action.span)
}

/// An ACL of the module that most use for it.
fn module_allows_only(call: &ModuleCall, findings: &mut Vec<Finding>) {
    if call.registry.as_deref() != Some("umotif-public/waf-webaclv2/aws") {
        return;
    }
    let default = call.arguments.get("allow_default_action");
    let rules = call.arguments.get("rules").map_or(&[][..], Value::items);
    let allows = |rule: &Value| {
        matches!(
            rule.get("action").and_then(Value::str),
            Some("allow" | "count")
        ) && rule.get("override_action").is_none()
            && rule.get("managed_rule_group_statement").is_none()
    };
    if rules.is_empty()
        || !rules.iter().all(allows)
        || default.is_some_and(|value| value.bool() != Some(true))
    {
        return;
    }
    let place = default.map_or(call.span, |value| value.span);
    let actions = rules
        .iter()
        .filter_map(|rule| Some(rule.get("action")?.span))
        .collect();
    findings.push(finding(&call.address, place, actions));
}

fn finding(name: &str, default: Span, actions: Vec<Span>) -> Finding {
    let mut finding = Finding::new(format!(
        "web ACL `{name}` allows what no rule matches, and its rules only allow: it blocks nothing"
    ))
    .at(default, "everything else is allowed too")
    .about([name.to_owned()])
    .hint("block by default if the rules name who may come in");
    for action in actions.into_iter().take(8) {
        finding = finding.and(action, "allows");
    }
    finding
}

/// Blocking rules of which every list is empty.
fn empty_lists(world: &World, root: &Root, acl: &Resource, findings: &mut Vec<Finding>) {
    let mut sets: Vec<(&Resource, Span)> = Vec::new();
    for rule in acl.at("rule").map_or(&[][..], Value::each) {
        if rule.at("action.block").is_none() {
            continue;
        }
        let Some(statement) = rule.get("statement") else {
            continue;
        };
        let lists = lists(root, statement);
        if lists.is_empty() || !lists.iter().all(|(set, _)| set.is_some_and(is_empty)) {
            continue;
        }
        sets.extend(
            lists
                .into_iter()
                .filter_map(|(set, span)| Some((set?, span))),
        );
    }
    let Some((first, _)) = sets.first() else {
        return;
    };
    let filled = world.sources.iter().any(|source| {
        !source.vendored
            && FILLERS
                .iter()
                .any(|filler| source.file.text().contains(filler))
    });
    if filled {
        return;
    }
    let place = first.at("addresses").map_or(first.span, |value| value.span);
    let mut finding = Finding::new(format!(
        "the blocking rules of web ACL `{}` match lists that are made empty and that nothing in these files fills: they never match",
        acl.plain_address
    ))
    .at(place, "no addresses")
    .about([acl.address.to_string()]);
    let mut told = Vec::new();
    for (_, span) in &sets {
        if !told.contains(span) && told.len() < 12 {
            told.push(*span);
            finding = finding.and(*span, "matches nobody");
        }
    }
    // Something elsewhere may fill them, where changes are ignored.
    let ignored = first
        .meta
        .get("lifecycle")
        .is_some_and(|lifecycle| lifecycle.at("ignore_changes").is_some());
    findings.push(if ignored {
        finding.confidence(Confidence::Possible)
    } else {
        finding
    });
}

/// The address lists of a statement, whatever it combines; `None` for one that is not seen. Empty where it also matches
/// by anything else.
fn lists<'a>(root: &'a Root, statement: &Value) -> Vec<(Option<&'a Resource>, Span)> {
    let mut found = Vec::new();
    let mut other = false;
    statement.walk(&mut |value| {
        for entry in value.entries() {
            match &*entry.key {
                "ip_set_reference_statement" => {
                    for reference in entry.value.each() {
                        let Some(arn) = reference.get("arn") else {
                            continue;
                        };
                        let set = arn
                            .as_unknown()
                            .and_then(|unknown| root.find(unknown.resource.as_deref()?));
                        found.push((set, arn.span));
                    }
                }
                "and_statement"
                | "not_statement"
                | "byte_match_statement"
                | "geo_match_statement"
                | "rate_based_statement"
                | "managed_rule_group_statement"
                | "regex_match_statement"
                | "regex_pattern_set_reference_statement"
                | "size_constraint_statement"
                | "sqli_match_statement"
                | "xss_match_statement"
                | "label_match_statement"
                | "rule_group_reference_statement" => other = true,
                _ => {}
            }
        }
    });
    if other { Vec::new() } else { found }
}

fn is_empty(set: &Resource) -> bool {
    set.at("addresses")
        .is_some_and(|addresses| matches!(&addresses.data, seaworthy_facts::Data::List(items) if items.is_empty()))
}
