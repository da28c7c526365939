//! Program text as a small tree that is the same for every language: names, texts, calls, assignments, functions.
//!
//! What the readers of settings, ports and routes need is here; types, generics and most operators are not.

use seaworthy_facts::Span;

/// An expression or a statement.
#[derive(Debug)]
pub(crate) struct Expr {
    pub kind: Kind,
    pub span: Span,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A text, with what is put into it.
    Text(Vec<Piece>),
    Number(Box<str>),
    Bool(bool),
    Null,
    /// Names with dots: `os.environ`, `process.env.PORT`; `::` and `->` are dots too.
    Path(Box<str>),
    /// A member of something that is no path: `f().name`.
    Member(Box<Expr>, Box<str>),
    Index(Box<Expr>, Box<Expr>),
    Call(Box<Call>),
    /// `||`, `or`, `??`, `+`, `%`, `==` and the rest.
    Binary(Box<str>, Box<Expr>, Box<Expr>),
    /// Condition, then, else, as an expression.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A map, or a struct of a type.
    Map(Option<Box<str>>, Vec<(Expr, Expr)>),
    List(Vec<Expr>),
    /// Names that get a value; without a value, it is declared. A class's fields carry their type.
    Assign(Vec<Box<str>>, Option<Box<Expr>>, Option<Box<str>>),
    If(Box<Expr>, Vec<Expr>, Vec<Expr>),
    Return(Vec<Expr>),
    Function(Box<Function>),
    Class(Box<Class>),
    /// Anything else: what is within, in order.
    Block(Vec<Expr>),
}

/// A part of a text.
#[derive(Debug)]
pub(crate) enum Piece {
    Literal(String),
    Expr(Expr),
}

/// A call; annotations, decorators and struct tags are calls of `@name`.
#[derive(Debug)]
pub(crate) struct Call {
    pub callee: Expr,
    pub arguments: Vec<Expr>,
    pub named: Vec<(Box<str>, Expr)>,
}

/// A function, method or closure.
#[derive(Debug)]
pub(crate) struct Function {
    /// Empty for closures.
    pub name: Box<str>,
    pub parameters: Vec<Box<str>>,
    pub body: Vec<Expr>,
    pub annotations: Vec<Expr>,
    /// Its name, else all of it.
    pub span: Span,
}

/// A class, or the methods of a type.
#[derive(Debug)]
pub(crate) struct Class {
    pub bases: Vec<Box<str>>,
    pub body: Vec<Expr>,
    pub annotations: Vec<Expr>,
}

impl Call {
    /// The last name of what is called: `Getenv`, `println`.
    pub(crate) fn last(&self) -> &str {
        match &self.callee.kind {
            Kind::Path(path) => path.rsplit('.').next().unwrap_or(path),
            Kind::Member(_, name) => name,
            _ => "",
        }
    }

    /// All names of what is called, where it is plain names.
    pub(crate) fn path(&self) -> &str {
        match &self.callee.kind {
            Kind::Path(path) => path,
            _ => "",
        }
    }

    /// The names before the last; empty where there are none, or where it is no plain name.
    pub(crate) fn receiver(&self) -> &str {
        self.path()
            .rsplit_once('.')
            .map_or("", |(before, _)| before)
    }

    /// Whether what is called is this path, or ends in it at a dot.
    pub(crate) fn is(&self, path: &str) -> bool {
        ends_with(self.path(), path)
    }

    /// A named argument.
    pub(crate) fn named(&self, name: &str) -> Option<&Expr> {
        self.named
            .iter()
            .find(|(own, _)| &**own == name)
            .map(|(_, value)| value)
    }
}

/// Whether a path is another or ends in it at a dot.
pub(crate) fn ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

impl Expr {
    /// Names with dots, where it is that.
    pub(crate) fn path(&self) -> Option<&str> {
        match &self.kind {
            Kind::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Text without anything put in.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(pieces) => match pieces.as_slice() {
                [] => Some(""),
                [Piece::Literal(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The call, where it is one.
    pub(crate) fn call(&self) -> Option<&Call> {
        match &self.kind {
            Kind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// What is directly within, in order.
    pub(crate) fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            Kind::Text(pieces) => pieces.iter().for_each(|piece| {
                if let Piece::Expr(expr) = piece {
                    visit(expr);
                }
            }),
            Kind::Number(_) | Kind::Bool(_) | Kind::Null | Kind::Path(_) => {}
            Kind::Member(of, _) => visit(of),
            Kind::Index(a, b) | Kind::Binary(_, a, b) => {
                visit(a);
                visit(b);
            }
            Kind::Call(call) => {
                visit(&call.callee);
                call.arguments.iter().for_each(&mut *visit);
                call.named.iter().for_each(|(_, value)| visit(value));
            }
            Kind::Choice(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Kind::Map(_, entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Kind::Assign(_, value, _) => {
                if let Some(value) = value {
                    visit(value);
                }
            }
            Kind::If(condition, then, otherwise) => {
                visit(condition);
                then.iter().chain(otherwise).for_each(visit);
            }
            Kind::List(items) | Kind::Return(items) | Kind::Block(items) => {
                items.iter().for_each(visit);
            }
            Kind::Function(function) => {
                function
                    .annotations
                    .iter()
                    .chain(&function.body)
                    .for_each(visit);
            }
            Kind::Class(class) => class.annotations.iter().chain(&class.body).for_each(visit),
        }
    }

    /// This and everything within, outer first.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }
}
