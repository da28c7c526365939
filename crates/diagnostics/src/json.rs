//! The JSON form of diagnostics: documented, stable, for editors and machines.
//!
//! `{"diagnostics": [{severity, code, message, file, line, column, labels, notes, hints, fix}]}`. Lines and columns
//! count from 1, columns in characters; `byte` counts bytes from 0. `file`, `line` and `column` repeat the primary
//! label for those who want nothing else; they are null where a diagnostic has no place. Keys may be added, never
//! removed or changed.

use serde::Serialize;

use crate::{Diagnostic, LabelKind, SourceFile, Span};

#[derive(Serialize)]
struct Report<'a> {
    diagnostics: Vec<Wire<'a>>,
}

/// The wire form of one diagnostic, for reports that carry diagnostics beside other things.
#[derive(Serialize)]
struct Wire<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    labels: Vec<WireLabel<'a>>,
    notes: &'a [String],
    hints: &'a [String],
    fix: Option<WireFix<'a>>,
}

#[derive(Serialize)]
struct WireLabel<'a> {
    kind: &'static str,
    message: &'a str,
    #[serde(flatten)]
    span: WireSpan<'a>,
}

#[derive(Serialize)]
struct WireSpan<'a> {
    file: &'a str,
    start: WirePosition,
    end: WirePosition,
}

#[derive(Serialize)]
struct WirePosition {
    line: usize,
    column: usize,
    byte: usize,
}

#[derive(Serialize)]
struct WireFix<'a> {
    title: &'a str,
    edits: Vec<WireEdit<'a>>,
}

#[derive(Serialize)]
struct WireEdit<'a> {
    replacement: &'a str,
    #[serde(flatten)]
    span: WireSpan<'a>,
}

/// The diagnostics as one JSON object on several lines, ending in a line break.
pub fn render(diagnostics: &[Diagnostic], sources: &[&SourceFile]) -> String {
    let report = Report {
        diagnostics: diagnostics.iter().map(|d| wire(d, sources)).collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&report).expect("strings and numbers always serialize");
    text.push('\n');
    text
}

/// The diagnostics as a JSON value, for a report that holds more than diagnostics.
pub fn value(diagnostics: &[Diagnostic], sources: &[&SourceFile]) -> serde_json::Value {
    diagnostics
        .iter()
        .map(|d| {
            serde_json::to_value(wire(d, sources)).expect("strings and numbers always serialize")
        })
        .collect()
}

fn wire<'a>(diagnostic: &'a Diagnostic, sources: &[&'a SourceFile]) -> Wire<'a> {
    let place = diagnostic.place().and_then(|span| wire_span(span, sources));
    Wire {
        severity: diagnostic.severity.as_str(),
        code: diagnostic.code,
        message: &diagnostic.message,
        file: place.as_ref().map(|p| p.file),
        line: place.as_ref().map(|p| p.start.line),
        column: place.as_ref().map(|p| p.start.column),
        labels: diagnostic
            .labels
            .iter()
            .filter_map(|label| {
                Some(WireLabel {
                    kind: match label.kind {
                        LabelKind::Primary => "primary",
                        LabelKind::Secondary => "secondary",
                    },
                    message: &label.message,
                    span: wire_span(label.span, sources)?,
                })
            })
            .collect(),
        notes: &diagnostic.notes,
        hints: &diagnostic.hints,
        fix: diagnostic.fix.as_ref().map(|fix| WireFix {
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .filter_map(|edit| {
                    Some(WireEdit {
                        replacement: &edit.replacement,
                        span: wire_span(edit.span, sources)?,
                    })
                })
                .collect(),
        }),
    }
}

fn wire_span<'a>(span: Span, sources: &[&'a SourceFile]) -> Option<WireSpan<'a>> {
    let source = sources.iter().find(|source| source.id() == span.file)?;
    let position = |byte| {
        let position = source.position(byte);
        WirePosition {
            line: position.line,
            column: position.column,
            byte,
        }
    };
    Some(WireSpan {
        file: source.path(),
        start: position(span.start),
        end: position(span.end),
    })
}
