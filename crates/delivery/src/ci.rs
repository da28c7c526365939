//! Pipelines of other systems that are written in YAML: their commands, in the order of the file.

use std::collections::HashMap;

use seaworthy_facts::delivery::Pipeline;
use seaworthy_facts::{Data, Source, SourceKind, Sources, Value, file_name, join};

use crate::deeds::State;
use crate::fragment::Fragment;
use crate::shell::{self, Shells, Variables};

/// How a system writes its commands.
struct System {
    name: &'static str,
    /// Keys whose text or list is commands.
    commands: &'static [&'static str],
    /// Keys whose map sets variables.
    variables: &'static [&'static str],
    /// The keys of this path are stages or jobs; empty for the top.
    jobs: &'static str,
}

const GITLAB: System = System {
    name: "GitLab",
    commands: &["before_script", "script", "after_script"],
    variables: &["variables"],
    jobs: "",
};

/// Top keys of GitLab that are no jobs.
const NO_JOBS: &[&str] = &[
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "pages",
];

fn system(path: &str) -> Option<System> {
    let name = file_name(path).to_lowercase();
    let with = |name, commands, variables, jobs| {
        Some(System {
            name,
            commands,
            variables,
            jobs,
        })
    };
    match name.as_str() {
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => Some(GITLAB),
        "config.yml" if path.ends_with(".circleci/config.yml") => {
            with("CircleCI", &["run", "command"], &["environment"], "jobs")
        }
        "bitbucket-pipelines.yml" => {
            with("Bitbucket", &["script", "after-script"], &[], "pipelines")
        }
        ".drone.yml" | ".woodpecker.yml" | ".woodpecker.yaml" => {
            with("Drone", &["commands"], &["environment"], "steps")
        }
        "buildspec.yml" | "buildspec.yaml" => {
            with("CodeBuild", &["commands"], &["variables"], "phases")
        }
        "taskfile.yml" | "taskfile.yaml" => {
            with("Task", &["cmds", "cmd", "sh"], &["vars", "env"], "tasks")
        }
        ".travis.yml" => with(
            "Travis",
            &[
                "before_install",
                "install",
                "before_script",
                "script",
                "after_success",
                "deploy",
            ],
            &[],
            "jobs",
        ),
        _ if name.starts_with("azure-pipelines") || path.contains(".azure-pipelines/") => {
            with("Azure", &["script", "bash"], &["variables"], "stages")
        }
        _ if name.starts_with("buildspec") => {
            with("CodeBuild", &["commands"], &["variables"], "phases")
        }
        _ => None,
    }
}

/// Reads every pipeline.
pub(crate) fn pipelines(sources: &Sources, shells: &Shells<'_>) -> Vec<Pipeline> {
    let mut pipelines = Vec::new();
    let mut included: Vec<String> = Vec::new();
    for source in sources.of(SourceKind::Yaml) {
        let Some(system) = system(source.file.path()) else {
            continue;
        };
        let documents = seaworthy_facts::yaml::read(&source.file).documents;
        for document in &documents {
            if system.name == GITLAB.name {
                let top = &sources.roots()[source.root].repository;
                included.extend(includes(&document.value, top));
            }
            pipelines.push(read(source, &document.value, &system, shells));
        }
    }
    included.sort_unstable();
    included.dedup();
    for path in included {
        if let Some(source) = sources.by_path(&path)
            && system(&path).is_none()
        {
            for document in seaworthy_facts::yaml::read(&source.file).documents {
                pipelines.push(read(source, &document.value, &GITLAB, shells));
            }
        }
    }
    pipelines
}

/// Files of this repository that a GitLab pipeline takes in.
fn includes(body: &Value, top: &str) -> Vec<String> {
    let Some(include) = body.get("include") else {
        return Vec::new();
    };
    include
        .each()
        .iter()
        .filter_map(|item| {
            let path = item.get("local").or(Some(item))?.str()?;
            (!path.contains("://")).then(|| join(top, path.trim_start_matches('/')))
        })
        .collect()
}

