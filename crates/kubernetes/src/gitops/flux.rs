//! Flux: Kustomizations, from the outermost to those that they bring.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use seaworthy_facts::kubernetes::{Applied, GitopsPath, Means};
use seaworthy_facts::{FileId, Subject, Text, Unseen, Value, file_name, is_under, join, parent};

use super::Group;
use crate::files::{Files, environment_of_path};
use crate::inner;
use crate::kustomize::{Built, Kustomize};
use crate::manifest::Manifest;
use crate::repositories::Repositories;
use crate::substitute::{self, Variables};

const GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// Whether an object is Flux's Kustomization.
pub(crate) fn is_kustomization(object: &Manifest) -> bool {
    &*object.kind == "Kustomization" && object.group() == GROUP
}

/// Reads what Flux applies.
pub(crate) struct Flux<'a, 'f, 's> {
    /// The files.
    pub(crate) files: &'f Files<'s>,
    /// Builds the folders.
    pub(crate) kustomize: &'a mut Kustomize<'f, 's>,
    /// Finds the repositories.
    pub(crate) repositories: &'a mut Repositories<'f, 's>,
    /// Every path that was named.
    pub(crate) paths: &'a mut Vec<GitopsPath>,
    /// What was not seen.
    pub(crate) unseen: &'a mut Vec<Unseen>,
    /// Every object as it is written, of all files.
    pub(crate) raw: &'a [Manifest],
}

/// Where a Kustomization points.
struct Target {
    folder: Option<String>,
    repository: Option<String>,
    url: Option<Value>,
    exists: bool,
}

