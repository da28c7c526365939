//! A text that is parsed away from where it stands: a script inside YAML, a recipe inside a Makefile.
//!
//! A fragment knows the place of each of its bytes, and which of its bytes stand for something that another language
//! puts in before the shell sees it: `${{ … }}`, `$(VARIABLE)` of make.

use std::ops::Range;

use seaworthy_diagnostics::{FileId, SourceFile, Span};
use seaworthy_facts::{Data, Part, Text, Value};

/// A text with the place of each byte.
#[derive(Debug)]
pub(crate) struct Fragment {
    /// What the parser sees. A hole is a word of letters here, as long as what is written.
    pub(crate) text: String,
    file: FileId,
    /// From this byte of the text on, bytes follow each other in the file from this byte on.
    pieces: Vec<(usize, usize)>,
    /// What is put in, by its place in the text, in order.
    holes: Vec<(Range<usize>, Value)>,
}

impl Fragment {
    /// A whole file.
    pub(crate) fn file(source: &SourceFile) -> Self {
        Self {
            text: source.text().to_owned(),
            file: source.id(),
            pieces: vec![(0, 0)],
            holes: Vec::new(),
        }
    }

    /// Text made of ranges of a file, put together.
    pub(crate) fn parts(source: &SourceFile, ranges: &[Range<usize>]) -> Self {
        let mut text = String::new();
        let mut pieces = Vec::new();
        for range in ranges {
            pieces.push((text.len(), range.start));
            text.push_str(source.text().get(range.clone()).unwrap_or_default());
        }
        if pieces.is_empty() {
            pieces.push((0, 0));
        }
        Self {
            text,
            file: source.id(),
            pieces,
            holes: Vec::new(),
        }
    }

    /// A text that a scalar of the file means: indentation, folding and escapes are gone. `span` is the scalar's.
    pub(crate) fn scalar(source: &SourceFile, text: &str, span: Span) -> Self {
        Self {
            pieces: align(source.slice(span), text, span.start),
            text: text.to_owned(),
            file: span.file,
            holes: Vec::new(),
        }
    }

    /// Several fragments of one file, each on lines of its own.
    pub(crate) fn lines(fragments: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut fragments = fragments.into_iter();
        let mut all = fragments.next()?;
        for fragment in fragments {
            all.text.push('\n');
            let offset = all.text.len();
            all.text.push_str(&fragment.text);
            all.pieces.extend(
                fragment
                    .pieces
                    .iter()
                    .map(|(text, file)| (text + offset, *file)),
            );
            all.holes.extend(
                fragment
                    .holes
                    .into_iter()
                    .map(|(hole, value)| (hole.start + offset..hole.end + offset, value)),
            );
        }
        Some(all)
    }

    /// Puts a value in for a range of the text. Ranges do not overlap.
    pub(crate) fn put(&mut self, range: Range<usize>, value: Value) {
        // The parser shall see one plain word, whatever is written; its length must stay.
        let word: String = std::iter::once('Q')
            .chain(std::iter::repeat('q'))
            .take(range.len())
            .collect();
        self.text.replace_range(range.clone(), &word);
        let at = self
            .holes
            .partition_point(|(hole, _)| hole.start < range.start);
        self.holes.insert(at, (range, value));
    }

    /// The place of a range.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.place(range.start);
        let end = if range.end > range.start {
            self.place(range.end - 1) + 1
        } else {
            start
        };
        Span::new(self.file, start..end.max(start))
    }

    fn place(&self, byte: usize) -> usize {
        let at = self.pieces.partition_point(|(text, _)| *text <= byte);
        let (text, file) = self.pieces[at.saturating_sub(1)];
        file + byte.saturating_sub(text)
    }

    /// The text of a range with what is put in.
    pub(crate) fn literal(&self, range: Range<usize>) -> Text {
        let mut result = Text::default();
        let mut from = range.start;
        for (hole, value) in self.holes_in(&range) {
            result.push_str(self.text.get(from..hole.start).unwrap_or_default());
            if let Some(text) = value.text() {
                result.push(&text);
            }
            from = hole.end;
        }
        result.push_str(self.text.get(from..range.end.max(from)).unwrap_or_default());
        result
    }

    /// Everything that is put in, in order.
    pub(crate) fn put_in(&self) -> impl Iterator<Item = &Value> {
        self.holes.iter().map(|(_, value)| value)
    }

    /// The last value that is put in within a range.
    pub(crate) fn last_put(&self, range: Range<usize>) -> Option<&Value> {
        self.holes_in(&range).last().map(|(_, value)| value)
    }

    /// The first value that is put in within a range.
    pub(crate) fn first_put(&self, range: Range<usize>) -> Option<&Value> {
        self.holes_in(&range).next().map(|(_, value)| value)
    }

    fn holes_in<'a>(
        &'a self,
        range: &Range<usize>,
    ) -> impl Iterator<Item = &'a (Range<usize>, Value)> + use<'a> {
        let end = range.end;
        let at = self
            .holes
            .partition_point(|(hole, _)| hole.start < range.start);
        self.holes[at..]
            .iter()
            .take_while(move |(hole, _)| hole.end <= end)
    }
}

/// Where each part of what a scalar means is written. Both are walked together: white space of one may be other white
/// space or nothing in the other, a backslash may be in front.
fn align(raw: &str, text: &str, start: usize) -> Vec<(usize, usize)> {
    let raw_bytes = raw.as_bytes();
    let mut at = 0;
    match raw_bytes.first() {
        Some(b'|' | b'>') => at = raw.find('\n').map_or(raw.len(), |end| end + 1),
        Some(b'"' | b'\'') => at = 1,
        _ => {}
    }
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut next = (usize::MAX, usize::MAX);
    for (offset, byte) in text.bytes().enumerate() {
        if byte.is_ascii_whitespace() {
            // A break of the text is one in the file; what is folded is matched by what comes next.
            if byte == b'\n'
                && let Some(end) = raw_bytes[at..]
                    .iter()
                    .position(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
                && raw_bytes[at + end] == b'\n'
            {
                at += end + 1;
            }
            continue;
        }
        let mut found = at;
        while found < raw_bytes.len()
            && raw_bytes[found] != byte
            && (raw_bytes[found].is_ascii_whitespace() || raw_bytes[found] == b'\\')
        {
            found += 1;
        }
        if found < raw_bytes.len() && raw_bytes[found] == byte {
            at = found;
        } else if at >= raw_bytes.len() {
            break;
        }
        if next != (offset, start + at) {
            pieces.push((offset, start + at));
        }
        at += 1;
        next = (offset + 1, start + at);
    }
    if pieces.first().is_none_or(|(offset, _)| *offset > 0) {
        pieces.insert(0, (0, start));
    }
    pieces
}

/// A text as a value at a place.
pub(crate) fn value(text: Text, span: Span) -> Value {
    match text.parts() {
        [Part::Hole(unknown)] => Value::unknown(unknown.clone(), span),
        _ => Value::new(Data::Text(text), span),
    }
}
