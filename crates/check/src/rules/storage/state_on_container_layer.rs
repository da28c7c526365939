//! A program keeps state in a file of its container, which is new at every start.

use seaworthy_facts::code::Setting;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{Text, Value};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{Container, From, containers};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "state-on-container-layer",
    severity: Severity::Unreliable,
    page: include_str!("state-on-container-layer.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if matches!(container.workload.origin, Origin::Summary { .. })
            || matches!(&*container.workload.kind, "Job" | "CronJob")
        {
            continue;
        }
        let Some(program) = container
            .image()
            .and_then(|image| built::program(world, image))
        else {
            continue;
        };
        for state in &program.state {
            // Mail has a rule of its own.
            if state.name.starts_with("EMAIL_")
                || program.debug.iter().any(|debug| debug.span == state.span)
            {
                continue;
            }
            findings.extend(one(&container, state));
        }
    }
}

fn one(container: &Container<'_>, state: &Setting) -> Option<Finding> {
    let value = state.value.as_ref()?;
    let path = path(container, value)?;
    if path.starts_with("/tmp") || path.starts_with("/var/run") {
        return None;
    }
    let mounts: Vec<&str> = container
        .body
        .get("volumeMounts")
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(|mount| mount.get("mountPath")?.str())
        .collect();
    // A relative path may lie in any of them.
    let kept = if path.starts_with('/') {
        mounts.iter().any(|mount| {
            seaworthy_facts::is_under(&path, mount.trim_end_matches('/')) || path == *mount
        })
    } else {
        !mounts.is_empty()
    };
    if kept {
        return None;
    }
    let name = container.workload.name.text()?.to_string();
    Some(
        Finding::new(format!(
            "`{name}` keeps {} in `{path}`, which no volume holds: it is gone at every start, and every replica has its own",
            if state.name.starts_with("sqlite") || state.name.contains("database") { "its database" } else { "files" }
        ))
        .at(state.span, format!("kept in `{path}`"))
        .and(container.name_span(), "no volume is mounted there")
        .hint("keep it in a database or bucket, or mount a volume")
        .about([name, path]),
    )
}

/// The path, where all of it is known: variables as the container sets them, else what they are without.
fn path(container: &Container<'_>, value: &Text) -> Option<String> {
    let text = if let Some(text) = value.literal() {
        text.to_owned()
    } else {
        let [seaworthy_facts::Part::Hole(hole)] = value.parts() else {
            return None;
        };
        let name = hole.name.strip_prefix("env.")?;
        let environment = container.environment();
        let set = environment
            .variables
            .iter()
            .find(|variable| variable.name.literal() == Some(name));
        match set.map(|variable| variable.from) {
            Some(From::Value(value) | From::ConfigMap(Some(value))) => value.str()?.to_owned(),
            Some(_) => return None,
            None if environment.open => return None,
            None => hole.choices.first()?.literal()?.to_owned(),
        }
    };
    let path = match text.split_once("sqlite:") {
        // Three slashes are a relative path, four an absolute one.
        Some((_, rest)) => rest
            .strip_prefix("///")
            .unwrap_or(rest)
            .split('?')
            .next()?
            .to_owned(),
        None => text,
    };
    (!path.is_empty() && !path.contains("://") && !path.contains(":memory:")).then_some(path)
}
