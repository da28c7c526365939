//! `replacements` and the older `vars`: a value of one object put into others.

use seaworthy_facts::{Data, Part, Text, Value, join};

use super::{Kustomize, Work};
use crate::manifest::Manifest;
use crate::places;

impl Kustomize<'_, '_> {
    pub(super) fn replacements(&mut self, work: &mut Work, body: &Value) {
        for entry in body.get("replacements").into_iter().flat_map(Value::items) {
            if let Some(path) = entry.get("path").and_then(Value::str) {
                let resolved = join(&work.folder, path);
                let Some(source) = self.files.by_path(&resolved) else {
                    work.built.incomplete = true;
                    continue;
                };
                let listed: Vec<Value> = self
                    .files
                    .documents(source.file.id())
                    .into_iter()
                    .flat_map(|documents| &documents.documents)
                    .flat_map(|document| document.value.each().to_vec())
                    .collect();
                for entry in &listed {
                    replace(work, entry);
                }
            } else {
                replace(work, entry);
            }
        }
    }
}

fn selected(object: &Manifest, select: &Value) -> bool {
    let fits = |key: &str, own: Option<&str>| {
        select
            .get(key)
            .and_then(Value::str)
            .is_none_or(|wanted| wanted.is_empty() || own == Some(wanted))
    };
    let name = select
        .get("name")
        .and_then(Value::text)
        .is_none_or(|name| object.was_called(&name));
    fits("kind", Some(&object.kind)) && fits("group", Some(object.group())) && name
}

fn replace(work: &mut Work, entry: &Value) {
    if !work.built.incomplete {
        unfitting(work, entry);
    }
    let objects = &mut work.built.objects;
    let value = match (entry.get("sourceValue"), entry.get("source")) {
        (Some(value), _) => Some(value.clone()),
        (None, Some(source)) => {
            let path = source
                .get("fieldPath")
                .and_then(Value::str)
                .unwrap_or("metadata.name");
            let steps = field_steps(path);
            objects
                .iter()
                .find(|object| selected(object, source))
                .and_then(|object| get(&object.body, &steps))
                .map(|value| part(value, source.get("options")))
        }
        _ => None,
    };
    let Some(value) = value else { return };
    for target in entry.get("targets").into_iter().flat_map(Value::items) {
        let Some(select) = target.get("select") else {
            continue;
        };
        let rejects: Vec<&Value> = target
            .get("reject")
            .into_iter()
            .flat_map(Value::items)
            .collect();
        let paths: Vec<Vec<String>> = target
            .get("fieldPaths")
            .into_iter()
            .flat_map(Value::items)
            .filter_map(Value::str)
            .map(field_steps)
            .collect();
        let options = target.get("options");
        for object in objects.iter_mut() {
            if !selected(object, select) || rejects.iter().any(|reject| selected(object, reject)) {
                continue;
            }
            for steps in &paths {
                put(&mut object.body, steps, &value, options);
            }
        }
    }
}

/// Notes what Kustomize refuses, a source that is not there, and what it passes over, a target that is not there.
fn unfitting(work: &mut Work, entry: &Value) {
    let objects = &work.built.objects;
    let place = |select: &Value| {
        let name = select.get("name").or_else(|| select.get("kind"));
        name.map_or(select.span, |name| name.span)
    };
    if let Some(source) = entry.get("source").filter(|source| is_plain(source)) {
        let mut sources = objects.iter().filter(|object| selected(object, source));
        match (sources.next(), sources.next()) {
            (None, _) => work.errors.push((
                place(source),
                "no object here is what this takes from".into(),
            )),
            (Some(object), None) => {
                if let Some(path) = source.get("fieldPath")
                    && let Some(steps) = path.str().map(field_steps)
                    && lacks(&object.body, &steps)
                {
                    work.errors.push((
                        path.span,
                        format!(
                            "{} `{}` has no `{}` to take",
                            object.kind,
                            object.name().unwrap_or_default(),
                            path.str().unwrap_or_default()
                        )
                        .into(),
                    ));
                }
            }
            _ => {}
        }
    }
    for select in entry
        .get("targets")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(|target| target.get("select"))
        .filter(|select| is_plain(select))
    {
        if !objects.iter().any(|object| selected(object, select)) {
            work.idle.push((
                place(select),
                "no object here is what this puts into".into(),
            ));
        }
    }
}

/// Whether a selection is by kind and name, as they are written: not by labels, nor by a pattern.
fn is_plain(select: &Value) -> bool {
    !select.entries().is_empty()
        && select.entries().iter().all(|entry| {
            matches!(&*entry.key, "kind" | "name" | "fieldPath" | "options")
                && (&*entry.key == "fieldPath"
                    || &*entry.key == "options"
                    || entry.value.str().is_some_and(|text| {
                        text.bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    }))
        })
}

/// Whether a field is not there, for sure.
fn lacks(value: &Value, steps: &[String]) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return false;
    };
    match &value.data {
        Data::Map(map) => map
            .get(step.strip_prefix('[').unwrap_or(step))
            .is_none_or(|value| lacks(value, rest)),
        _ => false,
    }
}

/// The part of a value that `options` choose.
fn part(value: &Value, options: Option<&Value>) -> Value {
    let Some((delimiter, index)) = delimiter(options) else {
        return value.clone();
    };
    match value
        .str()
        .and_then(|text| text.split(delimiter.as_str()).nth(index))
    {
        Some(part) => Value {
            data: Data::Text(part.into()),
            ..value.clone()
        },
        None => value.clone(),
    }
}

