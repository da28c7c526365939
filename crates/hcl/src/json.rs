//! JSON that stands in the user's text, with places inside it and with holes; and values written as JSON.

use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Entry, Map, Number, Sources, Text, Value};

/// A part of a text that may be JSON.
pub(crate) enum Piece {
    Literal(Arc<str>, Span),
    Hole(Value),
}

/// How deep JSON may nest.
const DEPTH: usize = 64;
/// Stands for a hole; the private use area is in no policy.
const HOLE: char = '\u{f8ff}';

/// Whether a text begins like an object or a list and ends like one.
pub(crate) fn looks_like_json(pieces: &[Piece]) -> bool {
    let first = pieces.iter().find_map(|piece| match piece {
        Piece::Literal(text, _) => text.trim_start().chars().next(),
        Piece::Hole(_) => Some(HOLE),
    });
    let last = pieces.iter().rev().find_map(|piece| match piece {
        Piece::Literal(text, _) => text.trim_end().chars().next_back(),
        Piece::Hole(_) => Some(HOLE),
    });
    matches!(
        (first, last),
        (Some('{'), Some('}')) | (Some('['), Some(']'))
    )
}

/// Parses pieces as one JSON object or list.
pub(crate) fn parse(pieces: &[Piece], whole: Span, sources: &Sources) -> Option<Value> {
    let mut text = String::new();
    let mut holes = Vec::new();
    // Where each line of the text begins, and where that is in its file.
    let mut lines: Vec<(usize, Span)> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal, span) => {
                add_lines(literal, *span, text.len(), sources, &mut lines);
                text.extend(literal.chars().filter(|letter| *letter != HOLE));
            }
            Piece::Hole(value) => {
                lines.push((
                    text.len(),
                    Span {
                        end: value.span.end,
                        ..value.span
                    },
                ));
                text.push(HOLE);
                holes.push(value);
            }
        }
    }
    let mut parser = Parser {
        text: &text,
        at: 0,
        holes: &holes,
        next_hole: 0,
        lines: &lines,
        whole,
    };
    let value = parser.value(0)?;
    parser.space();
    (parser.at == text.len() && matches!(value.data, Data::Map(_) | Data::List(_))).then_some(
        Value {
            span: whole,
            ..value
        },
    )
}

/// Parses a file that is JSON as a whole.
pub(crate) fn parse_text(text: &str, span: Span, sources: &Sources) -> Option<Value> {
    parse(&[Piece::Literal(text.into(), span)], span, sources)
}

fn add_lines(
    literal: &str,
    span: Span,
    base: usize,
    sources: &Sources,
    lines: &mut Vec<(usize, Span)>,
) {
    let source = sources
        .get(span.file)
        .file
        .text()
        .get(span.range())
        .unwrap_or("");
    if literal.matches('\n').count() != source.matches('\n').count() {
        lines.push((base, span));
        return;
    }
    // Indentation may have been taken away: lines match at their ends.
    let (mut at, mut source_at) = (base, span.start);
    for (line, written) in literal
        .split_inclusive('\n')
        .zip(source.split_inclusive('\n'))
    {
        let skipped = written.len().saturating_sub(line.len());
        lines.push((
            at,
            Span {
                start: source_at + skipped,
                end: source_at + written.len(),
                ..span
            },
        ));
        at += line.len();
        source_at += written.len();
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    holes: &'a [&'a Value],
    next_hole: usize,
    lines: &'a [(usize, Span)],
    whole: Span,
}

