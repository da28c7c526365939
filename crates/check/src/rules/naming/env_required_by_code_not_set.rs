//! A program cannot work without a variable that its container does not get.

use std::collections::{HashMap, HashSet};

use seaworthy_diagnostics::{Span, suggest};
use seaworthy_facts::Value;
use seaworthy_facts::code::{EnvRead, Program};
use seaworthy_facts::delivery::ComposeService;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, containers};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "env-required-by-code-not-set",
    severity: Severity::Breaks,
    page: include_str!("env-required-by-code-not-set.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if !matches!(container.workload.origin, Origin::Summary { .. }) {
            cluster(world, &container, findings);
        }
    }
    for compose in &world.facts.delivery.compose {
        for service in &compose.services {
            in_compose(world, compose.file, service, findings);
        }
    }
}

fn cluster(world: &World, container: &Container<'_>, findings: &mut Vec<Finding>) {
    let Some(image) = container.image() else {
        return;
    };
    let Some(program) = built::program(world, image) else {
        return;
    };
    // With another command, another program of the image may run; init containers often do.
    if container.body.get("command").is_some() || container.body.get("args").is_some() {
        return;
    }
    let environment = container.environment();
    if environment.open
        || environment
            .variables
            .iter()
            .any(|variable| variable.name.literal().is_none())
    {
        return;
    }
    let set: HashMap<&str, Span> = environment
        .variables
        .iter()
        .filter_map(|variable| Some((variable.name.literal()?, variable.span)))
        .collect();
    let place = container.name_span();
    let name = container
        .workload
        .name
        .text()
        .map_or_else(|| "a workload".to_owned(), |name| name.to_string());
    let missing = missing(world, program, image, &set);
    findings.extend(report(&name, program, &missing, place, &set));
}

fn in_compose(
    world: &World,
    file: seaworthy_facts::FileId,
    service: &ComposeService,
    findings: &mut Vec<Finding>,
) {
    let Some(build) = service.body.get("build") else {
        return;
    };
    if service.body.get("command").is_some()
        || service.body.get("entrypoint").is_some()
        || service.body.get("env_file").is_some()
    {
        return;
    }
    let Some(context) = build.get("context").unwrap_or(build).str() else {
        return;
    };
    let folder = seaworthy_facts::join(world.sources.folder(file), context);
    let mut programs = world
        .facts
        .code
        .programs
        .iter()
        .filter(|program| *program.folder == *folder);
    let (Some(program), None) = (programs.next(), programs.next()) else {
        return;
    };
    let set: HashMap<&str, Span> = service
        .environment
        .iter()
        .map(|(name, value)| (&**name, value.span))
        .collect();
    let image = service.body.get("image").unwrap_or(build);
    let missing = missing(world, program, image, &set);
    findings.extend(report(&service.name, program, &missing, service.span, &set));
}

/// The variables that a program cannot work without and that are set nowhere in sight.
fn missing<'a>(
    world: &World,
    program: &'a Program,
    image: &Value,
    set: &HashMap<&str, Span>,
) -> Vec<&'a EnvRead> {
    let optional: HashSet<&str> = program
        .reads
        .iter()
        .filter(|read| read.default.is_some())
        .map(|read| &*read.name)
        .collect();
    let mut done = HashSet::new();
    program
        .reads
        .iter()
        .filter(|read| {
            read.required && !set.contains_key(&*read.name) && !optional.contains(&*read.name)
        })
        .filter(|read| !is_given_by_the_platform(&read.name))
        .filter(|read| !image_sets(world, image, program, &read.name))
        .filter(|read| !is_tool(world, read.span))
        .filter(|read| !is_conditional(world, read.span))
        .filter(|read| done.insert(read.name.clone()))
        .collect()
}

/// Variables that something else than the manifest sets: Pod Identity, IRSA, Kubernetes itself.
fn is_given_by_the_platform(name: &str) -> bool {
    name.starts_with("AWS_")
        || name.starts_with("KUBERNETES_")
        || name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || matches!(
            name,
            "HOME" | "PATH" | "HOSTNAME" | "USER" | "PWD" | "TZ" | "LANG"
        )
}

