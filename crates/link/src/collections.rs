//! Repositories that hold many platforms beside each other: the lessons of a course, the patterns of a collection, the
//! accounts of a company. What two of them say has nothing to do with each other.

use std::collections::{BTreeMap, HashSet};

use seaworthy_facts::{Facts, is_under, parent};

use crate::World;

/// So many folders beside each other that have networks or clusters of their own are a collection.
const MANY: usize = 5;

/// Kinds of which a platform has its own.
const OWN: &[&str] = &["aws_vpc", "aws_eks_cluster"];

/// Whether two paths belong to different platforms of a collection.
pub fn apart(world: &World, one: &str, other: &str) -> bool {
    world.collections().iter().any(|collection| {
        match (child(collection, one), child(collection, other)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        }
    })
}

/// The folders that are collections.
pub(crate) fn find(facts: &Facts) -> Vec<String> {
    let mut children: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for root in &facts.terraform.roots {
        let mut resources = root.resources.iter();
        if !resources.any(|resource| OWN.contains(&&*resource.kind)) {
            continue;
        }
        let mut child = root.folder.as_str();
        while !child.is_empty() {
            let above = parent(child);
            children
                .entry(above.to_owned())
                .or_default()
                .insert(child.to_owned());
            child = above;
        }
    }
    let mut found: Vec<String> = Vec::new();
    for (folder, children) in children {
        if children.len() >= MANY && !found.iter().any(|outer| is_under(&folder, outer)) {
            found.push(folder);
        }
    }
    found
}

/// The folder of a collection that a path is in.
fn child<'a>(collection: &str, path: &'a str) -> Option<&'a str> {
    let mut child = path;
    while !child.is_empty() {
        if parent(child) == collection {
            return Some(child);
        }
        child = parent(child);
    }
    None
}