impl Parser<'_> {
    fn span(&self, start: usize) -> Span {
        let index = self.lines.partition_point(|(at, _)| *at <= start);
        let Some((line_at, line)) = index.checked_sub(1).and_then(|index| self.lines.get(index))
        else {
            return self.whole;
        };
        let from = (line.start + start - line_at).min(line.end);
        let to = (from + self.at.saturating_sub(start)).clamp(from, line.end);
        Span {
            start: from,
            end: to,
            ..*line
        }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, letter: char) -> bool {
        let found = self.text[self.at..].starts_with(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    fn hole(&mut self) -> Option<Value> {
        let value = self.holes.get(self.next_hole)?;
        self.next_hole += 1;
        Some((*value).clone())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        let rest = &self.text[start..];
        match rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' => {
                let text = self.string()?;
                Some(text)
            }
            HOLE => {
                self.at += HOLE.len_utf8();
                self.hole()
            }
            _ => {
                let length = rest
                    .find(|letter: char| {
                        !(letter.is_ascii_alphanumeric() || "+-.".contains(letter))
                    })
                    .unwrap_or(rest.len());
                let word = &rest[..length];
                self.at += length;
                let data = match word {
                    "true" => Data::Bool(true),
                    "false" => Data::Bool(false),
                    "null" => Data::Null,
                    _ => Data::Number(Number {
                        value: word.parse().ok()?,
                        written: Some(word.into()),
                    }),
                };
                Some(Value::new(data, self.span(start)))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        self.at += 1;
        let mut map = Map::default();
        loop {
            self.space();
            if self.take('}') {
                break;
            }
            let key_at = self.at;
            let key = if self.take(HOLE) {
                self.hole()?
            } else {
                self.string()?
            };
            let key_span = self.span(key_at);
            self.space();
            if !self.take(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            map.entries.push(Entry {
                key: key.text()?.to_string().into(),
                key_span,
                value,
            });
            self.space();
            if !self.take(',') {
                if self.take('}') {
                    break;
                }
                return None;
            }
        }
        Some(Value::new(Data::Map(map), self.span(start)))
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.take(']') {
                break;
            }
            items.push(self.value(depth + 1)?);
            self.space();
            if !self.take(',') {
                if self.take(']') {
                    break;
                }
                return None;
            }
        }
        Some(Value::new(Data::List(items), self.span(start)))
    }

    fn string(&mut self) -> Option<Value> {
        let start = self.at;
        if !self.take('"') {
            return None;
        }
        let mut text = Text::default();
        let mut literal = String::new();
        let mut trail = seaworthy_facts::Trail::default();
        loop {
            let letter = self.text[self.at..].chars().next()?;
            self.at += letter.len_utf8();
            match letter {
                '"' => break,
                '\\' => {
                    let escaped = self.text[self.at..].chars().next()?;
                    self.at += escaped.len_utf8();
                    match escaped {
                        'n' => literal.push('\n'),
                        't' => literal.push('\t'),
                        'r' => literal.push('\r'),
                        'u' => {
                            let digits = self.text.get(self.at..self.at + 4)?;
                            let code = u32::from_str_radix(digits, 16).ok()?;
                            self.at += 4;
                            literal.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                        }
                        other => literal.push(other),
                    }
                }
                HOLE => {
                    let hole = self.hole()?;
                    text.push_str(&literal);
                    literal.clear();
                    text.push(&text_of(&hole));
                    if trail.is_empty() && !hole.trail.is_empty() {
                        trail = hole.trail.clone();
                    }
                }
                other => literal.push(other),
            }
        }
        text.push_str(&literal);
        Some(Value {
            data: Data::Text(text),
            span: self.span(start),
            trail,
        })
    }
}

/// A value as text is made of it: lists and maps as JSON, nothing of null.
pub(crate) fn text_of(value: &Value) -> Text {
    match &value.data {
        Data::List(_) | Data::Map(_) => {
            let mut text = Text::default();
            write(value, &mut text);
            text
        }
        _ => value.text().unwrap_or_default(),
    }
}

fn write(value: &Value, text: &mut Text) {
    match &value.data {
        Data::Null => text.push_str("null"),
        Data::Text(inner) => {
            text.push_str("\"");
            for part in inner.parts() {
                match part {
                    seaworthy_facts::Part::Literal(literal) => text.push_str(&escaped(literal)),
                    seaworthy_facts::Part::Hole(hole) => text.push_hole(hole.clone()),
                }
            }
            text.push_str("\"");
        }
        Data::List(items) => {
            text.push_str("[");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(",");
                }
                write(item, text);
            }
            text.push_str("]");
        }
        Data::Map(map) => {
            text.push_str("{");
            for (index, entry) in map.entries.iter().enumerate() {
                if index > 0 {
                    text.push_str(",");
                }
                text.push_str(&format!("\"{}\":", escaped(&entry.key)));
                write(&entry.value, text);
            }
            text.push_str("}");
        }
        _ => text.push(&value.text().unwrap_or_default()),
    }
}

fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            other => result.push(other),
        }
    }
    result
}
