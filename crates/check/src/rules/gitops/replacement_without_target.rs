//! A replacement of Kustomize puts a value into an object that is not there: what was to be filled in stays as it was.

use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "replacement-without-target",
    severity: Severity::Breaks,
    page: include_str!("replacement-without-target.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for kustomization in &world.facts.kubernetes.kustomizations {
        for (span, _) in &kustomization.idle {
            let name = world.sources.slice(*span).trim_matches(['"', '\'']);
            // Of what this kustomization makes, another place of the same value may be meant.
            findings.push(
                Finding::new(format!(
                    "a replacement puts a value into `{name}`, which the kustomization in `{}` does not have: nothing is filled in",
                    match &*kustomization.folder {
                        "" => ".",
                        folder => folder,
                    }
                ))
                .at(*span, "no object here has this name")
                .about([kustomization.folder.to_string(), name.to_owned()]),
            );
        }
    }
}
