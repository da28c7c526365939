//! Goes through a script as a shell would, without doing anything, and notes what it would do.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::{Command, Deed, What};
use seaworthy_facts::{Data, Text, Unknown, UnknownKind, Value, file_name, join};
use tree_sitter::Node;

use super::variables::Variables;
use super::words::{TOP, children, named_result};
use super::{Outcome, Shells};
use crate::deeds::{self, State};
use crate::files;
use crate::fragment::{self, Fragment};

/// Levels of syntax that are followed, and of scripts that call scripts.
const DEEPEST: usize = 120;
const MOST_CALLS: usize = 6;

/// A run through one script.
pub(crate) struct Run<'a> {
    pub(super) shells: &'a Shells<'a>,
    pub(super) fragment: &'a Fragment,
    pub(super) variables: Variables,
    functions: HashMap<String, (&'a Fragment, Node<'a>)>,
    called_functions: Vec<String>,
    pub(super) folder: Text,
    /// The folder of the script's own file, for `$(dirname "$0")`.
    own_folder: Arc<str>,
    state: State,
    commands: Vec<Command>,
    deeds: Vec<Deed>,
    conditions: Vec<Span>,
    calls: Vec<Span>,
    callers: Vec<Arc<str>>,
    /// Functions and sourced files that are gone through now.
    active: Vec<String>,
    failure_ignored: bool,
    /// What the next simple command is given: heredocs, redirects, the command before it in a pipeline.
    context: Context,
    budget: &'a Cell<usize>,
    depth: usize,
}

