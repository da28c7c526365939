//! What a rule says about places.

use std::collections::BTreeMap;

use seaworthy_diagnostics::{Diagnostic, Label, LabelKind, Severity as Level, Span};
use seaworthy_facts::Value;

use crate::{Rule, Severity};

/// Two or more places that disagree.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What it costs.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The message with a label at each side: the primary where a reader will type.
    pub diagnostic: Diagnostic,
    /// What joins the sides, from the primary to the others.
    pub chain: Vec<Link>,
    /// What was taken from a table or assumed: "chart `x` 1.2 names its account `y` (read 2026-11-21)".
    pub assumed: Vec<String>,
    /// What it is about, in names and not lines, so that it is known again after an edit.
    pub identity: Vec<String>,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It follows from the text.
    Certain,
    /// It follows with knowledge of a chart, controller or cloud.
    Likely,
    /// It is a risk that depends on what is not in the files.
    Possible,
}

/// A step between two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The place.
    pub span: Span,
    /// What it is and leads to.
    pub says: String,
}

/// The most labels that a finding of many places has.
const MOST: usize = 48;
/// From this many on, findings are one habit and no slips.
const HABIT: usize = 3;

/// What one rule says of several places for the same `key`, told once where it is a habit: the first in the order of
/// places, with the others' labels.
pub(crate) fn together<K: Ord>(findings: &mut Vec<Finding>, key: impl Fn(&Finding) -> K) {
    let mut by_key: BTreeMap<K, Vec<Finding>> = BTreeMap::new();
    for finding in findings.drain(..) {
        by_key.entry(key(&finding)).or_default().push(finding);
    }
    for mut same in by_key.into_values() {
        if same.len() < HABIT {
            findings.extend(same);
            continue;
        }
        same.sort_by_key(Finding::order);
        let more = same.len() - 1;
        let mut same = same.into_iter();
        let Some(mut first) = same.next() else {
            continue;
        };
        same.for_each(|other| first.take_in(other));
        findings.push(first.note(format!("the same of {more} more")));
    }
}

impl Confidence {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

impl Finding {
    /// A finding without places yet. The headline is lower case, without a full stop, and names the things.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            // The run puts in which rule it was.
            rule: "",
            severity: Severity::Breaks,
            confidence: Confidence::Certain,
            diagnostic: Diagnostic::new(Level::Error, "", message),
            chain: Vec::new(),
            assumed: Vec::new(),
            identity: Vec::new(),
        }
    }

    /// The side that a reader will change.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.primary(span, message);
        self
    }

    /// Another side.
    #[must_use]
    pub fn and(mut self, span: Span, message: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.secondary(span, message);
        self
    }

    /// Another side, if there is one.
    #[must_use]
    pub fn and_maybe(self, side: Option<(Span, String)>) -> Self {
        match side {
            Some((span, message)) => self.and(span, message),
            None => self,
        }
    }

    /// A step between the sides.
    #[must_use]
    pub fn link(mut self, span: Span, says: impl Into<String>) -> Self {
        self.chain.push(Link {
            span,
            says: says.into(),
        });
        self
    }

    /// How a value came to its use, as steps.
    #[must_use]
    pub fn trail(mut self, value: &Value) -> Self {
        self.chain.extend(value.trail.steps().map(|step| Link {
            span: step.span,
            says: step.says.to_string(),
        }));
        self
    }

    /// A fact that a reader may not know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.note(note);
        self
    }

    /// What to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.hint(hint);
        self
    }

    /// What was taken from a table or assumed. A finding that assumes is at most likely.
    #[must_use]
    pub fn assume(mut self, what: impl Into<String>) -> Self {
        self.assumed.push(what.into());
        self.confidence = self.confidence.max(Confidence::Likely);
        self
    }

    /// How sure it is.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// The one change that puts it right; only where one side is plainly right.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.fix(title, span, text);
        self
    }

    /// What it is about, in names.
    #[must_use]
    pub fn about(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.identity.extend(names.into_iter().map(Into::into));
        self
    }

    pub(crate) fn settle(&mut self, rule: &Rule) {
        self.rule = rule.name;
        self.severity = rule.severity;
        self.diagnostic.code = rule.name;
        self.diagnostic.severity = match rule.severity {
            Severity::Breaks | Severity::Insecure => Level::Error,
            Severity::Unreliable | Severity::Costly => Level::Warning,
        };
    }

    /// Takes in what the same rule says of another place: its labels become further ones of this.
    fn take_in(&mut self, other: Self) {
        for label in other.diagnostic.labels {
            let known = self.diagnostic.labels.iter();
            if known.clone().all(|own| own.span != label.span) && known.len() < MOST {
                self.diagnostic.labels.push(Label {
                    kind: LabelKind::Secondary,
                    ..label
                });
            }
        }
        self.identity.extend(other.identity);
        self.confidence = self.confidence.max(other.confidence);
        for assumed in other.assumed {
            if !self.assumed.contains(&assumed) {
                self.assumed.push(assumed);
            }
        }
    }

    pub(crate) fn order(&self) -> impl Ord + use<> {
        (
            self.diagnostic.place(),
            self.rule,
            self.diagnostic.message.clone(),
            self.diagnostic
                .labels
                .iter()
                .map(|label| label.span)
                .collect::<Vec<_>>(),
        )
    }
}
