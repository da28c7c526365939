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
    let here = visible(text, at);
    if let Some(tab) = tab(error.kind(), source, at) {
        return Diagnostic::error("yaml/tab", "a tab in the indentation")
            .primary(source.span(tab..tab + 1), "this is a tab")
            .hint("YAML indents with spaces only: replace the tab with spaces");
    }

    if let Some(diagnostic) = missing_space(error.kind(), source, at) {
        return diagnostic;
    }

    let (message, label, hint): (String, &str, Option<&str>) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => (
            format!("nested too deeply: more than {} levels", limits.depth),
            "one level too many",
            None,
        ),
        ErrorKind::UnclosedQuotedScalar => (
            "a quote is opened and never closed".into(),
            "opened here",
            Some(
                "close it with the same quote; in double quotes write an inner one as \\\", in single quotes as ''",
            ),
        ),
        ErrorKind::InvalidQuotedScalarIndent => (
            "a text in quotes goes on where it may not".into(),
            "the quotes are still open here",
            Some("close them on the line where they are opened"),
        ),
        ErrorKind::InvalidColonPlacement | ErrorKind::FlowMappingValueAdjacentCollection => (
            "a `:` where brackets are still open".into(),
            "no key can start here",
            Some("close the brackets first"),
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
    let mut diagnostic = Diagnostic::error(code(error.kind()), message)
        .primary(source.span(here), label)
        .hints(hint.map(str::to_owned));
    if let Some(open) = still_open(error.kind(), text, base, at) {
        diagnostic = diagnostic.secondary(source.span(open..open + 1), "opened here");
    }
    diagnostic
}

/// The character at a place; at the end of a line or of the file, the last one before it, so that there is something
/// to underline.
fn visible(text: &str, at: usize) -> std::ops::Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(c) = rest.chars().next().filter(|c| !c.is_whitespace()) {
        return at..at + c.len_utf8();
    }
    let before = text.get(..at).unwrap_or_default().trim_end();
    let start = before.char_indices().next_back().map_or(0, |(at, _)| at);
    start..before.len()
}

/// `run:[app]`: the parser takes the line as a text that goes on, and complains about the colon of the next.
fn missing_space(kind: &ErrorKind, source: &SourceFile, at: usize) -> Option<Diagnostic> {
    if !matches!(
        kind,
        ErrorKind::MappingValueNotAllowed
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey
    ) {
        return None;
    }
    let number = source.position(at).line;
    let candidates = [Some(number), number.checked_sub(1).filter(|n| *n > 0)];
    for number in candidates.into_iter().flatten() {
        let line = source.line(number);
        let text = &source.text()[line.clone()];
        let key = text.trim_start().trim_start_matches("- ");
        let word = key
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .unwrap_or(0);
        if word == 0 || text.contains(": ") || text.ends_with(':') {
            continue;
        }
        let after = key[word..].strip_prefix(':');
        if after.is_some_and(|after| !after.is_empty() && !after.starts_with("//")) {
            let colon = line.end - key.len() + word;
            return Some(
                Diagnostic::error("yaml/syntax", format!("no space after `{}:`", &key[..word]))
                    .primary(
                        source.span(colon..colon + 1),
                        "a space is missing after this",
                    )
                    .hint(format!(
                        "write `{}: {}`",
                        &key[..word],
                        after.unwrap_or_default().trim()
                    )),
            );
        }
    }
    None
}

/// The quote or bracket that is still open at a place, as far as can be told without parsing.
fn still_open(kind: &ErrorKind, text: &str, from: usize, at: usize) -> Option<usize> {
    let quote = matches!(
        kind,
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::DocumentIndicatorInQuotedScalar
    );
    let bracket = matches!(
        kind,
        ErrorKind::InvalidColonPlacement
            | ErrorKind::FlowMappingValueAdjacentCollection
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofImplicitFlowMapping
    );
    if !quote && !bracket {
        return None;
    }
    let mut brackets = Vec::new();
    let mut quoted: Option<(usize, u8)> = None;
    let mut before = b'\n';
    let bytes = text.as_bytes();
    let mut index = from;
    while index < at.min(bytes.len()) {
        let byte = bytes[index];
        match (quoted, byte) {
            (Some((_, b'"')), b'\\') => index += 1,
            (Some((_, quote)), byte) if byte == quote => quoted = None,
            // A quote only opens where a value may start: not in `don't`.
            (None, b'"' | b'\'') if matches!(before, b' ' | b'\n' | b'[' | b'{' | b',' | b'(') => {
                quoted = Some((index, byte));
            }
            (None, b'#') if matches!(before, b' ' | b'\n') => {
                index += bytes[index..].iter().position(|b| *b == b'\n').unwrap_or(0);
                before = b'\n';
                index += 1;
                continue;
            }
            (None, b'[' | b'{') => brackets.push(index),
            (None, b']' | b'}') => {
                brackets.pop();
            }
            _ => {}
        }
        before = byte;
        index += 1;
    }
    if quote {
        quoted.map(|(at, _)| at)
    } else {
        brackets.pop()
    }
}

fn code(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::RecursionLimitExceeded => "yaml/too-deep",
        _ => "yaml/syntax",
    }
}

/// The tab that is at fault, if one is. The parser names tabs in some places only; and what it points at is the text
/// before the tab, or the one behind it.
fn tab(kind: &ErrorKind, source: &SourceFile, at: usize) -> Option<usize> {
    let in_indentation = |number: usize| {
        let line = source.line(number);
        let text = &source.text()[line.clone()];
        let indentation = text.len() - text.trim_start_matches([' ', '\t']).len();
        text[..indentation].find('\t').map(|tab| line.start + tab)
    };
    let number = source.position(at).line;
    let named = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    );
    let tab = in_indentation(number);
    if !named {
        return tab;
    }
    let last = source.n_lines();
    tab.or_else(|| (number..=last.min(number + 20)).find_map(in_indentation))
        .or_else(|| Some(at + source.text().get(at..)?.find('\t')?))
}
