//! Keys that do not belong where they stand.

use std::collections::HashSet;

use seaworthy_diagnostics::{Diagnostic, Span, suggest};

use super::{Pair, Reader};
use crate::shape::{Key, Object, PLATFORM, Shape, Stranger, all_of, one_of};

impl<'a> Reader<'a> {
    pub(super) fn unknown_key(
        &mut self,
        pair: &Pair<'a>,
        span: Span,
        object: &'static Object,
        given: &HashSet<&str>,
    ) -> Option<&'static Key> {
        let place = if self.path.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.path())
        };
        let word = pair.text;
        if word.is_empty() {
            self.report(
                Diagnostic::error(
                    "definition/unknown-key",
                    format!("a value without a key{place}"),
                )
                .primary(self.visible(span), ""),
            );
            return None;
        }
        let diagnostic = Diagnostic::error(
            "definition/unknown-key",
            format!("unknown key `{word}`{place}"),
        )
        .primary(span, "");
        let strangers = object
            .strangers
            .iter()
            .find(|s| s.word == word || s.word.eq_ignore_ascii_case(&word.replace(['_', '-'], "")));
        let usable = |key: &&Key| !self.partial || key.overridable;
        let near = suggest(word, object.keys.iter().filter(usable).map(|key| key.name))
            .filter(|near| !given.contains(*near))
            .and_then(|near| object.key(near));
        if let Some(stranger) = strangers {
            self.report(stranger_of(diagnostic, stranger));
            return None;
        }
        if let Some(near) = near {
            self.report(
                diagnostic
                    .hint(format!("did you mean `{}`?", near.name))
                    .fix(format!("rename it to `{}`", near.name), span, near.name),
            );
            return Some(near);
        }
        let words = object.strangers.iter().map(|stranger| stranger.word);
        if let Some(near) = suggest(word, words)
            && let Some(stranger) = object.strangers.iter().find(|s| s.word == near)
        {
            self.report(stranger_of(diagnostic, stranger));
            return None;
        }
        let elsewhere = homes(word);
        let diagnostic = if elsewhere.is_empty() {
            let keys = object.keys.iter().filter(usable).map(|key| key.name);
            diagnostic
                .note(format!("the keys here are {}", all_of(keys)))
                .hint("a key of your own starts with `x-`")
        } else {
            let homes: Vec<&str> = elsewhere.iter().map(String::as_str).take(3).collect();
            diagnostic.hint(format!("`{word}` belongs in {}", one_of(homes)))
        };
        self.report(diagnostic);
        None
    }

    pub(super) fn not_overridable(&mut self, key: &Key, span: Span) {
        self.report(
            Diagnostic::error(
                "definition/not-overridable",
                format!("an environment cannot change `{}`", key.name),
            )
            .primary(span, "it is the same everywhere")
            .hint(if key.name == "was" {
                "write `was:` where the thing is declared"
            } else {
                "write it at the top of the definition"
            }),
        );
    }
}

/// A word of another tool, and ours.
fn stranger_of(mut diagnostic: Diagnostic, stranger: &Stranger) -> Diagnostic {
    diagnostic.labels[0].message = match stranger.whose {
        whose @ ("other tools" | "a service" | "the platform") => format!("a word of {whose}"),
        whose if whose.ends_with('s') => format!("{whose}' word"),
        whose => format!("{whose}'s word"),
    };
    diagnostic.hint(stranger.ours)
}

/// Where else a key of that name may stand.
fn homes(word: &str) -> Vec<String> {
    fn search(object: &'static Object, path: &str, word: &str, found: &mut Vec<String>) {
        for key in object.keys {
            let here = if path.is_empty() {
                key.name.to_owned()
            } else {
                format!("{path}.{}", key.name)
            };
            if key.name == word {
                found.push(if path.is_empty() {
                    "the top of the definition".to_owned()
                } else {
                    path.to_owned()
                });
            }
            match key.shape {
                Shape::Object(object) | Shape::Short { long: object, .. } => {
                    search(object, &here, word, found);
                }
                Shape::Names {
                    value: Shape::Object(object) | Shape::Short { long: object, .. },
                    thing,
                    ..
                } => {
                    search(object, &format!("{here}.<{thing}>"), word, found);
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    search(&PLATFORM, "", word, &mut found);
    found.dedup();
    found
}
