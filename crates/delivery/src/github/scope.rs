//! What expressions of a workflow see at a place.

use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::Trigger;
use seaworthy_facts::{Data, Map, Text, Unknown, UnknownKind, Value};

use super::expression::Context;

/// Outputs of a step or job by their name.
pub(super) type Outputs = HashMap<String, Value>;

/// Everything that can be looked up.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// `owner/name`.
    pub(super) repository: Option<Arc<str>>,
    /// The workflow's name.
    pub(super) workflow: Option<Value>,
    /// What starts the workflow, for `github.event_name` and the like.
    pub(super) events: Arc<Events>,
    /// The job's id.
    pub(super) job: Option<Arc<str>>,
    pub(super) env: Map,
    /// Inputs of the called workflow or action, or of a dispatch.
    pub(super) inputs: HashMap<String, Value>,
    /// Values that each key of the matrix can have.
    pub(super) matrix: HashMap<String, Vec<Value>>,
    pub(super) steps: HashMap<String, Outputs>,
    pub(super) needs: HashMap<String, Outputs>,
    /// The folder of the composite action that is expanded.
    pub(super) action: Option<Arc<str>>,
}

/// What is known of the event.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    names: Vec<Text>,
    branches: Vec<Text>,
}

impl Events {
    pub(super) fn new(triggers: &[Trigger]) -> Self {
        let called = triggers
            .iter()
            .any(|trigger| &*trigger.event == "workflow_call");
        let names = if called {
            Vec::new()
        } else {
            triggers
                .iter()
                .map(|trigger| (&*trigger.event).into())
                .collect()
        };
        // The branch is only known where every event is a push to branches that are given without a pattern.
        let mut branches = Vec::new();
        for trigger in triggers {
            let plain: Option<Vec<Text>> = trigger
                .branches
                .iter()
                .map(|branch| {
                    branch
                        .str()
                        .filter(|branch| !branch.contains(['*', '?', '!', '[', '+']))
                        .map(Text::from)
                })
                .collect();
            match plain {
                Some(plain)
                    if &*trigger.event == "push"
                        && !plain.is_empty()
                        && trigger.tags.is_empty() =>
                {
                    branches.extend(plain);
                }
                _ => {
                    branches.clear();
                    break;
                }
            }
        }
        Self { names, branches }
    }
}

impl Context for Scope {
    fn lookup(&self, path: &[&str], span: Span) -> Option<Value> {
        let name = path.join(".");
        let hole = |choices: Vec<Text>| {
            let mut unknown = Unknown::new(UnknownKind::Expression, name.as_str());
            unknown.choices = choices;
            Some(Value::unknown(unknown, span))
        };
        let lower: Vec<String> = path.iter().map(|part| part.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["github", "repository"] => {
                let repository = self.repository.as_deref()?;
                Some(Value::string(repository, span))
            }
            ["github", "repository_owner"]
            | ["github", "event", "repository", "owner", "login"] => {
                let (owner, _) = self.repository.as_deref()?.split_once('/')?;
                Some(Value::string(owner, span))
            }
            ["github", "event", "repository", "name"] => {
                let (_, name) = self.repository.as_deref()?.split_once('/')?;
                Some(Value::string(name, span))
            }
            ["github", "workflow"] => self.workflow.clone(),
            ["github", "job"] => Some(Value::string(&**self.job.as_ref()?, span)),
            ["github", "workspace"] => Some(Value::string(".", span)),
            ["github", "action_path"] => Some(Value::string(&**self.action.as_ref()?, span)),
            ["github", "event_name"] => match self.events.names.as_slice() {
                [only] => Some(Value::new(Data::Text(only.clone()), span)),
                names => hole(names.to_vec()),
            },
            ["github", "ref_name"] => match self.events.branches.as_slice() {
                [only] => Some(Value::new(Data::Text(only.clone()), span)),
                branches => hole(branches.to_vec()),
            },
            ["github", "ref"] => {
                let references: Vec<Text> = self
                    .events
                    .branches
                    .iter()
                    .map(|branch| format!("refs/heads/{branch}").into())
                    .collect();
                match references.as_slice() {
                    [only] => Some(Value::new(Data::Text(only.clone()), span)),
                    _ => hole(references),
                }
            }
            // Only events of pull requests have a head.
            ["github", "head_ref" | "base_ref"]
                if !self.events.names.is_empty()
                    && !self.events.names.iter().any(|event| {
                        event.literal().is_some_and(|event| {
                            event.starts_with("pull_request") || event == "merge_group"
                        })
                    }) =>
            {
                Some(Value::string("", span))
            }
            ["env", _] => {
                let found = self.env.get(path[1])?;
                Some(found.used_at(span, format!("`{}` is set here", path[1])))
            }
            ["inputs", _] => self.input(path[1], span),
            ["github", "event", "inputs", _] => self.input(path[3], span),
            ["matrix", _, rest @ ..] => self.of_matrix(path[1], rest, &name, span),
            ["steps", _, "outputs", _] => {
                let found = self.steps.get(path[1])?.get(path[3])?;
                Some(found.used_at(span, format!("output `{}` of step `{}`", path[3], path[1])))
            }
            ["needs" | "jobs", _, "outputs", _] => {
                let found = self.needs.get(path[1])?.get(path[3])?;
                Some(found.used_at(span, format!("output `{}` of job `{}`", path[3], path[1])))
            }
            _ => None,
        }
    }
}

impl Scope {
    fn input(&self, name: &str, span: Span) -> Option<Value> {
        let found = self.inputs.get(name)?;
        Some(found.used_at(span, format!("input `{name}`")))
    }

    fn of_matrix(&self, key: &str, rest: &[&str], name: &str, span: Span) -> Option<Value> {
        let values = self.matrix.get(key)?;
        let mut choices = Vec::new();
        let mut first = None;
        for value in values {
            let value = rest.iter().try_fold(value, |value, step| value.get(step))?;
            first.get_or_insert(value);
            if let Some(text) = value.text()
                && !choices.contains(&text)
            {
                choices.push(text);
            }
        }
        let first = first?;
        if values.len() == 1 {
            return Some(first.used_at(span, format!("`{key}` of the matrix")));
        }
        let mut unknown = Unknown::new(UnknownKind::Expression, name);
        unknown.choices = choices;
        Some(Value {
            data: Data::Unknown(unknown),
            span,
            trail: first
                .trail
                .via(first.span, format!("`{key}` of the matrix")),
        })
    }
}
