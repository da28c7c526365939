//! Steps of a job: commands through the shell, composite actions expanded, outputs and environment carried on.

use std::sync::Arc;

use seaworthy_diagnostics::{SourceFile, Span};
use seaworthy_facts::delivery::{Command, Deed, Step};
use seaworthy_facts::{Data, Map, Text, Unknown, UnknownKind, Value, join};

use super::expression::{Piece, evaluate, one, pieces};
use super::scope::{Outputs, Scope};
use super::{Github, actions};
use crate::deeds::State;
use crate::fragment::{self, Fragment};
use crate::shell::{self, Variables, entered};

const MOST_CALLS: usize = 6;
const MOST_STEPS: usize = 1000;

/// The steps of one job, read in order.
pub(super) struct Steps<'a> {
    github: &'a Github<'a>,
    top: &'a str,
    pub(super) scope: Scope,
    folder: Option<Value>,
    pub(super) made: Vec<Step>,
    called_at: Vec<Span>,
    /// Conditions of the steps that call the composite actions around.
    conditions: Vec<Span>,
    state: State,
}

/// Adds an `env` to what expressions and commands see.
pub(super) fn add_env(scope: &mut Scope, env: &Value) {
    let env = evaluate(env, scope);
    for entry in env.entries() {
        scope
            .env
            .set(entry.key.clone(), entry.key_span, entry.value.clone());
    }
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        github: &'a Github<'a>,
        top: &'a str,
        scope: Scope,
        folder: Option<Value>,
    ) -> Self {
        Self {
            github,
            top,
            scope,
            folder,
            made: Vec::new(),
            called_at: Vec::new(),
            conditions: Vec::new(),
            state: State::default(),
        }
    }

    pub(super) fn read(&mut self, list: &Value) {
        for body in list.items() {
            if self.made.len() >= MOST_STEPS {
                return;
            }
            self.step(body);
        }
    }

    fn step(&mut self, body: &Value) {
        let before = self.scope.env.clone();
        if let Some(env) = body.get("env") {
            add_env(&mut self.scope, env);
        }
        let id = body.get("id").and_then(Value::str).map(str::to_owned);
        let uses = body.get("uses").cloned();
        let with = body
            .get("with")
            .map_or(Value::new(Data::Map(Map::default()), body.span), |with| {
                evaluate(with, &self.scope)
            });
        let condition = body.get("if").cloned();
        let mut outputs = Outputs::new();
        let mut exported = Vec::new();
        let local = uses.as_ref().and_then(|uses| self.composite(uses));
        if let (Some((folder, action)), Some(uses)) = (local, &uses) {
            self.made
                .push(self.made(body, Some(uses.clone()), with.clone()));
            outputs = self.expand(&folder, action, &with, uses.span, condition.as_ref());
        } else {
            let mut made = self.made(body, uses.clone(), with.clone());
            if let Some(run) = body.get("run") {
                (outputs, exported) = self.run(run, body, &mut made);
            } else if let Some(uses) = &uses {
                outputs = self.action(uses, &with, id.as_deref().unwrap_or_default(), &mut made);
                exported = actions::exported(uses, &with);
            }
            let span_of = |value: &Value| value.span;
            for deed in &mut made.deeds {
                deed.called_at.splice(0..0, self.called_at.iter().copied());
                let conditions = self
                    .conditions
                    .iter()
                    .copied()
                    .chain(condition.as_ref().map(span_of));
                deed.conditions.splice(0..0, conditions);
                deed.failure_ignored |= made.continue_on_error.is_some();
            }
            self.made.push(made);
        }
        self.scope.env = before;
        for (name, value) in exported {
            self.scope.env.set(name, value.span, value);
        }
        if let Some(id) = id {
            self.scope.steps.insert(id, outputs);
        }
    }

    fn made(&self, body: &Value, uses: Option<Value>, with: Value) -> Step {
        Step {
            span: body
                .entries()
                .first()
                .map_or(body.span, |entry| entry.key_span),
            body: body.clone(),
            uses,
            with,
            env: Value::new(Data::Map(self.scope.env.clone()), body.span),
            condition: body.get("if").cloned(),
            continue_on_error: body
                .get("continue-on-error")
                .filter(|value| value.bool() == Some(true))
                .map(|value| value.span),
            deeds: Vec::new(),
            commands: Vec::new(),
            called_at: self.called_at.clone(),
            inserted: Vec::new(),
        }
    }

    /// A composite action of this repository: its folder and what it says.
    fn composite(&self, uses: &Value) -> Option<(String, &'a Value)> {
        let path = uses.str()?;
        let path = path.strip_prefix("./").or((path == ".").then_some(""))?;
        let folder = join(self.top, path);
        let (_, action) = self.github.actions.get(folder.as_str())?;
        let using = action.at("runs.using").and_then(Value::str)?;
        (using == "composite" && self.called_at.len() < MOST_CALLS).then_some((folder, action))
    }

    fn expand(
        &mut self,
        folder: &str,
        action: &Value,
        with: &Value,
        span: Span,
        condition: Option<&Value>,
    ) -> Outputs {
        let mut inputs = Outputs::new();
        for entry in action.get("inputs").map(Value::entries).unwrap_or_default() {
            let value = with
                .get(&entry.key)
                .cloned()
                .or_else(|| Some(evaluate(entry.value.get("default")?, &self.scope)));
            let value = value.unwrap_or_else(|| Value::string("", entry.key_span));
            inputs.insert(entry.key.to_string(), value);
        }
        let inner = Scope {
            inputs,
            steps: std::collections::HashMap::new(),
            action: Some(folder.into()),
            ..self.scope.clone()
        };
        let outer = std::mem::replace(&mut self.scope, inner);
        let outer_folder = self.folder.take();
        self.called_at.push(span);
        self.conditions.extend(condition.map(|value| value.span));
        if let Some(steps) = action.at("runs.steps") {
            self.read(steps);
        }
        if condition.is_some() {
            self.conditions.pop();
        }
        self.called_at.pop();
        self.folder = outer_folder;
        let inner = std::mem::replace(&mut self.scope, outer);
        // What it wrote to the environment file stays.
        for entry in &inner.env.entries {
            if self.scope.env.get(&entry.key).is_none() {
                self.scope.env.entries.push(entry.clone());
            }
        }
        action
            .get("outputs")
            .map(Value::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| {
                let value = evaluate(entry.value.get("value")?, &inner);
                Some((entry.key.to_string(), value))
            })
            .collect()
    }

    fn working_folder(&self, body: &Value) -> Text {
        let folder = body
            .get("working-directory")
            .or(self.folder.as_ref())
            .map(|folder| evaluate(folder, &self.scope))
            .and_then(|folder| folder.text());
        match folder {
            Some(folder) => entered(&self.top.into(), &folder),
            None => self.top.into(),
        }
    }

    fn run(
        &mut self,
        run: &Value,
        body: &Value,
        made: &mut Step,
    ) -> (Outputs, Vec<(Arc<str>, Value)>) {
        let shell = body.get("shell").and_then(Value::str).unwrap_or("bash");
        if !shell.contains("sh") || shell.contains("pwsh") || shell.contains("powershell") {
            return (Outputs::new(), Vec::new());
        }
        let folder = self.working_folder(body);
        self.commands(run, folder, made);
        (
            written(&made.commands, &["GITHUB_OUTPUT"], "set-output"),
            written(&made.commands, &["GITHUB_ENV"], "set-env")
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Goes through a scalar as a script.
    fn commands(&mut self, run: &Value, folder: Text, made: &mut Step) {
        let Some(raw) = run.str() else { return };
        let source = &self.github.files.sources.get(run.span.file).file;
        let fragment = with_expressions(source, raw, run.span, &self.scope);
        made.inserted.extend(fragment.put_in().cloned());
        let Some(parsed) = shell::parse(fragment) else {
            return;
        };
        let state = std::mem::take(&mut self.state);
        let outcome =
            self.github
                .shells
                .run(&parsed, self.variables(run.span), folder, self.top, state);
        self.state = outcome.state;
        made.commands.extend(outcome.commands);
        made.deeds.extend(outcome.deeds);
    }

    fn variables(&self, span: Span) -> Variables {
        let mut variables = Variables::default();
        for (name, means) in RUNNER {
            let path: Vec<&str> = means.split('.').collect();
            let value = super::expression::Context::lookup(&self.scope, &path, span)
                .unwrap_or_else(|| {
                    Value::unknown(Unknown::new(UnknownKind::Expression, *means), span)
                });
            variables.set(name, value);
            variables.export(name);
        }
        for entry in &self.scope.env.entries {
            variables.set(&entry.key, entry.value.clone());
            variables.export(&entry.key);
        }
        variables
    }

    fn action(&mut self, uses: &Value, with: &Value, id: &str, made: &mut Step) -> Outputs {
        let Some(name) = uses.str() else {
            return Outputs::new();
        };
        let name = name.split('@').next().unwrap_or(name).to_lowercase();
        if let Some(key) = actions::command_input(&name)
            && let Some(command) = made.body.at(&format!("with.{key}")).cloned()
        {
            self.commands(&command, self.top.into(), made);
            return Outputs::new();
        }
        for what in actions::deeds(&name, with, uses.span) {
            made.deeds.push(Deed {
                what,
                span: uses.span,
                called_at: Vec::new(),
                folder: self.top.into(),
                conditions: Vec::new(),
                failure_ignored: false,
            });
        }
        actions::outputs(&name, with, id, &self.scope, uses.span)
    }
}

/// Variables that the runner sets, and what they hold.
const RUNNER: &[(&str, &str)] = &[
    ("GITHUB_SHA", "github.sha"),
    ("GITHUB_REF", "github.ref"),
    ("GITHUB_REF_NAME", "github.ref_name"),
    ("GITHUB_HEAD_REF", "github.head_ref"),
    ("GITHUB_BASE_REF", "github.base_ref"),
    ("GITHUB_REPOSITORY", "github.repository"),
    ("GITHUB_REPOSITORY_OWNER", "github.repository_owner"),
    ("GITHUB_RUN_ID", "github.run_id"),
    ("GITHUB_RUN_NUMBER", "github.run_number"),
    ("GITHUB_ACTOR", "github.actor"),
    ("GITHUB_EVENT_NAME", "github.event_name"),
    ("GITHUB_WORKSPACE", "github.workspace"),
    ("GITHUB_ACTION_PATH", "github.action_path"),
];

/// A scalar as a fragment whose expressions are evaluated.
fn with_expressions(source: &SourceFile, raw: &str, span: Span, scope: &Scope) -> Fragment {
    let mut fragment = Fragment::scalar(source, raw, span);
    for piece in pieces(raw) {
        if let Piece::Expression(range, inner) = piece {
            let place = fragment.span(range.clone());
            let mut value = one(inner, place, scope);
            value.span = place;
            if value.text().is_none() {
                let hole = Unknown::new(UnknownKind::Expression, inner.trim());
                value.data = Data::Unknown(hole);
            }
            fragment.put(range, value);
        }
    }
    fragment
}

/// What commands write to a file of the runner, or say in the old way: `::set-output name=x::y`.
fn written(commands: &[Command], files: &[&str], old: &str) -> Outputs {
    let mut found: Vec<(String, Value, bool)> = Vec::new();
    for command in commands {
        let program = command
            .words
            .first()
            .and_then(Value::str)
            .unwrap_or_default();
        let to_file = command
            .output
            .as_ref()
            .and_then(Value::as_unknown)
            .is_some_and(|hole| files.contains(&&*hole.name));
        let conditional = !command.conditions.is_empty();
        let mut texts: Vec<(Text, &Value)> = Vec::new();
        match program {
            "echo" | "printf" => {
                let mut text = Text::default();
                for word in command.words.iter().skip(1) {
                    if matches!(word.str(), Some("-n" | "-e" | "%s\\n" | "%s")) {
                        continue;
                    }
                    if !text.is_empty() {
                        text.push_str(" ");
                    }
                    text.push(&word.text().unwrap_or_default());
                }
                if let Some(last) = command.words.last() {
                    texts.push((text, last));
                }
            }
            "cat" | "tee" => {
                if let Some(input) = &command.input
                    && let Some(text) = input.text()
                {
                    texts.push((text, input));
                }
            }
            _ => {}
        }
        for (text, value) in texts {
            for line in lines(&text) {
                let line = if to_file {
                    line
                } else if let Some(rest) = line.known_prefix().strip_prefix("::") {
                    if !rest.starts_with(old) {
                        continue;
                    }
                    let Some((_, after)) = line.split_once('=') else {
                        continue;
                    };
                    let Some((name, rest)) = after.split_once(':') else {
                        continue;
                    };
                    let mut line = name;
                    line.push_str("=");
                    // The second of the two colons.
                    line.push(&rest.split_once(':').map_or(rest.clone(), |(_, rest)| rest));
                    line
                } else {
                    continue;
                };
                if let Some((name, text)) = line.split_once('=')
                    && let Some(name) = name.literal()
                {
                    let value = Value {
                        data: fragment::value(trimmed(&text), value.span).data,
                        span: command.span,
                        trail: value.trail.clone(),
                    };
                    found.push((name.trim().to_owned(), value, conditional));
                }
            }
        }
    }
    merged(found)
}

/// Something written under conditions is one of several.
fn merged(found: Vec<(String, Value, bool)>) -> Outputs {
    let mut outputs = Outputs::new();
    for (name, value, conditional) in found {
        match outputs.get_mut(&name) {
            Some(before) if conditional => {
                let known_as = format!("outputs.{name}");
                let mut hole = Unknown::new(UnknownKind::Expression, known_as.as_str());
                hole.choices = match before.as_unknown() {
                    Some(unknown) if *unknown.name == *known_as => unknown.choices.clone(),
                    _ => before.text().into_iter().collect(),
                };
                hole.choices.extend(value.text());
                before.data = Data::Unknown(hole);
            }
            _ => {
                outputs.insert(name, value);
            }
        }
    }
    outputs
}

fn trimmed(text: &Text) -> Text {
    match text.literal() {
        Some(literal) => literal.trim().into(),
        None => text.clone(),
    }
}

/// The lines of a text.
pub(super) fn lines(text: &Text) -> Vec<Text> {
    let mut lines = Vec::new();
    let mut rest = text.clone();
    while lines.len() < 200 {
        match rest.split_once('\n') {
            Some((line, after)) => {
                lines.push(line);
                rest = after;
            }
            None => break,
        }
    }
    lines.push(rest);
    lines
}
