//! Values of another type than the shape's, and what their writer most likely means.

use seaworthy_diagnostics::{Diagnostic, Span};
use seaworthy_yaml::scalar::{self, Meaning};
use seaworthy_yaml::{Node, NodeKind, Style};

use super::scalar::{is_null, meaning};
use super::{Reader, requires};
use crate::shape::Shape;
use crate::value::Kind;

impl Reader<'_> {
    pub(super) fn wrong_type(&mut self, node: &Node, span: Span, shape: &'static Shape) -> Kind {
        let expected = shape.expected();
        let found = Self::describe(node);
        let diagnostic = if is_null(node) {
            Diagnostic::error(
                "definition/no-value",
                format!("{} has no value", self.subject()),
            )
            .primary(self.visible(span), format!("expected {expected}"))
        } else {
            Diagnostic::error(
                "definition/wrong-type",
                format!("{} is {found}, not {}", self.subject(), plain_type(shape)),
            )
            .primary(span, format!("expected {expected}"))
        };
        let diagnostic = diagnostic.hints(self.type_hint(node, shape));
        self.report(diagnostic)
    }

    /// A span that can be underlined: an empty one moves to the end of the line before it.
    pub(super) fn visible(&self, span: Span) -> Span {
        if span.start < span.end {
            return span;
        }
        let text = self.source.text();
        let before = text[..span.start.min(text.len())].trim_end();
        let start = before.char_indices().next_back().map_or(0, |(at, _)| at);
        Span {
            start,
            end: before.len(),
            ..span
        }
    }

    pub(super) fn describe(node: &Node) -> String {
        match &node.kind {
            NodeKind::Sequence { .. } => "a list".to_owned(),
            NodeKind::Mapping { .. } => "a map".to_owned(),
            NodeKind::Alias { .. } => "an alias".to_owned(),
            NodeKind::Scalar { text, style } => match meaning(node) {
                Meaning::Integer(_) | Meaning::Float(_) => "a number".to_owned(),
                Meaning::Boolean(value) => format!("`{value}`"),
                _ if *style == Style::Plain && text.len() < 40 => format!("the text `{text}`"),
                _ => "a text".to_owned(),
            },
        }
    }

    /// What the writer of a value of another type most likely means.
    fn type_hint(&self, node: &Node, shape: &Shape) -> Option<String> {
        let last = self.path.last().map_or("", String::as_str);
        match (shape, &node.kind) {
            (Shape::Names { thing: "port", .. }, NodeKind::Sequence { items, .. }) => {
                let first = items
                    .first()
                    .and_then(|item| self.tree.resolved(*item).as_text());
                let port = first.map(|text| text.rsplit(':').next().unwrap_or(text));
                Some(
                    match port
                        .and_then(|p| p.split('/').next())
                        .and_then(|p| p.parse::<u16>().ok())
                    {
                        Some(port) => format!(
                            "Compose maps host ports in a list; here ports have names: write `ports: {{ http: {port} }}` or `port: {port}`"
                        ),
                        None => {
                            "here ports have names: write `ports: { http: 8080 }` or `port: 8080`"
                                .to_owned()
                        }
                    },
                )
            }
            (Shape::Names { thing: "port", .. }, NodeKind::Scalar { text, .. }) => Some(format!(
                "write `port: {text}` for one port, or `ports: {{ http: {text} }}`"
            )),
            (
                Shape::Names {
                    thing: "variable", ..
                },
                NodeKind::Sequence { items, .. },
            ) => {
                let first = items
                    .first()
                    .and_then(|item| self.tree.resolved(*item).as_text());
                let pair = first.and_then(|text| text.split_once('='));
                Some(match pair {
                    Some((name, value)) => {
                        format!("write `{name}: {value}` without dash and `=`, one variable a line")
                    }
                    None => "write `NAME: value`, one variable a line".to_owned(),
                })
            }
            (Shape::Names { thing, .. }, NodeKind::Sequence { .. }) => Some(format!(
                "write the name of each {thing} as a key, without a dash"
            )),
            (Shape::List(Shape::Text(_)), NodeKind::Scalar { text, .. }) if !is_null(node) => {
                let is_command = is_command(last);
                let words: Vec<&str> = if is_command {
                    text.split_whitespace().collect()
                } else {
                    vec![text]
                };
                let quoted: Vec<String> = words.iter().map(|word| flow_text(word)).collect();
                let needs_shell =
                    is_command && text.contains(['|', '&', ';', '>', '<', '$', '"', '\'', '*']);
                Some(if needs_shell {
                    format!(
                        "no shell is started for it; ask for one: `{last}: [sh, -c, '{}']`",
                        text.replace('\'', "''")
                    )
                } else {
                    format!("write `{last}: [{}]`", quoted.join(", "))
                })
            }
            (Shape::Short { key: "min", .. }, _) => {
                Some("write `scale: 2`, or `scale: { min: 2, max: 20, cpu: 70% }`".to_owned())
            }
            (Shape::List(Shape::Text(_)), _) if is_null(node) && is_command(last) => {
                Some(format!("write `{last}: [program, argument]`"))
            }
            (Shape::Object(object), NodeKind::Scalar { text, .. })
                if object.name == "set of probes" =>
            {
                Some(format!("write `probes: {{ readiness: {text} }}`"))
            }
            (Shape::Object(object), NodeKind::Scalar { text, .. })
                if object.name == "set of objectives" =>
            {
                Some(format!("write `slo: {{ availability: {text} }}`"))
            }
            (Shape::Object(object), _)
                if !self.path.is_empty() && !requires(object) && object.one_of.is_empty() =>
            {
                Some(format!("write `{last}: {{}}` for its defaults"))
            }
            (Shape::Object(object), _) if self.path.is_empty() => {
                Some(format!("begin with `{}: name`", object.keys[0].name))
            }
            _ => None,
        }
    }
}

fn plain_type(shape: &Shape) -> &'static str {
    match shape {
        Shape::Object(_) | Shape::Names { .. } | Shape::Override => "a map",
        Shape::List(_) => "a list",
        Shape::Text(_) => "a text",
        Shape::Integer { .. } => "a whole number",
        Shape::Boolean => "true or false",
        Shape::Choice(_) => "one of the known words",
        Shape::Short { long, key } => match long.key(key).map(|key| key.shape) {
            Some(Shape::Integer { .. }) => "a whole number or a map",
            _ => "a text or a map",
        },
    }
}

/// Whether a key holds a program and its arguments.
fn is_command(key: &str) -> bool {
    matches!(key, "run" | "command" | "migrate" | "seed")
}

/// A text as it may stand in `[…]`.
fn flow_text(word: &str) -> String {
    let plain = scalar::plain(word) == Meaning::Text
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./=+".contains(&b))
        && !word.starts_with('-');
    if plain
        || (word.starts_with('-')
            && word.len() > 1
            && !word.contains([',', '[', ']', '{', '}', '"', ':', '#']))
    {
        word.to_owned()
    } else {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
