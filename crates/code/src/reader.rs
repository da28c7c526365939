//! Goes through a program in the order of its text and knows what each name stands for there.
//!
//! It is no interpreter: conditions are not decided, loops are gone through once, and what a call gives is only known
//! for those that read the environment or put text together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use seaworthy_facts::code::{EnvRead, Program};
use seaworthy_facts::{Language, Span, Text, Unknown, UnknownKind};

use crate::syntax::{Call, Expr, Function, Kind, Piece};
use crate::{environment, health, names, shutdown, text};

/// A file of a program.
pub(crate) struct File<'a> {
    pub language: Language,
    pub path: &'a str,
    pub text: &'a str,
    pub body: Vec<Expr>,
}

/// What is known of a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// It, as text with holes.
    pub text: Option<Text>,
    /// The secrets that are in it.
    pub carries: Vec<Carried>,
    /// The environment variable that it is, by its place in [`Program::reads`].
    pub read: Option<usize>,
    /// What routes registered on it start with.
    pub prefix: Option<Text>,
}

/// A secret in a value.
#[derive(Debug, Clone)]
pub(crate) struct Carried {
    pub variable: Arc<str>,
    pub read: Span,
    pub through: Vec<Span>,
}

/// A function that reads the environment variable that it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrapper {
    /// Which argument names it.
    pub name: usize,
    /// Which argument is its value without it.
    pub default: Option<usize>,
    /// Without it, the program ends.
    pub required: bool,
}

/// Goes through a program.
pub(crate) struct Reader<'p> {
    pub program: &'p mut Program,
    pub functions: HashMap<&'p str, Vec<&'p Function>>,
    pub wrappers: HashMap<&'p str, Wrapper>,
    /// The parameters that wrappers are told names by.
    pub wrapper_parameters: HashSet<String>,
    /// What serves a path: its route, and who answers.
    pub handlers: Vec<(String, &'p Expr)>,
    /// Calls that connect to something that answers can depend on.
    pub connects: Vec<Span>,
    /// Fields that hold one connection for all.
    pub shared: Vec<Span>,
    /// What clients of cloud services are called: the service by name.
    pub clients: HashMap<String, &'p str>,
    /// Names at the top of files, and fields by their last name.
    known: HashMap<String, Seen>,
    /// Names in functions, innermost last.
    scopes: Vec<HashMap<String, Seen>>,
    /// The file that is read.
    pub file: &'p File<'p>,
    /// Names at the top are collected, nothing is noted.
    pub quiet: bool,
    /// What the controllers around put before paths.
    pub around: Vec<String>,
    depth: usize,
}

/// How deep expressions are followed.
const DEPTH: usize = 200;

