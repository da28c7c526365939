//! A destroy-time provisioner hangs on triggers that change at every run: the resource is replaced, and the
//! provisioner runs, each time.

use std::collections::HashSet;

use seaworthy_facts::Span;
use seaworthy_facts::terraform::{ModuleSource, Resource};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "destroy-provisioner-reruns",
    severity: Severity::Unreliable,
    page: include_str!("destroy-provisioner-reruns.md"),
    check,
};

/// What gives another value at every run.
const ROTATING: [&str; 3] = [
    "data.aws_eks_cluster_auth.",
    "data.google_client_config.",
    "data.aws_ecr_authorization_token.",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for resource in &root.resources {
            if !matches!(&*resource.kind, "null_resource" | "terraform_data") {
                continue;
            }
            let Some(destroys) = destroys(resource) else {
                continue;
            };
            let Some(triggers) = resource
                .at("triggers")
                .or_else(|| resource.at("triggers_replace"))
            else {
                continue;
            };
            let Some(module) = world
                .facts
                .terraform
                .modules
                .iter()
                .find(|module| module.files.contains(&resource.file))
            else {
                continue;
            };
            let Some((address, place)) = rotating(module, triggers.span) else {
                continue;
            };
            findings.push(
                Finding::new(format!(
                    "`{}` is replaced at every apply, and its destroy-time provisioner runs each time: its triggers hold `{address}`, which is new at every run and stays in the state",
                    resource.address
                ))
                .at(triggers.span, "new at every run")
                .and(destroys, "runs when it is replaced")
                .and_maybe((place != triggers.span).then(|| (place, "this rotates".to_owned())))
                .about([resource.address.to_string()]),
            );
        }
    }
}

fn destroys(resource: &Resource) -> Option<Span> {
    resource
        .meta
        .get("provisioner")?
        .each()
        .iter()
        .find_map(|provisioner| {
            let when = provisioner.get("when")?;
            (when.str() == Some("destroy")).then_some(when.span)
        })
}

/// The rotating thing that an expression depends on, through data sources and locals of its module, and where the
/// expression itself first leads there.
fn rotating(module: &ModuleSource, start: Span) -> Option<(String, Span)> {
    let within = |outer: Span, inner: Span| {
        outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
    };
    let mut seen = HashSet::new();
    let mut open: Vec<(Span, Option<Span>)> = vec![(start, None)];
    while let Some((span, entry)) = open.pop() {
        for (address, place) in &module.references {
            if !within(span, *place) {
                continue;
            }
            let entry = entry.unwrap_or(*place);
            if ROTATING
                .iter()
                .any(|rotating| address.starts_with(rotating))
            {
                return Some((address.to_string(), entry));
            }
            if seen.len() < 50
                && (address.starts_with("data.") || address.starts_with("local."))
                && seen.insert(address.clone())
                && let Some(declared) = module
                    .declared
                    .iter()
                    .find(|declared| declared.address == *address)
            {
                open.push((declared.block, Some(entry)));
            }
        }
    }
    None
}
