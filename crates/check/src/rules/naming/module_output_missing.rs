//! A configuration reads an output that the module, which is here, does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::Span;
use seaworthy_facts::terraform::{Declared, ModuleCall, ModuleSource};
use seaworthy_link::World;

use crate::rules::hygiene::modules::Modules;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "module-output-missing",
    severity: Severity::Breaks,
    page: include_str!("module-output-missing.md"),
    check,
};

/// A module that lacks so many outputs is completed by something that is not seen.
const COMPLETED: usize = 6;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let seen = Modules::of(world);
    let terraform = &world.facts.terraform;
    let calls: Vec<&ModuleCall> = terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .collect();
    for module in terraform.modules.iter().filter(|module| !module.vendored) {
        let mut told: HashSet<&str> = HashSet::new();
        let mut lacking: Vec<(&str, &str, Span, &ModuleSource)> = Vec::new();
        for (read, span) in &module.outputs_read {
            let Some((name, output)) = read
                .strip_prefix("module.")
                .and_then(|read| read.split_once('.'))
            else {
                continue;
            };
            let Some(called) = calls
                .iter()
                .find(|call| is_call(call, module, name))
                .and_then(|call| call.folder.as_ref())
                .and_then(|folder| terraform.modules.iter().find(|one| one.folder == *folder))
                .filter(|called| seen.whole(called))
            else {
                continue;
            };
            if !outputs(called).any(|(own, _)| own == output) && told.insert(read) {
                lacking.push((name, output, *span, called));
            }
        }
        if lacking.len() < COMPLETED {
            findings.extend(lacking.into_iter().map(finding));
        }
    }
}

/// Whether a call is that of this name in this module.
fn is_call(call: &ModuleCall, module: &ModuleSource, name: &str) -> bool {
    module.files.contains(&call.file)
        && call
            .address
            .rsplit_once("module.")
            .is_some_and(|(_, own)| own.split('[').next() == Some(name))
}

fn outputs(module: &ModuleSource) -> impl Iterator<Item = (&str, &Declared)> {
    module
        .declared
        .iter()
        .filter_map(|declared| Some((declared.address.strip_prefix("output.")?, declared)))
}

fn finding((name, output, span, called): (&str, &str, Span, &ModuleSource)) -> Finding {
    let near = suggest(output, outputs(called).map(|(own, _)| own));
    let declared = outputs(called)
        .find(|(own, _)| Some(*own) == near)
        .or_else(|| outputs(called).next());
    let finding = Finding::new(format!(
        "module `{name}` has no output `{output}`: nothing here can be planned"
    ))
    .at(span, format!("`{}` does not give this out", called.folder))
    .and_maybe(declared.map(|(own, declared)| (declared.span, format!("it gives out `{own}`"))))
    .about([name, output]);
    match near {
        Some(near) => finding.hint(format!("did you mean `module.{name}.{near}`?")),
        None => finding,
    }
}
