//! Compose projects: files merged with their overrides, `.env` put in.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use seaworthy_facts::delivery::{Compose, ComposeService};
use seaworthy_facts::{
    Data, Map, Source, SourceKind, Sources, Text, Value, file_name, join, parent,
};

use crate::fragment;
use crate::template::filled;

const DEEPEST: usize = 40;
const MOST_EXTENDS: usize = 5;

/// Reads every Compose project.
pub(crate) fn projects(sources: &Sources) -> Vec<Compose> {
    let mut folders: BTreeMap<&str, Vec<(&Source, Value)>> = BTreeMap::new();
    for source in sources.of(SourceKind::Yaml) {
        let path = source.file.path();
        if !is_compose_name(file_name(path)) && !has_shape(source.file.text()) {
            continue;
        }
        let Some(document) = seaworthy_facts::yaml::read(&source.file)
            .documents
            .into_iter()
            .next()
        else {
            continue;
        };
        if is_project(&document.value, is_compose_name(file_name(path))) {
            folders
                .entry(parent(path))
                .or_default()
                .push((source, document.value));
        }
    }
    folders
        .into_values()
        .flat_map(|files| of_folder(sources, &files))
        .collect()
}

fn is_compose_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("docker-compose")
        || name.starts_with("compose.")
        || name.starts_with("compose-")
}

fn has_shape(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "services:")
}

fn is_project(body: &Value, named: bool) -> bool {
    let services = body.get("services").map(Value::entries).unwrap_or_default();
    if body.get("apiVersion").is_some() || body.get("stages").is_some() {
        return false;
    }
    let images = services
        .iter()
        .filter(|entry| entry.value.get("image").is_some() || entry.value.get("build").is_some());
    if named {
        !services.is_empty()
    } else {
        let images = images.count();
        images > 0 && images == services.len()
    }
}

fn of_folder(sources: &Sources, files: &[(&Source, Value)]) -> Vec<Compose> {
    let name = |source: &Source| file_name(source.file.path()).to_lowercase();
    let stem = |name: &str| {
        name.trim_end_matches(".yaml")
            .trim_end_matches(".yml")
            .to_owned()
    };
    let base = files
        .iter()
        .find(|(source, _)| matches!(stem(&name(source)).as_str(), "docker-compose" | "compose"));
    let mut projects = Vec::new();
    for (source, body) in files {
        let own = stem(&name(source));
        if own.ends_with(".override") && base.is_some() {
            continue;
        }
        let mut merged = body.clone();
        let is_base = base.is_some_and(|(base, _)| base.file.id() == source.file.id());
        if is_base {
            for (_, over) in files
                .iter()
                .filter(|(other, _)| stem(&name(other)).ends_with(".override"))
            {
                merged = merge(&merged, over, 0);
            }
        } else if let Some((_, base)) = base
            && is_partial(body)
        {
            merged = merge(base, body, 0);
        }
        projects.push(project(sources, source, &merged));
    }
    projects
}

/// A file whose services lack image and build goes on top of another.
fn is_partial(body: &Value) -> bool {
    body.get("services")
        .map(Value::entries)
        .unwrap_or_default()
        .iter()
        .any(|entry| {
            entry.value.get("image").is_none()
                && entry.value.get("build").is_none()
                && entry.value.get("extends").is_none()
        })
}

/// The override's keys win; lists are put together, except commands.
fn merge(base: &Value, over: &Value, depth: usize) -> Value {
    let (Data::Map(below), Data::Map(above)) = (&base.data, &over.data) else {
        return over.clone();
    };
    if depth > DEEPEST {
        return over.clone();
    }
    let mut map: Map = below.clone();
    for entry in &above.entries {
        let value = match (
            below.get(&entry.key).map(|value| &value.data),
            &entry.value.data,
        ) {
            (Some(Data::Map(_)), Data::Map(_)) => match below.get(&entry.key) {
                Some(before) => merge(before, &entry.value, depth + 1),
                None => entry.value.clone(),
            },
            (Some(Data::List(before)), Data::List(more))
                if !matches!(&*entry.key, "command" | "entrypoint" | "test") =>
            {
                Value {
                    data: Data::List(before.iter().chain(more).cloned().collect()),
                    ..entry.value.clone()
                }
            }
            _ => entry.value.clone(),
        };
        map.set(entry.key.clone(), entry.key_span, value);
    }
    Value {
        data: Data::Map(map),
        ..base.clone()
    }
}

