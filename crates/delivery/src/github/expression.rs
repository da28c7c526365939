//! Expressions of GitHub Actions, `${{ … }}`: parsed and evaluated as far as they are known.
//!
//! What is not known becomes a hole with the name that the expression gives it, `github.head_ref`; what can be one of
//! several becomes a hole with choices.

use seaworthy_diagnostics::Span;
use seaworthy_facts::{Data, Number, Part, Text, Unknown, UnknownKind, Value};

/// What an expression can look up.
pub(super) trait Context {
    /// The value of a path such as `github.sha` or `steps.meta.outputs.tags`, where something is known of it.
    fn lookup(&self, path: &[&str], span: Span) -> Option<Value>;
}

const LONGEST: usize = 4096;
const DEEPEST: usize = 40;
const MOST: usize = 16;
/// What all that is put into one text may measure: an output that names another twice would double with every job.
const LARGEST: usize = 64 << 10;
/// How far into lists and maps expressions are looked for.
const DEEPEST_VALUE: usize = 60;

#[derive(Debug, Clone)]
enum Expression {
    Literal(Data),
    Path(Vec<String>),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    /// Something that is not understood.
    Opaque,
}

/// A scalar with its expressions put in. Lists and maps are gone through.
pub(super) fn evaluate(value: &Value, context: &dyn Context) -> Value {
    value.with_texts(DEEPEST_VALUE, &mut |text| {
        let raw = text.str().filter(|raw| raw.contains("${{"))?;
        Some(interpolated(raw, text, context))
    })
}

fn interpolated(raw: &str, value: &Value, context: &dyn Context) -> Value {
    let pieces = pieces(raw);
    if let [Piece::Expression(range, inner)] = pieces.as_slice()
        && raw[..range.start].trim().is_empty()
        && raw[range.end..].trim().is_empty()
    {
        let found = one(inner, value.span, context);
        return Value {
            span: value.span,
            ..found
        };
    }
    let mut text = Text::default();
    let mut trail = value.trail.clone();
    let mut room = LARGEST;
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Expression(_, inner) => {
                let found = one(inner, value.span, context);
                // The last one: of an image's name that is its tag.
                trail = found.trail.clone();
                push(&mut text, &found, inner, &mut room);
            }
        }
    }
    Value {
        data: crate::fragment::value(text, value.span).data,
        span: value.span,
        trail,
    }
}

/// Puts a value in; what there is no `room` for becomes a hole.
fn push(text: &mut Text, value: &Value, inner: &str, room: &mut usize) {
    let more = match value.text() {
        None if value.is_null() => return,
        more => more.map(|more| (size(&more, *room, 0), more)),
    };
    match more {
        Some((size, more)) if size <= *room => {
            *room -= size;
            text.push(&more);
        }
        _ => text.push_hole(unknown(inner.trim())),
    }
}

/// What a text measures with all that its holes can be, counted no further than just above `most`.
fn size(text: &Text, most: usize, depth: usize) -> usize {
    if depth > DEEPEST {
        return most.saturating_add(1);
    }
    let mut sum = 0_usize;
    for part in text.parts() {
        sum += match part {
            Part::Literal(literal) => literal.len(),
            Part::Hole(unknown) => {
                let choices = unknown.choices.iter();
                let choices = choices.map(|choice| size(choice, most, depth + 1));
                unknown.name.len() + choices.fold(0, usize::saturating_add)
            }
        };
        if sum > most {
            break;
        }
    }
    sum
}

/// A part of a text: literal, or an expression with where all of it stands.
pub(super) enum Piece<'t> {
    Literal(&'t str),
    Expression(std::ops::Range<usize>, &'t str),
}

/// The parts of a text with `${{ … }}`.
pub(super) fn pieces(raw: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(start) = raw[from..].find("${{").map(|at| from + at) {
        let Some(end) = end_of(&raw[start + 3..]).map(|at| start + 3 + at) else {
            break;
        };
        if start > from {
            pieces.push(Piece::Literal(&raw[from..start]));
        }
        pieces.push(Piece::Expression(start..end + 2, &raw[start + 3..end]));
        from = end + 2;
    }
    if from < raw.len() {
        pieces.push(Piece::Literal(&raw[from..]));
    }
    pieces
}

/// Where `}}` closes an expression; braces in its texts do not.
fn end_of(text: &str) -> Option<usize> {
    let mut quoted = false;
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        if at > LONGEST {
            return None;
        }
    }
    None
}

