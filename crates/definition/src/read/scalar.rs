//! Texts, numbers, truth values and words.

use std::ops::Range;

use seaworthy_diagnostics::{Diagnostic, SourceFile, Span, suggest};
use seaworthy_yaml::scalar::{self, Meaning, Surprise};
use seaworthy_yaml::{Node, NodeKind, Style};

use super::Reader;
use crate::shape::form::{Numbers, Problem, References};
use crate::shape::{Choice, Form, Shape, one_of};
use crate::value::Kind;

impl<'a> Reader<'a> {
    pub(super) fn text(&mut self, node: &'a Node, span: Span, form: &'static Form) -> Kind {
        let NodeKind::Scalar { text, .. } = &node.kind else {
            return self.wrong_text(node, span, form);
        };
        if is_null(node) {
            return self.wrong_text(node, span, form);
        }
        if form.references == References::Refused && names_reference(text) {
            // Reported once every name is known: what the reference means decides what is wrong with it.
            return Kind::Scalar(text.to_string());
        }
        let fits = (form.check)(text);
        let meaning = meaning(node);
        if form.numbers == Numbers::Quote && meaning != Meaning::Text {
            return match fits {
                Ok(()) => self.unquoted(node, text, span, meaning),
                Err(_) => self.wrong_text(node, span, form),
            };
        }
        if let Err(problem) = fits {
            return self.problem(problem, "definition/form", text, span);
        }
        if form.references == References::Replaced {
            self.surprising_text(node, text, span);
        }
        Kind::Scalar(text.to_string())
    }

    fn wrong_text(&mut self, node: &Node, span: Span, form: &'static Form) -> Kind {
        let diagnostic = if is_null(node) {
            let empty = form.references == References::Replaced;
            Diagnostic::error(
                "definition/no-value",
                format!("{} has no value", self.subject()),
            )
            .primary(self.visible(span), format!("expected {}", form.what))
            .hints(empty.then(|| "write \"\" for an empty text".to_owned()))
        } else {
            let found = Self::describe(node);
            Diagnostic::error(
                "definition/wrong-type",
                format!("{} is {found}, not a text", self.subject()),
            )
            .primary(span, format!("expected {}", form.what))
        };
        self.report(diagnostic)
    }

    fn unquoted(&mut self, node: &Node, text: &str, span: Span, meaning: Meaning) -> Kind {
        let what = match meaning {
            Meaning::Boolean(_) => "a truth value",
            _ => "a number",
        };
        let note = match plain_surprise(node) {
            Some(Surprise::LeadingZero) => Some(
                "a number has no leading zeros: they are lost, and some readers take it as octal"
                    .to_owned(),
            ),
            Some(Surprise::LostDigits) => match meaning {
                Meaning::Float(value) => Some(format!(
                    "the number {text} is {value}: the last digit is lost"
                )),
                _ => None,
            },
            _ => None,
        };
        let mut diagnostic = Diagnostic::error(
            "definition/unquoted",
            format!(
                "{} is {what} without quotes, and a text is expected",
                self.subject()
            ),
        )
        .primary(span, "quotes are missing")
        .hint(format!("write \"{text}\""))
        .fix("put quotes around it", span, format!("\"{text}\""));
        diagnostic.notes.extend(note);
        self.report(diagnostic)
    }

    /// Words that other readers of YAML see otherwise; here they are text as written.
    fn surprising_text(&mut self, node: &Node, text: &str, span: Span) {
        let others = match plain_surprise(node) {
            Some(Surprise::BooleanWord(value)) if text.len() > 1 => format!("`{value}`"),
            Some(Surprise::LeadingZero) => "a number, some an octal one".to_owned(),
            Some(Surprise::Sexagesimal) => "a number in base sixty".to_owned(),
            Some(Surprise::LostDigits) => match scalar::plain(text) {
                Meaning::Float(value) => format!("the number {value}"),
                _ => return,
            },
            _ => return,
        };
        self.diagnostics.push(
            Diagnostic::warning(
                "definition/ambiguous",
                format!("{} is `{text}` without quotes", self.subject()),
            )
            .primary(
                span,
                format!("text here; other readers of YAML take it for {others}"),
            )
            .hint(format!("write \"{text}\""))
            .fix("put quotes around it", span, format!("\"{text}\"")),
        );
    }

