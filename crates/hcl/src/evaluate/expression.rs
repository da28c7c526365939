//! Expressions.

use std::cmp::Ordering;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Map, Number, Text, Unknown, UnknownKind, Value};

use super::{Evaluator, Names, Scope, failed, is_open, number, rest_of};
use crate::functions;
use crate::syntax::{Expr, For, Key, Kind, Operator, Step};

impl Evaluator<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&self, expression: &Expr, scope: Scope<'_>) -> Value {
        self.deeper(|| self.eval_here(expression, scope))
            .unwrap_or_else(|| self.computed(expression.span))
    }

    fn eval_here(&self, expression: &Expr, scope: Scope<'_>) -> Value {
        let span = expression.span;
        match &expression.kind {
            Kind::Null => Value::new(Data::Null, span),
            Kind::Bool(yes) => Value::new(Data::Bool(*yes), span),
            Kind::Number(value, written) => Value::new(
                Data::Number(Number {
                    value: *value,
                    written: Some(written.clone()),
                }),
                span,
            ),
            Kind::Text(text) => Value::string(&**text, span),
            Kind::Template(parts, form) => self.template(parts, *form, span, scope),
            Kind::List(items) => Value::new(
                Data::List(items.iter().map(|item| self.eval(item, scope)).collect()),
                span,
            ),
            Kind::Object(entries) => self.object(entries, span, scope),
            Kind::Variable(name) => bare(name, span, scope),
            Kind::Conditional(parts) => self.conditional(parts, span, scope),
            Kind::Call(call) => functions::call(self, call, span, scope),
            Kind::Traversal(inner, steps) => {
                let (value, used) = match &inner.kind {
                    Kind::Variable(root) => self.reference(root, steps, span, scope),
                    _ => (self.eval(inner, scope), 0),
                };
                let mut value = self.steps(value, &steps[used..], span, scope);
                if super::is_failed(&value)
                    && let Kind::Variable(root) = &inner.kind
                    && let Some(decided) = self.decided_within(root, span, scope)
                {
                    value = decided;
                }
                // What is taken out of something stands where it was put in; it is used here.
                if value.span != span
                    && used < steps.len()
                    && !scope.instance.module.summary
                    && !super::is_failed(&value)
                {
                    return value.used_at(span, "taken from here");
                }
                value
            }
            Kind::Not(inner) => match self.eval(inner, scope).bool() {
                Some(yes) => Value::new(Data::Bool(!yes), span),
                None => self.computed(span),
            },
            Kind::Negative(inner) => match self.eval(inner, scope).number() {
                Some(value) => number(-value, span),
                None => self.computed(span),
            },
            Kind::Binary(parts, operator) => self.binary(parts, *operator, span, scope),
            Kind::For(parts) => self.for_expression(parts, span, scope),
        }
    }

    /// What the provider decides inside a block that the configuration begins, such as
    /// `aws_eks_cluster.main.vpc_config[0].cluster_security_group_id`; `None` where the root is no resource.
    fn decided_within(&self, root: &str, span: Span, scope: Scope<'_>) -> Option<Value> {
        let written = self.snippet(span);
        let words = if root == "data" { 3 } else { 2 };
        let (at, _) = written.match_indices('.').nth(words - 1)?;
        // `aws_x.y[0].z`: the key belongs to the instance, not to the name.
        let name = written[..at].split('[').next()?;
        let instance = scope.instance;
        instance.module.by_address.get(name)?;
        let address = instance.within(&written[..at]);
        let path = &written[at + 1..];
        Some(Value::unknown(Unknown::attribute(address, path), span))
    }

    fn object(&self, entries: &[(Key, Expr)], span: Span, scope: Scope<'_>) -> Value {
        let mut map = Map::default();
        for (key, value) in entries {
            let (name, key_span): (Arc<str>, Span) = match key {
                Key::Word(word, key_span) => (word.clone(), *key_span),
                Key::Expression(key) => {
                    let value = self.eval(key, scope);
                    match value.text() {
                        // A key with holes is kept with them: `${…issuer}:sub` is told by its end.
                        Some(text) => (text.to_string().into(), key.span),
                        None => return failed(self.snippet(span), span),
                    }
                }
            };
            let value = self.eval(value, scope);
            map.entries.push(seaworthy_facts::Entry {
                key: name,
                key_span,
                value,
            });
        }
        Value::new(Data::Map(map), span)
    }

    fn conditional(&self, parts: &[Expr; 3], span: Span, scope: Scope<'_>) -> Value {
        let [condition, yes, no] = parts;
        match self.eval(condition, scope).bool() {
            Some(true) => self.eval(yes, scope),
            Some(false) => self.eval(no, scope),
            None => {
                let (yes, no) = (self.eval(yes, scope), self.eval(no, scope));
                if same_data(&yes, &no) {
                    return yes;
                }
                self.either(&yes, &no, span)
            }
        }
    }

    /// One of two, it is not known which.
    fn either(&self, yes: &Value, no: &Value, span: Span) -> Value {
        let mut unknown = Unknown::new(UnknownKind::Computed, self.snippet(span));
        if let (Some(yes), Some(no)) = (yes.text(), no.text()) {
            let mut choices = yes.expanded();
            choices.extend(no.expanded());
            choices.dedup();
            // A choice that is wholly unknown leaves nothing to choose from.
            if choices.len() <= 16
                && !choices.iter().any(|choice| {
                    choice.holes().any(|hole| hole.choices.is_empty())
                        && choice.known_prefix().is_empty()
                        && choice.known_suffix().is_empty()
                })
            {
                unknown.choices = choices;
            }
        }
        Value::unknown(unknown, span)
    }

    fn binary(&self, parts: &[Expr; 2], operator: Operator, span: Span, scope: Scope<'_>) -> Value {
        let left = self.eval(&parts[0], scope);
        let truth = |yes: bool| Value::new(Data::Bool(yes), span);
        match operator {
            Operator::And | Operator::Or => {
                let decided = operator == Operator::Or;
                let right = || self.eval(&parts[1], scope).bool();
                match (left.bool(), right()) {
                    (Some(a), _) if a == decided => truth(decided),
                    (_, Some(b)) if b == decided => truth(decided),
                    (Some(_), Some(_)) => truth(!decided),
                    _ => self.computed(span),
                }
            }
            Operator::Equal | Operator::NotEqual => {
                let right = self.eval(&parts[1], scope);
                match equal(&left, &right) {
                    Some(same) => truth(same == (operator == Operator::Equal)),
                    None => self.computed(span),
                }
            }
            _ => {
                let right = self.eval(&parts[1], scope);
                let (Some(a), Some(b)) = (left.number(), right.number()) else {
                    return self.computed_from(span, &[left, right]);
                };
                match operator {
                    Operator::Less => truth(a < b),
                    Operator::LessEqual => truth(a <= b),
                    Operator::Greater => truth(a > b),
                    Operator::GreaterEqual => truth(a >= b),
                    Operator::Add => number(a + b, span),
                    Operator::Subtract => number(a - b, span),
                    Operator::Multiply => number(a * b, span),
                    Operator::Divide if b != 0.0 => number(a / b, span),
                    Operator::Remainder if b != 0.0 => number(a % b, span),
                    _ => failed(self.snippet(span), span),
                }
            }
        }
    }

    fn for_expression(&self, parts: &For, span: Span, scope: Scope<'_>) -> Value {
        let collection = self.eval(&parts.collection, scope);
        let Some(pairs) = pairs(&collection) else {
            return self.for_unknown(parts, &collection, span, scope);
        };
        let mut items = Vec::new();
        let mut map = Map::default();
        for (key, value) in pairs {
            let outer = parts.key_name.as_deref().map(|name| Names {
                name,
                value: &key,
                outer: scope.names,
            });
            let names = Names {
                name: &parts.value_name,
                value: &value,
                outer: outer.as_ref().or(scope.names),
            };
            let inner = Scope {
                names: Some(&names),
                ..scope
            };
            if let Some(condition) = &parts.condition {
                match self.eval(condition, inner).bool() {
                    Some(true) => {}
                    Some(false) => continue,
                    // It may be in or not: of a list the rest is open, of a map nothing can be said.
                    None if parts.key.is_some() => return self.computed_from(span, &[collection]),
                    None => {
                        let value = self.eval(&parts.value, inner);
                        items.push(rest_of(&value));
                        continue;
                    }
                }
            }
            let made = self.eval(&parts.value, inner);
            let Some(key) = &parts.key else {
                items.push(made);
                continue;
            };
            let key_value = self.eval(key, inner);
            let Some(name) = key_value.text() else {
                return self.computed_from(span, &[collection]);
            };
            let name = name.to_string();
            if parts.grouping {
                let same = map.entries.iter_mut().find(|entry| *entry.key == *name);
                if let Some(entry) = same {
                    if let Data::List(items) = &mut entry.value.data {
                        items.push(made);
                    }
                } else {
                    let list = Value::new(Data::List(vec![made]), span);
                    map.set(name, key_value.span, list);
                }
            } else {
                map.entries.push(seaworthy_facts::Entry {
                    key: name.into(),
                    key_span: key_value.span,
                    value: made,
                });
            }
        }
        if parts.key.is_some() {
            return Value::new(Data::Map(map), span);
        }
        Value::new(Data::List(items), span)
    }

    /// A `for` over what is not known: for a list, what every item looks like is still told.
    fn for_unknown(&self, parts: &For, collection: &Value, span: Span, scope: Scope<'_>) -> Value {
        if parts.key.is_some() || super::is_failed(collection) {
            return self.computed_from(span, std::slice::from_ref(collection));
        }
        let key = self.computed(parts.collection.span);
        let item = match collection.as_unknown() {
            Some(unknown) => Value::unknown(unknown.clone(), parts.collection.span),
            None => self.computed(parts.collection.span),
        };
        let outer = parts.key_name.as_deref().map(|name| Names {
            name,
            value: &key,
            outer: scope.names,
        });
        let names = Names {
            name: &parts.value_name,
            value: &item,
            outer: outer.as_ref().or(scope.names),
        };
        let made = self.eval(
            &parts.value,
            Scope {
                names: Some(&names),
                ..scope
            },
        );
        match made.as_unknown() {
            Some(_) => Value::new(Data::List(vec![rest_of(&made)]), span),
            None => self.computed_from(span, std::slice::from_ref(collection)),
        }
    }

    /// Takes steps into a value.
    pub(crate) fn steps(
        &self,
        mut value: Value,
        steps: &[Step],
        span: Span,
        scope: Scope<'_>,
    ) -> Value {
        for (index, step) in steps.iter().enumerate() {
            value = match step {
                Step::Attribute(name) => self.member(&value, name, span),
                Step::Index(index) => {
                    let index = self.eval(index, scope);
                    self.index(&value, &index, span)
                }
                Step::Splat => {
                    let rest = &steps[index + 1..];
                    let items = match &value.data {
                        Data::Null => Vec::new(),
                        Data::List(items) => items
                            .iter()
                            .map(|item| self.steps(item.clone(), rest, span, scope))
                            .collect(),
                        Data::Unknown(_) if !self.is_object(&value) => {
                            let item = self.steps(value.clone(), rest, span, scope);
                            return Value::new(Data::List(vec![rest_of(&item)]), span);
                        }
                        _ => vec![self.steps(value.clone(), rest, span, scope)],
                    };
                    return Value {
                        data: Data::List(items),
                        span,
                        trail: value.trail,
                    };
                }
            };
        }
        value
    }

    /// `value[index]`.
    pub(crate) fn index(&self, value: &Value, index: &Value, span: Span) -> Value {
        match &value.data {
            Data::List(items) => match index.int().and_then(|at| usize::try_from(at).ok()) {
                Some(at)
                    if !is_open(
                        items
                            .get(..=at.min(items.len().saturating_sub(1)))
                            .unwrap_or(items),
                    ) =>
                {
                    items.get(at).cloned().unwrap_or_else(|| {
                        if is_open(items) {
                            self.computed_from(span, items)
                        } else {
                            failed(self.snippet(span), span)
                        }
                    })
                }
                _ => self.computed_from(span, items),
            },
            Data::Map(_) => match index.scalar() {
                Some(key) => self.member(value, &key, span),
                None => self.computed_from(span, std::slice::from_ref(value)),
            },
            Data::Unknown(unknown) => {
                let key = match &index.data {
                    Data::Text(text) => format!("[\"{text}\"]"),
                    _ => format!("[{}]", index.text().unwrap_or_default()),
                };
                // An only instance is often indexed by `[0]` where `count` is not known.
                if self.is_object(value) {
                    return value.clone();
                }
                let mut unknown = unknown.clone();
                unknown.name = format!("{}{key}", unknown.name.trim_start_matches("...")).into();
                unknown.choices.clear();
                Value {
                    data: Data::Unknown(unknown),
                    span,
                    trail: value.trail.clone(),
                }
            }
            _ => failed(self.snippet(span), span),
        }
    }

    /// `value.name`.
    pub(crate) fn member(&self, value: &Value, name: &str, span: Span) -> Value {
        match &value.data {
            Data::Map(map) => map
                .get(name)
                .cloned()
                .unwrap_or_else(|| failed(self.snippet(span), span)),
            Data::List(items) => match name.parse::<usize>() {
                Ok(at) => items
                    .get(at)
                    .cloned()
                    .unwrap_or_else(|| failed(self.snippet(span), span)),
                // Blocks are lists here, also those of which there is one only.
                Err(_) if items.len() == 1 => self.member(&items[0], name, span),
                Err(_) => failed(self.snippet(span), span),
            },
            Data::Unknown(_) => self.object_member(value, name, span),
            _ => failed(self.snippet(span), span),
        }
    }
}