/// What an expression without `${{ }}` gives.
pub(super) fn one(source: &str, span: Span, context: &dyn Context) -> Value {
    let expression = parse(source);
    let mut found = alternatives(&expression, span, context, 0);
    if found.len() == 1
        && let Some(found) = found.pop()
    {
        return found;
    }
    let mut hole = unknown(source.trim());
    let mut trail = seaworthy_facts::Trail::default();
    for value in &found {
        let Some(text) = value.text() else {
            hole.choices.clear();
            break;
        };
        if trail.is_empty() {
            trail = value.trail.clone();
        }
        if !hole.choices.contains(&text) {
            hole.choices.push(text);
        }
    }
    Value {
        data: Data::Unknown(hole),
        span,
        trail,
    }
}

fn unknown(name: &str) -> Unknown {
    let name: String = name.chars().take(200).collect();
    Unknown::new(UnknownKind::Expression, name)
}

/// Everything that an expression can give, as far as that is known: never nothing.
fn alternatives(
    expression: &Expression,
    span: Span,
    context: &dyn Context,
    depth: usize,
) -> Vec<Value> {
    let value = |data| Value::new(data, span);
    let not_known = || vec![Value::unknown(unknown(&shown(expression)), span)];
    if depth > DEEPEST {
        return not_known();
    }
    let inner = |expression: &Expression| alternatives(expression, span, context, depth + 1);
    let mut found = match expression {
        Expression::Literal(data) => vec![value(data.clone())],
        Expression::Path(path) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match context.lookup(&path, span) {
                Some(found) => vec![found],
                None => not_known(),
            }
        }
        Expression::Not(of) => {
            let truths: Vec<Option<bool>> = inner(of).iter().map(truth).collect();
            match truths.as_slice() {
                [Some(yes)] => vec![value(Data::Bool(!yes))],
                _ => not_known(),
            }
        }
        Expression::Binary(operator @ ("&&" | "||"), left, right) => {
            // `a && b` goes on where `a` is true, `a || b` where it is false.
            let goes_on = *operator == "&&";
            let left = inner(left);
            let right = if left.iter().all(|left| truth(left) == Some(!goes_on)) {
                Vec::new()
            } else {
                inner(right)
            };
            let mut found = Vec::new();
            for left in left {
                match truth(&left) {
                    Some(yes) if yes == goes_on => found.extend(right.iter().cloned()),
                    Some(_) => found.push(left),
                    None => {
                        found.push(if goes_on {
                            value(Data::Bool(false))
                        } else {
                            left
                        });
                        found.extend(right.iter().cloned());
                    }
                }
            }
            found
        }
        Expression::Binary(operator, left, right) => {
            let (left, right) = (inner(left), inner(right));
            let same = match (left.as_slice(), right.as_slice()) {
                ([left], [right]) => equal(left, right),
                _ => None,
            };
            match (same, *operator) {
                (Some(same), "==") => vec![value(Data::Bool(same))],
                (Some(same), "!=") => vec![value(Data::Bool(!same))],
                _ => not_known(),
            }
        }
        Expression::Call(name, arguments) => {
            let arguments: Vec<Value> = arguments
                .iter()
                .map(|argument| {
                    let mut found = inner(argument);
                    if found.len() == 1 {
                        found.remove(0)
                    } else {
                        let mut hole = unknown(&shown(argument));
                        hole.choices = found.iter().filter_map(Value::text).collect();
                        Value::unknown(hole, span)
                    }
                })
                .collect();
            match called(&name.to_lowercase(), &arguments, span) {
                Some(found) => vec![found],
                None => not_known(),
            }
        }
        Expression::Opaque => not_known(),
    };
    found.truncate(MOST);
    let mut distinct: Vec<Value> = Vec::new();
    for value in found {
        if !distinct.iter().any(|other| other.data == value.data) {
            distinct.push(value);
        }
    }
    distinct
}

/// Whether two values are the same, where that is known.
fn equal(left: &Value, right: &Value) -> Option<bool> {
    let (left, right) = (left.text()?, right.text()?);
    if let (Some(left), Some(right)) = (left.literal(), right.literal()) {
        return Some(left.eq_ignore_ascii_case(right));
    }
    let lower = |text: &Text| -> Vec<Text> {
        text.expanded()
            .iter()
            .map(|text| match text.literal() {
                Some(literal) => literal.to_lowercase().into(),
                None => text.clone(),
            })
            .collect()
    };
    let never = lower(&left).iter().all(|left| {
        lower(&right)
            .iter()
            .all(|right| left.same(right) == seaworthy_facts::Same::Never)
    });
    never.then_some(false)
}