impl Flux<'_, '_, '_> {
    /// A group for every cluster that Flux is set up for.
    pub(crate) fn groups(&mut self) -> Vec<Group> {
        let raw = self.raw;
        let all: Vec<&Manifest> = raw
            .iter()
            .filter(|object| is_kustomization(object))
            .collect();
        for kustomization in &all {
            if let (Some(url), Some(path)) = (
                self.source_url(kustomization, &[])
                    .and_then(|url| url.str().map(str::to_owned)),
                path_of(kustomization).and_then(|path| path.str().map(str::to_owned)),
            ) {
                self.repositories.note(&url, &path);
            }
        }
        let targets: Vec<Target> = all.iter().map(|object| self.target(object, &[])).collect();
        // The files that each brings.
        let mut brings: HashMap<String, HashSet<FileId>> = HashMap::new();
        for target in targets.iter().filter(|target| target.exists) {
            let Some(folder) = &target.folder else {
                continue;
            };
            if !brings.contains_key(folder) {
                let built = self.kustomize.build_or_make_up(folder);
                brings.insert(
                    folder.clone(),
                    built.objects.iter().map(|object| object.file).collect(),
                );
            }
        }
        let parents: Vec<Option<usize>> = all
            .iter()
            .enumerate()
            .map(|(index, object)| {
                targets
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .find(|(_, target)| {
                        target.exists
                            && target.folder.as_ref().is_some_and(|folder| {
                                brings
                                    .get(folder)
                                    .is_some_and(|files| files.contains(&object.file))
                            })
                    })
                    .map(|(other, _)| other)
            })
            .collect();
        // Kustomizations that lead to each other: the first counts as the outermost.
        let top = |mut at: usize| {
            let mut seen = HashSet::new();
            while let Some(parent) = parents[at] {
                if !seen.insert(at) {
                    return seen.into_iter().min().unwrap_or(at);
                }
                at = parent;
            }
            at
        };
        let mut clusters: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in 0..all.len() {
            if top(index) != index {
                continue;
            }
            let own = self.files.sources.folder(all[index].file);
            let own = if file_name(own) == "flux-system" {
                parent(own)
            } else {
                own
            };
            let folder = match &targets[index].folder {
                // It applies the folder that it lies in: that is the cluster's.
                Some(folder)
                    if targets[index].exists && (is_under(own, folder) || own == folder) =>
                {
                    folder.clone()
                }
                _ => own.to_owned(),
            };
            clusters.entry(folder).or_default().push(index);
        }
        let names: Vec<String> = clusters.keys().cloned().collect();
        clusters
            .into_iter()
            .map(|(folder, roots)| {
                let roots: Vec<Manifest> = roots.iter().map(|index| all[*index].clone()).collect();
                self.group(&folder, &names, &roots)
            })
            .collect()
    }

    fn group(&mut self, folder: &str, names: &[String], roots: &[Manifest]) -> Group {
        let short = file_name(folder);
        let same = names.iter().filter(|name| file_name(name) == short).count();
        let name: Arc<str> = if same > 1 || short.is_empty() {
            if folder.is_empty() {
                "flux".into()
            } else {
                folder.into()
            }
        } else {
            short.into()
        };
        let mut group = Group {
            environment: environment_of_path(folder).map(|(_, environment)| environment.into()),
            name,
            gitops: true,
            ..Group::default()
        };
        let mut done: HashSet<(Text, Option<Text>)> = HashSet::new();
        let mut queue: Vec<Manifest> = Vec::new();
        // What is bootstrapped by hand: the roots, and the sources beside them.
        let beside: HashSet<FileId> = roots.iter().map(|root| root.file).collect();
        for object in self.raw {
            let ours = beside.contains(&object.file)
                || (object.group() == "source.toolkit.fluxcd.io"
                    && is_under(self.files.sources.path(object.file), folder)
                    && !folder.is_empty());
            if ours {
                let mut object = object.clone();
                object.applied_by.push(Applied {
                    by: "the bootstrap of Flux".into(),
                    span: object.span,
                    means: Means::Flux,
                });
                if is_kustomization(&object) {
                    queue.push(object.clone());
                }
                group.objects.push(object);
            }
        }
        let mut index = 0;
        while index < queue.len() && index < 500 {
            let kustomization = queue[index].clone();
            index += 1;
            let Some(name) = kustomization.name() else {
                continue;
            };
            if !done.insert((name.clone(), kustomization.namespace())) {
                continue;
            }
            let built = self.build(&kustomization, &mut group);
            for object in built.objects {
                if let Some(id) = object.id()
                    && let Some(there) = group
                        .objects
                        .iter_mut()
                        .find(|other| other.span == object.span && other.id().as_ref() == Some(&id))
                {
                    there.applied_by.extend(object.applied_by.clone());
                    if is_kustomization(&object) {
                        queue.push(there.clone());
                    }
                    continue;
                }
                if is_kustomization(&object) {
                    queue.push(object.clone());
                }
                group.objects.push(object);
            }
            group.releases.extend(built.releases);
        }
        group
    }

    /// What one Kustomization applies.
    fn build(&mut self, kustomization: &Manifest, group: &mut Group) -> Built {
        let target = self.target(kustomization, &group.objects);
        let name = kustomization.name().unwrap_or_default();
        let path = path_of(kustomization);
        let at = path.map_or(kustomization.span, |path| path.span);
        if let Some(path) = path {
            self.paths.push(GitopsPath {
                kind: "Kustomization".into(),
                object: name.clone(),
                path: path.clone(),
                url: target.url.clone(),
                repository: target.repository.as_deref().map(Into::into),
                folder: target.folder.as_deref().map(Into::into),
                exists: target.exists,
            });
        }
        let Some(folder) = target.folder.filter(|_| target.exists) else {
            group.incomplete = true;
            if target.repository.is_none() {
                self.unseen.push(Unseen {
                    subject: Subject::Repository,
                    name: target
                        .url
                        .as_ref()
                        .and_then(Value::text)
                        .map_or_else(|| format!("the source of `{name}`"), |url| url.to_string())
                        .into(),
                    why: "it is another repository; give its folder too to have it read".into(),
                    span: Some(at),
                });
            }
            return Built::default();
        };
        let mut built = self.kustomize.build_or_make_up(&folder);
        group.incomplete |= built.incomplete;
        self.finish(kustomization, &mut built, &group.objects);
        let applied = Applied {
            by: format!("Flux Kustomization `{name}`").into(),
            span: kustomization
                .body
                .at("metadata.name")
                .map_or(kustomization.span, |name| name.span),
            means: Means::Flux,
        };
        for object in &mut built.objects {
            object.applied_by.push(applied.clone());
        }
        for release in &mut built.releases {
            release.applied_by.push(applied.clone());
        }
        built
    }

    /// What the Kustomization's own settings change.
    fn finish(&self, kustomization: &Manifest, built: &mut Built, objects: &[Manifest]) {
        let Some(spec) = kustomization.body.get("spec") else {
            return;
        };
        let mut errors = Vec::new();
        for entry in spec.get("patches").into_iter().flat_map(Value::items) {
            let Some(text) = entry.get("patch") else {
                continue;
            };
            if let Some(documents) = inner::read(self.files.sources, text) {
                for document in &documents.documents {
                    crate::kustomize::apply_patch(
                        &mut built.objects,
                        entry.get("target"),
                        &document.value,
                        entry.span,
                        true,
                        &mut errors,
                    );
                }
            }
        }
        if let Some(namespace) = spec.get("targetNamespace").filter(|value| !value.is_null()) {
            crate::kustomize::set_namespace(&mut built.objects, namespace);
        }
        crate::kustomize::set_images(&mut built.objects, spec.get("images"));
        if let Some(labels) = spec.at("commonMetadata.labels") {
            for object in &mut built.objects {
                crate::kustomize::set_labels(object, labels);
            }
        }
        if let Some(post_build) = spec.get("postBuild").filter(|value| value.map().is_some()) {
            let mut known = HashMap::new();
            let mut open = false;
            for from in post_build
                .get("substituteFrom")
                .into_iter()
                .flat_map(Value::items)
            {
                let kind = from.get("kind").and_then(Value::str).unwrap_or("ConfigMap");
                let name = from.get("name").and_then(Value::text);
                let found = objects
                    .iter()
                    .chain(&built.objects)
                    .find(|object| &*object.kind == kind && object.name() == name);
                match found.and_then(|object| {
                    object
                        .body
                        .get("data")
                        .or_else(|| object.body.get("stringData"))
                }) {
                    Some(data)
                        if kind == "ConfigMap"
                            || found
                                .is_some_and(|object| object.body.get("stringData").is_some()) =>
                    {
                        for entry in data.entries() {
                            known.insert(entry.key.to_string(), entry.value.clone());
                        }
                    }
                    _ => open = true,
                }
            }
            for entry in post_build
                .get("substitute")
                .map_or(&[] as &[_], Value::entries)
            {
                known.insert(entry.key.to_string(), entry.value.clone());
            }
            let variables = Variables { known, open };
            for object in &mut built.objects {
                substitute::fill(object, &variables);
            }
        }
    }

    fn source_url(&self, kustomization: &Manifest, objects: &[Manifest]) -> Option<Value> {
        let reference = kustomization.body.at("spec.sourceRef")?;
        let kind = reference.get("kind").and_then(Value::str)?;
        let name = reference.get("name").and_then(Value::text)?;
        let here = self.files.sources.folder(kustomization.file);
        let fits =
            |object: &&Manifest| &*object.kind == kind && object.name().as_ref() == Some(&name);
        let found = objects.iter().find(fits).or_else(|| {
            // Several clusters each have one of this name: the nearest in the tree.
            self.raw
                .iter()
                .filter(fits)
                .max_by_key(|object| common(self.files.sources.folder(object.file), here))
        })?;
        found.body.at("spec.url").cloned()
    }

    fn target(&mut self, kustomization: &Manifest, objects: &[Manifest]) -> Target {
        let url = self.source_url(kustomization, objects);
        let path = path_of(kustomization)
            .and_then(Value::str)
            .unwrap_or_default()
            .to_owned();
        let unknown = path_of(kustomization).is_some_and(|path| path.str().is_none());
        let key = url.as_ref().and_then(Value::text).map_or_else(
            // A source that is not in sight: the one that the bootstrap makes is this repository.
            || {
                kustomization
                    .body
                    .at("spec.sourceRef.name")
                    .and_then(Value::text)
                    .map_or_else(String::new, |name| format!("source {name}"))
            },
            |url| url.to_string(),
        );
        if url.is_none() {
            self.repositories.note(&key, &path);
        }
        let repository = self.repositories.folder(&key, kustomization.file);
        let folder = repository
            .as_ref()
            .filter(|_| !unknown)
            .map(|base| join(base, path.trim_start_matches('/')));
        let exists = folder
            .as_ref()
            .is_some_and(|folder| self.files.folder_exists(folder));
        Target {
            folder,
            repository,
            url,
            exists,
        }
    }
}

fn path_of(kustomization: &Manifest) -> Option<&Value> {
    kustomization
        .body
        .at("spec.path")
        .filter(|path| !path.is_null())
}

/// How many folders two paths begin with alike.
fn common(a: &str, b: &str) -> usize {
    a.split('/')
        .zip(b.split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}
