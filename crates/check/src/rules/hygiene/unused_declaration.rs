//! Variables and locals that nothing reads: whoever sets them changes nothing.

use std::collections::{HashMap, HashSet};

use seaworthy_facts::Span;
use seaworthy_facts::terraform::Declared;
use seaworthy_link::World;

use super::modules::Modules;
use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "unused-declaration",
    severity: Severity::Unreliable,
    page: include_str!("unused-declaration.md"),
    check,
};

/// The most that one finding names.
const MOST: usize = 12;

/// As many modules with one variable that none of them reads share it as a form that each takes whole.
const FORM: usize = 3;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let forms = forms(world);
    let seen = Modules::of(world);
    for module in &world.facts.terraform.modules {
        if module.vendored || !seen.whole(module) {
            continue;
        }
        let used: HashSet<&str> = module.references.iter().map(|(name, _)| &**name).collect();
        // Of something that is nothing but variables, another tool makes use.
        if used.is_empty() {
            continue;
        }
        let unused: Vec<&Declared> = module
            .declared
            .iter()
            .filter(|declared| {
                (declared.address.starts_with("var.") || declared.address.starts_with("local."))
                    && !used.contains(&*declared.address)
                    && !forms.contains(&*declared.address)
                    && !checks(&declared.address)
                    && !is_kept_on_purpose(world, declared)
            })
            .collect();
        let Some((first, others)) = unused.split_first() else {
            continue;
        };
        let what = match others.len() {
            0 => format!("`{}` is", first.address),
            more => format!("`{}` and {more} more are", first.address),
        };
        let mut finding = Finding::new(format!(
            "{what} declared and never read: setting {} changes nothing",
            if others.is_empty() { "it" } else { "them" }
        ))
        .at(first.span, "never read")
        .about([module.folder.clone(), first.address.to_string()]);
        for other in others.iter().take(MOST) {
            finding = finding.and(other.span, "never read");
        }
        if let Some(set) = unused
            .iter()
            .find_map(|declared| set(world, &module.folder, declared))
        {
            finding = finding.and(set, "set here, to no effect");
        }
        findings.push(finding);
    }
    together(findings, |_| ());
}

/// Whether somebody said beside it that nothing reads it: to the linter, or to whoever still sets it.
fn is_kept_on_purpose(world: &World, declared: &Declared) -> bool {
    let text = world.sources.get(declared.span.file).file.text();
    if text.contains("tflint-ignore-file: terraform_unused_declarations") {
        return true;
    }
    let above = text.get(..declared.span.start).unwrap_or_default();
    let ignored = above
        .trim_end_matches([' ', '\t'])
        .trim_end()
        .lines()
        .next_back()
        .is_some_and(|line| {
            line.contains("tflint-ignore") && line.contains("terraform_unused_declarations")
        });
    let below = text.get(declared.span.start..).unwrap_or_default();
    let body = below.split("\n}").next().unwrap_or_default();
    let obsolete = declared.address.starts_with("var.")
        && body
            .lines()
            .filter(|line| line.trim_start().starts_with("description"))
            .any(|line| {
                let line = line.to_ascii_lowercase();
                ["obsolete", "deprecated", "unused", "no longer used"]
                    .iter()
                    .any(|word| line.contains(word))
            });
    ignored || obsolete
}

/// Variables that several modules declare and do not read.
fn forms(world: &World) -> HashSet<&str> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for module in &world.facts.terraform.modules {
        let used: HashSet<&str> = module.references.iter().map(|(name, _)| &**name).collect();
        for declared in &module.declared {
            if declared.address.starts_with("var.") && !used.contains(&*declared.address) {
                *times.entry(&declared.address).or_default() += 1;
            }
        }
    }
    times
        .into_iter()
        .filter(|(_, times)| *times >= FORM)
        .map(|(address, _)| address)
        .collect()
}

/// Locals that stop the plan when something is wrong are there for that.
fn checks(address: &str) -> bool {
    address.starts_with("local.")
        && ["validat", "assert", "check", "ensure", "require"]
            .iter()
            .any(|word| address.contains(word))
}

/// Where a caller sets a variable of a module.
fn set(world: &World, folder: &str, declared: &Declared) -> Option<Span> {
    let name = declared.address.strip_prefix("var.")?;
    world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .filter(|call| call.folder.as_deref() == Some(folder))
        .find_map(|call| Some(call.arguments.map()?.entry(name)?.key_span))
}
