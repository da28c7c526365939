//! What expressions of templates give.

use std::cell::RefCell;
use std::rc::Rc;

use seaworthy_facts::{Data, Entry, FileId, Map, Number, Span, Text, Unknown, UnknownKind, Value};

use super::rope::Rope;

/// What an expression gives.
#[derive(Debug, Clone)]
pub(crate) enum V {
    /// Something of a file, with its place.
    Value(Rc<Value>),
    /// Text that was put together.
    Rope(Rope),
    /// A map that a template made, or the root.
    Dict(Rc<RefCell<Vec<(String, V)>>>),
    /// A list that a template made.
    List(Rc<Vec<V>>),
    /// `.Files`.
    Files,
    /// `.Capabilities.APIVersions`.
    ApiVersions,
}

/// A place that is nowhere, for what templates make themselves.
pub(crate) const NOWHERE: Span = Span {
    file: FileId(u32::MAX),
    start: 0,
    end: 0,
};

impl V {
    pub(crate) fn data(data: Data) -> Self {
        Self::Value(Rc::new(Value::new(data, NOWHERE)))
    }

    pub(crate) fn nil() -> Self {
        Self::data(Data::Null)
    }

    pub(crate) fn bool(yes: bool) -> Self {
        Self::data(Data::Bool(yes))
    }

    pub(crate) fn number(value: f64) -> Self {
        Self::data(Data::Number(Number {
            value,
            written: None,
        }))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Rope(Rope::plain(text))
    }

    pub(crate) fn unknown(name: &str) -> Self {
        Self::data(Data::Unknown(Unknown::new(UnknownKind::Computed, name)))
    }

    pub(crate) fn dict(entries: Vec<(String, V)>) -> Self {
        Self::Dict(Rc::new(RefCell::new(entries)))
    }

    pub(crate) fn list(items: Vec<V>) -> Self {
        Self::List(Rc::new(items))
    }

    /// The unknown it is, if it is one as a whole.
    pub(crate) fn as_unknown(&self) -> Option<Unknown> {
        match self {
            Self::Value(value) => match &value.data {
                Data::Unknown(unknown) => Some(unknown.clone()),
                _ => None,
            },
            Self::Rope(rope) => match rope.pieces.as_slice() {
                [piece] => piece.hole.clone(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it counts as true; `None` where that is not known.
    pub(crate) fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::Value(value) => match &value.data {
                Data::Unknown(_) => return None,
                Data::Null => false,
                Data::Bool(yes) => *yes,
                Data::Number(number) => number.value != 0.0,
                Data::Text(text) => match text.literal() {
                    Some(text) => !text.is_empty(),
                    None => {
                        text.parts()
                            .iter()
                            .any(|part| matches!(part, seaworthy_facts::Part::Literal(_)))
                            || return None
                    }
                },
                Data::List(items) => !items.is_empty(),
                Data::Map(map) => !map.entries.is_empty(),
            },
            Self::Rope(rope) => {
                if rope.len() > 0 {
                    true
                } else if rope.pieces.iter().any(|piece| piece.hole.is_some()) {
                    return None;
                } else {
                    false
                }
            }
            Self::Dict(entries) => !entries.borrow().is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Files | Self::ApiVersions => true,
        })
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null())
    }

    /// A field of it; nil where there is none.
    pub(crate) fn field(&self, name: &str) -> V {
        match self {
            Self::Value(value) => match &value.data {
                Data::Unknown(unknown) => V::data(Data::Unknown(Unknown {
                    name: format!("{}.{name}", unknown.name).into(),
                    ..unknown.clone()
                })),
                _ => value
                    .get(name)
                    .map_or_else(V::nil, |value| V::Value(Rc::new(value.clone()))),
            },
            Self::Dict(entries) => entries
                .borrow()
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map_or_else(V::nil, |(_, value)| value.clone()),
            _ => V::nil(),
        }
    }

