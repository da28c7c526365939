//! Text that knows where each piece of it came from.

use std::ops::Range;

use seaworthy_facts::{Part, Span, Text, Unknown};

/// Pieces in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rope {
    /// The pieces.
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of text.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// What it says; nothing where it is a hole.
    pub(crate) text: String,
    /// What is not known.
    pub(crate) hole: Option<Unknown>,
    /// Where it is written in a template.
    pub(crate) at: Option<Span>,
    /// It is written there letter by letter, so that a part of it is a part of the place.
    pub(crate) verbatim: bool,
    /// The value that was put in.
    pub(crate) from: Option<Span>,
    /// The value's place is what there is to change: it was printed with its structure.
    pub(crate) printed: bool,
}

impl Rope {
    /// Text from nowhere.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut rope = Self::default();
        if !text.is_empty() {
            rope.pieces.push(Piece {
                text,
                hole: None,
                at: None,
                verbatim: false,
                from: None,
                printed: false,
            });
        }
        rope
    }

    /// A text with its holes, that came from a value.
    pub(crate) fn of_text(text: &Text, from: Option<Span>, printed: bool) -> Self {
        let pieces = text
            .parts()
            .iter()
            .map(|part| {
                let (text, hole) = match part {
                    Part::Literal(text) => (text.to_string(), None),
                    Part::Hole(unknown) => (String::new(), Some(unknown.clone())),
                };
                Piece {
                    text,
                    hole,
                    at: None,
                    verbatim: false,
                    from,
                    printed,
                }
            })
            .collect();
        Self { pieces }
    }

    /// Adds another.
    pub(crate) fn push(&mut self, other: Rope) {
        self.pieces.extend(other.pieces);
    }

    /// Adds text from nowhere.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.push(Self::plain(text));
    }

    /// Its length in bytes, holes counted as nothing.
    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.text.len()).sum()
    }

    /// As text with holes.
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::default();
        for piece in &self.pieces {
            match &piece.hole {
                Some(unknown) => text.push_hole(unknown.clone()),
                None => text.push_str(&piece.text),
            }
        }
        text
    }

    /// The value that the whole of it came from, if it is one.
    pub(crate) fn from(&self) -> Option<Span> {
        self.pieces.iter().find_map(|piece| piece.from)
    }

    /// Whether it has line breaks.
    pub(crate) fn has_lines(&self) -> bool {
        self.pieces.iter().any(|piece| piece.text.contains('\n'))
    }

    /// What comes from an action stands where the action stands, but for pieces with a place of their own where
    /// those are several lines.
    pub(crate) fn stands_at(&mut self, span: Span) {
        let keep = self.has_lines();
        for piece in &mut self.pieces {
            if !(keep && piece.at.is_some()) {
                piece.at = Some(span);
                piece.verbatim = false;
            }
        }
    }

    /// Spaces in front of every line.
    pub(crate) fn indented(&self, spaces: usize) -> Rope {
        let pad = " ".repeat(spaces.min(200));
        let mut rope = Rope::plain(pad.clone());
        for piece in &self.pieces {
            if !piece.text.contains('\n') {
                rope.pieces.push(piece.clone());
                continue;
            }
            // Each line keeps its place: the spaces are pieces of their own.
            let mut offset = 0;
            for (index, line) in piece.text.split_inclusive('\n').enumerate() {
                if index > 0 {
                    rope.push_str(&pad);
                }
                rope.pieces.push(piece.part(offset..offset + line.len()));
                offset += line.len();
            }
            if piece.text.ends_with('\n') {
                rope.push_str(&pad);
            }
        }
        rope
    }

    /// Without white space (or what `unwanted` says) at both ends.
    pub(crate) fn trimmed(&self, start: bool, end: bool, unwanted: &dyn Fn(char) -> bool) -> Rope {
        let mut rope = self.clone();
        if start {
            while let Some(first) = rope.pieces.first_mut() {
                if first.hole.is_some() {
                    break;
                }
                let kept = first.text.trim_start_matches(unwanted).len();
                let range = first.text.len() - kept..first.text.len();
                if range.is_empty() {
                    rope.pieces.remove(0);
                } else {
                    *first = first.part(range);
                    break;
                }
            }
        }
        if end {
            while let Some(last) = rope.pieces.last_mut() {
                if last.hole.is_some() {
                    break;
                }
                let kept = last.text.trim_end_matches(unwanted).len();
                if kept == 0 {
                    rope.pieces.pop();
                } else {
                    *last = last.part(0..kept);
                    break;
                }
            }
        }
        rope
    }
}

impl Piece {
    fn part(&self, range: Range<usize>) -> Piece {
        Piece {
            text: self.text[range.clone()].to_owned(),
            at: match self.at {
                Some(at) if self.verbatim => Some(at.part(range)),
                at => at,
            },
            ..self.clone()
        }
    }
}
