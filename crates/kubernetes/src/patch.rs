//! Patches: strategic merge and JSON 6902.

use seaworthy_facts::{Data, Map, Value};

use crate::kinds;

/// Merges a strategic merge patch into an object. `builtin`: lists of Kubernetes' own kinds merge by a key.
pub(crate) fn merge(target: &mut Value, patch: &Value, builtin: bool, field: &str, parent: &str) {
    // What a patch only repeats (the name that tells an item) stays where it is written.
    if target.map().is_none() && target.data == patch.data {
        return;
    }
    match (&mut target.data, &patch.data) {
        (Data::Map(into), Data::Map(from)) => merge_maps(into, from, builtin, field),
        (Data::List(into), Data::List(from)) if builtin => match kinds::merge_key(field, parent) {
            Some(key) if from.iter().all(|item| item.map().is_some()) => {
                merge_lists(into, from, key, field);
            }
            _ => *target = patched(target, patch),
        },
        _ => *target = patched(target, patch),
    }
}

/// The patch's value in place of the other, which becomes a step of its trail.
fn patched(old: &Value, new: &Value) -> Value {
    let mut value = new.clone();
    value.trail = value.trail.via(old.span, "patched here");
    without_directives(&mut value);
    value
}

fn merge_maps(into: &mut Map, from: &Map, builtin: bool, field: &str) {
    match from.get("$patch").and_then(Value::str) {
        Some("replace") => {
            let mut value = Value::new(Data::Map(from.clone()), from.entries[0].key_span);
            without_directives(&mut value);
            if let Data::Map(map) = value.data {
                *into = map;
            }
            return;
        }
        Some("delete") => {
            into.entries.clear();
            return;
        }
        _ => {}
    }
    for entry in &from.entries {
        if entry.key.starts_with('$') {
            continue;
        }
        if entry.value.is_null() {
            into.remove(&entry.key);
            continue;
        }
        if entry.value.get("$patch").and_then(Value::str) == Some("delete") {
            into.remove(&entry.key);
            continue;
        }
        if let Some(own) = into
            .entries
            .iter_mut()
            .rev()
            .find(|own| own.key == entry.key)
        {
            let scalar = own.value.map().is_none() || entry.value.map().is_none();
            merge(&mut own.value, &entry.value, builtin, &entry.key, field);
            if scalar && own.value.items().is_empty() {
                own.key_span = entry.key_span;
            }
        } else {
            let mut entry = entry.clone();
            without_directives(&mut entry.value);
            into.entries.push(entry);
        }
    }
}

fn merge_lists(into: &mut Vec<Value>, from: &[Value], key: &str, field: &str) {
    let replace = from.iter().any(|item| {
        item.map().is_some_and(|map| map.entries.len() == 1)
            && item.get("$patch").and_then(Value::str) == Some("replace")
    });
    if replace {
        *into = from
            .iter()
            .filter(|item| item.get("$patch").is_none())
            .cloned()
            .collect();
        return;
    }
    let mut added = Vec::new();
    for item in from {
        let same = |own: &Value| match (own.get(key), item.get(key)) {
            (Some(a), Some(b)) => a.text().is_some() && a.text() == b.text(),
            _ => false,
        };
        let at = into.iter().position(same);
        match (at, item.get("$patch").and_then(Value::str)) {
            (Some(at), Some("delete")) => {
                into.remove(at);
            }
            (Some(at), _) => merge(&mut into[at], item, true, field, ""),
            (None, Some("delete")) => {}
            (None, _) => {
                let mut item = item.clone();
                without_directives(&mut item);
                added.push(item);
            }
        }
    }
    // Kustomize puts what a patch adds to a list in front.
    added.append(into);
    *into = added;
}

fn without_directives(value: &mut Value) {
    match &mut value.data {
        Data::Map(map) => {
            map.entries
                .retain(|entry| !entry.key.starts_with('$') && !entry.value.is_null());
            for entry in &mut map.entries {
                without_directives(&mut entry.value);
            }
        }
        Data::List(items) => items.iter_mut().for_each(without_directives),
        _ => {}
    }
}

