//! Makefiles and justfiles: variables, targets, and the shell of their recipes.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use seaworthy_diagnostics::{FileId, SourceFile, Span};
use seaworthy_facts::delivery::{Deed, Script, ScriptKind, What};
use seaworthy_facts::{Data, SourceKind, Text, Unknown, UnknownKind, Value, file_name, parent};

use crate::deeds::State;
use crate::files::Files;
use crate::fragment::{self, Fragment};
use crate::shell::{self, Call, Outcome, Shells, Variables, Within, entered};

const LARGEST: usize = 512 << 10;
const DEEPEST: usize = 8;
const BUDGET: usize = 200_000;

/// Every Makefile and justfile.
#[derive(Debug, Default)]
pub(crate) struct Makefiles {
    files: Vec<Makefile>,
}

#[derive(Debug)]
struct Makefile {
    file: FileId,
    path: String,
    just: bool,
    variables: HashMap<String, Value>,
    targets: Vec<Target>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
struct Target {
    name: String,
    span: Span,
    prerequisites: Vec<(String, Span)>,
    /// The lines of the recipe, continued lines together.
    lines: Vec<Range<usize>>,
}

impl Makefiles {
    pub(crate) fn read(files: &Files<'_>) -> Self {
        Self {
            files: files
                .sources
                .of(SourceKind::Makefile)
                .filter(|source| source.file.text().len() <= LARGEST)
                .map(|source| read(&source.file))
                .collect(),
        }
    }

    /// Every target as a script.
    pub(crate) fn scripts(&self, shells: &Shells<'_>) -> Vec<Script> {
        let mut scripts = Vec::new();
        for makefile in &self.files {
            let budget = Cell::new(BUDGET);
            for target in &makefile.targets {
                let outcome = Recipe {
                    shells,
                    makefile,
                    given: &Variables::default(),
                    callers: Vec::new(),
                    budget: &budget,
                    folder: parent(&makefile.path).into(),
                }
                .run(target, State::default());
                scripts.push(Script {
                    file: makefile.file,
                    kind: ScriptKind::MakeTarget,
                    target: Some(target.name.as_str().into()),
                    span: target.span,
                    deeds: outcome.deeds,
                    commands: outcome.commands,
                });
            }
        }
        scripts
    }

    /// Follows `make -C folder target NAME=value`.
    pub(crate) fn call(&self, shells: &Shells<'_>, call: &Call<'_>) -> Option<(FileId, Outcome)> {
        let mut folder = call.folder.clone();
        let mut given = call.variables.clone();
        let mut words = call.words.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.text()?;
            if matches!(text.literal(), Some("-C" | "--directory")) {
                folder = entered(&folder, &words.next()?.text()?);
            } else if let Some((name, value)) = text.split_once('=')
                && let Some(name) = name.literal()
                && !name.starts_with('-')
            {
                given.set(name, fragment::value(value, word.span));
            }
        }
        let folder = folder.literal()?;
        let makefile = self
            .files
            .iter()
            .find(|makefile| parent(&makefile.path) == folder)?;
        let target = match call.name {
            "" => makefile
                .targets
                .iter()
                .find(|target| !target.name.starts_with('.'))?,
            name => &makefile.targets[*makefile.by_name.get(name)?],
        };
        let outcome = Recipe {
            shells,
            makefile,
            given: &given,
            callers: call.callers.to_vec(),
            budget: call.budget,
            folder: folder.to_owned(),
        }
        .run(target, call.state.clone());
        Some((makefile.file, outcome))
    }
}

/// The run of one target.
struct Recipe<'a> {
    shells: &'a Shells<'a>,
    makefile: &'a Makefile,
    given: &'a Variables,
    callers: Vec<Arc<str>>,
    budget: &'a Cell<usize>,
    folder: String,
}

