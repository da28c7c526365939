//! What commands of scripts and pipelines bring.

use std::collections::HashSet;

use seaworthy_facts::delivery::{Deed, Delivery, Doer, ScriptKind, What};
use seaworthy_facts::kubernetes::{Applied, Means, Origin, Release};
use seaworthy_facts::{Data, Map, Span, Text, Value, file_name, join};

use super::Floating;
use crate::files::{Files, environment_of_path, environment_word};
use crate::inner;
use crate::manifest::Manifest;
use crate::releases::{empty, merge_values, set_path, values_of_file};

/// What does a deed, as the contract says it.
pub(crate) fn applied(files: &Files<'_>, doer: Doer<'_>, deed: &Deed, verb: &str) -> Applied {
    let path = files.sources.path(doer.file());
    let (means, by) = match doer {
        Doer::Step { .. } | Doer::Pipeline(_) => (Means::Pipeline, format!("`{verb}` in {path}")),
        Doer::Script(script) => match script.kind {
            ScriptKind::Document => (Means::Document, format!("`{verb}` in {path}")),
            ScriptKind::MakeTarget | ScriptKind::Shell => {
                (Means::Script, format!("`{verb}` in {path}"))
            }
        },
    };
    Applied {
        by: by.into(),
        span: deed.span,
        means,
    }
}

fn environment(files: &Files<'_>, doer: Doer<'_>) -> Option<&'static str> {
    if let Doer::Step { job, .. } = doer
        && let Some(name) = job.environment.as_ref().and_then(Value::str)
        && let Some(environment) = environment_word(name)
    {
        return Some(environment);
    }
    let path = files.sources.path(doer.file());
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    environment_of_path(stem).map(|(_, environment)| environment)
}

