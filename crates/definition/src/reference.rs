//! The reference page of the definition, printed from the shape.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::data;
use crate::shape::{Dated, Default, Key, Object, PLATFORM, Shape};
use crate::template::Thing;

/// The page `docs/reference/definition.md`, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "<!-- Printed from crates/definition/src/shape by `UPDATE_REFERENCE=1 cargo test -p seaworthy-definition reference`. Do not edit. -->\n\n\
         # The definition: `seaworthy.yaml`\n\n\
         One YAML file describes a platform.\n\
         Every key is below; any other is an error, but for keys that start with `x-`, which are yours (for anchors, for notes, for other tools).\n\
         `seaworthy schema` prints the same as JSON Schema for editors, and `seaworthy explain PATH` says where a value comes from.\n\n",
    );
    let mut queue: Vec<(&'static Object, String)> = vec![(&PLATFORM, String::new())];
    let mut done = BTreeSet::new();
    let mut at = 0;
    while at < queue.len() {
        let (object, path) = queue[at].clone();
        at += 1;
        if !done.insert(object.name) {
            continue;
        }
        section(&mut page, object, &path);
        for key in object.keys {
            let here = if path.is_empty() {
                key.name.to_owned()
            } else {
                format!("{path}.{}", key.name)
            };
            match key.shape {
                Shape::Object(inner) | Shape::Short { long: inner, .. } => {
                    queue.push((inner, here));
                }
                Shape::Names {
                    value: Shape::Object(inner) | Shape::Short { long: inner, .. },
                    thing,
                    ..
                } => {
                    queue.push((inner, format!("{here}.<{thing}>")));
                }
                _ => {}
            }
        }
    }
    references(&mut page);
    environments(&mut page);
    page
}

fn section(page: &mut String, object: &Object, path: &str) {
    let title = if path.is_empty() {
        "The top".to_owned()
    } else {
        format!("`{path}`")
    };
    let _ = write!(page, "## {title}\n\n{}\n\n", object.doc);
    page.push_str("| Key | Value | Default | |\n| --- | --- | --- | --- |\n");
    for key in object.keys {
        let mut doc = key.doc.to_owned();
        if let Shape::Choice(choices) = key.shape {
            for choice in *choices {
                let _ = write!(doc, " `{}`: {}", choice.word, choice.doc);
            }
        }
        if !key.overridable && !path.is_empty() {
            doc.push_str(" An environment cannot change it.");
        }
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            key.name,
            escape(&value(key.shape)),
            escape(&default(key)),
            escape(&doc)
        );
    }
    page.push('\n');
}

/// What stands behind a key, in words.
fn value(shape: &Shape) -> String {
    match shape {
        Shape::Short { long, key } => {
            let short = long
                .key(key)
                .map_or_else(String::new, |key| value(key.shape));
            format!("{short}, in short for `{key}`, or a map")
        }
        Shape::Object(_) => "a map".to_owned(),
        Shape::Override => "a map with any of the keys at the top".to_owned(),
        Shape::Names {
            thing,
            value: inner,
            ..
        } => match inner {
            Shape::Object(_) | Shape::Short { .. } => {
                format!("a map: the name of each {thing}, and its keys")
            }
            inner => format!("a map: the name of each {thing}, and {}", value(inner)),
        },
        Shape::List(item) => format!("a list, each item {}", value(item)),
        other => other.expected(),
    }
}

fn default(key: &Key) -> String {
    match key.default {
        Default::Absent | Default::Inner => String::new(),
        Default::Required => "required".to_owned(),
        Default::Value(text) => format!("`{text}`"),
        Default::Computed(words) => words.to_owned(),
        Default::Dated(Dated::Postgres | Dated::Kubernetes) => format!(
            "`{}`, the newest seen on {}",
            key.default.text().unwrap_or_default(),
            data::versions().seen
        ),
    }
}

/// What would end a cell of the table.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn references(page: &mut String) {
    page.push_str(
        "## References\n\n\
         A value of `env` may hold `${name.attribute}`, alone or within other text.\n\
         `$${` is a literal `${`.\n\
         What is referred to is used: it gets a network rule, an identity, and a place in the start order.\n\
         A value that holds a secret is a secret as a whole, and stands nowhere but in `env`.\n\n\
         | A reference to a | may ask for |\n| --- | --- |\n",
    );
    for (thing, _) in Thing::ALL {
        if thing.attributes().is_empty() {
            continue;
        }
        let attributes: Vec<String> = thing
            .attributes()
            .iter()
            .map(|attribute| {
                let secret = thing
                    .reference("x", attribute)
                    .is_some_and(|r| r.is_secret());
                if secret {
                    format!("`{attribute}` (secret)")
                } else {
                    format!("`{attribute}`")
                }
            })
            .collect();
        let _ = writeln!(page, "| {} | {} |", thing.noun(), attributes.join(", "));
    }
    page.push_str(
        "\nServices, databases, secrets, buckets and jobs share one namespace, so that `${name.…}` means one thing.\n\n",
    );
}

fn environments(page: &mut String) {
    page.push_str(
        "## What an environment changes\n\n\
         An environment has its own keys, and `override:`, which holds the keys of the top.\n\
         Maps merge; scalars and lists replace.\n\
         An override only changes what the platform declares: a service, a database, a variable or a port that is not declared at the top cannot come from an environment.\n",
    );
}
