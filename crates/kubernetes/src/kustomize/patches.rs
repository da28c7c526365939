//! `patches`, `patchesStrategicMerge`, `patchesJson6902`.

use regex::Regex;
use seaworthy_facts::kubernetes::Taken;
use seaworthy_facts::{Span, Text, Value, join};

use super::{Kustomize, Work};
use crate::manifest::{Manifest, with_holes};
use crate::{inner, kinds, patch};

impl Kustomize<'_, '_> {
    pub(super) fn patch(&mut self, work: &mut Work, body: &Value) {
        for entry in body
            .get("patchesStrategicMerge")
            .into_iter()
            .flat_map(Value::items)
        {
            // A path, or the patch itself as text.
            let inline = entry
                .str()
                .is_some_and(|text| text.contains(':') && text.contains('\n'));
            let patches = if inline {
                inline_documents(self, entry)
            } else {
                self.documents_of(work, "patchesStrategicMerge", entry)
            };
            for value in patches {
                apply(work, None, &value, entry.span);
            }
        }
        for entry in body.get("patches").into_iter().flat_map(Value::items) {
            let target = entry.get("target");
            let patches = match (entry.get("path"), entry.get("patch")) {
                (Some(path), _) => self.documents_of(work, "patches", path),
                (None, Some(text)) => inline_documents(self, text),
                _ => Vec::new(),
            };
            for value in patches {
                apply(work, target, &value, entry.span);
            }
        }
    }

    pub(super) fn patch_json6902(&mut self, work: &mut Work, body: &Value) {
        for entry in body
            .get("patchesJson6902")
            .into_iter()
            .flat_map(Value::items)
        {
            let patches = match (entry.get("path"), entry.get("patch")) {
                (Some(path), _) => self.documents_of(work, "patchesJson6902", path),
                (None, Some(text)) => inline_documents(self, text),
                _ => Vec::new(),
            };
            for value in patches {
                apply(work, entry.get("target"), &value, entry.span);
            }
        }
    }

    fn documents_of(&mut self, work: &mut Work, field: &str, path: &Value) -> Vec<Value> {
        let Some(text) = path.str() else {
            return Vec::new();
        };
        let resolved = join(&work.folder, text);
        work.taken.push(Taken {
            span: path.span,
            path: resolved.as_str().into(),
            field: field.into(),
            remote: super::is_remote(text),
        });
        if let Some(source) = self.files.by_path(&resolved) {
            self.files
                .documents(source.file.id())
                .into_iter()
                .flat_map(|documents| &documents.documents)
                .filter(|document| !document.broken)
                .map(|document| document.value.clone())
                .collect()
        } else {
            if !self.files.sources.exists(&resolved) && !super::is_remote(text) {
                work.errors
                    .push((path.span, format!("`{resolved}` is not there").into()));
            }
            work.built.incomplete = true;
            Vec::new()
        }
    }
}

fn inline_documents(kustomize: &Kustomize<'_, '_>, text: &Value) -> Vec<Value> {
    inner::read(kustomize.files.sources, text)
        .map(|documents| {
            documents
                .documents
                .into_iter()
                .filter(|document| !document.broken)
                .map(|document| document.value)
                .collect()
        })
        .unwrap_or_default()
}

/// Applies a patch to what it is for.
pub(crate) fn apply(work: &mut Work, target: Option<&Value>, patch: &Value, span: Span) {
    let Work { built, errors, .. } = work;
    apply_to(
        &mut built.objects,
        target,
        patch,
        span,
        built.incomplete,
        errors,
    );
}

/// Applies a patch to those of the objects that it is for.
pub(crate) fn apply_to(
    objects: &mut Vec<Manifest>,
    target: Option<&Value>,
    patch: &Value,
    span: Span,
    incomplete: bool,
    errors: &mut Vec<(Span, Box<str>)>,
) {
    let operations = !patch.items().is_empty();
    let selector = match target {
        Some(target) => Some(Selector::of_target(target)),
        None => Selector::of_patch(patch),
    };
    let Some(selector) = selector else { return };
    let delete = patch.get("$patch").and_then(Value::str) == Some("delete");
    let mut found = false;
    let mut index = 0;
    while index < objects.len() {
        let object = &mut objects[index];
        if !selector.fits(object) {
            index += 1;
            continue;
        }
        found = true;
        if delete {
            objects.remove(index);
            continue;
        }
        if operations {
            if let Err((place, message)) = patch::json6902(&mut object.body, patch) {
                errors.push((place, message.into()));
            }
        } else {
            let mut patch = patch.clone();
            // What only tells which object is meant does not take effect.
            if let Some(map) = match &mut patch.data {
                seaworthy_facts::Data::Map(map) => Some(map),
                _ => None,
            } {
                map.remove("apiVersion");
                map.remove("kind");
                if let Some(metadata) = map
                    .entries
                    .iter_mut()
                    .find(|entry| &*entry.key == "metadata")
                    && let seaworthy_facts::Data::Map(metadata) = &mut metadata.value.data
                {
                    metadata.remove("name");
                    metadata.remove("namespace");
                }
            }
            let builtin = kinds::is_builtin(&object.api_version);
            patch::merge(&mut object.body, &patch, builtin, "", "");
        }
        index += 1;
    }
    if !found && !incomplete {
        let at = match target {
            Some(target) => target.span,
            None => patch.at("metadata.name").map_or(span, |name| name.span),
        };
        // Kustomize stops for a patch that names its object, and passes over a target that selects nothing.
        if target.is_none() {
            errors.push((at, "no object here is what this patch names".into()));
        }
    }
}

