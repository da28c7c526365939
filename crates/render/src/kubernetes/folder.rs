//! A folder with a base and an overlay per environment.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_tree::FileTree;
use serde_json::Value;

use super::kustomization::{Kustomization, PatchFile, Replacement};
use super::layers;
use super::object::{Object, text, to_yaml};
use crate::provenance::header;
use crate::{Input, Scope};

/// A folder to render.
pub(super) struct Folder<'a> {
    /// Its path: `gitops/services/api`.
    pub(super) path: String,
    /// What it is about, as a path in the definition: `services.api`.
    pub(super) about: String,
    pub(super) input: &'a Input<'a>,
}

/// What an overlay takes in besides its own files, each a folder relative to the platform's.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) resources: Vec<String>,
    pub(super) components: Vec<String>,
    pub(super) replacements: Vec<Replacement>,
}

type Files = BTreeMap<String, Value>;

impl Folder<'_> {
    /// Renders the folder: `make` gives the objects of an environment, `take` what its overlay takes in.
    pub(super) fn render(
        &self,
        tree: &mut FileTree,
        make: impl Fn(Scope<'_>) -> Vec<Object>,
        take: impl Fn(Scope<'_>) -> Taken,
    ) {
        let scopes: Vec<_> = self.input.scopes().collect();
        let wanted: Vec<Files> = scopes.iter().map(|scope| files(make(*scope))).collect();
        // What an environment has nothing of gets no folder there.
        let (scopes, wanted): (Vec<_>, Vec<_>) = scopes
            .into_iter()
            .zip(wanted)
            .filter(|(_, files)| !files.is_empty())
            .unzip();
        // What the definition's base says, with each environment's own place in AWS: what differs between these
        // differs by the place, and what an environment overrides differs from these.
        let said: Vec<Files> = scopes
            .iter()
            .map(|scope| {
                files(make(Scope {
                    platform: &self.input.base,
                    ..*scope
                }))
            })
            .collect();
        let base = base(&said, &wanted);

        let mut kustomization = Kustomization::default();
        for (file, value) in &base {
            kustomization.resources.push(format!("{file}.yaml"));
            self.write(tree, &format!("base/{file}.yaml"), None, &to_yaml(value));
        }
        if !base.is_empty() {
            self.write(
                tree,
                "base/kustomization.yaml",
                None,
                &kustomization.print(),
            );
        }
        for (scope, wanted) in scopes.iter().zip(&wanted) {
            self.overlay(tree, *scope, &base, wanted, take(*scope));
        }
    }

    fn overlay(
        &self,
        tree: &mut FileTree,
        scope: Scope<'_>,
        base: &Files,
        wanted: &Files,
        taken: Taken,
    ) {
        let environment = scope.environment.name.as_str();
        let path = format!("{}/{environment}", self.path);
        let mut kustomization = Kustomization {
            replacements: taken.replacements,
            ..Kustomization::default()
        };
        if !base.is_empty() {
            kustomization.resources.push("../base".to_owned());
        }
        for (file, value) in wanted {
            let patch = if let Some(base) = base.get(file) {
                layers::patch(base, value)
            } else {
                kustomization.resources.push(format!("{file}.yaml"));
                Some(value.clone())
            };
            let Some(value) = patch else { continue };
            if base.contains_key(file) {
                let path = format!("{file}.yaml");
                kustomization.patches.push(PatchFile { path });
            }
            let place = format!("{environment}/{file}.yaml");
            self.write(tree, &place, Some(scope), &to_yaml(&value));
        }
        let relative = |folders: Vec<String>| -> Vec<String> {
            folders.iter().map(|folder| from(&path, folder)).collect()
        };
        kustomization.resources.extend(relative(taken.resources));
        kustomization.components = relative(taken.components);
        // The team's own come last.
        let patches = format!("{path}/kustomization.yaml");
        if self.input.patches.iter().any(|patch| patch.path == patches) {
            let folder = from(&path, &format!("patches/{path}"));
            kustomization.components.push(folder);
        }
        let place = format!("{environment}/kustomization.yaml");
        self.write(tree, &place, Some(scope), &kustomization.print());
    }

    fn write(&self, tree: &mut FileTree, place: &str, scope: Option<Scope<'_>>, yaml: &str) {
        let about = match scope {
            Some(scope) => format!("{}, {}", self.about, scope.key()),
            None => self.about.clone(),
        };
        tree.rendered(
            format!("{}/{place}", self.path),
            format!("{}{yaml}", header(&about)),
        );
    }
}

fn files(objects: Vec<Object>) -> Files {
    let mut files = Files::new();
    for object in objects {
        let other = files.insert(object.file.clone(), object.value);
        assert!(other.is_none(), "two objects stand in `{}`", object.file);
    }
    files
}

/// What every environment has, as far as it is the same.
fn base(said: &[Files], wanted: &[Files]) -> Files {
    let Some(first) = said.first() else {
        return Files::new();
    };
    let everywhere = |file: &String| {
        said.iter()
            .chain(wanted)
            .all(|files| files.contains_key(file))
    };
    let names: BTreeSet<_> = first.keys().filter(|file| everywhere(file)).collect();
    names
        .into_iter()
        .filter_map(|file| {
            let forms: Vec<_> = said.iter().map(|files| &files[file]).collect();
            let common = layers::common(&forms)?;
            // A patch finds its object by name: one that is called differently is another object.
            let name = text(&common, &["metadata", "name"]);
            let same = wanted
                .iter()
                .all(|files| text(&files[file], &["metadata", "name"]) == name);
            (same && !name.is_empty()).then(|| (file.clone(), common))
        })
        .collect()
}

/// The way from one folder to another, both relative to the platform's.
fn from(folder: &str, to: &str) -> String {
    let folder: Vec<_> = folder.split('/').collect();
    let to: Vec<_> = to.split('/').collect();
    let shared = folder.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut way = vec![".."; folder.len() - shared];
    way.extend(&to[shared..]);
    way.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        assert_eq!(from("gitops/a/x", "gitops/b"), "../../b");
        assert_eq!(from("gitops/a/x", "gitops/a/m/x"), "../m/x");
        assert_eq!(
            from("gitops/a/x", "patches/gitops/a/x"),
            "../../../patches/gitops/a/x"
        );
    }
}