    pub(super) fn integer(
        &mut self,
        node: &'a Node,
        span: Span,
        min: u64,
        max: u64,
        shape: &'static Shape,
    ) -> Kind {
        let NodeKind::Scalar { text, .. } = &node.kind else {
            return self.wrong_type(node, span, shape);
        };
        let expected = shape.expected();
        if is_null(node) {
            return self.wrong_type(node, span, shape);
        }
        let decimal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = text.len() > 1 && text.starts_with('0');
        if decimal && !leading_zero {
            if meaning(node) == Meaning::Text {
                let diagnostic = Diagnostic::error(
                    "definition/wrong-type",
                    format!("{} is a text, not a number", self.subject()),
                )
                .primary(span, format!("expected {expected}"))
                .hint(format!("write {text} without quotes"))
                .fix("remove the quotes", span, text.to_string());
                return self.report(diagnostic);
            }
            if text.parse::<u64>().is_ok_and(|n| (min..=max).contains(&n)) {
                return Kind::Scalar(text.to_string());
            }
        }
        let is_number = decimal || matches!(meaning(node), Meaning::Integer(_) | Meaning::Float(_));
        let (code, message) = if is_number && !leading_zero {
            (
                "definition/range",
                format!("{} cannot be {text}", self.subject()),
            )
        } else {
            (
                "definition/wrong-type",
                format!(
                    "{} is {}, not a whole number",
                    self.subject(),
                    Self::describe(node)
                ),
            )
        };
        let hint = if leading_zero && decimal {
            Some(format!(
                "write {} without the leading zero",
                text.trim_start_matches('0')
            ))
        } else if matches!(plain_surprise(node), Some(Surprise::Underscore)) {
            Some(format!("write {}", text.replace('_', "")))
        } else if self.path.last().is_some_and(|last| last == "scale") {
            Some("write `scale: 2`, or `scale: { min: 2, max: 20, cpu: 70% }`".to_owned())
        } else if let Some((major, _)) = text
            .split_once('.')
            .filter(|_| self.path().ends_with(".version"))
        {
            Some(format!("write the major version only: {major}"))
        } else if let Some((_, port)) = text
            .split_once(':')
            .filter(|_| self.path().contains("ports"))
        {
            Some(format!(
                "write {port}: on this machine a free port is chosen, and only the service's own is declared"
            ))
        } else {
            None
        };
        let diagnostic = Diagnostic::error(code, message)
            .primary(span, format!("expected {expected}"))
            .hints(hint);
        self.report(diagnostic)
    }

    pub(super) fn boolean(&mut self, node: &'a Node, span: Span, shape: &'static Shape) -> Kind {
        let Some(text) = node.as_text() else {
            return self.wrong_type(node, span, shape);
        };
        if let Meaning::Boolean(value) = meaning(node) {
            return Kind::Scalar(value.to_string());
        }
        let meant = match (scalar::surprise(text), scalar::plain(text)) {
            (Some(Surprise::BooleanWord(value)), _) | (_, Meaning::Boolean(value)) => Some(value),
            _ => None,
        };
        let Some(meant) = meant else {
            return self.wrong_type(node, span, shape);
        };
        let diagnostic = Diagnostic::error(
            "definition/yes-no",
            format!("{} is the text `{text}`, not true or false", self.subject()),
        )
        .primary(span, "only `true` and `false` are truth values in YAML 1.2")
        .hint(format!("write `{meant}`"))
        .fix("write it as a truth value", span, meant.to_string());
        self.report(diagnostic)
    }

