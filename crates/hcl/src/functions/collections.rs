//! Functions of lists and maps. A list with items of which it is not known how many there are stays open.

use std::collections::HashSet;

use seaworthy_facts::{Data, Entry, Map, Value};

use super::Arguments;
use crate::evaluate::{equal, failed, is_open, number, order, rest_of};

/// The longest list that is made.
const LONGEST: usize = 10_000;

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Value> {
    let first = arguments.get(0);
    let list = |items: Vec<Value>| arguments.value(Data::List(items));
    let truth = |yes: bool| arguments.value(Data::Bool(yes));
    Some(match name {
        "length" => {
            let length = match &first?.data {
                Data::List(items) if !is_open(items) => items.len(),
                Data::Map(map) => map.entries.len(),
                Data::Text(text) => text.literal()?.chars().count(),
                _ => return None,
            };
            number(length as f64, arguments.span)
        }
        "concat" | "setunion" => {
            let mut items = Vec::new();
            for value in &arguments.values {
                match &value.data {
                    Data::List(more) => items.extend(more.iter().cloned()),
                    Data::Null => {}
                    _ => items.push(rest_of(value)),
                }
            }
            if items.len() > LONGEST {
                return None;
            }
            if name == "setunion" {
                items = distinct(items)?;
            }
            list(items)
        }
        "merge" => merge(arguments)?,
        "keys" => {
            let Data::Map(map) = &first?.data else {
                return None;
            };
            list(
                sorted(map)
                    .into_iter()
                    .map(|entry| Value::string(&*entry.key, entry.key_span))
                    .collect(),
            )
        }
        "values" => {
            let Data::Map(map) = &first?.data else {
                return None;
            };
            list(
                sorted(map)
                    .into_iter()
                    .map(|entry| entry.value.clone())
                    .collect(),
            )
        }
        "lookup" => match (&first?.data, arguments.get(1)?.scalar()) {
            (Data::Map(map), Some(key)) => match (map.get(&key), arguments.get(2)) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => default.clone(),
                (None, None) => failed("lookup", arguments.span),
            },
            _ => return None,
        },
        "element" => match &first?.data {
            Data::List(items) if !items.is_empty() && !is_open(items) => {
                let length = i64::try_from(items.len()).ok()?;
                let at = usize::try_from(arguments.int(1)?.rem_euclid(length)).ok()?;
                items[at].clone()
            }
            Data::List(items) if items.is_empty() => failed("element", arguments.span),
            Data::Unknown(_) => {
                arguments
                    .evaluator
                    .index(first?, arguments.get(1)?, arguments.span)
            }
            _ => return None,
        },
        "slice" => slice(arguments)?,
        "flatten" => {
            let mut items = Vec::new();
            flatten(first?, &mut items, 0);
            if items.len() > LONGEST {
                return None;
            }
            list(items)
        }
        "distinct" | "toset" => match &first?.data {
            Data::List(items) => list(distinct(items.clone())?),
            Data::Null => first?.clone(),
            _ => return None,
        },
        "tolist" | "tomap" | "list" => match &first?.data {
            Data::List(_) | Data::Map(_) | Data::Null => first?.clone(),
            _ => return None,
        },
        "compact" => {
            let items = first?.items();
            if items.iter().any(Value::is_unknown) {
                return None;
            }
            list(
                items
                    .iter()
                    .filter(|item| !item.is_null() && item.str() != Some(""))
                    .cloned()
                    .collect(),
            )
        }
        "contains" => {
            let Data::List(items) = &first?.data else {
                return None;
            };
            let wanted = arguments.get(1)?;
            let found: Vec<Option<bool>> = items.iter().map(|item| equal(item, wanted)).collect();
            if found.contains(&Some(true)) {
                truth(true)
            } else if found.contains(&None) || is_open(items) {
                return None;
            } else {
                truth(false)
            }
        }
        "index" => {
            let wanted = arguments.get(1)?;
            let at = first?
                .items()
                .iter()
                .position(|item| equal(item, wanted) == Some(true))?;
            number(at as f64, arguments.span)
        }
        "sort" => {
            let mut items = first?.items().to_vec();
            if !items.iter().all(Value::is_known) {
                return None;
            }
            items.sort_by(order);
            list(items)
        }
        "reverse" => {
            let Data::List(items) = &first?.data else {
                return None;
            };
            list(items.iter().rev().cloned().collect())
        }
        "range" => range(arguments)?,
        "zipmap" => {
            let (keys, values) = (first?.items(), arguments.get(1)?.items());
            if keys.len() != values.len() || is_open(keys) || is_open(values) {
                return None;
            }
            let mut map = Map::default();
            for (key, value) in keys.iter().zip(values) {
                map.entries.push(Entry {
                    key: key.text()?.to_string().into(),
                    key_span: key.span,
                    value: value.clone(),
                });
            }
            arguments.value(Data::Map(map))
        }
        "setproduct" => product(arguments)?,
        "setintersection" | "setsubtract" => {
            let (ours, theirs) = (first?.items(), arguments.get(1)?.items());
            let wanted = name == "setintersection";
            let mut items = Vec::new();
            for item in ours {
                let same: Vec<Option<bool>> =
                    theirs.iter().map(|other| equal(item, other)).collect();
                if same.contains(&Some(true)) == wanted {
                    items.push(item.clone());
                } else if same.contains(&None) {
                    return None;
                }
            }
            list(items)
        }
        "one" => match &first?.data {
            Data::List(items) if is_open(items) => return None,
            Data::List(items) => match items.as_slice() {
                [] => arguments.value(Data::Null),
                [only] => only.clone(),
                _ => failed("one", arguments.span),
            },
            Data::Null => first?.clone(),
            _ => return None,
        },
        "coalesce" => {
            for value in &arguments.values {
                match &value.data {
                    Data::Null => {}
                    Data::Text(text) if text.is_empty() => {}
                    Data::Unknown(_) => return None,
                    _ => return Some(value.clone()),
                }
            }
            failed("coalesce", arguments.span)
        }
        "coalescelist" => {
            for value in &arguments.values {
                match &value.data {
                    Data::List(items) if items.is_empty() => {}
                    Data::List(_) => return Some(value.clone()),
                    _ => return None,
                }
            }
            failed("coalescelist", arguments.span)
        }
        "chunklist" => {
            let size = usize::try_from(arguments.int(1)?)
                .ok()
                .filter(|size| *size > 0)?;
            list(
                first?
                    .items()
                    .chunks(size)
                    .map(|chunk| list(chunk.to_vec()))
                    .collect(),
            )
        }
        "alltrue" | "anytrue" => {
            let wanted = name == "anytrue";
            let items = first?.items();
            if items.iter().any(|item| item.bool() == Some(wanted)) {
                truth(wanted)
            } else if items.iter().all(|item| item.bool().is_some()) {
                truth(!wanted)
            } else {
                return None;
            }
        }
        _ => return None,
    })
}

