//! Cuts a text that does not parse at its top-level blocks, and takes conflict markers out of it.

use std::ops::Range;

use seaworthy_diagnostics::{Diagnostic, FileId, Span};

/// The text without the markers of an unfinished merge and without the other side's lines, at equal length; `None`
/// where there are none.
pub(super) fn without_conflicts(
    file: FileId,
    path: &str,
    text: &str,
    broken: &mut Vec<Diagnostic>,
) -> Option<String> {
    if !text.contains("<<<<<<< ") || !text.contains("\n>>>>>>> ") {
        return None;
    }
    let mut result = String::with_capacity(text.len());
    let (mut at, mut started, mut theirs) = (0, None, false);
    for line in text.split_inclusive('\n') {
        let marker = line.starts_with("<<<<<<< ")
            || (started.is_some()
                && (line.starts_with("=======")
                    || line.starts_with("||||||| ")
                    || line.starts_with(">>>>>>> ")));
        if line.starts_with("<<<<<<< ") {
            started = Some(at);
            theirs = false;
        } else if marker && !line.starts_with(">>>>>>> ") {
            theirs = true;
        }
        if marker || (started.is_some() && theirs) {
            result.extend(
                line.bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            result.push_str(line);
        }
        if line.starts_with(">>>>>>> ")
            && let Some(start) = started.take()
        {
            theirs = false;
            let length = text[start..].find('\n').unwrap_or(text.len() - start);
            broken.push(
                Diagnostic::error(
                    "terraform/conflict",
                    format!("`{path}` holds the markers of an unfinished merge"),
                )
                .primary(Span::new(file, start..start + length), "starts here")
                .secondary(Span::new(file, at..at + line.trim_end().len()), "ends here")
                .note("its first side was read"),
            );
        }
        at += line.len();
    }
    Some(result)
}

/// Words that begin a block which nothing can hold.
const STARTS: [&str; 9] = [
    "resource \"",
    "data \"",
    "module \"",
    "variable \"",
    "output \"",
    "provider \"",
    "locals {",
    "terraform {",
    "moved {",
];

/// The parts of a text that stand for themselves: each ends where its braces close, or where the next one must begin.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut scan = Scan::default();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let begins = scan.heredoc.is_none() && STARTS.iter().any(|word| line.starts_with(word));
        if begins && start < at {
            chunks.push(start..at);
            start = at;
            scan = Scan::default();
        }
        scan.line(line);
        at += line.len();
        if scan.depth == 0 && scan.heredoc.is_none() && !scan.comment && line.trim_end() == "}" {
            chunks.push(start..at);
            start = at;
        }
    }
    if start < text.len() {
        chunks.push(start..text.len());
    }
    chunks
}

/// Where in the language a scan is, between lines.
#[derive(Default)]
struct Scan {
    depth: usize,
    heredoc: Option<String>,
    comment: bool,
}

impl Scan {
    fn line(&mut self, line: &str) {
        if let Some(end) = &self.heredoc {
            if line.trim() == end {
                self.heredoc = None;
            }
            return;
        }
        let bytes = line.as_bytes();
        let mut at = 0;
        // Quotes cannot span lines, but a `${` within may open quotes again: a stack of what closes.
        let mut quotes: Vec<usize> = Vec::new();
        let mut quoted = false;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if self.comment {
                if rest.starts_with(b"*/") {
                    self.comment = false;
                    at += 1;
                }
            } else if quoted {
                match rest[0] {
                    b'\\' => at += 1,
                    b'"' => quoted = false,
                    b'$' | b'%' if rest.get(1) == Some(&b'{') => {
                        at += 1;
                        quotes.push(self.depth);
                        self.depth += 1;
                        quoted = false;
                    }
                    _ => {}
                }
            } else {
                match rest[0] {
                    b'#' => return,
                    b'/' if rest.get(1) == Some(&b'/') => return,
                    b'/' if rest.get(1) == Some(&b'*') => {
                        self.comment = true;
                        at += 1;
                    }
                    b'"' => quoted = true,
                    b'{' => self.depth += 1,
                    b'}' => {
                        self.depth = self.depth.saturating_sub(1);
                        if quotes.last() == Some(&self.depth) {
                            quotes.pop();
                            quoted = true;
                        }
                    }
                    b'<' if rest.get(1) == Some(&b'<') => {
                        let word = line[at + 2..].trim_start_matches('-').trim();
                        if !word.is_empty()
                            && word
                                .bytes()
                                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
                        {
                            self.heredoc = Some(word.to_owned());
                            return;
                        }
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        if let Some(depth) = quotes.first() {
            self.depth = *depth;
        }
    }
}
