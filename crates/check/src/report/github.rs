//! Workflow commands of GitHub Actions, one line an entry: the runner turns them into annotations of the change.

use std::fmt::Write as _;

use seaworthy_diagnostics::Severity as Level;

use super::{Entry, Place, Report, labels};

/// Every entry as an annotation at its primary place; the other places stand in its text.
pub fn render(report: &Report<'_>) -> String {
    report.entries.iter().map(line).collect()
}

fn line(entry: &Entry<'_>) -> String {
    let diagnostic = entry.diagnostic;
    let command = match diagnostic.severity {
        Level::Error => "error",
        Level::Warning if entry.word == "costly" => "notice",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut line = format!("::{command} ");
    let place = diagnostic
        .place()
        .and_then(|span| Place::of(span, entry.files));
    if let Some(place) = place {
        let _ = write!(
            line,
            "file={},line={},endLine={}",
            property(place.file.path()),
            place.line,
            place.end_line
        );
        // GitHub takes columns only within one line.
        if place.line == place.end_line {
            let _ = write!(line, ",col={},endColumn={}", place.column, place.end_column);
        }
        line.push(',');
    }
    let title = format!("{} {}", entry.word, entry.rule);
    let _ = writeln!(line, "title={}::{}", property(&title), data(&text(entry)));
    line
}

fn text(entry: &Entry<'_>) -> String {
    let mut text = entry.diagnostic.message.clone();
    for (span, primary, message) in labels(entry.diagnostic) {
        let Some(place) = Place::of(span, entry.files) else {
            continue;
        };
        if primary && message.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{}:{}", place.file.path(), place.line);
        if !message.is_empty() {
            let _ = write!(text, ": {message}");
        }
    }
    for note in &diagnostic_notes(entry) {
        let _ = write!(text, "\n{note}");
    }
    text
}

fn diagnostic_notes(entry: &Entry<'_>) -> Vec<String> {
    let notes = entry.diagnostic.notes.iter().cloned();
    let assumed = entry.assumed.iter().map(|what| format!("assumed: {what}"));
    let hints = entry
        .diagnostic
        .hints
        .iter()
        .map(|hint| format!("hint: {hint}"));
    notes.chain(assumed).chain(hints).collect()
}

/// What follows `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
