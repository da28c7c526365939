//! From the YAML tree to values: what does not fit the shape is reported, the rest is kept.

use std::collections::HashSet;

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, SourceFile, Span, suggest};
use seaworthy_yaml::scalar::{self, Meaning, Surprise};
use seaworthy_yaml::{Node, NodeId, NodeKind, Style, Tree};

use crate::shape::form::{Numbers, Problem, References};
use crate::shape::{
    Choice, Default, Form, Key, Object, PLATFORM, ROOT, Shape, Stranger, one_of, with_article,
};
use crate::value::{Kind, Map, Value};

/// Reads a document's root against the platform's shape.
pub(crate) fn read(source: &SourceFile, tree: &Tree, root: NodeId) -> (Value, Vec<Diagnostic>) {
    let mut reader = Reader {
        source,
        tree,
        path: Vec::new(),
        key: source.span(0..0),
        partial: false,
        diagnostics: Vec::new(),
    };
    let value = reader.value(root, tree.node(root).span, &ROOT);
    (value, reader.diagnostics)
}

struct Reader<'a> {
    source: &'a SourceFile,
    tree: &'a Tree,
    path: Vec<String>,
    /// The key of the value that is being read.
    key: Span,
    /// Within an override: nothing is required.
    partial: bool,
    diagnostics: Vec<Diagnostic>,
}

/// A key with its value in a mapping, merge keys applied.
#[derive(Clone, Copy)]
struct Pair<'a> {
    text: &'a str,
    key: NodeId,
    value: NodeId,
}

