//! A call of a reusable workflow gives an input or secret that the workflow does not take.

use seaworthy_facts::delivery::Workflow;
use seaworthy_facts::{Entry, Span, Value};
use seaworthy_link::World;

use super::expressions::reads;
use super::workflow_output_missing::called;
use crate::akin::akin;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "workflow-call-mismatch",
    severity: Severity::Breaks,
    page: include_str!("workflow-call-mismatch.md"),
    check,
};

/// The most places one finding shows.
const MOST: usize = 8;

/// A name that a workflow does not take, and everybody who gives it.
struct Given<'a> {
    workflow: &'a Workflow,
    part: &'static str,
    name: &'a str,
    places: Vec<Span>,
    /// What the calls give besides.
    others: Vec<&'a str>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut all: Vec<Given<'_>> = Vec::new();
    for caller in &world.facts.delivery.workflows {
        let jobs = caller.body.get("jobs").map_or(&[][..], Value::entries);
        for job in jobs {
            let Some(workflow) = job.value.get("uses").and_then(|uses| called(world, uses)) else {
                continue;
            };
            let Some(takes) = workflow.body.at("on.workflow_call") else {
                continue;
            };
            for (part, key) in [("input", "with"), ("secret", "secrets")] {
                let declared = declared(takes, part);
                let given = job.value.get(key).map_or(&[][..], Value::entries);
                for entry in given {
                    if declared
                        .iter()
                        .any(|own| own.key.eq_ignore_ascii_case(&entry.key))
                    {
                        continue;
                    }
                    let others = given.iter().map(|entry| &*entry.key);
                    add(&mut all, workflow, part, entry, others);
                }
            }
        }
    }
    findings.extend(all.iter().filter_map(|given| finding(world, given)));
}

fn declared<'a>(takes: &'a Value, part: &str) -> &'a [Entry] {
    let key = if part == "input" { "inputs" } else { "secrets" };
    takes.get(key).map_or(&[][..], Value::entries)
}

fn add<'a>(
    all: &mut Vec<Given<'a>>,
    workflow: &'a Workflow,
    part: &'static str,
    entry: &'a Entry,
    others: impl Iterator<Item = &'a str>,
) {
    let known = all.iter_mut().find(|given| {
        given.workflow.file == workflow.file && given.part == part && given.name == &*entry.key
    });
    match known {
        Some(given) => {
            given.places.push(entry.key_span);
            given.others.extend(others);
        }
        None => all.push(Given {
            workflow,
            part,
            name: &entry.key,
            places: vec![entry.key_span],
            others: others.collect(),
        }),
    }
}

fn finding(world: &World, given: &Given<'_>) -> Option<Finding> {
    let (first, more) = given.places.split_first()?;
    let (part, name) = (given.part, given.name);
    let path = world.sources.path(given.workflow.file);
    let takes = given.workflow.body.at("on.workflow_call")?;
    let spare: Vec<&Entry> = declared(takes, part)
        .iter()
        .filter(|own| !given.others.contains(&&*own.key))
        .collect();
    let near = match (
        akin(name, spare.iter().map(|own| &*own.key)),
        spare.as_slice(),
    ) {
        (Some(near), _) => spare.iter().find(|own| &*own.key == near).copied(),
        (None, [only]) => Some(*only),
        _ => None,
    };
    let mut finding = Finding::new(format!(
        "`{path}` takes no {part} `{name}`: GitHub refuses the workflow that gives it"
    ))
    .at(*first, format!("no such {part}"));
    finding = match near {
        Some(own) => finding
            .and(own.key_span, format!("nobody gives this {part}"))
            .hint(format!("did you mean `{}`?", own.key)),
        None => finding.and(call_key(world, given.workflow), "this is all that it takes"),
    };
    for place in more.iter().take(MOST) {
        finding = finding.and(*place, "given here too");
    }
    let context = if part == "input" { "inputs" } else { "secrets" };
    let inside = reads(&world.sources, &given.workflow.body, context);
    let inside: Vec<Span> = inside
        .iter()
        .filter(|read| read.path[1].eq_ignore_ascii_case(name))
        .map(|read| read.span)
        .collect();
    for place in inside.iter().take(MOST) {
        finding = finding.and(*place, "and it is read by this name");
    }
    Some(finding.about([path.to_owned(), name.to_owned()]))
}

/// The key under which a workflow says what it takes.
fn call_key(world: &World, workflow: &Workflow) -> Span {
    let on = workflow.body.get("on").map_or(&[][..], Value::entries);
    let key = on.iter().find(|entry| &*entry.key == "workflow_call");
    key.map_or_else(
        || {
            let file = &world.sources.get(workflow.file).file;
            file.span(file.line(1))
        },
        |entry| entry.key_span,
    )
}
