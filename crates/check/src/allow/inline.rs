//! Allowances in comments: `# seaworthy: allow RULE because REASON`, on the line of the place or on the one before.
//!
//! The comment may be written as each language has it: `#`, `//`, `/* */`, `<!-- -->`, `{{/* */}}`, `--`. What is wrong
//! with one is an error: an allowance that does not work must not look as if it did.

use seaworthy_diagnostics::{Diagnostic, SourceFile};
use seaworthy_facts::{Source, SourceKind, Sources};

use super::{Allowance, Scope, nearest_rule, rule};

const MARK: &str = "seaworthy: allow";

/// How comments begin; longer ones before those that they begin with.
const OPENERS: [&str; 7] = ["{{- /*", "{{/*", "<!--", "/*", "//", "--", "#"];

/// Every allowance in a comment, and what is wrong with those that cannot be understood.
pub fn read(sources: &Sources) -> (Vec<Allowance>, Vec<Diagnostic>) {
    let (mut allowances, mut problems) = (Vec::new(), Vec::new());
    for source in sources.iter().filter(|source| !source.vendored) {
        let text = source.file.text();
        for (at, _) in text.match_indices(MARK) {
            match one(source, at) {
                Some(Ok(allowance)) => allowances.push(allowance),
                Some(Err(problem)) => problems.push(*problem),
                None => {}
            }
        }
    }
    (allowances, problems)
}

/// The allowance at `at`; nothing where that is no comment.
fn one(source: &Source, at: usize) -> Option<Result<Allowance, Box<Diagnostic>>> {
    let file = &source.file;
    let number = file.position(at).line;
    let line = file.line(number);
    let before = &file.text()[line.start..at];
    let opener = opener(before)?;
    // Prose may tell how an allowance is written; only a comment of the prose's own is one.
    if source.kind == SourceKind::Document && opener != "<!--" {
        return None;
    }
    let start = line.start + before.rfind(opener).unwrap_or(0);
    let alone = file.text()[line.start..start].trim().is_empty();
    let span = file.span(start..line.end);
    let rest = &file.text()[at + MARK.len()..line.end];
    let rest = closed(rest, opener);
    let (word, reason) = match rest.split_once(" because ") {
        Some((word, reason)) => (word.trim(), reason.trim()),
        None => (rest.trim().trim_end_matches(" because"), ""),
    };
    let wrong = |message: String, hint: String| {
        let diagnostic = Diagnostic::error("check/allowance", message)
            .primary(span, "")
            .hint(hint);
        Some(Err(Box::new(diagnostic)))
    };
    let Some(rule) = rule(word) else {
        return wrong(
            format!("`{word}` is no rule"),
            match nearest_rule(word) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`seaworthy rule` lists them".to_owned(),
            },
        );
    };
    if reason.is_empty() {
        return wrong(
            format!("the allowance of `{rule}` gives no reason"),
            format!("write `seaworthy: allow {rule} because …`; without a reason it has no effect"),
        );
    }
    let about = if alone {
        next_line(file, number, opener)
    } else {
        number
    };
    Some(Ok(Allowance {
        rule,
        reason: reason.to_owned(),
        span,
        scope: Scope::Lines {
            file: file.id(),
            lines: [number, about],
        },
    }))
}

/// The opener of the comment that starts right before, with nothing between but spaces.
fn opener(before: &str) -> Option<&'static str> {
    let before = before.trim_end();
    let opener = OPENERS
        .into_iter()
        .find(|opener| before.ends_with(opener))?;
    let ahead = &before[..before.len() - opener.len()];
    // `http://` and `a#b` begin no comment.
    ahead
        .chars()
        .next_back()
        .is_none_or(char::is_whitespace)
        .then_some(opener)
}

/// A comment's text without what closes it.
fn closed<'a>(text: &'a str, opener: &str) -> &'a str {
    let closers: &[&str] = match opener {
        "<!--" => &["-->"],
        "/*" => &["*/"],
        "{{/*" | "{{- /*" => &["*/}}", "*/ -}}", "*/ }}"],
        _ => &[],
    };
    let end = closers.iter().filter_map(|closer| text.find(closer)).min();
    &text[..end.unwrap_or(text.len())]
}

/// So many lines may stand between an allowance and what it is about: further comments.
const FARTHEST: usize = 20;

/// The next line that holds more than a comment.
fn next_line(file: &SourceFile, number: usize, opener: &str) -> usize {
    (number + 1..=file.n_lines().min(number + FARTHEST))
        .find(|number| {
            let text = file.text()[file.line(*number)].trim();
            !text.is_empty() && !text.starts_with(opener)
        })
        .unwrap_or(number)
}
