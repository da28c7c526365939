//! YAML and JSON as [`Value`]s.
//!
//! [`read`] is for a file, [`read_text`] for YAML that stands inside something else (a heredoc, a block scalar, what a
//! template prints) and may have holes. Both go on after a broken document. What the keys mean is said elsewhere.

use std::ops::Range;
use std::sync::Arc;

use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile, Span};
use seaworthy_yaml::scalar::{self, Meaning};
use seaworthy_yaml::{Comment, Limits, NodeId, NodeKind, Style, Tree};

use crate::{Data, Entry, Map, Number, Part, Text, Trail, Unknown, Value};

/// Every document of a text.
#[derive(Debug, Default)]
pub struct Documents {
    /// The documents that have something in them, in order.
    pub documents: Vec<Document>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// What stops readers.
    pub broken: Vec<Diagnostic>,
    /// Keys that are given twice: YAML forbids it, many readers take the last.
    pub duplicates: Vec<Diagnostic>,
}

/// One document.
#[derive(Debug)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Where it starts and ends.
    pub span: Span,
    /// It could not be read to its end.
    pub broken: bool,
}

/// Fewer than what the parser allows: a file of a platform has no million values, and every alias is written out.
const LIMITS: Limits = Limits {
    bytes: 16 << 20,
    depth: 100,
    nodes: 400_000,
};

/// Reads a file of YAML or JSON.
pub fn read(source: &SourceFile) -> Documents {
    let parsed =
        seaworthy_yaml::parse(source.id(), source.path(), source.text().as_bytes(), LIMITS);
    let json = source.path().rsplit('.').next() == Some("json");
    if json && !parsed.diagnostics.is_empty() && source.text().contains('\t') {
        // JSON may be indented with tabs, YAML may not. Outside of strings a tab is a space.
        let text = source.text().replace('\t', " ");
        let again = seaworthy_yaml::parse(source.id(), source.path(), text.as_bytes(), LIMITS);
        return documents(again);
    }
    documents(parsed)
}

/// Reads YAML that stands inside something else. `place` says where a range of it is written; ranges count bytes of
/// the text as if every hole were empty.
pub fn read_text(text: &Text, place: &dyn Fn(Range<usize>) -> Span) -> Documents {
    let embedded = Embedded::new(text);
    let parsed = seaworthy_yaml::parse(FileId(u32::MAX), "", embedded.flat.as_bytes(), LIMITS);
    let mut documents = documents(parsed);
    let spans = |span: Span| place(embedded.original(span.range()));
    for document in &mut documents.documents {
        document.span = spans(document.span);
        embedded.settle(&mut document.value, &spans);
    }
    for comment in &mut documents.comments {
        comment.span = spans(comment.span);
    }
    for diagnostic in documents.broken.iter_mut().chain(&mut documents.duplicates) {
        for label in &mut diagnostic.labels {
            label.span = spans(label.span);
        }
        diagnostic.fix = None;
    }
    documents
}

fn documents(parsed: seaworthy_yaml::Parsed) -> Documents {
    let (duplicates, broken) = parsed
        .diagnostics
        .into_iter()
        .partition(|diagnostic| diagnostic.code == "yaml/duplicate-key");
    Documents {
        documents: parsed
            .tree
            .documents()
            .iter()
            .filter_map(|document| {
                Some(Document {
                    value: to_value(&parsed.tree, document.root?),
                    span: document.span,
                    broken: document.broken,
                })
            })
            .filter(|document| !document.value.is_null())
            .collect(),
        comments: parsed.tree.comments().to_vec(),
        broken,
        duplicates,
    }
}

