//! Modules from elsewhere without a version: what is applied depends on the day of `init`. The lock file pins providers,
//! not modules.

use std::collections::BTreeMap;

use seaworthy_facts::Value;
use seaworthy_facts::terraform::ModuleCall;
use seaworthy_link::World;

use super::module_source_gone::gone;
use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "module-not-pinned",
    severity: Severity::Unreliable,
    page: include_str!("module-not-pinned.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut folders: BTreeMap<String, Vec<(&ModuleCall, &Value)>> = BTreeMap::new();
    for root in &world.facts.terraform.roots {
        for call in &root.calls {
            let Some(source) = &call.source else { continue };
            // A submodule that is gone is a rule of its own, and says the same more sharply.
            if !floats(call, source)
                || gone(world, call).is_some()
                || world.sources.get(call.file).vendored
            {
                continue;
            }
            let uses = folders
                .entry(world.sources.folder(call.file).to_owned())
                .or_default();
            if !uses.iter().any(|(_, other)| other.span == source.span) {
                uses.push((call, source));
            }
        }
    }
    for (folder, uses) in folders {
        let (_, source) = uses[0];
        let name = source.str().unwrap_or_default();
        let and = match uses.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        let mut finding = Finding::new(format!(
            "module `{name}`{and} {} no version: each `init` takes what is newest that day, and the lock file does not hold modules",
            if uses.len() == 1 { "has" } else { "have" }
        ))
        .at(source.span, "no version");
        for (_, other) in uses.iter().skip(1).take(12) {
            finding = finding.and(other.span, "no version");
        }
        findings.push(finding.about([folder, name.to_owned()]));
    }
    together(findings, |_| ());
}

fn floats(call: &ModuleCall, source: &Value) -> bool {
    if call.registry.is_some() {
        return call.version.is_none();
    }
    let Some(source) = source.str() else {
        return false;
    };
    let remote = source.starts_with("git::")
        || source.starts_with("git@")
        || source.starts_with("github.com/")
        || source.starts_with("bitbucket.org/");
    remote
        && match source.split_once("ref=") {
            None => true,
            // A branch moves.
            Some((_, name)) => matches!(name, "main" | "master" | "develop" | "HEAD"),
        }
}
