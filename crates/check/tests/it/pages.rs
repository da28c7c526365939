//! Every rule finds exactly what its page marks, and is silent on what its page calls fixed or `Silent: why`.

use std::collections::BTreeSet;
use std::path::Path;

use seaworthy_check::{Finding, Rule};
use seaworthy_diagnostics::LabelKind;
use seaworthy_link::World;

use seaworthy_check::page::Example;

const SECTIONS: [&str; 4] = ["Why it matters", "Failing", "Fixed", "When to allow it"];

#[test]
fn every_page_has_its_parts() {
    let mut names = BTreeSet::new();
    for rule in seaworthy_check::all() {
        assert!(names.insert(rule.name), "{} is there twice", rule.name);
        assert!(
            rule.page.starts_with(&format!("# {}\n", rule.name)),
            "the page of {} starts with its name",
            rule.name
        );
        for section in SECTIONS {
            assert!(
                rule.page.contains(&format!("\n## {section}\n")),
                "the page of {} has no `## {section}`",
                rule.name
            );
        }
    }
}

#[test]
fn every_rule_finds_what_its_page_marks() {
    let problems: Vec<String> = seaworthy_check::all()
        .flat_map(|rule| problems(rule, rule.page, "its page"))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn every_rule_finds_its_second_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second");
    let mut problems_found = Vec::new();
    for rule in seaworthy_check::all() {
        let path = folder.join(format!("{}.md", rule.name));
        match std::fs::read_to_string(&path) {
            Ok(page) => problems_found.extend(problems(rule, &page, "its second example")),
            Err(_) => problems_found.push(format!(
                "{} has no second example: write tests/second/{0}.md",
                rule.name
            )),
        }
    }
    assert!(problems_found.is_empty(), "{}", problems_found.join("\n\n"));
}

fn problems(rule: &Rule, page: &str, which: &str) -> Vec<String> {
    let mut problems = Vec::new();
    // Sections of pages are found after a line break.
    let failing: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter(|section| *section == "Failing" || section.starts_with("Failing: "))
        .collect();
    if failing.first() != Some(&"Failing") {
        problems.push(format!("{}: {which} has no `## Failing`", rule.name));
    }
    for section in failing {
        let failing = Example::of(page, section).expect("the section is there");
        let expected = failing.marks();
        assert!(!expected.is_empty(), "{}: {which} marks no line", rule.name);
        let world = world(&failing);
        let findings = of(rule, &world);
        let found = places(&findings, &world);
        if found != expected {
            problems.push(format!(
                "{}: `{section}` of {which} marks\n  {expected:?}\nand found is\n  {found:?}\n{}",
                rule.name,
                messages(&findings)
            ));
        }
    }
    // What healthy repositories taught: sections `## Silent: why` look like a finding and are none.
    let silent = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter(|section| *section == "Fixed" || section.starts_with("Silent: "));
    let mut sections = silent.peekable();
    if sections.peek() != Some(&"Fixed") {
        problems.push(format!("{}: {which} has no `## Fixed`", rule.name));
    }
    for section in sections {
        let example = Example::of(page, section).expect("the section is there");
        assert!(
            !example.files.is_empty(),
            "{}: `{section}` of {which} shows no files",
            rule.name
        );
        let world = world(&example);
        let findings = of(rule, &world);
        if !findings.is_empty() {
            problems.push(format!(
                "{}: `{section}` of {which} is found fault with, at {:?}\n{}",
                rule.name,
                places(&findings, &world),
                messages(&findings)
            ));
        }
    }
    problems
}

/// The repository, read and linked, on the day that all examples happen.
fn world(example: &Example) -> World {
    let today = "2026-11-21".parse().expect("it is a date");
    World::new(example.sources(), today)
}

fn of(rule: &Rule, world: &World) -> Vec<Finding> {
    seaworthy_check::check(world)
        .into_iter()
        .filter(|finding| finding.rule == rule.name)
        .collect()
}

fn places(findings: &[Finding], world: &World) -> Vec<(String, usize, bool)> {
    let mut places: Vec<_> = findings
        .iter()
        .flat_map(|finding| &finding.diagnostic.labels)
        .map(|label| {
            (
                world.sources.path(label.span.file).to_owned(),
                world.sources.line(label.span),
                label.kind == LabelKind::Primary,
            )
        })
        .collect();
    places.sort();
    places
}

fn messages(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings
        .iter()
        .map(|finding| format!("  - {}", finding.diagnostic.message))
        .collect();
    lines.join("\n")
}
