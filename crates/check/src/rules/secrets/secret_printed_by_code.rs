//! A program writes to its log what it is given as a secret.

use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{From, containers};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "secret-printed-by-code",
    severity: Severity::Insecure,
    page: include_str!("secret-printed-by-code.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for program in &world.facts.code.programs {
        for leak in &program.leaks {
            let given = containers(world)
                .filter(|container| {
                    container
                        .image()
                        .and_then(|image| built::program(world, image))
                        .is_some_and(|own| std::ptr::eq(own, program))
                })
                .find_map(|container| {
                    container
                        .environment()
                        .variables
                        .into_iter()
                        .find(|variable| variable.name.literal() == Some(&leak.variable))
                        .map(|variable| (container.workload, variable))
                });
            let variable = &leak.variable;
            let mut finding = Finding::new(format!(
                "the program writes `{variable}` to its log, where whoever reads logs can read it"
            ))
            .at(
                leak.call,
                format!("what is written here has `{variable}` in it"),
            );
            for step in &leak.through {
                finding = finding.link(*step, format!("`{variable}` goes through here"));
            }
            finding = match given {
                Some((workload, given)) => {
                    let from = match given.from {
                        From::Secret(used) => used.name.text().map_or_else(
                            || "a Secret".to_owned(),
                            |name| format!("Secret `{name}`"),
                        ),
                        _ => "its settings".to_owned(),
                    };
                    let name = workload
                        .name
                        .text()
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string);
                    finding
                        .and(given.span, format!("`{name}` takes it from {from}"))
                        .link(leak.read, format!("`{variable}` is read"))
                }
                None => finding.and(leak.read, format!("`{variable}` is read here")),
            };
            findings.push(
                finding
                    .hint("leave the secret out of what is written")
                    .about([program.folder.to_string(), variable.to_string()]),
            );
        }
    }
}