impl<'p> Reader<'p> {
    /// Reads all files of a program into it.
    pub(crate) fn read(program: &'p mut Program, files: &'p [File<'p>]) {
        let Some(first) = files.first() else { return };
        let mut reader = Reader {
            program,
            functions: HashMap::new(),
            wrappers: HashMap::new(),
            wrapper_parameters: HashSet::new(),
            handlers: Vec::new(),
            connects: Vec::new(),
            shared: Vec::new(),
            clients: HashMap::new(),
            known: HashMap::new(),
            scopes: Vec::new(),
            file: first,
            quiet: true,
            around: Vec::new(),
            depth: 0,
        };
        for file in files {
            for expr in &file.body {
                reader.collect(expr);
            }
        }
        environment::wrappers(&mut reader);
        for file in files {
            reader.file = file;
            reader.top(&file.body);
        }
        reader.program.reads.clear();
        reader.program.reads_others = false;
        reader.quiet = false;
        for file in files {
            reader.file = file;
            reader.top(&file.body);
            shutdown::note(&mut reader);
        }
        health::note(&mut reader);
    }

    /// Functions by their names.
    fn collect(&mut self, expr: &'p Expr) {
        expr.walk(&mut |expr| match &expr.kind {
            Kind::Function(function) if !function.name.is_empty() => {
                self.functions
                    .entry(&function.name)
                    .or_default()
                    .push(function);
            }
            Kind::Assign(names, Some(value), _) => {
                if let (Some(name), Kind::Function(function)) = (names.first(), &value.kind) {
                    self.functions
                        .entry(name.rsplit('.').next().unwrap_or(name))
                        .or_default()
                        .push(function);
                }
            }
            _ => {}
        });
    }

    /// The function of a name, where there is only one.
    pub(crate) fn function(&self, path: &str) -> Option<&'p Function> {
        let last = path.rsplit('.').next().unwrap_or(path);
        match self.functions.get(last)?.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    fn top(&mut self, body: &'p [Expr]) {
        self.scopes.clear();
        for expr in body {
            self.see(expr);
        }
    }

    /// What an expression is; what it does is noted.
    pub(crate) fn see(&mut self, expr: &'p Expr) -> Seen {
        if self.depth >= DEPTH {
            return Seen::default();
        }
        self.depth += 1;
        let seen = self.seen(expr);
        self.depth -= 1;
        seen
    }

    fn seen(&mut self, expr: &'p Expr) -> Seen {
        if let Some(seen) = environment::read(self, expr) {
            return seen;
        }
        match &expr.kind {
            Kind::Text(pieces) => {
                let seen = self.pieces(pieces);
                self.note_text(expr, &seen);
                seen
            }
            Kind::Number(number) => Seen::of(Text::from(&**number)),
            Kind::Bool(yes) => Seen::of(Text::from(if *yes { "true" } else { "false" })),
            Kind::Null => Seen::default(),
            Kind::Path(path) => self.named(path),
            Kind::Member(of, name) => {
                let seen = self.see(of);
                if names::passes_on(name) {
                    seen
                } else {
                    Seen::default()
                }
            }
            Kind::Index(of, index) => {
                self.see(of);
                self.see(index);
                Seen::default()
            }
            Kind::Call(call) => self.called(expr, call),
            Kind::Binary(operator, left, right) => self.binary(expr, operator, left, right),
            Kind::Choice(condition, then, otherwise) => {
                self.see(condition);
                let (a, b) = (self.see(then), self.see(otherwise));
                Seen::either(a, b)
            }
            Kind::Map(of, entries) => {
                let mut whole = Seen::default();
                for (key, value) in entries {
                    let seen = self.see(value);
                    whole.carry(seen.carries.clone());
                    if let Some(name) = key.path().or_else(|| key.literal()) {
                        self.remember_field(name, &seen);
                        self.note_assigned(name, value, &seen);
                    }
                }
                self.note_map(expr, of.as_deref(), entries);
                whole
            }
            Kind::List(items) => self.list(items),
            Kind::Assign(names, value, _) => {
                self.assigned(expr, names, value.as_deref());
                Seen::default()
            }
            Kind::If(condition, then, otherwise) => {
                self.see(condition);
                environment::tested(self, condition, then);
                then.iter().chain(otherwise).for_each(|expr| {
                    self.see(expr);
                });
                Seen::default()
            }
            Kind::Return(items) => items
                .iter()
                .map(|item| self.see(item))
                .last()
                .unwrap_or_default(),
            Kind::Function(function) => {
                self.enter(function);
                self.note_function(expr, function);
                Seen::default()
            }
            Kind::Class(class) => {
                let before = self.around.len();
                self.note_class(expr, class);
                class.body.iter().for_each(|expr| {
                    self.see(expr);
                });
                self.around.truncate(before);
                Seen::default()
            }
            Kind::Block(items) => {
                let mut last = Seen::default();
                for item in items {
                    last = self.see(item);
                }
                if items.len() == 1 {
                    last
                } else {
                    Seen::default()
                }
            }
        }
    }

    /// Goes through a function's body; its parameters are not known.
    fn enter(&mut self, function: &'p Function) {
        for annotation in &function.annotations {
            self.see(annotation);
        }
        let scope = function
            .parameters
            .iter()
            .map(|name| {
                (
                    name.to_string(),
                    Seen::of(Text::hole(Unknown::new(UnknownKind::Variable, &**name))),
                )
            })
            .collect();
        self.scopes.push(scope);
        for expr in &function.body {
            self.see(expr);
        }
        self.scopes.pop();
    }

    fn pieces(&mut self, pieces: &'p [Piece]) -> Seen {
        let mut whole = Seen::of(Text::default());
        for piece in pieces {
            match piece {
                Piece::Literal(text) => whole.push(Seen::of(Text::from(text.as_str())), "text"),
                Piece::Expr(expr) => {
                    let seen = self.see(expr);
                    whole.push(seen, expr.path().unwrap_or("expression"));
                }
            }
        }
        whole
    }

    fn list(&mut self, items: &'p [Expr]) -> Seen {
        let mut whole = Seen::default();
        let mut texts = Vec::new();
        for item in items {
            let seen = self.see(item);
            whole.carry(seen.carries);
            texts.push(seen.text);
        }
        // An address and a port.
        if let [host, Some(port)] = texts.as_slice() {
            let mut text = match (host, &items[0].kind) {
                (Some(host), Kind::Text(_) | Kind::Path(_)) => host.clone(),
                _ => Text::default(),
            };
            text.push_str(":");
            text.push(port);
            whole.text = Some(text);
        }
        whole
    }

    /// What a name stands for.
    pub(crate) fn named(&self, path: &str) -> Seen {
        for scope in self.scopes.iter().rev() {
            if let Some(seen) = scope.get(path) {
                return seen.clone();
            }
        }
        let own = path.rsplit_once('.').map(|(_, last)| format!(".{last}"));
        self.known
            .get(path)
            .or_else(|| self.known.get(own.as_deref()?))
            .cloned()
            .unwrap_or_else(|| Seen::of(Text::hole(Unknown::new(UnknownKind::Computed, path))))
    }

    /// What a name stands for from here on.
    pub(crate) fn remember(&mut self, name: &str, seen: Seen) {
        if name == "_" || name.is_empty() {
            return;
        }
        if name.contains('.') {
            let last = name.rsplit('.').next().unwrap_or(name).to_owned();
            self.remember_field(&last, &seen);
        }
        match self.scopes.last_mut() {
            Some(scope) => {
                scope.insert(name.to_owned(), seen);
            }
            None => {
                // Two files may use a name for two things.
                if self.quiet
                    && self
                        .known
                        .get(name)
                        .is_some_and(|known| known.text != seen.text)
                {
                    self.known.insert(name.to_owned(), Seen::default());
                } else {
                    self.known.insert(name.to_owned(), seen);
                }
            }
        }
    }

    /// What a field of this name stands for, if all of that name are the same.
    fn remember_field(&mut self, name: &str, seen: &Seen) {
        if !self.quiet {
            return;
        }
        let key = format!(".{name}");
        match self.known.get(&key) {
            Some(known) if known.text != seen.text => {
                self.known.insert(key, Seen::default());
            }
            Some(_) => {}
            None => {
                self.known.insert(key, seen.clone());
            }
        }
    }

    fn assigned(&mut self, expr: &'p Expr, names: &'p [Box<str>], value: Option<&'p Expr>) {
        let Some(value) = value else { return };
        let mut seen = self.see(value);
        for carried in &mut seen.carries {
            if carried.through.len() < 8 && carried.through.last() != Some(&expr.span) {
                carried.through.push(expr.span);
            }
        }
        if let Some(name) = names.first() {
            self.note_assigned(name, value, &seen);
        }
        for (at, name) in names.iter().enumerate() {
            let seen = if at == 0 {
                seen.clone()
            } else {
                // `value, ok := os.LookupEnv(…)`: what is tested tells of the read.
                Seen {
                    read: seen.read,
                    ..Seen::default()
                }
            };
            self.remember(name, seen);
        }
    }

    fn binary(&mut self, expr: &'p Expr, operator: &str, left: &'p Expr, right: &'p Expr) -> Seen {
        match operator {
            "||" | "??" | "or" | "?:" => {
                let a = self.see(left);
                if let Some(call) = right.call()
                    && names::ends(call)
                {
                    self.require(a.read);
                    self.see(right);
                    return a;
                }
                let b = self.see(right);
                self.default(a.read, b.text.as_ref());
                Seen::either(a, b)
            }
            "+" => {
                let mut whole = self.see(left);
                let right_seen = self.see(right);
                if whole.text.is_none() {
                    whole.text = Some(Text::hole(Unknown::new(
                        UnknownKind::Computed,
                        left.path().unwrap_or("expression"),
                    )));
                }
                whole.read = None;
                whole.push(right_seen, right.path().unwrap_or("expression"));
                self.note_text(expr, &whole);
                whole
            }
            "%" if matches!(left.kind, Kind::Text(_)) => {
                let values: Vec<(Seen, &str)> = match &right.kind {
                    Kind::List(items) => items
                        .iter()
                        .map(|item| (self.see(item), item.path().unwrap_or("")))
                        .collect(),
                    _ => vec![(self.see(right), right.path().unwrap_or(""))],
                };
                let whole = text::printf(left.literal().unwrap_or_default(), &values);
                self.note_text(expr, &whole);
                whole
            }
            _ => {
                self.note_compared(expr, operator, left, right);
                self.see(left);
                self.see(right);
                Seen::default()
            }
        }
    }

    fn called(&mut self, expr: &'p Expr, call: &'p Call) -> Seen {
        let on = match &call.callee.kind {
            Kind::Member(of, _) => Some(self.see(of)),
            Kind::Path(path) => path.rsplit_once('.').map(|(of, _)| self.named(of)),
            _ => {
                self.see(&call.callee);
                None
            }
        };
        let arguments: Vec<Seen> = call
            .arguments
            .iter()
            .map(|argument| self.see(argument))
            .collect();
        let named: Vec<(&'p str, Seen)> = call
            .named
            .iter()
            .map(|(name, value)| (&**name, self.see(value)))
            .collect();
        for (at, (name, seen)) in named.iter().enumerate() {
            self.remember_field(name, seen);
            self.note_assigned(name, &call.named[at].1, seen);
        }
        self.note_call(expr, call, on.as_ref(), &arguments, &named);
        if let Some(seen) = environment::chained(self, call, on.as_ref(), &arguments) {
            return seen;
        }
        if let Some(whole) = text::put_together(call, on.as_ref(), &arguments, &named, self) {
            self.note_text(expr, &whole);
            return whole;
        }
        let prefix = self.made_prefix(call, on.as_ref(), &arguments, &named);
        if prefix.is_some() {
            return Seen {
                prefix,
                ..Seen::default()
            };
        }
        if names::passes_on(call.last()) {
            if let Some(first) = arguments
                .into_iter()
                .next()
                .filter(|_| !matches!(call.last(), "map" | "and_then" | "filter" | "replace"))
            {
                return first;
            }
            return on.unwrap_or_default();
        }
        Seen::default()
    }

    /// Notes a variable that is read; gives its place among the reads.
    pub(crate) fn note_read(
        &mut self,
        name: &str,
        span: Span,
        required: bool,
        default: Option<Text>,
    ) -> usize {
        if let Some(at) = self
            .program
            .reads
            .iter()
            .position(|read| &*read.name == name && read.span == span)
        {
            return at;
        }
        self.program.reads.push(EnvRead {
            name: name.into(),
            span,
            required,
            default,
        });
        self.program.reads.len() - 1
    }

    /// The program cannot work without this variable.
    pub(crate) fn require(&mut self, read: Option<usize>) {
        if let Some(read) = read.and_then(|read| self.program.reads.get_mut(read))
            && read.default.is_none()
        {
            read.required = true;
        }
    }

    /// What a variable is where it is not set.
    pub(crate) fn default(&mut self, read: Option<usize>, default: Option<&Text>) {
        if let (Some(read), Some(default)) = (
            read.and_then(|read| self.program.reads.get_mut(read)),
            default,
        ) {
            read.default = Some(default.clone());
            read.required = false;
        }
    }
}

impl Seen {
    /// A text that carries nothing.
    pub(crate) fn of(text: Text) -> Self {
        Self {
            text: Some(text),
            ..Self::default()
        }
    }

    /// Adds another at the end; what is not known of it becomes a hole of this name.
    pub(crate) fn push(&mut self, other: Self, name: &str) {
        let text = self.text.get_or_insert_default();
        if is_long(text) || other.text.as_ref().is_some_and(is_long) {
            // Text that is doubled in a loop of assignments would grow without end.
            *text = Text::hole(Unknown::new(UnknownKind::Computed, "long text"));
        }
        match &other.text {
            Some(more) if !is_long(more) => text.push(more),
            _ => text.push_hole(Unknown::new(UnknownKind::Computed, name)),
        }
        self.carry(other.carries);
    }

    /// Takes over what another carries, each secret once.
    pub(crate) fn carry(&mut self, others: Vec<Carried>) {
        for other in others {
            if self.carries.len() < 16
                && self
                    .carries
                    .iter()
                    .all(|own| own.variable != other.variable)
            {
                self.carries.push(other);
            }
        }
    }

    /// One or the other: where the first is one variable, the second is what it may be instead.
    pub(crate) fn either(a: Self, b: Self) -> Self {
        let text = match (a.text, b.text) {
            (Some(a), Some(b)) => {
                let mut holes: Vec<Unknown> = a.holes().cloned().collect();
                match (holes.len(), a.parts().len(), b.literal()) {
                    (1, 1, Some(_)) if holes[0].choices.len() < 8 => {
                        let mut hole = holes.remove(0);
                        hole.choices.push(b);
                        Some(Text::hole(hole))
                    }
                    _ if a == b => Some(a),
                    _ => {
                        let mut hole = Unknown::new(UnknownKind::Computed, "either");
                        if a.holes()
                            .chain(b.holes())
                            .all(|hole| hole.choices.is_empty())
                        {
                            hole.choices = vec![a, b];
                        }
                        Some(Text::hole(hole))
                    }
                }
            }
            (a, b) => a.or(b),
        };
        let mut either = Self {
            text,
            carries: a.carries,
            read: a.read.or(b.read),
            prefix: a.prefix.or(b.prefix),
        };
        either.carry(b.carries);
        either
    }
}

fn is_long(text: &Text) -> bool {
    text.parts().len() > 40
        || text.known_prefix().len() > 4_000
        || text.known_suffix().len() > 4_000
}
