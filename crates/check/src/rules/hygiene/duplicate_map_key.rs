//! One object gives one key twice; the last one counts, without a word.

use seaworthy_facts::Span;
use seaworthy_link::World;

use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "duplicate-map-key",
    severity: Severity::Unreliable,
    page: include_str!("duplicate-map-key.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for module in &world.facts.terraform.modules {
        if module.vendored {
            continue;
        }
        for (key, first, second) in &module.duplicate_keys {
            // The same value twice does no harm.
            let (one, other) = (rest_of_line(world, *first), rest_of_line(world, *second));
            if one == other && !one.ends_with(['{', '[', '(']) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "key `{key}` is given twice in one object: the first value is dropped without a word"
                ))
                .at(*second, "given again here, and this one counts")
                .and(*first, "dropped")
                .about([module.folder.clone(), key.to_string()]),
            );
        }
    }
    together(findings, |_| ());
}

/// What follows a key, without the space that lines it up, the comma and a comment.
fn rest_of_line(world: &World, key: Span) -> &str {
    let text = world.sources.get(key.file).file.text();
    let rest = text.get(key.end..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let line = line.split(" #").next().unwrap_or(line);
    let line = line.split(" //").next().unwrap_or(line);
    line.trim_start_matches([' ', '=', ':'])
        .trim_end()
        .trim_end_matches(',')
}
