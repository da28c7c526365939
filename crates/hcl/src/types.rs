//! What a variable's type makes of its value: optional attributes get their defaults.

use std::sync::Arc;

use seaworthy_facts::{Data, Value};

use crate::evaluate::{Evaluator, Scope};
use crate::syntax::{Call, Expr, Key, Kind};

/// The value with what its type adds to it.
pub(crate) fn conform(
    evaluator: &Evaluator<'_>,
    value: Value,
    constraint: &Expr,
    scope: Scope<'_>,
) -> Value {
    let Kind::Call(call) = &constraint.kind else {
        return value;
    };
    if !mentions_optional(constraint, 0) {
        return value;
    }
    of(evaluator, value, call, scope, 0)
}

fn of(
    evaluator: &Evaluator<'_>,
    mut value: Value,
    call: &Call,
    scope: Scope<'_>,
    depth: usize,
) -> Value {
    let Some(first) = call.arguments.first() else {
        return value;
    };
    if depth > 32 || !evaluator.spend(1) {
        return value;
    }
    let inner = |evaluator: &Evaluator<'_>, value: Value, constraint: &Expr| match &constraint.kind
    {
        Kind::Call(call) => of(evaluator, value, call, scope, depth + 1),
        _ => value,
    };
    match (&*call.name, &mut value.data) {
        ("list" | "set" | "tuple", Data::List(items)) => {
            for item in items {
                *item = inner(evaluator, item.clone(), first);
            }
        }
        ("map", Data::Map(map)) => {
            for entry in &mut map.entries {
                entry.value = inner(evaluator, entry.value.clone(), first);
            }
        }
        ("object", Data::Map(map)) => {
            let Kind::Object(attributes) = &first.kind else {
                return value;
            };
            for (key, constraint) in attributes {
                let name: Arc<str> = match key {
                    Key::Word(word, _) => word.clone(),
                    Key::Expression(Expr {
                        kind: Kind::Text(text),
                        ..
                    }) => text.clone(),
                    Key::Expression(_) => continue,
                };
                let (constraint, default) = match &constraint.kind {
                    Kind::Call(call) if &*call.name == "optional" => {
                        match call.arguments.as_slice() {
                            [constraint, default, ..] => (constraint, Some(Some(default))),
                            [constraint] => (constraint, Some(None)),
                            [] => continue,
                        }
                    }
                    _ => (constraint, None),
                };
                let given = map.get(&name).filter(|given| !given.is_null()).cloned();
                match (given, default) {
                    (Some(given), _) => {
                        let span = map.entry(&name).map_or(given.span, |entry| entry.key_span);
                        map.set(name, span, inner(evaluator, given, constraint));
                    }
                    (None, Some(default)) => {
                        let default = match default {
                            Some(default) => evaluator.eval(default, scope),
                            None => Value::new(Data::Null, value.span),
                        };
                        map.set(name, default.span, inner(evaluator, default, constraint));
                    }
                    (None, None) => {}
                }
            }
        }
        _ => {}
    }
    value
}

fn mentions_optional(constraint: &Expr, depth: usize) -> bool {
    match &constraint.kind {
        Kind::Call(call) => {
            &*call.name == "optional"
                || depth < 64
                    && call
                        .arguments
                        .iter()
                        .any(|argument| mentions_optional(argument, depth + 1))
        }
        Kind::Object(entries) => {
            depth < 64
                && entries
                    .iter()
                    .any(|(_, value)| mentions_optional(value, depth + 1))
        }
        _ => false,
    }
}
