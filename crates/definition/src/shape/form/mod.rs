//! Forms of texts: what they must look like, for the reader and for editors.
//!
//! Each form has a pattern for the JSON Schema and a check for the reader. The check is the judge: it may refuse what
//! the pattern lets pass (a time zone that does not exist), never the other way round; a test holds them together.

use std::ops::Range;

mod cloud;
mod name;
mod place;
mod quantity;

pub(crate) use cloud::*;
pub(crate) use name::*;
pub(crate) use place::*;
pub(crate) use quantity::*;

/// A form of text.
#[derive(Debug)]
pub(crate) struct Form {
    /// What it is, in words for a message: ``a duration such as `30s` ``.
    pub(crate) what: &'static str,
    /// Some that fit, for editors.
    pub(crate) examples: &'static [&'static str],
    /// The pattern of the JSON Schema; empty: any text.
    pub(crate) pattern: &'static str,
    /// Whether a number without quotes is meant as its text.
    pub(crate) numbers: Numbers,
    /// Refuses what does not fit, with the reason.
    pub(crate) check: fn(&str) -> Result<(), Problem>,
    /// Where references may stand.
    pub(crate) references: References,
}

/// What a number without quotes means where text is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Its text, as written.
    AsWritten,
    /// A quantity without its unit, which the check explains.
    WithoutUnit,
    /// A mistake: quotes are missing.
    Quote,
}

/// What `${name.attribute}` means in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    /// It is replaced.
    Replaced,
    /// It stays as it stands, for a shell perhaps; one that names something of the platform is a mistake.
    Literal,
    /// It cannot fit.
    Refused,
}

/// Why a text does not fit its form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problem {
    /// The headline.
    pub(crate) message: Box<str>,
    /// Words at the place.
    pub(crate) label: Box<str>,
    /// What to try.
    pub(crate) hint: Option<String>,
    /// What to write instead, where that is certain.
    pub(crate) replacement: Option<String>,
    /// The part of the text that is wrong; `None`: all of it.
    pub(crate) at: Option<Range<usize>>,
    /// A code of its own.
    pub(crate) code: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into().into(),
            ..Self::default()
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into().into();
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn replacement(mut self, replacement: impl Into<String>) -> Self {
        self.replacement = Some(replacement.into());
        self
    }

    pub(crate) fn at(mut self, at: Range<usize>) -> Self {
        self.at = Some(at);
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

const fn form(
    what: &'static str,
    examples: &'static [&'static str],
    pattern: &'static str,
    check: fn(&str) -> Result<(), Problem>,
) -> Form {
    Form {
        what,
        examples,
        pattern,
        numbers: Numbers::Quote,
        check,
        references: References::Refused,
    }
}

impl Form {
    const fn quantity(mut self) -> Self {
        self.numbers = Numbers::WithoutUnit;
        self
    }

    const fn numbers(mut self) -> Self {
        self.numbers = Numbers::AsWritten;
        self
    }

    const fn references(mut self, references: References) -> Self {
        self.references = references;
        self
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of many checks")]
fn any(_: &str) -> Result<(), Problem> {
    Ok(())
}

fn filled(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        Err(Problem::new("an empty text").label("expected some text"))
    } else {
        Ok(())
    }
}

pub(crate) static TEXT: Form = form("a text", &[], r"\S", filled);
/// A word of a command: a program or an argument.
pub(crate) static WORD: Form = form("a text", &[], "", any).references(References::Literal);
/// A value of `env`.
pub(crate) static TEMPLATE: Form = form(
    "a text, with references such as `${counter.host}`",
    &["info", "${counter.host}"],
    "",
    any,
)
.numbers()
.references(References::Replaced);