/// A name alone: bound by `for`; anything else says nothing by itself.
fn bare(name: &str, span: Span, scope: Scope<'_>) -> Value {
    lookup(scope.names, name)
        .cloned()
        .unwrap_or_else(|| failed(name, span))
}

fn lookup<'a>(mut names: Option<&'a Names<'a>>, wanted: &str) -> Option<&'a Value> {
    while let Some(name) = names {
        if name.name == wanted {
            return Some(name.value);
        }
        names = name.outer;
    }
    None
}

/// The value that a `for` or `dynamic` bound to a name.
pub(crate) fn bound<'a>(scope: Scope<'a>, name: &str) -> Option<&'a Value> {
    lookup(scope.names, name)
}

/// Keys with values: of a list, the indices. `None` for what is not known or no collection.
pub(crate) fn pairs(collection: &Value) -> Option<Vec<(Value, Value)>> {
    match &collection.data {
        Data::List(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    #[expect(clippy::cast_precision_loss, reason = "lists are bounded")]
                    let key = number(index as f64, item.span);
                    (key, item.clone())
                })
                .collect(),
        ),
        Data::Map(map) => Some(
            map.entries
                .iter()
                .map(|entry| {
                    (
                        Value::string(&*entry.key, entry.key_span),
                        entry.value.clone(),
                    )
                })
                .collect(),
        ),
        Data::Null => Some(Vec::new()),
        _ => None,
    }
}