fn project(sources: &Sources, source: &Source, body: &Value) -> Compose {
    let folder = parent(source.file.path());
    let variables: HashMap<String, Value> = sources
        .by_path(&join(folder, ".env"))
        .map(|source| {
            env_file(source)
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect()
        })
        .unwrap_or_default();
    let mut body = interpolated(body, &variables);
    let services = body.get("services").cloned();
    let mut made = Vec::new();
    let mut merged_services = Map::default();
    for entry in services.as_ref().map(Value::entries).unwrap_or_default() {
        let value = extended(
            sources,
            folder,
            services.as_ref(),
            &entry.value,
            &variables,
            0,
        );
        let mut environment: Vec<(Arc<str>, Value)> = Vec::new();
        let mut put = |name: Arc<str>, value: Value| match environment
            .iter_mut()
            .find(|(other, _)| *other == name)
        {
            Some((_, before)) => *before = value,
            None => environment.push((name, value)),
        };
        for file in value.get("env_file").map(Value::each).unwrap_or_default() {
            let path = file.get("path").unwrap_or(file).str();
            if let Some(file) = path.and_then(|path| sources.by_path(&join(folder, path))) {
                for (name, value) in env_file(file) {
                    put(name, value);
                }
            }
        }
        for (name, value) in settings(value.get("environment")) {
            put(name, value);
        }
        merged_services.set(entry.key.clone(), entry.key_span, value.clone());
        made.push(ComposeService {
            name: entry.key.clone(),
            span: entry.key_span,
            body: value,
            environment,
        });
    }
    if let (Data::Map(map), Some(services)) = (&mut body.data, &services)
        && let Some(entry) = map.entry("services").cloned()
    {
        map.set(
            "services",
            entry.key_span,
            Value {
                data: Data::Map(merged_services),
                ..services.clone()
            },
        );
    }
    Compose {
        file: source.file.id(),
        services: made,
        body,
    }
}

fn extended(
    sources: &Sources,
    folder: &str,
    services: Option<&Value>,
    service: &Value,
    variables: &HashMap<String, Value>,
    depth: usize,
) -> Value {
    let Some(extends) = service.get("extends") else {
        return service.clone();
    };
    if depth >= MOST_EXTENDS {
        return service.clone();
    }
    let name = extends.get("service").unwrap_or(extends).str();
    let other = extends
        .get("file")
        .and_then(Value::str)
        .and_then(|file| sources.by_path(&join(folder, file)))
        .and_then(|source| {
            seaworthy_facts::yaml::read(&source.file)
                .documents
                .into_iter()
                .next()
        })
        .map(|document| interpolated(&document.value, variables));
    let services = other
        .as_ref()
        .and_then(|body| body.get("services"))
        .or(services);
    let Some(base) = name.and_then(|name| services?.get(name)) else {
        return service.clone();
    };
    let base = extended(sources, folder, services, base, variables, depth + 1);
    merge(&base, service, 0)
}

fn interpolated(value: &Value, variables: &HashMap<String, Value>) -> Value {
    value.with_texts(DEEPEST, &mut |text| {
        let raw = text.str().filter(|raw| raw.contains('$'))?;
        let filled = filled(raw, &|name| variables.get(name).and_then(Value::text));
        Some(Value {
            data: fragment::value(filled, text.span).data,
            span: text.span,
            trail: text.trail.clone(),
        })
    })
}

/// `environment` as a map or a list of `NAME=value`.
fn settings(value: Option<&Value>) -> Vec<(Arc<str>, Value)> {
    let Some(value) = value else {
        return Vec::new();
    };
    match &value.data {
        Data::Map(map) => map
            .entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect(),
        Data::List(items) => items
            .iter()
            .filter_map(|item| {
                let text = item.text()?;
                let (name, rest) = match text.split_once('=') {
                    Some((name, rest)) => (name, Some(rest)),
                    None => (text, None),
                };
                let name: Arc<str> = name.literal()?.into();
                let value = match rest {
                    Some(rest) => Value {
                        data: fragment::value(rest, item.span).data,
                        ..item.clone()
                    },
                    None => Value::unknown(
                        seaworthy_facts::Unknown::new(
                            seaworthy_facts::UnknownKind::Variable,
                            name.clone(),
                        ),
                        item.span,
                    ),
                };
                Some((name, value))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The lines of a `.env` file.
fn env_file(source: &Source) -> Vec<(Arc<str>, Value)> {
    (1..=source.file.n_lines())
        .filter_map(|number| {
            let range = source.file.line(number);
            let line = &source.file.text()[range.clone()];
            let trimmed = line.trim_start().trim_start_matches("export ");
            let (name, value) = trimmed.split_once('=')?;
            if name.starts_with('#') || name.trim().contains(' ') {
                return None;
            }
            let value = value.trim();
            let plain = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'))
                .or_else(|| {
                    value
                        .strip_prefix('\'')
                        .and_then(|value| value.strip_suffix('\''))
                })
                .unwrap_or(value);
            let start = range.start + (line.len() - trimmed.len());
            Some((
                Arc::from(name.trim()),
                Value::new(
                    Data::Text(Text::from(plain)),
                    source.file.span(start..range.end),
                ),
            ))
        })
        .collect()
}
