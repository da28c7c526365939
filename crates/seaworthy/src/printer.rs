//! Printing: values to stdout, talk to stderr, colours only where a person looks.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use seaworthy_diagnostics::text::Colour;
use seaworthy_diagnostics::{Diagnostic, SourceFile};
use seaworthy_local::Failure;

use crate::arguments::Format;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// Writes a value to stdout, with a newline.
pub(crate) fn value(text: &str) -> std::io::Result<()> {
    writeln!(anstream::stdout(), "{text}")
}

/// Writes a value as JSON to stdout.
pub(crate) fn json<T: serde::Serialize>(value: &T, pretty: bool) -> std::io::Result<()> {
    let text = if pretty {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    writeln!(
        std::io::stdout(),
        "{}",
        text.map_err(std::io::Error::other)?
    )
}

/// Says something to stderr.
pub(crate) fn say(text: &str) {
    anstream::eprintln!("{text}");
}

/// A note on stderr.
pub(crate) fn note(text: &str) {
    say(&format!("{CYAN}note{CYAN:#}: {text}"));
}

/// A failure in full on stderr.
pub(crate) fn failure(failure: &Failure) {
    say(&failure_text(failure));
}

/// A failure in full: what, why, the last lines, what to do.
pub(crate) fn failure_text(failure: &Failure) -> String {
    let mut text = format!("{RED}error{RED:#}{BOLD}: {}{BOLD:#}", failure.what);
    for why in &failure.why {
        for (n, line) in why.lines().enumerate() {
            text.push_str(if n == 0 { "\n  - " } else { "\n    " });
            text.push_str(line);
        }
    }
    if !failure.log.is_empty() {
        text.push_str("\n  its last lines:");
        for line in &failure.log {
            let _ = write!(text, "\n    {DIM}|{DIM:#} {line}");
        }
    }
    if !failure.hints.is_empty() {
        text.push('\n');
    }
    for hint in &failure.hints {
        let _ = write!(text, "\n{CYAN}hint{CYAN:#}: {hint}");
    }
    text
}

/// Diagnostics: as text to stderr, as JSON to stdout.
pub(crate) fn diagnostics(
    diagnostics: &[Diagnostic],
    sources: &[&SourceFile],
    format: Format,
) -> std::io::Result<()> {
    match format {
        Format::Json => {
            let text = seaworthy_diagnostics::json::render(diagnostics, sources);
            writeln!(std::io::stdout(), "{text}")
        }
        Format::Text if diagnostics.is_empty() => Ok(()),
        Format::Text => {
            let colour = if std::io::stderr().is_terminal() && !no_colour() {
                Colour::Always
            } else {
                Colour::Never
            };
            let text = seaworthy_diagnostics::text::render(diagnostics, sources, colour);
            write!(std::io::stderr(), "{text}")
        }
    }
}

/// <https://no-color.org>
pub(crate) fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Lines up columns, two spaces between them; the last is never padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..n_columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width.saturating_sub(cell.chars().count());
            line.push_str(cell);
            line.push_str(&" ".repeat(padding + 2));
        }
        text.push_str(line.trim_end());
    }
    text
}
