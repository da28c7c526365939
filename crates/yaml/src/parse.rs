//! From the parser's events to the tree.

use std::collections::HashMap;

use granit_parser::{Event, Parser, Placement, ScalarStyle, StrInput, StructureStyle, options};
use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile, Span};

use crate::tree::{
    Anchor, Comment, Document, Entry, Layout, Node, NodeId, NodeKind, Style, Tag, Tree,
};
use crate::{bytes, syntax};

/// How much is read before reading is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Levels of nesting, aliases counted as what they stand for. At most 250.
    pub depth: usize,
    /// Nodes of one document, aliases counted as what they stand for.
    pub nodes: usize,
}

impl Default for Limits {
    /// Enough for every file that people and generators write: 16 MiB, 100 levels, a million nodes.
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            depth: 100,
            nodes: 1_000_000,
        }
    }
}

/// A file that was read: its text, its tree, and what was wrong.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The text with its lines. Where bytes are not UTF-8, a lossy text that is good for messages only.
    pub source: SourceFile,
    /// The documents.
    pub tree: Tree,
    /// What was wrong, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file. `path` is what messages show.
pub fn parse(file: FileId, path: &str, bytes: &[u8], limits: Limits) -> Parsed {
    let (source, problem) = bytes::decode(file, path, bytes, limits.bytes);
    if let Some(problem) = problem {
        return Parsed {
            source,
            tree: Tree::default(),
            diagnostics: vec![problem],
        };
    }
    let builder = Builder::new(&source, limits);
    let (tree, diagnostics) = builder.build();
    Parsed {
        source,
        tree,
        diagnostics,
    }
}

/// A collection that is being read.
struct Open {
    node: NodeId,
    /// The key that waits for its value.
    key: Option<NodeId>,
    /// The anchor by which an alias may reach it.
    anchor: usize,
}

/// What a node is when every alias in it is written out.
#[derive(Clone, Copy)]
struct Extent {
    nodes: usize,
    depth: usize,
}