/// Everything that commands bring. Commands of documents count where nothing else installs the chart.
pub(crate) fn all(files: &Files<'_>, delivery: &Delivery) -> Vec<Floating> {
    let mut all: Vec<Floating> = Vec::new();
    let mut seen: HashSet<(Span, String)> = HashSet::new();
    let mut charts: HashSet<String> = HashSet::new();
    let mut applied_texts: HashSet<Span> = HashSet::new();
    // Documents last.
    let mut deeds: Vec<(Doer<'_>, &Deed)> = delivery.deeds().collect();
    deeds.sort_by_key(|(doer, _)| doer.is_document());
    for (doer, deed) in deeds {
        let mut floating = Floating {
            environment: environment(files, doer),
            ..Floating::default()
        };
        match &deed.what {
            What::InstallChart { .. } => {
                if let Some(release) = release(files, doer, deed) {
                    let name = release.name.text().unwrap_or_default().to_string();
                    let chart = release.chart.text().unwrap_or_default().to_string();
                    if doer.is_document() && charts.contains(&chart) {
                        continue;
                    }
                    if !seen.insert((deed.span, name)) {
                        continue;
                    }
                    charts.insert(chart);
                    floating.releases.push(release);
                }
            }
            What::Apply {
                text: Some(text),
                delete: false,
                namespace,
                ..
            } => {
                if doer.is_document() || !seen.insert((text.span, String::new())) {
                    continue;
                }
                applied_texts.insert(text.span);
                floating.objects = embedded(files, text);
                for object in &mut floating.objects {
                    object
                        .applied_by
                        .push(applied(files, doer, deed, "kubectl apply"));
                    give_namespace(object, namespace.as_ref());
                }
            }
            What::CreateObject {
                kind,
                name,
                namespace,
                keys,
            } => {
                let text = name.text().unwrap_or_default().to_string();
                if !seen.insert((deed.span, text)) {
                    continue;
                }
                if let Some(mut object) = created(kind, name, namespace.as_ref(), keys, deed.span) {
                    object
                        .applied_by
                        .push(applied(files, doer, deed, "kubectl create"));
                    floating.objects.push(object);
                }
            }
            What::Mark {
                verb,
                kind,
                name: Some(name),
                ..
            } if verb.as_ref() == "label" && kind.as_ref() == "Namespace" => {
                let _ = name;
                continue;
            }
            _ => continue,
        }
        all.push(floating);
    }
    // Manifests that a script writes to a file first.
    for script in &delivery.scripts {
        if script.kind == ScriptKind::Document {
            continue;
        }
        for command in &script.commands {
            if let Some(input) = &command.input
                && !applied_texts.contains(&input.span)
                && input
                    .text()
                    .is_some_and(|text| text.to_string().contains("apiVersion:"))
                && seen.insert((input.span, String::new()))
            {
                let objects = embedded(files, input);
                all.push(Floating {
                    environment: environment(files, Doer::Script(script)),
                    objects,
                    ..Floating::default()
                });
            }
        }
    }
    all
}

/// The objects in a text inside another file.
pub(crate) fn embedded(files: &Files<'_>, text: &Value) -> Vec<Manifest> {
    let Some(documents) = inner::read(files.sources, text) else {
        return Vec::new();
    };
    documents
        .documents
        .iter()
        .filter(|document| !document.broken)
        .flat_map(|document| Manifest::all(&document.value, document.span, text.span.file))
        .map(|mut object| {
            object.origin = Origin::Embedded;
            object
        })
        .collect()
}

/// The namespace that a command says, for what says none itself.
pub(crate) fn give_namespace(object: &mut Manifest, namespace: Option<&Value>) {
    if let Some(namespace) = namespace
        && object.namespace().is_none()
        && !crate::kinds::is_cluster_wide(&object.kind)
        && let Some(metadata) =
            crate::places::ensure(&mut object.body, &["metadata"], namespace.span)
    {
        metadata.set("namespace", namespace.span, namespace.clone());
    }
}

fn created(
    kind: &str,
    name: &Value,
    namespace: Option<&Value>,
    keys: &[(Text, Value)],
    span: Span,
) -> Option<Manifest> {
    let mut metadata = Map::default();
    metadata.set("name", name.span, name.clone());
    if let Some(namespace) = namespace {
        metadata.set("namespace", namespace.span, namespace.clone());
    }
    let mut map = Map::default();
    map.set("apiVersion", span, Value::string("v1", span));
    map.set("kind", span, Value::string(kind, span));
    map.set("metadata", span, Value::new(Data::Map(metadata), span));
    if matches!(kind, "Secret" | "ConfigMap") {
        let mut data = Map::default();
        for (key, value) in keys {
            data.set(key.to_string(), value.span, value.clone());
        }
        let field = if kind == "Secret" {
            "stringData"
        } else {
            "data"
        };
        map.set(field, span, Value::new(Data::Map(data), span));
    }
    let mut object = Manifest::new(Value::new(Data::Map(map), span), span, span.file)?;
    object.origin = Origin::Embedded;
    Some(object)
}

fn release(files: &Files<'_>, doer: Doer<'_>, deed: &Deed) -> Option<Release> {
    let What::InstallChart {
        release,
        chart,
        repository,
        version,
        namespace,
        values_files,
        sets,
    } = &deed.what
    else {
        return None;
    };
    let chart = chart.as_ref()?;
    let here = deed.folder.literal();
    let text = chart.text()?;
    let mut folder = None;
    let mut unseen_chart = false;
    if let (Some(path), Some(here)) = (text.literal(), here) {
        let resolved = join(here, path);
        if files.by_path(&join(&resolved, "Chart.yaml")).is_some() {
            folder = Some(resolved);
        } else {
            unseen_chart = path.starts_with('.');
        }
    }
    let _ = unseen_chart;
    let name_of_chart = match &folder {
        Some(folder) => Value {
            data: Data::Text(file_name(folder).into()),
            ..chart.clone()
        },
        None => match text.rsplit_once('/') {
            Some((_, name)) => Value {
                data: Data::Text(name),
                ..chart.clone()
            },
            None => chart.clone(),
        },
    };
    let repository = repository.clone().or_else(|| {
        let (before, _) = text.rsplit_once('/')?;
        before.to_string().contains("://").then(|| Value {
            data: Data::Text(before),
            ..chart.clone()
        })
    });
    let mut values = empty(deed.span);
    let mut unseen_values = false;
    for file in values_files {
        let path = here.and_then(|here| Some(join(here, file.text()?.literal()?)));
        match path.and_then(|path| values_of_file(files, &path)) {
            Some(from) => merge_values(&mut values, &from),
            None => unseen_values = true,
        }
    }
    for (path, value) in sets {
        set_path(&mut values, path, value.clone());
    }
    Some(Release {
        name: release.clone().unwrap_or_else(|| name_of_chart.clone()),
        namespace: namespace.clone(),
        span: chart.span,
        chart: name_of_chart,
        repository,
        version: version.clone(),
        values,
        unseen_values,
        folder: folder.map(Into::into),
        applied_by: vec![applied(files, doer, deed, "helm upgrade")],
        object: None,
    })
}
