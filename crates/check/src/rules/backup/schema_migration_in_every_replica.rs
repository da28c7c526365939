//! A workload whose pods migrate the schema when they start, and that has several pods. Tools that take a lock while
//! they migrate are left alone.

use std::borrow::Cow;

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, built};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "schema-migration-in-every-replica",
    severity: Severity::Unreliable,
    page: include_str!("schema-migration-in-every-replica.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            if !matches!(
                &*object.kind,
                "Deployment" | "StatefulSet" | "Rollout" | "DaemonSet"
            ) || matches!(object.origin, Origin::Summary { .. })
            {
                continue;
            }
            let Some(copies) = copies(cluster, object) else {
                continue;
            };
            let Some(pods) = object.pods() else { continue };
            let migration = pods
                .containers()
                .find_map(|container| migration(world, container));
            let Some(Migrates {
                tool,
                span,
                through,
            }) = migration
            else {
                continue;
            };
            let name = object.name().unwrap_or_default();
            let mut finding = Finding::new(format!(
                "each of {} pods of `{name}` migrates the schema when it starts, at the same time as the others",
                copies.words
            ))
            .at(span, format!("{tool} takes no lock while it migrates"))
            .hint("migrate in a Job or a hook that runs once for each release")
            .assume(format!(
                "{tool} takes no lock (table of {})",
                world.knowledge.migrations_read()
            ))
            .about([object.kind.to_string(), name.to_owned()]);
            for (span, says) in copies.places {
                finding = finding.and(span, says);
            }
            if let Some(span) = through {
                finding = finding.link(span, "the image whose start command this is");
            }
            findings.push(finding);
        }
    }
}

struct Copies {
    words: String,
    places: Vec<(Span, String)>,
}

/// How many pods a workload has, where that is more than one.
fn copies(cluster: &Cluster, object: &Object) -> Option<Copies> {
    let mut places = Vec::new();
    let mut most = 0;
    let replicas = object.at("spec.replicas");
    if let Some(value) = replicas
        && let Some(count) = value.int().filter(|count| *count > 1)
    {
        most = count;
        places.push((value.span, format!("{count} pods")));
    }
    let name = object.name.text()?;
    let namespace = object.namespace.as_ref().and_then(Value::text);
    let scaler = cluster.of("HorizontalPodAutoscaler").find(|scaler| {
        let target = scaler.at("spec.scaleTargetRef");
        let is = |key: &str, wanted: &str| {
            target
                .and_then(|target| target.get(key))
                .and_then(Value::str)
                == Some(wanted)
        };
        is("kind", &object.kind)
            && scaler.is_in(namespace.as_ref())
            && name.literal().is_some_and(|name| is("name", name))
    });
    if let Some(max) = scaler.and_then(|scaler| scaler.at("spec.maxReplicas"))
        && let Some(count) = max.int().filter(|count| *count > 1)
    {
        most = most.max(count);
        places.push((max.span, format!("up to {count} pods")));
    }
    if places.is_empty() {
        return None;
    }
    Some(Copies {
        words: match (replicas.and_then(Value::int), scaler.is_some()) {
            (Some(count), true) if count > 1 && count < most => format!("{count} to {most}"),
            (_, true) => format!("up to {most}"),
            _ => most.to_string(),
        },
        places,
    })
}

struct Migrates {
    tool: &'static str,
    span: Span,
    /// The image, where its own start command migrates.
    through: Option<Span>,
}

/// The migration that a container runs before it serves: by its command, else by its image's.
fn migration(world: &World, container: &Value) -> Option<Migrates> {
    let written = [container.get("args"), container.get("command")];
    if let Some(found) = written
        .into_iter()
        .flatten()
        .find_map(|list| in_list(world, list))
    {
        return Some(found);
    }
    if container.get("command").is_some() {
        return None;
    }
    let image = container.get("image")?;
    let dockerfile = built::dockerfile(world, image)?;
    let stage = dockerfile.stages.last()?;
    let start = stage
        .instructions
        .iter()
        .filter(|instruction| match &*instruction.word {
            "ENTRYPOINT" => true,
            "CMD" => container.get("args").is_none(),
            _ => false,
        });
    let mut found = None;
    for instruction in start {
        let line = joined(&instruction.arguments);
        found = world
            .knowledge
            .migration_without_lock(&line)
            .map(|migration| (migration.tool.as_str(), instruction.span))
            .or(found)
            .or_else(|| in_script(world, dockerfile.file, &line));
    }
    let (tool, span) = found?;
    Some(Migrates {
        tool,
        span,
        through: Some(image.span),
    })
}

fn in_list(world: &World, list: &Value) -> Option<Migrates> {
    let line = joined(list.each());
    let migration = world.knowledge.migration_without_lock(&line)?;
    // The item that says it, or the list where several do together.
    let item = list.each().iter().find(|item| {
        item.text().is_some_and(|text| {
            world
                .knowledge
                .migration_without_lock(&text.to_string())
                .is_some()
        })
    });
    Some(Migrates {
        tool: &migration.tool,
        span: item.unwrap_or(list).span,
        through: None,
    })
}

/// The migration in a script beside the Dockerfile that the start command names.
fn in_script(
    world: &World,
    dockerfile: seaworthy_facts::FileId,
    line: &str,
) -> Option<(&'static str, Span)> {
    let folder = world.sources.folder(dockerfile);
    let script = line
        .split_whitespace()
        .map(seaworthy_facts::file_name)
        .filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "sh"))
        .find_map(|name| {
            world.facts.delivery.scripts.iter().find(|script| {
                let path = world.sources.path(script.file);
                seaworthy_facts::is_under(path, folder) && seaworthy_facts::file_name(path) == name
            })
        })?;
    script.commands.iter().find_map(|command| {
        let migration = world
            .knowledge
            .migration_without_lock(&joined(&command.words))?;
        // A migration that a variable switches on is not in every pod.
        command
            .conditions
            .is_empty()
            .then_some((migration.tool.as_str(), command.span))
    })
}

fn joined(words: &[Value]) -> String {
    words
        .iter()
        .map(|word| match word.str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(word.text().map(|text| text.to_string()).unwrap_or_default()),
        })
        .collect::<Vec<_>>()
        .join(" ")
}
