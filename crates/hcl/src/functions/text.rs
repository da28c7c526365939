//! Functions of text. Holes stay holes: a name with an unknown part is still told by the rest.

use seaworthy_facts::{Data, Part, Text, Unknown, UnknownKind, Value};

use super::Arguments;
use crate::evaluate::{LONGEST, is_open};
use crate::json::text_of;

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Value> {
    let text = |index: usize| arguments.get(index).and_then(Value::text);
    let value = |text: Text| arguments.value(Data::Text(text));
    Some(match name {
        "format" => value(format(arguments)?),
        "join" => value(join(arguments)?),
        "split" => {
            let (separator, text) = (arguments.str(0)?, text(1)?);
            let Some(text) = text.literal() else {
                return split_with_holes(separator, &text, arguments);
            };
            let items = if text.is_empty() {
                vec![""]
            } else if separator.is_empty() {
                return None;
            } else {
                text.split(separator).collect()
            };
            arguments.value(Data::List(
                items
                    .into_iter()
                    .map(|item| arguments.string(item))
                    .collect(),
            ))
        }
        "lower" => value(mapped(&text(0)?, "lower", str::to_lowercase)),
        "upper" => value(mapped(&text(0)?, "upper", str::to_uppercase)),
        "title" => value(mapped(&text(0)?, "title", title)),
        "replace" => value(replace(arguments)?),
        "trimspace" | "chomp" => {
            let text = text(0)?;
            match text.literal() {
                Some(known) => arguments.string(if name == "chomp" {
                    known.trim_end_matches(['\n', '\r'])
                } else {
                    known.trim()
                }),
                None => value(text),
            }
        }
        "trim" => {
            let letters: Vec<char> = arguments.str(1)?.chars().collect();
            arguments.string(arguments.str(0)?.trim_matches(letters.as_slice()))
        }
        "trimprefix" => {
            let (text, prefix) = (text(0)?, arguments.str(1)?);
            value(without_prefix(&text, prefix))
        }
        "trimsuffix" => {
            let (text, suffix) = (text(0)?, arguments.str(1)?);
            match text.literal() {
                Some(known) => arguments.string(known.strip_suffix(suffix).unwrap_or(known)),
                None => value(text),
            }
        }
        "substr" => substr(arguments)?,
        "strrev" => arguments.string(arguments.str(0)?.chars().rev().collect::<String>()),
        "strlen" => {
            crate::evaluate::number(arguments.str(0)?.chars().count() as f64, arguments.span)
        }
        "startswith" => truth(arguments, |text, part| match text.literal() {
            Some(known) => Some(known.starts_with(part)),
            None if text.known_prefix().len() >= part.len() => {
                Some(text.known_prefix().starts_with(part))
            }
            None => None,
        })?,
        "endswith" => truth(arguments, |text, part| match text.literal() {
            Some(known) => Some(known.ends_with(part)),
            None if text.known_suffix().len() >= part.len() => {
                Some(text.known_suffix().ends_with(part))
            }
            None => None,
        })?,
        "strcontains" => truth(arguments, |text, part| {
            text.literal().map(|known| known.contains(part))
        })?,
        "regex" => regex(arguments)?,
        "regexall" => {
            let pattern = regex::Regex::new(arguments.str(0)?).ok()?;
            let text = arguments.str(1)?;
            if pattern.captures_len() > 1 {
                return None;
            }
            arguments.value(Data::List(
                pattern
                    .find_iter(text)
                    .map(|found| arguments.string(found.as_str()))
                    .collect(),
            ))
        }
        "indent" => {
            let spaces = " ".repeat(usize::try_from(arguments.int(0)?).ok()?.min(200));
            arguments.string(arguments.str(1)?.replace('\n', &format!("\n{spaces}")))
        }
        "tostring" => {
            let value = arguments.get(0)?;
            match &value.data {
                Data::Number(_) | Data::Bool(_) => Value {
                    data: Data::Text(value.text()?),
                    ..value.clone()
                },
                _ => value.clone(),
            }
        }
        _ => return None,
    })
}

