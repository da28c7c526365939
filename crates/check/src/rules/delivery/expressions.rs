//! The names that expressions of a workflow read: `steps.build.outputs.tag`, `needs.build.outputs.tag`, `inputs.name`.

use seaworthy_facts::{Sources, Span, Value};

/// A path that an expression reads.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// Its steps: `steps`, `build`, `outputs`, `tag`.
    pub(super) path: Vec<String>,
    /// Where.
    pub(super) span: Span,
}

/// Every path that begins with `context` in the expressions of a value as it is written.
pub(super) fn reads(sources: &Sources, value: &Value, context: &str) -> Vec<Read> {
    let mut found = Vec::new();
    collect(sources, value, context, false, &mut found);
    found
}

fn collect(
    sources: &Sources,
    value: &Value,
    context: &str,
    is_condition: bool,
    found: &mut Vec<Read>,
) {
    for entry in value.entries() {
        collect(sources, &entry.value, context, &*entry.key == "if", found);
    }
    for item in value.items() {
        collect(sources, item, context, false, found);
    }
    let Some(text) = value.str() else { return };
    for expression in expressions(text, is_condition) {
        for path in paths(expression) {
            let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
            if steps.len() > 1 && steps[0].eq_ignore_ascii_case(context) {
                let span = place(sources, value.span, path);
                found.push(Read { path: steps, span });
            }
        }
    }
}

/// What stands between `${{` and `}}`; a condition is an expression as a whole where it has none.
fn expressions(text: &str, is_condition: bool) -> Vec<&str> {
    if is_condition && !text.contains("${{") {
        return vec![text];
    }
    text.split("${{")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("}}")?.0))
        .collect()
}

/// The dotted names of an expression, its texts left out. A name that goes on in brackets is cut there.
fn paths(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (index, code) in expression.split('\'').enumerate() {
        // Every second part is a text; `''` in one only gives an empty part more.
        if index % 2 == 1 {
            continue;
        }
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*');
        found.extend(
            code.split(|c| !is_part(c))
                .map(|path| path.trim_end_matches('.'))
                .filter(|path| path.contains('.') && !path.starts_with('.') && !path.contains('*')),
        );
    }
    found
}

/// Where a path stands in a value's text; the value where it cannot be told.
fn place(sources: &Sources, span: Span, path: &str) -> Span {
    let text = sources.slice(span);
    let is_end = |rest: &str| {
        rest.chars()
            .next()
            .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'))
    };
    text.match_indices(path)
        .find(|(at, _)| is_end(&text[at + path.len()..]))
        .map_or(span, |(at, _)| {
            let start = span.start + at;
            Span::new(span.file, start..start + path.len())
        })
}