/// Whether a value counts as true; `None` where that is not known.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Null => Some(false),
        Data::Bool(yes) => Some(*yes),
        Data::Number(number) => Some(number.value != 0.0),
        Data::Text(text) => match text.literal() {
            Some(text) => Some(!text.is_empty()),
            // Some of it is known, so it is not empty.
            None => text
                .parts()
                .iter()
                .any(|part| matches!(part, seaworthy_facts::Part::Literal(_)))
                .then_some(true),
        },
        Data::Unknown(unknown) if !unknown.choices.is_empty() => unknown
            .choices
            .iter()
            .all(|choice| choice.literal().is_some_and(|text| !text.is_empty()))
            .then_some(true),
        Data::Unknown(_) => None,
        Data::List(_) | Data::Map(_) => Some(true),
    }
}

fn called(name: &str, arguments: &[Value], span: Span) -> Option<Value> {
    match (name, arguments) {
        ("format", [pattern, rest @ ..]) => {
            let pattern = pattern.str()?;
            let mut text = Text::default();
            let (mut from, mut room) = (0, LARGEST);
            while let Some(open) = pattern[from..].find('{').map(|at| from + at) {
                let close = pattern[open..].find('}').map(|at| open + at)?;
                text.push_str(&pattern[from..open]);
                match pattern[open + 1..close].parse::<usize>() {
                    Ok(index) => {
                        let given = rest.get(index)?;
                        push(&mut text, given, &pattern[open..=close], &mut room);
                    }
                    Err(_) => text.push_str(&pattern[open..=close]),
                }
                from = close + 1;
            }
            text.push_str(&pattern[from..]);
            Some(Value {
                data: crate::fragment::value(text, span).data,
                span,
                trail: rest
                    .iter()
                    .map(|value| value.trail.clone())
                    .find(|trail| !trail.is_empty())
                    .unwrap_or_default(),
            })
        }
        ("join", [list, rest @ ..]) => {
            let separator = rest.first().and_then(Value::str).unwrap_or(",");
            let Data::List(items) = &list.data else {
                return None;
            };
            let mut text = Text::default();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(separator);
                }
                text.push(&item.text()?);
            }
            Some(Value::new(Data::Text(text), span))
        }
        ("fromjson", [json]) => {
            let raw = json.str()?;
            let documents = seaworthy_facts::yaml::read_text(&raw.into(), &|_| span);
            documents
                .documents
                .into_iter()
                .next()
                .filter(|document| !document.broken)
                .map(|document| document.value)
        }
        ("tojson", [value]) => value.text().map(|text| Value::new(Data::Text(text), span)),
        ("contains", [within, what]) => {
            let what = what.str()?;
            let yes = match &within.data {
                Data::List(items) => {
                    let known: Option<Vec<&str>> = items.iter().map(Value::str).collect();
                    known?.contains(&what)
                }
                _ => within.str()?.to_lowercase().contains(&what.to_lowercase()),
            };
            Some(Value::new(Data::Bool(yes), span))
        }
        ("startswith", [text, start]) => {
            let yes = text
                .str()?
                .to_lowercase()
                .starts_with(&start.str()?.to_lowercase());
            Some(Value::new(Data::Bool(yes), span))
        }
        ("endswith", [text, end]) => {
            let yes = text
                .str()?
                .to_lowercase()
                .ends_with(&end.str()?.to_lowercase());
            Some(Value::new(Data::Bool(yes), span))
        }
        ("always", []) => Some(Value::new(Data::Bool(true), span)),
        _ => None,
    }
}

fn shown(expression: &Expression) -> String {
    match expression {
        Expression::Literal(Data::Text(text)) => format!("'{text}'"),
        Expression::Literal(data) => match data {
            Data::Bool(yes) => yes.to_string(),
            Data::Number(number) => number.text(),
            _ => "null".to_owned(),
        },
        Expression::Path(path) => path.join("."),
        Expression::Call(name, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(shown).collect();
            format!("{name}({})", arguments.join(", "))
        }
        Expression::Not(of) => format!("!{}", shown(of)),
        Expression::Binary(operator, left, right) => {
            format!("{} {operator} {}", shown(left), shown(right))
        }
        Expression::Opaque => "?".to_owned(),
    }
}

