//! Charts that objects ask for: Flux's HelmRelease, Argo CD's Application.

use seaworthy_facts::kubernetes::{Applied, Means, Object, Release};
use seaworthy_facts::{Data, Map, Span, Unknown, UnknownKind, Value, file_name, join};

use crate::files::Files;
use crate::inner;
use crate::repositories::Repositories;

/// An empty map at a place.
pub(crate) fn empty(span: Span) -> Value {
    Value::new(Data::Map(Map::default()), span)
}

/// Merges values in Helm's way: maps merge, everything else is replaced, null takes away.
pub(crate) fn merge_values(into: &mut Value, from: &Value) {
    match (&mut into.data, &from.data) {
        (Data::Map(own), Data::Map(new)) => {
            for entry in &new.entries {
                match own
                    .entries
                    .iter_mut()
                    .rev()
                    .find(|own| own.key == entry.key)
                {
                    Some(there) => {
                        if there.value.map().is_none() || entry.value.map().is_none() {
                            there.key_span = entry.key_span;
                        }
                        merge_values(&mut there.value, &entry.value);
                    }
                    None => own.entries.push(entry.clone()),
                }
            }
        }
        _ => *into = from.clone(),
    }
}

/// Sets a value at a path such as `--set` takes: `a.b[0].c`, `a\.b`.
pub(crate) fn set_path(into: &mut Value, path: &str, value: Value) {
    let mut steps = Vec::new();
    let mut current = String::new();
    let mut escaped = false;
    for c in path.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '.' | '[' if !escaped => {
                if !current.is_empty() {
                    steps.push(std::mem::take(&mut current));
                }
            }
            ']' if !escaped => {}
            c => current.push(c),
        }
        escaped = false;
    }
    if !current.is_empty() {
        steps.push(current);
    }
    put(into, &steps, value);
}

fn put(into: &mut Value, steps: &[String], value: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *into = value;
        return;
    };
    if let Data::List(items) = &mut into.data
        && let Ok(index) = step.parse::<usize>()
    {
        if index < items.len() {
            put(&mut items[index], rest, value);
        } else if index < 100 {
            let span = value.span;
            let mut item = Value::new(Data::Null, span);
            put(&mut item, rest, value);
            items.push(item);
        }
        return;
    }
    if !matches!(into.data, Data::Map(_)) {
        into.data = if step.parse::<usize>().is_ok() && matches!(into.data, Data::Null) {
            let mut item = Value::new(Data::Null, value.span);
            put(&mut item, rest, value);
            into.data = Data::List(vec![item]);
            return;
        } else {
            Data::Map(Map::default())
        };
    }
    if let Data::Map(map) = &mut into.data {
        if map.get(step).is_none() {
            map.set(
                step.as_str(),
                value.span,
                Value::new(Data::Null, value.span),
            );
        }
        if let Some(entry) = map
            .entries
            .iter_mut()
            .rev()
            .find(|entry| *entry.key == **step)
        {
            if rest.is_empty() {
                entry.key_span = value.span;
            }
            put(&mut entry.value, rest, value);
        }
    }
}

/// The values of a file, which must be one map.
pub(crate) fn values_of_file(files: &Files<'_>, path: &str) -> Option<Value> {
    let source = files.by_path(path)?;
    let documents = files.documents(source.file.id())?;
    let value = &documents.documents.first()?.value;
    value.map().is_some().then(|| value.clone())
}

