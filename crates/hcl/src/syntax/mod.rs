//! The tree that the evaluator walks: what `hcl-edit` parsed, with absolute places and without decoration.
//!
//! [`parse`] takes the text of a file; it cuts the text at top-level blocks when the whole of it does not parse, so
//! that a mistake costs one block.

mod convert;
mod cut;
mod keys;
mod walk;

use std::rc::Rc;
use std::sync::Arc;

use seaworthy_diagnostics::{Diagnostic, FileId, Span};

use convert::Place;
pub(crate) use convert::{parse_at, parse_template};
pub(crate) use walk::{outputs_read, references};

/// Attributes and blocks, in the order of the text.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Rc<Block>>,
}

/// `name = value`.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) name_span: Span,
    pub(crate) value: Expr,
}

/// `kind "label" { … }`.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: Arc<str>,
    pub(crate) labels: Vec<Arc<str>>,
    /// Kind and labels.
    pub(crate) header: Span,
    /// All of it.
    pub(crate) span: Span,
    pub(crate) body: Body,
}

/// An expression and its place.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// What an expression is.
#[derive(Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(f64, Box<str>),
    Text(Arc<str>),
    Template(Vec<Element>, Form),
    List(Vec<Expr>),
    Object(Vec<(Key, Expr)>),
    Variable(Arc<str>),
    Conditional(Box<[Expr; 3]>),
    Call(Call),
    Traversal(Box<Expr>, Vec<Step>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Box<[Expr; 2]>, Operator),
    For(Box<For>),
}

/// Where a template stands: a heredoc keeps its line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Quoted,
    Heredoc,
}

/// A key of an object.
#[derive(Debug)]
pub(crate) enum Key {
    Word(Arc<str>, Span),
    Expression(Expr),
}

/// A function with its arguments.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Expr>,
    /// `f(list...)`.
    pub(crate) spread: bool,
}

/// A step into a value.
#[derive(Debug)]
pub(crate) enum Step {
    Attribute(Arc<str>),
    Index(Expr),
    Splat,
}

/// `for` in a list or an object.
#[derive(Debug)]
pub(crate) struct For {
    pub(crate) key_name: Option<Arc<str>>,
    pub(crate) value_name: Arc<str>,
    pub(crate) collection: Expr,
    /// Of an object.
    pub(crate) key: Option<Expr>,
    pub(crate) value: Expr,
    pub(crate) grouping: bool,
    pub(crate) condition: Option<Expr>,
}

/// A part of a template.
#[derive(Debug)]
pub(crate) enum Element {
    Literal(Arc<str>, Span),
    Hole(Expr),
    If(Box<If>),
    For(Box<TemplateFor>),
}

/// `%{ if … }`.
#[derive(Debug)]
pub(crate) struct If {
    pub(crate) condition: Expr,
    pub(crate) then: Vec<Element>,
    pub(crate) otherwise: Vec<Element>,
}

/// `%{ for … }`.
#[derive(Debug)]
pub(crate) struct TemplateFor {
    pub(crate) key_name: Option<Arc<str>>,
    pub(crate) value_name: Arc<str>,
    pub(crate) collection: Expr,
    pub(crate) body: Vec<Element>,
}

/// Between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
}

/// What a file holds, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) body: Body,
    pub(crate) broken: Vec<Diagnostic>,
    /// Keys given twice in one object: the key, the first and the second place.
    pub(crate) duplicate_keys: Vec<(Arc<str>, Span, Span)>,
}

/// Parses a file.
pub(crate) fn parse(file: FileId, path: &str, text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let cleaned = cut::without_conflicts(file, path, text, &mut parsed.broken);
    let text = cleaned.as_deref().unwrap_or(text);
    // A byte order mark is no part of the language.
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let twice = keys::given_twice(text);
    let different = (!twice.is_empty()).then(|| keys::made_different(text, &twice));
    for one in twice {
        parsed.duplicate_keys.push((
            text[one.second.clone()].trim_matches('"').into(),
            Span::new(file, one.first),
            Span::new(file, one.second),
        ));
    }
    // What is parsed differs from what was written in those keys only; names are taken from what was written.
    let parsable = different.as_deref().unwrap_or(text);
    if let Ok(body) = hcl_edit::parser::parse_body(&parsable[start..]) {
        parsed.body = Place::new(file, start, text).body(&body);
        return parsed;
    }
    for chunk in cut::chunks(parsable) {
        let part = &parsable[chunk.clone()];
        match hcl_edit::parser::parse_body(part) {
            Ok(body) => {
                let body = Place::new(file, chunk.start, text).body(&body);
                parsed.body.attributes.extend(body.attributes);
                parsed.body.blocks.extend(body.blocks);
            }
            Err(error) => {
                let offset = chunk.start + error.location().offset().min(part.len());
                let at = floor(text, offset);
                let end = text[at..]
                    .find('\n')
                    .map_or(text.len(), |length| at + length);
                parsed.broken.push(
                    Diagnostic::error(
                        "terraform/syntax",
                        format!("`{path}` does not parse: {}", error.message()),
                    )
                    .primary(Span::new(file, at..end), "here")
                    .note("the block around it was not read, the rest of the file was"),
                );
            }
        }
    }
    parsed
}

pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Body {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
    }

    pub(crate) fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Rc<Block>> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}
