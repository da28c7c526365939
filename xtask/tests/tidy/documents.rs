//! Documents point at things that are there.

use std::path::Path;

use crate::repository::{File, files, folders, is, none, read, root, rust_files};

fn markdown() -> Vec<File> {
    files(|path| is(path, "md"))
}

#[test]
fn links_inside_the_repository_resolve() {
    let mut complaints = Vec::new();
    for file in markdown() {
        let folder = root().join(&file.path);
        let folder = folder.parent().expect("a file stands in a folder");
        for target in links(&file.text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let to = if path.is_empty() {
                root().join(&file.path)
            } else {
                folder.join(path)
            };
            if !to.exists() {
                complaints.push(format!("{}: `{target}` does not exist", file.path));
            } else if !anchor.is_empty() && !has_heading(&to, anchor) {
                complaints.push(format!("{}: `{target}` has no such heading", file.path));
            }
        }
    }
    none(&complaints, "links that lead nowhere");
}

/// The targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        let mut rest = line.as_str();
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, after)) = after.split_once(')') else {
                break;
            };
            targets.push(target.to_owned());
            rest = after;
        }
    }
    targets
}

/// Lines outside fenced blocks, without their code spans.
fn prose(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push(line.split('`').step_by(2).collect());
        }
    }
    lines
}

fn has_heading(file: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|line| slug(line.trim_start_matches('#')) == anchor)
}

/// The anchor that GitHub gives to a heading.
fn slug(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

#[test]
fn every_example_is_named_in_the_readme() {
    let readme = read("README.md");
    let missing: Vec<String> = folders("examples")
        .iter()
        .filter_map(|folder| Some(format!("examples/{}", folder.file_name()?.to_str()?)))
        .filter(|example| !readme.contains(&format!("({example}")))
        .collect();
    none(&missing, "examples that README.md does not link to");
}

#[test]
fn every_decision_is_told_in_the_same_shape() {
    let mut complaints = Vec::new();
    let decisions = files(|path| {
        path.starts_with("docs/adr/") && is(path, "md") && !path.ends_with("README.md")
    });
    let index = read("docs/adr/README.md");
    for (number, decision) in decisions.iter().enumerate() {
        let file = decision.path.trim_start_matches("docs/adr/");
        if !file.starts_with(&format!("{:04}-", number + 1)) {
            complaints.push(format!(
                "{}: expected number {:04}",
                decision.path,
                number + 1
            ));
        }
        for heading in [
            "## Context",
            "## Decision",
            "## Alternatives",
            "## Consequences",
        ] {
            if decision.find(heading).is_none() {
                complaints.push(format!("{}: no `{heading}`", decision.path));
            }
        }
        if !index.contains(&format!("]({file})")) {
            complaints.push(format!("{}: not in docs/adr/README.md", decision.path));
        }
    }
    none(&complaints, "decisions out of shape");
}

/// A fenced block whose info string says `test=name` is run by the test of that name.
#[test]
fn every_block_marked_as_run_is_run_by_a_test() {
    let sources = rust_files();
    let mut marked = 0;
    let mut complaints = Vec::new();
    for file in markdown() {
        for line in file.text.lines() {
            let Some(info) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let Some(test) = info
                .split_whitespace()
                .find_map(|word| word.strip_prefix("test="))
            else {
                continue;
            };
            marked += 1;
            if !is_a_test(&sources, test) {
                complaints.push(format!("{}: no test `{test}`", file.path));
            }
        }
    }
    none(&complaints, "blocks that say they are run, and are not");
    assert!(marked > 0, "README.md marks its commands with `test=`");
}

/// The rows of the counter's specification that one machine can show.
const ROWS: &[&str] = &[
    "C-01", "C-02", "C-03", "C-04", "C-05", "C-06", "C-07", "C-10", "C-11", "C-12", "C-13", "C-14",
    "C-15", "C-20", "C-21", "C-22", "C-23", "C-24", "C-25", "C-30", "C-31", "C-32", "C-33", "C-34",
    "C-40", "C-41", "C-42", "C-43", "C-44", "C-45", "H-01", "H-02", "H-03",
];

#[test]
fn every_row_of_the_counter_is_shown_by_a_test() {
    let sources = rust_files();
    let page = read("docs/reference/counter-rows.md");
    let mut complaints = Vec::new();
    for row in ROWS {
        let Some(line) = page
            .lines()
            .find(|line| line.starts_with('|') && line.contains(row))
        else {
            complaints.push(format!("{row}: no line"));
            continue;
        };
        let tests: Vec<&str> = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter_map(test_name)
            .collect();
        if tests.is_empty() {
            complaints.push(format!("{row}: names no test"));
        }
        complaints.extend(
            tests
                .iter()
                .filter(|test| !is_a_test(&sources, test))
                .map(|test| format!("{row}: no test `{test}`")),
        );
    }
    none(
        &complaints,
        "rows of docs/reference/counter-rows.md that nothing shows",
    );
}

/// The last part of `module::name`, when it is the name of a function.
fn test_name(span: &str) -> Option<&str> {
    let name = span.rsplit("::").next()?;
    (name.contains('_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
    .then_some(name)
}

/// Whether a function of this name stands under a test attribute.
fn is_a_test(sources: &[File], name: &str) -> bool {
    let function = format!("fn {name}(");
    sources.iter().any(|file| {
        let Some(at) = file.text.find(&function) else {
            return false;
        };
        let before: Vec<&str> = file.text[..at].lines().rev().take(6).collect();
        before
            .iter()
            .any(|line| line.contains("#[test]") || line.contains("::test"))
    })
}

#[test]
fn definitions_in_documents_have_nothing_wrong() {
    let mut complaints = Vec::new();
    for file in markdown() {
        for text in blocks(&file.text, "yaml").filter(|text| text.starts_with("platform:")) {
            let (definition, _) =
                seaworthy_definition::Definition::read(&file.path, text.as_bytes());
            let said = definition.check();
            complaints.extend(
                said.iter()
                    .map(|diagnostic| format!("{}: {}", file.path, diagnostic.message)),
            );
        }
    }
    none(
        &complaints,
        "definitions that a reader would copy, and that are wrong",
    );
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let start = format!("```{language}\n");
    text.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect::<Vec<_>>()
        .into_iter()
}
