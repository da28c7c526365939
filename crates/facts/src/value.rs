//! Values as files give them: where each was written, how it came there, and what of it is not known.
//!
//! One type serves HCL, YAML, JSON, workflows and scripts, so that a rule can compare a role's name in OpenTofu with
//! an annotation in a manifest. Readers evaluate before they hand a value over; what they cannot evaluate is
//! [`Data::Unknown`] or a hole in a [`Text`], never a guess.

use std::sync::Arc;

use seaworthy_diagnostics::Span;

use crate::{Text, Unknown};

/// A value and the place where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where the value stands that takes effect: the attribute's expression, the scalar, the argument.
    pub span: Span,
    /// How it came there, from the use back to where it was first written; empty for what is written in place.
    pub trail: Trail,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Not known before it runs, or not seen.
    Unknown(Unknown),
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, possibly with holes.
    Text(Text),
    /// A list.
    List(Vec<Value>),
    /// Keys with values.
    Map(Map),
}

/// A number with the way it was written, so that `1.30` stays a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Its value.
    pub value: f64,
    /// As it was written, where it was.
    pub written: Option<Box<str>>,
}

/// Keys with values, in order. A key given twice is here twice; the last one takes effect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Value,
}

/// How a value came to where it is used: the nearest step first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trail(Option<Arc<TrailStep>>);

/// One step of a trail.
#[derive(Debug, Clone, PartialEq)]
pub struct TrailStep {
    /// The place: a variable's default, a module's argument, a patch.
    pub span: Span,
    /// What it is, in words: "default of variable `name`".
    pub says: Box<str>,
    next: Trail,
}

impl Trail {
    /// This trail with one more place in front, nearer to the use.
    #[must_use]
    pub fn via(&self, span: Span, says: impl Into<Box<str>>) -> Self {
        Self(Some(Arc::new(TrailStep {
            span,
            says: says.into(),
            next: self.clone(),
        })))
    }

    /// The steps, nearest to the use first.
    pub fn steps(&self) -> impl Iterator<Item = &TrailStep> {
        std::iter::successors(self.0.as_deref(), |step| step.next.0.as_deref())
    }

    /// The place where the value was first written, if it is not the place of its use.
    pub fn origin(&self) -> Option<Span> {
        self.steps().last().map(|step| step.span)
    }

    /// Whether the value is written in place.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Number {
    /// The number as text: as written, else without a needless fraction.
    pub fn text(&self) -> String {
        match &self.written {
            Some(written) => written.to_string(),
            None => self.value.to_string(),
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self {
            value,
            written: None,
        }
    }
}

impl Map {
    /// The value of a key; of a key given twice, the last.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key; of a key given twice, the last.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| &*entry.key == key)
    }

    /// Sets a key, in its place if it was there.
    pub fn set(&mut self, key: impl Into<Arc<str>>, key_span: Span, value: Value) {
        let key = key.into();
        match self.entries.iter_mut().rev().find(|entry| entry.key == key) {
            Some(entry) => {
                entry.key_span = key_span;
                entry.value = value;
            }
            None => self.entries.push(Entry {
                key,
                key_span,
                value,
            }),
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.entries.iter().rposition(|entry| &*entry.key == key)?;
        Some(self.entries.remove(at).value)
    }
}

impl Value {
    /// A value written in place.
    pub fn new(data: Data, span: Span) -> Self {
        Self {
            data,
            span,
            trail: Trail::default(),
        }
    }

    /// Known text.
    pub fn string(text: impl Into<String>, span: Span) -> Self {
        Self::new(Data::Text(Text::from(text.into())), span)
    }

    /// A value that is not known.
    pub fn unknown(unknown: Unknown, span: Span) -> Self {
        Self::new(Data::Unknown(unknown), span)
    }

    /// The same value, used at another place: where it was written becomes a step of its trail.
    #[must_use]
    pub fn used_at(&self, span: Span, says: impl Into<Box<str>>) -> Self {
        Self {
            data: self.data.clone(),
            span,
            trail: self.trail.via(self.span, says),
        }
    }

    /// The value of a key, where this is a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.map()?.get(key)
    }

