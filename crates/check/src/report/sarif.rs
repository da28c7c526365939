//! SARIF 2.1.0, which code hosts and editors read.
//!
//! Every other side of a finding is a related location, the chain between them a code flow, and the fingerprint keeps a
//! finding the same after an edit. What was not seen are notifications of the run.

use serde_json::{Value, json};

use seaworthy_diagnostics::{Fix, Severity as Level, Span};

use super::{Entry, Files, Place, Report, labels};
use crate::{Severity, rules};

/// The report as a SARIF log. `version` is the program's.
pub fn value(report: &Report<'_>, version: &str) -> Value {
    let mut names: Vec<&str> = report.entries.iter().map(|entry| entry.rule).collect();
    names.sort_unstable();
    names.dedup();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "seaworthy",
                "version": version,
                "semanticVersion": version,
                "informationUri": "https://github.com/seaworthy-dev/seaworthy",
                "rules": names.iter().map(|name| rule(name)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": report.unseen.iter().map(|unseen| {
                    let mut notification = json!({
                        "level": "note",
                        "message": {
                            "text": format!("not seen: {} `{}`: {}", unseen.subject, unseen.name, unseen.why),
                        },
                    });
                    if let Some((file, line)) = &unseen.place {
                        notification["locations"] = json!([{
                            "physicalLocation": {
                                "artifactLocation": { "uri": uri(file) },
                                "region": { "startLine": line },
                            },
                        }]);
                    }
                    notification
                }).collect::<Vec<_>>(),
            }],
            "results": report
                .entries
                .iter()
                .map(|entry| result(entry, &names))
                .collect::<Vec<_>>(),
        }],
    })
}

/// What a rule is, as code hosts show it beside its results.
fn rule(name: &str) -> Value {
    let Some(rule) = rules::find(name) else {
        return json!({ "id": name });
    };
    let theme = rules::theme_of(name).map_or("", |theme| theme.name);
    let mut value = json!({
        "id": name,
        "shortDescription": { "text": rule.headline() },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level_of(rule.severity) },
        "properties": {
            "tags": [theme, rule.severity.as_str()],
            "problem.severity": level_of(rule.severity),
        },
    });
    if rule.severity == Severity::Insecure {
        // Code hosts show a result as one of security only with a number; this one means "high" to them.
        value["properties"]["security-severity"] = json!("7.5");
        value["properties"]["tags"] = json!([theme, rule.severity.as_str(), "security"]);
    }
    value
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaks | Severity::Insecure => "error",
        Severity::Unreliable => "warning",
        Severity::Costly => "note",
    }
}

fn result(entry: &Entry<'_>, names: &[&str]) -> Value {
    let diagnostic = entry.diagnostic;
    let level = match (diagnostic.severity, entry.word) {
        (Level::Error, _) => "error",
        (Level::Warning, "costly") | (Level::Note, _) => "note",
        (Level::Warning, _) => "warning",
    };
    let mut text = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.hints) {
        text.push('\n');
        text.push_str(more);
    }
    for what in entry.assumed {
        text.push_str("\nassumed: ");
        text.push_str(what);
    }
    let primary: Vec<Value> = labels(diagnostic)
        .filter(|(_, primary, _)| *primary)
        .filter_map(|(span, _, message)| location(span, message, entry.files))
        .collect();
    let others: Vec<Value> = labels(diagnostic)
        .filter(|(_, primary, _)| !primary)
        .filter_map(|(span, _, message)| location(span, message, entry.files))
        .collect();
    let mut result = json!({
        "ruleId": entry.rule,
        "ruleIndex": names.iter().position(|name| *name == entry.rule),
        "level": level,
        "message": { "text": text },
        // Code hosts show the first location only.
        "locations": primary.iter().chain(&others).take(1).collect::<Vec<_>>(),
        "partialFingerprints": { "seaworthyFinding/v1": entry.fingerprint },
        "properties": {
            "severity": entry.word,
            "confidence": entry.confidence.map(crate::Confidence::as_str),
        },
    });
    let related: Vec<Value> = primary
        .into_iter()
        .chain(others)
        .skip(1)
        .zip(1..)
        .map(|(mut location, id)| {
            location["id"] = json!(id);
            location
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    let flow = flow(entry);
    if flow.len() > 1 {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow }] }]);
    }
    if let Some(fix) = diagnostic
        .fix
        .as_ref()
        .and_then(|fix| self::fix(fix, entry.files))
    {
        result["fixes"] = json!([fix]);
    }
    result
}

/// From the primary place over every step to the others.
fn flow(entry: &Entry<'_>) -> Vec<Value> {
    if entry.chain.is_empty() {
        return Vec::new();
    }
    let steps = entry
        .chain
        .iter()
        .map(|link| (link.span, link.says.as_str()));
    let (first, last): (Vec<_>, Vec<_>) =
        labels(entry.diagnostic).partition(|(_, primary, _)| *primary);
    let place = |(span, _, message)| (span, message);
    first
        .into_iter()
        .map(place)
        .chain(steps)
        .chain(last.into_iter().map(place))
        .filter_map(|(span, message)| location(span, message, entry.files))
        .map(|location| json!({ "location": location }))
        .collect()
}

fn fix(fix: &Fix, files: Files<'_>) -> Option<Value> {
    let changes: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| {
            let place = Place::of(edit.span, files)?;
            Some(json!({
                "artifactLocation": { "uri": uri(place.file.path()) },
                "replacements": [{
                    "deletedRegion": exact_region(edit.span, &place),
                    "insertedContent": { "text": edit.replacement },
                }],
            }))
        })
        .collect::<Option<_>>()?;
    Some(json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

fn location(span: Span, message: &str, files: Files<'_>) -> Option<Value> {
    let place = Place::of(span, files)?;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(place.file.path()) },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        },
    });
    if !message.is_empty() {
        location["message"] = json!({ "text": message });
    }
    Some(location)
}

/// A region that keeps a line break at its end.
fn exact_region(span: Span, place: &Place<'_>) -> Value {
    let end = place.file.position(span.end);
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a URI: relative ones stay relative.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if path
        .split('/')
        .next()
        .is_some_and(|first| first.contains(':'))
    {
        // Else the first part would be taken for a scheme.
        uri.push_str("./");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'/' | b'-' | b'_' | b'.' | b'~' | b':' | b'@' | b'+' | b',' | b'=' | b'!' => {
                uri.push(char::from(byte));
            }
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                uri.push('%');
                uri.push(char::from(DIGITS[usize::from(byte >> 4)]));
                uri.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        for (path, expected) in [
            ("infra/main.tf", "infra/main.tf"),
            ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
            ("/srv/x.tf", "file:///srv/x.tf"),
            ("c:d/x", "./c:d/x"),
            ("100%/x", "100%25/x"),
        ] {
            assert_eq!(uri(path), expected, "{path}");
        }
    }
}
