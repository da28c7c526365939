//! Settings that a registry module does not read: keys of arguments whose type is `any`, where nobody says a word, and
//! arguments that the module had in another version.

use seaworthy_facts::terraform::ModuleCall;
use seaworthy_facts::{Data, Span, Value};
use seaworthy_knowledge::{Module, Untyped, Version};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "module-argument-ignored",
    severity: Severity::Breaks,
    page: include_str!("module-argument-ignored.md"),
    check,
};

/// The most keys that one finding labels.
const MOST: usize = 16;

/// A key that is not read.
struct Ignored {
    key: String,
    span: Span,
    instead: Option<String>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for call in &root.calls {
            let Some(module) = call
                .registry
                .as_deref()
                .and_then(|name| world.knowledge.module(name))
            else {
                continue;
            };
            let constraint = match &call.version {
                Some(version) => match version.str() {
                    Some(text) => Some(text),
                    None => continue,
                },
                None => None,
            };
            let Some(version) = module.at(constraint) else {
                continue;
            };
            unread_keys(call, module, version, findings);
            unknown_arguments(call, module, version, findings);
        }
    }
}

/// Keys within arguments that take anything.
fn unread_keys(call: &ModuleCall, module: &Module, version: &Version, findings: &mut Vec<Finding>) {
    let mut ignored: Vec<Ignored> = Vec::new();
    for entry in call.arguments.entries() {
        let Some(untyped) = version.untyped.get(&*entry.key) else {
            continue;
        };
        for settings in settings(&entry.value, untyped) {
            for setting in settings.entries() {
                let known = untyped.keys.iter().any(|key| **key == *setting.key);
                if !known && !ignored.iter().any(|one| one.span == setting.key_span) {
                    ignored.push(Ignored {
                        key: setting.key.to_string(),
                        span: setting.key_span,
                        instead: version.renamed.get(&*setting.key).cloned(),
                    });
                }
            }
        }
    }
    // A key that no version knew may be for something else that reads the same map.
    if !ignored.iter().any(|one| one.instead.is_some()) {
        return;
    }
    let places: Vec<Span> = ignored.iter().map(|one| one.span).collect();
    let first = ignored
        .iter()
        .position(|one| one.instead.is_some())
        .unwrap_or(0);
    let one = &ignored[first];
    let mut names: Vec<&str> = ignored.iter().map(|one| one.key.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let and = match names.len() {
        1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    let mut finding = Finding::new(format!(
        "module `{}` does not read `{}`{and} in its version {}: what they say does not happen, and nothing reports it",
        module.name,
        one.key,
        which(version),
    ))
    .at(one.span, label(one));
    finding = told_version(finding, call, version);
    for other in ignored
        .iter()
        .enumerate()
        .filter(|(index, other)| *index != first && places.contains(&other.span))
        .map(|(_, other)| other)
        .take(MOST)
    {
        finding = finding.and(other.span, label(other));
    }
    findings.push(
        finding
            .assume(format!(
                "keys that `{}` {} reads, taken from its text ({})",
                module.name,
                which(version),
                module.read
            ))
            .about([call.address.to_string(), one.key.clone()]),
    );
}

/// Arguments that the module has no more, or not yet.
fn unknown_arguments(
    call: &ModuleCall,
    module: &Module,
    version: &Version,
    findings: &mut Vec<Finding>,
) {
    if version.arguments.is_empty() {
        return;
    }
    let elsewhere = |name: &str| {
        module
            .versions
            .iter()
            .find(|other| other.arguments.iter().any(|argument| argument == name))
    };
    let unknown: Vec<_> = call
        .arguments
        .entries()
        .iter()
        .filter(|entry| {
            !version
                .arguments
                .iter()
                .any(|argument| **argument == *entry.key)
        })
        // What no version had may have been added after the table was read.
        .filter(|entry| elsewhere(&entry.key).is_some())
        .collect();
    let Some((first, others)) = unknown.split_first() else {
        return;
    };
    let and = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut finding = Finding::new(format!(
        "module `{}` takes no argument `{}`{and} in its version {}: nothing of this configuration can be planned",
        module.name,
        first.key,
        which(version),
    ))
    .at(
        first.key_span,
        match version.renamed.get(&*first.key) {
            Some(name) => format!("called `{name}` in this version"),
            None => "unknown to this version".to_owned(),
        },
    );
    finding = told_version(finding, call, version);
    for other in others.iter().take(MOST) {
        finding = finding.and(other.key_span, "unknown to this version");
    }
    findings.push(
        finding
            .assume(format!(
                "arguments of `{}` {}, taken from its text ({})",
                module.name,
                which(version),
                module.read
            ))
            .about([call.address.to_string(), first.key.to_string()]),
    );
}

fn told_version(finding: Finding, call: &ModuleCall, version: &Version) -> Finding {
    match (&call.version, &call.source) {
        (Some(pinned), _) => finding.and(pinned.span, "this version"),
        (None, Some(source)) => finding.and(
            source.span,
            format!("no version: the newest, {}, is taken", which(version)),
        ),
        (None, None) => finding,
    }
}

fn label(ignored: &Ignored) -> String {
    match &ignored.instead {
        Some(name) => format!("not read; `{name}` is"),
        None => "not read".to_owned(),
    }
}

fn which(version: &Version) -> String {
    if version.from == version.to {
        version.to.to_string()
    } else {
        format!("{} to {}", version.from, version.to)
    }
}

/// The maps of settings that an argument holds.
fn settings<'a>(value: &'a Value, untyped: &Untyped) -> Vec<&'a Value> {
    if untyped.each {
        return value.entries().iter().map(|entry| &entry.value).collect();
    }
    if untyped.list {
        return value.items().iter().collect();
    }
    match &value.data {
        Data::Map(_) => vec![value],
        _ => Vec::new(),
    }
}
