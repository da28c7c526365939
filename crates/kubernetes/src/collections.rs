//! Folders that hold many platforms beside each other, which no one cluster has.

use std::collections::{BTreeMap, HashMap, HashSet};

use seaworthy_facts::{FileId, is_under, parent};

use crate::clusters::{Id, is_example};
use crate::manifest::Manifest;

/// Folders that hold many platforms beside each other, such as the lessons of a course: each of their folders has
/// workloads and Services of the names that others have, too, so that no cluster can have them all.
pub(crate) struct Collections {
    folders: Vec<String>,
}

/// Who has a name.
#[derive(Default)]
struct Having<'a> {
    children: HashSet<&'a str>,
    files: HashSet<FileId>,
}

impl Collections {
    /// The fewest folders of a collection.
    const CHILDREN: usize = 5;
    /// In so many folders a name is no accident.
    const TIMES: usize = 3;

    /// The collections among the folders of what is applied together, each with its objects.
    pub(crate) fn of<'a>(units: impl Iterator<Item = (&'a str, &'a [Manifest])>) -> Self {
        // For each folder: its folders, and for each name those that have it, with the file that says it: what many
        // build on one base is one platform.
        let mut children: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        let mut names: HashMap<(&str, Id), Having<'_>> = HashMap::new();
        for (folder, objects) in units.filter(|(folder, _)| !is_example(folder)) {
            let mut child = folder;
            while !child.is_empty() {
                let above = parent(child);
                children.entry(above).or_default().insert(child);
                for object in objects.iter().filter(|object| is_serving(object)) {
                    if let Some(id) = object.id() {
                        let having = names.entry((above, id)).or_default();
                        having.children.insert(child);
                        having.files.insert(object.file);
                    }
                }
                child = above;
            }
        }
        let mut shared: HashMap<&str, usize> = HashMap::new();
        for ((folder, _), having) in &names {
            if having.children.len().min(having.files.len()) >= Self::TIMES {
                *shared.entry(*folder).or_default() += 1;
            }
        }
        let mut folders: Vec<String> = Vec::new();
        for (folder, own) in children {
            let is_one = own.len() >= Self::CHILDREN
                && shared
                    .get(folder)
                    .is_some_and(|count| *count >= Self::TIMES);
            // The outermost one counts.
            if is_one && !folders.iter().any(|outer| is_under(folder, outer)) {
                folders.push(folder.to_owned());
            }
        }
        Self { folders }
    }

    /// The folder of a collection that a place is under.
    pub(crate) fn child<'a>(&self, place: &'a str) -> Option<&'a str> {
        let mut child = place;
        while !child.is_empty() {
            if self.has(child) {
                return Some(child);
            }
            child = parent(child);
        }
        None
    }

    /// Whether a folder is one of a collection's.
    pub(crate) fn has(&self, folder: &str) -> bool {
        self.folders
            .iter()
            .any(|collection| parent(folder) == collection && !folder.is_empty())
    }
}

fn is_serving(object: &Manifest) -> bool {
    matches!(&*object.kind, "Service" | "Deployment" | "StatefulSet")
}