#[derive(Debug, Clone, Default)]
struct Context {
    input: Option<Value>,
    output: Option<Value>,
    reads_from: Option<usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        shells: &'a Shells<'a>,
        fragment: &'a Fragment,
        variables: Variables,
        folder: Text,
        own_folder: &str,
        budget: &'a Cell<usize>,
    ) -> Self {
        Self {
            shells,
            fragment,
            variables,
            functions: HashMap::new(),
            called_functions: Vec::new(),
            folder,
            own_folder: own_folder.into(),
            state: State::default(),
            commands: Vec::new(),
            deeds: Vec::new(),
            conditions: Vec::new(),
            calls: Vec::new(),
            callers: Vec::new(),
            active: Vec::new(),
            failure_ignored: false,
            context: Context::default(),
            budget,
            depth: 0,
        }
    }

    pub(super) fn with_callers(mut self, callers: Vec<Arc<str>>, state: State) -> Self {
        self.callers = callers;
        self.state = state;
        self
    }

    /// Goes through all of it; functions that nothing calls come last.
    pub(super) fn all(mut self, root: Node<'a>) -> Outcome {
        self.visit(root);
        let mut uncalled: Vec<_> = self
            .functions
            .iter()
            .filter(|(name, _)| !self.called_functions.contains(name))
            .map(|(_, (fragment, body))| (*fragment, *body))
            .collect();
        uncalled.sort_by_key(|(_, body)| body.start_byte());
        let folder = self.folder.clone();
        for (fragment, body) in uncalled {
            self.folder = folder.clone();
            let before = std::mem::replace(&mut self.fragment, fragment);
            self.conditions
                .push(fragment.span(body.start_byte()..body.start_byte()));
            self.visit(body);
            self.conditions.pop();
            self.fragment = before;
        }
        Outcome {
            commands: self.commands,
            deeds: self.deeds,
            state: self.state,
        }
    }

    pub(super) fn enter(&mut self) -> bool {
        let left = self.budget.get();
        if self.depth >= DEEPEST || left == 0 {
            return false;
        }
        self.budget.set(left - 1);
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn visit(&mut self, node: Node<'a>) {
        if !self.enter() {
            return;
        }
        match node.kind() {
            "command" => self.command(node),
            "variable_assignment" => self.assignment(node),
            "declaration_command" => self.declaration(node),
            "redirected_statement" => self.redirected(node),
            "pipeline" => self.pipeline(node, self.context.reads_from),
            "list" => self.list(node),
            "if_statement" => self.if_statement(node),
            "case_statement" => self.case_statement(node),
            "for_statement" => self.for_statement(node),
            "while_statement" | "c_style_for_statement" => self.while_statement(node),
            "function_definition" => {
                if let (Some(name), Some(body)) = (
                    node.child_by_field_name("name"),
                    node.child_by_field_name("body"),
                ) {
                    let name = self.raw(name.byte_range());
                    self.functions.insert(name, (self.fragment, body));
                }
            }
            "subshell" => {
                let mark = self.variables.mark();
                let folder = self.folder.clone();
                self.visit_children(node);
                self.variables.rollback(mark);
                self.folder = folder;
            }
            "test_command" => {
                // Commands within it run.
                self.substitutions_within(node);
            }
            "unset_command" => {
                for child in children(node).filter(Node::is_named) {
                    let name = self.raw(child.byte_range());
                    self.variables.unset(&name);
                }
            }
            "comment" => {}
            _ => self.visit_children(node),
        }
        self.leave();
    }

    fn visit_children(&mut self, node: Node<'a>) {
        for child in children(node) {
            if child.is_named() {
                self.visit(child);
            }
        }
    }

    fn substitutions_within(&mut self, node: Node<'a>) {
        let mut text = Text::default();
        for child in children(node).filter(Node::is_named) {
            self.append(child, &mut text);
        }
    }

    fn assignment(&mut self, node: Node<'a>) {
        let Some((name, value)) = self.assigned(node) else {
            return;
        };
        let span = self.fragment.span(node.byte_range());
        self.emit(Vec::new(), vec![(name.clone(), value.clone())], span);
        self.variables.set(&name, value);
    }

    fn assigned(&mut self, node: Node<'a>) -> Option<(Arc<str>, Value)> {
        let name = node.child_by_field_name("name")?;
        let range = name.byte_range();
        let name: Arc<str> = self.raw(range.clone()).into();
        let adds = children(node).any(|child| child.kind() == "+=");
        let value = match node.child_by_field_name("value") {
            Some(value) => self.word(value),
            None => Value::string("", self.fragment.span(range)),
        };
        if !adds {
            return Some((name, value));
        }
        let data = match (
            self.variables.get(&name).map(|value| &value.data),
            &value.data,
        ) {
            (Some(Data::List(items)), Data::List(more)) => {
                Data::List(items.iter().chain(more).take(256).cloned().collect())
            }
            (Some(before), _) => {
                let mut text = Value::new(before.clone(), value.span).text()?;
                text.push(&value.text()?);
                Data::Text(text)
            }
            (None, _) => value.data.clone(),
        };
        Some((name, Value { data, ..value }))
    }

    fn declaration(&mut self, node: Node<'a>) {
        let word = children(node)
            .next()
            .map(|child| self.raw(child.byte_range()));
        let exports = word.as_deref() == Some("export");
        for child in children(node).filter(Node::is_named) {
            match child.kind() {
                "variable_assignment" => {
                    if let Some(name) = child.child_by_field_name("name")
                        && exports
                    {
                        let name = self.raw(name.byte_range());
                        self.variables.export(&name);
                    }
                    self.assignment(child);
                }
                "variable_name" if exports => {
                    let name = self.raw(child.byte_range());
                    self.variables.export(&name);
                }
                _ => {}
            }
        }
    }

    fn redirected(&mut self, node: Node<'a>) {
        let before = self.context.clone();
        let mut after: Vec<Node<'a>> = Vec::new();
        let mut body = None;
        for child in children(node) {
            match child.kind() {
                "file_redirect" => self.file_redirect(child),
                "herestring_redirect" => self.here_string(child),
                "heredoc_redirect" => {
                    for inner in children(child) {
                        match inner.kind() {
                            "heredoc_body" => self.here_document(inner, child),
                            "file_redirect" => self.file_redirect(inner),
                            "heredoc_start" | "heredoc_end" | "<<" | "<<-" => {}
                            // What follows on the line of `<<EOF`: more words, or the rest of a pipeline or list.
                            _ => after.push(inner),
                        }
                    }
                }
                _ if child.is_named() && body.is_none() => body = Some(child),
                _ => {}
            }
        }
        if let Some(body) = body {
            self.visit(body);
        }
        let last = self.commands.len().checked_sub(1);
        self.context = before;
        let mut piped = false;
        for node in after {
            match node.kind() {
                "|" | "|&" => piped = true,
                "pipeline" => self.pipeline(node, last),
                _ if node.is_named() => {
                    let context = self.context.clone();
                    if piped {
                        self.context.reads_from = last;
                    }
                    self.visit(node);
                    self.context = context;
                }
                _ => {}
            }
        }
    }

    fn file_redirect(&mut self, node: Node<'a>) {
        let operator = children(node)
            .find(|child| !child.is_named())
            .map(|child| child.kind());
        let descriptor = children(node)
            .find(|child| child.kind() == "file_descriptor")
            .map(|child| self.raw(child.byte_range()));
        let Some(target) = node.child_by_field_name("destination").or_else(|| {
            children(node)
                .filter(|child| child.is_named() && child.kind() != "file_descriptor")
                .last()
        }) else {
            return;
        };
        let writes = matches!(operator, Some(">" | ">>" | ">|" | "&>" | "&>>"));
        if writes && descriptor.as_deref().is_none_or(|number| number == "1") {
            let value = self.word(target);
            self.context.output = Some(value);
        }
    }

    fn here_string(&mut self, node: Node<'a>) {
        if let Some(word) = children(node).filter(Node::is_named).last() {
            let value = self.word(word);
            self.context.input = Some(value);
        }
    }

    fn here_document(&mut self, body: Node<'a>, redirect: Node<'a>) {
        let span = self.fragment.span(body.byte_range());
        let raw = children(redirect)
            .find(|child| child.kind() == "heredoc_start")
            .is_some_and(|start| self.raw(start.byte_range()).contains(['\'', '"', '\\']));
        let strips = children(redirect).any(|child| child.kind() == "<<-");
        let mut text = Text::default();
        if raw {
            text = self.fragment.literal(body.byte_range());
        } else {
            self.append(body, &mut text);
        }
        if strips {
            text = without_tabs(&text);
        }
        self.context.input = Some(fragment::value(text, span));
    }

    fn pipeline(&mut self, node: Node<'a>, mut reads_from: Option<usize>) {
        let before = self.context.clone();
        for child in children(node).filter(Node::is_named) {
            if child.kind() == "comment" {
                continue;
            }
            let outer_output = before.output.clone();
            self.context = Context {
                input: if reads_from.is_none() {
                    before.input.clone()
                } else {
                    None
                },
                output: outer_output,
                reads_from,
            };
            self.visit(child);
            reads_from = self.commands.len().checked_sub(1);
        }
        self.context = before;
    }

    fn list(&mut self, node: Node<'a>) {
        let parts: Vec<Node<'a>> = children(node).collect();
        let (Some(left), Some(right)) = (parts.first(), parts.last()) else {
            return;
        };
        if parts.len() < 3 {
            self.visit_children(node);
            return;
        }
        let operator = parts[1].kind();
        let ignored = self.failure_ignored;
        if operator == "||" && self.gives_in(*right) {
            self.failure_ignored = true;
        }
        self.visit(*left);
        self.failure_ignored = ignored;
        self.conditions.push(self.fragment.span(left.byte_range()));
        self.visit(*right);
        self.conditions.pop();
    }

    /// `true`, `:` and messages leave a failure without consequence.
    fn gives_in(&self, node: Node<'a>) -> bool {
        let text = self.raw(node.byte_range());
        let first = text.split_whitespace().next().unwrap_or_default();
        matches!(first, "true" | ":" | "echo" | "printf" | "/bin/true") && !text.contains("exit")
    }

    fn if_statement(&mut self, node: Node<'a>) {
        let mut branches = Vec::new();
        let folder = self.folder.clone();
        let mut has_else = false;
        let mut condition = None;
        let conditions = self.conditions.len();
        let mut mark = self.variables.mark();
        let mut known = None;
        for child in children(node).filter(Node::is_named) {
            let is_condition = condition.is_none();
            let is_else = matches!(child.kind(), "elif_clause" | "else_clause");
            if known == Some(true) && is_else || known == Some(false) && !is_else && !is_condition {
                continue;
            }
            match child.kind() {
                "elif_clause" | "else_clause" => {
                    branches.push(self.variables.rollback(mark));
                    mark = self.variables.mark();
                    self.folder = folder.clone();
                    if child.kind() == "else_clause" {
                        has_else = true;
                        self.visit_children(child);
                    } else {
                        let mut first = true;
                        for inner in children(child).filter(Node::is_named) {
                            if first {
                                let failure_ignored =
                                    std::mem::replace(&mut self.failure_ignored, true);
                                self.visit(inner);
                                self.failure_ignored = failure_ignored;
                                self.conditions.push(self.fragment.span(inner.byte_range()));
                                first = false;
                            } else {
                                self.visit(inner);
                            }
                        }
                    }
                }
                _ if is_condition => {
                    let failure_ignored = std::mem::replace(&mut self.failure_ignored, true);
                    self.visit(child);
                    self.failure_ignored = failure_ignored;
                    // What the condition itself sets holds in all branches.
                    mark = self.variables.mark();
                    condition = Some(child);
                    known = self.tested(child);
                    if known != Some(true) {
                        self.conditions.push(self.fragment.span(child.byte_range()));
                    }
                }
                _ => self.visit(child),
            }
        }
        branches.push(self.variables.rollback(mark));
        match known {
            // What is left out changes nothing.
            Some(true) => branches.truncate(1),
            Some(false) if branches.len() > 1 => {
                branches.remove(0);
            }
            _ => {}
        }
        if !has_else && known != Some(true) {
            branches.push(HashMap::new());
        }
        self.conditions.truncate(conditions);
        self.folder = folder;
        self.variables.merge(&branches);
    }

    /// What `[ … ]` of known texts gives: `-n`, `-z`, `=`, `!=`.
    fn tested(&mut self, node: Node<'a>) -> Option<bool> {
        if node.kind() != "test_command" {
            return None;
        }
        let inner = children(node).find(Node::is_named)?;
        let parts: Vec<Node<'a>> = children(inner).collect();
        match (inner.kind(), parts.as_slice()) {
            ("unary_expression", [operator, operand]) => {
                let wants = match operator.kind() {
                    "test_operator" => self.raw(operator.byte_range()),
                    _ => return None,
                };
                let mut text = Text::default();
                self.append(*operand, &mut text);
                let empty = match text.parts() {
                    [] => true,
                    parts => {
                        let sure = parts.iter().any(|part| match part {
                            seaworthy_facts::Part::Literal(_) => true,
                            // A published release has a tag.
                            seaworthy_facts::Part::Hole(hole) => &*hole.name == "release.tag_name",
                        });
                        if !sure {
                            return None;
                        }
                        false
                    }
                };
                match wants.as_str() {
                    "-z" => Some(empty),
                    "-n" => Some(!empty),
                    _ => None,
                }
            }
            ("binary_expression", [left, operator, right]) => {
                let same = match operator.kind() {
                    "=" | "==" => true,
                    "!=" => false,
                    _ => return None,
                };
                let right_text = self.raw(right.byte_range());
                if right_text.contains(['*', '?', '[']) {
                    return None;
                }
                let mut of = |node: Node<'a>| {
                    let mut text = Text::default();
                    self.append(node, &mut text);
                    text
                };
                let (left, right) = (of(*left), of(*right));
                match left.same(&right) {
                    seaworthy_facts::Same::Always => Some(same),
                    seaworthy_facts::Same::Never => Some(!same),
                    seaworthy_facts::Same::Maybe => None,
                }
            }
            _ => None,
        }
    }

    fn case_statement(&mut self, node: Node<'a>) {
        let mut branches = Vec::new();
        let folder = self.folder.clone();
        let mut has_default = false;
        for item in children(node).filter(|child| child.kind() == "case_item") {
            let mark = self.variables.mark();
            let patterns = children(item)
                .find(|child| child.kind() == ")")
                .map_or(item.start_byte(), |end| end.start_byte());
            let pattern = item.start_byte()..patterns;
            has_default |= self.raw(pattern.clone()).trim() == "*";
            self.conditions.push(self.fragment.span(pattern));
            for child in children(item).filter(Node::is_named) {
                if child.start_byte() >= patterns {
                    self.visit(child);
                }
            }
            self.conditions.pop();
            self.folder = folder.clone();
            branches.push(self.variables.rollback(mark));
        }
        if !has_default {
            branches.push(HashMap::new());
        }
        self.variables.merge(&branches);
    }

    fn for_statement(&mut self, node: Node<'a>) {
        let Some(variable) = node.child_by_field_name("variable") else {
            return self.while_statement(node);
        };
        let name = self.raw(variable.byte_range());
        let mut values = Vec::new();
        let body = node.child_by_field_name("body");
        for child in children(node).filter(Node::is_named) {
            if child.id() != variable.id() && body.is_none_or(|body| body.id() != child.id()) {
                self.split(child, &mut values);
            }
        }
        let span = self.fragment.span(variable.byte_range());
        let mut unknown = Unknown::new(UnknownKind::Shell, name.as_str());
        if values.len() <= 64 {
            unknown.choices = values.iter().filter_map(Value::text).collect();
            if unknown
                .choices
                .iter()
                .any(|choice| choice.to_string().contains('*'))
            {
                unknown.choices.clear();
            }
        }
        let value = match unknown.choices.as_slice() {
            [one] => fragment::value(one.clone(), values[0].span),
            _ => Value::unknown(unknown, values.first().map_or(span, |value| value.span)),
        };
        let mark = self.variables.mark();
        self.variables.set(&name, value);
        let folder = self.folder.clone();
        if let Some(body) = body {
            self.visit(body);
        }
        self.folder = folder;
        let changes = self.variables.rollback(mark);
        self.variables.merge(&[changes, HashMap::new()]);
    }

    fn while_statement(&mut self, node: Node<'a>) {
        let mark = self.variables.mark();
        let folder = self.folder.clone();
        self.visit_children(node);
        self.folder = folder;
        let changes = self.variables.rollback(mark);
        self.variables.merge(&[changes, HashMap::new()]);
    }

    /// What `$(…)` gives, as far as it is known; its commands are noted.
    pub(super) fn substitution(&mut self, node: Node<'a>) -> Text {
        let mark = self.variables.mark();
        let folder = self.folder.clone();
        let context = std::mem::take(&mut self.context);
        let first = self.commands.len();
        self.visit_children(node);
        let there = std::mem::replace(&mut self.folder, folder);
        self.context = context;
        self.variables.rollback(mark);
        let commands = &self.commands[first.min(self.commands.len())..];
        let Some(last) = commands.last() else {
            return Text::hole(named_result(&self.raw(node.byte_range())));
        };
        let program = last.words.first().and_then(Value::str).unwrap_or_default();
        let known = match (program, last.words.as_slice()) {
            ("pwd", _) if there.literal().is_some() => Some(Text::from(format!(
                "{TOP}/{}",
                there.literal().unwrap_or_default()
            ))),
            ("dirname" | "readlink" | "realpath", [.., of]) => self.own_path(program, of),
            ("basename", [_, of]) => of
                .str()
                .map(|path| Text::from(file_name(path.trim_end_matches('/')))),
            ("echo", words) if commands.len() == 1 => joined(&words[1..]),
            _ => None,
        };
        known.unwrap_or_else(|| {
            let text: Vec<String> = commands.iter().map(shown).collect();
            Text::hole(named_result(&format!("$({})", text.join(" | "))))
        })
    }

    /// `$(dirname "$0")`: the script's own folder.
    fn own_path(&self, program: &str, of: &Value) -> Option<Text> {
        let name = of.as_unknown().map(|unknown| unknown.name.to_string());
        let is_self = name
            .as_deref()
            .is_some_and(|name| matches!(name, "0" | "BASH_SOURCE"));
        let path = of.str();
        match (program, path) {
            ("dirname", _) if is_self => Some(format!("{TOP}/{}", self.own_folder).into()),
            ("dirname", Some(path)) if path.contains('/') => {
                Some(seaworthy_facts::parent(path.trim_end_matches('/')).into())
            }
            (_, _) if is_self => Some(format!("{TOP}/{}/{TOP}", self.own_folder).into()),
            ("realpath" | "readlink", Some(path)) => Some(path.into()),
            _ => None,
        }
    }

    fn command(&mut self, node: Node<'a>) {
        let span = self.fragment.span(node.byte_range());
        let mut words = Vec::new();
        let mut assignments = Vec::new();
        let before = self.context.clone();
        for child in children(node) {
            match child.kind() {
                "variable_assignment" => assignments.extend(self.assigned(child)),
                "file_redirect" => self.file_redirect(child),
                "herestring_redirect" => self.here_string(child),
                "command_name" => match child.named_child(0) {
                    Some(inner) => self.split(inner, &mut words),
                    None => words.push(self.word(child)),
                },
                _ if child.is_named() => self.split(child, &mut words),
                _ => {}
            }
        }
        // Arguments that hold commands of their own may have put in a context; theirs ends here.
        self.simple(words, assignments, span);
        self.context = before;
    }

    fn simple(&mut self, words: Vec<Value>, assignments: Vec<(Arc<str>, Value)>, span: Span) {
        let name = words
            .first()
            .and_then(Value::str)
            .unwrap_or_default()
            .to_owned();
        match name.as_str() {
            "cd" | "pushd" => {
                let target = words.iter().skip(1).find_map(|word| {
                    word.text()
                        .filter(|text| !text.known_prefix().starts_with('-'))
                });
                self.emit(words, assignments, span);
                if let Some(target) = target {
                    self.folder = entered(&self.folder, &target);
                }
                return;
            }
            "source" | "." => {
                self.source(words.get(1), span);
                return;
            }
            _ => {}
        }
        if let Some((fragment, body)) = self.functions.get(&name).copied()
            && self.calls.len() < MOST_CALLS
            && !self.active.contains(&name)
            && self.enter()
        {
            self.called_functions.push(name.clone());
            self.active.push(name);
            let before = std::mem::replace(&mut self.fragment, fragment);
            let mark: Vec<(String, Option<Value>)> = (1..10)
                .map(|at| (at.to_string(), self.variables.get(&at.to_string()).cloned()))
                .collect();
            for (at, word) in words.iter().enumerate().skip(1).take(9) {
                self.variables.set(&at.to_string(), word.clone());
            }
            self.calls.push(span);
            self.visit(body);
            self.calls.pop();
            for (name, value) in mark {
                match value {
                    Some(value) => self.variables.set(&name, value),
                    None => self.variables.unset(&name),
                }
            }
            self.fragment = before;
            self.active.pop();
            self.leave();
            return;
        }
        self.emit(words, assignments, span);
    }

    fn source(&mut self, path: Option<&Value>, span: Span) {
        let Some(path) = path.and_then(Value::text) else {
            return;
        };
        let path = entered(&self.folder, &path);
        let Some(script) = path.literal().and_then(|path| self.shells.get(path)) else {
            return;
        };
        let path = path.to_string();
        if self.calls.len() >= MOST_CALLS || self.active.contains(&path) || !self.enter() {
            return;
        }
        self.active.push(path);
        let kept = self.commands.len();
        let before = std::mem::replace(&mut self.fragment, &script.fragment);
        self.calls.push(span);
        self.visit(script.tree.root_node());
        self.calls.pop();
        self.fragment = before;
        // They are the other file's commands, not ours.
        self.commands.truncate(kept);
        self.active.pop();
        self.leave();
    }

    fn emit(&mut self, words: Vec<Value>, assignments: Vec<(Arc<str>, Value)>, span: Span) {
        if self.commands.len() >= 20_000 {
            return;
        }
        let folder = self.folder.clone();
        let settle = |value: Value| settled(value, &folder);
        let context = self.context.clone();
        let words: Vec<Value> = words.into_iter().map(settle).collect();
        self.commands.push(Command {
            words,
            assignments,
            input: context.input,
            output: context.output.map(settle),
            span,
            conditions: self.conditions.clone(),
            failure_ignored: self.failure_ignored,
            reads_from: context.reads_from.filter(|at| *at < self.commands.len()),
            folder: self.folder.clone(),
        });
        let found = deeds::of_command(&self.commands, self.commands.len() - 1, &mut self.state);
        for what in found {
            let call = match &what {
                What::Call { name, .. } => Some(name.clone()),
                _ => None,
            };
            self.note(what, span);
            if let Some(name) = call {
                self.call(&name, span);
            }
        }
    }

    fn note(&mut self, what: What, span: Span) {
        self.deeds.push(Deed {
            what,
            span,
            called_at: self.calls.clone(),
            folder: self.folder.clone(),
            conditions: self.conditions.clone(),
            failure_ignored: self.failure_ignored,
        });
    }

    /// Follows a call of another script or make target of this repository.
    fn call(&mut self, name: &Value, span: Span) {
        let Some(command) = self.commands.last() else {
            return;
        };
        let words = command.words.clone();
        let mut variables = self.variables.for_child();
        for (name, value) in &command.assignments {
            variables.set(name, value.clone());
        }
        let Some(path) = name
            .text()
            .and_then(|text| text.literal().map(str::to_owned))
        else {
            return;
        };
        let at = words
            .iter()
            .position(|word| word.str() == Some(&path))
            .unwrap_or(0);
        let called = self.shells.call(&super::Call {
            name: &path,
            arguments: words.get(at + 1..).unwrap_or_default(),
            words: &words,
            folder: &self.folder,
            variables,
            callers: &self.callers,
            budget: self.budget,
            state: &self.state,
        });
        let Some((file, outcome)) = called else {
            return;
        };
        if let Some(deed) = self.deeds.last_mut()
            && let What::Call { file: of, .. } = &mut deed.what
        {
            *of = Some(file);
        }
        for mut deed in outcome.deeds {
            let mut calls = self.calls.clone();
            calls.push(span);
            calls.append(&mut deed.called_at);
            deed.called_at = calls;
            let mut conditions = self.conditions.clone();
            conditions.append(&mut deed.conditions);
            deed.conditions = conditions;
            deed.failure_ignored |= self.failure_ignored;
            self.deeds.push(deed);
        }
        self.state = outcome.state;
    }
}

