//! Bodies as values: attributes, nested blocks as lists, `dynamic` blocks expanded, policy documents.

use std::rc::Rc;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Entry, Map, Value};

use super::expression::pairs;
use super::{Evaluator, Names, Scope, rest_of};
use crate::syntax::{Block, Body, Kind};

/// What OpenTofu itself takes from a body, whatever its kind.
const META: [&str; 9] = [
    "lifecycle",
    "depends_on",
    "provider",
    "providers",
    "provisioner",
    "connection",
    "count",
    "for_each",
    "timeouts",
];

/// Whether a name is OpenTofu's own within a resource.
pub(crate) fn is_meta(name: &str) -> bool {
    META.contains(&name)
}

impl Evaluator<'_> {
    /// Every attribute and block of a body; OpenTofu's own ones apart.
    pub(crate) fn body(&self, body: &Body, scope: Scope<'_>, meta: &mut Map) -> Map {
        let mut map = Map::default();
        for attribute in &body.attributes {
            let own = is_meta(&attribute.name);
            // `when = destroy` and `on_failure = continue` of provisioners are words of the language.
            let word = matches!(&*attribute.name, "when" | "on_failure")
                && matches!(attribute.value.kind, Kind::Variable(_));
            let value = if word || own && !matches!(&*attribute.name, "count" | "for_each") {
                self.written_value(&attribute.value)
            } else {
                self.eval(&attribute.value, scope)
            };
            let entry = Entry {
                key: attribute.name.clone(),
                key_span: attribute.name_span,
                value,
            };
            if own {
                meta.entries.push(entry);
            } else {
                map.entries.push(entry);
            }
        }
        self.blocks(body, scope, None, &mut map);
        for block in &body.blocks {
            if is_meta(&block.kind) {
                let mut inner = Map::default();
                let mut own = Map::default();
                if &*block.kind == "lifecycle" {
                    for attribute in &block.body.attributes {
                        inner.set(
                            attribute.name.clone(),
                            attribute.name_span,
                            self.written_value(&attribute.value),
                        );
                    }
                } else {
                    inner = self.body(&block.body, scope, &mut own);
                    inner.entries.extend(own.entries);
                }
                if let Some(label) = block.labels.first() {
                    inner.set("type", block.header, Value::string(&**label, block.header));
                }
                push_block(
                    meta,
                    &block.kind,
                    Value::new(Data::Map(inner), block.header),
                );
            }
        }
        map
    }

    /// References and names as they are written: what `depends_on`, `provider` and `ignore_changes` hold.
    fn written_value(&self, expression: &crate::syntax::Expr) -> Value {
        match &expression.kind {
            Kind::List(items) => Value::new(
                Data::List(items.iter().map(|item| self.written_value(item)).collect()),
                expression.span,
            ),
            Kind::Bool(yes) => Value::new(Data::Bool(*yes), expression.span),
            Kind::Object(entries) => {
                let mut map = Map::default();
                for (key, value) in entries {
                    if let crate::syntax::Key::Word(word, span) = key {
                        map.set(word.clone(), *span, self.written_value(value));
                    }
                }
                Value::new(Data::Map(map), expression.span)
            }
            Kind::Text(text) => Value::string(&**text, expression.span),
            _ => Value::string(self.snippet(expression.span), expression.span),
        }
    }

    /// The nested blocks of a body (of one kind, where it is given) as lists.
    pub(crate) fn blocks(&self, body: &Body, scope: Scope<'_>, only: Option<&str>, map: &mut Map) {
        for block in &body.blocks {
            if &*block.kind == "dynamic" {
                let Some(kind) = block.labels.first() else {
                    continue;
                };
                if only.is_none_or(|only| only == &**kind) {
                    self.dynamic(block, kind, scope, map);
                }
            } else if !is_meta(&block.kind) && only.is_none_or(|only| only == &*block.kind) {
                let value = self.block(block, block.header, scope);
                push_block(map, &block.kind, value);
            }
        }
    }

    fn block(&self, block: &Rc<Block>, span: Span, scope: Scope<'_>) -> Value {
        let value = self.deeper(|| {
            let mut own = Map::default();
            let mut map = self.body(&block.body, scope, &mut own);
            map.entries.extend(own.entries);
            Value::new(Data::Map(map), span)
        });
        value.unwrap_or_else(|| self.computed(span))
    }

    fn dynamic(&self, block: &Rc<Block>, kind: &Arc<str>, scope: Scope<'_>, map: &mut Map) {
        let (Some(for_each), Some(content)) = (
            block.body.attribute("for_each"),
            block.body.blocks_of("content").next(),
        ) else {
            return;
        };
        let iterator: Arc<str> = match block
            .body
            .attribute("iterator")
            .map(|attribute| &attribute.value.kind)
        {
            Some(Kind::Variable(name)) => name.clone(),
            _ => kind.clone(),
        };
        let collection = self.eval(&for_each.value, scope);
        let is_set = matches!(&collection.data, Data::List(_));
        let Some(pairs) = pairs(&collection) else {
            // Whether there is any is not known; that there may be is said by an item that is not known.
            push_block(map, kind, rest_of(&self.computed(block.header)));
            return;
        };
        for (key, value) in pairs {
            if !self.spend(1) {
                return;
            }
            let key = if is_set { value.clone() } else { key };
            let mut bound = Map::default();
            bound.set("key", key.span, key);
            bound.set("value", value.span, value);
            let bound = Value::new(Data::Map(bound), block.header);
            let names = Names {
                name: &iterator,
                value: &bound,
                outer: scope.names,
            };
            let inner = Scope {
                names: Some(&names),
                ..scope
            };
            let value = self.block(content, block.header, inner);
            push_block(map, kind, value);
        }
    }

    /// What `data.aws_iam_policy_document.x.json` holds, in the form that `jsonencode` gives.
    pub(crate) fn policy_document(&self, body: &Body, span: Span, scope: Scope<'_>) -> Value {
        let mut own = Map::default();
        let body = self.body(body, scope, &mut own);
        let mut statements = Vec::new();
        for name in [
            "source_policy_documents",
            "source_json",
            "override_policy_documents",
            "override_json",
        ] {
            for document in body.get(name).map(Value::each).unwrap_or_default() {
                match document.get("Statement") {
                    Some(inner) => statements.extend(inner.each().iter().cloned()),
                    None if document.is_unknown() => statements.push(rest_of(document)),
                    None => {}
                }
            }
        }
        for statement in body.get("statement").map(Value::each).unwrap_or_default() {
            statements.push(statement_of(statement));
        }
        let mut document = Map::default();
        let version = body
            .get("version")
            .cloned()
            .unwrap_or_else(|| Value::string("2012-10-17", span));
        document.set("Version", span, version);
        document.set("Statement", span, Value::new(Data::List(statements), span));
        Value::new(Data::Map(document), span)
    }
}

