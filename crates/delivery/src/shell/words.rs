//! Words of a shell: quotes, expansions, substitutions, put together as far as they are known.

use std::ops::Range;

use seaworthy_facts::{Data, Part, Text, Unknown, UnknownKind, Value};
use tree_sitter::{Node, Tree};

use super::DEFERRED;
use super::run::Run;
use crate::fragment;

/// Stands in front of a path that counts from the top of the repository, until a command is reached.
pub(crate) const TOP: char = '\u{1}';
/// Names of results are for people and for comparison; longer ones are cut.
const LONGEST_NAME: usize = 200;

impl<'a> Run<'a> {
    /// A word as one value.
    pub(super) fn word(&mut self, node: Node<'a>) -> Value {
        let span = self.fragment.span(node.byte_range());
        // A word that is one variable or one hole keeps the way its value came.
        if let Some(value) = self.whole(node) {
            return value;
        }
        let mut text = Text::default();
        self.append(node, &mut text);
        let mut value = fragment::value(text, span);
        if let Some(from) = self.last_source(node, 0) {
            value.trail = from;
        }
        value
    }

    /// The words that a word becomes: lists and unquoted texts with blanks are several.
    pub(super) fn split(&mut self, node: Node<'a>, words: &mut Vec<Value>) {
        let value = self.word(node);
        match &value.data {
            Data::List(items) => words.extend(items.iter().cloned()),
            Data::Text(text) => match text.literal() {
                Some(literal) if is_unquoted(node) && literal.contains(char::is_whitespace) => {
                    words.extend(literal.split_whitespace().map(|word| Value {
                        data: Data::Text(word.into()),
                        ..value.clone()
                    }));
                }
                Some("") if is_unquoted(node) => {}
                _ => words.push(value),
            },
            _ => words.push(value),
        }
    }

    /// A word that is nothing but one expansion.
    fn whole(&mut self, node: Node<'a>) -> Option<Value> {
        let span = self.fragment.span(node.byte_range());
        match node.kind() {
            "simple_expansion" | "expansion" => {
                let name = self.plain_name(node)?;
                let value = self.variable(&name)?;
                let around = value.span.file == span.file
                    && value.span.start <= span.start
                    && span.end <= value.span.end;
                if around {
                    return Some(Value { span, ..value });
                }
                Some(value.used_at(span, format!("`{name}` is set here")))
            }
            "string" if node.named_child_count() == 1 => {
                let inner = node.named_child(0)?;
                // Nothing but the quotes around it.
                (inner.start_byte() == node.start_byte() + 1
                    && inner.end_byte() + 1 == node.end_byte())
                .then(|| self.whole(inner))?
                .map(|value| Value { span, ..value })
            }
            "word" | "string_content" | "variable_name" => {
                let value = self.fragment.first_put(node.byte_range())?;
                if value
                    .as_unknown()
                    .is_some_and(|hole| hole.name.starts_with(DEFERRED))
                {
                    return None;
                }
                let all = self.fragment.literal(node.byte_range());
                (value.text().as_ref() == Some(&all)).then(|| value.used_at(span, "put in here"))
            }
            "array" => {
                let mut items = Vec::new();
                for child in children(node) {
                    if child.is_named() {
                        self.split(child, &mut items);
                    }
                }
                Some(Value::new(Data::List(items), span))
            }
            _ => None,
        }
    }

    /// How the last thing that is put into a word came there: of an image's name that is its tag.
    fn last_source(&self, node: Node<'a>, depth: usize) -> Option<seaworthy_facts::Trail> {
        if depth > 20 {
            return None;
        }
        if matches!(node.kind(), "simple_expansion" | "expansion") {
            let name = self.plain_name(node)?;
            let Some(value) = self.variables.get(&name) else {
                return Some(seaworthy_facts::Trail::default());
            };
            let place = self.fragment.span(node.byte_range());
            // What the runner sets has no place of its own but the whole script's.
            let around = value.span.file == place.file
                && value.span.start <= place.start
                && place.end <= value.span.end;
            if around {
                return Some(seaworthy_facts::Trail::default());
            }
            return Some(value.trail.via(value.span, format!("`{name}` is set here")));
        }
        if node.child_count() == 0 {
            let value = self.fragment.last_put(node.byte_range())?;
            let is_variable = value
                .as_unknown()
                .is_some_and(|hole| hole.name.starts_with(DEFERRED));
            return (!is_variable).then(|| value.trail.clone());
        }
        let mut last = None;
        for child in children(node) {
            last = self.last_source(child, depth + 1).or(last);
        }
        last
    }