/// A node as a value: aliases written out, merge keys merged. Numbers keep how they were written.
pub fn to_value(tree: &Tree, id: NodeId) -> Value {
    let written = tree.node(id);
    let node = tree.resolved(id);
    let data = match &node.kind {
        NodeKind::Scalar { text, style } => {
            let tag = node.tag.as_ref().map(|tag| &*tag.text);
            scalar_data(text, *style, tag)
        }
        NodeKind::Sequence { items, .. } => {
            Data::List(items.iter().map(|item| to_value(tree, *item)).collect())
        }
        NodeKind::Mapping { entries, .. } => {
            let mut map = Map::default();
            let mut merged = Vec::new();
            for entry in entries {
                let key = tree.resolved(entry.key);
                let key_span = tree.node(entry.key).span;
                let Some(text) = key.as_text() else { continue };
                let value = to_value(tree, entry.value);
                if text == "<<" {
                    merged.extend(value.each().iter().flat_map(|from| from.entries().to_vec()));
                    continue;
                }
                map.entries.push(Entry {
                    key: text.into(),
                    key_span,
                    value,
                });
            }
            for entry in merged {
                if map.get(&entry.key).is_none() {
                    map.entries.push(entry);
                }
            }
            Data::Map(map)
        }
        // A target is never an alias itself.
        NodeKind::Alias { .. } => Data::Null,
    };
    let trail = if written.span == node.span {
        Trail::default()
    } else {
        let name = node.anchor.as_ref().map_or("", |anchor| &*anchor.name);
        Trail::default().via(written.span, format!("alias `*{name}`"))
    };
    Value {
        data,
        span: node.span,
        trail,
    }
}

/// Whether an unquoted word is text, and not a number, a truth value or nothing.
pub fn is_text(word: &str) -> bool {
    scalar::plain(word) == Meaning::Text
}

fn scalar_data(text: &str, style: Style, tag: Option<&str>) -> Data {
    if style != Style::Plain || matches!(tag, Some("!!str" | "!")) {
        return Data::Text(text.into());
    }
    let number = |value| {
        Data::Number(Number {
            value,
            written: Some(text.into()),
        })
    };
    match scalar::plain(text) {
        Meaning::Null => Data::Null,
        Meaning::Boolean(yes) => Data::Bool(yes),
        #[expect(
            clippy::cast_precision_loss,
            reason = "account ids and ports fit; what does not is still there as written"
        )]
        Meaning::Integer(value) => number(value as f64),
        Meaning::Float(value) => number(value),
        Meaning::Text => Data::Text(text.into()),
    }
}

/// A text whose holes are each one character of a private range, so that a parser passes over them.
struct Embedded<'t> {
    flat: String,
    holes: Vec<&'t Unknown>,
    /// Where each hole stands in `flat`, in bytes.
    at: Vec<usize>,
}

/// Stands for a hole. Which one it is says its place.
const HOLE: char = '\u{e5ea}';

impl<'t> Embedded<'t> {
    fn new(text: &'t Text) -> Self {
        let mut embedded = Self {
            flat: String::new(),
            holes: Vec::new(),
            at: Vec::new(),
        };
        for part in text.parts() {
            match part {
                // Were the character in the text already, it would be taken for a hole: it means nothing in any file.
                Part::Literal(text) if text.contains(HOLE) => {
                    embedded.flat.push_str(&text.replace(HOLE, "\u{fffd}"));
                }
                Part::Literal(text) => embedded.flat.push_str(text),
                Part::Hole(unknown) => {
                    embedded.at.push(embedded.flat.len());
                    embedded.holes.push(unknown);
                    embedded.flat.push(HOLE);
                }
            }
        }
        embedded
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        let before = |byte: usize| {
            let holes = self.at.partition_point(|at| *at < byte);
            byte.saturating_sub(holes * HOLE.len_utf8())
        };
        before(range.start)..before(range.end).max(before(range.start))
    }

    fn settle(&self, value: &mut Value, spans: &dyn Fn(Span) -> Span) {
        let range = value.span.range();
        value.span = spans(value.span);
        if !value.trail.is_empty() {
            value.trail = Trail::default();
        }
        match &mut value.data {
            Data::Text(text) if text.literal().is_some_and(|text| text.contains(HOLE)) => {
                let filled = self.filled(text.literal().unwrap_or_default(), &range);
                value.data = match filled.parts() {
                    [Part::Hole(unknown)] => Data::Unknown(unknown.clone()),
                    _ => Data::Text(filled),
                };
            }
            Data::List(items) => items.iter_mut().for_each(|item| self.settle(item, spans)),
            Data::Map(map) => {
                for entry in &mut map.entries {
                    if entry.key.contains(HOLE) {
                        let range = entry.key_span.range();
                        entry.key = Arc::from(self.filled(&entry.key, &range).to_string());
                    }
                    entry.key_span = spans(entry.key_span);
                    self.settle(&mut entry.value, spans);
                }
            }
            _ => {}
        }
    }

