//! The settings of `check`: one file in the repository, `.seaworthy/check.yaml`.
//!
//! Reading never fails: what is wrong is a diagnostic, and the rest takes effect only if there is none. The same shape
//! as a JSON Schema is [`schema`], for editors.

use globset::{GlobBuilder, GlobMatcher};
use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile, Span, suggest};
use seaworthy_facts::{Data, Value, yaml};
use serde_json::json;

use crate::allow::{Allowance, Scope, nearest_rule, rule};
use crate::{Deny, SEVERITIES, Selection, Selector, Severity};

/// Where the file stands, from the repository's top.
pub const PATH: &str = ".seaworthy/check.yaml";

/// What a repository wants of `check`.
#[derive(Debug, Default)]
pub struct Settings {
    /// What is shown.
    pub selection: Selection,
    /// What makes a run fail; the default where nothing is said.
    pub deny: Option<Deny>,
    /// The baseline's path, from the repository's top.
    pub baseline: Option<String>,
    /// The largest file that is read, in bytes.
    pub largest_file: Option<u64>,
    /// Where rules may be broken.
    pub allow: Vec<Allowance>,
}

const KEYS: [&str; 6] = [
    "select",
    "ignore",
    "deny",
    "baseline",
    "largest_file",
    "allow",
];
const ALLOW_KEYS: [&str; 4] = ["rule", "path", "about", "reason"];
const CODE: &str = "check/settings";

impl Settings {
    /// Reads the file. `path` is what messages show.
    pub fn read(path: &str, text: &str) -> (Self, SourceFile, Vec<Diagnostic>) {
        let source = SourceFile::new(FileId(0), path, text);
        let mut reader = Reader::default();
        let documents = yaml::read(&source);
        reader.problems.extend(documents.broken);
        reader.problems.extend(documents.duplicates);
        let settings = match documents.documents.as_slice() {
            [] => Self::default(),
            [document] => reader.settings(&document.value),
            [_, second, ..] => {
                reader.wrong(second.span, "the settings are one document", None);
                Self::default()
            }
        };
        (settings, source, reader.problems)
    }
}

/// Collects what is wrong.
#[derive(Default)]
struct Reader {
    problems: Vec<Diagnostic>,
}

impl Reader {
    fn wrong(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        let problem = Diagnostic::error(CODE, message)
            .primary(span, "")
            .hints(hint);
        self.problems.push(problem);
    }

    /// The entries of a map whose keys are all known.
    fn keys(&mut self, value: &Value, known: &[&'static str], what: &str) {
        let (are, have) = if what.ends_with('s') {
            ("are", "have")
        } else {
            ("is", "has")
        };
        if value.map().is_none() && !value.is_null() {
            self.wrong(value.span, format!("{what} {are} a map"), None);
        }
        for entry in value.entries() {
            if !known.contains(&&*entry.key) {
                let hint = match suggest(&entry.key, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("there is: {}", known.join(", ")),
                };
                let message = format!("{what} {have} no `{}`", entry.key);
                self.wrong(entry.key_span, message, Some(hint));
            }
        }
    }

    fn settings(&mut self, value: &Value) -> Settings {
        self.keys(value, &KEYS, "the settings");
        Settings {
            selection: Selection {
                select: self.selectors(value.get("select")),
                ignore: self.selectors(value.get("ignore")),
            },
            deny: value.get("deny").map(|deny| self.deny(deny)),
            baseline: value.get("baseline").and_then(|value| self.text(value)),
            largest_file: value.get("largest_file").and_then(|value| self.size(value)),
            allow: value
                .get("allow")
                .map(|list| self.allowances(list))
                .unwrap_or_default(),
        }
    }

    fn text(&mut self, value: &Value) -> Option<String> {
        let text = value.scalar().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong(value.span, "this is a text", None);
        }
        text
    }

    fn selectors(&mut self, value: Option<&Value>) -> Vec<Selector> {
        let mut selectors = Vec::new();
        for item in value.map(Value::each).unwrap_or_default() {
            let Some(word) = self.text(item) else {
                continue;
            };
            match Selector::parse(&word) {
                Ok(selector) => selectors.push(selector),
                Err(unknown) => {
                    let hint = unknown
                        .nearest
                        .map(|word| format!("did you mean `{word}`?"));
                    self.wrong(item.span, unknown.to_string(), hint);
                }
            }
        }
        selectors
    }

    fn deny(&mut self, value: &Value) -> Deny {
        let mut severities = Vec::new();
        for item in value.each() {
            let Some(word) = self.text(item) else {
                continue;
            };
            if let Some(severity) = Severity::parse(&word) {
                severities.push(severity);
            } else {
                let words = SEVERITIES.map(Severity::as_str).join(", ");
                self.wrong(
                    item.span,
                    format!("`{word}` is no severity"),
                    Some(format!("there is: {words}")),
                );
            }
        }
        Deny(severities)
    }