fn truth(
    arguments: &Arguments<'_, '_>,
    holds: impl Fn(&Text, &str) -> Option<bool>,
) -> Option<Value> {
    let text = arguments.get(0)?.text()?;
    let yes = holds(&text, arguments.str(1)?)?;
    Some(arguments.value(Data::Bool(yes)))
}

/// Each literal through a function; a hole is named by the function, unless that leaves it alone.
fn mapped(text: &Text, name: &str, map: impl Fn(&str) -> String + Copy) -> Text {
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => result.push_str(&map(literal)),
            Part::Hole(hole) => result.push_hole(Unknown {
                kind: UnknownKind::Computed,
                name: format!("{name}({})", hole.name).into(),
                resource: hole.resource.clone(),
                choices: hole
                    .choices
                    .iter()
                    .map(|choice| mapped(choice, name, map))
                    .collect(),
            }),
        }
    }
    result
}

fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut starts = true;
    for letter in text.chars() {
        if starts {
            result.extend(letter.to_uppercase());
        } else {
            result.push(letter);
        }
        starts = !letter.is_alphanumeric();
    }
    result
}

fn replace(arguments: &Arguments<'_, '_>) -> Option<Text> {
    let text = arguments.get(0)?.text()?;
    let (from, to) = (arguments.str(1)?, arguments.str(2)?);
    if from.is_empty() || text.parts().iter().map(size).sum::<usize>() > LONGEST {
        return None;
    }
    // A scheme taken off leaves the same thing: issuers are compared without it.
    if to.is_empty() && from.ends_with("://") {
        return Some(without_prefix(&text, from));
    }
    if let Some(pattern) = from
        .strip_prefix('/')
        .and_then(|pattern| pattern.strip_suffix('/'))
        && from.len() > 2
    {
        let pattern = regex::RegexBuilder::new(pattern)
            .size_limit(1 << 20)
            .build()
            .ok()?;
        let literal = text.literal()?;
        // The language writes `$1` and `${1}`, as the crate does.
        return Some(pattern.replace_all(literal, to).into_owned().into());
    }
    if to.len().saturating_mul(text.known_prefix().len()) > LONGEST * 16 {
        return None;
    }
    let mut result = Text::default();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => result.push_str(&literal.replace(from, to)),
            Part::Hole(hole) => result.push_hole(Unknown {
                kind: UnknownKind::Computed,
                name: format!("replace({}, \"{from}\", \"{to}\")", hole.name).into(),
                resource: hole.resource.clone(),
                choices: hole
                    .choices
                    .iter()
                    .filter_map(|choice| Some(choice.literal()?.replace(from, to).into()))
                    .collect(),
            }),
        }
    }
    Some(result)
}

fn size(part: &Part) -> usize {
    match part {
        Part::Literal(text) => text.len(),
        Part::Hole(_) => 8,
    }
}

/// The text without a prefix. Of a hole in front it is not known whether it begins so; what is meant is that it does.
fn without_prefix(text: &Text, prefix: &str) -> Text {
    let mut result = Text::default();
    for (index, part) in text.parts().iter().enumerate() {
        match part {
            Part::Literal(literal) if index == 0 => {
                result.push_str(literal.strip_prefix(prefix).unwrap_or(literal));
            }
            Part::Literal(literal) => result.push_str(literal),
            Part::Hole(hole) => result.push_hole(hole.clone()),
        }
    }
    result
}

fn split_with_holes(separator: &str, text: &Text, arguments: &Arguments<'_, '_>) -> Option<Value> {
    let mut letters = separator.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return None;
    };
    // A hole may hold the separator: which part is which is then known at the ends only. A literal before the first
    // hole is certain.
    let (before, _) = text.split_once(letter)?;
    let before_literal = before.literal()?.to_owned();
    let mut rest = Unknown::new(UnknownKind::Computed, format!("...{text}"));
    rest.resource = text.holes().next().and_then(|hole| hole.resource.clone());
    Some(arguments.value(Data::List(vec![
        arguments.string(before_literal),
        Value::unknown(rest, arguments.span),
    ])))
}

