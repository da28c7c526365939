//! The shape holds together.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::shape::form::Form;

/// Every object of the shape, once.
fn objects() -> Vec<&'static Object> {
    fn walk(shape: &'static Shape, found: &mut Vec<&'static Object>) {
        match shape {
            Shape::Object(object) | Shape::Short { long: object, .. }
                if !found.iter().any(|known| known.name == object.name) =>
            {
                found.push(object);
                for key in object.keys {
                    walk(key.shape, found);
                }
            }
            Shape::Names { value, .. } => walk(value, found),
            Shape::List(item) => walk(item, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&ROOT, &mut found);
    found
}

/// Every form that a key or a name has.
fn forms() -> Vec<&'static Form> {
    fn walk(shape: &'static Shape, found: &mut Vec<&'static Form>) {
        match shape {
            Shape::Text(form) => found.push(form),
            Shape::Names { name, value, .. } => {
                found.push(name);
                walk(value, found);
            }
            Shape::List(item) => walk(item, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for object in objects() {
        for key in object.keys {
            walk(key.shape, &mut found);
        }
    }
    found
}

/// Whether a text matches the pattern of a form, as an editor judges it.
fn matches(form: &Form, text: &str) -> bool {
    if form.pattern.is_empty() {
        return true;
    }
    let schema = serde_json::json!({ "pattern": form.pattern });
    jsonschema::is_valid(&schema, &text.into())
}

#[test]
fn every_object_is_declared_soundly() {
    let objects = objects();
    assert!(
        objects.len() > 20,
        "only {} objects were found",
        objects.len()
    );
    for object in objects {
        let mut names = BTreeSet::new();
        for key in object.keys {
            assert!(
                names.insert(key.name),
                "{}.{} is declared twice",
                object.name,
                key.name
            );
            assert!(
                key.doc.ends_with('.'),
                "{}.{}: {}",
                object.name,
                key.name,
                key.doc
            );
            if let Some(text) = key.default.text() {
                let fits = match key.shape {
                    Shape::Text(form) => (form.check)(text).is_ok() && matches(form, text),
                    Shape::Integer { min, max } => text
                        .parse::<u64>()
                        .is_ok_and(|n| (*min..=*max).contains(&n)),
                    Shape::Boolean => text.parse::<bool>().is_ok(),
                    Shape::Choice(choices) => choices.iter().any(|choice| choice.word == text),
                    _ => false,
                };
                assert!(
                    fits,
                    "the default `{text}` of {}.{} does not fit",
                    object.name, key.name
                );
            }
            if let Shape::Short { long, key: short } = key.shape {
                assert!(long.key(short).is_some(), "{} has no `{short}`", long.name);
            }
        }
        for word in object.one_of {
            assert!(
                object.key(word).is_some(),
                "{} has no `{word}`",
                object.name
            );
        }
        for stranger in object.strangers {
            assert!(
                object.key(stranger.word).is_none(),
                "{}.{} is a key",
                object.name,
                stranger.word
            );
        }
    }
}

#[test]
fn examples_fit_their_forms() {
    for form in forms() {
        for example in form.examples {
            assert!((form.check)(example).is_ok(), "{}: {example}", form.what);
            assert!(
                matches(form, example),
                "{}: {example} and {}",
                form.what,
                form.pattern
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the reader takes, an editor must not underline.
    #[test]
    fn no_pattern_is_stricter_than_its_check(
        text in r"([a-z0-9]{1,4}|[A-Z]|[-._/:%@ *,+=~]|é|[0-9]{12}|\.com|mon-fri|07:00-20:00|Europe/Paris| USD/month|Mi|Gi|ms|[smhdwy]|arn:aws:iam::|role/|vpc-|1\.|p9|/[0-9]{1,2}){0,6}"
    ) {
        for form in forms() {
            if (form.check)(&text).is_ok() {
                prop_assert!(matches(form, &text), "{}: {:?} and {}", form.what, text, form.pattern);
            }
        }
    }
}
