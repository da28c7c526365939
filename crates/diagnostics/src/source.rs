//! Source files, and places in them.

use std::ops::Range;

/// A file among those that one run looks at. The caller numbers them; a definition read alone is file 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// A span of these bytes.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self {
            file,
            start: range.start,
            end: range.end,
        }
    }

    /// The bytes, to slice the text with.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// From the start of this span to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            end: other.end.max(self.end),
            ..self
        }
    }

    /// A part of this span; offsets count from its start.
    #[must_use]
    pub fn part(self, range: Range<usize>) -> Self {
        Self {
            file: self.file,
            start: (self.start + range.start).min(self.end),
            end: (self.start + range.end).min(self.end),
        }
    }
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A file's path and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    id: FileId,
    path: String,
    text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// Takes a file as it was read; `path` is what messages show.
    pub fn new(id: FileId, path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            id,
            path: path.into(),
            text,
            line_starts,
        }
    }

    /// Its number among the files of this run.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Its path as messages show it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where the span does not fit the file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A span of this file.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range)
    }

    /// How many lines it has; text after the last line break is a line too.
    pub fn n_lines(&self) -> usize {
        self.line_starts.len()
    }

    /// The line (from 1) and column (in characters, from 1) of a byte. A byte beyond the end counts as the end.
    pub fn position(&self, byte: usize) -> Position {
        let byte = floor_boundary(&self.text, byte);
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let before = &self.text[self.line_starts[line - 1]..byte];
        // A byte order mark at the start is no column.
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Position { line, column }
    }

    /// The bytes of a line (from 1), without its line break.
    pub fn line(&self, line: usize) -> Range<usize> {
        let start = self
            .line_starts
            .get(line - 1)
            .copied()
            .unwrap_or(self.text.len());
        let end = self
            .line_starts
            .get(line)
            .map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') {
            end - 1
        } else {
            end
        };
        start..end
    }
}

/// The nearest character boundary at or before `byte`.
pub(crate) fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let file = SourceFile::new(FileId(0), "a.yaml", "é: 1\r\nb: ü2\n");
        let at = |byte| {
            let position = file.position(byte);
            (position.line, position.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (1, 2));
        assert_eq!(at(1), (1, 1), "inside a character counts as its start");
        assert_eq!(at(7), (2, 1));
        assert_eq!(at(12), (2, 5));
        assert_eq!(at(999), (3, 1));
        assert_eq!(&file.text()[file.line(1)], "é: 1");
        assert_eq!(&file.text()[file.line(2)], "b: ü2");
        assert_eq!(&file.text()[file.line(3)], "");
    }
}
