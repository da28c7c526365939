//! The functions of Helm and Sprig. One that is not here stops the template, which is then reported as not seen.

use std::cell::RefCell;
use std::rc::Rc;

use seaworthy_facts::{Data, Map, Text, Value, yaml};

use super::eval::Evaluator;
use super::rope::Rope;
use super::value::{NOWHERE, V, quoted, to_yaml};

type Out = Result<V, String>;

/// Calls a function.
pub(crate) fn call(evaluator: &mut Evaluator, name: &str, arguments: &[V]) -> Out {
    match name {
        "include" => {
            let template = literal(arguments, 0)?;
            let dot = arguments.get(1).cloned().unwrap_or_else(V::nil);
            Ok(V::Rope(evaluator.include(&template, dot)?))
        }
        "tpl" => {
            let Some(value) = arguments.first() else {
                return Ok(V::nil());
            };
            let rope = value.rope();
            let Some(text) = rope.text().literal().map(str::to_owned) else {
                return Ok(V::Rope(rope));
            };
            if !text.contains("{{") {
                return Ok(V::Rope(rope));
            }
            let from = rope.from();
            let dot = arguments.get(1).cloned().unwrap_or_else(V::nil);
            let mut out = evaluator.tpl(&text, dot)?;
            for piece in &mut out.pieces {
                piece.from = piece.from.or(from);
            }
            Ok(V::Rope(out))
        }
        "required" => match arguments.get(1) {
            Some(value) if !(value.is_nil() || value.literal().as_deref() == Some("")) => {
                Ok(value.clone())
            }
            // Whoever installs it gives it; it is not known here.
            _ => Ok(V::unknown("required")),
        },
        "fail" => Err(format!(
            "it fails: {}",
            literal(arguments, 0).unwrap_or_default()
        )),
        _ => {
            if let Some(value) = of_logic(name, arguments) {
                return Ok(value);
            }
            if let Some(value) = of_text(name, arguments) {
                return Ok(value);
            }
            if let Some(value) = of_numbers(name, arguments) {
                return Ok(value);
            }
            if let Some(value) = of_collections(name, arguments)? {
                return Ok(value);
            }
            if let Some(value) = of_formats(name, arguments) {
                return Ok(value);
            }
            Err(format!("the function `{name}` is not evaluated"))
        }
    }
}

fn literal(arguments: &[V], index: usize) -> Result<String, String> {
    arguments
        .get(index)
        .and_then(V::literal)
        .ok_or_else(|| "an argument that is not known".to_owned())
}

