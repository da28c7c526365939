//! HCL as values, and their text in the form that `tofu fmt` leaves alone.
//!
//! Only what renderers write is here: attributes, blocks, literals, templates, references and calls. Text that is not
//! ours is quoted, so that no value of a definition can become code.

use std::fmt::Write as _;

/// What stands in a file or between the braces of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Attribute(String, Expression),
    Block(Block),
    Comment(String),
    Blank,
}

/// A block: `resource "aws_vpc" "this" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    kind: String,
    labels: Vec<String>,
    body: Body,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Text, whatever is in it.
    Text(String),
    /// Text with expressions in it: `"${var.name}-nodes"`.
    Template(Vec<Piece>),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A reference, as `module.network.vpc_id`. Ours, never a user's text.
    Reference(String),
    /// A call of a function.
    Call(&'static str, Vec<Expression>),
    /// A list.
    List(Vec<Expression>),
    /// An object; keys are quoted where they are no identifiers.
    Object(Vec<(String, Expression)>),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// An expression between `${` and `}`.
    Expression(Expression),
}

/// A reference to something in the same root: `reference("module.network.vpc_id")`.
pub fn reference(path: impl Into<String>) -> Expression {
    Expression::Reference(path.into())
}

/// A list of values.
pub fn list<T: Into<Expression>>(items: impl IntoIterator<Item = T>) -> Expression {
    Expression::List(items.into_iter().map(Into::into).collect())
}

/// An object in the order given.
pub fn object<K: Into<String>, V: Into<Expression>>(
    entries: impl IntoIterator<Item = (K, V)>,
) -> Expression {
    Expression::Object(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
    )
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Expression {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Expression {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Expression {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<u32> for Expression {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u8> for Expression {
    fn from(value: u8) -> Self {
        Self::Number(value.into())
    }
}

impl<T: Into<Expression>> From<Option<T>> for Expression {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Block {
    /// A block of this kind and these labels.
    pub fn new<L: Into<String>>(
        kind: impl Into<String>,
        labels: impl IntoIterator<Item = L>,
        body: Body,
    ) -> Self {
        Self {
            kind: kind.into(),
            labels: labels.into_iter().map(Into::into).collect(),
            body,
        }
    }
}

impl Body {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Expression>) -> Self {
        self.items.push(Item::Attribute(name.into(), value.into()));
        self
    }

    /// Adds an attribute where there is a value.
    #[must_use]
    pub fn set_some(self, name: impl Into<String>, value: Option<impl Into<Expression>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.items.push(Item::Block(block));
        self
    }

    /// Adds a block without labels.
    #[must_use]
    pub fn nested(self, kind: &str, body: Body) -> Self {
        self.block(Block::new(kind, Vec::<String>::new(), body))
    }

    /// Adds a comment of one or more lines.
    #[must_use]
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.items.push(Item::Comment(text.into()));
        self
    }

    /// Adds an empty line.
    #[must_use]
    pub fn blank(mut self) -> Self {
        self.items.push(Item::Blank);
        self
    }

    /// Adds everything that stands in another one.
    pub fn append(&mut self, other: Body) {
        self.items.extend(other.items);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The text of a file. Blocks have an empty line around them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.print(&mut text, 0);
        text
    }

    fn print(&self, text: &mut String, depth: usize) {
        let mut n = 0;
        while n < self.items.len() {
            match &self.items[n] {
                Item::Attribute(..) => {
                    n += self.print_attributes(n, text, depth);
                    continue;
                }
                Item::Block(block) => {
                    // A comment belongs to the block that it stands above.
                    let has_comment = n > 0 && matches!(self.items[n - 1], Item::Comment(_));
                    if n > 0 && !has_comment && !text.ends_with("\n\n") {
                        text.push('\n');
                    }
                    block.print(text, depth);
                    let next = self.items.get(n + 1);
                    if next.is_some_and(|next| !matches!(next, Item::Block(_) | Item::Blank)) {
                        text.push('\n');
                    }
                }
                Item::Comment(comment) => {
                    for line in comment.lines() {
                        indent(text, depth);
                        text.push_str(format!("# {line}").trim_end());
                        text.push('\n');
                    }
                }
                Item::Blank => text.push('\n'),
            }
            n += 1;
        }
    }

    /// Prints a run of attributes from `start`, with the equals signs of neighbours of one line each under one
    /// another, as `tofu fmt` has them. Returns how many there were.
    fn print_attributes(&self, start: usize, text: &mut String, depth: usize) -> usize {
        let attributes: Vec<(&String, String)> = self.items[start..]
            .iter()
            .map_while(|item| match item {
                Item::Attribute(name, value) => Some((name, value.text(depth))),
                _ => None,
            })
            .collect();
        print_aligned(&attributes, text, depth);
        attributes.len()
    }
}

impl Block {
    fn print(&self, text: &mut String, depth: usize) {
        indent(text, depth);
        text.push_str(&self.kind);
        for label in &self.labels {
            let _ = write!(text, " {}", quoted(label));
        }
        if self.body.is_empty() {
            text.push_str(" {}\n");
            return;
        }
        text.push_str(" {\n");
        self.body.print(text, depth + 1);
        indent(text, depth);
        text.push_str("}\n");
    }
}

impl Expression {
    /// The expression's text, whose first line stands at `depth`.
    fn text(&self, depth: usize) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Template(pieces) => template(pieces, depth),
            Self::Number(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Null => "null".to_owned(),
            Self::Reference(path) => path.clone(),
            Self::Call(name, arguments) => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| argument.text(depth))
                    .collect();
                format!("{name}({})", arguments.join(", "))
            }
            Self::List(items) => list_text(items, depth),
            Self::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Object(entries) => {
                let entries: Vec<(String, String)> = entries
                    .iter()
                    .map(|(key, value)| (object_key(key), value.text(depth + 1)))
                    .collect();
                let entries: Vec<(&String, String)> = entries
                    .iter()
                    .map(|(key, value)| (key, value.clone()))
                    .collect();
                let mut text = String::from("{\n");
                print_aligned(&entries, &mut text, depth + 1);
                indent(&mut text, depth);
                text.push('}');
                text
            }
        }
    }
}

fn list_text(items: &[Expression], depth: usize) -> String {
    let short: Vec<String> = items.iter().map(|item| item.text(depth)).collect();
    let one_line = format!("[{}]", short.join(", "));
    if !one_line.contains('\n') && one_line.len() + 2 * depth <= 100 {
        return one_line;
    }
    let mut text = String::from("[\n");
    for item in items {
        indent(&mut text, depth + 1);
        text.push_str(&item.text(depth + 1));
        text.push_str(",\n");
    }
    indent(&mut text, depth);
    text.push(']');
    text
}

fn print_aligned(attributes: &[(&String, String)], text: &mut String, depth: usize) {
    let mut n = 0;
    while n < attributes.len() {
        let run = attributes[n..]
            .iter()
            .take_while(|(_, value)| !value.contains('\n'))
            .count();
        let width = attributes[n..n + run]
            .iter()
            .map(|(name, _)| name.chars().count())
            .max();
        // A value of several lines stands for itself.
        let (end, width) = match width {
            Some(width) => (n + run, width),
            None => (n + 1, attributes[n].0.chars().count()),
        };
        for (name, value) in &attributes[n..end] {
            indent(text, depth);
            let _ = writeln!(text, "{name:width$} = {value}");
        }
        n = end;
    }
}

fn template(pieces: &[Piece], depth: usize) -> String {
    let mut text = String::from("\"");
    for piece in pieces {
        match piece {
            Piece::Text(literal) => escape(literal, &mut text),
            Piece::Expression(expression) => {
                let _ = write!(text, "${{{}}}", expression.text(depth));
            }
        }
    }
    text.push('"');
    text
}

fn quoted(literal: &str) -> String {
    let mut text = String::from("\"");
    escape(literal, &mut text);
    text.push('"');
    text
}

/// Escapes as HCL's quoted templates want it: `${` and `%{` would begin code.
fn escape(literal: &str, text: &mut String) {
    let mut characters = literal.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                text.push(character);
                text.push(character);
            }
            control if control.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
}

