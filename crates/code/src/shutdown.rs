//! Go's servers whose caller takes the end of serving for a failure and ends the program while requests are answered.

use seaworthy_facts::code::Shutdown;
use seaworthy_facts::{Language, Span};

use crate::names;
use crate::reader::Reader;
use crate::syntax::{Call, Expr, Kind};

/// Looks at one file.
pub(crate) fn note(reader: &mut Reader<'_>) {
    let file = reader.file;
    if file.language != Language::Go || !file.text.contains(".Shutdown(") {
        return;
    }
    let mut finishes = None;
    for expr in &file.body {
        expr.walk(&mut |expr| {
            if expr
                .call()
                .is_some_and(|call| call.last() == "Shutdown" && !call.receiver().is_empty())
            {
                finishes.get_or_insert(expr.span);
            }
        });
    }
    let Some(finishes) = finishes else { return };
    let mut found = Vec::new();
    for expr in &file.body {
        expr.walk(&mut |expr| {
            let items: &[Expr] = match &expr.kind {
                Kind::Function(function) => &function.body,
                Kind::Block(items) => items,
                Kind::If(_, then, otherwise) => {
                    in_order(file.text, then, &mut found);
                    otherwise
                }
                _ => return,
            };
            in_order(file.text, items, &mut found);
        });
    }
    for (serves, ends) in found {
        if reader
            .program
            .shutdowns
            .iter()
            .all(|known| known.ends != ends)
        {
            reader.program.shutdowns.push(Shutdown {
                serves,
                ends,
                finishes,
            });
        }
    }
}

fn in_order(text: &str, items: &[Expr], found: &mut Vec<(Span, Span)>) {
    for (at, item) in items.iter().enumerate() {
        // `log.Fatal(server.ListenAndServe())`.
        if let Some(call) = item.call()
            && names::ends(call)
            && let Some(serves) = call
                .arguments
                .iter()
                .find(|argument| argument.call().is_some_and(serves))
        {
            found.push((serves.span, item.span));
        }
        // `err := server.ListenAndServe()`, then `if err != nil { log.Fatal(err) }`.
        let Kind::Assign(names, Some(value), _) = &item.kind else {
            continue;
        };
        if !value.call().is_some_and(serves) {
            continue;
        }
        let Some(next) = items.get(at + 1) else {
            continue;
        };
        let Kind::If(_, then, _) = &next.kind else {
            continue;
        };
        let whole = text.get(next.span.range()).unwrap_or_default();
        if whole.contains("ErrServerClosed")
            || !names.first().is_some_and(|name| whole.contains(&**name))
        {
            continue;
        }
        let ends = then
            .iter()
            .find(|expr| expr.call().is_some_and(names::ends));
        if let Some(ends) = ends {
            found.push((value.span, ends.span));
        }
    }
}

fn serves(call: &Call) -> bool {
    matches!(call.last(), "ListenAndServe" | "ListenAndServeTLS")
        && !call.receiver().is_empty()
        // The package's own function cannot be told to finish.
        && call.receiver() != "http"
}