fn of_logic(name: &str, arguments: &[V]) -> Option<V> {
    let truth = |value: Option<bool>| value.map_or_else(|| V::unknown("condition"), V::bool);
    Some(match name {
        "not" => truth(arguments.first()?.truth().map(|truth| !truth)),
        "empty" => truth(arguments.first()?.truth().map(|truth| !truth)),
        "eq" => {
            let first = arguments.first()?.clone();
            let mut result = Some(false);
            for other in &arguments[1..] {
                match first.equals(other) {
                    Some(true) => return Some(V::bool(true)),
                    None => result = None,
                    Some(false) => {}
                }
            }
            truth(result)
        }
        "ne" => truth(
            arguments
                .first()?
                .equals(arguments.get(1)?)
                .map(|same| !same),
        ),
        "lt" | "le" | "gt" | "ge" => {
            let (a, b) = (arguments.first()?, arguments.get(1)?);
            let order = match (a.as_number(), b.as_number()) {
                (Some(a), Some(b)) => a.partial_cmp(&b),
                _ => a.literal().zip(b.literal()).map(|(a, b)| a.cmp(&b)),
            };
            truth(order.map(|order| match name {
                "lt" => order.is_lt(),
                "le" => order.is_le(),
                "gt" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        "default" => {
            let default = arguments.first()?.clone();
            match arguments.get(1) {
                Some(value) => match value.truth() {
                    Some(false) => default,
                    _ => value.clone(),
                },
                None => default,
            }
        }
        "coalesce" => arguments
            .iter()
            .find(|value| value.truth() != Some(false))
            .cloned()
            .unwrap_or_else(V::nil),
        "ternary" => match arguments.get(2)?.truth() {
            Some(true) => arguments[0].clone(),
            Some(false) => arguments[1].clone(),
            None => V::unknown("ternary"),
        },
        "kindIs" | "typeIs" => {
            let wanted = arguments.first()?.literal()?;
            let value = arguments.get(1)?;
            if value.as_unknown().is_some() {
                return Some(V::unknown("kind"));
            }
            V::bool(kind(value) == wanted || (wanted == "float64" && kind(value) == "int"))
        }
        "kindOf" | "typeOf" => {
            let value = arguments.first()?;
            if value.as_unknown().is_some() {
                return Some(V::unknown("kind"));
            }
            V::text(kind(value))
        }
        _ => return None,
    })
}

fn kind(value: &V) -> &'static str {
    match value {
        V::Value(value) => match &value.data {
            Data::Null | Data::Unknown(_) => "invalid",
            Data::Bool(_) => "bool",
            Data::Number(_) => "float64",
            Data::Text(_) => "string",
            Data::List(_) => "slice",
            Data::Map(_) => "map",
        },
        V::Rope(_) => "string",
        V::Dict(_) => "map",
        V::List(_) => "slice",
        V::Files | V::ApiVersions => "invalid",
    }
}

/// A text made of another: the place that it came from stays known.
fn changed(value: &V, change: impl Fn(&str) -> String) -> V {
    let rope = value.rope();
    let from = rope.from();
    let text = rope.text();
    match text.literal() {
        Some(literal) => V::Rope(Rope::of_text(&change(literal).into(), from, false)),
        None => {
            // What is done to a part that is not known is not known, but it is still the same hole for the rest.
            V::Rope(Rope::of_text(&text, from, false))
        }
    }
}

fn count(value: &V) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded"
    )]
    value
        .as_number()
        .map(|number| number.clamp(0.0, 1e6) as usize)
}

