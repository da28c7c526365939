//! Secrets that are written to a log.

use seaworthy_facts::code::Leak;

use crate::names;
use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr};

/// A call that writes a log with a secret in it.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    on: Option<&Seen>,
    arguments: &[Seen],
    named: &[(&'p str, Seen)],
) {
    let _ = on;
    if !names::is_log(call) {
        return;
    }
    // A format that shows a type or how long something is shows no secret: `%T`.
    let formats_type = call
        .arguments
        .first()
        .and_then(Expr::literal)
        .is_some_and(|text| text.contains("%T"));
    if formats_type {
        return;
    }
    let named_in_text: Vec<Seen> = match call.arguments.first().and_then(Expr::literal) {
        Some(text) if call.last().ends_with('!') => {
            in_braces(text).map(|name| reader.named(name)).collect()
        }
        _ => Vec::new(),
    };
    let all = arguments
        .iter()
        .chain(named.iter().map(|(_, seen)| seen))
        .chain(&named_in_text);
    for seen in all {
        for carried in &seen.carries {
            let known = reader
                .program
                .leaks
                .iter()
                .any(|leak| leak.variable == carried.variable && leak.call == expr.span);
            if !known {
                reader.program.leaks.push(Leak {
                    variable: carried.variable.clone(),
                    read: carried.read,
                    call: expr.span,
                    through: carried.through.clone(),
                });
            }
        }
    }
}

/// The names that Rust's formats take from around: `{name}`, `{name:?}`.
fn in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let name = rest.split_once('}')?.0.split(':').next()?;
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            .then_some(name)
    })
}