/// A folder that is gone to from another.
pub(crate) fn entered(folder: &Text, target: &Text) -> Text {
    match (folder.literal(), target.literal()) {
        (_, Some(target)) if target.starts_with(TOP) => {
            seaworthy_facts::normalized(target.replace(TOP, "").trim_start_matches('/')).into()
        }
        (Some(folder), Some(target)) => join(folder, target).into(),
        (_, Some(target)) if target.starts_with('/') => target.into(),
        _ => {
            if target.known_prefix().starts_with(['/', TOP]) || target.known_prefix().is_empty() {
                return target.clone();
            }
            let mut text = folder.clone();
            if !text.is_empty() {
                text.push_str("/");
            }
            text.push(target);
            text
        }
    }
}

/// A value whose paths from the top are seen from the folder.
fn settled(value: Value, folder: &Text) -> Value {
    let Data::Text(text) = &value.data else {
        return value;
    };
    if !text.to_string().contains(TOP) {
        return value;
    }
    let (Some(literal), Some(folder)) = (text.literal(), folder.literal()) else {
        let mut plain = Text::default();
        for part in text.parts() {
            match part {
                seaworthy_facts::Part::Literal(text) => {
                    plain.push_str(&text.replace(&format!("{TOP}/"), ""));
                }
                seaworthy_facts::Part::Hole(hole) => plain.push_hole(hole.clone()),
            }
        }
        return Value {
            data: Data::Text(plain),
            ..value
        };
    };
    let Some((before, path)) = literal.split_once(TOP) else {
        return value;
    };
    let path = seaworthy_facts::normalized(path.replace(TOP, "").trim_start_matches('/'));
    let text = format!("{before}{}", files::relative(folder, &path));
    Value {
        data: Data::Text(text.into()),
        ..value
    }
}

fn joined(words: &[Value]) -> Option<Text> {
    let mut text = Text::default();
    for (index, word) in words.iter().enumerate() {
        if index == 0 && word.str() == Some("-n") {
            continue;
        }
        if !text.is_empty() {
            text.push_str(" ");
        }
        text.push(&word.text()?);
    }
    Some(text)
}

fn shown(command: &Command) -> String {
    let words: Vec<String> = command
        .words
        .iter()
        .filter_map(|word| Some(word.text()?.to_string()))
        .collect();
    words.join(" ")
}

fn without_tabs(text: &Text) -> Text {
    let mut result = Text::default();
    let mut starts = true;
    for part in text.parts() {
        match part {
            seaworthy_facts::Part::Literal(literal) => {
                let lines: Vec<&str> = literal.split('\n').collect();
                for (index, line) in lines.iter().enumerate() {
                    if index > 0 {
                        result.push_str("\n");
                        starts = true;
                    }
                    result.push_str(if starts {
                        line.trim_start_matches('\t')
                    } else {
                        line
                    });
                    starts = starts && line.is_empty();
                }
            }
            seaworthy_facts::Part::Hole(hole) => {
                result.push_hole(hole.clone());
                starts = false;
            }
        }
    }
    result
}