    /// As text with holes: how a template prints it.
    pub(crate) fn rope(&self) -> Rope {
        match self {
            Self::Rope(rope) => rope.clone(),
            Self::Value(value) => match &value.data {
                Data::Null => Rope::default(),
                Data::List(_) | Data::Map(_) => {
                    Rope::of_text(&unknown_text("printed"), Some(value.span), false)
                }
                Data::Number(number) => {
                    // `8080` stays, `1.0` prints as 1.
                    let text = match &number.written {
                        Some(written) if number.value.to_string() == **written => {
                            written.to_string()
                        }
                        _ => number.value.to_string(),
                    };
                    Rope::of_text(&text.into(), place(value.span), false)
                }
                _ => value
                    .text()
                    .map(|text| Rope::of_text(&text, place(value.span), false))
                    .unwrap_or_default(),
            },
            _ => Rope::of_text(&unknown_text("printed"), None, false),
        }
    }

    /// As known text.
    pub(crate) fn literal(&self) -> Option<String> {
        self.rope().text().literal().map(str::to_owned)
    }

    /// As a number.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Value(value) => match &value.data {
                Data::Bool(yes) => Some(f64::from(u8::from(*yes))),
                _ => value.number(),
            },
            Self::Rope(_) => self.literal()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// Its items, where it is a list.
    pub(crate) fn items(&self) -> Option<Vec<V>> {
        match self {
            Self::Value(value) => match &value.data {
                Data::List(items) => Some(
                    items
                        .iter()
                        .map(|item| V::Value(Rc::new(item.clone())))
                        .collect(),
                ),
                _ => None,
            },
            Self::List(items) => Some((**items).clone()),
            _ => None,
        }
    }

    /// Its entries, where it is a map, in the order of their keys.
    pub(crate) fn entries(&self) -> Option<Vec<(String, V)>> {
        let mut entries = match self {
            Self::Value(value) => match &value.data {
                Data::Map(map) => map
                    .entries
                    .iter()
                    .map(|entry| {
                        (
                            entry.key.to_string(),
                            V::Value(Rc::new(entry.value.clone())),
                        )
                    })
                    .collect::<Vec<_>>(),
                _ => return None,
            },
            Self::Dict(entries) => entries.borrow().clone(),
            _ => return None,
        };
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(a, _), (b, _)| a == b);
        Some(entries)
    }

    /// As a value of a file, to compare and print. Nested too deeply, it is unknown.
    pub(crate) fn to_value(&self, depth: usize) -> Value {
        if depth > 60 {
            return Value::unknown(Unknown::new(UnknownKind::Computed, "nested"), NOWHERE);
        }
        match self {
            Self::Value(value) => (**value).clone(),
            Self::Rope(rope) => {
                let span = rope.from().unwrap_or(NOWHERE);
                let text = rope.text();
                match text.parts() {
                    [seaworthy_facts::Part::Hole(unknown)] => Value::unknown(unknown.clone(), span),
                    _ => Value::new(Data::Text(text), span),
                }
            }
            Self::List(items) => Value::new(
                Data::List(items.iter().map(|item| item.to_value(depth + 1)).collect()),
                NOWHERE,
            ),
            Self::Dict(entries) => {
                let entries = entries
                    .borrow()
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.as_str().into(),
                        key_span: NOWHERE,
                        value: value.to_value(depth + 1),
                    })
                    .collect();
                Value::new(Data::Map(Map { entries }), NOWHERE)
            }
            Self::Files | Self::ApiVersions => {
                Value::unknown(Unknown::new(UnknownKind::Computed, "files"), NOWHERE)
            }
        }
    }

    /// Whether two are equal; `None` where that is not known.
    pub(crate) fn equals(&self, other: &V) -> Option<bool> {
        match (self, other) {
            (a, b) if a.as_unknown().is_some() || b.as_unknown().is_some() => None,
            (V::Value(a), V::Value(b)) => match (&a.data, &b.data) {
                (Data::Null, Data::Null) => Some(true),
                (Data::Null, _) | (_, Data::Null) => Some(false),
                (Data::Bool(a), Data::Bool(b)) => Some(a == b),
                #[expect(clippy::float_cmp, reason = "Go compares them so, too")]
                (Data::Number(a), Data::Number(b)) => Some(a.value == b.value),
                (Data::List(_) | Data::Map(_), _) | (_, Data::List(_) | Data::Map(_)) => {
                    Some(a.data == b.data)
                }
                _ => texts_equal(self, other),
            },
            (a, b) if a.is_nil() != b.is_nil() => Some(false),
            _ => texts_equal(self, other),
        }
    }
}

