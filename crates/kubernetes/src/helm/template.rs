//! Go templates: from text to a tree.

use std::ops::Range;
use std::rc::Rc;

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    /// Text that stays, by its bytes.
    Text(Range<usize>),
    /// `{{ … }}`.
    Action(Pipeline, Range<usize>),
    /// `if`, `else if`, `else`.
    If {
        /// What is tried, in order.
        branches: Vec<(Pipeline, Vec<Node>)>,
        /// What is left.
        otherwise: Vec<Node>,
    },
    /// `with`.
    With {
        /// The new dot.
        pipeline: Pipeline,
        /// With it.
        body: Vec<Node>,
        /// Without.
        otherwise: Vec<Node>,
    },
    /// `range`.
    Range {
        /// What is gone over.
        pipeline: Pipeline,
        /// For each.
        body: Vec<Node>,
        /// For none.
        otherwise: Vec<Node>,
    },
    /// `template`, and the use of `block`.
    Template(String, Option<Pipeline>, Range<usize>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// Commands, each given the result of the one before.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    /// Variables that are set: `$a, $b :=`.
    pub(crate) variables: Vec<String>,
    /// They are declared here.
    pub(crate) declares: bool,
    /// The commands.
    pub(crate) commands: Vec<Vec<Term>>,
}

/// A word of a command.
#[derive(Debug)]
pub(crate) enum Term {
    /// `.a.b`; of nothing, the dot itself.
    Field(Vec<String>),
    /// `$x.a.b`.
    Variable(String, Vec<String>),
    /// `(…).a.b`.
    Group(Pipeline, Vec<String>),
    /// A function's name.
    Function(String),
    /// `"…"`, `` `…` ``, `'c'`.
    String(String),
    /// `1`, `2.5`.
    Number(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `nil`.
    Nil,
}

/// A file of templates.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// What it prints.
    pub(crate) body: Rc<Vec<Node>>,
    /// What it defines.
    pub(crate) defined: Vec<(String, Rc<Vec<Node>>)>,
}

/// Nesting that no template has.
const DEEPEST: usize = 60;

/// Parses a file.
pub(crate) fn parse(text: &str) -> Result<Parsed, String> {
    let pieces = pieces(text)?;
    let mut parser = Parser {
        pieces,
        at: 0,
        defined: Vec::new(),
        depth: 0,
    };
    let (body, end) = parser.nodes()?;
    if end.is_some() {
        return Err("an `end` too many".into());
    }
    Ok(Parsed {
        body: Rc::new(body),
        defined: parser.defined,
    })
}

