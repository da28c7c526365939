//! Text that is put together: formats of every language, and what an address says.

use seaworthy_facts::{Text, Unknown, UnknownKind};

use crate::names;
use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Kind};

/// `%s` and its kin filled in order; `%(name)s` is not followed.
pub(crate) fn printf(format: &str, values: &[(Seen, &str)]) -> Seen {
    let mut whole = Seen::of(Text::default());
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        whole.push(Seen::of(Text::from(&rest[..at])), "text");
        let after = &rest[at + 1..];
        if let Some(next) = after.strip_prefix('%') {
            whole.push(Seen::of(Text::from("%")), "text");
            rest = next;
            continue;
        }
        let end = after
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(after.len(), |end| end + 1);
        match values.next() {
            Some((seen, name)) => whole.push(
                seen.clone(),
                if name.is_empty() { "expression" } else { name },
            ),
            None => whole.push(Seen::default(), "expression"),
        }
        rest = after.get(end..).unwrap_or_default();
    }
    whole.push(Seen::of(Text::from(rest)), "text");
    whole
}

/// `{}`, `{0}`, `{name}` and `{name:…}` filled.
fn braces<'n>(format: &str, values: &[Seen], named: impl Fn(&str) -> Option<Seen> + 'n) -> Seen {
    let mut whole = Seen::of(Text::default());
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        whole.push(Seen::of(Text::from(&rest[..at])), "text");
        let after = &rest[at + 1..];
        if let Some(more) = after.strip_prefix('{') {
            whole.push(Seen::of(Text::from("{")), "text");
            rest = more;
            continue;
        }
        let Some(end) = after.find('}') else {
            rest = "";
            break;
        };
        let name = after[..end]
            .split([':', '!'])
            .next()
            .unwrap_or_default()
            .trim();
        let seen = if name.is_empty() {
            next += 1;
            values.get(next - 1).cloned()
        } else if let Ok(at) = name.parse::<usize>() {
            values.get(at).cloned()
        } else {
            named(name)
        };
        whole.push(
            seen.unwrap_or_default(),
            if name.is_empty() { "expression" } else { name },
        );
        rest = &after[end + 1..];
    }
    whole.push(Seen::of(Text::from(rest)), "text");
    whole
}

/// What a call that makes text makes.
pub(crate) fn put_together(
    call: &Call,
    on: Option<&Seen>,
    arguments: &[Seen],
    named: &[(&str, Seen)],
    reader: &Reader<'_>,
) -> Option<Seen> {
    let last = call.last();
    if last == "format"
        && matches!(&call.callee.kind, Kind::Member(of, _) if matches!(of.kind, Kind::Text(_)))
    {
        let format = on?.text.as_ref()?.literal()?.to_owned();
        return Some(braces(&format, arguments, |name| {
            named
                .iter()
                .find(|(own, _)| *own == name)
                .map(|(_, seen)| seen.clone())
        }));
    }
    if last == "formatted"
        && let Some(format) = on.and_then(|on| on.text.as_ref()?.literal().map(str::to_owned))
    {
        let values: Vec<(Seen, &str)> = arguments.iter().map(|seen| (seen.clone(), "")).collect();
        return Some(printf(&format, &values));
    }
    if !names::puts_together(call) {
        return None;
    }
    let rest = arguments.get(1..).unwrap_or_default();
    let format = arguments
        .first()
        .and_then(|first| first.text.as_ref()?.literal().map(str::to_owned));
    match (call.path(), format) {
        ("fmt.Sprintf" | "fmt.Errorf" | "String.format" | "util.format", Some(format)) => {
            let values: Vec<(Seen, &str)> = rest
                .iter()
                .enumerate()
                .map(|(at, seen)| {
                    (
                        seen.clone(),
                        call.arguments
                            .get(at + 1)
                            .and_then(|argument| argument.path())
                            .unwrap_or(""),
                    )
                })
                .collect();
            Some(printf(&format, &values))
        }
        ("format!", Some(format)) => Some(braces(&format, rest, |name| {
            named
                .iter()
                .find(|(own, _)| *own == name)
                .map(|(_, seen)| seen.clone())
                .or_else(|| Some(reader.named(name)))
        })),
        ("string.Format" | "String.Format", Some(format)) => Some(braces(&format, rest, |_| None)),
        ("os.path.join" | "path.join", _) => {
            let mut whole = Seen::of(Text::default());
            for (at, seen) in arguments.iter().enumerate() {
                if at > 0
                    && !whole
                        .text
                        .as_ref()
                        .is_some_and(|text| text.known_suffix().ends_with('/'))
                {
                    whole.push(Seen::of(Text::from("/")), "text");
                }
                whole.push(seen.clone(), "expression");
            }
            Some(whole)
        }
        _ => {
            let mut whole = Seen::default();
            for seen in arguments.iter().chain(named.iter().map(|(_, seen)| seen)) {
                whole.carry(seen.carries.clone());
            }
            Some(whole)
        }
    }
}

/// Address and port of `0.0.0.0:8080`, `:8080`, `[::]:8080`, `http://*:8080`; a port alone is one.
pub(crate) fn address(text: &Text) -> (Option<Text>, Text) {
    let text = match text.known_prefix().split_once("://") {
        Some((scheme, _)) if text.known_prefix().starts_with(scheme) => {
            let mut rest = text
                .split_once('/')
                .map_or_else(|| text.clone(), |(_, rest)| rest);
            if let Some((_, inner)) = rest
                .split_once('/')
                .filter(|_| rest.known_prefix().starts_with('/'))
            {
                rest = inner;
            }
            rest
        }
        _ => text.clone(),
    };
    match text.rsplit_once(':') {
        Some((address, port)) => ((!address.is_empty()).then_some(address), port),
        None => (None, text),
    }
}

/// A hole for an environment variable.
pub(crate) fn variable(name: &str) -> Text {
    Text::hole(Unknown::new(UnknownKind::Variable, format!("env.{name}")))
}
