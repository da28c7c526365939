//! What an environment overrides: maps merge, scalars and lists replace, and nothing new is declared.

use seaworthy_diagnostics::{Diagnostic, suggest};

use crate::shape::{Object, Shape};
use crate::value::{Kind, Value};

/// Lays an environment's `override` over the base.
pub(crate) fn merge(
    base: &Value,
    change: &Value,
    object: &'static Object,
) -> (Value, Vec<Diagnostic>) {
    let mut merged = base.clone();
    let mut merger = Merger {
        path: Vec::new(),
        diagnostics: Vec::new(),
    };
    merger.object(&mut merged, change, object);
    (merged, merger.diagnostics)
}

struct Merger {
    path: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Merger {
    fn object(&mut self, base: &mut Value, change: &Value, object: &'static Object) {
        let Some(changes) = change.as_map() else {
            return;
        };
        for (name, change) in &changes.entries {
            let Some(key) = object.key(name) else {
                continue;
            };
            self.path.push(name.clone());
            self.key(base, name, change, key.shape);
            self.path.pop();
        }
    }

    /// Lays `change` over the key `name` of `base`.
    fn key(&mut self, base: &mut Value, name: &str, change: &Value, shape: &'static Shape) {
        if matches!(change.kind, Kind::Invalid) {
            return;
        }
        let Kind::Map(map) = &mut base.kind else {
            return;
        };
        let entry = map.entries.get_mut(name);
        match (shape, entry) {
            (Shape::Object(object) | Shape::Short { long: object, .. }, Some(entry))
                if entry.as_map().is_some() =>
            {
                self.object(entry, change, object);
            }
            (
                Shape::Names {
                    value,
                    closed,
                    thing,
                    ..
                },
                entry,
            ) => {
                if entry.is_none() && !closed {
                    map.entries.insert(name.to_owned(), change.clone());
                    return;
                }
                let Some(changes) = change.as_map() else {
                    return;
                };
                // Without the map, each name in it is one that the base does not declare.
                let mut nothing = Value {
                    key: change.key,
                    span: change.span,
                    kind: Kind::Map(crate::value::Map::default()),
                };
                let entry = entry.unwrap_or(&mut nothing);
                for (name, change) in &changes.entries {
                    let Some(known) = entry.as_map() else { return };
                    if *closed && !known.entries.contains_key(name) {
                        if !known.incomplete {
                            self.undeclared(
                                name,
                                change,
                                thing,
                                known.entries.keys().map(String::as_str),
                            );
                        }
                        continue;
                    }
                    self.path.push(name.clone());
                    self.key(entry, name, change, value);
                    self.path.pop();
                }
            }
            _ => {
                map.entries.insert(name.to_owned(), change.clone());
            }
        }
    }

    fn undeclared<'n>(
        &mut self,
        name: &str,
        change: &Value,
        thing: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        let path = self.path.join(".");
        let diagnostic = Diagnostic::error(
            "definition/override-undeclared",
            format!("an override of the {thing} `{name}`, which the platform does not declare"),
        )
        .primary(change.key, format!("`{path}.{name}` is not declared"));
        let diagnostic = match suggest(name, known) {
            Some(near) => diagnostic
                .hint(format!("did you mean `{near}`?"))
                .fix(format!("rename it to `{near}`"), change.key, near),
            None => diagnostic.hint(format!(
                "an environment changes what the platform declares: declare the {thing} under `{path}` at the top, with the value that suits most environments"
            )),
        };
        self.diagnostics.push(diagnostic);
    }
}
