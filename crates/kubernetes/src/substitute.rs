//! Flux's `postBuild`: `${name}` filled after the kustomization is built.

use std::collections::HashMap;

use seaworthy_facts::{Data, Part, Text, Unknown, UnknownKind, Value};

use crate::manifest::Manifest;

/// What `${name}` stands for, and whether there may be more that was not seen.
pub(crate) struct Variables {
    /// By name.
    pub(crate) known: HashMap<String, Value>,
    /// Others may be set, too.
    pub(crate) open: bool,
}

/// Fills an object.
pub(crate) fn fill(object: &mut Manifest, variables: &Variables) {
    let off = |key: &str| {
        object
            .body
            .at("metadata")
            .and_then(|metadata| {
                metadata
                    .get(key)?
                    .get("kustomize.toolkit.fluxcd.io/substitute")?
                    .scalar()
            })
            .as_deref()
            == Some("disabled")
    };
    if off("labels") || off("annotations") {
        return;
    }
    fill_value(&mut object.body, variables);
}

fn fill_value(value: &mut Value, variables: &Variables) {
    match &mut value.data {
        Data::Text(_) | Data::Unknown(_) => fill_scalar(value, variables),
        Data::List(items) => items
            .iter_mut()
            .for_each(|item| fill_value(item, variables)),
        Data::Map(map) => {
            for entry in &mut map.entries {
                if entry.key.contains("${") {
                    let filled = filled(&Text::from(&*entry.key), variables).0;
                    entry.key = filled.to_string().into();
                }
                fill_value(&mut entry.value, variables);
            }
        }
        _ => {}
    }
}

fn fill_scalar(value: &mut Value, variables: &Variables) {
    let Some(text) = value.text() else { return };
    let ours = text.parts().iter().any(|part| match part {
        Part::Literal(text) => text.contains("${"),
        Part::Hole(unknown) => unknown.kind == UnknownKind::Template,
    });
    if !ours {
        return;
    }
    let whole = text.parts().len() == 1
        && text.literal().is_none_or(|text| {
            text.starts_with("${") && text.ends_with('}') && text.matches("${").count() == 1
        });
    let (new, used) = filled(&text, variables);
    let Some(used) = used else {
        value.data = match new.parts() {
            [Part::Hole(unknown)] => Data::Unknown(unknown.clone()),
            _ => Data::Text(new),
        };
        return;
    };
    if whole {
        let place = value.span;
        let trail = value.trail.clone();
        *value = used.clone();
        value.data = match (&used.data, new.literal()) {
            // What is put in is read as YAML again.
            (Data::Text(_), Some(literal)) => plain(literal),
            _ => used.data.clone(),
        };
        value.trail = if trail.is_empty() {
            used.trail.clone()
        } else {
            trail
        }
        .via(place, "`${…}` stands here");
    } else {
        value.trail = value.trail.via(used.span, "what `${…}` is filled with");
        value.data = Data::Text(new);
    }
}

/// What an unquoted word means once it is filled in.
fn plain(literal: &str) -> Data {
    match literal {
        "true" => Data::Bool(true),
        "false" => Data::Bool(false),
        _ => match literal.parse::<f64>() {
            Ok(number) if literal.starts_with(|c: char| c.is_ascii_digit()) => {
                Data::Number(seaworthy_facts::Number {
                    value: number,
                    written: Some(literal.into()),
                })
            }
            _ => Data::Text(literal.into()),
        },
    }
}

/// The text filled, and the first value that was put in.
fn filled<'v>(text: &Text, variables: &'v Variables) -> (Text, Option<&'v Value>) {
    let mut new = Text::default();
    let mut used = None;
    for part in text.parts() {
        match part {
            Part::Hole(unknown) if unknown.kind == UnknownKind::Template => {
                one(&unknown.name, variables, &mut new, &mut used);
            }
            Part::Hole(unknown) => new.push_hole(unknown.clone()),
            Part::Literal(literal) => {
                let mut rest: &str = literal;
                while let Some(at) = rest.find("${") {
                    // `$${` is a `${` that stays.
                    if rest[..at].ends_with('$') {
                        new.push_str(&rest[..at - 1]);
                        new.push_str("${");
                        rest = &rest[at + 2..];
                        continue;
                    }
                    new.push_str(&rest[..at]);
                    let inner = &rest[at + 2..];
                    let Some(end) = inner.find('}') else {
                        rest = &rest[at..];
                        break;
                    };
                    one(&inner[..end], variables, &mut new, &mut used);
                    rest = &inner[end + 1..];
                }
                new.push_str(rest);
            }
        }
    }
    (new, used)
}

fn one<'v>(inner: &str, variables: &'v Variables, new: &mut Text, used: &mut Option<&'v Value>) {
    let end = inner
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if let Some(value) = variables.known.get(name) {
        if let Some(text) = value.text() {
            new.push(&text);
        }
        used.get_or_insert(value);
        return;
    }
    let default = [":=", ":-", "=", "-"]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign));
    match default {
        _ if variables.open => new.push_hole(Unknown::new(UnknownKind::Variable, name)),
        Some(default) => new.push_str(default),
        // Flux puts nothing in the place of what is not set.
        None if rest.is_empty() => {}
        None => new.push_hole(Unknown::new(UnknownKind::Computed, inner)),
    }
}
