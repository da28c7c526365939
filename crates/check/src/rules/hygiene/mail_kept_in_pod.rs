//! Mail is written to a file of the pod, where nobody gets it.

use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::containers;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "mail-kept-in-pod",
    severity: Severity::Breaks,
    page: include_str!("mail-kept-in-pod.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for program in &world.facts.code.programs {
        let Some(backend) = program
            .state
            .iter()
            .find(|state| &*state.name == "EMAIL_BACKEND")
        else {
            continue;
        };
        let runs = containers(world).find(|container| {
            container
                .image()
                .and_then(|image| built::program(world, image))
                .is_some_and(|own| std::ptr::eq(own, program))
        });
        let Some(container) = runs else { continue };
        let Some(image) = container.image() else {
            continue;
        };
        let name = container
            .workload
            .name
            .text()
            .map_or_else(|| "a workload".to_owned(), |name| name.to_string());
        let mut finding = Finding::new(format!(
            "`{name}` writes its mail to files of its pod: no mail is ever sent"
        ))
        .at(backend.span, "a backend for development")
        .and(image.span, format!("`{name}` runs this program"))
        .hint("use the SMTP backend, with its settings from the environment")
        .about([program.folder.to_string()]);
        if let Some(path) = program
            .state
            .iter()
            .find(|state| &*state.name == "EMAIL_FILE_PATH")
        {
            finding = finding.link(path.span, "where mail is written");
        }
        findings.push(finding);
    }
}