    /// The name in `$X`, `${X}` and `"${X[@]}"`, where nothing else is done with it.
    fn plain_name(&self, node: Node<'a>) -> Option<String> {
        let named: Vec<Node<'a>> = children(node).filter(Node::is_named).collect();
        let [inner] = named.as_slice() else {
            return None;
        };
        let plain = match node.kind() {
            "simple_expansion" => true,
            _ => node.child_count() == 3,
        };
        if !plain {
            return None;
        }
        match inner.kind() {
            "variable_name" | "special_variable_name" => Some(self.raw(inner.byte_range())),
            "subscript" => {
                let index = inner.named_child(1)?;
                matches!(self.raw(index.byte_range()).as_str(), "@" | "*")
                    .then(|| inner.named_child(0).map(|name| self.raw(name.byte_range())))?
            }
            _ => None,
        }
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned()
    }

    /// Adds what a node means to a text.
    pub(super) fn append(&mut self, node: Node<'a>, text: &mut Text) {
        if !self.enter() {
            text.push_hole(self.computed(node));
            return;
        }
        match node.kind() {
            "simple_expansion" | "expansion" => self.expansion(node, text),
            "command_substitution" => {
                let value = self.substitution(node);
                text.push(&value);
            }
            "string" => {
                let range = node.start_byte() + 1..node.end_byte().saturating_sub(1);
                let start = usize::from(self.raw(node.byte_range()).starts_with('$'));
                self.between(node, range.start + start..range.end, true, text);
            }
            "raw_string" => {
                let range = node.start_byte() + 1..node.end_byte().saturating_sub(1);
                text.push(&self.fragment.literal(range));
            }
            "ansi_c_string" => {
                let range = node.start_byte() + 2..node.end_byte().saturating_sub(1);
                text.push(&self.fragment.literal(range));
            }
            "concatenation" | "command_name" => {
                for child in children(node) {
                    self.append(child, text);
                }
            }
            "heredoc_body" => self.between(node, node.byte_range(), true, text),
            "arithmetic_expansion" | "process_substitution" => {
                text.push_hole(self.computed(node));
            }
            _ if node.named_child_count() == 0 => {
                let literal = self.filled(node.byte_range());
                if literal
                    .literal()
                    .is_some_and(|literal| literal.contains('\\'))
                {
                    text.push_str(&unescaped(literal.literal().unwrap_or_default()));
                } else {
                    text.push(&literal);
                }
            }
            _ => self.between(node, node.byte_range(), false, text),
        }
        self.leave();
    }

    /// The text of a range of a node, its expansions put in.
    fn between(&mut self, node: Node<'a>, range: Range<usize>, quoted: bool, text: &mut Text) {
        let mut from = range.start;
        for child in children(node) {
            let expands = matches!(
                child.kind(),
                "simple_expansion"
                    | "expansion"
                    | "command_substitution"
                    | "arithmetic_expansion"
                    | "process_substitution"
            ) || !quoted
                && matches!(child.kind(), "string" | "raw_string" | "concatenation");
            if !expands || child.start_byte() < from {
                continue;
            }
            self.literal_part(from..child.start_byte(), quoted, text);
            self.append(child, text);
            from = child.end_byte();
        }
        self.literal_part(from..range.end.max(from), quoted, text);
    }

    fn literal_part(&self, range: Range<usize>, quoted: bool, text: &mut Text) {
        let part = self.filled(range);
        match part.literal() {
            Some(literal) if quoted && literal.contains('\\') => {
                text.push_str(&unescaped_in_quotes(literal));
            }
            _ => text.push(&part),
        }
    }

