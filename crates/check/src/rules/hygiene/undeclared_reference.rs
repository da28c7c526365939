//! A configuration refers to something that it does not declare. Silent where part of the module could not be read.

use std::collections::{HashMap, HashSet};

use seaworthy_facts::terraform::{Declared, ModuleSource};
use seaworthy_link::World;

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

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut lacking: HashMap<String, usize> = HashMap::new();
    let mut told_of: Vec<(Finding, String)> = Vec::new();
    for module in &world.facts.terraform.modules {
        if module.vendored || !super::modules::whole(world, module) {
            continue;
        }
        let declared: HashSet<&str> = module
            .declared
            .iter()
            .map(|declared| &*declared.address)
            .collect();
        let mut told = HashSet::new();
        let mut of_module = Vec::new();
        for (address, span) in &module.references {
            if declared.contains(&**address) || !is_reference(address) || !told.insert(address) {
                continue;
            }
            let others = module
                .references
                .iter()
                .filter(|(other, place)| other == address && place != span)
                .count();
            let mut finding = Finding::new(format!(
                "`{address}` is not declared in this module: nothing here can be planned"
            ))
            .at(*span, "refers to nothing")
            .and_maybe(
                nearest(module, address)
                    .map(|declared| (declared.span, format!("`{}` is declared", declared.address))),
            )
            .about([module.folder.clone(), address.to_string()]);
            if others > 0 {
                finding = finding.note(format!("{others} more references to it"));
            }
            *lacking.entry(address.to_string()).or_default() += 1;
            of_module.push((finding, address.to_string()));
        }
        if of_module.len() < COMPLETED {
            told_of.append(&mut of_module);
        }
    }
    findings.extend(
        told_of
            .into_iter()
            .filter(|(_, address)| lacking.get(address).is_none_or(|modules| *modules < SHARED))
            .map(|(finding, _)| finding),
    );
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
                || other.replace(['-', '_'], "") == name.replace(['-', '_'], "")
        });
    }
    match same.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}
