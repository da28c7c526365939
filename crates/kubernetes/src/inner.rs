//! YAML inside a scalar of another file: inline patches, values in ConfigMaps, manifests in heredocs.

use std::ops::Range;

use seaworthy_facts::yaml::{self, Documents};
use seaworthy_facts::{Sources, Span, Text, Value};

/// Reads the YAML in a scalar, with places in the file that holds it. Lines of a block scalar keep their place; of a
/// quoted one everything stands where the scalar does.
pub(crate) fn read(sources: &Sources, value: &Value) -> Option<Documents> {
    let text = value.text()?;
    let lines = Lines::new(sources, value.span, &text);
    Some(yaml::read_text(&text, &|range| lines.place(range)))
}

/// Where the lines of an embedded text stand.
struct Lines {
    span: Span,
    /// For each line of the text: its first byte in the text, and in the file, and its last byte in the file.
    lines: Vec<(usize, usize, usize)>,
}

impl Lines {
    fn new(sources: &Sources, span: Span, text: &Text) -> Self {
        let none = Self {
            span,
            lines: Vec::new(),
        };
        let file = &sources.get(span.file).file;
        // Holes count as empty.
        let flat: String = text
            .parts()
            .iter()
            .map(|part| match part {
                seaworthy_facts::Part::Literal(text) => &**text,
                seaworthy_facts::Part::Hole(_) => "",
            })
            .collect();
        let source = file.text();
        let Some(first) = flat.lines().find(|line| !line.trim().is_empty()) else {
            return none;
        };
        // The first line with something in it is looked for from the scalar's start; the lines that follow are the
        // file's, and must be the same but for their indentation.
        let Some(rest) = source.get(span.start.min(source.len())..) else {
            return none;
        };
        let Some(found) = rest.find(first.trim()) else {
            return none;
        };
        let first_line = file.position(span.start + found).line;
        let skipped = flat
            .lines()
            .take_while(|line| line.trim().is_empty())
            .count();
        let mut lines = Vec::new();
        let mut at = 0;
        for (index, line) in flat.split_inclusive('\n').enumerate() {
            let number = (first_line + index)
                .checked_sub(skipped)
                .unwrap_or(1)
                .max(1);
            if number > file.n_lines() {
                break;
            }
            let range = file.line(number);
            let there = &source[range.clone()];
            let written = line.trim_end_matches(['\n', '\r']);
            // The indentation of the block, which the text does not have.
            let spaces = |line: &str| line.len() - line.trim_start().len();
            let offset = if index == skipped && there.trim_start() != line.trim() {
                there.find(first.trim()).unwrap_or(0)
            } else {
                spaces(there).saturating_sub(spaces(written))
            };
            lines.push((at, range.start + offset, range.end));
            at += line.len();
        }
        Self { span, lines }
    }

    fn place(&self, range: Range<usize>) -> Span {
        let spot = |byte: usize| {
            let at = self.lines.partition_point(|(start, ..)| *start <= byte);
            let (start, there, end) = *self.lines.get(at.checked_sub(1)?)?;
            Some((there + (byte - start)).min(end))
        };
        match (spot(range.start), spot(range.end)) {
            (Some(start), Some(end)) => Span::new(self.span.file, start..end.max(start)),
            _ => self.span,
        }
    }
}