    /// The text of a range, with what is put in.
    fn filled(&self, range: Range<usize>) -> Text {
        let text = self.fragment.literal(range);
        if !text.holes().any(|hole| hole.name.starts_with(DEFERRED)) {
            return text;
        }
        let mut filled = Text::default();
        for part in text.parts() {
            match part {
                Part::Literal(literal) => filled.push_str(literal),
                Part::Hole(hole) => match hole.name.strip_prefix(DEFERRED) {
                    Some(name) => match self.variable(name).and_then(|value| value.text()) {
                        Some(value) => filled.push(&value),
                        None => filled.push_hole(Unknown::new(UnknownKind::Shell, name)),
                    },
                    None => filled.push_hole(hole.clone()),
                },
            }
        }
        filled
    }

    fn expansion(&mut self, node: Node<'a>, text: &mut Text) {
        let named: Vec<Node<'a>> = children(node).filter(Node::is_named).collect();
        let Some(first) = named.first() else {
            text.push_hole(self.computed(node));
            return;
        };
        let name = match first.kind() {
            "subscript" => first
                .named_child(0)
                .map_or_else(String::new, |name| self.raw(name.byte_range())),
            _ => self.raw(first.byte_range()),
        };
        let value = self.variable(&name);
        let own = || Text::hole(Unknown::new(UnknownKind::Shell, name.as_str()));
        let operator = children(node)
            .find(|child| {
                !child.is_named() && child.start_byte() >= first.end_byte() && child.kind() != "}"
            })
            .map(|child| self.raw(child.byte_range()));
        let is_length = node.kind() == "expansion"
            && children(node)
                .nth(1)
                .is_some_and(|child| child.kind() == "#");
        match operator.as_deref() {
            None if is_length => text.push_hole(self.computed(node)),
            None => match value {
                Some(value) => match &value.data {
                    Data::List(items) => {
                        for (index, item) in items.iter().enumerate() {
                            if index > 0 {
                                text.push_str(" ");
                            }
                            if let Some(item) = item.text() {
                                text.push(&item);
                            }
                        }
                    }
                    _ => text.push(&value.text().unwrap_or_default()),
                },
                None => text.push(&own()),
            },
            Some(":-" | "-" | ":=" | "=") => {
                let mut default = Text::default();
                for child in &named[1..] {
                    self.append(*child, &mut default);
                }
                let known = value.as_ref().and_then(Value::text);
                match known {
                    Some(known) if known.literal() != Some("") => text.push(&known),
                    Some(_) => text.push(&default),
                    None => {
                        let mut unknown = Unknown::new(UnknownKind::Shell, name.as_str());
                        unknown.choices = vec![own(), default.clone()];
                        text.push_hole(unknown);
                    }
                }
                if matches!(operator.as_deref(), Some(":=" | "=")) && value.is_none() {
                    let span = self.fragment.span(node.byte_range());
                    self.variables.set(&name, fragment::value(default, span));
                }
            }
            Some(":?" | "?") => match value.and_then(|value| value.text()) {
                Some(value) => text.push(&value),
                None => text.push(&own()),
            },
            Some(operator) => {
                let rest = self.raw(first.end_byte()..node.end_byte().saturating_sub(1));
                let known = value.as_ref().and_then(Value::text);
                let done = known
                    .as_ref()
                    .and_then(Text::literal)
                    .and_then(|literal| cut(literal, operator, rest.get(operator.len()..)?));
                if let Some(done) = done {
                    text.push_str(&done);
                } else {
                    let of = known.map_or_else(|| name.clone(), |known| known.to_string());
                    text.push_hole(named_result(&format!("{of}{rest}")));
                }
            }
        }
    }

    /// A result that is not worked out; it is called what is written.
    fn computed(&self, node: Node<'a>) -> Unknown {
        named_result(&self.raw(node.byte_range()))
    }

    fn filled_raw(&self, range: Range<usize>) -> Text {
        let text = self.fragment.literal(range);
        if text.literal().is_some() {
            return text;
        }
        let mut plain = Text::default();
        for part in text.parts() {
            match part {
                Part::Literal(literal) => plain.push_str(literal),
                Part::Hole(hole) => match hole.name.strip_prefix(DEFERRED) {
                    Some(name) => plain.push_str(&format!("${name}")),
                    None => plain.push_hole(hole.clone()),
                },
            }
        }
        plain
    }

    pub(super) fn raw(&self, range: Range<usize>) -> String {
        self.filled_raw(range).to_string()
    }
}

