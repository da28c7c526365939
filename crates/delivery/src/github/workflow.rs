//! Workflows: triggers, jobs in the order of their needs, and calls of other workflows of the repository.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::{Job, Trigger, Workflow};
use seaworthy_facts::{
    Data, Map, Source, Subject, Text, Unknown, UnknownKind, Unseen, Value, file_name,
};

use super::expression::{evaluate, one, truth};
use super::scope::{Events, Outputs, Scope};
use super::step::Steps;
use super::{Github, step};

const MOST_CALLS: usize = 4;
const MOST_JOBS: usize = 400;

/// A workflow while it is read.
struct Reading<'a> {
    github: &'a Github<'a>,
    top: &'a str,
    scope: Scope,
    permissions: Option<Value>,
    concurrency: Option<Value>,
    folder: Option<Value>,
    called: Option<(Span, Arc<str>)>,
    callers: Vec<String>,
    unseen: &'a mut Vec<Unseen>,
}

/// Reads one workflow.
pub(super) fn read(
    github: &Github<'_>,
    source: &Source,
    body: Value,
    unseen: &mut Vec<Unseen>,
) -> Workflow {
    let root = &github.files.sources.roots()[source.root];
    let triggers = triggers(&body);
    let name = body
        .get("name")
        .and_then(Value::text)
        .unwrap_or_else(|| file_name(source.file.path()).into());
    let scope = Scope {
        repository: root.remote.as_deref().map(Into::into),
        workflow: body.get("name").cloned(),
        events: Arc::new(Events::new(&triggers)),
        inputs: inputs_without_caller(&triggers),
        ..Scope::default()
    };
    let mut jobs = Vec::new();
    let mut reading = Reading {
        github,
        top: &root.repository,
        scope,
        permissions: None,
        concurrency: None,
        folder: None,
        called: None,
        callers: vec![source.file.path().to_owned()],
        unseen,
    };
    reading.workflow(&body, &mut jobs);
    let only_called = !triggers.is_empty()
        && triggers
            .iter()
            .all(|trigger| &*trigger.event == "workflow_call");
    Workflow {
        file: source.file.id(),
        name,
        triggers,
        jobs,
        body,
        only_called,
    }
}