fn delimiter(options: Option<&Value>) -> Option<(String, usize)> {
    let delimiter = options?.get("delimiter")?.str()?;
    if delimiter.is_empty() {
        return None;
    }
    let index = options?.get("index").and_then(Value::int).unwrap_or(0);
    Some((delimiter.to_owned(), usize::try_from(index).ok()?))
}

/// `spec.rules.0.host`, `metadata.annotations.[a/b.c]`, `spec.containers.[name=x].env`.
fn field_steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut current = String::new();
    let mut bracket = false;
    let mut escaped = false;
    for c in path.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '[' if !escaped => {
                bracket = true;
                if !current.is_empty() {
                    steps.push(std::mem::take(&mut current));
                }
                current.push('[');
            }
            ']' if bracket => bracket = false,
            '.' if !bracket && !escaped => {
                if !current.is_empty() {
                    steps.push(std::mem::take(&mut current));
                }
            }
            c => current.push(c),
        }
        escaped = false;
    }
    if !current.is_empty() {
        steps.push(current);
    }
    steps
}

fn item(items: &[Value], step: &str) -> Option<usize> {
    match step.strip_prefix('[') {
        Some(pair) => {
            let (key, wanted) = pair.split_once('=')?;
            items
                .iter()
                .position(|item| item.get(key).and_then(Value::scalar).as_deref() == Some(wanted))
        }
        None => step.parse().ok(),
    }
}

fn get<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps
        .iter()
        .try_fold(value, |value, step| match &value.data {
            Data::Map(map) => map.get(step.strip_prefix('[').unwrap_or(step)),
            Data::List(items) => items.get(item(items, step)?),
            _ => None,
        })
}

fn put(target: &mut Value, steps: &[String], value: &Value, options: Option<&Value>) {
    let Some((step, rest)) = steps.split_first() else {
        let new = if let (Some((delimiter, index)), Some(old)) = (delimiter(options), target.str())
        {
            let mut parts: Vec<String> = old.split(delimiter.as_str()).map(str::to_owned).collect();
            let Some(new) = value.scalar() else { return };
            match parts.get_mut(index) {
                Some(part) => *part = new,
                None => parts.push(new),
            }
            Text::from(parts.join(&delimiter))
        } else {
            let old = target.span;
            *target = value.clone();
            target.trail = target.trail.via(old, "a replacement puts it here");
            return;
        };
        *target = places::replaced(target, new, value.span, "a replacement puts it here");
        return;
    };
    let create = options
        .and_then(|options| options.get("create"))
        .and_then(Value::bool)
        == Some(true);
    match &mut target.data {
        Data::Map(map) => {
            let key = step.strip_prefix('[').unwrap_or(step);
            if map.get(key).is_none() && create {
                let empty = Value::new(
                    if rest.is_empty() {
                        Data::Null
                    } else {
                        Data::Map(seaworthy_facts::Map::default())
                    },
                    value.span,
                );
                map.set(key, value.span, empty);
            }
            if let Some(entry) = map
                .entries
                .iter_mut()
                .rev()
                .find(|entry| &*entry.key == key)
            {
                put(&mut entry.value, rest, value, options);
            }
        }
        Data::List(items) => {
            if step == "*" {
                for each in items {
                    put(each, rest, value, options);
                }
            } else if let Some(at) = item(items, step)
                && let Some(each) = items.get_mut(at)
            {
                put(each, rest, value, options);
            }
        }
        _ => {}
    }
}

/// `vars`: `$(NAME)` in any text becomes a field of an object.
pub(crate) fn vars(work: &mut Work, list: Option<&Value>) {
    for entry in list.into_iter().flat_map(Value::items) {
        let (Some(name), Some(reference)) =
            (entry.get("name").and_then(Value::str), entry.get("objref"))
        else {
            continue;
        };
        let path = entry
            .at("fieldref.fieldpath")
            .or_else(|| entry.at("fieldref.fieldPath"))
            .and_then(Value::str)
            .unwrap_or("metadata.name");
        let steps = field_steps(path);
        let Some(value) = work
            .built
            .objects
            .iter()
            .find(|object| selected(object, reference))
            .and_then(|object| get(&object.body, &steps))
            .and_then(Value::text)
        else {
            continue;
        };
        let pattern = format!("$({name})");
        for object in &mut work.built.objects {
            fill(&mut object.body, &pattern, &value);
        }
    }
}

fn fill(target: &mut Value, pattern: &str, value: &Text) {
    match &mut target.data {
        Data::Text(text)
            if text
                .parts()
                .iter()
                .any(|part| matches!(part, Part::Literal(text) if text.contains(pattern))) =>
        {
            let mut new = Text::default();
            for part in text.parts() {
                match part {
                    Part::Hole(unknown) => new.push_hole(unknown.clone()),
                    Part::Literal(text) => {
                        for (index, piece) in text.split(pattern).enumerate() {
                            if index > 0 {
                                new.push(value);
                            }
                            new.push_str(piece);
                        }
                    }
                }
            }
            *text = new;
        }
        Data::List(items) => items.iter_mut().for_each(|item| fill(item, pattern, value)),
        Data::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| fill(&mut entry.value, pattern, value)),
        _ => {}
    }
}