impl Recipe<'_> {
    fn run(&self, target: &Target, state: State) -> Outcome {
        let key: Arc<str> = format!("{}#{}", self.makefile.path, target.name).into();
        let mut outcome = Outcome {
            state,
            ..Outcome::default()
        };
        if self.callers.contains(&key) || self.callers.len() >= DEEPEST || self.budget.get() == 0 {
            return outcome;
        }
        let mut callers = self.callers.clone();
        callers.push(key);
        for (name, span) in &target.prerequisites {
            let Some(at) = self.makefile.by_name.get(name) else {
                continue;
            };
            let inner = Recipe {
                shells: self.shells,
                makefile: self.makefile,
                given: self.given,
                callers: callers.clone(),
                budget: self.budget,
                folder: self.folder.clone(),
            }
            .run(&self.makefile.targets[*at], outcome.state);
            outcome.state = inner.state;
            if inner.deeds.is_empty() {
                continue;
            }
            outcome.deeds.push(Deed {
                what: What::Call {
                    file: Some(self.makefile.file),
                    name: Value::string(name.as_str(), *span),
                },
                span: *span,
                called_at: Vec::new(),
                folder: self.folder.as_str().into(),
                conditions: Vec::new(),
                failure_ignored: false,
            });
            outcome
                .deeds
                .extend(inner.deeds.into_iter().map(|mut deed| {
                    deed.called_at.insert(0, *span);
                    deed
                }));
        }
        let source = &self.shells.files.sources.get(self.makefile.file).file;
        for line in &target.lines {
            let mut line = line.clone();
            let raw = source.text().get(line.clone()).unwrap_or_default();
            let ignores = raw.trim_start_matches('@').starts_with('-');
            line.start += raw.len() - raw.trim_start_matches(['@', '-', '+', ' ', '\t']).len();
            let Some(parsed) = shell::parse(self.fragment(source, line)) else {
                continue;
            };
            let first = outcome.commands.len();
            let mut inner = self.shells.run_within(
                &parsed,
                Within {
                    variables: self.given.for_child(),
                    folder: &self.folder,
                    callers: callers.clone(),
                    budget: self.budget,
                    state: std::mem::take(&mut outcome.state),
                },
            );
            outcome.state = inner.state;
            for command in &mut inner.commands {
                command.reads_from = command.reads_from.map(|at| at + first);
                command.failure_ignored |= ignores;
            }
            for deed in &mut inner.deeds {
                deed.failure_ignored |= ignores;
            }
            outcome.commands.append(&mut inner.commands);
            outcome.deeds.append(&mut inner.deeds);
        }
        outcome
    }

    /// The shell's view of a line: references of make filled, `$$` one dollar.
    fn fragment(&self, source: &SourceFile, line: Range<usize>) -> Fragment {
        let text = source.text().get(line.clone()).unwrap_or_default();
        let references = references(text, self.makefile.just);
        let mut ranges = Vec::new();
        let mut puts: Vec<(Range<usize>, Value)> = Vec::new();
        let mut from = 0;
        let mut removed = 0;
        for reference in references {
            match reference {
                Reference::Dollar(at) => {
                    ranges.push(line.start + from..line.start + at);
                    from = at + 1;
                    removed += 1;
                }
                Reference::Name(range, name) => {
                    let span = source.span(line.start + range.start..line.start + range.end);
                    let value = self.value(name, span, 0);
                    puts.push((range.start - removed..range.end - removed, value));
                }
            }
        }
        ranges.push(line.start + from..line.end);
        let mut fragment = Fragment::parts(source, &ranges);
        for (range, value) in puts {
            fragment.put(range, value);
        }
        fragment
    }

    fn value(&self, name: &str, span: Span, depth: usize) -> Value {
        let name = name.trim();
        if let Some(command) = name.strip_prefix("shell ") {
            let hole = Unknown::new(UnknownKind::Computed, format!("$({})", shorter(command)));
            return Value::unknown(hole, span);
        }
        if let Some(given) = self.given.get(name) {
            return given.used_at(span, format!("`{name}` is given by the caller"));
        }
        if matches!(name, "MAKE" | "just_executable()") {
            return Value::string("make", span);
        }
        match self.makefile.variables.get(name) {
            Some(value) if depth < DEEPEST => self.filled(value, span, name, depth),
            _ => Value::unknown(Unknown::new(UnknownKind::Shell, shorter(name)), span),
        }
    }

    /// A variable's value with the references in it filled.
    fn filled(&self, value: &Value, span: Span, name: &str, depth: usize) -> Value {
        let used = |data| Value {
            data,
            span,
            trail: value.trail.via(value.span, format!("`{name}` is set here")),
        };
        let Some(raw) = value.str() else {
            return used(value.data.clone());
        };
        let mut text = Text::default();
        let mut from = 0;
        for reference in references(raw, self.makefile.just) {
            match reference {
                Reference::Dollar(at) => {
                    text.push_str(&raw[from..at]);
                    from = at + 1;
                }
                Reference::Name(range, name) => {
                    text.push_str(&raw[from..range.start]);
                    if text.parts().len() < 32
                        && let Some(inner) = self.value(name, value.span, depth + 1).text()
                        && inner.parts().len() < 32
                        && inner.to_string().len() < 4096
                    {
                        text.push(&inner);
                    } else {
                        text.push_hole(Unknown::new(UnknownKind::Computed, shorter(name)));
                    }
                    from = range.end;
                }
            }
        }
        text.push_str(&raw[from..]);
        used(fragment::value(text, span).data)
    }
}