/// What `on:` says, in any of its three forms.
fn triggers(body: &Value) -> Vec<Trigger> {
    let Some(on) = body.get("on") else {
        return Vec::new();
    };
    let plain = |value: &Value| {
        Some(Trigger {
            event: value.str()?.into(),
            branches: Vec::new(),
            branches_ignore: Vec::new(),
            tags: Vec::new(),
            paths: Vec::new(),
            paths_ignore: Vec::new(),
            types: Vec::new(),
            body: Value::new(Data::Null, value.span),
            span: value.span,
        })
    };
    match &on.data {
        Data::Text(_) => plain(on).into_iter().collect(),
        Data::List(items) => items.iter().filter_map(plain).collect(),
        Data::Map(map) => map
            .entries
            .iter()
            .map(|entry| {
                let list = |key: &str| {
                    entry
                        .value
                        .get(key)
                        .map(|value| value.each().to_vec())
                        .unwrap_or_default()
                };
                Trigger {
                    event: entry.key.clone(),
                    branches: list("branches"),
                    branches_ignore: list("branches-ignore"),
                    tags: list("tags"),
                    paths: list("paths"),
                    paths_ignore: list("paths-ignore"),
                    types: list("types"),
                    body: entry.value.clone(),
                    span: entry.key_span,
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What inputs are where nobody in sight gives them: one of their options, or unknown with the default as a choice.
fn inputs_without_caller(triggers: &[Trigger]) -> HashMap<String, Value> {
    let mut inputs = HashMap::new();
    for trigger in triggers {
        if !matches!(&*trigger.event, "workflow_dispatch" | "workflow_call") {
            continue;
        }
        for entry in trigger
            .body
            .get("inputs")
            .map(Value::entries)
            .unwrap_or_default()
        {
            let mut unknown =
                Unknown::new(UnknownKind::Expression, format!("inputs.{}", entry.key));
            if let Some(options) = entry.value.get("options") {
                unknown.choices = options.items().iter().filter_map(Value::text).collect();
            }
            inputs.insert(
                entry.key.to_string(),
                Value::unknown(unknown, entry.key_span),
            );
        }
    }
    inputs
}

impl Reading<'_> {
    fn workflow(&mut self, body: &Value, jobs: &mut Vec<Job>) -> HashMap<String, Outputs> {
        self.permissions = body.get("permissions").cloned().or(self.permissions.take());
        self.concurrency = body.get("concurrency").cloned().or(self.concurrency.take());
        self.folder = body.at("defaults.run.working-directory").cloned();
        if let Some(env) = body.get("env") {
            step::add_env(&mut self.scope, env);
        }
        let entries = body.get("jobs").map(Value::entries).unwrap_or_default();
        let mut done: HashMap<String, Outputs> = HashMap::new();
        let mut waiting: Vec<usize> = (0..entries.len().min(MOST_JOBS)).collect();
        let mut read: Vec<(usize, Vec<Job>)> = Vec::new();
        // In the order of their needs, so that outputs are known; what waits in a circle goes as it comes.
        while !waiting.is_empty() {
            let ready = waiting
                .iter()
                .position(|at| {
                    needs(&entries[*at].value).iter().all(|need| {
                        done.contains_key(&**need)
                            || !entries.iter().any(|entry| entry.key == *need)
                    })
                })
                .unwrap_or(0);
            let at = waiting.remove(ready);
            let entry = &entries[at];
            if jobs.len() + read.len() >= MOST_JOBS {
                break;
            }
            let mut made = Vec::new();
            let outputs = self.job(&entry.key, entry.key_span, &entry.value, &done, &mut made);
            done.insert(entry.key.to_string(), outputs);
            read.push((at, made));
        }
        read.sort_by_key(|(at, _)| *at);
        jobs.extend(read.into_iter().flat_map(|(_, made)| made));
        done
    }

    fn job(
        &mut self,
        id: &Arc<str>,
        span: Span,
        body: &Value,
        done: &HashMap<String, Outputs>,
        jobs: &mut Vec<Job>,
    ) -> Outputs {
        let needed = needs(body);
        let mut scope = self.scope.clone();
        scope.job = Some(id.clone());
        scope.needs = needed
            .iter()
            .filter_map(|need| Some((need.to_string(), done.get(&**need)?.clone())))
            .collect();
        scope.matrix = matrix(body, &scope);
        if let Some(env) = body.get("env") {
            step::add_env(&mut scope, env);
        }
        let full_id: Arc<str> = match &self.called {
            Some((_, caller)) => format!("{caller} / {id}").into(),
            None => id.clone(),
        };
        let full_needs = needed
            .iter()
            .map(|need| match &self.called {
                Some((_, caller)) => format!("{caller} / {need}").into(),
                None => need.clone(),
            })
            .collect();
        let environment = body.get("environment").map(|environment| {
            let name = environment.get("name").unwrap_or(environment);
            evaluate(name, &scope)
        });
        let uses = body.get("uses").cloned();
        if let Some(uses) = &uses
            && let Some(called) = self.called_workflow(uses)
        {
            return self.call(&full_id, body, uses, &called, &scope, jobs);
        }
        let mut steps = Steps::new(
            self.github,
            self.top,
            scope,
            body.at("defaults.run.working-directory")
                .or(self.folder.as_ref())
                .cloned(),
        );
        if let Some(list) = body.get("steps") {
            steps.read(list);
        }
        let outputs = body
            .get("outputs")
            .map(Value::entries)
            .unwrap_or_default()
            .iter()
            .map(|entry| (entry.key.to_string(), evaluate(&entry.value, &steps.scope)))
            .collect();
        if let Some(uses) = &uses {
            self.unseen.push(Unseen {
                subject: Subject::Action,
                name: uses.text().unwrap_or_default().to_string().into(),
                why: "a workflow of another repository".into(),
                span: Some(uses.span),
            });
        }
        jobs.push(Job {
            id: full_id,
            span,
            body: body.clone(),
            steps: steps.made,
            needs: full_needs,
            condition: body.get("if").cloned(),
            runs: body
                .get("if")
                .and_then(|condition| holds(condition, &steps.scope)),
            environment,
            permissions: body
                .get("permissions")
                .cloned()
                .or(self.permissions.clone()),
            concurrency: body
                .get("concurrency")
                .cloned()
                .or(self.concurrency.clone()),
            called_at: self.called.as_ref().map(|(span, _)| *span),
            uses,
        });
        outputs
    }

    /// The path of a workflow of this repository that a job calls.
    fn called_workflow(&self, uses: &Value) -> Option<String> {
        let text = uses.str()?;
        let path = text.strip_prefix("./").or_else(|| {
            let (path, _) = text.split_once('@')?;
            path.strip_prefix(self.scope.repository.as_deref()?)?
                .strip_prefix('/')
        })?;
        let path = seaworthy_facts::join(self.top, path);
        self.github
            .workflows
            .contains_key(path.as_str())
            .then_some(path)
    }

    fn call(
        &mut self,
        id: &Arc<str>,
        body: &Value,
        uses: &Value,
        path: &str,
        scope: &Scope,
        jobs: &mut Vec<Job>,
    ) -> Outputs {
        let Some(called) = self.github.workflows.get(path) else {
            return Outputs::new();
        };
        if self.callers.iter().any(|caller| caller == path) || self.callers.len() > MOST_CALLS {
            return Outputs::new();
        }
        let on = triggers(called);
        let mut inputs = inputs_without_caller(&on);
        let declared = on.iter().find(|trigger| &*trigger.event == "workflow_call");
        let given = body.get("with");
        for entry in declared
            .and_then(|trigger| trigger.body.get("inputs"))
            .map(Value::entries)
            .unwrap_or_default()
        {
            let value = given
                .and_then(|given| given.get(&entry.key))
                .map(|value| evaluate(value, scope))
                .or_else(|| entry.value.get("default").cloned());
            if let Some(value) = value {
                inputs.insert(entry.key.to_string(), value);
            }
        }
        let mut callers = self.callers.clone();
        callers.push(path.to_owned());
        let first = jobs.len();
        let mut reading = Reading {
            github: self.github,
            top: self.top,
            scope: Scope {
                repository: scope.repository.clone(),
                workflow: scope.workflow.clone(),
                events: scope.events.clone(),
                inputs,
                ..Scope::default()
            },
            permissions: body
                .get("permissions")
                .cloned()
                .or(self.permissions.clone()),
            concurrency: body
                .get("concurrency")
                .cloned()
                .or(self.concurrency.clone()),
            folder: None,
            called: Some((uses.span, id.clone())),
            callers,
            unseen: self.unseen,
        };
        let done = reading.workflow(called, jobs);
        let mut scope = reading.scope;
        let before: Vec<Arc<str>> = needs(body)
            .iter()
            .map(|need| match &self.called {
                Some((_, caller)) => format!("{caller} / {need}").into(),
                None => need.clone(),
            })
            .collect();
        for job in &mut jobs[first..] {
            // What the calling job waits for and stands under holds for all that it calls.
            if job.needs.is_empty() {
                job.needs.clone_from(&before);
            }
            if job.condition.is_none() {
                job.condition = body.get("if").cloned();
            }
        }
        scope.needs = done;
        declared
            .and_then(|trigger| trigger.body.get("outputs"))
            .map(Value::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| {
                let value = evaluate(entry.value.get("value")?, &scope);
                Some((entry.key.to_string(), value))
            })
            .collect()
    }
}

fn needs(body: &Value) -> Vec<Arc<str>> {
    let Some(needs) = body.get("needs") else {
        return Vec::new();
    };
    needs
        .each()
        .iter()
        .filter_map(|need| Some(need.str()?.into()))
        .collect()
}

/// Whether a condition holds, where that is known. Conditions may be written without `${{ }}`.
fn holds(condition: &Value, scope: &Scope) -> Option<bool> {
    let raw = match &condition.data {
        Data::Bool(yes) => return Some(*yes),
        _ => condition.str()?.trim(),
    };
    let inner = raw
        .strip_prefix("${{")
        .and_then(|raw| raw.strip_suffix("}}"))
        .unwrap_or(raw);
    if inner.contains("${{") {
        return None;
    }
    // Whose copy of the repository it is, is no property of the files: a guard against forks holds in none of them.
    let anywhere = Scope {
        repository: None,
        ..scope.clone()
    };
    truth(&one(inner, condition.span, &anywhere))
}

/// The values that each key of the matrix can have; none for what is computed.
fn matrix(body: &Value, scope: &Scope) -> HashMap<String, Vec<Value>> {
    let mut values: HashMap<String, Vec<Value>> = HashMap::new();
    let mut unknown: HashSet<String> = HashSet::new();
    let Some(matrix) = body.at("strategy.matrix") else {
        return values;
    };
    let matrix = evaluate(matrix, scope);
    let entries: &Map = match &matrix.data {
        Data::Map(map) => map,
        _ => return values,
    };
    for entry in &entries.entries {
        match (&*entry.key, &entry.value.data) {
            ("exclude", _) => {}
            ("include", Data::List(items)) => {
                for item in items {
                    for entry in item.entries() {
                        add(&mut values, &entry.key, &entry.value);
                    }
                }
            }
            ("include", _) => return HashMap::new(),
            (key, Data::List(items)) => {
                for item in items.iter().take(256) {
                    add(&mut values, key, item);
                }
            }
            (key, _) => {
                unknown.insert(key.to_owned());
            }
        }
    }
    values.retain(|key, _| !unknown.contains(key));
    values
}

fn add(values: &mut HashMap<String, Vec<Value>>, key: &str, value: &Value) {
    let list = values.entry(key.to_owned()).or_default();
    if list.len() < 256 && !list.iter().any(|other| other.data == value.data) {
        list.push(value.clone());
    }
}

/// A name for a text that is not known.
pub(super) fn named(name: &str) -> Text {
    Text::hole(Unknown::new(UnknownKind::Expression, name))
}
