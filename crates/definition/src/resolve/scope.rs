//! One object of the definition with its shape: values where given, defaults where not.

use crate::model::Span;
use crate::shape::{Object, Shape};
use crate::units;
use crate::value::{Kind, Value};

/// An object of the definition; where it is not given, its defaults.
#[derive(Clone)]
pub(crate) struct Scope<'v> {
    object: &'static Object,
    value: Option<&'v Value>,
    path: String,
}

impl<'v> Scope<'v> {
    pub(crate) fn new(
        object: &'static Object,
        value: Option<&'v Value>,
        path: impl Into<String>,
    ) -> Self {
        Self {
            object,
            value,
            path: path.into(),
        }
    }

    /// `services.api`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path of one of its keys.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value as a whole, where it is given.
    pub(crate) fn value(&self) -> Option<&'v Value> {
        self.value
    }

    /// Whether something in it was reported, so that nothing is said about what is missing.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.value.is_some_and(|value| match &value.kind {
            Kind::Map(map) => map.incomplete,
            Kind::Invalid => true,
            _ => false,
        })
    }

    /// Whether the key is there, well or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value.is_some_and(|value| value.get(key).is_some())
    }

    /// The value of a key, where it is given and fits.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value> {
        debug_assert!(
            self.object.key(key).is_some(),
            "`{key}` is no key of {}",
            self.object.name
        );
        self.value?
            .get(key)
            .filter(|value| !matches!(value.kind, Kind::Invalid))
    }

    /// The text of a key: what is given, else the default.
    pub(crate) fn text(&self, key: &str) -> Option<&'v str> {
        self.get(key)
            .and_then(Value::as_text)
            .or_else(|| self.object.key(key).and_then(|key| key.default.text()))
    }

    /// The text of a key without default, owned.
    pub(crate) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// A number: what is given, else the default, else 0.
    pub(crate) fn number<N: std::str::FromStr + std::default::Default>(&self, key: &str) -> N {
        self.optional_number(key).unwrap_or_default()
    }

    /// A number, where there is one.
    pub(crate) fn optional_number<N: std::str::FromStr>(&self, key: &str) -> Option<N> {
        self.text(key)?.parse().ok()
    }

    /// A truth value, where there is one.
    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        self.text(key)?.parse().ok()
    }

    /// A duration: what is given, else the default.
    pub(crate) fn duration(&self, key: &str) -> Span {
        self.optional_duration(key).unwrap_or(Span::seconds(0))
    }

    /// A duration, where there is one.
    pub(crate) fn optional_duration(&self, key: &str) -> Option<Span> {
        let default = || self.object.key(key).and_then(|key| key.default.text());
        let text = self.get(key).and_then(Value::as_text);
        text.and_then(|text| units::duration(text).ok())
            .or_else(|| units::duration(default()?).ok())
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key)
            .iter()
            .filter_map(|item| item.as_text().map(str::to_owned))
            .collect()
    }

    /// The items of a list.
    pub(crate) fn list(&self, key: &str) -> &'v [Value] {
        self.get(key).and_then(Value::as_list).unwrap_or_default()
    }

    /// The object behind a key; empty where it is not given.
    pub(crate) fn object(&self, key: &str) -> Scope<'v> {
        let Some(Shape::Object(object) | Shape::Short { long: object, .. }) =
            self.object.key(key).map(|key| key.shape)
        else {
            unreachable!("`{key}` of {} is an object", self.object.name)
        };
        Scope {
            object,
            value: self.value.and_then(|value| value.get(key)),
            path: self.path_of(key),
        }
    }

    /// The object behind a key, where it is given.
    pub(crate) fn optional_object(&self, key: &str) -> Option<Scope<'v>> {
        self.get(key).map(|_| self.object(key))
    }

    /// The named values behind a key.
    pub(crate) fn names(&self, key: &str) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
        let map = self.get(key).and_then(Value::as_map);
        map.into_iter().flat_map(|map| {
            map.entries
                .iter()
                .map(|(name, value)| (name.as_str(), value))
        })
    }

    /// The named objects behind a key.
    pub(crate) fn objects(&self, key: &str) -> Vec<(&'v str, Scope<'v>)> {
        let Some(Shape::Names {
            value: Shape::Object(object) | Shape::Short { long: object, .. },
            ..
        }) = self.object.key(key).map(|key| key.shape)
        else {
            unreachable!("`{key}` of {} names objects", self.object.name)
        };
        let path = self.path_of(key);
        self.names(key)
            .map(|(name, value)| {
                (
                    name,
                    Scope {
                        object,
                        value: Some(value),
                        path: format!("{path}.{name}"),
                    },
                )
            })
            .collect()
    }
}
