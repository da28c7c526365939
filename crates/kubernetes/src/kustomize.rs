//! Kustomizations: what they take in, and what they make of it.

mod generate;
mod names;
mod patches;
mod replace;
mod transform;

pub(crate) use patches::apply_to as apply_patch;
pub(crate) use transform::{
    images as set_images, label_all as set_labels, set_namespace, split_image,
};

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::kubernetes::{Kustomization, Origin, Release, Taken};
use seaworthy_facts::{Span, Subject, Unseen, Value, file_name, join, parent};

use crate::files::{Files, is_kustomization_file};
use crate::manifest::Manifest;
use crate::releases;

/// More objects than any kustomization has; what grows beyond is not followed.
const MOST_OBJECTS: usize = 20_000;
/// Bytes that the objects of all kustomizations together are made of; what grows beyond is not followed. Two that each
/// take in the two before them double with every step.
const MOST_BYTES: usize = 128 << 20;
/// What an object counts for beside its text.
const OBJECT: usize = 1 << 10;
/// Kustomizations within kustomizations.
const DEEPEST: usize = 40;

/// What a kustomization builds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Built {
    /// The objects.
    pub(crate) objects: Vec<Manifest>,
    /// Charts that it inflates.
    pub(crate) releases: Vec<Release>,
    /// Something was not seen.
    pub(crate) incomplete: bool,
    /// What it counts for among [`MOST_BYTES`].
    bytes: usize,
}

/// Builds kustomizations, each folder once.
pub(crate) struct Kustomize<'f, 's> {
    /// The files.
    pub(crate) files: &'f Files<'s>,
    built: HashMap<String, Rc<Built>>,
    building: Vec<String>,
    /// What all that was built counts for among [`MOST_BYTES`].
    bytes: usize,
    /// Every kustomization that was built, by folder.
    pub(crate) records: HashMap<String, Kustomization>,
    /// What was not seen.
    pub(crate) unseen: Vec<Unseen>,
}

impl<'f, 's> Kustomize<'f, 's> {
    /// Nothing built yet.
    pub(crate) fn new(files: &'f Files<'s>) -> Self {
        Self {
            files,
            built: HashMap::new(),
            building: Vec::new(),
            bytes: 0,
            records: HashMap::new(),
            unseen: Vec::new(),
        }
    }

    /// Builds the kustomization of a folder. `None` where the folder has none.
    pub(crate) fn build(&mut self, folder: &str) -> Option<Rc<Built>> {
        if let Some(built) = self.built.get(folder) {
            return Some(built.clone());
        }
        let source = self.files.kustomization(folder)?;
        let file = source.file.id();
        let documents = self.files.documents(file)?;
        let body = documents.documents.first()?.value.clone();
        let mut work = Work {
            folder: folder.to_owned(),
            built: Built::default(),
            taken: Vec::new(),
            errors: Vec::new(),
            idle: Vec::new(),
        };
        if documents
            .documents
            .first()
            .is_some_and(|document| document.broken)
        {
            work.built.incomplete = true;
        }
        self.building.push(folder.to_owned());
        self.take_in(&mut work, &body);
        self.finish(&mut work, &body);
        self.building.pop();
        self.records.insert(
            folder.to_owned(),
            Kustomization {
                folder: folder.into(),
                file: Some(file),
                body,
                takes: work.taken,
                errors: work.errors,
                idle: work.idle,
            },
        );
        let built = Rc::new(work.built);
        self.built.insert(folder.to_owned(), built.clone());
        Some(built)
    }

