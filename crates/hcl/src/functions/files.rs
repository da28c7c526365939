//! Functions that read files: from what was read already, never from disk.

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Map, Source, Unknown, UnknownKind, Value, join};

use super::Arguments;
use crate::evaluate::{Evaluator, Names, Scope, failed};
use crate::json;
use crate::syntax::{Call, Form, parse_template};

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>, scope: Scope<'_>) -> Option<Value> {
    let evaluator = arguments.evaluator;
    match name {
        "file" => {
            let path = arguments.str(0)?;
            let Some(source) = find(evaluator, path, scope) else {
                return Some(not_seen(evaluator, path, arguments.span, scope));
            };
            let text = source.file.text();
            let whole = Span::new(source.file.id(), 0..text.len());
            if text.trim_start().starts_with(['{', '['])
                && let Some(value) = json::parse_text(text, whole, evaluator.sources)
            {
                return Some(value.used_at(arguments.span, format!("file `{path}`")));
            }
            let start = Span::new(source.file.id(), 0..0);
            Some(Value::string(text, start).used_at(arguments.span, format!("file `{path}`")))
        }
        "fileexists" => {
            let path = arguments.str(0)?;
            find(evaluator, path, scope).map(|_| arguments.value(Data::Bool(true)))
        }
        "abspath" | "pathexpand" => arguments.get(0).cloned(),
        "basename" => {
            let path = arguments.str(0)?;
            Some(arguments.string(path.trim_end_matches('/').rsplit('/').next()?))
        }
        "dirname" => {
            let path = arguments.str(0)?.trim_end_matches('/');
            Some(arguments.string(path.rsplit_once('/').map_or(".", |(folder, _)| folder)))
        }
        "fileset" => file_set(arguments, scope),
        _ => None,
    }
}

/// `templatefile(path, values)`.
pub(super) fn template_file(
    evaluator: &Evaluator<'_>,
    call: &Call,
    span: Span,
    scope: Scope<'_>,
) -> Value {
    let mut arguments = call
        .arguments
        .iter()
        .map(|argument| evaluator.eval(argument, scope));
    let (Some(path), values) = (arguments.next(), arguments.next()) else {
        return failed("templatefile", span);
    };
    let Some(path) = path.str() else {
        return evaluator.computed(span);
    };
    let Some(source) = find(evaluator, path, scope) else {
        return not_seen(evaluator, path, span, scope);
    };
    let Some(parts) = parse_template(source.file.id(), source.file.text()) else {
        return evaluator.computed(span);
    };
    let empty = Map::default();
    let values = values.as_ref().and_then(Value::map).unwrap_or(&empty);
    // The template sees its values and nothing else.
    with_names(&values.entries, None, &mut |names| {
        evaluator
            .template(
                &parts,
                Form::Heredoc,
                Span::new(source.file.id(), 0..source.file.text().len()),
                Scope { names, ..scope },
            )
            .used_at(span, format!("template `{path}`"))
    })
}

/// Runs with every entry bound to its key.
fn with_names(
    entries: &[seaworthy_facts::Entry],
    outer: Option<&Names<'_>>,
    run: &mut dyn FnMut(Option<&Names<'_>>) -> Value,
) -> Value {
    match entries.split_first() {
        Some((first, rest)) if rest.len() < 200 => {
            let names = Names {
                name: &first.key,
                value: &first.value,
                outer,
            };
            with_names(rest, Some(&names), run)
        }
        _ => run(outer),
    }
}

fn find<'e>(evaluator: &'e Evaluator<'_>, path: &str, scope: Scope<'_>) -> Option<&'e Source> {
    // `path.module` is written with the folder in front already; a bare path counts from the root.
    let sources = evaluator.sources;
    sources
        .by_path(path)
        .or_else(|| sources.by_path(&join(&scope.instance.root, path)))
        .or_else(|| sources.by_path(&join(&scope.instance.module.folder, path)))
}

fn not_seen(evaluator: &Evaluator<'_>, path: &str, span: Span, scope: Scope<'_>) -> Value {
    let here = [
        path.to_owned(),
        join(&scope.instance.root, path),
        join(&scope.instance.module.folder, path),
    ]
    .iter()
    .any(|path| evaluator.sources.exists(path));
    if here {
        return evaluator.computed(span);
    }
    Value::unknown(
        Unknown::new(UnknownKind::NotSeen, format!("file(\"{path}\")")),
        span,
    )
}

/// `fileset(folder, pattern)`, for patterns with `*` and `**`.
fn file_set(arguments: &Arguments<'_, '_>, scope: Scope<'_>) -> Option<Value> {
    let (folder, pattern) = (arguments.str(0)?, arguments.str(1)?);
    if pattern.contains(['{', '[', '?']) {
        return None;
    }
    let sources = arguments.evaluator.sources;
    let folder = [folder.to_owned(), join(&scope.instance.root, folder)]
        .into_iter()
        .find(|folder| sources.folder_exists(folder))?;
    let folder = seaworthy_facts::join("", &folder);
    let mut items: Vec<&str> = sources
        .under(&folder)
        .filter_map(|source| {
            let path = source.file.path();
            if folder.is_empty() {
                return Some(path);
            }
            path.strip_prefix(folder.as_str())?.strip_prefix('/')
        })
        .filter(|path| matches(pattern, path))
        .collect();
    items.sort_unstable();
    Some(
        arguments.value(Data::List(
            items
                .into_iter()
                .map(|item| arguments.string(item))
                .collect(),
        )),
    )
}

fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // `**` only where everything below is meant: at the start or alone in a place.
    match pattern.iter().position(|part| *part == "**") {
        Some(at) => {
            let (before, after) = (&pattern[..at], &pattern[at + 1..]);
            path.len() >= before.len() + after.len()
                && before.iter().zip(&path).all(|(p, s)| segment(p, s))
                && after
                    .iter()
                    .rev()
                    .zip(path.iter().rev())
                    .all(|(p, s)| segment(p, s))
        }
        None => {
            pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| segment(p, s))
        }
    }
}

fn segment(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