/// Which objects a patch is for.
struct Selector {
    group: Option<String>,
    version: Option<String>,
    kind: Option<Regex>,
    name: Option<Matcher>,
    namespace: Option<Regex>,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    impossible: bool,
}

enum Matcher {
    Regex(Regex),
    Text(Text),
}

impl Selector {
    fn of_target(target: &Value) -> Self {
        let text = |key: &str| target.get(key).and_then(Value::scalar);
        let mut impossible = false;
        let mut regex = |key: &str| {
            let text = text(key).filter(|text| !text.is_empty())?;
            let regex = Regex::new(&format!("^(?:{text})$")).ok();
            impossible |= regex.is_none();
            regex
        };
        let kind = regex("kind");
        let name = regex("name").map(Matcher::Regex);
        let namespace = regex("namespace");
        let pairs = |key: &str| {
            let text = text(key).unwrap_or_default();
            text.split(',')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| {
                    (
                        key.trim().to_owned(),
                        value.trim_start_matches('=').trim().to_owned(),
                    )
                })
                .collect()
        };
        Self {
            group: text("group"),
            version: text("version"),
            kind,
            name,
            namespace,
            labels: pairs("labelSelector"),
            annotations: pairs("annotationSelector"),
            impossible,
        }
    }

    fn of_patch(patch: &Value) -> Option<Self> {
        let kind = patch.get("kind")?.str()?;
        let name = patch.at("metadata.name")?.text()?;
        // Objects have their holes marked; `${NAME}` in a patch is the same one.
        let name = name.literal().and_then(with_holes).unwrap_or(name);
        let api_version = patch.get("apiVersion").and_then(Value::str);
        Some(Self {
            group: api_version.map(|text| {
                text.split_once('/')
                    .map_or("", |(group, _)| group)
                    .to_owned()
            }),
            version: None,
            kind: Regex::new(&format!("^{}$", regex::escape(kind))).ok(),
            name: Some(Matcher::Text(name)),
            namespace: None,
            labels: Vec::new(),
            annotations: Vec::new(),
            impossible: false,
        })
    }

    fn fits(&self, object: &Manifest) -> bool {
        if self.impossible {
            return false;
        }
        let group = self
            .group
            .as_ref()
            .is_none_or(|group| object.group() == group);
        let version = self
            .version
            .as_ref()
            .is_none_or(|version| object.api_version.rsplit('/').next() == Some(version.as_str()));
        let kind = self
            .kind
            .as_ref()
            .is_none_or(|kind| kind.is_match(&object.kind));
        let name = match &self.name {
            None => true,
            Some(Matcher::Text(name)) => object.was_called(name),
            Some(Matcher::Regex(regex)) => {
                let fits = |name: &Text| name.literal().is_some_and(|name| regex.is_match(name));
                object.name().as_ref().is_some_and(fits)
                    || object.earlier.iter().any(|(name, _)| fits(name))
            }
        };
        let namespace = self.namespace.as_ref().is_none_or(|regex| {
            let fits = |name: &Text| name.literal().is_some_and(|name| regex.is_match(name));
            object.namespace().as_ref().is_some_and(fits)
                || object
                    .earlier
                    .iter()
                    .any(|(_, namespace)| namespace.as_ref().is_some_and(fits))
        });
        let marks = |key: &str, pairs: &[(String, String)]| {
            pairs.iter().all(|(name, value)| {
                object
                    .body
                    .at("metadata")
                    .and_then(|metadata| metadata.get(key)?.get(name)?.scalar())
                    .as_deref()
                    == Some(value)
            })
        };
        group
            && version
            && kind
            && name
            && namespace
            && marks("labels", &self.labels)
            && marks("annotations", &self.annotations)
    }
}
