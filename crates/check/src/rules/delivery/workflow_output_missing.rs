//! An expression of a workflow reads a step, a job or an output that the workflow does not have.

use std::collections::HashSet;

use crate::akin::akin;
use seaworthy_facts::delivery::Workflow;
use seaworthy_facts::{Entry, Span, Value};
use seaworthy_link::World;

use super::expressions::{Read, reads};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "workflow-output-missing",
    severity: Severity::Breaks,
    page: include_str!("workflow-output-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for workflow in &world.facts.delivery.workflows {
        let jobs = workflow.body.get("jobs").map_or(&[][..], Value::entries);
        let mut told: HashSet<String> = HashSet::new();
        for job in jobs {
            let found = of_steps(world, job)
                .into_iter()
                .chain(of_needs(world, workflow, jobs, job));
            findings.extend(
                found
                    .filter(|(key, _)| told.insert(key.clone()))
                    .map(|(_, finding)| finding),
            );
        }
    }
}

/// A name that is given: what it is called and where.
type Named<'a> = (&'a str, Span);

/// `steps.ID…` of a job: there is a step of this id, and where it is seen what it writes, it writes this output.
fn of_steps(world: &World, job: &Entry) -> Vec<(String, Finding)> {
    let steps = job.value.get("steps").map_or(&[][..], Value::items);
    let ids: Vec<(&str, &Value, &Value)> = steps
        .iter()
        .filter_map(|step| {
            let id = step.get("id")?;
            Some((id.str()?, id, step))
        })
        .collect();
    let all = reads(&world.sources, &job.value, "steps");
    let mut found = Vec::new();
    for read in &all {
        let id = &*read.path[1];
        let step = ids.iter().find(|(own, ..)| own.eq_ignore_ascii_case(id));
        let Some((own, at, step)) = step else {
            let unread: Vec<Named<'_>> = ids
                .iter()
                .filter(|(own, ..)| {
                    all.iter()
                        .all(|read| !read.path[1].eq_ignore_ascii_case(own))
                })
                .map(|(own, at, _)| (*own, at.span))
                .collect();
            let near = meant(id, &unread);
            let what = format!(
                "job `{}` has no step `{id}`: what is read of it is empty",
                job.key
            );
            found.push((
                format!("{} {id}", job.key),
                finding(read, what, "no step has this id", near, job),
            ));
            continue;
        };
        let [_, _, word, output, ..] = &read.path[..] else {
            continue;
        };
        if word != "outputs" {
            continue;
        }
        let Some(script) = step.get("run").and_then(Value::str) else {
            continue;
        };
        // What names the output in any way may write it; contexts know no case.
        if !script.contains("GITHUB_OUTPUT")
            || script
                .to_ascii_lowercase()
                .contains(&output.to_ascii_lowercase())
        {
            continue;
        }
        let is_read = |name: &str| {
            all.iter().any(|read| {
                read.path[1].eq_ignore_ascii_case(own)
                    && read
                        .path
                        .get(3)
                        .is_some_and(|other| other.eq_ignore_ascii_case(name))
            })
        };
        let unread = written(script).into_iter().find(|name| !is_read(name));
        let Some(unread) = unread else { continue };
        let run = step.get("run").map_or(at.span, |run| run.span);
        let place = line_of(world, run, unread).unwrap_or(run);
        let what = format!("step `{own}` writes no output `{output}`: what is read of it is empty");
        let finding = Finding::new(what)
            .at(read.span, "nothing writes this")
            .and(place, format!("it writes `{unread}`, which nothing reads"))
            .hint(format!("did you mean `{unread}`?"))
            .about([job.key.to_string(), read.path.join(".")]);
        found.push((format!("{} {}", job.key, read.path.join(".")), finding));
    }
    found
}

/// The names that `echo "name=…" >> "$GITHUB_OUTPUT"` writes.
fn written(script: &str) -> Vec<&str> {
    script
        .lines()
        .filter(|line| line.contains("GITHUB_OUTPUT"))
        .filter_map(|line| {
            let line = line.trim().trim_start_matches(['{', ' ']);
            let rest = line
                .strip_prefix("echo ")
                .or_else(|| line.strip_prefix("printf "))?;
            let (name, _) = rest.trim_start_matches(['"', '\'', ' ']).split_once('=')?;
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
            is_name.then_some(name)
        })
        .collect()
}