    /// What Flux builds of a folder: its kustomization, or one that is made up of everything below it.
    pub(crate) fn build_or_make_up(&mut self, folder: &str) -> Built {
        if self.files.kustomization(folder).is_some() {
            return self.build(folder).map_or_else(Built::default, |built| {
                let mut built = (*built).clone();
                for object in &mut built.objects {
                    object.origin = Origin::Kustomization {
                        folder: folder.into(),
                    };
                }
                built
            });
        }
        let mut built = Built::default();
        let mut inside: HashSet<String> = HashSet::new();
        let mut paths: Vec<(&str, seaworthy_facts::FileId)> = Vec::new();
        for source in self.files.under(folder) {
            let path = source.file.path();
            if is_kustomization_file(path) {
                inside.insert(parent(path).to_owned());
            }
            paths.push((path, source.file.id()));
        }
        // Below a folder with a kustomization nothing is taken but what it lists.
        let covered = |path: &str| {
            let mut at = parent(path);
            loop {
                if inside.contains(at) {
                    return Some(at.to_owned());
                }
                if at == folder || at.is_empty() {
                    return None;
                }
                at = parent(at);
            }
        };
        let mut taken = Vec::new();
        let mut done = HashSet::new();
        for (path, file) in paths {
            if let Some(covering) = covered(path) {
                // The outermost of nested ones.
                let mut outer = covering.clone();
                let mut at = parent(&covering).to_owned();
                while at.len() >= folder.len() && !at.is_empty() && at != folder {
                    if inside.contains(&at) {
                        outer.clone_from(&at);
                    }
                    at = parent(&at).to_owned();
                }
                if done.insert(outer.clone())
                    && let Some(sub) = self.build(&outer)
                {
                    built.objects.extend(sub.objects.iter().cloned());
                    built.releases.extend(sub.releases.iter().cloned());
                    built.incomplete |= sub.incomplete;
                    taken.push(outer);
                }
            } else {
                built.objects.extend(manifests_of(self.files, file));
                taken.push(path.to_owned());
            }
        }
        for object in &mut built.objects {
            object.origin = Origin::Kustomization {
                folder: folder.into(),
            };
        }
        if !self.records.contains_key(folder)
            && let Some(first) = built.objects.first()
        {
            let span = first.span;
            self.records.insert(
                folder.to_owned(),
                Kustomization {
                    folder: folder.into(),
                    file: None,
                    body: Value::new(
                        seaworthy_facts::Data::Map(seaworthy_facts::Map::default()),
                        span,
                    ),
                    takes: taken
                        .into_iter()
                        .map(|path| Taken {
                            span,
                            path: path.into(),
                            field: "resources".into(),
                            remote: false,
                        })
                        .collect(),
                    errors: Vec::new(),
                    idle: Vec::new(),
                },
            );
        }
        built
    }

    fn take_in(&mut self, work: &mut Work, body: &Value) {
        for field in ["resources", "bases"] {
            for entry in body.get(field).into_iter().flat_map(Value::items) {
                self.take(work, field, entry);
            }
        }
        self.generate(work, body);
        for entry in body.get("components").into_iter().flat_map(Value::items) {
            self.take_component(work, entry);
        }
        for field in ["generators", "transformers", "validators"] {
            if let Some(first) = body.get(field).and_then(|list| list.items().first()) {
                if field != "validators" {
                    work.built.incomplete = true;
                }
                self.unseen.push(Unseen {
                    subject: Subject::Template,
                    name: format!("{field} of {}", work.folder).into(),
                    why: "plug-ins of Kustomize are not run".into(),
                    span: Some(first.span),
                });
            }
        }
        for file in body
            .get("configurations")
            .into_iter()
            .flat_map(Value::items)
        {
            let Some(path) = file.str().filter(|path| !is_remote(path)) else {
                continue;
            };
            let resolved = join(&work.folder, path);
            if !self.files.sources.exists(&resolved) {
                work.errors
                    .push((file.span, format!("`{resolved}` is not there").into()));
            }
        }
        let releases = helm_charts(self.files, &work.folder, body);
        work.built.releases.extend(releases);
    }