    /// Bytes, or KiB and MiB: `4 MiB`.
    fn size(&mut self, value: &Value) -> Option<u64> {
        let text = self.text(value)?;
        let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
            Some(at) => (&text[..at], text[at..].trim()),
            None => (text.as_str(), ""),
        };
        let factor: Option<u64> = match unit {
            "" => Some(1),
            "KiB" => Some(1 << 10),
            "MiB" => Some(1 << 20),
            _ => None,
        };
        let size = factor.and_then(|factor| number.parse::<u64>().ok()?.checked_mul(factor));
        if size.is_none() {
            let hint = "write it like `4 MiB`, or as bytes".to_owned();
            self.wrong(value.span, format!("`{text}` is no size"), Some(hint));
        }
        size
    }

    fn allowances(&mut self, list: &Value) -> Vec<Allowance> {
        if !matches!(list.data, Data::List(_) | Data::Null) {
            self.wrong(list.span, "`allow` is a list", None);
        }
        list.items()
            .iter()
            .filter_map(|item| self.allowance(item))
            .collect()
    }

    fn allowance(&mut self, item: &Value) -> Option<Allowance> {
        self.keys(item, &ALLOW_KEYS, "an allowance");
        let word = item.get("rule").and_then(|value| self.text(value));
        let reason = item.get("reason").and_then(|value| self.text(value));
        let path = item.get("path").and_then(|value| self.glob(value));
        let about = item.get("about").and_then(|value| self.glob(value));
        let (Some(word), Some(reason)) = (&word, reason) else {
            let hint = "give `rule`, `reason`, and `path` or `about`".to_owned();
            let missing = if word.is_none() { "rule" } else { "reason" };
            if item.get(missing).is_none() {
                self.wrong(
                    item.span,
                    format!("an allowance needs a `{missing}`"),
                    Some(hint),
                );
            }
            return None;
        };
        let at = item.get("rule").map_or(item.span, |value| value.span);
        let Some(rule) = rule(word) else {
            let hint = nearest_rule(word).map(|nearest| format!("did you mean `{nearest}`?"));
            self.wrong(at, format!("`{word}` is no rule"), hint);
            return None;
        };
        if item.get("path").is_none() && item.get("about").is_none() {
            self.wrong(
                at,
                format!("the allowance of `{rule}` says neither `path` nor `about`"),
                Some(format!(
                    "to leave the rule out altogether, `ignore: [{rule}]`"
                )),
            );
            return None;
        }
        Some(Allowance {
            rule,
            reason,
            span: at,
            scope: Scope::Named { path, about },
        })
    }

    fn glob(&mut self, value: &Value) -> Option<GlobMatcher> {
        let text = self.text(value)?;
        // `*` stays within a folder, as in `.gitignore`; `**` goes below.
        match GlobBuilder::new(&text).literal_separator(true).build() {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                self.wrong(
                    value.span,
                    format!("`{text}` is no pattern: {}", error.kind()),
                    None,
                );
                None
            }
        }
    }
}

/// The JSON Schema of the settings.
pub fn schema() -> serde_json::Value {
    let severities = SEVERITIES.map(Severity::as_str);
    let selectors = json!({
        "description": "Rules, themes and severities; `seaworthy rule` lists them.",
        "oneOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of `seaworthy check`",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "select": selectors,
            "ignore": selectors,
            "deny": {
                "description": "The severities that make a run fail.",
                "oneOf": [
                    { "enum": severities },
                    { "type": "array", "items": { "enum": severities } },
                ],
            },
            "baseline": {
                "description": "A file of findings that are known, from the repository's top.",
                "type": "string",
                "minLength": 1,
            },
            "largest_file": {
                "description": "The largest file that is read: bytes, or like `4 MiB`.",
                "oneOf": [
                    { "type": "integer", "minimum": 0 },
                    { "type": "string", "pattern": "^[0-9]+ *(KiB|MiB)?$" },
                ],
            },
            "allow": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["rule", "reason"],
                    "anyOf": [{ "required": ["path"] }, { "required": ["about"] }],
                    "properties": {
                        "rule": { "type": "string", "minLength": 1 },
                        "path": {
                            "description": "A pattern of the primary place's path, from the repository's top.",
                            "type": "string",
                            "minLength": 1,
                        },
                        "about": {
                            "description": "A pattern of a name that the finding is about.",
                            "type": "string",
                            "minLength": 1,
                        },
                        "reason": { "type": "string", "minLength": 1 },
                    },
                },
            },
        },
    })
}