fn line_of(world: &World, run: Span, name: &str) -> Option<Span> {
    let text = world.sources.slice(run);
    let pattern = format!("{name}=");
    let at = text.match_indices(&*pattern).map(|(at, _)| at).find(|at| {
        text[*at..]
            .lines()
            .next()
            .is_some_and(|line| line.contains("GITHUB_OUTPUT"))
    })?;
    let start = run.start + at;
    Some(Span::new(run.file, start..start + name.len()))
}

/// `needs.JOB.outputs.NAME` of a job: there is such a job, and it has this output.
fn of_needs(
    world: &World,
    workflow: &Workflow,
    jobs: &[Entry],
    job: &Entry,
) -> Vec<(String, Finding)> {
    let mut found = Vec::new();
    let needs = job.value.get("needs").map_or(&[][..], Value::each);
    for need in needs {
        let Some(name) = need.str().filter(|name| !name.contains("${{")) else {
            continue;
        };
        if jobs
            .iter()
            .any(|other| other.key.eq_ignore_ascii_case(name))
        {
            continue;
        }
        let needed = |other: &str| {
            jobs.iter().any(|job| {
                let needs = job.value.get("needs").map_or(&[][..], Value::each);
                needs.iter().any(|need| need.str() == Some(other))
            })
        };
        let unneeded: Vec<Named<'_>> = jobs
            .iter()
            .filter(|other| other.key != job.key && !needed(&other.key))
            .map(|other| (&*other.key, other.key_span))
            .collect();
        let read = Read {
            path: vec![name.to_owned()],
            span: need.span,
        };
        let what = format!(
            "job `{}` waits for `{name}`, which is not there: the workflow is refused",
            job.key
        );
        let near = meant(name, &unneeded);
        found.push((
            format!("needs {name}"),
            finding(&read, what, "no job has this name", near, job),
        ));
    }
    let everywhere = reads(&world.sources, &workflow.body, "needs");
    for read in reads(&world.sources, &job.value, "needs") {
        let [_, name, word, output] = &read.path[..] else {
            continue;
        };
        let Some(other) = jobs
            .iter()
            .find(|other| other.key.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        if word != "outputs" {
            continue;
        }
        let Some((outputs, place)) = outputs_of(world, other) else {
            continue;
        };
        if outputs
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(output))
        {
            continue;
        }
        let unread: Vec<Named<'_>> = outputs
            .iter()
            .filter(|(own, _)| {
                everywhere.iter().all(|read| {
                    !read.path[1].eq_ignore_ascii_case(name)
                        || read
                            .path
                            .get(3)
                            .is_none_or(|other| !other.eq_ignore_ascii_case(own))
                })
            })
            .copied()
            .collect();
        let near = meant(output, &unread).or(Some((&*other.key, place)));
        let what = format!("job `{name}` has no output `{output}`: what is read of it is empty");
        found.push((
            read.path.join("."),
            finding(&read, what, "the job does not have it", near, job),
        ));
    }
    found
}

/// The outputs of a job, and where it is; nothing where they are those of a workflow that is not seen.
fn outputs_of<'a>(world: &'a World, job: &'a Entry) -> Option<(Vec<Named<'a>>, Span)> {
    let outputs = match job.value.get("uses") {
        None => job.value.get("outputs"),
        Some(uses) => called(world, uses)?.body.at("on.workflow_call.outputs"),
    };
    let entries = outputs.map_or(&[][..], Value::entries);
    let named = entries.iter().map(|entry| (&*entry.key, entry.key_span));
    Some((named.collect(), job.key_span))
}

/// The workflow of this repository that a job calls.
pub(super) fn called<'a>(world: &'a World, uses: &Value) -> Option<&'a Workflow> {
    let path = uses.str()?.strip_prefix("./")?;
    let top = &world.sources.root_of(uses.span.file).repository;
    let path = seaworthy_facts::join(top, path);
    world
        .facts
        .delivery
        .workflows
        .iter()
        .find(|workflow| world.sources.path(workflow.file) == path)
}

/// Which of the names that nothing reads was meant: the one akin, or the only one.
fn meant<'a>(name: &str, unread: &[Named<'a>]) -> Option<Named<'a>> {
    let near = akin(name, unread.iter().map(|(own, _)| *own));
    match (near, unread) {
        (Some(near), _) => unread.iter().find(|(own, _)| *own == near).copied(),
        (None, [only]) => Some(*only),
        _ => None,
    }
}

fn finding(read: &Read, what: String, says: &str, near: Option<Named<'_>>, job: &Entry) -> Finding {
    Finding::new(what)
        .at(read.span, says)
        .and_maybe(near.map(|(name, place)| (place, format!("`{name}` is there"))))
        .about([job.key.to_string(), read.path.join(".")])
}