    pub(super) fn choice(
        &mut self,
        node: &'a Node,
        span: Span,
        choices: &'static [Choice],
        shape: &'static Shape,
    ) -> Kind {
        let Some(text) = node.as_text().filter(|_| !is_null(node)) else {
            return self.wrong_type(node, span, shape);
        };
        if choices.iter().any(|choice| choice.word == text) {
            return Kind::Scalar(text.to_owned());
        }
        if names_reference(text) {
            return Kind::Scalar(text.to_owned());
        }
        let near = suggest(text, choices.iter().map(|choice| choice.word))
            .map(str::to_owned)
            .or_else(|| synonym(text, choices));
        let words = one_of(choices.iter().map(|choice| choice.word));
        let mut diagnostic = Diagnostic::error(
            "definition/unknown-word",
            format!("{} cannot be `{text}`", self.subject()),
        )
        .primary(span, format!("expected {words}"));
        if let Some(near) = near {
            diagnostic = diagnostic.hint(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                span,
                near,
            );
        }
        self.report(diagnostic)
    }

    pub(super) fn problem(
        &mut self,
        problem: Problem,
        code: &'static str,
        text: &str,
        span: Span,
    ) -> Kind {
        let place = match &problem.at {
            Some(range) => part(self.source, span, text, range.clone()),
            None => self.visible(span),
        };
        let mut diagnostic = Diagnostic::error(problem.code.unwrap_or(code), problem.message)
            .primary(place, problem.label)
            .hints(problem.hint);
        if let Some(replacement) = problem.replacement
            && problem.at.is_none()
        {
            diagnostic = diagnostic.fix(format!("write `{replacement}`"), span, replacement);
        }
        self.report(diagnostic)
    }
}

pub(super) fn plain_surprise(node: &Node) -> Option<Surprise> {
    match &node.kind {
        NodeKind::Scalar {
            text,
            style: Style::Plain,
        } => scalar::surprise(text),
        _ => None,
    }
}

/// What an unquoted scalar means; a quoted one is text.
pub(super) fn meaning(node: &Node) -> Meaning {
    let tagged = node.tag.as_ref().is_some_and(|tag| &*tag.text == "!!str");
    match &node.kind {
        NodeKind::Scalar {
            text,
            style: Style::Plain,
        } if !tagged => scalar::plain(text),
        _ => Meaning::Text,
    }
}

pub(super) fn is_null(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Scalar { .. }) && meaning(node) == Meaning::Null
}

/// Whether a text holds something like a reference.
pub(crate) fn names_reference(text: &str) -> bool {
    text.contains("${")
        && !text.replace("$${", "").is_empty()
        && text.replace("$${", "").contains("${")
}

/// A part of a scalar in the source, where the text stands there as it is; else the whole scalar.
pub(crate) fn part(source: &SourceFile, span: Span, text: &str, range: Range<usize>) -> Span {
    match source.slice(span).find(text) {
        Some(at) if !text.is_empty() => span.part(at + range.start..at + range.end),
        _ => span,
    }
}

/// Other names of the same thing.
fn synonym(text: &str, choices: &[Choice]) -> Option<String> {
    let meant = match text.to_lowercase().as_str() {
        "postgresql" | "pg" | "psql" => "postgres",
        "argocd" | "argo" => "argo-cd",
        "fluxcd" => "flux",
        "github" | "gha" | "actions" => "github-actions",
        "nodegroups" | "managed-node-groups" | "eks-managed" => "node-groups",
        "auto-mode" | "eks-auto" => "auto",
        "eso" | "external-secrets-operator" => "external-secrets",
        "envoy" => "envoy-gateway",
        "cloudflare" => "cloudflare-tunnel",
        "s" | "micro" => "small",
        "elasticsearch" | "elk" => "elastic",
        _ => return None,
    };
    choices
        .iter()
        .any(|choice| choice.word == meant)
        .then(|| meant.to_owned())
}
