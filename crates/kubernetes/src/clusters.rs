//! What goes to one cluster or environment together.
//!
//! First what GitOps controllers apply, then kustomizations that nothing else takes in, then manifests that lie about
//! loose. What says the same objects twice (a bundle beside its parts, one folder for each variant) is an alternative
//! and becomes a cluster of its own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use seaworthy_facts::kubernetes::{GitopsPath, Origin};
use seaworthy_facts::{FileId, SourceKind, Text, Unseen, file_name, is_under, parent};

use crate::collections::Collections;
use crate::files::{
    Files, environment_of_name, environment_of_path, environment_word, is_kustomization_file,
};
use crate::gitops::Group;
use crate::gitops::argo::{Argo, is_application};
use crate::gitops::flux::{Flux, is_kustomization};
use crate::kustomize::{Kustomize, manifests_of};
use crate::manifest::Manifest;
use crate::repositories::Repositories;

/// What the tree gives.
pub(crate) struct Grouped {
    /// The groups.
    pub(crate) groups: Vec<Group>,
    /// The paths that GitOps objects name.
    pub(crate) paths: Vec<GitopsPath>,
    /// What was not seen.
    pub(crate) unseen: Vec<Unseen>,
}

/// Groups everything. `charts`: the folders of charts, whose files are no loose manifests.
pub(crate) fn group<'f, 's>(
    files: &'f Files<'s>,
    kustomize: &mut Kustomize<'f, 's>,
    repositories: &mut Repositories<'f, 's>,
    charts: &[String],
) -> Grouped {
    let raw = raw_manifests(files, charts);
    let mut paths = Vec::new();
    let mut unseen = Vec::new();
    // Every kustomization, so that rules see those that nobody uses, too.
    let folders: Vec<String> = files
        .sources
        .iter()
        .filter(|source| !source.vendored && is_kustomization_file(source.file.path()))
        .map(|source| parent(source.file.path()).to_owned())
        .filter(|folder| {
            files
                .kustomization(folder)
                .and_then(|source| files.documents(source.file.id()))
                .and_then(|documents| documents.documents.first())
                .is_some_and(|document| {
                    document.value.get("spec").is_none() && !is_component(&document.value)
                })
        })
        .collect();
    let mut tops = Vec::new();
    for folder in &folders {
        kustomize.build(folder);
    }
    let taken: HashSet<String> = kustomize
        .records
        .values()
        .flat_map(|record| record.takes.iter().map(|taken| taken.path.to_string()))
        .collect();
    let mut groups = Flux {
        files,
        kustomize,
        repositories,
        paths: &mut paths,
        unseen: &mut unseen,
        raw: &raw,
    }
    .groups();
    let mut used: HashSet<FileId> = HashSet::new();
    let mut used_folders: HashSet<String> = HashSet::new();
    for path in &paths {
        if let Some(folder) = path.folder.as_ref().filter(|_| path.exists) {
            used_folders.insert(folder.to_string());
        }
    }
    for group in &groups {
        used.extend(group.objects.iter().map(|object| object.file));
    }
    // Applications that Flux or a kustomization brings belong to where they are brought.
    let brought: Vec<Manifest> = groups
        .iter()
        .flat_map(|group| &group.objects)
        .filter(|object| is_application(object))
        .cloned()
        .collect();
    let mut applications: Vec<Manifest> = brought;
    for object in raw.iter().filter(|object| is_application(object)) {
        if !used.contains(&object.file) {
            applications.push(object.clone());
        }
    }
    let argo = Argo {
        files,
        kustomize,
        repositories,
        paths: &mut paths,
        unseen: &mut unseen,
    }
    .groups(&applications);
    for group in &argo {
        used.extend(group.objects.iter().map(|object| object.file));
    }
    groups.extend(argo);
    for path in &paths {
        if let Some(folder) = path.folder.as_ref().filter(|_| path.exists) {
            used_folders.insert(folder.to_string());
        }
    }
    for folder in &folders {
        let within_used = used_folders.iter().any(|used| {
            used == folder || (is_under(folder, used) && files.kustomization(used).is_none())
        });
        if !taken.contains(folder) && !within_used {
            tops.push(folder.clone());
        }
    }
    let taken_files: HashSet<FileId> = taken
        .iter()
        .filter_map(|path| Some(files.by_path(path)?.file.id()))
        .collect();
    let gitops = !groups.is_empty();
    let mut plain = Plain::default();
    for top in &tops {
        if let Some(built) = kustomize.build(top) {
            let mut built = (*built).clone();
            for object in &mut built.objects {
                object.origin = Origin::Kustomization {
                    folder: top.as_str().into(),
                };
            }
            plain.units.push(Unit {
                place: top.clone(),
                environment: environment_of_path(top),
                objects: built.objects,
                releases: built.releases,
                incomplete: built.incomplete,
                kustomized: true,
            });
        }
    }
    let mut loose: BTreeMap<&str, Vec<&Manifest>> = BTreeMap::new();
    for object in &raw {
        if used.contains(&object.file)
            || taken_files.contains(&object.file)
            || is_kustomization(object)
        {
            continue;
        }
        loose
            .entry(files.sources.path(object.file))
            .or_default()
            .push(object);
    }
    for (path, objects) in loose {
        plain.units.push(Unit {
            place: path.to_owned(),
            environment: environment_of_file(path),
            objects: objects.into_iter().cloned().collect(),
            releases: Vec::new(),
            incomplete: false,
            kustomized: false,
        });
    }
    groups.extend(plain.groups(gitops));
    Grouped {
        groups,
        paths,
        unseen,
    }
}