fn parse(source: &str) -> Expression {
    if source.len() > LONGEST {
        return Expression::Opaque;
    }
    let tokens = tokens(source);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let expression = parser.or();
    if parser.at < tokens.len() {
        return Expression::Opaque;
    }
    expression
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Word(String),
    Sign(&'static str),
    Unknown,
}

const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "!", "<", ">", "(", ")", "[", "]", ",", ".", "*",
];

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let mut text = String::new();
            let mut characters = rest[1..].char_indices().peekable();
            let mut end = rest.len();
            while let Some((at, character)) = characters.next() {
                if character == '\'' {
                    if characters.peek().is_some_and(|(_, next)| *next == '\'') {
                        characters.next();
                        text.push('\'');
                        continue;
                    }
                    end = at + 2;
                    break;
                }
                text.push(character);
            }
            tokens.push(Token::Text(text));
            rest = &rest[end.min(rest.len())..];
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .unwrap_or(rest.len());
            tokens.push(rest[..end].parse().map_or(Token::Unknown, Token::Number));
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            tokens.push(Token::Unknown);
            rest = &rest[first.len_utf8()..];
        }
        rest = rest.trim_start();
    }
    tokens
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else {
            return None;
        };
        let sign = signs.iter().find(|other| *other == sign)?;
        self.at += 1;
        Some(sign)
    }

    fn or(&mut self) -> Expression {
        self.level(&["||"], |parser| {
            parser.level(&["&&"], |parser| {
                parser.level(&["==", "!=", "<", ">", "<=", ">="], Self::unary)
            })
        })
    }

    fn level(
        &mut self,
        signs: &[&'static str],
        next: impl Fn(&mut Self) -> Expression,
    ) -> Expression {
        let mut left = next(self);
        let mut count = 0;
        while let Some(sign) = self.sign(signs) {
            count += 1;
            if count > DEEPEST {
                return Expression::Opaque;
            }
            let right = next(self);
            left = Expression::Binary(sign, Box::new(left), Box::new(right));
        }
        left
    }

    fn unary(&mut self) -> Expression {
        if self.depth > DEEPEST {
            self.at = self.tokens.len() + 1;
            return Expression::Opaque;
        }
        self.depth += 1;
        let expression = if self.sign(&["!"]).is_some() {
            Expression::Not(Box::new(self.unary()))
        } else {
            self.primary()
        };
        self.depth -= 1;
        expression
    }

    fn primary(&mut self) -> Expression {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Expression::Literal(Data::Text(text.into())),
            Some(Token::Number(value)) => Expression::Literal(Data::Number(Number::from(value))),
            Some(Token::Sign("(")) => {
                let inner = self.or();
                if self.sign(&[")"]).is_none() {
                    return Expression::Opaque;
                }
                inner
            }
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Expression::Literal(Data::Bool(true)),
                "false" => Expression::Literal(Data::Bool(false)),
                "null" => Expression::Literal(Data::Null),
                _ if self.sign(&["("]).is_some() => self.call(word),
                _ => self.path(word),
            },
            _ => Expression::Opaque,
        }
    }

    fn call(&mut self, name: String) -> Expression {
        let mut arguments = Vec::new();
        if self.sign(&[")"]).is_none() {
            loop {
                arguments.push(self.or());
                if self.sign(&[","]).is_some() {
                    continue;
                }
                if self.sign(&[")"]).is_none() {
                    return Expression::Opaque;
                }
                break;
            }
        }
        // What follows a result (`fromJSON(…).a`) is not followed.
        let mut goes_on = false;
        while let Some(sign) = self.sign(&[".", "["]) {
            goes_on = true;
            if sign == "[" {
                self.or();
                self.sign(&["]"]);
            } else {
                self.at += 1;
            }
        }
        if goes_on {
            return Expression::Opaque;
        }
        Expression::Call(name, arguments)
    }

    fn path(&mut self, first: String) -> Expression {
        let mut path = vec![first];
        while let Some(sign) = self.sign(&[".", "["]) {
            if path.len() > DEEPEST {
                return Expression::Opaque;
            }
            if sign == "." {
                match self.tokens.get(self.at) {
                    Some(Token::Word(word)) => path.push(word.clone()),
                    Some(Token::Sign("*")) => path.push("*".to_owned()),
                    _ => return Expression::Opaque,
                }
                self.at += 1;
            } else {
                match self.or() {
                    Expression::Literal(Data::Text(text)) => {
                        path.push(text.literal().unwrap_or_default().to_owned());
                    }
                    Expression::Literal(Data::Number(number)) => path.push(number.text()),
                    other => path.push(format!("[{}]", shown(&other))),
                }
                if self.sign(&["]"]).is_none() {
                    return Expression::Opaque;
                }
            }
        }
        Expression::Path(path)
    }
}
