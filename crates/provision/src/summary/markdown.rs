//! A plan for a pull request: the whole in a line, each root in a table that can be opened.

use std::fmt::Write as _;

use super::{Counts, verdict, waits};
use crate::change::{Action, Change};
use crate::plan::{Outcome, Plan};

/// GitHub takes comments of 65,536 characters; room is left for whoever puts something around it.
const LONGEST: usize = 60_000;

/// The plan of an environment as Markdown. `full` holds what OpenTofu shows of each root, or nothing; it is put in as
/// long as there is room.
pub fn markdown(environment: &str, plan: &Plan, full: &[String]) -> String {
    let mut text = format!("### Plan of `{environment}`: {}\n", verdict(plan));
    let lost = plan.losses(&[]);
    if !lost.is_empty() {
        let _ = writeln!(
            text,
            "\n> [!CAUTION]\n> Content would be lost. `apply` refuses this unless each is named with `--allow`:"
        );
        for address in &lost {
            let _ = writeln!(text, "> - `{address}`");
        }
    }
    let mut left_out = 0;
    for (number, root) in plan.roots.iter().enumerate() {
        let mut section = String::new();
        let name = &root.root.name;
        match &root.outcome {
            Outcome::Waits { until } => {
                let _ = writeln!(section, "\n**{name}**: {}", waits(until));
            }
            Outcome::Planned { changes } if changes.is_empty() => {
                let _ = writeln!(section, "\n**{name}**: nothing to change");
            }
            Outcome::Planned { changes } => {
                // What only creates says little line by line; the rest is to be read.
                let open = changes.iter().any(|change| change.action != Action::Create);
                let open = if open { " open" } else { "" };
                let _ = writeln!(
                    section,
                    "\n<details{open}><summary><b>{name}</b>: {}</summary>\n\n| | resource | why |\n| --- | --- | --- |",
                    Counts::of(changes)
                );
                for change in changes {
                    let _ = writeln!(section, "{}", row(change));
                }
                if let Some(shown) = full.get(number).filter(|shown| !shown.is_empty()) {
                    let _ = writeln!(
                        section,
                        "\n```text\n{}\n```",
                        shown.trim().replace("```", "'''")
                    );
                }
                let _ = writeln!(section, "\n</details>");
            }
        }
        if text.len() + section.len() > LONGEST {
            left_out += 1;
            let _ = writeln!(
                text,
                "\n**{name}**: {}; too long for a comment",
                Counts::of(root.changes())
            );
        } else {
            text.push_str(&section);
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\nWhat is too long here is shown by `seaworthy plan {environment} --full`."
        );
    }
    text
}

fn row(change: &Change) -> String {
    let word = match change.action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Replace => "**replace**",
        Action::Delete => "**destroy**",
        Action::Forget => "forget",
        Action::Move => "rename",
    };
    let mut why = change.why.replace('|', "\\|").replace('\n', " ");
    for attribute in &change.attributes {
        let value = |value: &Option<String>| {
            value
                .as_deref()
                .map_or_else(|| "(none)".to_owned(), |value| format!("`{}`", cell(value)))
        };
        let _ = write!(
            why,
            "<br>{}: {} → {}",
            cell(&attribute.path),
            value(&attribute.before),
            value(&attribute.after)
        );
    }
    format!("| {word} | `{}` | {why} |", cell(&change.address))
}

/// A text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('`', "'")
        .replace('\n', " ")
}