fn is_component(value: &seaworthy_facts::Value) -> bool {
    value.get("kind").and_then(seaworthy_facts::Value::str) == Some("Component")
}

/// `k8s/prod/api.yaml`, `deployment-prod.yaml`, `api.prod.yaml`: by folder first, then by name.
fn environment_of_file(path: &str) -> Option<(Arc<str>, &'static str)> {
    let folder = parent(path).rsplit('/').find_map(|part| {
        // A folder of tests is no environment.
        if matches!(part, "test" | "tests" | "testing" | "e2e" | "integration") {
            return None;
        }
        environment_of_name(part).map(|environment| (Arc::<str>::from(part), environment))
    });
    folder.or_else(|| {
        let name = file_name(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let word = stem
            .rsplit(['-', '.', '_'])
            .next()
            .filter(|word| *word != stem)?;
        match word {
            "test" | "local" | "kind" | "live" | "preview" | "integration" => None,
            word => environment_word(word).map(|environment| (word.into(), environment)),
        }
    })
}

/// Every object of every file of ours that is not a chart's.
pub(crate) fn raw_manifests(files: &Files<'_>, charts: &[String]) -> Vec<Manifest> {
    let mut raw = Vec::new();
    for source in files.sources.iter() {
        let path = source.file.path();
        let candidate = match source.kind {
            SourceKind::Yaml => true,
            SourceKind::Json => source.file.text().contains("\"apiVersion\""),
            _ => false,
        };
        if !candidate
            || source.vendored
            || charts.iter().any(|chart| is_under(path, chart))
            || path
                .split('/')
                .any(|part| matches!(part, "testdata" | "fixtures" | ".github" | "node_modules"))
            || !source.file.text().contains("apiVersion")
            || is_patch(files, path)
        {
            continue;
        }
        raw.extend(manifests_of(files, source.file.id()));
    }
    raw
}

/// Whether a file is a patch by its name, beside a kustomization: no object of its own, also while nothing takes it.
fn is_patch(files: &Files<'_>, path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let by_name = name
        .split(['.', '-', '_'])
        .any(|word| matches!(word, "patch" | "patches"));
    let folder = parent(path);
    by_name && files.kustomization(folder).is_some()
        || file_name(folder) == "patches" && files.kustomization(parent(folder)).is_some()
}

/// What is not GitOps: kustomizations and files that nothing takes in.
#[derive(Default)]
struct Plain {
    units: Vec<Unit>,
}

/// What is applied together for sure: a kustomization, or one file.
struct Unit {
    place: String,
    environment: Option<(Arc<str>, &'static str)>,
    objects: Vec<Manifest>,
    releases: Vec<seaworthy_facts::kubernetes::Release>,
    incomplete: bool,
    kustomized: bool,
}

/// Kind, name and namespace of an object.
pub(crate) type Id = (Arc<str>, Text, Option<Text>);

impl Unit {
    fn folder(&self) -> &str {
        if self.kustomized {
            &self.place
        } else {
            parent(&self.place)
        }
    }

    /// What makes two units alternatives when both have it.
    fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.objects
            .iter()
            .filter(|object| !matches!(&*object.kind, "Namespace" | "ServiceAccount"))
            .filter_map(Manifest::id)
    }
}

/// A cluster that is being put together.
struct Slot {
    name: Arc<str>,
    environment: Option<Arc<str>>,
    ids: HashSet<Id>,
    units: Vec<usize>,
}

impl Plain {
    fn groups(self, gitops: bool) -> Vec<Group> {
        let mut slots: Vec<Slot> = Vec::new();
        let ids: Vec<Vec<Id>> = self.units.iter().map(|unit| unit.ids().collect()).collect();
        let mut by_environment: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        let mut others = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            match unit.environment {
                Some((_, environment)) => {
                    by_environment.entry(environment).or_default().push(index);
                }
                None => others.push(index),
            }
        }
        let named_clusters = !by_environment.is_empty();
        for (environment, units) in &by_environment {
            let name = self.units[units[0]]
                .environment
                .as_ref()
                .map_or_else(|| (*environment).into(), |(name, _)| name.clone());
            self.fill(&mut slots, &name, Some(environment), units, &ids);
        }
        let collections = Collections::of(others.iter().map(|index| {
            let unit = &self.units[*index];
            (unit.folder(), unit.objects.as_slice())
        }));
        // Folders that say most come first, so that the parts win over a bundle of them.
        let mut folders: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in &others {
            let unit = &self.units[*index];
            folders
                .entry(unit.folder().to_owned())
                .or_default()
                .push(*index);
        }
        let mut order: Vec<(String, Vec<usize>)> = folders.into_iter().collect();
        order.sort_by_key(|(folder, units)| {
            (
                !self.units[units[0]].kustomized,
                is_example(folder),
                std::cmp::Reverse(
                    units
                        .iter()
                        .map(|unit| ids[*unit].len())
                        .sum::<usize>()
                        .min(1),
                ),
                std::cmp::Reverse(units.len()),
                folder.clone(),
            )
        });
        let mut shared: Vec<Slot> = Vec::new();
        for (folder, units) in &order {
            let name: Arc<str> = if is_example(folder) {
                folder.as_str().into()
            } else if let Some(child) = collections.child(folder) {
                child.into()
            } else {
                "default".into()
            };
            self.fill(&mut shared, &name, None, units, &ids);
        }
        if named_clusters && !gitops {
            // What says no environment goes to each of them, but for what an environment has its own of.
            if let Some(first) = shared.first_mut().filter(|slot| &*slot.name == "default") {
                let mut left = Vec::new();
                for unit in std::mem::take(&mut first.units) {
                    let mut placed = false;
                    for slot in &mut slots {
                        if ids[unit].iter().all(|id| !slot.ids.contains(id)) {
                            slot.units.push(unit);
                            placed = true;
                        }
                    }
                    if !placed {
                        left.push(unit);
                    }
                }
                first.units = left;
                if first.units.is_empty() {
                    shared.remove(0);
                }
            }
        }
        slots.extend(shared);
        let mut names: HashMap<Arc<str>, usize> = HashMap::new();
        slots
            .into_iter()
            .map(|slot| {
                let count = names.entry(slot.name.clone()).or_default();
                *count += 1;
                let name = if *count == 1 {
                    slot.name.clone()
                } else {
                    let place = self.units[slot.units[0]].folder();
                    if place.is_empty() {
                        format!("{} {count}", slot.name).into()
                    } else {
                        place.into()
                    }
                };
                let mut group = Group {
                    alternative: *count > 1
                        || is_example(&name)
                        || collections.has(&name)
                        || (gitops && slot.environment.is_some()),
                    name,
                    environment: slot.environment,
                    ..Group::default()
                };
                for unit in &slot.units {
                    let unit = &self.units[*unit];
                    group.objects.extend(unit.objects.iter().cloned());
                    group.releases.extend(unit.releases.iter().cloned());
                    group.incomplete |= unit.incomplete;
                }
                // What a lesson's text installs is not among its files.
                group.incomplete |= collections.has(&group.name);
                group
            })
            .collect()
    }

    /// Puts units into the first slot that has none of their objects yet. A folder's units go together where they do
    /// not contradict each other: a copy of a folder with one name changed is still a copy.
    fn fill(
        &self,
        slots: &mut Vec<Slot>,
        name: &Arc<str>,
        environment: Option<&str>,
        units: &[usize],
        ids: &[Vec<Id>],
    ) {
        let own = slots.len();
        let first = if environment.is_some() { own } else { 0 };
        let mut folders: Vec<(&str, Vec<usize>)> = Vec::new();
        for unit in units {
            let folder = self.units[*unit].folder();
            match folders.last_mut().filter(|(last, _)| *last == folder) {
                Some((_, units)) => units.push(*unit),
                None => folders.push((folder, vec![*unit])),
            }
        }
        for (_, units) in folders {
            let mut seen = HashSet::new();
            let agree = units
                .iter()
                .flat_map(|unit| &ids[*unit])
                .all(|id| seen.insert(id));
            if agree {
                Self::place(slots, first, name, environment, &units, ids);
            } else {
                for unit in units {
                    Self::place(slots, first, name, environment, &[unit], ids);
                }
            }
        }
    }

    fn place(
        slots: &mut Vec<Slot>,
        first: usize,
        name: &Arc<str>,
        environment: Option<&str>,
        units: &[usize],
        ids: &[Vec<Id>],
    ) {
        let fits = |slot: &Slot| {
            slot.name == *name
                && units
                    .iter()
                    .flat_map(|unit| &ids[*unit])
                    .all(|id| !slot.ids.contains(id))
        };
        let at = (first..slots.len()).find(|at| fits(&slots[*at]));
        let at = at.unwrap_or_else(|| {
            slots.push(Slot {
                name: name.clone(),
                environment: environment.map(Into::into),
                ids: HashSet::new(),
                units: Vec::new(),
            });
            slots.len() - 1
        });
        for unit in units {
            slots[at].ids.extend(ids[*unit].iter().cloned());
            slots[at].units.push(*unit);
        }
    }
}

/// Folders that show how something could be done.
pub(crate) fn is_example(folder: &str) -> bool {
    folder.split('/').any(|part| {
        matches!(
            part,
            "examples"
                | "example"
                | "samples"
                | "docs"
                | "demo"
                | "hack"
                | "e2e"
                | "tests"
                | "test"
        )
    })
}