    fn take(&mut self, work: &mut Work, field: &str, entry: &Value) {
        let Some(path) = entry.str() else {
            // An object in place of a path.
            if entry.map().is_some() {
                work.built
                    .objects
                    .extend(Manifest::all(entry, entry.span, entry.span.file));
            }
            return;
        };
        if is_remote(path) {
            work.taken.push(Taken {
                span: entry.span,
                path: path.into(),
                field: field.into(),
                remote: true,
            });
            self.remote(work, path, entry.span);
            return;
        }
        let resolved = join(&work.folder, path);
        work.taken.push(Taken {
            span: entry.span,
            path: resolved.as_str().into(),
            field: field.into(),
            remote: false,
        });
        if let Some(source) = self.files.by_path(&resolved) {
            let file = source.file.id();
            let documents = self.files.documents(file);
            let documents = documents.map_or(0, |all| all.documents.len());
            if !self.holds(work, source.file.text().len() + documents * OBJECT) {
                return;
            }
            let objects = manifests_of(self.files, file);
            if self.files.documents(file).is_some_and(|documents| {
                documents.documents.iter().any(|document| document.broken)
                    || !documents.broken.is_empty()
            }) {
                work.built.incomplete = true;
            }
            work.built.objects.extend(objects);
        } else if self.files.kustomization(&resolved).is_some() {
            if self.building.contains(&resolved) {
                work.errors.push((
                    entry.span,
                    format!("`{path}` leads back to this kustomization").into(),
                ));
            } else if self.building.len() < DEEPEST
                && let Some(sub) = self.build(&resolved)
            {
                let many = work.built.objects.len() + sub.objects.len() > MOST_OBJECTS;
                if !many && self.holds(work, sub.bytes) {
                    work.built.objects.extend(sub.objects.iter().cloned());
                    work.built.releases.extend(sub.releases.iter().cloned());
                    work.built.incomplete |= sub.incomplete;
                } else {
                    work.built.incomplete = true;
                }
            } else {
                work.built.incomplete = true;
            }
        } else if self.files.folder_exists(&resolved) {
            work.errors.push((
                entry.span,
                format!("the folder `{resolved}` has no kustomization.yaml").into(),
            ));
            work.built.incomplete = true;
        } else {
            if !self.files.sources.exists(&resolved) {
                work.errors
                    .push((entry.span, format!("`{resolved}` is not there").into()));
            }
            work.built.incomplete = true;
        }
    }

    /// Whether there is room for so many bytes more; without it the build is incomplete.
    fn holds(&mut self, work: &mut Work, bytes: usize) -> bool {
        let fits = self.bytes + bytes <= MOST_BYTES;
        if fits {
            self.bytes += bytes;
            work.built.bytes += bytes;
        } else {
            work.built.incomplete = true;
        }
        fits
    }

    /// What is somewhere else leaves the build incomplete.
    fn remote(&mut self, work: &mut Work, path: &str, span: Span) {
        work.built.incomplete = true;
        self.unseen.push(Unseen {
            subject: Subject::Remote,
            name: path.into(),
            why: "it is in another place; what it holds is not known".into(),
            span: Some(span),
        });
    }

    /// A component changes what is there so far.
    fn take_component(&mut self, work: &mut Work, entry: &Value) {
        let Some(path) = entry.str() else { return };
        if is_remote(path) {
            self.remote(work, path, entry.span);
            return;
        }
        let folder = join(&work.folder, path);
        work.taken.push(Taken {
            span: entry.span,
            path: folder.as_str().into(),
            field: "components".into(),
            remote: false,
        });
        let body = self.files.kustomization(&folder).and_then(|source| {
            let file = source.file.id();
            let body = self.files.documents(file)?.documents.first()?.value.clone();
            Some((file, body))
        });
        let Some((file, body)) = body else {
            work.errors.push((
                entry.span,
                format!("there is no component at `{folder}`").into(),
            ));
            work.built.incomplete = true;
            return;
        };
        if self.building.contains(&folder) || self.building.len() >= DEEPEST {
            return;
        }
        let mut inner = Work {
            folder: folder.clone(),
            built: std::mem::take(&mut work.built),
            taken: Vec::new(),
            errors: Vec::new(),
            idle: Vec::new(),
        };
        self.building.push(folder.clone());
        self.take_in(&mut inner, &body);
        self.finish(&mut inner, &body);
        self.building.pop();
        work.built = inner.built;
        self.records.entry(folder.clone()).or_insert(Kustomization {
            folder: folder.as_str().into(),
            file: Some(file),
            body,
            takes: inner.taken,
            // Whether a patch of it fits depends on who uses it.
            errors: Vec::new(),
            idle: Vec::new(),
        });
    }

