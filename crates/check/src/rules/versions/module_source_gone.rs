//! A submodule that the version which will be fetched no longer has.

use std::collections::BTreeMap;

use seaworthy_facts::Value;
use seaworthy_facts::terraform::ModuleCall;
use seaworthy_knowledge::{Module, newest_major};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "module-source-gone",
    severity: Severity::Breaks,
    page: include_str!("module-source-gone.md"),
    check,
};

/// The module and the major version in which this call's submodule is gone.
pub(super) fn gone(world: &World, call: &ModuleCall) -> Option<(&'static Module, u32)> {
    let module = world.knowledge.module(call.registry.as_deref()?)?;
    let gone_in = module.gone_in?;
    let picked = match &call.version {
        Some(version) => newest_major(version.str()?, module.newest)?,
        None => module.newest,
    };
    (picked >= gone_in).then_some((module, gone_in))
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Uses in one file are one thing to change.
    let mut files: BTreeMap<_, Vec<(&ModuleCall, &Value, &Module, u32)>> = BTreeMap::new();
    for root in &world.facts.terraform.roots {
        for call in &root.calls {
            if call.folder.is_some() {
                continue;
            }
            if let (Some((module, gone_in)), Some(source)) = (gone(world, call), &call.source) {
                let uses = files.entry(call.file).or_default();
                if !uses.iter().any(|(_, other, ..)| other.span == source.span) {
                    uses.push((call, source, module, gone_in));
                }
            }
        }
    }
    for uses in files.values() {
        let (call, source, module, gone_in) = uses[0];
        let (whole, submodule) = module.name.split_once("//").unwrap_or((&module.name, ""));
        let mut finding = Finding::new(format!(
            "`{submodule}` is gone from module `{whole}` since its version {gone_in}, which is what is fetched here: `tofu init` fails"
        ));
        finding = finding.at(
            source.span,
            match &call.version {
                Some(_) => format!("not in version {gone_in}"),
                None => format!("no version, so the newest is fetched ({})", module.newest),
            },
        );
        if let Some(version) = &call.version {
            finding = finding.and(version.span, format!("allows version {}", module.newest));
        }
        for (_, other, ..) in uses.iter().skip(1).take(16) {
            finding = finding.and(other.span, "so is this");
        }
        if let Some(instead) = &module.instead {
            finding = finding.hint(format!(
                "pin a version below {gone_in}, or move to {instead} with the arguments it takes"
            ));
        }
        findings.push(
            finding
                .assume(format!(
                    "the submodules of `{whole}`, read on {}",
                    module.read
                ))
                .about([
                    module.name.clone(),
                    world.sources.path(call.file).to_owned(),
                ]),
        );
    }
}