    /// The text with its holes again: those that stand in its range, in order.
    fn filled(&self, text: &str, range: &Range<usize>) -> Text {
        let first = self.at.partition_point(|at| *at < range.start);
        let mut holes = self.holes[first..].iter();
        let mut filled = Text::default();
        for (index, literal) in text.split(HOLE).enumerate() {
            if index > 0
                && let Some(hole) = holes.next()
            {
                filled.push_hole((*hole).clone());
            }
            filled.push_str(literal);
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnknownKind;

    fn file(text: &str) -> Documents {
        read(&SourceFile::new(FileId(0), "a.yaml", text))
    }

    #[test]
    fn scalars_keep_how_they_were_written() {
        let read = file("version: 1.30\nport: 80\nmode: 0755\nid: \"12\"\non: yes\nempty:\n");
        let value = &read.documents[0].value;
        assert_eq!(value.get("version").unwrap().scalar().unwrap(), "1.30");
        assert_eq!(value.get("port").unwrap().int(), Some(80));
        assert_eq!(value.get("mode").unwrap().scalar().unwrap(), "0755");
        assert_eq!(value.get("id").unwrap().str(), Some("12"));
        assert_eq!(value.get("on").unwrap().str(), Some("yes"));
        assert!(value.get("empty").unwrap().is_null());
    }

    #[test]
    fn aliases_and_merge_keys_are_written_out() {
        let read = file("base: &b {cpu: 1, mem: 2}\nuse:\n  <<: *b\n  mem: 3\nagain: *b\n");
        let value = &read.documents[0].value;
        assert_eq!(value.at("use.cpu").unwrap().int(), Some(1));
        assert_eq!(value.at("use.mem").unwrap().int(), Some(3));
        let again = value.get("again").unwrap();
        assert_eq!(again.get("cpu").unwrap().int(), Some(1));
        assert!(again.trail.origin().is_some());
    }

    #[test]
    fn a_broken_document_leaves_the_others() {
        let read = file("a: 1\n---\nb: [1\nc: }\n---\nd: 2\n");
        assert_eq!(read.broken.len(), 1);
        assert_eq!(
            read.documents.last().unwrap().value.get("d").unwrap().int(),
            Some(2)
        );
        let read = file("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n");
        assert!(!read.broken.is_empty());
    }

    #[test]
    fn json_may_be_indented_with_tabs() {
        let text = "{\n\t\"a\": {\n\t\t\"b\": [1,\n\t\t\t2]\n\t}\n}\n";
        let read = read(&SourceFile::new(FileId(0), "a.json", text));
        assert!(read.broken.is_empty(), "{:?}", read.broken);
        assert_eq!(read.documents[0].value.at("a.b.1").unwrap().int(), Some(2));
    }

    #[test]
    fn holes_go_through_the_parser() {
        let mut text = Text::from("name: ");
        text.push_hole(Unknown::new(UnknownKind::Shell, "NAME"));
        text.push_str("\nimage: repo/");
        text.push_hole(Unknown::new(UnknownKind::Shell, "APP"));
        text.push_str(":1\nport: 80\n");
        let read = read_text(&text, &|range| Span::new(FileId(3), range));
        let value = &read.documents[0].value;
        assert!(value.get("name").unwrap().is_unknown());
        let image = value.get("image").unwrap();
        assert_eq!(image.text().unwrap().to_string(), "repo/${APP}:1");
        // Holes count as nothing: "name: \nimage: repo/:1\nport: 80".
        let port = value.get("port").unwrap();
        assert_eq!(port.span, Span::new(FileId(3), 28..30));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            lines.push(format!("a{level}: &a{level} [{items}]"));
        }
        let text = lines.join("\n");
        let read = file(&text);
        assert!(!read.broken.is_empty());
        assert!(read.documents.is_empty());
    }
}