fn read(source: &Source, body: &Value, system: &System, shells: &Shells<'_>) -> Pipeline {
    let top = &shells.files.sources.roots()[source.root].repository;
    let mut pipeline = Pipeline {
        file: source.file.id(),
        system: system.name.into(),
        deeds: Vec::new(),
        commands: Vec::new(),
        stages: Vec::new(),
        manifests: Vec::new(),
    };
    let mut variables = Variables::default();
    if system.jobs.is_empty() || body.at(system.jobs).is_none_or(|jobs| jobs.map().is_none()) {
        set(&mut variables, body, system);
    }
    let shared: Vec<Value> = body
        .get("before_script")
        .into_iter()
        .chain(body.at("default.before_script"))
        .cloned()
        .collect();
    let templates: HashMap<&str, &Value> = body
        .entries()
        .iter()
        .map(|entry| (&*entry.key, &entry.value))
        .collect();
    let jobs: Vec<(&str, seaworthy_facts::Span, &Value)> = if system.jobs.is_empty() {
        body.entries()
            .iter()
            .filter(|entry| !NO_JOBS.contains(&&*entry.key) && entry.value.map().is_some())
            .map(|entry| (&*entry.key, entry.key_span, &entry.value))
            .collect()
    } else {
        match body.get(system.jobs) {
            Some(jobs) if jobs.map().is_some() => jobs
                .entries()
                .iter()
                .map(|entry| (&*entry.key, entry.key_span, &entry.value))
                .collect(),
            _ => vec![("", body.span, body)],
        }
    };
    for (name, span, job) in jobs {
        let mut variables = variables.clone();
        let mut scripts: Vec<&Value> = Vec::new();
        if system.name == GITLAB.name {
            let chain = extended(job, &templates);
            for part in chain.iter().rev() {
                set(&mut variables, part, system);
            }
            let part = |key: &str| chain.iter().find_map(|part| part.get(key));
            match part("before_script") {
                Some(before) => scripts.push(before),
                None => scripts.extend(&shared),
            }
            scripts.extend(part("script"));
            scripts.extend(part("after_script"));
            if name.starts_with('.') {
                continue;
            }
        } else {
            set(&mut variables, job, system);
            gather(job, system, &mut scripts, 0);
        }
        if !name.is_empty() {
            pipeline.stages.push((name.into(), span));
        }
        let fragments: Vec<Fragment> = scripts
            .iter()
            .flat_map(|script| script.each())
            .filter_map(|line| Some(Fragment::scalar(&source.file, line.str()?, line.span)))
            .collect();
        let Some(parsed) = Fragment::lines(fragments).and_then(shell::parse) else {
            continue;
        };
        let mut outcome = shells.run(
            &parsed,
            variables,
            top.as_str().into(),
            top,
            State::default(),
        );
        let first = pipeline.commands.len();
        for command in &mut outcome.commands {
            command.reads_from = command.reads_from.map(|at| at + first);
        }
        pipeline.commands.append(&mut outcome.commands);
        pipeline.deeds.append(&mut outcome.deeds);
    }
    pipeline
}

/// A job with what it extends, nearest first.
fn extended<'v>(job: &'v Value, templates: &HashMap<&str, &'v Value>) -> Vec<&'v Value> {
    let mut chain = vec![job];
    let mut at = 0;
    while at < chain.len() && chain.len() < 10 {
        let names = chain[at]
            .get("extends")
            .map(Value::each)
            .unwrap_or_default();
        for name in names.iter().rev() {
            if let Some(template) = name.str().and_then(|name| templates.get(name)) {
                chain.push(template);
            }
        }
        at += 1;
    }
    chain
}

fn set(variables: &mut Variables, body: &Value, system: &System) {
    for key in system.variables {
        for entry in body.get(key).map(Value::entries).unwrap_or_default() {
            let value = entry.value.get("value").unwrap_or(&entry.value);
            if value.text().is_some() {
                // A variable may name another: `$CI_REGISTRY_IMAGE/api`; the shell sees it filled.
                let value = match value.str() {
                    Some(text) if text.contains('$') => Value {
                        data: crate::fragment::value(
                            crate::template::filled(text, &|name| {
                                variables.get(name).and_then(Value::text)
                            }),
                            value.span,
                        )
                        .data,
                        ..value.clone()
                    },
                    _ => value.clone(),
                };
                variables.set(&entry.key, value);
                variables.export(&entry.key);
            }
        }
    }
}

/// The commands below a value, in order.
fn gather<'v>(value: &'v Value, system: &System, scripts: &mut Vec<&'v Value>, depth: usize) {
    if depth > 20 {
        return;
    }
    match &value.data {
        Data::Map(map) => {
            for entry in &map.entries {
                let is_text = entry.value.str().is_some()
                    || entry.value.items().iter().any(|item| item.str().is_some());
                if system.commands.contains(&&*entry.key) && is_text {
                    scripts.push(&entry.value);
                }
                if !is_text || entry.value.items().iter().any(|item| item.map().is_some()) {
                    gather(&entry.value, system, scripts, depth + 1);
                }
            }
        }
        Data::List(items) => {
            for item in items {
                gather(item, system, scripts, depth + 1);
            }
        }
        _ => {}
    }
}