fn object_key(key: &str) -> String {
    let is_identifier = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_identifier {
        key.to_owned()
    } else {
        quoted(key)
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_fmt_leaves_it() {
        let body = Body::new()
            .comment("Why this is here.")
            .block(Block::new(
                "module",
                ["network"],
                Body::new()
                    .set("source", "../../modules/network")
                    .blank()
                    .set("name", "counter-production")
                    .set("zones", 3u8)
                    .set(
                        "subnets",
                        object([
                            ("a", list(["10.0.0.0/19"])),
                            ("eu-west-3b", list(["x", "y"])),
                        ]),
                    )
                    .set("vpc_id", reference("data.aws_vpc.this.id"))
                    .nested("timeouts", Body::new().set("create", "1h")),
            ))
            .block(Block::new("locals", Vec::<String>::new(), Body::new()));
        assert_eq!(
            body.text(),
            r#"# Why this is here.
module "network" {
  source = "../../modules/network"

  name  = "counter-production"
  zones = 3
  subnets = {
    a          = ["10.0.0.0/19"]
    eu-west-3b = ["x", "y"]
  }
  vpc_id = data.aws_vpc.this.id

  timeouts {
    create = "1h"
  }
}

locals {}
"#
        );
    }

    #[test]
    fn no_text_becomes_code() {
        let text = Expression::from("${file(\"/etc/passwd\")} %{ if } $${ \\ \n").text(0);
        assert_eq!(text, r#""$${file(\"/etc/passwd\")} %%{ if } $$${ \\ \n""#);
    }
}
