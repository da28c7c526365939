//! Walks over expressions, and what they refer to.

use std::sync::Arc;

use seaworthy_diagnostics::Span;

use super::{Body, Element, Expr, Key, Kind, Step};

/// Visits an expression and everything within, with the names that `for` binds around each.
pub(crate) fn for_each_expression<'a>(
    expression: &'a Expr,
    bound: &mut Vec<&'a str>,
    visit: &mut impl FnMut(&'a Expr, &[&'a str]),
) {
    visit(expression, bound);
    match &expression.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(..) | Kind::Text(_) | Kind::Variable(_) => {}
        Kind::Template(parts, _) => elements(parts, bound, visit),
        Kind::List(items) => {
            for item in items {
                for_each_expression(item, bound, visit);
            }
        }
        Kind::Object(entries) => {
            for (key, value) in entries {
                if let Key::Expression(key) = key {
                    for_each_expression(key, bound, visit);
                }
                for_each_expression(value, bound, visit);
            }
        }
        Kind::Conditional(parts) => {
            for part in parts.iter() {
                for_each_expression(part, bound, visit);
            }
        }
        Kind::Call(call) => {
            for argument in &call.arguments {
                for_each_expression(argument, bound, visit);
            }
        }
        Kind::Traversal(inner, steps) => {
            for_each_expression(inner, bound, visit);
            for step in steps {
                if let Step::Index(index) = step {
                    for_each_expression(index, bound, visit);
                }
            }
        }
        Kind::Not(inner) | Kind::Negative(inner) => for_each_expression(inner, bound, visit),
        Kind::Binary(parts, _) => {
            for part in parts.iter() {
                for_each_expression(part, bound, visit);
            }
        }
        Kind::For(parts) => {
            for_each_expression(&parts.collection, bound, visit);
            let before = bound.len();
            bound.extend(parts.key_name.as_deref());
            bound.push(&parts.value_name);
            for part in [
                Some(&parts.value),
                parts.key.as_ref(),
                parts.condition.as_ref(),
            ]
            .into_iter()
            .flatten()
            {
                for_each_expression(part, bound, visit);
            }
            bound.truncate(before);
        }
    }
}

fn elements<'a>(
    parts: &'a [Element],
    bound: &mut Vec<&'a str>,
    visit: &mut impl FnMut(&'a Expr, &[&'a str]),
) {
    for part in parts {
        match part {
            Element::Literal(..) => {}
            Element::Hole(expression) => for_each_expression(expression, bound, visit),
            Element::If(directive) => {
                for_each_expression(&directive.condition, bound, visit);
                elements(&directive.then, bound, visit);
                elements(&directive.otherwise, bound, visit);
            }
            Element::For(directive) => {
                for_each_expression(&directive.collection, bound, visit);
                let before = bound.len();
                bound.extend(directive.key_name.as_deref());
                bound.push(&directive.value_name);
                elements(&directive.body, bound, visit);
                bound.truncate(before);
            }
        }
    }
}

/// Names at the start of a reference that are no resource kinds.
const OWN: [&str; 6] = ["each", "count", "self", "path", "terraform", "ephemeral"];

/// An output that an expression reads: `module.x.y`, `data.terraform_remote_state.x.outputs.y`. Keys of instances are
/// left out.
fn output_read(expression: &Expr) -> Option<String> {
    let Kind::Traversal(inner, steps) = &expression.kind else {
        return None;
    };
    let Kind::Variable(root) = &inner.kind else {
        return None;
    };
    let words: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Attribute(name) => Some(&**name),
            Step::Index(_) | Step::Splat => None,
        })
        .collect();
    match (&**root, words.as_slice()) {
        ("module", [name, output, ..]) => Some(format!("module.{name}.{output}")),
        ("data", ["terraform_remote_state", name, "outputs", output, ..]) => Some(format!(
            "data.terraform_remote_state.{name}.outputs.{output}"
        )),
        _ => None,
    }
}

/// What a body refers to: `var.x`, `local.x`, `module.x`, `data.a.b`, `a.b`.
pub(crate) fn references(body: &Body, bound: &mut Vec<String>, found: &mut Vec<(Arc<str>, Span)>) {
    for attribute in &body.attributes {
        // Names of providers and of attributes look like references and are none.
        if matches!(
            &*attribute.name,
            "provider" | "providers" | "ignore_changes" | "type"
        ) && !matches!(attribute.value.kind, Kind::Text(_) | Kind::Template(..))
            && (&*attribute.name != "type" || is_type(&attribute.value))
        {
            continue;
        }
        let outer: Vec<&str> = bound.iter().map(String::as_str).collect();
        let outer = outer.as_slice();
        for_each_expression(
            &attribute.value,
            &mut Vec::new(),
            &mut |expression, names| {
                let Kind::Traversal(inner, steps) = &expression.kind else {
                    return;
                };
                let Kind::Variable(root) = &inner.kind else {
                    return;
                };
                if names.contains(&&**root) || outer.contains(&&**root) || OWN.contains(&&**root) {
                    return;
                }
                let mut words = steps.iter().map_while(|step| match step {
                    Step::Attribute(name) => Some(&**name),
                    _ => None,
                });
                let Some(first) = words.next() else { return };
                let address = match &**root {
                    "data" => match words.next() {
                        Some(second) => format!("data.{first}.{second}"),
                        None => return,
                    },
                    root => format!("{root}.{first}"),
                };
                found.push((address.into(), expression.span));
            },
        );
    }
    for block in &body.blocks {
        let before = bound.len();
        if &*block.kind == "dynamic" {
            bound.extend(block.labels.first().map(ToString::to_string));
            if let Some(Kind::Variable(name)) = block
                .body
                .attribute("iterator")
                .map(|attribute| &attribute.value.kind)
            {
                bound.push(name.to_string());
            }
        }
        references(&block.body, bound, found);
        bound.truncate(before);
    }
}

/// Every output that a body reads, with the place.
pub(crate) fn outputs_read(body: &Body, found: &mut Vec<(Arc<str>, Span)>) {
    for attribute in &body.attributes {
        for_each_expression(&attribute.value, &mut Vec::new(), &mut |expression, _| {
            if let Some(read) = output_read(expression) {
                found.push((read.into(), expression.span));
            }
        });
    }
    for block in &body.blocks {
        outputs_read(&block.body, found);
    }
}

/// Whether an expression can be a type constraint and no value: `string`, `list(string)`.
fn is_type(expression: &Expr) -> bool {
    match &expression.kind {
        Kind::Variable(_) => true,
        Kind::Call(call) => matches!(
            &*call.name,
            "list" | "set" | "map" | "object" | "tuple" | "optional"
        ),
        _ => false,
    }
}