enum Reference<'t> {
    /// The first dollar of `$$`.
    Dollar(usize),
    /// `$(NAME)`, `${NAME}`, `{{name}}`: all of it, and the name.
    Name(Range<usize>, &'t str),
}

fn references(text: &str, just: bool) -> Vec<Reference<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if just {
            if &bytes[at..at + 2] == b"{{"
                && let Some(end) = text[at..].find("}}")
            {
                found.push(Reference::Name(at..at + end + 2, &text[at + 2..at + end]));
                at += end + 2;
            } else {
                at += 1;
            }
            continue;
        }
        match (bytes[at], bytes[at + 1]) {
            (b'$', b'$') => {
                found.push(Reference::Dollar(at));
                at += 2;
            }
            (b'$', open @ (b'(' | b'{')) => {
                let close = if open == b'(' { b')' } else { b'}' };
                let mut depth = 0_usize;
                let end = bytes[at + 1..].iter().position(|byte| {
                    if *byte == open {
                        depth += 1;
                    } else if *byte == close {
                        depth -= 1;
                    }
                    depth == 0
                });
                let Some(end) = end else { break };
                let range = at..at + 1 + end + 1;
                found.push(Reference::Name(range.clone(), &text[at + 2..range.end - 1]));
                at = range.end;
            }
            _ => at += 1,
        }
    }
    found
}

fn shorter(name: &str) -> String {
    name.chars().take(120).collect()
}

fn read(source: &SourceFile) -> Makefile {
    let just = {
        let name = file_name(source.path()).to_lowercase();
        name.contains("justfile") || name.rsplit('.').next() == Some("just")
    };
    let mut makefile = Makefile {
        file: source.id(),
        path: source.path().to_owned(),
        just,
        variables: HashMap::new(),
        targets: Vec::new(),
        by_name: HashMap::new(),
    };
    let mut conditional = 0_usize;
    let mut current: Vec<usize> = Vec::new();
    let mut number = 1;
    while number <= source.n_lines() {
        let mut range = source.line(number);
        number += 1;
        // A backslash at the end of a line takes in the next.
        while source.text()[range.clone()].ends_with('\\') && number <= source.n_lines() {
            range.end = source.line(number).end;
            number += 1;
        }
        let text = &source.text()[range.clone()];
        let is_recipe = text.starts_with('\t') || just && text.starts_with("  ");
        if is_recipe && !current.is_empty() {
            let blank = text.len() - text.trim_start().len();
            if !text.trim().is_empty() && !text.trim_start().starts_with('#') {
                let line = range.start + blank..range.end;
                // Targets of one rule share the recipe; the last takes it, the others name it as what they need.
                if let Some(last) = current.last() {
                    makefile.targets[*last].lines.push(line);
                }
            }
            continue;
        }
        let trimmed = text.trim();
        match trimmed.split_whitespace().next() {
            Some("ifeq" | "ifneq" | "ifdef" | "ifndef") => {
                conditional += 1;
                continue;
            }
            Some("endif") => {
                conditional = conditional.saturating_sub(1);
                continue;
            }
            None | Some("else" | "include" | "-include" | "define" | "endef" | "vpath") => continue,
            Some(word) if word.starts_with('#') => continue,
            Some(_) => {}
        }
        if let Some((name, operator, value)) = assignment(text, just) {
            let span = source.span(range.start + value.start..range.start + value.end);
            set(
                &mut makefile,
                name,
                operator,
                &text[value],
                span,
                conditional > 0,
            );
            continue;
        }
        if let Some((head, rest)) = text.split_once(':')
            && !text.starts_with([' ', '\t'])
        {
            current = targets(&mut makefile, source, range.start, head, rest);
        }
    }
    makefile
}