    /// The transformers, in Kustomize's order.
    fn finish(&mut self, work: &mut Work, body: &Value) {
        self.patch(work, body);
        transform::namespace(work, body.get("namespace"));
        transform::rename(work, body.get("namePrefix"), body.get("nameSuffix"));
        transform::labels(work, body);
        transform::annotations(work, body.get("commonAnnotations"));
        self.patch_json6902(work, body);
        transform::replicas(work, body.get("replicas"));
        transform::images(&mut work.built.objects, body.get("images"));
        self.replacements(work, body);
        replace::vars(work, body.get("vars"));
        let origin = Origin::Kustomization {
            folder: work.folder.as_str().into(),
        };
        for object in &mut work.built.objects {
            object.origin = origin.clone();
        }
    }
}

/// A kustomization that is being built.
pub(crate) struct Work {
    folder: String,
    built: Built,
    taken: Vec<Taken>,
    errors: Vec<(Span, Box<str>)>,
    idle: Vec<(Span, Box<str>)>,
}

/// The objects of a file.
pub(crate) fn manifests_of(files: &Files<'_>, file: seaworthy_facts::FileId) -> Vec<Manifest> {
    let Some(documents) = files.documents(file) else {
        return Vec::new();
    };
    documents
        .documents
        .iter()
        .filter(|document| !document.broken)
        .flat_map(|document| Manifest::all(&document.value, document.span, file))
        .collect()
}

/// Whether a resource of a kustomization is somewhere else.
pub(crate) fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || path.contains("?ref=")
        || path.starts_with("github.com/")
        || (path.split('/').next().is_some_and(|host| {
            host.contains('.')
                && !host.starts_with('.')
                && !matches!(host.rsplit('.').next(), Some("yaml" | "yml"))
        }) && path.contains("//"))
}

/// The charts of `helmCharts`.
fn helm_charts(files: &Files<'_>, folder: &str, body: &Value) -> Vec<Release> {
    let home = body
        .at("helmGlobals.chartHome")
        .and_then(Value::str)
        .unwrap_or("charts");
    body.get("helmCharts")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(|chart| {
            let name = chart.get("name")?.clone();
            let mut values = releases::empty(chart.span);
            let mut unseen_values = false;
            let own_files = chart.get("valuesFile").into_iter().chain(
                chart
                    .get("additionalValuesFiles")
                    .into_iter()
                    .flat_map(Value::items),
            );
            for file in own_files {
                let found = file
                    .str()
                    .and_then(|path| releases::values_of_file(files, &join(folder, path)));
                match found {
                    Some(found) => releases::merge_values(&mut values, &found),
                    None => unseen_values = true,
                }
            }
            if let Some(inline) = chart.get("valuesInline") {
                releases::merge_values(&mut values, inline);
            }
            let local = join(folder, &format!("{home}/{}", name.str()?));
            let local = files
                .by_path(&join(&local, "Chart.yaml"))
                .is_some()
                .then(|| Arc::<str>::from(local));
            Some(Release {
                name: chart
                    .get("releaseName")
                    .cloned()
                    .unwrap_or_else(|| name.clone()),
                namespace: chart
                    .get("namespace")
                    .or_else(|| body.get("namespace"))
                    .cloned(),
                span: name.span,
                chart: name,
                repository: chart.get("repo").cloned(),
                version: chart.get("version").cloned(),
                values,
                unseen_values,
                folder: local,
                applied_by: Vec::new(),
                object: None,
            })
        })
        .collect()
}

/// The last part of a path, for a data key.
fn key_of(path: &str) -> Arc<str> {
    file_name(path).into()
}
