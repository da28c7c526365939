//! Folders that hold many platforms beside each other, which no one cluster has.

use std::collections::{BTreeMap, HashMap, HashSet};

use seaworthy_facts::{is_under, parent};

use crate::clusters::{Id, is_example};

/// Folders that hold many platforms beside each other, such as the lessons of a course: each of their folders has
/// workloads and Services of the names that others have, too, so that no cluster can have them all.
pub(crate) struct Collections {
    folders: Vec<String>,
}

impl Collections {
    /// The fewest folders of a collection.
    const CHILDREN: usize = 5;
    /// In so many folders a name is no accident.
    const TIMES: usize = 3;

    /// The collections among the folders of what is applied together, each with what it has.
    pub(crate) fn of<'a>(units: &(impl Iterator<Item = (&'a str, &'a [Id])> + Clone)) -> Self {
        // For each folder: its folders, and for each name those that have it.
        let mut children: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        let mut names: HashMap<(&str, &Id), HashSet<&str>> = HashMap::new();
        for (folder, ids) in units.clone().filter(|(folder, _)| !is_example(folder)) {
            let mut child = folder;
            while !child.is_empty() {
                let above = parent(child);
                children.entry(above).or_default().insert(child);
                for id in ids.iter().filter(|id| is_serving(id)) {
                    names.entry((above, id)).or_default().insert(child);
                }
                child = above;
            }
        }
        let mut shared: HashMap<&str, usize> = HashMap::new();
        for ((folder, _), having) in &names {
            if having.len() >= Self::TIMES {
                *shared.entry(*folder).or_default() += 1;
            }
        }
        let mut folders: Vec<String> = Vec::new();
        for (folder, own) in children {
            let is_one = own.len() >= Self::CHILDREN
                && shared
                    .get(folder)
                    .is_some_and(|count| *count >= Self::TIMES);
            // What lies outside is the base of what lies inside, if both have it.
            let has_base = || {
                units
                    .clone()
                    .filter(|(other, _)| *other != folder && !is_under(other, folder))
                    .flat_map(|(_, ids)| ids)
                    .any(|id| names.contains_key(&(folder, id)))
            };
            // The outermost one counts.
            if is_one && !folders.iter().any(|outer| is_under(folder, outer)) && !has_base() {
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

fn is_serving(id: &Id) -> bool {
    matches!(&*id.0, "Service" | "Deployment" | "StatefulSet")
}