enum Piece {
    Text(Range<usize>),
    Action(Vec<Token>, Range<usize>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Field(String),
    Variable(String),
    String(String),
    Number(f64),
    Open,
    /// `)`, and whether a field follows it at once.
    Close,
    Pipe,
    Declare,
    Assign,
    Comma,
    /// White space ends a chain of fields.
    Space,
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim = false;
    while let Some(found) = text[at..].find("{{") {
        let start = at + found;
        let after = start + 2;
        let trims_left = text[after..].starts_with('-')
            && text[after + 1..].starts_with([' ', '\t', '\n', '\r']);
        let mut range = at..start;
        if trim {
            let rest = &text[range.clone()];
            range.start += rest.len() - rest.trim_start().len();
        }
        if trims_left {
            let kept = text[range.start.min(range.end)..range.end].trim_end().len();
            range.end = range.start.min(range.end) + kept;
        }
        if !range.is_empty() {
            pieces.push(Piece::Text(range));
        }
        let inner = if trims_left { after + 1 } else { after };
        let rest = &text[inner..];
        let trimmed = rest.trim_start();
        let (end, next) = if trimmed.starts_with("/*") {
            let close = rest.find("*/").ok_or("a comment without an end")?;
            let close = inner + close + 2;
            let end = text[close..].find("}}").ok_or("`{{` without `}}`")?;
            (close + end, close + end + 2)
        } else {
            let end = inner + action_end(rest).ok_or("`{{` without `}}`")?;
            (end, end + 2)
        };
        let mut content = &text[inner..end];
        trim = content.ends_with('-')
            && content[..content.len() - 1].ends_with([' ', '\t', '\n', '\r', '/']);
        if trim {
            content = &content[..content.len() - 1];
        }
        if !trimmed.starts_with("/*") {
            pieces.push(Piece::Action(tokens(content)?, start..next));
        }
        at = next;
    }
    let mut range = at..text.len();
    if trim {
        let rest = &text[range.clone()];
        range.start += rest.len() - rest.trim_start().len();
    }
    if !range.is_empty() {
        pieces.push(Piece::Text(range));
    }
    Ok(pieces)
}

/// Where `}}` is that is not in a string.
fn action_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'`' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'`' {
                    at += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let word = |chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>, from: usize| {
            let mut end = from;
            while let Some((at, c)) = chars.peek().copied() {
                if !(c.is_alphanumeric() || c == '_') {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            text[from..end.max(from)].to_owned()
        };
        match c {
            c if c.is_whitespace() => {
                if tokens.last() != Some(&Token::Space) {
                    tokens.push(Token::Space);
                }
            }
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '|' => tokens.push(Token::Pipe),
            ',' => tokens.push(Token::Comma),
            ':' => {
                if chars.next_if(|(_, c)| *c == '=').is_none() {
                    return Err("a stray `:`".into());
                }
                tokens.push(Token::Declare);
            }
            '=' => tokens.push(Token::Assign),
            '"' => {
                let mut string = String::new();
                loop {
                    match chars.next() {
                        None => return Err("a string without an end".into()),
                        Some((_, '"')) => break,
                        Some((_, '\\')) => match chars.next() {
                            Some((_, 'n')) => string.push('\n'),
                            Some((_, 't')) => string.push('\t'),
                            Some((_, 'r')) => string.push('\r'),
                            Some((_, c)) => string.push(c),
                            None => return Err("a string without an end".into()),
                        },
                        Some((_, c)) => string.push(c),
                    }
                }
                tokens.push(Token::String(string));
            }
            '`' => {
                let mut string = String::new();
                loop {
                    match chars.next() {
                        None => return Err("a string without an end".into()),
                        Some((_, '`')) => break,
                        Some((_, c)) => string.push(c),
                    }
                }
                tokens.push(Token::String(string));
            }
            '\'' => {
                let c = chars.next().map_or(' ', |(_, c)| c);
                chars.next_if(|(_, c)| *c == '\'');
                tokens.push(Token::Number(f64::from(u32::from(c))));
            }
            '$' => tokens.push(Token::Variable(word(&mut chars, at + 1))),
            '.' => {
                let name = word(&mut chars, at + 1);
                tokens.push(Token::Field(name));
            }
            c if c.is_ascii_digit()
                || (c == '-' || c == '+')
                    && chars.peek().is_some_and(|(_, c)| c.is_ascii_digit()) =>
            {
                let mut end = at + c.len_utf8();
                while let Some((at, c)) = chars.peek().copied() {
                    if !(c.is_ascii_alphanumeric() || c == '.' || c == '_') {
                        break;
                    }
                    end = at + c.len_utf8();
                    chars.next();
                }
                let written = text[at..end].replace('_', "");
                let number = match written.strip_prefix("0x") {
                    Some(hex) => u32::from_str_radix(hex, 16).map(f64::from).ok(),
                    None => match written.strip_prefix("0o").or_else(|| {
                        written.strip_prefix('0').filter(|rest| {
                            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
                        })
                    }) {
                        Some(octal) => u32::from_str_radix(octal, 8).map(f64::from).ok(),
                        None => written.parse().ok(),
                    },
                };
                tokens.push(Token::Number(number.ok_or("a number that is none")?));
            }
            c if c.is_alphabetic() || c == '_' => {
                let rest = word(&mut chars, at + c.len_utf8());
                tokens.push(Token::Word(format!("{c}{rest}")));
            }
            c => return Err(format!("a stray `{c}`")),
        }
    }
    Ok(tokens)
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
    defined: Vec<(String, Rc<Vec<Node>>)>,
    depth: usize,
}

/// What ended a list of nodes: `end`, or `else` with what follows it.
enum End {
    End,
    Else(Vec<Token>),
}

impl Parser {
    fn nodes(&mut self) -> Result<(Vec<Node>, Option<End>), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let mut nodes = Vec::new();
        let end = loop {
            let Some(piece) = self.pieces.get_mut(self.at) else {
                break None;
            };
            self.at += 1;
            let (tokens, range) = match piece {
                Piece::Text(range) => {
                    nodes.push(Node::Text(range.clone()));
                    continue;
                }
                Piece::Action(tokens, range) => (std::mem::take(tokens), range.clone()),
            };
            let mut tokens: Vec<Token> = tokens;
            while tokens.first() == Some(&Token::Space) {
                tokens.remove(0);
            }
            while tokens.last() == Some(&Token::Space) {
                tokens.pop();
            }
            let Some(first) = tokens.first() else {
                continue;
            };
            let word = match first {
                Token::Word(word) => word.clone(),
                _ => String::new(),
            };
            match word.as_str() {
                "end" => break Some(End::End),
                "else" => break Some(End::Else(tokens.split_off(1))),
                "if" => nodes.push(self.conditional(&tokens[1..])?),
                "with" => {
                    let pipeline = pipeline(&tokens[1..])?;
                    let (body, otherwise) = self.body_and_else()?;
                    nodes.push(Node::With {
                        pipeline,
                        body,
                        otherwise,
                    });
                }
                "range" => {
                    let pipeline = pipeline(&tokens[1..])?;
                    let (body, otherwise) = self.body_and_else()?;
                    nodes.push(Node::Range {
                        pipeline,
                        body,
                        otherwise,
                    });
                }
                "define" | "block" => {
                    let mut rest = tokens[1..].iter().filter(|token| **token != Token::Space);
                    let Some(Token::String(name)) = rest.next() else {
                        return Err("a `define` without a name".into());
                    };
                    let name = name.clone();
                    let at = tokens
                        .iter()
                        .position(|token| matches!(token, Token::String(_)))
                        .unwrap_or_default();
                    let (body, end) = self.nodes()?;
                    if !matches!(end, Some(End::End)) {
                        return Err("a `define` without `end`".into());
                    }
                    self.defined.push((name.clone(), Rc::new(body)));
                    if word == "block" {
                        let pipeline = pipeline(&tokens[at + 1..])?;
                        nodes.push(Node::Template(name, Some(pipeline), range));
                    }
                }
                "template" => {
                    let at = tokens
                        .iter()
                        .position(|token| matches!(token, Token::String(_)))
                        .ok_or("a `template` without a name")?;
                    let Token::String(name) = &tokens[at] else {
                        return Err("a `template` without a name".into());
                    };
                    let rest = &tokens[at + 1..];
                    let argument = rest
                        .iter()
                        .any(|token| *token != Token::Space)
                        .then(|| pipeline(rest))
                        .transpose()?;
                    nodes.push(Node::Template(name.clone(), argument, range));
                }
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                _ => nodes.push(Node::Action(pipeline(&tokens)?, range)),
            }
        };
        self.depth -= 1;
        Ok((nodes, end))
    }

    fn conditional(&mut self, condition: &[Token]) -> Result<Node, String> {
        let mut branches = Vec::new();
        let mut condition = pipeline(condition)?;
        loop {
            let (body, end) = self.nodes()?;
            branches.push((std::mem::take(&mut condition), body));
            match end {
                Some(End::End) => {
                    return Ok(Node::If {
                        branches,
                        otherwise: Vec::new(),
                    });
                }
                Some(End::Else(rest)) => {
                    let rest: &[Token] = match rest.first() {
                        Some(Token::Space) => &rest[1..],
                        _ => &rest,
                    };
                    if rest.is_empty() {
                        let (otherwise, end) = self.nodes()?;
                        if !matches!(end, Some(End::End)) {
                            return Err("an `else` without `end`".into());
                        }
                        return Ok(Node::If {
                            branches,
                            otherwise,
                        });
                    }
                    match rest.first() {
                        Some(Token::Word(word)) if word == "if" => {
                            condition = pipeline(&rest[1..])?;
                        }
                        _ => return Err("what follows `else` is not understood".into()),
                    }
                }
                None => return Err("an `if` without `end`".into()),
            }
        }
    }

    fn body_and_else(&mut self) -> Result<(Vec<Node>, Vec<Node>), String> {
        let (body, end) = self.nodes()?;
        match end {
            Some(End::End) => Ok((body, Vec::new())),
            Some(End::Else(rest)) if rest.iter().all(|token| *token == Token::Space) => {
                let (otherwise, end) = self.nodes()?;
                match end {
                    Some(End::End) => Ok((body, otherwise)),
                    _ => Err("an `else` without `end`".into()),
                }
            }
            _ => Err("a block without `end`".into()),
        }
    }
}

fn pipeline(tokens: &[Token]) -> Result<Pipeline, String> {
    let mut reader = Reader {
        tokens,
        at: 0,
        depth: 0,
    };
    let pipeline = reader.pipeline()?;
    if reader.at < tokens.len() {
        return Err("a stray `)`".into());
    }
    Ok(pipeline)
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn space(&mut self) {
        while self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let mut pipeline = Pipeline::default();
        let start = self.at;
        self.space();
        // `$a, $b := …`
        let mut variables = Vec::new();
        while let Some(Token::Variable(name)) = self.peek().cloned() {
            self.at += 1;
            variables.push(name);
            self.space();
            match self.peek() {
                Some(Token::Comma) => {
                    self.at += 1;
                    self.space();
                }
                Some(Token::Declare | Token::Assign) => {
                    pipeline.declares = self.peek() == Some(&Token::Declare);
                    self.at += 1;
                    pipeline.variables = std::mem::take(&mut variables);
                    break;
                }
                _ => break,
            }
        }
        if pipeline.variables.is_empty() {
            self.at = start;
        }
        loop {
            let command = self.command()?;
            if command.is_empty() {
                return Err("a command that is missing".into());
            }
            pipeline.commands.push(command);
            if self.peek() == Some(&Token::Pipe) {
                self.at += 1;
            } else {
                break;
            }
        }
        self.depth -= 1;
        Ok(pipeline)
    }

    fn command(&mut self) -> Result<Vec<Term>, String> {
        let mut terms = Vec::new();
        loop {
            self.space();
            let Some(token) = self.peek().cloned() else {
                break;
            };
            let term = match token {
                Token::Pipe | Token::Close => break,
                Token::Open => {
                    self.at += 1;
                    let inner = self.pipeline()?;
                    self.space();
                    if self.peek() != Some(&Token::Close) {
                        return Err("a `(` without `)`".into());
                    }
                    self.at += 1;
                    Term::Group(inner, self.chain())
                }
                Token::Field(first) => {
                    self.at += 1;
                    let mut path = Vec::new();
                    if !first.is_empty() {
                        path.push(first);
                    }
                    path.extend(self.chain());
                    Term::Field(path)
                }
                Token::Variable(name) => {
                    self.at += 1;
                    Term::Variable(name, self.chain())
                }
                Token::String(string) => {
                    self.at += 1;
                    Term::String(string)
                }
                Token::Number(number) => {
                    self.at += 1;
                    Term::Number(number)
                }
                Token::Word(word) => {
                    self.at += 1;
                    match word.as_str() {
                        "true" => Term::Bool(true),
                        "false" => Term::Bool(false),
                        "nil" => Term::Nil,
                        _ => Term::Function(word),
                    }
                }
                Token::Declare | Token::Assign | Token::Comma => {
                    return Err("an assignment in the wrong place".into());
                }
                Token::Space => continue,
            };
            terms.push(term);
        }
        Ok(terms)
    }

    fn chain(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        while let Some(Token::Field(name)) = self.peek().cloned() {
            if name.is_empty() {
                break;
            }
            self.at += 1;
            path.push(name);
        }
        path
    }
}