/// Applies the operations of a JSON 6902 patch. What an operation cannot do is given as an error with its place.
pub(crate) fn json6902(
    target: &mut Value,
    operations: &Value,
) -> Result<(), (seaworthy_facts::Span, String)> {
    for operation in operations.items() {
        let name = operation.get("op").and_then(Value::str).unwrap_or_default();
        let path_value = operation.get("path");
        let Some(path) = path_value.and_then(Value::str) else {
            continue;
        };
        let steps = steps(path);
        let place = path_value.map_or(operation.span, |value| value.span);
        let missing = || (place, format!("`{path}` is not there to {name}"));
        match name {
            "add" | "replace" => {
                let Some(value) = operation.get("value") else {
                    continue;
                };
                // `replace` of a key that its map lacks adds it, as the library that Kustomize uses does.
                let adds = name == "add"
                    || steps
                        .split_last()
                        .and_then(|(_, above)| get(target, above))
                        .is_some_and(|above| matches!(above.data, Data::Map(_)));
                if set(target, &steps, value.clone(), adds).is_none() {
                    // Kustomize notes things in annotations while it builds, so that there are some.
                    let noted = matches!(steps.as_slice(), [first, second, _] if *first == "metadata" && *second == "annotations");
                    if name != "add" || !noted {
                        return Err(missing());
                    }
                    let none = Value::new(Data::Map(Map::default()), value.span);
                    set(target, &steps[..2], none, true).ok_or_else(missing)?;
                    set(target, &steps, value.clone(), true).ok_or_else(missing)?;
                }
            }
            "remove" => {
                remove(target, &steps).ok_or_else(missing)?;
            }
            "move" | "copy" => {
                let Some(from) = operation.get("from").and_then(Value::str) else {
                    continue;
                };
                let from = self::steps(from);
                let value = get(target, &from).cloned().ok_or_else(missing)?;
                if name == "move" {
                    remove(target, &from);
                }
                set(target, &steps, value, true).ok_or_else(missing)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn steps(path: &str) -> Vec<String> {
    path.split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn get<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps
        .iter()
        .try_fold(value, |value, step| match &value.data {
            Data::Map(map) => map.get(step),
            Data::List(items) => items.get(index(step, items.len())?),
            _ => None,
        })
}

fn index(step: &str, length: usize) -> Option<usize> {
    match step {
        "-" => length.checked_sub(1),
        step => step.parse().ok(),
    }
}

fn descend<'v>(value: &'v mut Value, steps: &[String]) -> Option<&'v mut Value> {
    steps
        .iter()
        .try_fold(value, |value, step| match &mut value.data {
            Data::Map(map) => map
                .entries
                .iter_mut()
                .rev()
                .find(|entry| *entry.key == **step)
                .map(|entry| &mut entry.value),
            Data::List(items) => {
                let at = index(step, items.len())?;
                items.get_mut(at)
            }
            _ => None,
        })
}

fn set(target: &mut Value, steps: &[String], value: Value, add: bool) -> Option<()> {
    let Some((last, before)) = steps.split_last() else {
        *target = value;
        return Some(());
    };
    // Kustomize keeps notes of its own among annotations, so that the map is there when a patch comes.
    if add
        && let [metadata, marks] = before
        && metadata == "metadata"
        && matches!(marks.as_str(), "annotations" | "labels")
    {
        crate::places::ensure(target, &["metadata", marks], value.span);
    }
    let holder = descend(target, before)?;
    match &mut holder.data {
        Data::Map(map) => {
            let (key_span, value) = match map.entry(last) {
                Some(entry) => (entry.key_span, patched(&entry.value, &value)),
                None if add => (value.span, value),
                None => return None,
            };
            map.set(last.as_str(), key_span, value);
        }
        Data::List(items) => {
            if last == "-" {
                items.push(value);
            } else {
                let at: usize = last.parse().ok()?;
                if add && at <= items.len() {
                    items.insert(at, value);
                } else {
                    let item = items.get_mut(at)?;
                    *item = patched(item, &value);
                }
            }
        }
        // Kustomize makes no parents: the patch fails.
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, steps: &[String]) -> Option<()> {
    let (last, before) = steps.split_last()?;
    match &mut descend(target, before)?.data {
        Data::Map(map) => map.remove(last).map(|_| ()),
        Data::List(items) => {
            let at = index(last, items.len())?;
            (at < items.len()).then(|| {
                items.remove(at);
            })
        }
        _ => None,
    }
}
