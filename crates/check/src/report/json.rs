//! The JSON form: documented in `docs/reference/json.md`. Keys may be added, never removed or changed.

use serde_json::{Value, json};

use super::{Entry, Files, Place, Report, labels};
use crate::Link;

/// The whole report as one value.
pub fn value(report: &Report<'_>) -> Value {
    let count = |word: &str| {
        let of_word = report.entries.iter().filter(|entry| entry.word == word);
        of_word.count()
    };
    let words = [
        "breaks",
        "insecure",
        "unreliable",
        "costly",
        "error",
        "warning",
        "note",
    ];
    json!({
        "diagnostics": report.entries.iter().map(entry).collect::<Vec<_>>(),
        "unseen": report.unseen.iter().map(|unseen| json!({
            "subject": unseen.subject,
            "name": unseen.name,
            "why": unseen.why,
            "file": unseen.place.as_ref().map(|(file, _)| file),
            "line": unseen.place.as_ref().map(|(_, line)| line),
        })).collect::<Vec<_>>(),
        "summary": {
            "files": report.n_files,
            "denied": report.entries.iter().filter(|entry| entry.denied).count(),
            "severities": words
                .iter()
                .map(|word| ((*word).to_owned(), json!(count(word))))
                .collect::<serde_json::Map<_, _>>(),
            "allowed": report.hidden.allowed,
            "baseline": report.hidden.baseline,
            "before": report.hidden.before,
        },
    })
}

fn entry(entry: &Entry<'_>) -> Value {
    let diagnostic = entry.diagnostic;
    let place = diagnostic
        .place()
        .and_then(|span| Place::of(span, entry.files));
    json!({
        "rule": entry.rule,
        "code": entry.rule,
        "severity": entry.word,
        "confidence": entry.confidence.map(crate::Confidence::as_str),
        "denied": entry.denied,
        "message": diagnostic.message,
        "file": place.map(|place| place.file.path()),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "labels": labels(diagnostic)
            .filter_map(|(span, primary, message)| {
                let mut label = located(span, entry.files)?;
                label["primary"] = json!(primary);
                label["kind"] = json!(if primary { "primary" } else { "secondary" });
                label["message"] = json!(message);
                Some(label)
            })
            .collect::<Vec<_>>(),
        "chain": entry
            .chain
            .iter()
            .filter_map(|link| step(link, entry.files))
            .collect::<Vec<_>>(),
        "assumed": entry.assumed,
        "notes": diagnostic.notes,
        "hints": diagnostic.hints,
        "fix": diagnostic.fix.as_ref().map(|fix| json!({
            "title": fix.title,
            "edits": fix
                .edits
                .iter()
                .filter_map(|edit| {
                    let mut value = located(edit.span, entry.files)?;
                    value["replacement"] = json!(edit.replacement);
                    Some(value)
                })
                .collect::<Vec<_>>(),
        })),
        "fingerprint": entry.fingerprint,
    })
}

fn step(link: &Link, files: Files<'_>) -> Option<Value> {
    let mut step = located(link.span, files)?;
    step["message"] = json!(link.says);
    Some(step)
}

/// Places twice: as lines and columns that both lie within, and as `start` and `end` like every other report.
fn located(span: seaworthy_diagnostics::Span, files: Files<'_>) -> Option<Value> {
    let place = Place::of(span, files)?;
    let position = |byte: usize| {
        let position = place.file.position(byte);
        json!({ "line": position.line, "column": position.column, "byte": byte })
    };
    Some(json!({
        "file": place.file.path(),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "start": position(span.start),
        "end": position(span.end),
    }))
}
