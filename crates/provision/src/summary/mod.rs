//! A plan in words: for a terminal, and for a pull request. Values that are sensitive were never taken over.

mod markdown;
mod text;

pub use markdown::markdown;
pub use text::{change_lines, text};

use std::fmt::Write as _;

use crate::change::{Action, Change};
use crate::plan::{Outcome, Plan};

/// How many things would be created, changed, replaced and destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Changed in place.
    pub change: usize,
    /// Destroyed and made again.
    pub replace: usize,
    /// Destroyed, or left without being managed.
    pub destroy: usize,
    /// Called otherwise or taken over.
    pub rename: usize,
}

impl Counts {
    /// Counts changes.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut counts = Self::default();
        for change in changes {
            match change.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.change += 1,
                Action::Replace => counts.replace += 1,
                Action::Delete | Action::Forget => counts.destroy += 1,
                Action::Move => counts.rename += 1,
            }
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            (self.create, "create"),
            (self.change, "change"),
            (self.replace, "replace"),
            (self.destroy, "destroy"),
            (self.rename, "rename"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} to {word}"))
            .collect();
        if parts.is_empty() {
            f.write_str("nothing to change")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

/// What a root waits for, in words.
fn waits(until: &[String]) -> String {
    let names: Vec<String> = until.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("not plannable until {} {verb} applied", names.join(" and "))
}

/// The last line: everything together.
fn verdict(plan: &Plan) -> String {
    let n_waiting = plan
        .roots
        .iter()
        .filter(|root| matches!(root.outcome, Outcome::Waits { .. }))
        .count();
    let mut verdict = Counts::of(plan.changes()).to_string();
    if n_waiting > 0 {
        let n_roots = plan.roots.len();
        let _ = write!(
            verdict,
            "; {n_waiting} of {n_roots} roots not plannable yet"
        );
    }
    if plan.has_drift() {
        verdict.push_str("; drift: something was changed outside of OpenTofu");
    }
    verdict
}
