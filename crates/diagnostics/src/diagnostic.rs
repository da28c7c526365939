//! What is said about a place in the user's files.

use crate::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It cannot work, or not as written.
    Error,
    /// It works, and most likely not as meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word that messages and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One finding: a headline that stands alone, the places it is about, and what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A group and a slug that names the problem: `definition/unknown-key`.
    pub code: &'static str,
    /// The headline: lower case, no full stop, understood without the source.
    pub message: String,
    /// The places: one primary where the reader will type, and others that explain it, also in other files.
    pub labels: Vec<Label>,
    /// Facts the reader could not know.
    pub notes: Vec<String>,
    /// What to try.
    pub hints: Vec<String>,
    /// A change that puts it right, where there is exactly one.
    pub fix: Option<Fix>,
}

/// A place with a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Its part in the diagnostic.
    pub kind: LabelKind,
    /// The words beside the underline; may be empty.
    pub message: String,
}

/// What part a label plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// Where the reader will type.
    Primary,
    /// The other end.
    Secondary,
}

/// A change of the source that puts it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// The changes, none overlapping.
    pub edits: Vec<Edit>,
}

/// One replaced span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic without a place yet.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            hints: Vec::new(),
            fix: None,
        }
    }

    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Adds the place where the reader will type.
    #[must_use]
    pub fn primary(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            kind: LabelKind::Primary,
            message: message.into(),
        });
        self
    }

    /// Adds another place that explains it.
    #[must_use]
    pub fn secondary(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            kind: LabelKind::Secondary,
            message: message.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds something to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds something to try, if there is something.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// Adds the one change that puts it right.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        self.fix = Some(Fix {
            title: title.into(),
            edits: vec![Edit {
                span,
                replacement: replacement.into(),
            }],
        });
        self
    }

    /// Where the reader will type: the first primary label, else the first label.
    pub fn place(&self) -> Option<Span> {
        self.labels
            .iter()
            .find(|label| label.kind == LabelKind::Primary)
            .or_else(|| self.labels.first())
            .map(|label| label.span)
    }
}

/// Sorts by file and place, then by what is said, and drops what is said twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.place(), d.severity, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