impl<'a> Reader<'a> {
    fn value(&mut self, id: NodeId, key: Span, shape: &'static Shape) -> Value {
        let node = self.tree.resolved(id);
        // An alias is shown where it is used: that is where the reader will type.
        let span = self.tree.node(id).span;
        if let Some(tag) = &node.tag
            && !(&*tag.text == "!!str" && matches!(shape, Shape::Text(_)))
        {
            self.report(
                Diagnostic::error(
                    "definition/tag",
                    format!("the tag `{}` has no meaning here", tag.text),
                )
                .primary(tag.span, "")
                .hint("leave the tag out"),
            );
        }
        let outer = std::mem::replace(&mut self.key, key);
        let kind = match shape {
            Shape::Object(object) => self.object(node, span, object, shape),
            Shape::Names { .. } => self.names(node, span, shape),
            Shape::List(item) => self.list(node, span, item, shape),
            Shape::Short { long, key } => self.short(id, node, span, long, key, shape),
            Shape::Text(form) => self.text(node, span, form),
            Shape::Integer { min, max } => self.integer(node, span, *min, *max, shape),
            Shape::Boolean => self.boolean(node, span, shape),
            Shape::Choice(choices) => self.choice(node, span, choices, shape),
            Shape::Override => {
                let before = std::mem::replace(&mut self.partial, true);
                let kind = self.object(node, span, &PLATFORM, shape);
                self.partial = before;
                kind
            }
        };
        self.key = outer;
        Value { key, span, kind }
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Kind {
        self.diagnostics.push(diagnostic);
        Kind::Invalid
    }

    /// `services.api.scale`, for messages.
    fn path(&self) -> String {
        self.path.join(".")
    }

    /// What the value that is being read is called in a headline.
    fn subject(&self) -> String {
        if self.path.is_empty() {
            "the definition".to_owned()
        } else {
            format!("`{}`", self.path())
        }
    }

    fn wrong_type(&mut self, node: &Node, span: Span, shape: &'static Shape) -> Kind {
        let expected = shape.expected();
        let found = self.describe(node);
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
    fn visible(&self, span: Span) -> Span {
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

    fn describe(&self, node: &Node) -> String {
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
            (Shape::Object(object), _) if self.path.is_empty() => {
                Some(format!("begin with `{}: name`", object.keys[0].name))
            }
            _ => None,
        }
    }

    fn object(
        &mut self,
        node: &'a Node,
        span: Span,
        object: &'static Object,
        shape: &'static Shape,
    ) -> Kind {
        let Some(pairs) = self.pairs(node) else {
            return if is_null(node) {
                self.object_of(&[], object)
            } else {
                self.wrong_type(node, span, shape)
            };
        };
        self.object_of(&pairs, object)
    }

    fn object_of(&mut self, pairs: &[Pair<'a>], object: &'static Object) -> Kind {
        let mut map = Map::default();
        let given: HashSet<&str> = pairs.iter().map(|pair| pair.text).collect();
        for pair in pairs {
            if pair.text.starts_with("x-") {
                continue;
            }
            let key_span = self.tree.node(pair.key).span;
            let key = match object.key(pair.text) {
                Some(key) => key,
                None => {
                    map.incomplete = true;
                    match self.unknown_key(pair, key_span, object, &given) {
                        Some(meant) if !given.contains(meant.name) => meant,
                        _ => continue,
                    }
                }
            };
            if self.partial && !key.overridable {
                map.incomplete = true;
                self.not_overridable(key, key_span);
                continue;
            }
            if map.entries.contains_key(key.name) {
                continue;
            }
            self.path.push(key.name.to_owned());
            let value = self.value(pair.value, key_span, key.shape);
            self.path.pop();
            map.entries.insert(key.name.to_owned(), value);
        }
        self.port_in_short(&mut map);
        if !self.partial && !map.incomplete {
            self.missing(&map, object);
        }
        Kind::Map(map)
    }

    fn missing(&mut self, map: &Map, object: &'static Object) {
        for key in object.keys {
            if !matches!(key.default, Default::Required) || map.entries.contains_key(key.name) {
                continue;
            }
            let owner = if self.path.is_empty() {
                "the definition".to_owned()
            } else {
                format!("`{}`", self.path())
            };
            let example = match key.shape {
                Shape::Text(form) => form.examples.first().copied(),
                _ => None,
            };
            let hint = match (key.name, example) {
                ("command", _) => "write `command: [program, argument]`".to_owned(),
                (name, Some(example)) => format!("write `{name}: {example}`"),
                (name, None) => format!("write `{name}: …`"),
            };
            let span = self.visible(self.key);
            self.report(
                Diagnostic::error(
                    "definition/missing-key",
                    format!("{owner} has no `{}`", key.name),
                )
                .primary(span, format!("{} needs one", with_article(object.name)))
                .hint(hint),
            );
        }
    }

    /// `port: 8080` is `ports: { http: 8080 }`.
    fn port_in_short(&mut self, map: &mut Map) {
        if !self.is_service() {
            return;
        }
        let Some(port) = map.entries.shift_remove("port") else {
            return;
        };
        if let Some(ports) = map.entries.get("ports") {
            let (port, ports) = (port.key, ports.key);
            self.report(
                Diagnostic::error(
                    "definition/port-and-ports",
                    format!("`{}` has both `port` and `ports`", self.path()),
                )
                .primary(port, "in short for one port named `http`")
                .secondary(ports, "ports by name")
                .hint("write this port under `ports:` with a name"),
            );
            return;
        }
        let (key, span) = (port.key, port.span);
        let mut entries = IndexMap::new();
        entries.insert("http".to_owned(), port);
        let ports = Value {
            key,
            span,
            kind: Kind::Map(Map {
                entries,
                incomplete: false,
            }),
        };
        map.entries.insert("ports".to_owned(), ports);
    }

    /// Whether the object that is being read is a service: `services.NAME`, also within an override.
    fn is_service(&self) -> bool {
        matches!(&self.path[..], [.., services, _] if services == "services")
    }

    fn names(&mut self, node: &'a Node, span: Span, shape: &'static Shape) -> Kind {
        let Shape::Names {
            name, thing, value, ..
        } = shape
        else {
            return Kind::Invalid;
        };
        let Some(pairs) = self.pairs(node) else {
            return if is_null(node) {
                Kind::Map(Map::default())
            } else {
                self.wrong_type(node, span, shape)
            };
        };
        let mut map = Map::default();
        for pair in pairs {
            let key_span = self.tree.node(pair.key).span;
            if map.entries.contains_key(pair.text) {
                continue;
            }
            if let Err(problem) = (name.check)(pair.text) {
                self.problem(problem, "definition/name", pair.text, key_span);
            } else {
                self.surprising_name(pair, key_span, thing);
            }
            self.path.push(pair.text.to_owned());
            let value = self.value(pair.value, key_span, value);
            self.path.pop();
            map.entries.insert(pair.text.to_owned(), value);
        }
        Kind::Map(map)
    }

    fn surprising_name(&mut self, pair: Pair<'a>, span: Span, thing: &str) {
        let node = self.tree.resolved(pair.key);
        let boolean = match (meaning(node), plain_surprise(node)) {
            (Meaning::Boolean(value), _) | (_, Some(Surprise::BooleanWord(value))) => value,
            _ => return,
        };
        self.diagnostics.push(
            Diagnostic::warning(
                "definition/yes-no",
                format!(
                    "the {thing} `{}` is {boolean} to many readers of YAML",
                    pair.text
                ),
            )
            .primary(span, "without quotes")
            .hint(format!("write \"{}\"", pair.text)),
        );
    }

    fn list(
        &mut self,
        node: &'a Node,
        span: Span,
        item: &'static Shape,
        shape: &'static Shape,
    ) -> Kind {
        let NodeKind::Sequence { items, .. } = &node.kind else {
            return self.wrong_type(node, span, shape);
        };
        let values = items
            .iter()
            .enumerate()
            .map(|(index, id)| {
                self.path.push(index.to_string());
                let value = self.value(*id, self.tree.node(*id).span, item);
                self.path.pop();
                value
            })
            .collect();
        Kind::List(values)
    }

    fn short(
        &mut self,
        id: NodeId,
        node: &'a Node,
        span: Span,
        long: &'static Object,
        key: &'static str,
        shape: &'static Shape,
    ) -> Kind {
        if matches!(node.kind, NodeKind::Mapping { .. }) || is_null(node) && !requires(long) {
            return self.object(node, span, long, shape);
        }
        let Some(target) = long.key(key) else {
            return Kind::Invalid;
        };
        if matches!(node.kind, NodeKind::Sequence { .. }) || is_null(node) {
            return self.wrong_type(node, span, shape);
        }
        let value = self.value(id, span, target.shape);
        let mut map = Map {
            incomplete: matches!(value.kind, Kind::Invalid),
            ..Map::default()
        };
        map.entries.insert(key.to_owned(), value);
        Kind::Map(map)
    }

    fn text(&mut self, node: &'a Node, span: Span, form: &'static Form) -> Kind {
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
        if let Err(problem) = (form.check)(text) {
            return self.problem(problem, "definition/form", text, span);
        }
        let meaning = meaning(node);
        if form.numbers == Numbers::Quote && meaning != Meaning::Text {
            return self.unquoted(node, text, span, meaning);
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
            let found = self.describe(node);
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

    fn integer(
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
                    self.describe(node)
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

    fn boolean(&mut self, node: &'a Node, span: Span, shape: &'static Shape) -> Kind {
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

    fn choice(
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

    fn problem(&mut self, problem: Problem, code: &'static str, text: &str, span: Span) -> Kind {
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

    fn unknown_key(
        &mut self,
        pair: &Pair<'a>,
        span: Span,
        object: &'static Object,
        given: &HashSet<&str>,
    ) -> Option<&'static Key> {
        let place = if self.path.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.path())
        };
        let word = pair.text;
        if word.is_empty() {
            self.report(
                Diagnostic::error(
                    "definition/unknown-key",
                    format!("a value without a key{place}"),
                )
                .primary(self.visible(span), ""),
            );
            return None;
        }
        let diagnostic = Diagnostic::error(
            "definition/unknown-key",
            format!("unknown key `{word}`{place}"),
        )
        .primary(span, "");
        let strangers = object
            .strangers
            .iter()
            .find(|s| s.word == word || s.word.eq_ignore_ascii_case(&word.replace(['_', '-'], "")));
        let usable = |key: &&Key| !self.partial || key.overridable;
        let near = suggest(word, object.keys.iter().filter(usable).map(|key| key.name))
            .filter(|near| !given.contains(*near))
            .and_then(|near| object.key(near));
        if let Some(stranger) = strangers {
            self.report(stranger_of(diagnostic, stranger));
            return None;
        }
        if let Some(near) = near {
            self.report(
                diagnostic
                    .hint(format!("did you mean `{}`?", near.name))
                    .fix(format!("rename it to `{}`", near.name), span, near.name),
            );
            return Some(near);
        }
        let words = object.strangers.iter().map(|stranger| stranger.word);
        if let Some(near) = suggest(word, words)
            && let Some(stranger) = object.strangers.iter().find(|s| s.word == near)
        {
            self.report(stranger_of(diagnostic, stranger));
            return None;
        }
        let elsewhere = homes(word);
        let diagnostic = if elsewhere.is_empty() {
            let keys = object.keys.iter().filter(usable).map(|key| key.name);
            diagnostic
                .note(format!("the keys here are {}", crate::shape::all_of(keys)))
                .hint("a key of your own starts with `x-`")
        } else {
            let homes: Vec<&str> = elsewhere.iter().map(String::as_str).take(3).collect();
            diagnostic.hint(format!("`{word}` belongs in {}", one_of(homes)))
        };
        self.report(diagnostic);
        None
    }

    fn not_overridable(&mut self, key: &Key, span: Span) {
        self.report(
            Diagnostic::error(
                "definition/not-overridable",
                format!("an environment cannot change `{}`", key.name),
            )
            .primary(span, "it is the same everywhere")
            .hint(if key.name == "was" {
                "write `was:` where the thing is declared"
            } else {
                "write it at the top of the definition"
            }),
        );
    }

    /// The entries of a mapping with merge keys (`<<`) applied; `None` where it is no mapping.
    fn pairs(&mut self, node: &'a Node) -> Option<Vec<Pair<'a>>> {
        let NodeKind::Mapping { entries, .. } = &node.kind else {
            return None;
        };
        let mut pairs: Vec<Pair<'a>> = Vec::with_capacity(entries.len());
        let mut seen: HashSet<&str> = HashSet::with_capacity(entries.len());
        let mut merged = Vec::new();
        for entry in entries {
            let key = self.tree.resolved(entry.key);
            match key.as_text() {
                Some("<<") => merged.push(entry.value),
                Some(text) => {
                    // The first of two equal keys counts; the reader of YAML has reported the second.
                    if seen.insert(text) {
                        pairs.push(Pair {
                            text,
                            key: entry.key,
                            value: entry.value,
                        });
                    }
                }
                None => {
                    self.report(
                        Diagnostic::error("definition/wrong-type", "a key is a text here")
                            .primary(key.span, format!("this is {}", key.describe())),
                    );
                }
            }
        }
        for id in merged {
            for pair in self.merged(id) {
                if seen.insert(pair.text) {
                    pairs.push(pair);
                }
            }
        }
        Some(pairs)
    }

    fn merged(&mut self, id: NodeId) -> Vec<Pair<'a>> {
        let node = self.tree.resolved(id);
        match &node.kind {
            NodeKind::Mapping { .. } => self.pairs(node).unwrap_or_default(),
            NodeKind::Sequence { items, .. } => {
                let maps: Vec<NodeId> = items
                    .iter()
                    .copied()
                    .filter(|item| {
                        matches!(self.tree.resolved(*item).kind, NodeKind::Mapping { .. })
                    })
                    .collect();
                maps.into_iter()
                    .flat_map(|item| self.merged(item))
                    .collect()
            }
            _ => {
                self.report(
                    Diagnostic::error(
                        "definition/wrong-type",
                        "`<<` merges maps, and this is none",
                    )
                    .primary(
                        self.visible(self.tree.node(id).span),
                        "expected an alias of a map",
                    ),
                );
                Vec::new()
            }
        }
    }
}

/// What an unquoted scalar means; a quoted one is text.
fn meaning(node: &Node) -> Meaning {
    let tagged = node.tag.as_ref().is_some_and(|tag| &*tag.text == "!!str");
    match &node.kind {
        NodeKind::Scalar {
            text,
            style: Style::Plain,
        } if !tagged => scalar::plain(text),
        _ => Meaning::Text,
    }
}

fn plain_surprise(node: &Node) -> Option<Surprise> {
    match &node.kind {
        NodeKind::Scalar {
            text,
            style: Style::Plain,
        } => scalar::surprise(text),
        _ => None,
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Scalar { .. }) && meaning(node) == Meaning::Null
}

fn requires(object: &Object) -> bool {
    object
        .keys
        .iter()
        .any(|key| matches!(key.default, Default::Required))
}

/// Whether a text holds something like a reference.
pub(crate) fn names_reference(text: &str) -> bool {
    text.contains("${")
        && !text.replace("$${", "").is_empty()
        && text.replace("$${", "").contains("${")
}

fn plain_type(shape: &Shape) -> &'static str {
    match shape {
        Shape::Object(_) | Shape::Names { .. } | Shape::Override => "a map",
        Shape::List(_) => "a list",
        Shape::Text(_) => "a text",
        Shape::Integer { .. } => "a whole number",
        Shape::Boolean => "true or false",
        Shape::Choice(_) => "one of the known words",
        Shape::Short { .. } => "a value or a map that fits",
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

/// A part of a scalar in the source, where the text stands there as it is; else the whole scalar.
pub(crate) fn part(
    source: &SourceFile,
    span: Span,
    text: &str,
    range: std::ops::Range<usize>,
) -> Span {
    match source.slice(span).find(text) {
        Some(at) if !text.is_empty() => span.part(at + range.start..at + range.end),
        _ => span,
    }
}

/// A word of another tool, and ours.
fn stranger_of(mut diagnostic: Diagnostic, stranger: &Stranger) -> Diagnostic {
    diagnostic.labels[0].message = match stranger.whose {
        whose @ ("other tools" | "a service" | "the platform") => format!("a word of {whose}"),
        whose if whose.ends_with('s') => format!("{whose}' word"),
        whose => format!("{whose}'s word"),
    };
    diagnostic.hint(stranger.ours)
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

/// Where else a key of that name may stand.
fn homes(word: &str) -> Vec<String> {
    fn search(object: &'static Object, path: &str, word: &str, found: &mut Vec<String>) {
        for key in object.keys {
            let here = if path.is_empty() {
                key.name.to_owned()
            } else {
                format!("{path}.{}", key.name)
            };
            if key.name == word {
                found.push(if path.is_empty() {
                    "the top of the definition".to_owned()
                } else {
                    path.to_owned()
                });
            }
            match key.shape {
                Shape::Object(object) | Shape::Short { long: object, .. } => {
                    search(object, &here, word, found)
                }
                Shape::Names {
                    value: Shape::Object(object) | Shape::Short { long: object, .. },
                    thing,
                    ..
                } => {
                    search(object, &format!("{here}.<{thing}>"), word, found);
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    search(&PLATFORM, "", word, &mut found);
    found.dedup();
    found
}
