//! Allowances: places where a rule may be broken, each with a reason. They stand beside the place ([`inline`]) or in the
//! settings file ([`Settings`](crate::Settings)).

pub mod inline;

use globset::GlobMatcher;
use seaworthy_diagnostics::{Diagnostic, FileId, Span};
use seaworthy_facts::Sources;

use crate::{Finding, SYNTAX, fingerprint, rules};

/// A place where a rule may be broken, and why.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// The rule, or `syntax`.
    pub rule: &'static str,
    /// Why it is right here.
    pub reason: String,
    /// Where the allowance itself is written.
    pub span: Span,
    /// What it allows.
    pub scope: Scope,
}

/// What an allowance allows.
#[derive(Debug, Clone)]
pub enum Scope {
    /// A finding with a label that starts on one of these lines.
    Lines {
        /// The file.
        file: FileId,
        /// The comment's line, and the line that it is about.
        lines: [usize; 2],
    },
    /// A finding whose primary place is in a file of this pattern, and that is about this name.
    Named {
        /// A pattern of paths, from the repository's top.
        path: Option<GlobMatcher>,
        /// A pattern of names.
        about: Option<GlobMatcher>,
    },
}

/// A rule's name by its word, `syntax` included.
pub(crate) fn rule(word: &str) -> Option<&'static str> {
    if word == SYNTAX {
        return Some(SYNTAX);
    }
    rules::find(word).map(|rule| rule.name)
}

/// The nearest name of a rule.
pub(crate) fn nearest_rule(word: &str) -> Option<&'static str> {
    let names = rules::all().map(|rule| rule.name).chain([SYNTAX]);
    seaworthy_diagnostics::suggest(word, names)
}

impl Allowance {
    /// Whether it allows a finding.
    pub fn allows(&self, finding: &Finding, sources: &Sources) -> bool {
        self.rule == finding.rule && self.allows_at(&finding.diagnostic, &finding.identity, sources)
    }

    /// Whether it allows that a file cannot be read.
    pub fn allows_syntax(&self, diagnostic: &Diagnostic, sources: &Sources) -> bool {
        self.rule == SYNTAX && self.allows_at(diagnostic, &[], sources)
    }

    fn allows_at(&self, diagnostic: &Diagnostic, identity: &[String], sources: &Sources) -> bool {
        match &self.scope {
            Scope::Lines { file, lines } => diagnostic
                .labels
                .iter()
                .any(|label| label.span.file == *file && lines.contains(&sources.line(label.span))),
            Scope::Named { path, about } => {
                let in_path = path.as_ref().is_none_or(|path| {
                    diagnostic.place().is_some_and(|place| {
                        path.is_match(fingerprint::path_in_repository(sources, place.file))
                    })
                });
                let is_about = about
                    .as_ref()
                    .is_none_or(|about| identity.iter().any(|name| about.is_match(name)));
                in_path && is_about
            }
        }
    }
}
