//! A module of this repository is given an argument that it does not declare.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::Span;
use seaworthy_facts::terraform::Declared;
use seaworthy_link::World;

use crate::rules::hygiene::modules::Modules;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "module-argument-unknown",
    severity: Severity::Breaks,
    page: include_str!("module-argument-unknown.md"),
    check,
};

/// What every call may have.
const OF_CALLS: [&str; 6] = [
    "source",
    "version",
    "providers",
    "count",
    "for_each",
    "depends_on",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let seen = Modules::of(world);
    let mut told: HashSet<Span> = HashSet::new();
    for call in world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
    {
        let Some(folder) = &call.folder else { continue };
        let Some(module) = world
            .facts
            .terraform
            .modules
            .iter()
            .find(|module| module.folder == *folder && seen.whole(module))
        else {
            continue;
        };
        let variables: Vec<(&str, &Declared)> = module
            .declared
            .iter()
            .filter_map(|declared| Some((declared.address.strip_prefix("var.")?, declared)))
            .collect();
        for entry in call.arguments.entries() {
            let name = &*entry.key;
            if OF_CALLS.contains(&name)
                || variables.iter().any(|(own, _)| *own == name)
                || !told.insert(entry.key_span)
            {
                continue;
            }
            let unset: Vec<&str> = variables
                .iter()
                .map(|(own, _)| *own)
                .filter(|own| call.arguments.get(own).is_none())
                .collect();
            let near = suggest(name, unset.iter().copied()).or_else(|| {
                // The only one that must be given and is not.
                let mut wanted = unset.iter().copied().filter(|own| {
                    variables.iter().any(|(name, declared)| {
                        name == own && !world.sources.slice(declared.block).contains("default")
                    })
                });
                let first = wanted.next();
                first.filter(|_| wanted.next().is_none())
            });
            // A module of which nothing resembles the argument is completed by something that is not seen.
            let Some((near, declared)) = near.and_then(|near| {
                variables
                    .iter()
                    .find(|(own, _)| *own == near)
                    .map(|(_, declared)| (near, *declared))
            }) else {
                continue;
            };
            findings.push(
                Finding::new(format!(
                    "module `{folder}` has no variable `{name}`: nothing here can be planned"
                ))
                .at(entry.key_span, "the module does not declare it")
                .and(declared.span, "it declares this one")
                .hint(format!("did you mean `{near}`?"))
                .about([call.address.to_string(), name.to_owned()]),
            );
        }
    }
}
