//! The shape of a definition: every key with its type, unit, default and words.
//!
//! This is the one place where a key is declared. The reader walks it to find what is wrong, the resolver takes
//! defaults from it, and the JSON Schema and the reference page are printed from it. One file per resource; the
//! forms of texts (durations, names, hosts) are in [`form`].

mod bucket;
mod build;
mod cluster;
mod database;
mod delivery;
mod edge;
mod environment;
pub(crate) mod form;
mod job;
mod network;
mod notify;
mod platform;
mod probe;
mod route;
mod scale;
mod secret;
mod service;
mod slo;

pub(crate) use form::Form;
pub(crate) use platform::{PLATFORM, ROOT};

use crate::data;

/// A map with a closed list of keys.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is, for messages and the reference: `service`.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) doc: &'static str,
    /// At least one of these keys must be given; empty: none need be.
    pub(crate) one_of: &'static [&'static str],
    /// Its keys, in the order of the reference.
    pub(crate) keys: &'static [Key],
    /// Words of other tools, and what to write here instead.
    pub(crate) strangers: &'static [Stranger],
}

/// A word that another tool uses where we have our own.
#[derive(Debug)]
pub(crate) struct Stranger {
    /// The word.
    pub(crate) word: &'static str,
    /// Whose word it is.
    pub(crate) whose: &'static str,
    /// What to write here.
    pub(crate) ours: &'static str,
}

/// One key of an [`Object`].
#[derive(Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) name: &'static str,
    /// What it says, as a sentence.
    pub(crate) doc: &'static str,
    /// What stands behind it.
    pub(crate) shape: &'static Shape,
    /// What counts where it is not given.
    pub(crate) default: Default,
    /// Whether an environment may change it.
    pub(crate) overridable: bool,
}

/// What counts where a key is not given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// Its absence means something, which the key's text says.
    Absent,
    /// It must be given.
    Required,
    /// This value, as it would be written.
    Value(&'static str),
    /// The newest that the dated data knows.
    Dated(Dated),
    /// The defaults of the keys in it.
    Inner,
    /// It depends, in these words.
    Computed(&'static str),
}

/// Defaults that age.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dated {
    /// PostgreSQL's newest major version.
    Postgres,
    /// Kubernetes' newest minor version.
    Kubernetes,
}

impl Default {
    /// The default as it would be written, where it does not depend on anything.
    pub(crate) fn text(&self) -> Option<&'static str> {
        match self {
            Self::Value(text) => Some(text),
            Self::Dated(Dated::Postgres) => Some(&data::versions().postgres),
            Self::Dated(Dated::Kubernetes) => Some(&data::versions().kubernetes),
            Self::Absent | Self::Required | Self::Inner | Self::Computed(_) => None,
        }
    }
}

/// What may stand behind a key.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A map with a closed list of keys.
    Object(&'static Object),
    /// A map whose keys are names that the team chooses.
    Names {
        /// What a name must look like.
        name: &'static Form,
        /// What one of them is called: `service`.
        thing: &'static str,
        /// What stands behind each.
        value: &'static Shape,
        /// Whether an environment may only change names that the base declares. Always so but for maps that are one value.
        closed: bool,
    },
    /// A list.
    List(&'static Shape),
    /// Text of a form.
    Text(&'static Form),
    /// A whole number.
    Integer {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// `true` or `false`.
    Boolean,
    /// One of a few words.
    Choice(&'static [Choice]),
    /// A map, or in short only the value of one of its keys.
    Short {
        /// The map.
        long: &'static Object,
        /// The key that the short form gives.
        key: &'static str,
    },
    /// What an environment changes: the platform's shape, nothing required.
    Override,
}

/// One word of a [`Shape::Choice`].
#[derive(Debug)]
pub(crate) struct Choice {
    /// The word.
    pub(crate) word: &'static str,
    /// What it means.
    pub(crate) doc: &'static str,
}

impl Object {
    /// The key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Shape {
    /// What is expected, in words for a message.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Object(object) => format!("a map with the keys of {}", with_article(object.name)),
            Self::Names { thing, .. } => format!("a map of names, one for each {thing}"),
            Self::List(item) => format!("a list, each item {}", item.expected()),
            Self::Text(form) => form.what.to_owned(),
            Self::Integer { min, max } if *max >= u64::from(u32::MAX) => {
                format!("a whole number from {min}")
            }
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Choice(choices) => one_of(choices.iter().map(|choice| choice.word)),
            Self::Short { long, key } => format!(
                "{}, or a map with the keys of {}",
                long.key(key)
                    .map_or_else(String::new, |key| key.shape.expected()),
                with_article(long.name)
            ),
            Self::Override => "a map with what this environment changes".to_owned(),
        }
    }
}

/// `a service`, `an edge`.
pub(crate) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// `a`, `b` or `c`.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    list(words, "or")
}

/// `a`, `b` and `c`.
pub(crate) fn all_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    list(words, "and")
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
    }
}

/// The usual key: optional, and an environment may change it.
const fn key(name: &'static str, shape: &'static Shape, doc: &'static str) -> Key {
    Key {
        name,
        doc,
        shape,
        default: Default::Absent,
        overridable: true,
    }
}

impl Key {
    const fn required(mut self) -> Self {
        self.default = Default::Required;
        self
    }

    const fn default(mut self, text: &'static str) -> Self {
        self.default = Default::Value(text);
        self
    }

    const fn dated(mut self, dated: Dated) -> Self {
        self.default = Default::Dated(dated);
        self
    }

    const fn inner(mut self) -> Self {
        self.default = Default::Inner;
        self
    }

    const fn computed(mut self, words: &'static str) -> Self {
        self.default = Default::Computed(words);
        self
    }

    /// An environment may not change it.
    const fn fixed(mut self) -> Self {
        self.overridable = false;
        self
    }
}

const fn choice(word: &'static str, doc: &'static str) -> Choice {
    Choice { word, doc }
}

const fn stranger(word: &'static str, whose: &'static str, ours: &'static str) -> Stranger {
    Stranger { word, whose, ours }
}

#[cfg(test)]
mod tests;