fn texts_equal(a: &V, b: &V) -> Option<bool> {
    match a.rope().text().same(&b.rope().text()) {
        seaworthy_facts::Same::Always => Some(true),
        seaworthy_facts::Same::Never => Some(false),
        seaworthy_facts::Same::Maybe => None,
    }
}

fn unknown_text(name: &str) -> Text {
    Text::hole(Unknown::new(UnknownKind::Computed, name))
}

/// A place, if it is one.
pub(crate) fn place(span: Span) -> Option<Span> {
    (span.file != NOWHERE.file).then_some(span)
}

/// A value printed as YAML, each scalar with its place.
pub(crate) fn to_yaml(value: &Value) -> Rope {
    let mut rope = Rope::default();
    print(value, 0, &mut rope, false);
    rope.trimmed(false, true, &|c| c == '\n')
}

fn print(value: &Value, indent: usize, rope: &mut Rope, in_list: bool) {
    let pad = " ".repeat(indent);
    match &value.data {
        Data::Map(map) if map.entries.is_empty() => rope.push_str("{}\n"),
        Data::List(items) if items.is_empty() => rope.push_str("[]\n"),
        Data::Map(map) => {
            let mut entries: Vec<&Entry> = Vec::new();
            for entry in &map.entries {
                match entries.iter_mut().find(|other| other.key == entry.key) {
                    Some(other) => *other = entry,
                    None => entries.push(entry),
                }
            }
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            for (index, entry) in entries.into_iter().enumerate() {
                if index > 0 || !in_list {
                    rope.push_str(&pad);
                }
                rope.push(Rope::of_text(
                    &scalar(&Text::from(&*entry.key)),
                    place(entry.key_span),
                    true,
                ));
                match &entry.value.data {
                    Data::Map(inner) if !inner.entries.is_empty() => {
                        rope.push_str(":\n");
                        print(&entry.value, indent + 2, rope, false);
                    }
                    Data::List(items) if !items.is_empty() => {
                        rope.push_str(":\n");
                        print(&entry.value, indent, rope, false);
                    }
                    _ => {
                        rope.push_str(": ");
                        print(&entry.value, indent + 2, rope, false);
                    }
                }
            }
        }
        Data::List(items) => {
            for item in items {
                rope.push_str(&pad);
                rope.push_str("- ");
                print(item, indent + 2, rope, true);
            }
        }
        Data::Null => rope.push_str("null\n"),
        Data::Text(text) => {
            rope.push(Rope::of_text(&scalar(text), place(value.span), true));
            rope.push_str("\n");
        }
        _ => {
            let text = value.text().unwrap_or_default();
            rope.push(Rope::of_text(&text, place(value.span), true));
            rope.push_str("\n");
        }
    }
}

/// Text as YAML writes it: in quotes where it would mean something else without.
fn scalar(text: &Text) -> Text {
    let plain = text.parts().iter().all(|part| match part {
        seaworthy_facts::Part::Hole(_) => true,
        seaworthy_facts::Part::Literal(text) => text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '$' | '(' | ')')),
    });
    let meaning = text.literal().map(seaworthy_facts::yaml::is_text);
    if plain
        && meaning.unwrap_or(true)
        && text
            .known_prefix()
            .starts_with(|c: char| c.is_alphanumeric() || c == '/')
    {
        return text.clone();
    }
    quoted(text)
}

/// Text in double quotes.
pub(crate) fn quoted(text: &Text) -> Text {
    let mut quoted = Text::from("\"");
    for part in text.parts() {
        match part {
            seaworthy_facts::Part::Hole(unknown) => quoted.push_hole(unknown.clone()),
            seaworthy_facts::Part::Literal(text) => {
                let mut escaped = String::with_capacity(text.len());
                for c in text.chars() {
                    match c {
                        '"' => escaped.push_str("\\\""),
                        '\\' => escaped.push_str("\\\\"),
                        '\n' => escaped.push_str("\\n"),
                        '\t' => escaped.push_str("\\t"),
                        '\r' => escaped.push_str("\\r"),
                        c if c.is_control() => {}
                        c => escaped.push(c),
                    }
                }
                quoted.push_str(&escaped);
            }
        }
    }
    quoted.push_str("\"");
    quoted
}