/// A result that is not worked out, by this name.
pub(super) fn named_result(name: &str) -> Unknown {
    let end = name
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at <= LONGEST_NAME)
        .last()
        .unwrap_or(0);
    let name = if name.len() > LONGEST_NAME {
        &name[..end]
    } else {
        name
    };
    Unknown::new(UnknownKind::Computed, name)
}

/// The children of a node. A cursor each, since a node's `child(i)` walks from the start.
pub(super) fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let child = cursor.node();
        more = cursor.goto_next_sibling();
        Some(child)
    })
}

/// Variables whose dollar the parser left alone at the end of a word: all of `$NAME`.
pub(super) fn lost_variables(tree: &Tree, text: &str) -> Vec<Range<usize>> {
    let mut lost = Vec::new();
    let bytes = text.as_bytes();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.kind() == "concatenation" {
            lost.extend(children(node).filter_map(|child| {
                let start = child.start_byte();
                let length = bytes
                    .get(start + 1..)?
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count();
                let is_name = length > 0 && !bytes[start + 1].is_ascii_digit();
                (child.kind() == "$" && is_name).then_some(start..start + 1 + length)
            }));
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return lost;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

fn is_unquoted(node: Node<'_>) -> bool {
    match node.kind() {
        "simple_expansion" | "expansion" | "command_substitution" | "word" => true,
        "concatenation" => children(node).all(is_unquoted),
        _ => false,
    }
}

/// Simple cuts of known texts: `${x##*/}`, `${x%.git}`, `${x/a/b}`, `${x:0:7}`.
fn cut(text: &str, operator: &str, pattern: &str) -> Option<String> {
    if pattern.contains(['$', '[', '?', '\\']) || pattern.len() > 100 {
        return None;
    }
    let done = match operator {
        "#" | "##" => match pattern.strip_prefix('*') {
            None if !pattern.contains('*') => text.strip_prefix(pattern).unwrap_or(text),
            Some(mark) if !mark.is_empty() && !mark.contains('*') => {
                let at = if operator == "#" {
                    text.find(mark)
                } else {
                    text.rfind(mark)
                };
                at.map_or(text, |at| &text[at + mark.len()..])
            }
            _ => return None,
        },
        "%" | "%%" => match pattern.strip_suffix('*') {
            None if !pattern.contains('*') => text.strip_suffix(pattern).unwrap_or(text),
            Some(mark) if !mark.is_empty() && !mark.contains('*') => {
                let at = if operator == "%" {
                    text.rfind(mark)
                } else {
                    text.find(mark)
                };
                at.map_or(text, |at| &text[..at])
            }
            _ => return None,
        },
        ":" => {
            let (from, length) = pattern.split_once(':').unwrap_or((pattern, ""));
            let from: usize = if from.is_empty() {
                0
            } else {
                from.trim().parse().ok()?
            };
            let rest = text.get(from..)?;
            match length {
                "" => rest,
                length => rest
                    .get(..length.trim().parse::<usize>().ok()?)
                    .unwrap_or(rest),
            }
        }
        ",," if pattern.is_empty() => return Some(text.to_lowercase()),
        "^^" if pattern.is_empty() => return Some(text.to_uppercase()),
        "/" | "//" => {
            let (from, to) = pattern.split_once('/').unwrap_or((pattern, ""));
            if from.is_empty() || from.contains('*') || from.starts_with(['#', '%']) {
                return None;
            }
            return Some(if operator == "/" {
                text.replacen(from, to, 1)
            } else if to.len() > 8 {
                return None;
            } else {
                text.replace(from, to)
            });
        }
        _ => return None,
    };
    Some(done.to_owned())
}

fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('\n') | None => {}
                Some(next) => result.push(next),
            },
            other => result.push(other),
        }
    }
    result
}

/// In double quotes and heredocs a backslash only counts in front of these.
fn unescaped_in_quotes(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\\' {
            match characters.peek() {
                Some('\n') => {
                    characters.next();
                    continue;
                }
                Some(next @ ('$' | '`' | '"' | '\\')) => {
                    result.push(*next);
                    characters.next();
                    continue;
                }
                _ => {}
            }
        }
        result.push(character);
    }
    result
}
