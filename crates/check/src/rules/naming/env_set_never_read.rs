//! A container is given a variable that its program does not read; a Secret is synced with a key that nobody takes.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::code::Program;
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{SourceKind, Span, Value, is_under};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, containers, secret_uses};
use seaworthy_link::made_secrets::{self, Maker};

use crate::akin::akin;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "env-set-never-read",
    severity: Severity::Unreliable,
    page: include_str!("env-set-never-read.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if !matches!(container.workload.origin, Origin::Summary { .. }) {
            variables(world, &container, findings);
        }
    }
    for cluster in &world.facts.kubernetes.clusters {
        keys(world, cluster, findings);
    }
}

/// Variables that no text of the program names.
fn variables(world: &World, container: &Container<'_>, findings: &mut Vec<Finding>) {
    let Some(program) = container
        .image()
        .and_then(|image| built::program(world, image))
    else {
        return;
    };
    if program.reads.is_empty() {
        return;
    }
    // What it reads may not be all that is read: then only what it reads and is not given says something.
    let open = program.reads_others
        || container.body.get("command").is_some()
        || container.body.get("args").is_some();
    let name = container
        .workload
        .name
        .text()
        .map_or_else(|| "a workload".to_owned(), |name| name.to_string());
    let environment = container.environment();
    let given: HashSet<&str> = environment
        .variables
        .iter()
        .filter_map(|variable| variable.name.literal())
        .collect();
    let missing: Vec<&str> = program
        .reads
        .iter()
        .map(|read| &*read.name)
        .filter(|name| !given.contains(name))
        .collect();
    for variable in &environment.variables {
        let Some(own) = variable.name.literal() else {
            continue;
        };
        if is_for_a_library(own) || is_named(world, program, own) {
            continue;
        }
        // A map that is taken as a whole has what others read, too; what it became of what is missing was meant.
        let renamed = renamed(world, own, &missing);
        if (variable.whole || open) && renamed.is_none() {
            continue;
        }
        let Some(read) = program.reads.first() else {
            continue;
        };
        let near = renamed.or_else(|| suggest(own, program.reads.iter().map(|read| &*read.name)));
        let place = near
            .and_then(|near| program.reads.iter().find(|read| &*read.name == near))
            .map_or(read.span, |read| read.span);
        let finding = Finding::new(format!(
            "`{name}` sets `{own}`, which its program never reads"
        ))
        .at(variable.span, "nothing in the program names this variable")
        .and(
            place,
            match near {
                Some(near) => format!("the program reads `{near}`"),
                None => "the program reads its environment here".to_owned(),
            },
        )
        .confidence(Confidence::Likely)
        .about([name.clone(), own.to_owned()]);
        findings.push(finding);
    }
}

/// The variable that a program misses and that one which is set was, or became: of nearly the name and as many words; or
/// with the same last word, half of the others, and nobody anywhere who reads what is set.
fn renamed<'m>(world: &World, own: &str, missing: &[&'m str]) -> Option<&'m str> {
    let words = |name: &str| name.split('_').count();
    let last = |name: &str| name.rsplit('_').next().map(str::to_owned);
    let near = suggest(own, missing.iter().copied()).filter(|near| words(near) == words(own));
    near.or_else(|| {
        akin(own, missing.iter().copied())
            .filter(|near| last(near) == last(own) && !is_named_in_code(world, own))
    })
}

/// Whether any program or script names it.
fn is_named_in_code(world: &World, name: &str) -> bool {
    let mut sources = world.sources.iter().filter(|source| {
        matches!(
            source.kind,
            SourceKind::Code(_) | SourceKind::Shell | SourceKind::Dockerfile | SourceKind::Text
        )
    });
    sources.any(|source| names_word(source.file.text(), name))
}

