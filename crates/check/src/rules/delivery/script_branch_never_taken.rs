//! A branch of a script that no caller's constants ever reach.

use seaworthy_facts::delivery::{Command, Script, ScriptKind};
use seaworthy_facts::{FileId, Span, Value};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "script-branch-never-taken",
    severity: Severity::Unreliable,
    page: include_str!("script-branch-never-taken.md"),
    check,
};

/// A call of a script with what it hands over.
struct Call<'a> {
    arguments: Vec<&'a Value>,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for script in &world.facts.delivery.scripts {
        if script.kind != ScriptKind::Shell {
            continue;
        }
        let calls = calls(world, script);
        // Who runs it by hand can hand over anything.
        if calls.is_empty() || by_hand(world, script.file) {
            continue;
        }
        for (position, tested, span) in tests(world, script) {
            let given: Option<Vec<&str>> = calls
                .iter()
                .map(|call| {
                    call.arguments
                        .get(position - 1)
                        .and_then(|value| value.str())
                })
                .collect();
            let Some(given) = given else { continue };
            if given.contains(&tested.as_str()) {
                continue;
            }
            let mut finding = Finding::new(format!(
                "nothing calls `{}` with `{tested}`: this branch is never taken",
                world.sources.path(script.file)
            ))
            .at(
                span,
                format!("asks whether argument {position} is `{tested}`"),
            )
            .confidence(Confidence::Likely)
            .about([world.sources.path(script.file).to_owned(), tested.clone()]);
            for (call, given) in calls.iter().zip(&given).take(4) {
                let place = call
                    .arguments
                    .get(position - 1)
                    .map_or(call.span, |value| value.span);
                finding = finding.and(place, format!("hands over `{given}`"));
            }
            findings.push(finding);
        }
    }
}

/// Every call of a script in sight.
fn calls<'a>(world: &'a World, script: &Script) -> Vec<Call<'a>> {
    let path = world.sources.path(script.file);
    let name = seaworthy_facts::file_name(path);
    let mut calls: Vec<Call<'a>> = Vec::new();
    let mut add = |command: &'a Command| {
        let at = command.words.iter().position(|word| {
            word.str().is_some_and(|word| {
                seaworthy_facts::file_name(word) == name
                    && command
                        .folder
                        .literal()
                        .is_some_and(|folder| seaworthy_facts::join(folder, word) == path)
            })
        });
        if let Some(at) = at
            && !calls.iter().any(|call| call.span == command.span)
        {
            calls.push(Call {
                arguments: command.words[at + 1..].iter().collect(),
                span: command.span,
            });
        }
    };
    let delivery = &world.facts.delivery;
    let steps = delivery
        .workflows
        .iter()
        .flat_map(|workflow| &workflow.jobs)
        .flat_map(|job| &job.steps);
    steps.flat_map(|step| &step.commands).for_each(&mut add);
    delivery
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.commands)
        .for_each(&mut add);
    delivery
        .scripts
        .iter()
        .filter(|other| other.kind != ScriptKind::Document)
        .flat_map(|script| &script.commands)
        .for_each(&mut add);
    calls
}

/// Whether a document tells people to run it.
fn by_hand(world: &World, file: FileId) -> bool {
    let name = seaworthy_facts::file_name(world.sources.path(file));
    world
        .sources
        .iter()
        .filter(|source| source.kind == seaworthy_facts::SourceKind::Document)
        .any(|source| source.file.text().contains(name))
        // Usage texts are for people.
        || world.sources.get(file).file.text().to_lowercase().contains("usage")
}

/// Conditions of the form `[ "$1" = "x" ]`: which argument, what it is held against, where.
fn tests(world: &World, script: &Script) -> Vec<(usize, String, Span)> {
    let mut found: Vec<(usize, String, Span)> = Vec::new();
    let mut names: Vec<(String, usize)> = (1..10).map(|at| (at.to_string(), at)).collect();
    for command in &script.commands {
        for (name, value) in &command.assignments {
            let hole = value.as_unknown().filter(|hole| hole.choices.is_empty());
            if let Some(position) = hole.and_then(|hole| hole.name.parse::<usize>().ok())
                && (1..10).contains(&position)
            {
                names.push((name.to_string(), position));
            }
        }
    }
    for span in script
        .commands
        .iter()
        .flat_map(|command| &command.conditions)
    {
        if span.file != script.file || found.iter().any(|(_, _, other)| other == span) {
            continue;
        }
        let text = world.sources.slice(*span).trim();
        let Some(inner) = text
            .strip_prefix("[[")
            .and_then(|text| text.strip_suffix("]]"))
            .or_else(|| {
                text.strip_prefix('[')
                    .and_then(|text| text.strip_suffix(']'))
            })
        else {
            continue;
        };
        let words: Vec<&str> = inner.split_whitespace().collect();
        let [left, "=" | "==", right] = words.as_slice() else {
            continue;
        };
        let variable = left
            .trim_matches('"')
            .trim_start_matches('$')
            .trim_matches(['{', '}']);
        let right = right.trim_matches(['"', '\'']);
        let Some((_, position)) = names.iter().find(|(name, _)| name == variable) else {
            continue;
        };
        if !left.trim_matches('"').starts_with('$')
            || right.is_empty()
            || right.contains(['$', '*', '?'])
        {
            continue;
        }
        found.push((*position, right.to_owned(), *span));
    }
    found
}
