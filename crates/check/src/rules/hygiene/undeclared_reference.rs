//! A configuration refers to something that it does not declare. Silent where part of the module could not be read.

use std::collections::{HashMap, HashSet};

use seaworthy_facts::Span;
use seaworthy_facts::terraform::{Declared, ModuleSource};
use seaworthy_link::World;

use super::modules::Modules;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "undeclared-reference",
    severity: Severity::Breaks,
    page: include_str!("undeclared-reference.md"),
    check,
};

/// A name that so many modules lack comes from a place that is not seen: a generator, a link, a wrapper.
const SHARED: usize = 3;
/// A module that lacks so many names is completed by something that is not seen.
const COMPLETED: usize = 6;

/// The most labels one finding has.
const MOST: usize = 12;

/// A module and the names that it refers to and does not declare, each with its first place.
type Lacking<'a> = (&'a ModuleSource, Vec<(&'a str, Span)>);

fn check(world: &World, findings: &mut Vec<Finding>) {
    let seen = Modules::of(world);
    let mut times: HashMap<&str, usize> = HashMap::new();
    let mut modules: Vec<Lacking<'_>> = Vec::new();
    for module in &world.facts.terraform.modules {
        if module.vendored || !seen.whole(module) {
            continue;
        }
        let declared = module.declared.iter();
        let declared: HashSet<&str> = declared.map(|declared| &*declared.address).collect();
        let mut told = HashSet::new();
        let lacking: Vec<(&str, Span)> = module
            .references
            .iter()
            .map(|(address, span)| (&**address, *span))
            .filter(|(address, _)| {
                !declared.contains(address) && is_reference(address) && told.insert(*address)
            })
            .collect();
        for (address, _) in &lacking {
            *times.entry(address).or_default() += 1;
        }
        if lacking.len() < COMPLETED {
            modules.push((module, lacking));
        }
    }
    for (module, mut lacking) in modules {
        lacking.retain(|(address, _)| times.get(address).is_none_or(|times| *times < SHARED));
        findings.extend(told(module, &lacking));
    }
}

/// One finding for a module: whoever plans it sees all of them.
fn told(module: &ModuleSource, lacking: &[(&str, Span)]) -> Option<Finding> {
    let ((first, place), others) = lacking.split_first()?;
    let what = match others.len() {
        0 => format!("`{first}` is"),
        more => format!("`{first}` and {more} more are"),
    };
    let mut finding = Finding::new(format!(
        "{what} not declared in this module: nothing here can be planned"
    ))
    .at(*place, "refers to nothing")
    .about(std::iter::once(module.folder.as_str()).chain(lacking.iter().map(|(name, _)| *name)));
    let near = |address: &str| {
        nearest(module, address)
            .map(|declared| (declared.span, format!("`{}` is declared", declared.address)))
    };
    finding = finding.and_maybe(near(first));
    for (address, place) in others.iter().take(MOST) {
        finding = finding
            .and(*place, format!("`{address}` is nothing either"))
            .and_maybe(near(address));
    }
    let again = module
        .references
        .iter()
        .filter(|(other, span)| {
            lacking
                .iter()
                .any(|(address, place)| **other == **address && span != place)
        })
        .count();
    Some(match again {
        0 => finding,
        again => finding.note(format!("{again} more references")),
    })
}

/// Whether a path is a reference for sure: kinds of resources have an underscore in their names.
fn is_reference(address: &str) -> bool {
    match address.split_once('.') {
        Some(("var" | "local" | "module" | "data", _)) => true,
        Some((kind, _)) => kind.contains('_'),
        None => false,
    }
}

/// What is declared of the same kind, if it is one, or almost has the name.
fn nearest<'a>(module: &'a ModuleSource, address: &str) -> Option<&'a Declared> {
    let (kind, name) = address.rsplit_once('.')?;
    let mut same: Vec<&Declared> = module
        .declared
        .iter()
        .filter(|declared| {
            declared
                .address
                .rsplit_once('.')
                .is_some_and(|(other, _)| other == kind)
        })
        .collect();
    if same.len() > 1 {
        same.retain(|declared| {
            let other = declared.address.rsplit('.').next().unwrap_or_default();
            other.contains(name)
                || name.contains(other)
                || seaworthy_diagnostics::suggest(name, [other]).is_some()
        });
    }
    match same.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}