/// The entries in the order of their keys, each key once.
fn sorted(map: &Map) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = map.entries.iter().rev().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries.dedup_by(|later, first| later.key == first.key);
    entries
}

fn merge(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let mut map = Map::default();
    let mut places = std::collections::HashMap::new();
    for value in &arguments.values {
        match &value.data {
            Data::Null => {}
            Data::Map(more) => {
                for entry in &more.entries {
                    if let Some(at) = places.get(&entry.key) {
                        let old: &mut Entry = &mut map.entries[*at];
                        *old = entry.clone();
                    } else {
                        places.insert(entry.key.clone(), map.entries.len());
                        map.entries.push(entry.clone());
                    }
                }
            }
            _ => return None,
        }
    }
    Some(arguments.value(Data::Map(map)))
}

fn slice(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let start = usize::try_from(arguments.int(1)?).ok()?;
    let end = usize::try_from(arguments.int(2)?).ok()?;
    let value = arguments.get(0)?;
    match &value.data {
        Data::List(items) if !is_open(items) => Some(match items.get(start..end) {
            Some(part) => arguments.value(Data::List(part.to_vec())),
            None => failed("slice", arguments.span),
        }),
        // The first three of the zones that there are: three, whichever.
        Data::Unknown(_) if start <= end && end - start <= 64 => {
            let items = (start..end)
                .map(|at| {
                    let index = number(at as f64, arguments.span);
                    arguments.evaluator.index(value, &index, arguments.span)
                })
                .collect();
            Some(arguments.value(Data::List(items)))
        }
        _ => None,
    }
}

fn flatten(value: &Value, items: &mut Vec<Value>, depth: usize) {
    if items.len() > LONGEST || depth > 64 {
        return;
    }
    match &value.data {
        Data::List(inner) => {
            for item in inner {
                match &item.data {
                    Data::List(_) => flatten(item, items, depth + 1),
                    // It may be a list itself.
                    Data::Unknown(_) => items.push(rest_of(item)),
                    _ => items.push(item.clone()),
                }
            }
        }
        _ => items.push(rest_of(value)),
    }
}

/// Each once; `None` where it is not known which are the same and it matters.
fn distinct(items: Vec<Value>) -> Option<Vec<Value>> {
    let mut seen = HashSet::new();
    let mut result: Vec<Value> = Vec::new();
    for item in items {
        if let Some(text) = item.text() {
            if seen.insert(text) {
                result.push(item);
            }
        } else {
            if result.len() > 500 {
                return None;
            }
            if !result.iter().any(|other| equal(other, &item) == Some(true)) {
                result.push(item);
            }
        }
    }
    Some(result)
}

fn range(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let number_at = |index: usize| arguments.get(index).and_then(Value::number);
    let (start, end) = match arguments.values.len() {
        1 => (0.0, number_at(0)?),
        _ => (number_at(0)?, number_at(1)?),
    };
    let step = match arguments.values.len() {
        3 => number_at(2)?,
        _ if start <= end => 1.0,
        _ => -1.0,
    };
    if step == 0.0 || ((end - start) / step).abs() > LONGEST as f64 {
        return None;
    }
    let mut items = Vec::new();
    let mut at = start;
    while (step > 0.0 && at < end) || (step < 0.0 && at > end) {
        items.push(number(at, arguments.span));
        at += step;
        if items.len() > LONGEST {
            return None;
        }
    }
    Some(arguments.value(Data::List(items)))
}

fn product(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for value in &arguments.values {
        let Data::List(items) = &value.data else {
            return None;
        };
        if is_open(items) || rows.len().saturating_mul(items.len()) > LONGEST {
            return None;
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(move |item| {
                    let mut row = row.clone();
                    row.push(item.clone());
                    row
                })
            })
            .collect();
    }
    Some(
        arguments.value(Data::List(
            rows.into_iter()
                .map(|row| arguments.value(Data::List(row)))
                .collect(),
        )),
    )
}