/// What a HelmRelease installs. `objects` are those of the same cluster.
pub(crate) fn helm_release(
    object: &Object,
    objects: &[Object],
    files: &Files<'_>,
    repositories: &mut Repositories<'_, '_>,
) -> Option<Release> {
    let spec = object.body.get("spec")?;
    let chart_spec = spec.at("chart.spec");
    let source_ref = chart_spec
        .and_then(|chart| chart.get("sourceRef"))
        .or_else(|| spec.get("chartRef"));
    let source = source_ref.and_then(|reference| {
        let kind = reference.get("kind")?.str()?;
        let name = reference.get("name")?.text()?;
        let namespace = reference
            .get("namespace")
            .and_then(Value::text)
            .or_else(|| object.namespace.as_ref().and_then(Value::text));
        objects
            .iter()
            .find(|other| {
                &*other.kind == kind
                    && other.name.text().as_ref() == Some(&name)
                    && other.is_in(namespace.as_ref())
            })
            .or_else(|| {
                objects
                    .iter()
                    .find(|other| &*other.kind == kind && other.name.text().as_ref() == Some(&name))
            })
    });
    let url = source.and_then(|source| source.at("spec.url")).cloned();
    let mut folder = None;
    let chart = if let Some(chart) = chart_spec.and_then(|chart| chart.get("chart")) {
        let text = chart.str().unwrap_or_default();
        if source.is_some_and(|source| matches!(&*source.kind, "GitRepository" | "Bucket"))
            || text.starts_with('.')
        {
            let base = url
                .as_ref()
                .and_then(Value::str)
                .and_then(|url| repositories.folder(url, object.file))
                .unwrap_or_else(|| files.sources.root_of(object.file).repository.clone());
            let path = join(&base, text);
            if files.by_path(&join(&path, "Chart.yaml")).is_some() {
                folder = Some(path.as_str().into());
            }
            Value {
                data: Data::Text(file_name(&path).into()),
                ..chart.clone()
            }
        } else {
            chart.clone()
        }
    } else {
        let url = url.as_ref()?;
        let name = url.str().map(file_name)?;
        Value {
            data: Data::Text(name.into()),
            ..url.clone()
        }
    };
    let version = chart_spec
        .and_then(|chart| chart.get("version"))
        .or_else(|| {
            let source = source?;
            source
                .at("spec.ref.tag")
                .or_else(|| source.at("spec.ref.semver"))
        })
        .cloned();
    let target = spec.get("targetNamespace").filter(|value| !value.is_null());
    let name = match (spec.get("releaseName"), target) {
        (Some(name), _) if !name.is_null() => name.clone(),
        (_, Some(target)) => {
            let mut text = target.text()?;
            text.push_str("-");
            text.push(&object.name.text()?);
            Value {
                data: Data::Text(text),
                ..object.name.clone()
            }
        }
        _ => object.name.clone(),
    };
    let mut values = empty(object.span);
    let mut unseen_values = false;
    for from in spec.get("valuesFrom").into_iter().flat_map(Value::items) {
        unseen_values |= !values_from(&mut values, from, object, objects, files);
    }
    if let Some(own) = spec.get("values")
        && own.map().is_some()
    {
        if values.entries().is_empty() && values.map().is_some() {
            values = own.clone();
        } else {
            merge_values(&mut values, own);
        }
    }
    let mut applied_by = object.applied_by.clone();
    applied_by.insert(
        0,
        Applied {
            by: format!("HelmRelease `{}`", object.name.text()?).into(),
            span: object.name.span,
            means: Means::Flux,
        },
    );
    Some(Release {
        name,
        namespace: target.cloned().or_else(|| object.namespace.clone()),
        span: chart.span,
        chart,
        repository: url,
        version,
        values,
        unseen_values,
        folder,
        applied_by,
        object: Some((
            object.name.text()?,
            object.namespace.as_ref().and_then(Value::text),
        )),
    })
}

/// Puts in values from a ConfigMap or Secret; false where they were not seen.
fn values_from(
    values: &mut Value,
    from: &Value,
    release: &Object,
    objects: &[Object],
    files: &Files<'_>,
) -> bool {
    let kind = from.get("kind").and_then(Value::str).unwrap_or("ConfigMap");
    let Some(name) = from.get("name").and_then(Value::text) else {
        return true;
    };
    let key = from
        .get("valuesKey")
        .and_then(Value::str)
        .unwrap_or("values.yaml");
    let namespace = release.namespace.as_ref().and_then(Value::text);
    let found = objects.iter().find(|object| {
        &*object.kind == kind
            && object.name.text().as_ref() == Some(&name)
            && object.is_in(namespace.as_ref())
    });
    let data = found.and_then(|object| {
        object
            .body
            .get("data")
            .and_then(|data| data.get(key))
            .filter(|_| kind == "ConfigMap")
            .or_else(|| object.body.get("stringData")?.get(key))
    });
    match (data, from.get("targetPath").and_then(Value::str)) {
        (Some(data), Some(path)) => set_path(values, path, data.clone()),
        (Some(data), None) => {
            let Some(inner) = inner::read(files.sources, data) else {
                return false;
            };
            if let Some(document) = inner.documents.first() {
                merge_values(values, &document.value);
            }
        }
        (None, Some(path)) => set_path(
            values,
            path,
            Value::unknown(
                Unknown::new(UnknownKind::NotSeen, name.to_string()),
                from.span,
            ),
        ),
        (None, None) => return false,
    }
    true
}
