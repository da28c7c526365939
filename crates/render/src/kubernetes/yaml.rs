//! Values as YAML, in the one style of rendered files.
//!
//! Written out here, because what is plain text in one version of YAML is a boolean or a number in another, and
//! Kubernetes' readers are of both kinds: `on`, `0123` and `1:30` are always quoted. Lists stand at the indent of their
//! key, as `kubectl` and `kustomize` print them; text of several lines stays readable.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A document.
pub(crate) fn print(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

/// A value on lines of its own.
fn block(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => entries(text, map, indent, true),
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                push_indent(text, indent);
                text.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        text.push(' ');
                        entries(text, map, indent + 2, false);
                    }
                    Value::Array(items) if !items.is_empty() => {
                        text.push('\n');
                        block(text, item, indent + 2);
                    }
                    item => after(text, item, indent),
                }
            }
        }
        value => {
            push_indent(text, indent);
            text.push_str(&flow(value));
            text.push('\n');
        }
    }
}

/// The entries of a map; the first is not indented where it stands behind something.
fn entries(text: &mut String, map: &Map<String, Value>, indent: usize, mut indented: bool) {
    for (key, value) in map {
        if indented {
            push_indent(text, indent);
        }
        indented = true;
        text.push_str(&scalar(key));
        text.push(':');
        after(text, value, indent);
    }
}

/// A value behind `key:` or `-`.
fn after(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            entries(text, map, indent + 2, true);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(text, value, indent);
        }
        Value::String(string) if is_literal(string) => literal(text, string, indent + 2),
        value => {
            text.push(' ');
            text.push_str(&flow(value));
            text.push('\n');
        }
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(string) => scalar(string),
        // Only empty ones come here.
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// Whether text of several lines can stand as it is: no line may end in what a reader would not see.
fn is_literal(string: &str) -> bool {
    string.contains('\n')
        && !string.starts_with([' ', '\n'])
        && !string.ends_with("\n\n")
        && string
            .lines()
            .all(|line| line.trim_end() == line && !line.contains(char::is_control))
}

fn literal(text: &mut String, string: &str, indent: usize) {
    text.push_str(if string.ends_with('\n') {
        " |\n"
    } else {
        " |-\n"
    });
    for line in string.lines() {
        if !line.is_empty() {
            push_indent(text, indent);
            text.push_str(line);
        }
        text.push('\n');
    }
}

fn scalar(string: &str) -> String {
    if string.contains(char::is_control) {
        // JSON's form is YAML's double-quoted one.
        return Value::from(string).to_string();
    }
    if is_plain(string) {
        string.to_owned()
    } else {
        format!("'{}'", string.replace('\'', "''"))
    }
}

/// Whether every reader of YAML takes it as text without quotes.
fn is_plain(string: &str) -> bool {
    const WORDS: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "none",
    ];
    let Some(first) = string.chars().next() else {
        return false;
    };
    let begins_well = first.is_ascii_alphanumeric() || matches!(first, '/' | '$' | '(' | '.' | '_');
    let like_a_number = first.is_ascii_digit() || first == '.';
    let number = like_a_number
        && string.chars().all(|c| {
            c.is_ascii_hexdigit()
                || matches!(c, '.' | '_' | ':' | '+' | '-' | 'x' | 'o' | 'T' | 'Z')
        });
    let infinite = matches!(string.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    begins_well
        && !number
        && !infinite
        && !WORDS.contains(&string.to_ascii_lowercase().as_str())
        && !string.contains(": ")
        && !string.contains(" #")
        && !string.ends_with([':', ' '])
}

fn push_indent(text: &mut String, indent: usize) {
    write!(text, "{:indent$}", "").expect("a string takes everything");
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_some_reader_takes_for_something_else_is_quoted() {
        for text in [
            "",
            "on",
            "Yes",
            "n",
            "~",
            "null",
            "0123",
            "1.36",
            "1e3",
            "0x1f",
            "1:30",
            "2026-11-21",
            ".5",
            ".inf",
            "-1",
            "- a",
            "a: b",
            "a #b",
            "a:",
            "'",
            "\"",
            "*",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{a",
            "[a",
            "# a",
            " a",
            "a ",
            "=",
            "<<",
            "?",
            "|",
            ">",
            "12:30:45",
            "2026-11-21T10:00:00Z",
            "+1",
            "1_000",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        for text in [
            "api",
            "sha256:0a",
            "100m",
            "25%",
            "/metrics",
            "a:b",
            "0 7 * * 1-5",
            "$PATH",
            "1h",
            "no-one",
            "10.0.0.0/8",
            "it's",
            "eu-west-3",
        ] {
            assert!(is_plain(text), "{text}");
        }
    }

    #[test]
    fn lists_stand_at_their_key_and_lines_stay_lines() {
        let value = json!({
            "a": [{ "b": 1, "c": [true, null] }, "x", [], {}, [["z"]]],
            "text": "one\n\n  two\n",
            "end": "one\ntwo",
        });
        assert_eq!(
            print(&value),
            "a:
- b: 1
  c:
  - true
  - null
- x
- []
- {}
-
  -
    - z
text: |
  one

    two
end: |-
  one
  two
"
        );
    }

    /// Text of everything that readers stumble over.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~\n\t]{0,12}",
            "(on|off|yes|no|true|null|[0-9]{1,4}|0x[0-9a-f]{2}|[0-9]:[0-9]{2}|~|-|#|: |a: b|é|'|\"|\\\\){0,3}",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            texts().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(texts(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn another_reader_reads_what_was_printed(value in values()) {
            let text = print(&value);
            let read: Value = yaml_serde::from_str(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}:\n{text}"))
            })?;
            prop_assert_eq!(read, value, "{}", text);
        }
    }
}
