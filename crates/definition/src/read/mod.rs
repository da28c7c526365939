//! From the YAML tree to values: what does not fit the shape is reported, the rest is kept.

mod key;
mod scalar;
mod wrong_type;

use std::collections::HashSet;

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, SourceFile, Span};
use seaworthy_yaml::scalar::{Meaning, Surprise};
use seaworthy_yaml::{Node, NodeId, NodeKind, Tree};

use crate::shape::{Default, Object, PLATFORM, ROOT, Shape, with_article};
use crate::value::{Kind, Map, Value};
pub(crate) use scalar::part;
use scalar::{is_null, meaning, plain_surprise};

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
            let key = if let Some(key) = object.key(pair.text) {
                key
            } else {
                // What is only misspelled is read as what is meant.
                if let Some(meant) = self.unknown_key(pair, key_span, object, &given) {
                    meant
                } else {
                    map.incomplete = true;
                    continue;
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
        let ((Meaning::Boolean(boolean), _) | (_, Some(Surprise::BooleanWord(boolean)))) =
            (meaning(node), plain_surprise(node))
        else {
            return;
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

fn requires(object: &Object) -> bool {
    object
        .keys
        .iter()
        .any(|key| matches!(key.default, Default::Required))
}