/// Variables that runtimes, libraries and agents read by themselves.
fn is_for_a_library(name: &str) -> bool {
    const STARTS: [&str; 38] = [
        "AWS_",
        "OTEL_",
        "GO",
        "PYTHON",
        "NODE_",
        "JAVA_",
        "JDK_",
        "DOTNET_",
        "ASPNETCORE_",
        "SPRING_",
        "RUST_",
        "DD_",
        "NEW_RELIC_",
        "SENTRY_",
        "PG",
        "GRPC_",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "SSL_",
        "REQUESTS_",
        "GUNICORN_",
        "UVICORN_",
        "FLASK_",
        "DJANGO_",
        "ELASTIC_",
        "POD_",
        "NAMESPACE",
        "HOST",
        "KUBERNETES_",
        "GOOGLE_",
        "AZURE_",
        "NPM_",
        "MALLOC_",
        "CORECLR_",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || matches!(
            name,
            "TZ" | "LANG"
                | "LC_ALL"
                | "HOME"
                | "PATH"
                | "PORT"
                | "TERM"
                | "USER"
                | "DEBUG"
                | "LD_PRELOAD"
                | "LOG_LEVEL"
                | "NODE_NAME"
        )
}

/// Whether any text below the program's folder, or in the folders around it that it may be built from, names it.
fn is_named(world: &World, program: &Program, name: &str) -> bool {
    let around = seaworthy_facts::parent(&program.folder);
    world
        .sources
        .iter()
        .filter(|source| {
            let path = source.file.path();
            is_under(path, &program.folder)
                || (matches!(
                    source.kind,
                    SourceKind::Code(_)
                        | SourceKind::Shell
                        | SourceKind::Dockerfile
                        | SourceKind::Text
                ) && is_under(path, around))
        })
        .any(|source| names_word(source.file.text(), name))
}

fn names_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + name.len()..].chars().next().is_some_and(is_word)
    })
}

/// Keys that a Secret is synced with and that no workload takes though it takes others.
fn keys(world: &World, cluster: &Cluster, findings: &mut Vec<Finding>) {
    for made in made_secrets::made(world, cluster) {
        let (Maker::External, Some(keys), Some(object)) = (made.by, &made.keys, made.object) else {
            continue;
        };
        let users: Vec<(&Object, Vec<_>)> = cluster
            .workloads()
            .map(|workload| {
                let namespace = workload.namespace.as_ref().and_then(Value::text);
                let uses: Vec<_> = secret_uses(cluster, workload)
                    .into_iter()
                    .filter(|used| {
                        used.name
                            .text()
                            .is_some_and(|name| made.is(&name, namespace.as_ref()))
                    })
                    .collect();
                (workload, uses)
            })
            .filter(|(_, uses)| !uses.is_empty())
            .collect();
        // Taken as a whole, or by something else than a pod: any key may be needed.
        if users.is_empty()
            || users.iter().any(|(_, uses)| {
                uses.iter()
                    .any(|used| used.key.and_then(Value::str).is_none())
            })
        {
            continue;
        }
        let Some(name) = made.name.literal() else {
            continue;
        };
        if is_named_elsewhere(cluster, object, name) {
            continue;
        }
        let taken: HashSet<&str> = users
            .iter()
            .flat_map(|(_, uses)| uses)
            .filter_map(|used| used.key?.str())
            .collect();
        for (key, span) in keys {
            let Some(key) = key.literal().filter(|key| !taken.contains(key)) else {
                continue;
            };
            let place = literal_port(world, &users, key)
                .or_else(|| users[0].1.first().map(|used| used.name.span));
            let Some(place) = place else { continue };
            findings.push(
                Finding::new(format!(
                    "Secret `{name}` is synced with `{key}`, which nobody takes"
                ))
                .at(*span, "no workload takes this key")
                .and(place, "what takes the Secret does without it")
                .about([name.to_owned(), key.to_owned()]),
            );
        }
    }
}

/// Whether another object than workloads names the Secret.
fn is_named_elsewhere(cluster: &Cluster, own: &Object, name: &str) -> bool {
    let names = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| found |= value.str() == Some(name));
        found
    };
    cluster
        .objects
        .iter()
        .filter(|object| object.pods().is_none() && !std::ptr::eq(*object, own))
        .any(|object| names(&object.body))
        || cluster
            .releases
            .iter()
            .any(|release| names(&release.values))
}

/// The connection of a program that says in its text what the key says: a port.
fn literal_port(
    world: &World,
    users: &[(&Object, Vec<seaworthy_link::containers::SecretUse<'_>>)],
    key: &str,
) -> Option<Span> {
    if !key.to_ascii_uppercase().ends_with("PORT") {
        return None;
    }
    users.iter().find_map(|(workload, _)| {
        workload.pods()?.containers().find_map(|container| {
            let program = built::program(world, container.get("image")?)?;
            program
                .connections
                .iter()
                .find(|connection| {
                    connection
                        .port
                        .as_ref()
                        .is_some_and(|port| port.literal().is_some())
                })
                .map(|connection| connection.span)
        })
    })
}
