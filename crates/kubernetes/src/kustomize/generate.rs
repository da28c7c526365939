//! ConfigMaps and Secrets that a kustomization makes of files and literals.
//!
//! The hash that Kustomize adds to their names is left out, in the object and in what refers to it alike.

use seaworthy_facts::kubernetes::Taken;
use seaworthy_facts::{Data, Map, Span, Value, file_name, join};

use super::{Kustomize, Work, key_of};
use crate::manifest::Manifest;
use crate::places;

impl Kustomize<'_, '_> {
    pub(super) fn generate(&mut self, work: &mut Work, body: &Value) {
        for (field, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for entry in body.get(field).into_iter().flat_map(Value::items) {
                self.generate_one(work, field, kind, entry);
            }
        }
    }

    fn generate_one(&mut self, work: &mut Work, field: &str, kind: &str, entry: &Value) {
        let Some(name) = entry.get("name") else {
            return;
        };
        let data = self.data(work, field, entry);
        let data_key = if kind == "Secret" {
            "stringData"
        } else {
            "data"
        };
        let behavior = entry
            .get("behavior")
            .and_then(Value::str)
            .unwrap_or("create");
        if behavior == "merge" || behavior == "replace" {
            let text = name.text();
            if let Some(own) = work.built.objects.iter_mut().find(|object| {
                &*object.kind == kind && text.as_ref().is_some_and(|text| object.was_called(text))
            }) && let Some(map) = places::ensure(&mut own.body, &[data_key], entry.span)
            {
                if behavior == "replace" {
                    map.entries.clear();
                }
                for new in data.entries {
                    places::set_in(map, new.key, new.key_span, new.value, "the base has it");
                }
            } else if !work.built.incomplete {
                work.errors.push((
                    name.span,
                    format!("there is no {kind} of this name to {behavior}").into(),
                ));
            }
            return;
        }
        let span = name.span;
        let mut metadata = Map::default();
        metadata.set("name", span, name.clone());
        if let Some(namespace) = entry.get("namespace") {
            metadata.set("namespace", namespace.span, namespace.clone());
        }
        if let Some(options) = entry.get("options") {
            for key in ["labels", "annotations"] {
                if let Some(value) = options.get(key) {
                    metadata.set(key, value.span, value.clone());
                }
            }
        }
        let mut map = Map::default();
        map.set("apiVersion", span, Value::string("v1", span));
        map.set("kind", span, Value::string(kind, span));
        map.set("metadata", span, Value::new(Data::Map(metadata), span));
        if let Some(kind) = entry.get("type") {
            map.set("type", kind.span, kind.clone());
        }
        map.set(data_key, span, Value::new(Data::Map(data), entry.span));
        let body = Value::new(Data::Map(map), entry.span);
        work.built
            .objects
            .extend(Manifest::new(body, entry.span, span.file));
    }

    fn data(&mut self, work: &mut Work, field: &str, entry: &Value) -> Map {
        let mut data = Map::default();
        for literal in entry.get("literals").into_iter().flat_map(Value::items) {
            let Some((key, value)) = literal.text().and_then(|text| text.split_once('=')) else {
                continue;
            };
            let value = match value.literal() {
                Some(text) if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') => {
                    text[1..text.len() - 1].into()
                }
                _ => value,
            };
            data.set(
                key.to_string(),
                literal.span,
                places::written(value, literal.span),
            );
        }
        for item in entry.get("files").into_iter().flat_map(Value::items) {
            let Some(text) = item.str() else { continue };
            let (key, path) = match text.split_once('=') {
                Some((key, path)) => (key.into(), path),
                None => (key_of(text), text),
            };
            let content = self.content(work, field, item.span, path);
            data.set(key, item.span, content);
        }
        let envs = ["envs", "env"]
            .iter()
            .filter_map(|key| entry.get(key))
            .flat_map(Value::each);
        for item in envs {
            let Some(path) = item.str() else { continue };
            let content = self.content(work, field, item.span, path);
            for line in content.str().unwrap_or_default().lines() {
                let line = line.trim();
                if line.starts_with('#') {
                    continue;
                }
                if let Some((key, value)) = line.split_once('=') {
                    data.set(
                        key.trim(),
                        item.span,
                        Value::string(value.trim(), item.span),
                    );
                }
            }
        }
        data
    }

    fn content(&mut self, work: &mut Work, field: &str, span: Span, path: &str) -> Value {
        let resolved = join(&work.folder, path);
        work.taken.push(Taken {
            span,
            path: resolved.as_str().into(),
            field: field.into(),
            remote: false,
        });
        if let Some(source) = self.files.by_path(&resolved)
            && self.holds(work, source.file.text().len())
        {
            return Value::string(source.file.text(), span);
        }
        if !self.files.sources.exists(&resolved) {
            // A file with secrets is kept out of the repository; Kustomize stops without it, but only there.
            let secret = field == "secretGenerator"
                || file_name(&resolved).rsplit('.').next() == Some("env");
            if !secret {
                work.errors
                    .push((span, format!("`{resolved}` is not there").into()));
            }
            work.built.incomplete |= secret;
        }
        Value::unknown(
            seaworthy_facts::Unknown::new(seaworthy_facts::UnknownKind::NotSeen, resolved),
            span,
        )
    }
}
