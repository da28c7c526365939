//! The one namespace of everything that can be referred to.

use indexmap::IndexMap;
use seaworthy_diagnostics::{Diagnostic, Span, suggest};

use super::{Resolver, Scope};
use crate::template::Thing;

/// Every service, database, secret, bucket and job by name.
#[derive(Default)]
pub(super) struct Names {
    declared: IndexMap<String, (Thing, Span)>,
    /// Some could not be read, so that what seems to be nothing may be one of them.
    pub(super) incomplete: bool,
}

impl Names {
    pub(super) fn get(&self, name: &str) -> Option<(Thing, Span)> {
        self.declared.get(name).copied()
    }

    /// The nearest spelling among what satisfies a condition.
    pub(super) fn nearest(&self, name: &str, fits: impl Fn(Thing) -> bool) -> Option<&str> {
        suggest(
            name,
            self.declared
                .iter()
                .filter(|(_, (thing, _))| fits(*thing))
                .map(|(name, _)| name.as_str()),
        )
    }

    /// Every name that satisfies a condition.
    pub(super) fn all(&self, fits: impl Fn(Thing) -> bool) -> impl Iterator<Item = &str> {
        self.declared
            .iter()
            .filter(move |(_, (thing, _))| fits(*thing))
            .map(|(name, _)| name.as_str())
    }
}

impl Resolver<'_> {
    /// Collects the names, and reports what shares one.
    pub(super) fn names(&mut self, platform: &Scope<'_>) {
        for (thing, key) in Thing::ALL {
            self.names.incomplete |= platform.has(key) && platform.get(key).is_none();
            for (name, value) in platform.names(key) {
                match self.names.get(name) {
                    None => {
                        self.names
                            .declared
                            .insert(name.to_owned(), (thing, value.key));
                    }
                    Some((other, place)) => self.diagnostics.push(
                        Diagnostic::error(
                            "definition/shared-name",
                            format!(
                                "a {} and a {} are both called `{name}`",
                                other.noun(),
                                thing.noun()
                            ),
                        )
                        .primary(value.key, format!("a {}", thing.noun()))
                        .secondary(place, format!("a {}", other.noun()))
                        .note(format!("`${{{name}.…}}` could mean either"))
                        .hint("rename one of the two"),
                    ),
                }
            }
        }
    }
}