fn of_text(name: &str, arguments: &[V]) -> Option<V> {
    let first = arguments.first();
    let known = |index: usize| arguments.get(index).and_then(V::literal);
    Some(match name {
        "quote" | "squote" => {
            let mut out = Text::default();
            let mut from = None;
            for (index, value) in arguments.iter().enumerate() {
                if value.is_nil() {
                    continue;
                }
                if index > 0 {
                    out.push_str(" ");
                }
                let rope = value.rope();
                from = from.or(rope.from());
                if name == "quote" {
                    out.push(&quoted(&rope.text()));
                } else {
                    out.push_str("'");
                    out.push(&rope.text());
                    out.push_str("'");
                }
            }
            V::Rope(Rope::of_text(&out, from, false))
        }
        "indent" | "nindent" => {
            let spaces = count(first?)?;
            let rope = arguments.get(1)?.rope();
            let mut out = Rope::default();
            if name == "nindent" {
                out.push_str("\n");
            }
            out.push(rope.indented(spaces));
            V::Rope(out)
        }
        "trim" => V::Rope(first?.rope().trimmed(true, true, &char::is_whitespace)),
        "trimAll" => {
            let unwanted = known(0)?;
            V::Rope(
                arguments
                    .get(1)?
                    .rope()
                    .trimmed(true, true, &|c| unwanted.contains(c)),
            )
        }
        "trimSuffix" | "trimPrefix" => {
            let end = known(0)?;
            changed(arguments.get(1)?, |text| {
                let stripped = if name == "trimSuffix" {
                    text.strip_suffix(end.as_str())
                } else {
                    text.strip_prefix(end.as_str())
                };
                stripped.unwrap_or(text).to_owned()
            })
        }
        "trunc" => {
            let length = first?.as_number()?;
            changed(arguments.get(1)?, |text| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "bounded"
                )]
                let most = length.abs().min(1e6) as usize;
                let total = text.chars().count();
                if length < 0.0 {
                    text.chars().skip(total.saturating_sub(most)).collect()
                } else {
                    text.chars().take(most).collect()
                }
            })
        }
        "substr" => {
            let (start, end) = (count(first?)?, arguments.get(1)?.as_number()?);
            changed(arguments.get(2)?, |text| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "bounded"
                )]
                let take = if end < 0.0 {
                    usize::MAX
                } else {
                    (end as usize).saturating_sub(start)
                };
                text.chars().skip(start).take(take).collect()
            })
        }
        "lower" | "untitle" => changed(first?, str::to_lowercase),
        "upper" => changed(first?, str::to_uppercase),
        "title" => changed(first?, |text| {
            let mut start = true;
            text.chars()
                .map(|c| {
                    let out = if start { c.to_ascii_uppercase() } else { c };
                    start = !c.is_alphanumeric();
                    out
                })
                .collect()
        }),
        "nospace" => changed(first?, |text| text.split_whitespace().collect()),
        "kebabcase" => changed(first?, |text| snake(text, '-')),
        "snakecase" => changed(first?, |text| snake(text, '_')),
        "camelcase" => changed(first?, |text| {
            text.split(['-', '_', ' '])
                .map(|word| {
                    let mut chars = word.chars();
                    chars.next().map_or_else(String::new, |c| {
                        format!("{}{}", c.to_ascii_uppercase(), chars.as_str())
                    })
                })
                .collect()
        }),
        "replace" => {
            let (old, new) = (known(0)?, known(1)?);
            changed(arguments.get(2)?, |text| text.replace(&old, &new))
        }
        "repeat" => {
            let times = count(first?)?.min(1000);
            changed(arguments.get(1)?, |text| {
                if text.len() > 1000 {
                    text.to_owned()
                } else {
                    text.repeat(times)
                }
            })
        }
        "toString" | "html" | "urlquery" => V::Rope(first?.rope()),
        "print" | "cat" | "println" => {
            let mut out = Rope::default();
            for (index, value) in arguments.iter().enumerate() {
                if index > 0 && name != "print" {
                    out.push_str(" ");
                }
                out.push(value.rope());
            }
            V::Rope(out)
        }
        "printf" => {
            let format = known(0)?;
            V::Rope(printf(&format, &arguments[1..]))
        }
        "contains" | "hasPrefix" | "hasSuffix" => {
            let part = known(0)?;
            let text = arguments.get(1)?.rope().text();
            match text.literal() {
                Some(text) => V::bool(match name {
                    "contains" => text.contains(&part),
                    "hasPrefix" => text.starts_with(&part),
                    _ => text.ends_with(&part),
                }),
                None => V::unknown(name),
            }
        }
        "regexMatch" | "mustRegexMatch" => match (
            known(0).and_then(|text| regex::Regex::new(&text).ok()),
            known(1),
        ) {
            (Some(regex), Some(text)) => V::bool(regex.is_match(&text)),
            _ => V::unknown(name),
        },
        "regexReplaceAll" | "mustRegexReplaceAll" | "regexReplaceAllLiteral" => {
            match known(0).and_then(|text| regex::Regex::new(&text).ok()) {
                Some(regex) => {
                    let new = known(2)?.replace("${", "$ {").replace("$ {", "${");
                    changed(arguments.get(1)?, |text| {
                        regex.replace_all(text, new.as_str()).into_owned()
                    })
                }
                None => V::unknown(name),
            }
        }
        "regexFind" => match (
            known(0).and_then(|text| regex::Regex::new(&text).ok()),
            known(1),
        ) {
            (Some(regex), Some(text)) => {
                V::text(regex.find(&text).map_or("", |found| found.as_str()))
            }
            _ => V::unknown(name),
        },
        "split" => {
            let (sign, text) = (known(0)?, known(1)?);
            V::dict(
                text.split(sign.as_str())
                    .take(1000)
                    .enumerate()
                    .map(|(index, part)| (format!("_{index}"), V::text(part)))
                    .collect(),
            )
        }
        "splitList" => {
            let (sign, text) = (known(0)?, known(1)?);
            V::list(text.split(sign.as_str()).take(1000).map(V::text).collect())
        }
        "splitn" => {
            let (sign, most, text) = (known(0)?, count(arguments.get(1)?)?, known(2)?);
            V::dict(
                text.splitn(most.max(1), sign.as_str())
                    .enumerate()
                    .map(|(index, part)| (format!("_{index}"), V::text(part)))
                    .collect(),
            )
        }
        "join" => {
            let sign = known(0)?;
            let items = arguments.get(1)?.items()?;
            let mut out = Rope::default();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(&sign);
                }
                out.push(item.rope());
            }
            V::Rope(out)
        }
        "b64enc" => match first?.literal() {
            Some(text) => V::text(base64(text.as_bytes())),
            None => V::unknown(name),
        },
        "b64dec"
        | "sha256sum"
        | "sha1sum"
        | "adler32sum"
        | "bcrypt"
        | "htpasswd"
        | "randAlphaNum"
        | "randAlpha"
        | "randNumeric"
        | "randAscii"
        | "randBytes"
        | "genCA"
        | "genSelfSignedCert"
        | "genSignedCert"
        | "genPrivateKey"
        | "genCAWithKey"
        | "genSignedCertWithKey"
        | "genSelfSignedCertWithKey"
        | "derivePassword"
        | "now"
        | "date"
        | "dateInZone"
        | "dateModify"
        | "htmlDate"
        | "ago"
        | "uuidv4"
        | "getHostByName"
        | "urlParse"
        | "urlJoin"
        | "env"
        | "expandenv"
        | "buildCustomCert"
        | "encryptAES"
        | "decryptAES"
        | "unixEpoch"
        | "toDate"
        | "shuffle" => V::unknown(name),
        _ => return None,
    })
}

