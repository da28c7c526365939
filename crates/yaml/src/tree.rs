//! The tree: nodes in one arena, in the order of the source.

use seaworthy_diagnostics::Span;

/// Every document of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) documents: Vec<Document>,
    pub(crate) comments: Vec<Comment>,
}

/// A node's place in its tree's arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

/// One document of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// Its content; `None` where it is empty or could not be read.
    pub root: Option<NodeId>,
    /// Where it starts and ends.
    pub span: Span,
    /// It could not be read to its end; what was wrong is among the diagnostics.
    pub broken: bool,
}

/// A node and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the node itself, without tag, anchor and comments.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
    /// Its tag, where it has one: `!Ref`.
    pub tag: Option<Tag>,
    /// Its anchor, where it has one: `&defaults`.
    pub anchor: Option<Anchor>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Text, with its escapes resolved. What unquoted text means says [`crate::scalar::plain`].
    Scalar {
        /// The text.
        text: Box<str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence {
        /// Its items.
        items: Vec<NodeId>,
        /// How it is written.
        layout: Layout,
    },
    /// Keys with values, in order; a key given twice is here twice.
    Mapping {
        /// Its entries.
        entries: Vec<Entry>,
        /// How it is written.
        layout: Layout,
    },
    /// `*name`: stands for another node of the same document, never for one that contains it.
    Alias {
        /// The node it stands for.
        target: NodeId,
    },
}

/// One key with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: NodeId,
    /// The value.
    pub value: NodeId,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// By indentation.
    Block,
    /// In brackets.
    Flow,
}

/// A tag as written, `!Ref` or `!!str`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its text.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// An anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its name, without `&`.
    pub name: Box<str>,
    /// Where it stands, with `&`.
    pub span: Span,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What follows `#`, as it stands.
    pub text: Box<str>,
    /// Where it stands, with `#`.
    pub span: Span,
    /// It follows something on the same line.
    pub trailing: bool,
}

impl Tree {
    /// Every document, in order; also those that are broken.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Every comment, in order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// A node as written: an alias is an alias.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A node, and where it is an alias, the node it stands for.
    pub fn resolved(&self, id: NodeId) -> &Node {
        let node = self.node(id);
        match node.kind {
            // A target is never an alias itself: `&a *b` is no YAML.
            NodeKind::Alias { target } => self.node(target),
            _ => node,
        }
    }

    /// How many nodes there are, in all documents.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl Node {
    /// The text, where it is a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What it is, in words for a message.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar { .. } => "a scalar",
            NodeKind::Sequence { .. } => "a list",
            NodeKind::Mapping { .. } => "a map",
            NodeKind::Alias { .. } => "an alias",
        }
    }
}
