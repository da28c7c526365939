//! Functions of the language, as far as platforms use them. What is not here gives a result that is not known.

mod collections;
mod encoding;
mod files;
mod network;
mod numbers;
mod text;

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Value};

use crate::evaluate::{Evaluator, Scope, is_failed};
use crate::syntax::Call;

/// What a function is called with.
pub(crate) struct Arguments<'a, 's> {
    pub(crate) evaluator: &'a Evaluator<'s>,
    pub(crate) values: Vec<Value>,
    pub(crate) span: Span,
}

impl Arguments<'_, '_> {
    fn get(&self, index: usize) -> Option<&Value> {
        self.values.get(index)
    }

    fn str(&self, index: usize) -> Option<&str> {
        self.get(index)?.str()
    }

    fn int(&self, index: usize) -> Option<i64> {
        self.get(index)?.int()
    }

    fn value(&self, data: Data) -> Value {
        Value::new(data, self.span)
    }

    /// The text `text`, which came from the value at `index`.
    fn string(&self, text: impl Into<String>) -> Value {
        Value::string(text, self.span)
    }

    /// The result is not known.
    fn unknown(&self) -> Value {
        self.evaluator.computed_from(self.span, &self.values)
    }
}

/// The value of a call.
pub(crate) fn call(evaluator: &Evaluator<'_>, call: &Call, span: Span, scope: Scope<'_>) -> Value {
    let name = call.name.rsplit("::").next().unwrap_or(&call.name);
    if call.name.contains("::") && !call.name.starts_with("core::") {
        // A provider's function.
        return evaluator.computed(span);
    }
    match name {
        "try" => {
            for argument in &call.arguments {
                let value = evaluator.eval(argument, scope);
                if !is_failed(&value) {
                    return value;
                }
            }
            return evaluator.computed(span);
        }
        "can" => {
            let value = call
                .arguments
                .first()
                .map(|argument| evaluator.eval(argument, scope));
            return match value {
                Some(value) if is_failed(&value) => Value::new(Data::Bool(false), span),
                Some(value) if value.is_known() => Value::new(Data::Bool(true), span),
                _ => evaluator.computed(span),
            };
        }
        "templatefile" => return files::template_file(evaluator, call, span, scope),
        _ => {}
    }
    let mut values: Vec<Value> = call
        .arguments
        .iter()
        .map(|argument| evaluator.eval(argument, scope))
        .collect();
    if call.spread
        && let Some(last) = values.pop()
    {
        match last.data {
            Data::List(items) if !crate::evaluate::is_open(&items) => values.extend(items),
            _ => {
                values.push(last);
                return evaluator.computed_from(span, &values);
            }
        }
    }
    if let Some(failed) = values
        .iter()
        .find(|value| value.as_unknown().is_some() && is_failed(value))
    {
        return failed.clone();
    }
    let arguments = Arguments {
        evaluator,
        values,
        span,
    };
    let result = text::call(name, &arguments)
        .or_else(|| collections::call(name, &arguments))
        .or_else(|| numbers::call(name, &arguments))
        .or_else(|| network::call(name, &arguments))
        .or_else(|| encoding::call(name, &arguments))
        .or_else(|| files::call(name, &arguments, scope));
    let mut result = result.unwrap_or_else(|| arguments.unknown());
    // A value made of another came from where that came from.
    if result.trail.is_empty()
        && let Some(first) = arguments
            .values
            .iter()
            .find(|value| !value.trail.is_empty())
        && !matches!(result.data, Data::List(_) | Data::Map(_))
    {
        result.trail = first
            .trail
            .via(first.span, format!("taken through `{name}`"));
    }
    result
}