fn snake(text: &str, sign: char) -> String {
    let mut out = String::new();
    let mut before = false;
    for c in text.chars() {
        if c.is_uppercase() && before {
            out.push(sign);
        }
        before = c.is_lowercase() || c.is_ascii_digit();
        out.extend(if matches!(c, '_' | '-' | ' ') {
            vec![sign]
        } else {
            c.to_lowercase().collect()
        });
    }
    out
}

fn printf(format: &str, arguments: &[V]) -> Rope {
    let mut out = Rope::default();
    let mut literal = String::new();
    let mut arguments = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            literal.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) =
            chars.next_if(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '#' | '.' | ' '))
        {
            flags.push(flag);
        }
        match chars.next() {
            Some('%') => literal.push('%'),
            Some(verb) => {
                out.push_str(&std::mem::take(&mut literal));
                let Some(value) = arguments.next() else {
                    continue;
                };
                let rope = value.rope();
                match verb {
                    'q' => {
                        let from = rope.from();
                        out.push(Rope::of_text(&quoted(&rope.text()), from, false));
                    }
                    'd' => match value.as_number() {
                        Some(number) => {
                            let width = flags
                                .trim_start_matches('0')
                                .parse::<usize>()
                                .unwrap_or(0)
                                .min(40);
                            let digits = format!("{:.0}", number.trunc());
                            let pad = if flags.starts_with('0') { "0" } else { " " };
                            let missing = width.saturating_sub(digits.len());
                            out.push(Rope::of_text(
                                &format!("{}{digits}", pad.repeat(missing)).into(),
                                rope.from(),
                                false,
                            ));
                        }
                        None => out.push(rope),
                    },
                    's' if !flags.is_empty() && flags.starts_with('.') => {
                        let most = flags[1..].parse::<usize>().unwrap_or(usize::MAX);
                        let from = rope.from();
                        match rope.text().literal() {
                            Some(text) => out.push(Rope::of_text(
                                &text.chars().take(most).collect::<String>().into(),
                                from,
                                false,
                            )),
                            None => out.push(rope),
                        }
                    }
                    _ => out.push(rope),
                }
            }
            None => {}
        }
    }
    out.push_str(&literal);
    out
}

