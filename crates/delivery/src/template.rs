//! `$NAME` and `${NAME:-default}` in plain texts: Dockerfiles, Compose, variables of pipelines.

use seaworthy_facts::{Part, Text, Unknown, UnknownKind};

const DEEPEST: usize = 8;
/// A value that is longer, or has more parts, is not put into another text: `A=$A$A` would double it with every line.
const LONGEST: usize = 2 << 10;
const MOST_PARTS: usize = 64;

/// A text with its variables put in. What `lookup` does not know and that has no default becomes a hole.
pub(crate) fn filled(text: &str, lookup: &dyn Fn(&str) -> Option<Text>) -> Text {
    let bounded = |name: &str| {
        let value = lookup(name)?;
        Some(if is_too_much(&value) {
            Text::hole(Unknown::new(UnknownKind::Computed, name))
        } else {
            value
        })
    };
    filled_within(text, &bounded, 0)
}

fn is_too_much(text: &Text) -> bool {
    let length = |part: &Part| match part {
        Part::Literal(text) => text.len(),
        Part::Hole(_) => 0,
    };
    text.parts().len() > MOST_PARTS || text.parts().iter().map(length).sum::<usize>() > LONGEST
}

fn filled_within(text: &str, lookup: &dyn Fn(&str) -> Option<Text>, depth: usize) -> Text {
    let mut result = Text::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = &rest[1..];
        if let Some(inner) = after.strip_prefix('{') {
            let Some(end) = closing(inner) else { break };
            result.push(&braced(&inner[..end], lookup, depth));
            rest = &inner[end + 1..];
        } else if let Some(escaped) = after.strip_prefix('$') {
            result.push_str("$");
            rest = escaped;
        } else {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(after.len());
            if end == 0 {
                result.push_str("$");
            } else {
                result.push(&variable(&after[..end], lookup));
            }
            rest = &after[end..];
        }
    }
    result.push_str(rest);
    result
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn variable(name: &str, lookup: &dyn Fn(&str) -> Option<Text>) -> Text {
    lookup(name).unwrap_or_else(|| Text::hole(Unknown::new(UnknownKind::Variable, name)))
}

fn braced(inner: &str, lookup: &dyn Fn(&str) -> Option<Text>, depth: usize) -> Text {
    let end = inner
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let known = lookup(name);
    let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
    match (known, default) {
        (Some(known), None) if rest.is_empty() || rest.starts_with([':', '?']) => known,
        (Some(known), Some(_)) if known.literal() != Some("") => known,
        (_, Some(default)) if depth < DEEPEST => filled_within(default, lookup, depth + 1),
        (None, None) if rest.is_empty() || rest.starts_with([':', '?']) => variable(name, lookup),
        _ => {
            let name: String = inner.chars().take(120).collect();
            Text::hole(Unknown::new(UnknownKind::Computed, name))
        }
    }
}