/// Whether a read happens only under a condition: inside an `if`, or in a function that is called nowhere else in its
/// file. Which way the program goes is for other variables to say.
fn is_conditional(world: &World, read: Span) -> bool {
    let text = world.sources.get(read.file).file.text();
    if under_condition(text, read.start) {
        return true;
    }
    let Some(name) = around(text, read.start) else {
        return false;
    };
    let call = format!("{name}(");
    let mut calls = text
        .match_indices(&call)
        .filter(|(at, _)| {
            let before = &text[..*at];
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
                && !is_header(before.lines().next_back().unwrap_or_default())
        })
        .peekable();
    calls.peek().is_some() && calls.all(|(at, _)| under_condition(text, at))
}

/// The lines that a place stands inside of, nearest first, as indentation has it.
fn headers(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut inside = depth(text[start..].lines().next().unwrap_or_default());
    text[..start].lines().rev().filter(move |line| {
        let outer = !line.trim().is_empty() && depth(line) < inside;
        if outer {
            inside = depth(line);
        }
        outer
    })
}

fn under_condition(text: &str, at: usize) -> bool {
    headers(text, at)
        .map(str::trim_start)
        .take_while(|line| !is_header(line))
        .any(|line| {
            let line = line.trim_start_matches(['}', ' ']);
            ["if ", "if(", "elif ", "else", "case ", "switch ", "match "]
                .iter()
                .any(|word| line.starts_with(word))
                && !line.contains("__main__")
        })
}

/// Whether a line starts a function.
fn is_header(line: &str) -> bool {
    let line = line.trim_start();
    line.split(['(', ' '])
        .any(|word| matches!(word, "func" | "def" | "fn" | "function"))
}

/// The name of the function around a place.
fn around(text: &str, at: usize) -> Option<&str> {
    let header = headers(text, at).find(|line| is_header(line))?;
    let before = header.split_once('(')?.0;
    before
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .filter(|name| !name.is_empty() && !matches!(*name, "func" | "function" | "main"))
}

/// Files of a program that something else runs: scripts, tools, commands besides the main one.
fn is_tool(world: &World, span: Span) -> bool {
    world.sources.path(span.file).split('/').any(|part| {
        matches!(
            part,
            "scripts"
                | "script"
                | "tools"
                | "hack"
                | "migrations"
                | "seed"
                | "seeds"
                | "bin"
                | "examples"
                | "example"
                | "docs"
                | "ci"
                | "benchmarks"
                | "build"
        )
    })
}

fn image_sets(world: &World, image: &Value, program: &Program, name: &str) -> bool {
    let own = world
        .facts
        .delivery
        .dockerfiles
        .iter()
        .filter(|dockerfile| {
            seaworthy_facts::is_under(world.sources.path(dockerfile.file), &program.folder)
        });
    own.chain(built::dockerfile(world, image))
        .flat_map(|dockerfile| &dockerfile.stages)
        .flat_map(|stage| &stage.instructions)
        .filter(|instruction| {
            matches!(
                &*instruction.word,
                "ENV" | "ARG" | "ENTRYPOINT" | "CMD" | "RUN"
            )
        })
        .any(|instruction| world.sources.slice(instruction.span).contains(name))
}

fn report(
    name: &str,
    program: &Program,
    missing: &[&EnvRead],
    place: Span,
    set: &HashMap<&str, Span>,
) -> Option<Finding> {
    let first = missing.first()?;
    let known: HashSet<&str> = program.reads.iter().map(|read| &*read.name).collect();
    let near = suggest(
        &first.name,
        set.keys().copied().filter(|name| !known.contains(name)),
    );
    let shown: Vec<String> = missing
        .iter()
        .take(4)
        .map(|read| format!("`{}`", read.name))
        .collect();
    let more = if missing.len() > 4 { " and others" } else { "" };
    let finding = Finding::new(format!(
        "`{name}` does not set {}{more}, without which its program does not start",
        shown.join(", ")
    ));
    let mut finding = match near {
        Some(near) => finding
            .at(
                set[near],
                format!("`{near}` is set, which the program does not read"),
            )
            .hint(format!("did you mean `{}`?", first.name)),
        None => finding.at(
            place,
            format!(
                "{} not set here",
                if missing.len() == 1 {
                    "it is"
                } else {
                    "they are"
                }
            ),
        ),
    };
    for read in missing.iter().take(4) {
        finding = finding.and(read.span, format!("the program needs `{}`", read.name));
    }
    Some(finding.about([name.to_owned(), first.name.to_string()]))
}