fn of_numbers(name: &str, arguments: &[V]) -> Option<V> {
    let number = |index: usize| arguments.get(index).and_then(V::as_number);
    let all = || {
        arguments
            .iter()
            .map(V::as_number)
            .collect::<Option<Vec<f64>>>()
    };
    let value = match name {
        "int" | "int64" | "atoi" | "toDecimal" | "floor" => number(0)
            .or_else(|| {
                let value = arguments.first()?;
                value.as_unknown().is_none().then_some(0.0)
            })
            .map(f64::trunc),
        "float64" => number(0),
        "ceil" => number(0).map(f64::ceil),
        "round" => number(0).map(f64::round),
        "add" => all().map(|numbers| numbers.iter().sum()),
        "add1" => number(0).map(|number| number + 1.0),
        "sub" => number(0).zip(number(1)).map(|(a, b)| a - b),
        "mul" => all().map(|numbers| numbers.iter().product()),
        "div" => number(0)
            .zip(number(1))
            .filter(|(_, b)| *b != 0.0)
            .map(|(a, b)| (a / b).trunc()),
        "divf" => number(0)
            .zip(number(1))
            .filter(|(_, b)| *b != 0.0)
            .map(|(a, b)| a / b),
        "addf" => all().map(|numbers| numbers.iter().sum()),
        "mulf" => all().map(|numbers| numbers.iter().product()),
        "subf" => number(0).zip(number(1)).map(|(a, b)| a - b),
        "mod" => number(0)
            .zip(number(1))
            .filter(|(_, b)| *b != 0.0)
            .map(|(a, b)| a % b),
        "max" | "biggest" => all().map(|numbers| numbers.into_iter().fold(f64::MIN, f64::max)),
        "min" => all().map(|numbers| numbers.into_iter().fold(f64::MAX, f64::min)),
        "until" => {
            let count = count(arguments.first()?)?.min(10_000);
            return Some(V::list(
                (0..count)
                    .map(|index| V::number(f64::from(u32::try_from(index).unwrap_or(0))))
                    .collect(),
            ));
        }
        "untilStep" | "seq" => {
            let (start, end, step) = (number(0)?, number(1)?, number(2).unwrap_or(1.0));
            let mut items = Vec::new();
            let mut at = start;
            while step != 0.0
                && ((step > 0.0 && at < end) || (step < 0.0 && at > end))
                && items.len() < 10_000
            {
                items.push(V::number(at));
                at += step;
            }
            return Some(V::list(items));
        }
        _ => return None,
    };
    Some(value.map_or_else(|| V::unknown(name), V::number))
}

