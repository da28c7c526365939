//! The form for people: as rustc looks, with the chain between the sides, and a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seaworthy_diagnostics::text::{self, Colour};
use seaworthy_diagnostics::{Diagnostic, SourceFile};

use super::{Entry, Place, Report};
use crate::Confidence;

/// So many steps of a chain are shown.
const SHOWN_STEPS: usize = 12;

/// Every entry, with an empty line between.
pub fn render(report: &Report<'_>, colour: Colour) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&one(entry, colour));
    }
    text
}

fn one(entry: &Entry<'_>, colour: Colour) -> String {
    let mut diagnostic = Diagnostic {
        code: entry.diagnostic.code,
        ..entry.diagnostic.clone()
    };
    diagnostic.notes.extend(chain(entry));
    diagnostic
        .notes
        .extend(entry.assumed.iter().map(|what| format!("assumed: {what}")));
    if entry.confidence == Some(Confidence::Possible) {
        diagnostic
            .notes
            .push("possible: it depends on what these files do not say".to_owned());
    }
    if let Some(fix) = &diagnostic.fix {
        let hint = format!("`--fix` would do this: {}", fix.title);
        diagnostic.hints.push(hint);
    }
    // Handing over only the files that are pointed at: looking one up is a search through all that are handed over.
    let mut files: Vec<&SourceFile> = Vec::new();
    for label in &diagnostic.labels {
        if let Some(file) = entry.files.file(label.span.file)
            && !files.iter().any(|known| known.id() == file.id())
        {
            files.push(file);
        }
    }
    text::render_as(entry.word, &diagnostic, &files, colour)
}

/// The steps between the sides as one note, a line each.
fn chain(entry: &Entry<'_>) -> Option<String> {
    let mut lines: Vec<(String, &str)> = Vec::new();
    for link in entry.chain {
        let Some(place) = Place::of(link.span, entry.files) else {
            continue;
        };
        let line = (
            format!("{}:{}", place.file.path(), place.line),
            link.says.as_str(),
        );
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return None;
    }
    let n_more = lines.len().saturating_sub(SHOWN_STEPS);
    lines.truncate(SHOWN_STEPS);
    let width = lines.iter().map(|(place, _)| place.chars().count()).max()?;
    let mut note = "what joins them:".to_owned();
    for (place, says) in lines {
        let _ = write!(note, "\n  {place:<width$}  {says}");
    }
    if n_more > 0 {
        let _ = write!(note, "\n  and {n_more} more");
    }
    Some(note)
}

/// Counts by severity: `3 breaks, 1 insecure`; nothing where nothing is shown.
pub fn counts(report: &Report<'_>) -> Option<String> {
    let words = [
        "error",
        "breaks",
        "insecure",
        "warning",
        "unreliable",
        "costly",
        "note",
    ];
    let parts: Vec<String> = words
        .iter()
        .filter_map(|word| {
            let n = report.entries.iter().filter(|e| e.word == *word).count();
            let word = match *word {
                "error" if n > 1 => "errors",
                "warning" if n > 1 => "warnings",
                "note" if n > 1 => "notes",
                word => word,
            };
            (n > 0).then(|| format!("{n} {word}"))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is not shown and why: `2 allowed, 5 in the baseline`.
pub fn hidden(report: &Report<'_>) -> Option<String> {
    let parts: Vec<String> = [
        (report.hidden.allowed, "allowed"),
        (report.hidden.baseline, "in the baseline"),
        (report.hidden.before, "there before"),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How much was not seen: `2 modules, 1 chart`.
pub fn unseen_counts(report: &Report<'_>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for unseen in &report.unseen {
        *counts.entry(unseen.subject).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(subject, n)| match (*n, *subject) {
            (1, "remote") => "1 remote base".to_owned(),
            (n, "remote") => format!("{n} remote bases"),
            (1, subject) => format!("1 {subject}"),
            (n, "repository") => format!("{n} repositories"),
            (n, subject) => format!("{n} {subject}s"),
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What was not seen, a line each.
pub fn unseen(report: &Report<'_>) -> String {
    let mut text = String::new();
    for unseen in &report.unseen {
        let _ = write!(text, "not seen: {} `{}`", unseen.subject, unseen.name);
        if let Some((file, line)) = &unseen.place {
            let _ = write!(text, " ({file}:{line})");
        }
        let _ = writeln!(text, ": {}", unseen.why);
    }
    text
}
