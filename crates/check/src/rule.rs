//! What a rule is.

use seaworthy_link::World;

use crate::Finding;

/// A relation that should hold, and what to say when it does not.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name in the catalogue: `irsa-missing-aud`.
    pub name: &'static str,
    /// What it costs when the relation does not hold.
    pub severity: Severity,
    /// Its page: what, why it matters, examples, when to allow it.
    pub page: &'static str,
    /// Finds the places.
    pub check: fn(&World, &mut Vec<Finding>),
}

/// What a disagreement costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It does not work.
    Breaks,
    /// Somebody can do or see what they should not.
    Insecure,
    /// It works until something ordinary happens.
    Unreliable,
    /// It costs more than it must.
    Costly,
}

impl Severity {
    /// The word that messages, settings and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Insecure => "insecure",
            Self::Unreliable => "unreliable",
            Self::Costly => "costly",
        }
    }
}

impl Rule {
    /// The headline of its page.
    pub fn headline(&self) -> &'static str {
        self.page
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or(self.name)
    }
}