    /// The value at a path such as `spec.template.spec` or `vpc_config.subnet_ids`. A number takes an item of a list;
    /// a word at a list goes into its only item (a block of OpenTofu that may repeat but does not).
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.')
            .try_fold(self, |value, step| value.step(step))
    }

    fn step(&self, step: &str) -> Option<&Value> {
        match &self.data {
            Data::Map(map) => map.get(step),
            Data::List(items) => match step.parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) if items.len() == 1 => items[0].step(step),
                Err(_) => None,
            },
            _ => None,
        }
    }

    /// The map, where it is one.
    pub fn map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entries, where it is a map; none elsewhere.
    pub fn entries(&self) -> &[Entry] {
        self.map().map_or(&[], |map| &map.entries)
    }

    /// The items, where it is a list; none elsewhere.
    pub fn items(&self) -> &[Value] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the value itself: for settings that take one or many. Nothing for null.
    pub fn each(&self) -> &[Value] {
        match &self.data {
            Data::List(items) => items,
            Data::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text, where all of it is known. A number or a bool is no text; see [`Self::text`].
    pub fn str(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => text.literal(),
            _ => None,
        }
    }

    /// A scalar as text, with its holes. What is unknown as a whole is one hole; null, lists and maps are no text.
    pub fn text(&self) -> Option<Text> {
        match &self.data {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.text().into()),
            Data::Bool(yes) => Some(yes.to_string().into()),
            Data::Unknown(unknown) => Some(Text::hole(unknown.clone())),
            Data::Null | Data::List(_) | Data::Map(_) => None,
        }
    }

    /// A scalar as known text: numbers and bools as they are written.
    pub fn scalar(&self) -> Option<String> {
        self.text()?.literal().map(str::to_owned)
    }

    /// True or false, also where it is written as text.
    pub fn bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(yes) => Some(*yes),
            Data::Text(text) => match text.literal()? {
                "true" | "True" => Some(true),
                "false" | "False" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A whole number, also where it is written as text.
    pub fn int(&self) -> Option<i64> {
        match &self.data {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole; ports and counts"
            )]
            Data::Number(number) if number.value.fract() == 0.0 => Some(number.value as i64),
            Data::Text(text) => text.literal()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// A number, also where it is written as text.
    pub fn number(&self) -> Option<f64> {
        match &self.data {
            Data::Number(number) => Some(number.value),
            Data::Text(text) => text.literal()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// What it stands for, where nothing of it is known.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            Data::Text(text) => match text.parts() {
                [crate::Part::Hole(unknown)] => Some(unknown),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing of it is known.
    pub fn is_unknown(&self) -> bool {
        self.as_unknown().is_some()
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// Whether all of it is known, to the last leaf.
    pub fn is_known(&self) -> bool {
        let mut known = true;
        self.walk(&mut |value| {
            known &= match &value.data {
                Data::Unknown(_) => false,
                Data::Text(text) => text.literal().is_some(),
                _ => true,
            };
        });
        known
    }

    /// Every unknown within, at any depth, with the value that holds it.
    pub fn unknowns(&self) -> Vec<(&Unknown, &Value)> {
        let mut found = Vec::new();
        self.walk(&mut |value| match &value.data {
            Data::Unknown(unknown) => found.push((unknown, value)),
            Data::Text(text) => found.extend(text.holes().map(|hole| (hole, value))),
            _ => {}
        });
        found
    }

    /// Whether anything within refers to this resource: `aws_security_group.nodes`.
    pub fn refers_to(&self, address: &str) -> bool {
        self.unknowns()
            .iter()
            .any(|(unknown, _)| unknown.resource.as_deref() == Some(address))
    }

    /// This value with each text within replaced where `replace` gives something for it. What lies more than
    /// `deepest` steps down stays as it is.
    #[must_use]
    pub fn with_texts(
        &self,
        deepest: usize,
        replace: &mut impl FnMut(&Self) -> Option<Self>,
    ) -> Self {
        let mut inner = |value: &Self| match deepest.checked_sub(1) {
            Some(deepest) => value.with_texts(deepest, replace),
            None => value.clone(),
        };
        let data = match &self.data {
            Data::Text(_) => return replace(self).unwrap_or_else(|| self.clone()),
            Data::List(items) => Data::List(items.iter().map(&mut inner).collect()),
            Data::Map(map) => Data::Map(Map {
                entries: map
                    .entries
                    .iter()
                    .map(|entry| Entry {
                        key: entry.key.clone(),
                        key_span: entry.key_span,
                        value: inner(&entry.value),
                    })
                    .collect(),
            }),
            _ => return self.clone(),
        };
        Self {
            data,
            span: self.span,
            trail: self.trail.clone(),
        }
    }

    /// Visits this value and everything within, outer first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Value)) {
        visit(self);
        match &self.data {
            Data::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Data::Map(map) => map.entries.iter().for_each(|entry| entry.value.walk(visit)),
            _ => {}
        }
    }
}
