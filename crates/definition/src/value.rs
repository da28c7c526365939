//! The definition after reading: values with their places, in the shape's long forms.
//!
//! Short forms are written out (`scale: 2` is `scale: {min: 2}`), unknown keys are gone, and what did not fit its
//! shape is [`Kind::Invalid`]: it was reported, so that nobody complains about it a second time.

use indexmap::IndexMap;
use seaworthy_diagnostics::Span;

/// A value and its places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    /// Where the key that it belongs to stands; for an item of a list, the item itself.
    pub(crate) key: Span,
    /// Where the value stands.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Keys with values, in the order of the definition.
    Map(Map),
    /// A list.
    List(Vec<Value>),
    /// Text, a number or a truth value, as written.
    Scalar(String),
    /// It was reported.
    Invalid,
}

/// Keys with values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Map {
    /// The entries.
    pub(crate) entries: IndexMap<String, Value>,
    /// Something in it was reported and left out, so that what seems missing may have been meant.
    pub(crate) incomplete: bool,
}

impl Value {
    /// The map, where it is one.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, where it is a scalar.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key, also one that is invalid.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.entries.get(key)
    }
}