/// `NAME := value`: the name, the operator, where the value stands.
fn assignment(text: &str, just: bool) -> Option<(&str, &str, Range<usize>)> {
    let equals = text.find('=')?;
    let before = &text[..equals];
    let operator_at = before
        .char_indices()
        .rev()
        .take_while(|(_, character)| matches!(character, ':' | '?' | '+' | '!'))
        .last()
        .map_or(equals, |(at, _)| at);
    let name = before[..operator_at]
        .trim()
        .trim_start_matches("export ")
        .trim_start_matches("override ")
        .trim();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !is_name || just && operator_at == equals {
        return None;
    }
    let rest = &text[equals + 1..];
    let start = equals + 1 + (rest.len() - rest.trim_start().len());
    let mut end =
        text.len() - (rest.len() - rest.trim_end().len()).min(text.len() - start.min(text.len()));
    if let Some(comment) = text.get(start..end)?.find(" #") {
        end = start + text[start..start + comment].trim_end().len();
    }
    let mut value = start..end.max(start);
    if just {
        let inner = &text[value.clone()];
        if inner.len() >= 2 && inner.starts_with(['"', '\'']) && inner.ends_with(['"', '\'']) {
            value = value.start + 1..value.end - 1;
        }
    }
    Some((name, &text[operator_at..=equals], value))
}

fn set(
    makefile: &mut Makefile,
    name: &str,
    operator: &str,
    text: &str,
    span: Span,
    conditional: bool,
) {
    let before = makefile.variables.get(name);
    let value = match (operator, before) {
        ("?=", Some(_)) => return,
        ("+=", Some(before)) => {
            let mut both = before.text().unwrap_or_default();
            both.push_str(" ");
            both.push_str(text);
            if both.to_string().len() > 16 << 10 {
                return;
            }
            fragment::value(both, span)
        }
        (_, Some(before)) if conditional => {
            let mut unknown = Unknown::new(UnknownKind::Computed, name);
            let earlier = match before.as_unknown() {
                Some(earlier) => earlier.choices.clone(),
                None => before.text().into_iter().collect(),
            };
            unknown.choices = earlier.into_iter().take(8).collect();
            unknown.choices.push(text.into());
            Value::new(Data::Unknown(unknown), span)
        }
        _ => Value::string(text, span),
    };
    makefile.variables.insert(name.to_owned(), value);
}

fn targets(
    makefile: &mut Makefile,
    source: &SourceFile,
    start: usize,
    head: &str,
    rest: &str,
) -> Vec<usize> {
    let rest_at = start + head.len() + 1;
    let rest = rest.split(['#', ';']).next().unwrap_or_default();
    let prerequisites: Vec<(String, Span)> = words(rest)
        .filter(|(_, word)| !word.contains(['=', '(', '|', '"']))
        .map(|(at, word)| {
            let at = rest_at + at;
            (word.to_owned(), source.span(at..at + word.len()))
        })
        .collect();
    let names: Vec<(usize, &str)> = if makefile.just {
        words(head).take(1).collect()
    } else {
        words(head).collect()
    };
    let mut added = Vec::new();
    for (at, name) in names.into_iter().take(16) {
        let name = name.trim_start_matches('@');
        if name == ".PHONY" || name.is_empty() || makefile.targets.len() > 5000 {
            continue;
        }
        let index = if let Some(index) = makefile.by_name.get(name) {
            makefile.targets[*index]
                .prerequisites
                .extend(prerequisites.clone());
            *index
        } else {
            makefile.targets.push(Target {
                name: name.to_owned(),
                span: source.span(start + at..start + at + name.len()),
                prerequisites: prerequisites.clone(),
                lines: Vec::new(),
            });
            makefile
                .by_name
                .insert(name.to_owned(), makefile.targets.len() - 1);
            makefile.targets.len() - 1
        };
        added.push(index);
    }
    // `a b:` — the recipe is with the last; running `a` runs it.
    if let Some((last, others)) = added.split_last() {
        let name = makefile.targets[*last].name.clone();
        for other in others {
            let span = makefile.targets[*other].span;
            makefile.targets[*other]
                .prerequisites
                .push((name.clone(), span));
        }
    }
    added
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}
