//! A program with settings for development runs where users are.

use seaworthy_facts::code::{Program, Setting};
use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Language, SourceKind, Value};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, containers};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "debug-build-in-production",
    severity: Severity::Insecure,
    page: include_str!("debug-build-in-production.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if matches!(container.workload.origin, Origin::Summary { .. })
            || !container.is_production(world)
        {
            continue;
        }
        let Some(program) = container
            .image()
            .and_then(|image| built::program(world, image))
        else {
            continue;
        };
        findings.extend(one(world, &container, program));
    }
}

fn one(world: &World, container: &Container<'_>, program: &Program) -> Option<Finding> {
    let debug = program.debug.iter().find(|setting| {
        is_on(setting) && !is_of_development(world.sources.path(setting.span.file))
    })?;
    if is_overridden(world, program) {
        return None;
    }
    let image = container.image()?;
    let name = container.workload.name.text()?.to_string();
    let mut finding = Finding::new(format!(
        "`{name}` serves production with `{}` on: errors show settings and code to whoever causes them",
        debug.name
    ))
    .at(debug.span, "a setting for development")
    .and(image.span, format!("`{name}` runs this program"))
    .hint("take it from the environment, off unless it is set")
    .about([program.folder.to_string(), name]);
    for other in program.debug.iter().filter(|other| !is_on(other)) {
        finding = finding.link(
            other.span,
            format!("`{}` lets every host name in", other.name),
        );
    }
    Some(finding)
}

fn is_on(setting: &Setting) -> bool {
    setting.name.eq_ignore_ascii_case("debug") || setting.name.ends_with("DebugMode")
}

/// Another settings file may be the one that counts.
fn is_overridden(world: &World, program: &Program) -> bool {
    program.files.iter().any(|file| {
        let source = world.sources.get(*file);
        source.kind == SourceKind::Code(Language::Python)
            && source.file.text().lines().map(str::trim).any(|line| {
                line.starts_with("DEBUG = False")
                    || line.starts_with("DEBUG=False")
                    || (line.contains("import") && line.contains("local_settings"))
                    || line.contains("django_heroku.settings")
            })
    }) || world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| &cluster.objects)
        .any(|object| object.kind.as_ref() == "ConfigMap" && mounts_settings(object.at("data")))
}

fn mounts_settings(data: Option<&Value>) -> bool {
    data.is_some_and(|data| {
        data.entries()
            .iter()
            .any(|entry| entry.key.ends_with("settings.py"))
    })
}

fn is_of_development(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.rsplit(['/', '.', '_', '-'])
        .take(4)
        .any(|part| matches!(part, "dev" | "development" | "local" | "test" | "tests"))
        && !path.contains("prod")
}
