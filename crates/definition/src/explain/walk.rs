//! The walk along a path, through the shape and the values at once.

use seaworthy_diagnostics::{Span, suggest};

use super::{ExplainError, Explanation, Origin};
use crate::data;
use crate::definition::Definition;
use crate::resolve::Resolved;
use crate::shape::form::References;
use crate::shape::{Default, Key, PLATFORM, ROOT, Shape, with_article};
use crate::template::{Piece, Thing, pieces};
use crate::value::{Kind, Value};

/// Explains the values of one environment.
pub(super) struct Explainer<'a> {
    pub(super) definition: &'a Definition,
    pub(super) resolved: Resolved,
    pub(super) values: &'a Value,
    pub(super) environment: Option<&'a str>,
    /// The environment's `override`.
    pub(super) changes: Option<Span>,
}

/// A place in the shape and in the values at once.
#[derive(Clone, Copy)]
struct Here<'a> {
    shape: &'static Shape,
    key: Option<&'static Key>,
    value: Option<&'a Value>,
    /// Within an override: what is not given is not changed.
    partial: bool,
}

impl Explainer<'_> {
    pub(super) fn find(&self, path: &str) -> Result<Explanation, ExplainError> {
        let mut here = Here {
            shape: &ROOT,
            key: None,
            value: Some(self.values),
            partial: false,
        };
        let mut parts: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
        parts.reverse();
        let mut walked: Vec<String> = Vec::new();
        while let Some(part) = parts.pop() {
            let mut part = part.to_owned();
            let within = match (walked.last(), here.shape) {
                (None, _) => "the definition".to_owned(),
                (_, Shape::Object(object) | Shape::Short { long: object, .. }) => {
                    with_article(object.name)
                }
                _ => format!("`{}`", walked.join(".")),
            };
            let (next, known) = match here.shape {
                Shape::Object(object) | Shape::Short { long: object, .. } => {
                    if object.name == "service" && part == "port" {
                        // In short for the port named `http`.
                        "ports".clone_into(&mut part);
                        parts.push("http");
                    }
                    let keys = object.keys.iter().map(|key| key.name.to_owned()).collect();
                    (object.key(&part).map(|key| here.at(key)), keys)
                }
                Shape::Override => {
                    let keys = PLATFORM.keys.iter().filter(|key| key.overridable);
                    let key = PLATFORM.key(&part).filter(|key| key.overridable);
                    (
                        key.map(|key| Here {
                            partial: true,
                            ..here.at(key)
                        }),
                        keys.map(|key| key.name.to_owned()).collect(),
                    )
                }
                Shape::Names { value: shape, .. } => {
                    let names = here.value.and_then(Value::as_map).map(|map| &map.entries);
                    let names = names.into_iter().flatten();
                    // `p99.9` has a dot in it.
                    let dotted = parts.last().map(|next| format!("{part}.{next}"));
                    let found = names.clone().find(|(name, _)| **name == part).or_else(|| {
                        let found = names
                            .clone()
                            .find(|(name, _)| Some(*name) == dotted.as_ref())?;
                        parts.pop();
                        part.clone_from(found.0);
                        Some(found)
                    });
                    let next = found.map(|(_, value)| Here {
                        shape,
                        key: here.key,
                        value: Some(value),
                        ..here
                    });
                    (
                        next,
                        names.map(|(name, _)| name.clone()).collect::<Vec<_>>(),
                    )
                }
                _ => (None, Vec::new()),
            };
            let Some(next) = next else {
                return Err(self.unknown(path, &walked, part, within, known, &parts));
            };
            here = next;
            walked.push(part);
        }
        Ok(self.explain(here, walked.join(".")))
    }

    fn unknown(
        &self,
        path: &str,
        walked: &[String],
        part: String,
        within: String,
        known: Vec<String>,
        rest: &[&str],
    ) -> ExplainError {
        // `api.scale` for `services.api.scale`: the map is left out more often than misspelled.
        let left_out = walked.is_empty().then(|| {
            let (_, key) = Thing::ALL.iter().find(|(_, key)| {
                self.values
                    .get(key)
                    .is_some_and(|map| map.get(&part).is_some())
            })?;
            Some(format!("{key}.{path}"))
        });
        let nearest = left_out.flatten().or_else(|| {
            let near = suggest(&part, known.iter().map(String::as_str))?;
            let before = walked.iter().map(String::as_str);
            let after = rest.iter().rev().copied();
            Some(
                before
                    .chain([near])
                    .chain(after)
                    .collect::<Vec<_>>()
                    .join("."),
            )
        });
        ExplainError::FindPath {
            path: path.to_owned(),
            part,
            within,
            nearest,
            known,
        }
    }

    fn explain(&self, here: Here<'_>, path: String) -> Explanation {
        let below: Vec<Explanation> = match here.shape {
            Shape::Object(object) | Shape::Short { long: object, .. }
                if Self::is_there(here, &path) =>
            {
                object
                    .keys
                    .iter()
                    .filter(|key| {
                        !here.partial
                            || here
                                .value
                                .is_some_and(|value| value.get(key.name).is_some())
                    })
                    .filter(|key| !(object.name == "service" && key.name == "port"))
                    .map(|key| self.explain(here.at(key), join(&path, key.name)))
                    .collect()
            }
            Shape::Override => PLATFORM
                .keys
                .iter()
                .filter(|key| {
                    here.value
                        .is_some_and(|value| value.get(key.name).is_some())
                })
                .map(|key| {
                    self.explain(
                        Here {
                            partial: true,
                            ..here.at(key)
                        },
                        join(&path, key.name),
                    )
                })
                .collect(),
            Shape::Names { value: shape, .. } => {
                let map = here.value.and_then(Value::as_map).map(|map| &map.entries);
                map.into_iter()
                    .flatten()
                    .map(|(name, value)| {
                        let here = Here {
                            shape,
                            key: here.key,
                            value: Some(value),
                            ..here
                        };
                        self.explain(here, join(&path, name))
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        let value = self.text(here, &path);
        let given = here
            .value
            .filter(|value| !matches!(value.kind, Kind::Invalid));
        let origin = match (&value, given) {
            (None, _) => None,
            (Some(_), Some(given)) => Some(self.place(given.span)),
            (Some(_), None) => Some(Origin::Default),
        };
        Explanation {
            reason: self.reason(here, origin.as_ref(), &path),
            secret: given
                .and_then(Value::as_text)
                .is_some_and(|text| self.is_secret(here, text)),
            value,
            origin,
            below,
            path,
        }
    }

    /// Whether a map is there: given, or made of defaults.
    fn is_there(here: Here<'_>, path: &str) -> bool {
        here.value.is_some()
            || path.is_empty()
            || (!here.partial && matches!(here.key.map(|key| key.default), Some(Default::Inner)))
    }

    fn text(&self, here: Here<'_>, path: &str) -> Option<String> {
        if matches!(
            here.shape,
            Shape::Object(_) | Shape::Short { .. } | Shape::Names { .. } | Shape::Override
        ) {
            return None;
        }
        match here.value.map(|value| &value.kind) {
            Some(Kind::Scalar(text)) => Some(text.clone()),
            Some(Kind::List(items)) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
                Some(format!("[{}]", items.join(", ")))
            }
            _ if here.partial => None,
            _ => self
                .resolved
                .computed
                .get(path)
                .cloned()
                .or_else(|| here.key?.default.text().map(str::to_owned)),
        }
    }

    fn place(&self, span: Span) -> Origin {
        let source = self.definition.source();
        let position = source.position(span.start);
        Origin::Definition {
            file: source.path().to_owned(),
            line: position.line,
            column: position.column,
        }
    }

    fn reason(&self, here: Here<'_>, origin: Option<&Origin>, path: &str) -> String {
        let Some(key) = here.key else {
            return PLATFORM.doc.to_owned();
        };
        // A named thing is explained by what it is, not by the map that it stands in.
        let doc = match here.shape {
            Shape::Object(object) if !path.ends_with(key.name) => object.doc,
            _ => key.doc,
        };
        let refers = here
            .value
            .and_then(Value::as_text)
            .map(|text| self.refers_to(here, text));
        if let Some(refers) = refers.filter(|refers| !refers.is_empty()) {
            return refers;
        }
        let why = match (origin, key.default) {
            (Some(Origin::Default), Default::Computed(words)) => format!("default: {words}"),
            (Some(Origin::Default), Default::Dated(_)) => {
                format!(
                    "default: the newest that was offered on {}",
                    data::versions().seen
                )
            }
            (Some(Origin::Default), _) => "default".to_owned(),
            (Some(Origin::Definition { .. }), _) if self.is_changed(here) => {
                format!("changed for `{}`", self.environment.unwrap_or_default())
            }
            _ => return doc.to_owned(),
        };
        format!("{why}. {doc}")
    }

    fn is_changed(&self, here: Here<'_>) -> bool {
        match (self.changes, here.value) {
            (Some(changes), Some(value)) => {
                changes.start <= value.span.start && value.span.end <= changes.end && !here.partial
            }
            _ => false,
        }
    }

    /// What a text refers to, in words: ``Refers to the password of the database `counter`, a secret.``.
    fn refers_to(&self, here: Here<'_>, text: &str) -> String {
        let Shape::Text(form) = here.shape else {
            return String::new();
        };
        if form.references != References::Replaced {
            return String::new();
        }
        let mut found: Vec<String> = Vec::new();
        for piece in pieces(text) {
            let Piece::Reference {
                name, attribute, ..
            } = piece
            else {
                continue;
            };
            for (thing, key) in Thing::ALL {
                let declared = self
                    .values
                    .get(key)
                    .is_some_and(|map| map.get(&name).is_some());
                let Some(reference) = thing.reference(&name, &attribute).filter(|_| declared)
                else {
                    continue;
                };
                found.push(match (thing, reference.is_secret()) {
                    (Thing::Secret, _) => format!("the secret `{name}`"),
                    (_, true) => {
                        format!("the {attribute} of the {} `{name}`, a secret", thing.noun())
                    }
                    (_, false) => format!("the {attribute} of the {} `{name}`", thing.noun()),
                });
            }
        }
        if found.is_empty() {
            return String::new();
        }
        let changed = match self.environment {
            Some(environment) if self.is_changed(here) => format!("changed for `{environment}`. "),
            _ => String::new(),
        };
        format!("{changed}Refers to {}.", found.join("; "))
    }

    fn is_secret(&self, here: Here<'_>, text: &str) -> bool {
        if !matches!(here.shape, Shape::Text(_)) {
            return false;
        }
        pieces(text).iter().any(|piece| {
            let Piece::Reference {
                name, attribute, ..
            } = piece
            else {
                return false;
            };
            Thing::ALL.iter().any(|(thing, key)| {
                self.values
                    .get(key)
                    .is_some_and(|map| map.get(name).is_some())
                    && thing
                        .reference(name, attribute)
                        .is_some_and(|reference| reference.is_secret())
            })
        })
    }
}

impl<'a> Here<'a> {
    fn at(self, key: &'static Key) -> Here<'a> {
        Here {
            shape: key.shape,
            key: Some(key),
            value: self.value.and_then(|value| value.get(key.name)),
            partial: self.partial,
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
