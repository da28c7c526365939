//! Which findings are wanted: rules, themes and severities by name.

use seaworthy_diagnostics::suggest;

use crate::{Confidence, Finding, Severity, rules};

/// The name under which files that cannot be read are selected and allowed, beside the rules.
pub const SYNTAX: &str = "syntax";

/// A rule, a theme or a severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// One rule.
    Rule(&'static str),
    /// All rules of a theme.
    Theme(&'static str),
    /// All rules of a severity.
    Severity(Severity),
    /// Files that cannot be read.
    Syntax,
    /// Everything.
    All,
}

/// What is shown: what is selected, without what is ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these; everything where there are none.
    pub select: Vec<Selector>,
    /// Not these.
    pub ignore: Vec<Selector>,
}

/// What makes a run fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny(pub Vec<Severity>);

impl Default for Deny {
    /// What does not work and what is not safe.
    fn default() -> Self {
        Self(vec![Severity::Breaks, Severity::Insecure])
    }
}

/// Every severity, the worst first.
pub const SEVERITIES: [Severity; 4] = [
    Severity::Breaks,
    Severity::Insecure,
    Severity::Unreliable,
    Severity::Costly,
];

impl Severity {
    /// A severity by its word.
    pub fn parse(word: &str) -> Option<Self> {
        SEVERITIES
            .into_iter()
            .find(|severity| severity.as_str() == word)
    }
}

impl Selector {
    /// A selector by its word; otherwise what is wrong with the word, and the nearest one.
    pub fn parse(word: &str) -> Result<Self, UnknownSelector> {
        if word == "all" {
            return Ok(Self::All);
        }
        if word == SYNTAX {
            return Ok(Self::Syntax);
        }
        if let Some(severity) = Severity::parse(word) {
            return Ok(Self::Severity(severity));
        }
        if let Some(theme) = rules::themes().iter().find(|theme| theme.name == word) {
            return Ok(Self::Theme(theme.name));
        }
        if let Some(rule) = rules::find(word) {
            return Ok(Self::Rule(rule.name));
        }
        let words = SEVERITIES
            .iter()
            .map(|severity| severity.as_str())
            .chain(rules::themes().iter().map(|theme| theme.name))
            .chain(rules::all().map(|rule| rule.name))
            .chain([SYNTAX, "all"]);
        Err(UnknownSelector {
            word: word.to_owned(),
            nearest: suggest(word, words),
        })
    }

    fn takes(self, rule: &str, severity: Option<Severity>) -> bool {
        match self {
            Self::Rule(name) => name == rule,
            Self::Theme(theme) => rules::theme_of(rule).is_some_and(|of| of.name == theme),
            Self::Severity(wanted) => severity == Some(wanted),
            Self::Syntax => severity.is_none(),
            Self::All => true,
        }
    }
}

/// A word that is no rule, no theme and no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no rule, no theme and no severity")]
pub struct UnknownSelector {
    /// The word.
    pub word: String,
    /// What was probably meant.
    pub nearest: Option<&'static str>,
}

impl Selection {
    /// Whether a rule's findings are shown.
    pub fn takes_rule(&self, rule: &str) -> bool {
        self.takes(rule, rules::find(rule).map(|rule| rule.severity))
    }

    /// Whether a finding is shown.
    pub fn takes_finding(&self, finding: &Finding) -> bool {
        self.takes(finding.rule, Some(finding.severity))
    }

    /// Whether files that cannot be read are shown. Selecting rules does not hide them: what is not read hides what
    /// the rules would say.
    pub fn takes_syntax(&self) -> bool {
        !self.ignore.iter().any(|selector| selector.takes("", None))
    }

    fn takes(&self, rule: &str, severity: Option<Severity>) -> bool {
        let any = |selectors: &[Selector]| {
            selectors
                .iter()
                .any(|selector| selector.takes(rule, severity))
        };
        (self.select.is_empty() || any(&self.select)) && !any(&self.ignore)
    }
}

impl Deny {
    /// Whether a finding makes the run fail. What is only possible never does: it may be as it should be.
    pub fn takes(&self, finding: &Finding) -> bool {
        self.0.contains(&finding.severity) && finding.confidence != Confidence::Possible
    }
}
