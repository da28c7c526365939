//! A plan for a terminal.

use std::fmt::Write as _;

use super::{Counts, verdict, waits};
use crate::change::{Action, Change};
use crate::plan::{Outcome, Plan};

/// How many attributes of one change are shown.
const MOST: usize = 8;

/// The summary of a plan: what would be created, changed and destroyed, and why.
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for root in &plan.roots {
        let name = &root.root.name;
        match &root.outcome {
            Outcome::Waits { until } => {
                let _ = writeln!(text, "{name}: {}", waits(until));
            }
            Outcome::Planned { changes } => {
                let _ = writeln!(text, "{name}: {}", Counts::of(changes));
                for line in change_lines(changes) {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
    }
    let lost = plan.losses(&[]);
    if !lost.is_empty() {
        let _ = writeln!(
            text,
            "\ncontent would be lost; `apply` refuses this unless each is named with `--allow`:"
        );
        for address in lost {
            let _ = writeln!(text, "  ! {address}");
        }
    }
    let _ = write!(text, "\n{}", verdict(plan));
    text
}

/// One line for a change, and one for each of its attributes. New things of one type share a line.
pub fn change_lines(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut created: Vec<(&str, Vec<&str>)> = Vec::new();
    for change in changes {
        if change.action == Action::Create && !change.drift {
            let kind = change.kind.as_str();
            match created.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, addresses)) => addresses.push(&change.address),
                None => created.push((kind, vec![&change.address])),
            }
            continue;
        }
        lines.push(format!(
            "  {} {}: {}",
            sign(change),
            change.address,
            change.why
        ));
        for attribute in change.attributes.iter().take(MOST) {
            let nothing = || "(none)".to_owned();
            lines.push(format!(
                "      {}: {} → {}{}",
                attribute.path,
                attribute.before.clone().unwrap_or_else(nothing),
                attribute.after.clone().unwrap_or_else(nothing),
                if attribute.outside {
                    "   (changed outside)"
                } else {
                    ""
                }
            ));
        }
        let more = change.attributes.len().saturating_sub(MOST);
        if more > 0 {
            lines.push(format!("      and {more} more; all of it with `--full`"));
        }
    }
    for (kind, addresses) in created {
        match addresses.as_slice() {
            [address] => lines.push(format!("  + {address}: new")),
            addresses => {
                let modules = modules(addresses);
                lines.push(format!(
                    "  + {kind} ×{}: new, in {modules}",
                    addresses.len()
                ));
            }
        }
    }
    lines
}

/// Where things are: their modules without keys, in order.
fn modules(addresses: &[&str]) -> String {
    let mut modules: Vec<&str> = addresses
        .iter()
        .map(|address| {
            let end = address.find(".aws_").unwrap_or(0);
            let module = &address[..end];
            module.split('[').next().unwrap_or(module)
        })
        .map(|module| {
            if module.is_empty() {
                "the root"
            } else {
                module
            }
        })
        .collect();
    modules.sort_unstable();
    modules.dedup();
    modules.join(", ")
}

fn sign(change: &Change) -> &'static str {
    match change.action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "±",
        Action::Delete => "-",
        Action::Forget => "o",
        Action::Move => ">",
    }
}
