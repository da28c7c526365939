//! What the parser's errors mean to a person.

use granit_parser::{ErrorKind, ScanError};
use seaworthy_diagnostics::{Diagnostic, SourceFile};

use crate::Limits;

/// A parser's error as a diagnostic. `base` is what the parser's offsets lack: a byte order mark at the start.
pub(crate) fn diagnostic(
    error: &ScanError,
    source: &SourceFile,
    base: usize,
    limits: &Limits,
) -> Diagnostic {
    let text = source.text();
    let at = (error.marker().byte_offset().unwrap_or(0) + base).min(text.len());
    let here = at..at
        + text
            .get(at..)
            .and_then(|t| t.chars().next())
            .map_or(0, char::len_utf8);
    let line = source.line(source.position(at).line);
    let line_text = &text[line.clone()];

    if let Some(tab) = tab_in_indentation(error.kind(), line_text) {
        let span = source.span(line.start + tab..line.start + tab + 1);
        return Diagnostic::error("yaml/tab", "a tab in the indentation")
            .primary(span, "this is a tab")
            .hint("YAML indents with spaces only: replace the tab with spaces");
    }

    let (message, label, hint): (String, &str, Option<&str>) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => (
            format!("nested too deeply: more than {} levels", limits.depth),
            "",
            None,
        ),
        ErrorKind::UnclosedQuotedScalar => (
            "a quote is opened and never closed".into(),
            "opened here",
            Some(
                "close it with the same quote; in double quotes write an inner one as \\\", in single quotes as ''",
            ),
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is opened and never closed"),
            "opened here",
            None,
        ),
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => (
            "the file ends inside `{…}`".into(),
            "",
            Some("close it with `}`"),
        ),
        ErrorKind::UnexpectedEofFlowSequence => (
            "the file ends inside `[…]`".into(),
            "",
            Some("close it with `]`"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => ("expected `,` or `}` here".into(), "", None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("expected `,` or `]` here".into(), "", None),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "", None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("a closing bracket that nothing opened".into(), "", None)
        }
        ErrorKind::MappingValueNotAllowed => (
            "a second `: ` on one line".into(),
            "not allowed here",
            Some(
                "put a value that holds `: ` in quotes; a nested key goes on a line of its own, indented further",
            ),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => (
            "this line is not indented as the ones around it".into(),
            "no key or item can start here",
            Some(
                "indent it as far as the keys it belongs with; every key of one map starts in the same column",
            ),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => (
            "this line is not indented as the list around it".into(),
            "expected `- ` here",
            None,
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "a key without `:`".into(),
            "expected `: ` after this",
            Some("write `key: value`, with a space after the colon"),
        ),
        ErrorKind::UnexpectedCharacter {
            character: '@' | '`',
        } => (
            "a value may not start with this character".into(),
            "reserved by YAML",
            Some("put the value in quotes"),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("`{character}` may not stand here"),
            "",
            Some("put the value in quotes"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "an escape that YAML does not know".into(),
            "",
            Some(
                "in double quotes a backslash is written \\\\; single quotes take it as it stands",
            ),
        ),
        ErrorKind::MissingAnchorOrAliasName => (
            "`*` and `&` start an alias or an anchor, and here no name follows".into(),
            "",
            Some("put the value in quotes if the character is meant as it stands"),
        ),
        ErrorKind::CommentNotSeparated => (
            "a comment needs a space before its `#`".into(),
            "",
            Some("put the value in quotes if `#` belongs to it"),
        ),
        ErrorKind::TooManyComments => ("too many comment lines in one place".into(), "", None),
        ErrorKind::BomInsideDocument => (
            "a byte order mark in the middle of the file".into(),
            "this character cannot be seen",
            Some("delete it; it comes from joining two files"),
        ),
        other => (format!("not valid YAML: {other}"), "", None),
    };
    Diagnostic::error(code(error.kind()), message)
        .primary(source.span(here), label)
        .hints(hint.map(str::to_owned))
}

fn code(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::RecursionLimitExceeded => "yaml/too-deep",
        _ => "yaml/syntax",
    }
}

/// The tab that is at fault, if one is: the parser names tabs in some places only, and points behind them in others.
fn tab_in_indentation(kind: &ErrorKind, line: &str) -> Option<usize> {
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tab = line[..indentation].find('\t');
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => tab.or_else(|| line.find('\t')),
        _ => tab,
    }
}