fn join(arguments: &Arguments<'_, '_>) -> Option<Text> {
    let separator = arguments.get(0)?.text()?;
    let mut result = Text::default();
    let mut first = true;
    for list in &arguments.values[1..] {
        let Data::List(items) = &list.data else {
            return None;
        };
        if is_open(items) && items.len() > 1 {
            return None;
        }
        for item in items {
            if !first {
                result.push(&separator);
            }
            first = false;
            result.push(&item.text()?);
        }
    }
    Some(result)
}

fn format(arguments: &Arguments<'_, '_>) -> Option<Text> {
    let pattern = arguments.str(0)?;
    let mut values = arguments.values[1..].iter();
    let mut result = Text::default();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            result.push_str(letter.encode_utf8(&mut [0; 4]));
            continue;
        }
        let mut flags = String::new();
        let verb = loop {
            let letter = letters.next()?;
            if letter.is_ascii_alphabetic() || letter == '%' {
                break letter;
            }
            flags.push(letter);
        };
        if verb == '%' {
            result.push_str("%");
            continue;
        }
        if flags.contains('[') {
            return None;
        }
        let value = values.next()?;
        match verb {
            's' | 'v' => result.push(&text_of(value)),
            'q' => {
                result.push_str("\"");
                result.push(&text_of(value));
                result.push_str("\"");
            }
            'd' => match (
                value.int(),
                flags
                    .strip_prefix('0')
                    .and_then(|width| width.parse::<usize>().ok()),
            ) {
                (Some(number), Some(width)) if width < 64 => {
                    result.push_str(&format!("{number:0width$}"));
                }
                (Some(number), _) => result.push_str(&number.to_string()),
                (None, _) => result.push(&value.text()?),
            },
            _ => result.push(&value.text()?),
        }
    }
    Some(result)
}

fn substr(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let text = arguments.get(0)?.text()?;
    let (offset, length) = (arguments.int(1)?, arguments.int(2)?);
    let known = if let Some(known) = text.literal() {
        known
    } else {
        // What lies before the first hole is known, if the part ends there.
        let prefix = text.known_prefix();
        let end = offset.checked_add(length)?;
        if offset < 0 || length < 0 || usize::try_from(end).ok()? > prefix.chars().count() {
            return None;
        }
        prefix
    };
    let letters: Vec<char> = known.chars().collect();
    let start = if offset < 0 {
        letters.len().saturating_sub(usize::try_from(-offset).ok()?)
    } else {
        usize::try_from(offset).ok()?.min(letters.len())
    };
    let end = if length < 0 {
        letters.len()
    } else {
        start
            .saturating_add(usize::try_from(length).ok()?)
            .min(letters.len())
    };
    Some(arguments.string(letters[start..end].iter().collect::<String>()))
}

fn regex(arguments: &Arguments<'_, '_>) -> Option<Value> {
    let pattern = regex::RegexBuilder::new(arguments.str(0)?)
        .size_limit(1 << 20)
        .build()
        .ok()?;
    let text = arguments.str(1)?;
    let Some(found) = pattern.captures(text) else {
        return Some(crate::evaluate::failed("regex", arguments.span));
    };
    let part = |index: usize| arguments.string(found.get(index).map_or("", |part| part.as_str()));
    if pattern.captures_len() == 1 {
        return Some(part(0));
    }
    if pattern.capture_names().flatten().next().is_some() {
        let mut map = seaworthy_facts::Map::default();
        for name in pattern.capture_names().flatten() {
            let value = found.name(name).map_or("", |part| part.as_str());
            map.set(name, arguments.span, arguments.string(value));
        }
        return Some(arguments.value(Data::Map(map)));
    }
    Some(arguments.value(Data::List((1..pattern.captures_len()).map(part).collect())))
}