/// Whether two values are the same, where that is known.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.data, &b.data) {
        (Data::Unknown(_), _) | (_, Data::Unknown(_)) => match (a.text(), b.text()) {
            (Some(a), Some(b)) => match a.same(&b) {
                seaworthy_facts::Same::Never => Some(false),
                seaworthy_facts::Same::Always => Some(true),
                seaworthy_facts::Same::Maybe => None,
            },
            _ => None,
        },
        (Data::Null, Data::Null) => Some(true),
        (Data::Null, _) | (_, Data::Null) => Some(false),
        (Data::List(a), Data::List(b)) => {
            if is_open(a) || is_open(b) {
                return None;
            }
            if a.len() != b.len() {
                return Some(false);
            }
            a.iter()
                .zip(b)
                .try_fold(true, |same, (a, b)| Some(same && equal(a, b)?))
        }
        (Data::Map(a), Data::Map(b)) => {
            if a.entries.len() != b.entries.len() {
                return Some(false);
            }
            a.entries.iter().try_fold(true, |same, entry| {
                Some(
                    same && b
                        .get(&entry.key)
                        .map_or(Some(false), |other| equal(&entry.value, other))?,
                )
            })
        }
        _ => match (a.text(), b.text()) {
            (Some(a), Some(b)) => match a.same(&b) {
                seaworthy_facts::Same::Never => Some(false),
                seaworthy_facts::Same::Always => Some(true),
                seaworthy_facts::Same::Maybe => None,
            },
            _ => Some(false),
        },
    }
}

fn same_data(a: &Value, b: &Value) -> bool {
    equal(a, b) == Some(true)
}

/// How two values are sorted: numbers by size, texts by their letters.
pub(crate) fn order(a: &Value, b: &Value) -> Ordering {
    let text = |value: &Value| value.text().map(|text: Text| text.to_string());
    text(a).cmp(&text(b))
}