/// A `statement` block as JSON has it.
fn statement_of(block: &Value) -> Value {
    let Data::Map(map) = &block.data else {
        return block.clone();
    };
    let mut statement = Map::default();
    let effect = map
        .get("effect")
        .cloned()
        .unwrap_or_else(|| Value::string("Allow", block.span));
    for (from, to) in [
        ("sid", "Sid"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(entry) = map.entry(from) {
            statement.set(to, entry.key_span, entry.value.clone());
        }
        if from == "sid" {
            statement.set("Effect", effect.span, effect.clone());
        }
    }
    for (from, to) in [
        ("principals", "Principal"),
        ("not_principals", "NotPrincipal"),
    ] {
        let Some(entry) = map.entry(from) else {
            continue;
        };
        let mut principals = Map::default();
        for principal in entry.value.each() {
            let kind = principal
                .get("type")
                .and_then(Value::scalar)
                .unwrap_or_default();
            let Some(identifiers) = principal.get("identifiers") else {
                if principal.is_unknown() {
                    principals.set("...", principal.span, principal.clone());
                }
                continue;
            };
            add_to(&mut principals, &kind, principal.span, identifiers);
        }
        statement.set(
            to,
            entry.key_span,
            Value::new(Data::Map(principals), entry.value.span),
        );
    }
    if let Some(entry) = map.entry("condition") {
        let mut conditions = Map::default();
        for condition in entry.value.each() {
            let (Some(test), Some(variable)) = (
                condition.get("test").and_then(Value::text),
                condition.get("variable"),
            ) else {
                conditions.set("...", condition.span, condition.clone());
                continue;
            };
            let test: Arc<str> = test.to_string().into();
            if conditions.get(&test).is_none() {
                let empty = Value::new(Data::Map(Map::default()), condition.span);
                conditions.set(test.clone(), condition.span, empty);
            }
            let of_test = conditions
                .entries
                .iter_mut()
                .find(|entry| entry.key == test)
                .expect("it was put in above");
            if let (Data::Map(inner), Some(values)) =
                (&mut of_test.value.data, condition.get("values"))
            {
                let name = variable.text().unwrap_or_default().to_string();
                add_to(inner, &name, variable.span, values);
            }
        }
        statement.set(
            "Condition",
            entry.key_span,
            Value::new(Data::Map(conditions), entry.value.span),
        );
    }
    Value::new(Data::Map(statement), block.span)
}

/// Adds values under a key, after those that are there.
fn add_to(map: &mut Map, key: &str, key_span: Span, values: &Value) {
    if let Some(entry) = map.entries.iter_mut().find(|entry| &*entry.key == key) {
        if let Data::List(items) = &mut entry.value.data {
            items.extend(values.each().iter().cloned());
        }
        return;
    }
    let list = match &values.data {
        Data::List(_) => values.clone(),
        _ => Value::new(Data::List(values.each().to_vec()), values.span),
    };
    map.set(key, key_span, list);
}

fn push_block(map: &mut Map, kind: &Arc<str>, value: Value) {
    if let Some(entry) = map.entries.iter_mut().find(|entry| entry.key == *kind)
        && let Data::List(items) = &mut entry.value.data
    {
        items.push(value);
        return;
    }
    let span = value.span;
    map.entries.push(Entry {
        key: kind.clone(),
        key_span: span,
        value: Value::new(Data::List(vec![value]), span),
    });
}