fn of_collections(name: &str, arguments: &[V]) -> Result<Option<V>, String> {
    let first = arguments.first();
    let list = |index: usize| arguments.get(index).and_then(V::items);
    let unknown = || Ok(Some(V::unknown(name)));
    let value = match name {
        "list" | "tuple" => V::list(arguments.to_vec()),
        "dict" => V::dict(
            arguments
                .chunks(2)
                .filter_map(|pair| {
                    Some((
                        pair[0].literal()?,
                        pair.get(1).cloned().unwrap_or_else(|| V::text("")),
                    ))
                })
                .collect(),
        ),
        "set" | "unset" => {
            let Some(V::Dict(entries)) = first else {
                return match first {
                    // A map of the values cannot be changed in place here; what changes it is not followed.
                    Some(value) if name == "unset" => Ok(Some(value.clone())),
                    _ => Err("values are changed by a template".into()),
                };
            };
            let key = literal(arguments, 1)?;
            entries.borrow_mut().retain(|(own, _)| *own != key);
            if name == "set" {
                entries
                    .borrow_mut()
                    .push((key, arguments.get(2).cloned().unwrap_or_else(V::nil)));
            }
            V::Dict(entries.clone())
        }
        "get" => first.map_or_else(V::nil, |value| {
            match arguments.get(1).and_then(V::literal) {
                Some(key) => {
                    let found = value.field(&key);
                    if found.is_nil() { V::text("") } else { found }
                }
                None => V::unknown(name),
            }
        }),
        "hasKey" => match (
            first.and_then(V::entries),
            arguments.get(1).and_then(V::literal),
        ) {
            (Some(entries), Some(key)) => V::bool(entries.iter().any(|(own, _)| *own == key)),
            (None, _) if first.is_some_and(V::is_nil) => V::bool(false),
            _ => return unknown(),
        },
        "keys" => V::list(
            arguments
                .iter()
                .filter_map(V::entries)
                .flatten()
                .map(|(key, _)| V::text(key))
                .collect(),
        ),
        "values" => V::list(
            arguments
                .iter()
                .filter_map(V::entries)
                .flatten()
                .map(|(_, value)| value)
                .collect(),
        ),
        "pluck" => {
            let key = literal(arguments, 0)?;
            V::list(
                arguments[1..]
                    .iter()
                    .map(|map| map.field(&key))
                    .filter(|value| !value.is_nil())
                    .collect(),
            )
        }
        "pick" | "omit" => {
            let Some(entries) = first.and_then(V::entries) else {
                return unknown();
            };
            let names: Vec<String> = arguments[1..].iter().filter_map(V::literal).collect();
            V::dict(
                entries
                    .into_iter()
                    .filter(|(key, _)| names.contains(key) == (name == "pick"))
                    .collect(),
            )
        }
        "merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" => {
            let overwrite = name.ends_with("Overwrite");
            let merged = merged(arguments, overwrite, 0);
            // The first map is changed in place, which templates rely on.
            if let (Some(V::Dict(target)), V::Dict(new)) = (first, &merged)
                && !Rc::ptr_eq(target, new)
            {
                let new = new.borrow().clone();
                *target.borrow_mut() = new;
            }
            merged
        }
        "deepCopy" | "mustDeepCopy" => match first {
            Some(V::Dict(entries)) => V::Dict(Rc::new(RefCell::new(entries.borrow().clone()))),
            Some(value) => value.clone(),
            None => V::nil(),
        },
        "dig" => {
            let Some((map, rest)) = arguments.split_last() else {
                return Ok(Some(V::nil()));
            };
            let Some((default, path)) = rest.split_last() else {
                return Ok(Some(V::nil()));
            };
            let mut at = map.clone();
            for key in path {
                let Some(key) = key.literal() else {
                    return unknown();
                };
                at = at.field(&key);
            }
            if at.is_nil() { default.clone() } else { at }
        }
        "first" | "mustFirst" => match list(0) {
            Some(items) => items.first().cloned().unwrap_or_else(V::nil),
            None => return unknown(),
        },
        "last" | "mustLast" => match list(0) {
            Some(items) => items.last().cloned().unwrap_or_else(V::nil),
            None => return unknown(),
        },
        "rest" | "initial" | "uniq" | "compact" | "reverse" | "sortAlpha" => {
            let Some(mut items) = list(0) else {
                return if first.is_some_and(V::is_nil) {
                    Ok(Some(V::list(Vec::new())))
                } else {
                    unknown()
                };
            };
            match name {
                "rest" if !items.is_empty() => {
                    items.remove(0);
                }
                "initial" => {
                    items.pop();
                }
                "reverse" => items.reverse(),
                "compact" => items.retain(|item| item.truth() != Some(false)),
                "sortAlpha" => items.sort_by_key(|item| item.literal().unwrap_or_default()),
                "uniq" => {
                    let mut kept: Vec<V> = Vec::new();
                    for item in items.into_iter().take(2_000) {
                        if !kept.iter().any(|own| own.equals(&item) == Some(true)) {
                            kept.push(item);
                        }
                    }
                    items = kept;
                }
                _ => {}
            }
            V::list(items)
        }
        "append" | "mustAppend" | "push" | "prepend" | "mustPrepend" => {
            let mut items = list(0).unwrap_or_default();
            let new = arguments.get(1).cloned().unwrap_or_else(V::nil);
            if name.ends_with("repend") {
                items.insert(0, new);
            } else {
                items.push(new);
            }
            V::list(items)
        }
        "concat" => V::list(
            arguments
                .iter()
                .filter_map(V::items)
                .flatten()
                .take(10_000)
                .collect(),
        ),
        "without" => {
            let Some(items) = list(0) else {
                return unknown();
            };
            V::list(
                items
                    .into_iter()
                    .filter(|item| {
                        !arguments[1..]
                            .iter()
                            .any(|other| item.equals(other) == Some(true))
                    })
                    .collect(),
            )
        }
        "has" | "mustHas" => match (first, list(1)) {
            (Some(wanted), Some(items)) => {
                V::bool(items.iter().any(|item| item.equals(wanted) == Some(true)))
            }
            (_, None) if arguments.get(1).is_some_and(V::is_nil) => V::bool(false),
            _ => return unknown(),
        },
        "len" => {
            let Some(value) = first else {
                return Ok(Some(V::number(0.0)));
            };
            let length = value
                .items()
                .map(|items| items.len())
                .or_else(|| value.entries().map(|entries| entries.len()))
                .or_else(|| value.literal().map(|text| text.len()));
            match length {
                Some(length) => V::number(f64::from(u32::try_from(length).unwrap_or(u32::MAX))),
                None => return unknown(),
            }
        }
        "index" => {
            let Some((value, path)) = arguments.split_first() else {
                return Ok(Some(V::nil()));
            };
            let mut at = value.clone();
            for key in path {
                at = match (at.items(), key.as_number()) {
                    (Some(items), Some(number)) => {
                        let _ = number;
                        count(key)
                            .and_then(|index| items.get(index).cloned())
                            .unwrap_or_else(V::nil)
                    }
                    _ => match key.literal() {
                        Some(key) => at.field(&key),
                        None => return unknown(),
                    },
                };
            }
            at
        }
        "slice" => {
            let Some(items) = list(0) else {
                return unknown();
            };
            let start = arguments
                .get(1)
                .and_then(count)
                .unwrap_or(0)
                .min(items.len());
            let end = arguments
                .get(2)
                .and_then(count)
                .unwrap_or(items.len())
                .clamp(start, items.len());
            V::list(items[start..end].to_vec())
        }
        "toStrings" => match list(0) {
            Some(items) => V::list(items.iter().map(|item| V::Rope(item.rope())).collect()),
            None => return unknown(),
        },
        "lookup" => V::dict(Vec::new()),
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn merged(maps: &[V], overwrite: bool, depth: usize) -> V {
    let mut all: Vec<(String, V)> = Vec::new();
    for map in maps {
        for (key, value) in map.entries().unwrap_or_default() {
            match all.iter_mut().find(|(own, _)| *own == key) {
                None => all.push((key, value)),
                Some((_, own)) => {
                    if own.entries().is_some() && value.entries().is_some() && depth < 40 {
                        *own = merged(&[own.clone(), value], overwrite, depth + 1);
                    } else if overwrite || own.truth() == Some(false) {
                        *own = value;
                    }
                }
            }
        }
    }
    V::dict(all)
}

fn of_formats(name: &str, arguments: &[V]) -> Option<V> {
    let first = arguments.first();
    Some(match name {
        "toYaml" | "mustToYaml" | "toYamlPretty" => {
            let value = first?;
            if let Some(unknown) = value.as_unknown() {
                return Some(V::Rope(Rope::of_text(&Text::hole(unknown), None, false)));
            }
            V::Rope(to_yaml(&value.to_value(0)))
        }
        "toJson" | "mustToJson" | "toRawJson" | "toPrettyJson" | "mustToPrettyJson" => {
            let value = first?.to_value(0);
            let mut text = Text::default();
            json(&value, &mut text);
            V::Rope(Rope::of_text(
                &text,
                Some(value.span).filter(|span| *span != NOWHERE),
                false,
            ))
        }
        "fromYaml" | "fromJson" | "mustFromJson" | "fromYamlArray" | "fromJsonArray" => {
            let rope = first?.rope();
            let text = rope.text();
            let documents = yaml::read_text(&text, &|_| NOWHERE);
            match documents.documents.into_iter().next() {
                Some(document) if !document.broken => V::Value(Rc::new(document.value)),
                _ if text.is_empty() => V::dict(Vec::new()),
                _ => V::unknown(name),
            }
        }
        "toToml" => V::unknown(name),
        "semverCompare" => {
            let (wanted, version) = (arguments.first()?.literal(), arguments.get(1)?.literal());
            match (wanted, version) {
                (Some(wanted), Some(version)) => match compare(&wanted, &version) {
                    Some(yes) => V::bool(yes),
                    None => V::unknown(name),
                },
                _ => V::unknown(name),
            }
        }
        "semver" => {
            let text = first?.literal()?;
            let text = text.trim_start_matches('v');
            let mut parts = text.splitn(3, '.');
            let part = |text: Option<&str>| {
                V::number(
                    text.and_then(|text| text.split(['-', '+']).next()?.parse().ok())
                        .unwrap_or(0.0),
                )
            };
            V::dict(vec![
                ("Major".into(), part(parts.next())),
                ("Minor".into(), part(parts.next())),
                ("Patch".into(), part(parts.next())),
                ("Original".into(), V::text(text)),
            ])
        }
        _ => return None,
    })
}

fn compare(wanted: &str, version: &str) -> Option<bool> {
    let parse = |text: &str| {
        let text = text.trim().trim_start_matches('v');
        let core = text.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(|part| part.parse::<u64>().ok());
        Some((
            parts.next()??,
            parts.next().flatten().unwrap_or(0),
            parts.next().flatten().unwrap_or(0),
        ))
    };
    let own = parse(version)?;
    let mut any = false;
    for alternative in wanted.split("||") {
        let mut all = true;
        for part in alternative
            .split([',', ' '])
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let sign_end = part.find(|c: char| c.is_ascii_digit() || c == 'v' || c == '*')?;
            let (sign, rest) = part.split_at(sign_end);
            if rest.starts_with('*') {
                continue;
            }
            let other = parse(&rest.replace(".x", ".0").replace(".*", ".0"))?;
            all &= match sign.trim() {
                ">=" => own >= other,
                ">" => own > other,
                "<" => own < other,
                "<=" => own <= other,
                "" | "=" => {
                    own == other || rest.contains('x') && own.0 == other.0 && own.1 == other.1
                }
                "!=" => own != other,
                "^" => own >= other && own.0 == other.0,
                "~" => own >= other && own.0 == other.0 && own.1 == other.1,
                _ => return None,
            };
        }
        any |= all;
    }
    Some(any)
}

fn json(value: &Value, out: &mut Text) {
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Unknown(unknown) => out.push_hole(unknown.clone()),
        Data::Text(text) => out.push(&quoted(text)),
        Data::Bool(_) | Data::Number(_) => out.push(&value.text().unwrap_or_default()),
        Data::List(items) => {
            out.push_str("[");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(",");
                }
                json(item, out);
            }
            out.push_str("]");
        }
        Data::Map(Map { entries }) => {
            out.push_str("{");
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(",");
                }
                out.push(&quoted(&Text::from(&*entry.key)));
                out.push_str(":");
                json(&entry.value, out);
            }
            out.push_str("}");
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for index in 0..4 {
            if index <= chunk.len() {
                let digit = (word >> (18 - 6 * index)) & 63;
                out.push(char::from(DIGITS[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
