//! Options and arguments of a command line.

use seaworthy_facts::{Text, Value};

/// A command line taken apart.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Options in order, without their dashes, with their values.
    pub(super) given: Vec<(String, Option<Value>)>,
    /// Everything else, in order.
    pub(super) rest: Vec<Value>,
    /// What follows `--`.
    pub(super) after: Vec<Value>,
}

impl Options {
    /// Takes arguments apart. `valued` are the options that take the next word when they have no `=`: `f`, `namespace`.
    pub(super) fn new(arguments: &[Value], valued: &[&str]) -> Self {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let Some(text) = word.text() else {
                options.rest.push(word.clone());
                continue;
            };
            let start = text.known_prefix();
            if start == "--" && text.literal() == Some("--") {
                options.after.extend(words.cloned());
                break;
            }
            if !start.starts_with('-') || start == "-" {
                options.rest.push(word.clone());
                continue;
            }
            if let Some((name, value)) = text.split_once('=')
                && let Some(name) = name.literal()
                && (name.starts_with("--") || valued.contains(&&name[1..]) || name.len() > 2)
            {
                let value = Value {
                    data: crate::fragment::value(value, word.span).data,
                    ..word.clone()
                };
                options
                    .given
                    .push((name.trim_start_matches('-').to_owned(), Some(value)));
                continue;
            }
            let Some(literal) = text.literal() else {
                // `-f$FILE`, `-n${NS}`
                options.attached(&text, word, valued);
                continue;
            };
            let name = literal.trim_start_matches('-');
            if valued.contains(&name) {
                options.given.push((name.to_owned(), words.next().cloned()));
            } else if !literal.starts_with("--") && name.len() > 1 {
                options.short(name, &text, word, &mut words, valued);
            } else {
                options.given.push((name.to_owned(), None));
            }
        }
        options
    }

    fn attached(&mut self, text: &Text, word: &Value, valued: &[&str]) {
        let mut characters = text.known_prefix().chars();
        characters.next();
        let Some(first) = characters.next() else {
            return;
        };
        if !valued.contains(&first.to_string().as_str()) {
            return;
        }
        let mut value = Text::from(characters.as_str());
        for part in text.parts().iter().skip(1) {
            match part {
                seaworthy_facts::Part::Literal(literal) => value.push_str(literal),
                seaworthy_facts::Part::Hole(hole) => value.push_hole(hole.clone()),
            }
        }
        let data = crate::fragment::value(value, word.span).data;
        self.given.push((
            first.to_string(),
            Some(Value {
                data,
                ..word.clone()
            }),
        ));
    }

    /// `-it`, `-nprod`, `-auto-approve`: several flags, a flag with its value, or a long one with a single dash.
    fn short<'w>(
        &mut self,
        name: &str,
        text: &Text,
        word: &Value,
        words: &mut impl Iterator<Item = &'w Value>,
        valued: &[&str],
    ) {
        let mut characters = name.chars();
        let Some(first) = characters.next() else {
            return;
        };
        if valued.contains(&first.to_string().as_str()) {
            self.attached(text, word, valued);
            return;
        }
        if name.len() <= 4
            && let Some(last) = name.chars().next_back()
            && valued.contains(&last.to_string().as_str())
        {
            for flag in name.chars().take(name.chars().count() - 1) {
                self.given.push((flag.to_string(), None));
            }
            self.given.push((last.to_string(), words.next().cloned()));
            return;
        }
        self.given.push((name.to_owned(), None));
    }

    /// The values of an option, by any of its names, in order.
    pub(super) fn all<'o>(&'o self, names: &'o [&str]) -> impl Iterator<Item = &'o Value> {
        self.given
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, value)| value.as_ref())
    }

    /// The last value of an option.
    pub(super) fn one(&self, names: &[&str]) -> Option<Value> {
        self.all(names).last().cloned()
    }

    /// Whether an option is given, with a value or without, and not `=false`.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(name, value)| {
            names.contains(&name.as_str())
                && value
                    .as_ref()
                    .is_none_or(|value| value.bool() != Some(false))
        })
    }

    /// The argument at a place, where it is known text.
    pub(super) fn word(&self, at: usize) -> &str {
        self.rest.get(at).and_then(Value::str).unwrap_or_default()
    }
}