struct Builder<'s> {
    source: &'s SourceFile,
    limits: Limits,
    base: usize,
    tree: Tree,
    extents: Vec<Extent>,
    anchors: HashMap<usize, NodeId>,
    open: Vec<Open>,
    root: Option<NodeId>,
    document: usize,
    too_large: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Builder<'s> {
    fn new(source: &'s SourceFile, limits: Limits) -> Self {
        let base = if source.text().starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            source,
            limits,
            base,
            tree: Tree::default(),
            extents: Vec::new(),
            anchors: HashMap::new(),
            open: Vec::new(),
            root: None,
            document: 0,
            too_large: false,
            diagnostics: Vec::new(),
        }
    }

    fn build(mut self) -> (Tree, Vec<Diagnostic>) {
        let text = &self.source.text()[self.base..];
        let options = options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            flow_nesting_limit: self.limits.depth,
            block_nesting_limit: self.limits.depth,
            // Pages of comments before a key are usual in files that explain themselves.
            max_buffered_comment_events: 10_000,
        };
        let mut parser = Parser::new_from_str_with_options(text, options);
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((event, span))) => self.event(event, &span),
                Some(Err(error)) => {
                    let diagnostic =
                        syntax::diagnostic(&error, self.source, self.base, &self.limits);
                    self.abandon(&diagnostic);
                    if !self.explained_by_alias(&diagnostic) {
                        self.diagnostics.push(diagnostic);
                    }
                    if !Self::next_document(&mut parser) {
                        break;
                    }
                }
            }
        }
        (self.tree, self.diagnostics)
    }

    fn next_document<'i>(parser: &mut Parser<'i, StrInput<'i>>) -> bool {
        parser.proceed_next_document().unwrap_or(false)
    }

    /// `*/5 * * * *` without quotes: an alias that does not exist, and then text where none may be. One mistake.
    fn explained_by_alias(&mut self, diagnostic: &Diagnostic) -> bool {
        let line = |d: &Diagnostic| d.place().map(|span| self.source.position(span.start).line);
        let here = line(diagnostic);
        let Some(last) = self.diagnostics.last_mut() else {
            return false;
        };
        if last.code != "yaml/unknown-alias" || line(last) != here {
            return false;
        }
        last.hints =
            vec!["`*` starts an alias: put the whole value in quotes if it is text".to_owned()];
        true
    }

    /// Closes a broken document with what was read of it, so that also the good part can be looked at.
    fn abandon(&mut self, diagnostic: &Diagnostic) {
        let end = diagnostic.place().map_or(self.document, |span| span.end);
        while let Some(open) = self.open.pop() {
            if let Some(key) = open.key {
                let null = self.add(
                    self.source.span(end..end),
                    NodeKind::Scalar {
                        text: "".into(),
                        style: Style::Plain,
                    },
                );
                self.push_entry(open.node, key, null);
            }
            self.finish(open.node, end);
            self.attach(open.node);
        }
        let root = self.root.take();
        self.close_document(root, end, true);
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) {
        let range = span.byte_range().unwrap_or(0..0);
        let range = range.start + self.base..range.end + self.base;
        let here = self.source.span(range.clone());
        match event {
            Event::DocumentStart(..) => self.document = range.start,
            Event::DocumentEnd => {
                let root = self.root.take();
                self.close_document(root, range.end, false);
            }
            Event::Comment(text, placement) => self.tree.comments.push(Comment {
                text: text.into(),
                span: here,
                trailing: matches!(placement, Placement::Right),
            }),
            Event::Anchor(id, name) => {
                // Follows the node that it names.
                if let Some(&node) = self.anchors.get(&id) {
                    self.tree.nodes[node.0 as usize].anchor = Some(Anchor {
                        name: name.into(),
                        span: here,
                    });
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                // The parser says `~` for a value that is not there.
                let text: Box<str> = if style == Style::Plain && range.is_empty() {
                    "".into()
                } else {
                    text.into()
                };
                let node = self.add(here, NodeKind::Scalar { text, style });
                self.describe(node, anchor, span);
                self.attach(node);
            }
            Event::SequenceStart(style, anchor, _) => {
                let kind = NodeKind::Sequence {
                    items: Vec::new(),
                    layout: layout(style),
                };
                self.start(here, kind, anchor, span);
            }
            Event::MappingStart(style, anchor, _) => {
                let kind = NodeKind::Mapping {
                    entries: Vec::new(),
                    layout: layout(style),
                };
                self.start(here, kind, anchor, span);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.finish(open.node, range.end);
                    self.check_duplicates(open.node);
                    self.attach(open.node);
                }
            }
            Event::Alias(id) => self.alias(id, here),
            Event::UnresolvedAlias(name) => {
                self.diagnostics.push(
                    Diagnostic::error("yaml/unknown-alias", format!("alias `*{name}` has no anchor before it"))
                        .primary(here, "")
                        .hint(format!(
                            "write `&{name}` where the value stands first, or put `*{name}` in quotes if it is text"
                        )),
                );
                self.null(here);
            }
            // The stream's own ends; and the parser may learn to emit more presentation. Nodes are all above.
            _ => {}
        }
    }

    fn alias(&mut self, id: usize, here: Span) {
        if self.open.iter().any(|open| open.anchor == id) {
            self.diagnostics.push(
                Diagnostic::error(
                    "yaml/recursive-alias",
                    "an alias inside the value that it stands for",
                )
                .primary(here, "this would never end"),
            );
            self.null(here);
            return;
        }
        let Some(&target) = self.anchors.get(&id) else {
            self.null(here);
            return;
        };
        let node = self.add(here, NodeKind::Alias { target });
        self.extents[node.0 as usize] = self.extents[target.0 as usize];
        self.attach(node);
    }

    /// A node in place of one that cannot be had.
    fn null(&mut self, here: Span) {
        let node = self.add(
            here,
            NodeKind::Scalar {
                text: "".into(),
                style: Style::Plain,
            },
        );
        self.attach(node);
    }

    fn add(&mut self, span: Span, kind: NodeKind) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        self.tree.nodes.push(Node {
            span,
            kind,
            tag: None,
            anchor: None,
        });
        self.extents.push(Extent { nodes: 1, depth: 1 });
        id
    }

    fn start(&mut self, here: Span, kind: NodeKind, anchor: usize, span: &granit_parser::Span) {
        let node = self.add(here, kind);
        self.describe(node, anchor, span);
        self.open.push(Open {
            node,
            key: None,
            anchor: if anchor == 0 { usize::MAX } else { anchor },
        });
    }

    /// Notes the node's tag and anchor.
    fn describe(&mut self, node: NodeId, anchor: usize, span: &granit_parser::Span) {
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
        if let Some(range) = span.tag_span().and_then(|tag| tag.byte_range()) {
            let span = self
                .source
                .span(range.start + self.base..range.end + self.base);
            let text = self.source.slice(span).into();
            self.tree.nodes[node.0 as usize].tag = Some(Tag { text, span });
        }
    }

    /// Gives a collection its end: that of its last child where it is written by indentation, since the parser only
    /// sees the end when the next thing starts.
    fn finish(&mut self, node: NodeId, end: usize) {
        let (last, flow) = match &self.tree.node(node).kind {
            NodeKind::Sequence { items, layout } => {
                (items.last().copied(), *layout == Layout::Flow)
            }
            NodeKind::Mapping { entries, layout } => {
                (entries.last().map(|e| e.value), *layout == Layout::Flow)
            }
            _ => (None, true),
        };
        let end = match last {
            Some(last) if !flow => self.tree.node(last).span.end,
            _ => end,
        };
        let span = &mut self.tree.nodes[node.0 as usize].span;
        span.end = end.max(span.start);
    }

    /// Puts a finished node where it belongs: into the innermost open collection, else as the document's root.
    fn attach(&mut self, node: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        let parent = open.node;
        if matches!(self.tree.node(parent).kind, NodeKind::Mapping { .. }) {
            match open.key.take() {
                None => open.key = Some(node),
                Some(key) => self.push_entry(parent, key, node),
            }
        } else {
            if let NodeKind::Sequence { items, .. } = &mut self.tree.nodes[parent.0 as usize].kind {
                items.push(node);
            }
            self.grow(parent, node);
        }
    }

    fn push_entry(&mut self, parent: NodeId, key: NodeId, value: NodeId) {
        if let NodeKind::Mapping { entries, .. } = &mut self.tree.nodes[parent.0 as usize].kind {
            entries.push(Entry { key, value });
        }
        self.grow(parent, key);
        self.grow(parent, value);
    }

    fn grow(&mut self, parent: NodeId, child: NodeId) {
        let child_extent = self.extents[child.0 as usize];
        let extent = &mut self.extents[parent.0 as usize];
        extent.nodes = extent.nodes.saturating_add(child_extent.nodes);
        extent.depth = extent.depth.max(child_extent.depth + 1);
        let extent = *extent;
        if self.too_large {
            return;
        }
        let span = self.tree.node(child).span;
        if extent.nodes > self.limits.nodes {
            self.too_large = true;
            self.diagnostics.push(
                Diagnostic::error(
                    "yaml/alias-bomb",
                    format!("aliases expand to more than {} values", self.limits.nodes),
                )
                .primary(span, "the limit is passed here")
                .note("an alias stands for a whole value; aliases of aliases multiply")
                .hint("write the values out, or refer to smaller ones"),
            );
        } else if extent.depth > self.limits.depth {
            self.too_large = true;
            self.diagnostics.push(
                Diagnostic::error(
                    "yaml/too-deep",
                    format!("nested too deeply: more than {} levels", self.limits.depth),
                )
                .primary(span, ""),
            );
        }
    }

    fn close_document(&mut self, root: Option<NodeId>, end: usize, broken: bool) {
        // What is too large to walk is not handed out.
        let root = root.filter(|_| !self.too_large);
        let span = self.source.span(self.document..end.max(self.document));
        self.tree.documents.push(Document {
            root,
            span,
            broken: broken || self.too_large,
        });
        self.too_large = false;
        self.anchors.clear();
        self.open.clear();
        self.document = end;
    }

    /// A key given twice: which of the two a reader takes differs from reader to reader.
    fn check_duplicates(&mut self, mapping: NodeId) {
        let NodeKind::Mapping { entries, .. } = &self.tree.node(mapping).kind else {
            return;
        };
        let mut seen: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
        let mut found = Vec::new();
        for entry in entries {
            let key = self.tree.resolved(entry.key);
            let Some(text) = key.as_text() else { continue };
            // Merge keys may come several times in readers that know them.
            if text == "<<" {
                continue;
            }
            let span = self.tree.node(entry.key).span;
            if let Some(first) = seen.get(text) {
                found.push(
                    Diagnostic::error("yaml/duplicate-key", format!("`{text}` is given twice"))
                        .primary(span, "given again here")
                        .secondary(*first, "first given here")
                        .hint("remove or rename one of the two; here the first one counts"),
                );
            } else {
                seen.insert(text, span);
            }
        }
        self.diagnostics.append(&mut found);
    }
}

fn layout(style: StructureStyle) -> Layout {
    match style {
        StructureStyle::Block => Layout::Block,
        StructureStyle::Flow => Layout::Flow,
    }
}
