//! How a tree differs from the disk.

use crate::manifest::{Manifest, hash};
use crate::tree::{FileTree, Ownership};

/// One thing to do to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not there yet.
    Create {
        /// Where.
        path: String,
        /// What it will hold.
        text: String,
    },
    /// It holds what we wrote earlier.
    Update {
        /// Where.
        path: String,
        /// What it holds.
        before: String,
        /// What it will hold.
        text: String,
    },
    /// We wrote it, and it is no longer asked for.
    Remove {
        /// Where.
        path: String,
        /// What it holds.
        before: String,
    },
}

impl Change {
    /// The path it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::Create { path, .. } | Self::Update { path, .. } | Self::Remove { path, .. } => {
                path
            }
        }
    }
}

/// A change that would lose somebody's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What would be done if it were asked for by name.
    pub change: Change,
    /// Why it is not done.
    pub reason: Reason,
}

/// Why a change is not made without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// We wrote the file, and its text is no longer ours.
    Edited,
    /// We did not write the file that stands there.
    Occupied,
}

/// How a tree differs from the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What can be done.
    pub changes: Vec<Change>,
    /// What would lose work.
    pub conflicts: Vec<Conflict>,
    /// How many files are as they should be.
    pub unchanged: usize,
    /// What the disk will hold of ours once the changes are made.
    pub manifest: Manifest,
}

impl Changes {
    /// Whether the disk is as the tree wants it.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.conflicts.is_empty()
    }

    /// Turns the conflicts that `told` names into changes.
    pub fn overwrite(&mut self, mut told: impl FnMut(&str) -> bool) {
        let (asked, left) = std::mem::take(&mut self.conflicts)
            .into_iter()
            .partition::<Vec<_>, _>(|conflict| told(conflict.change.path()));
        self.conflicts = left;
        self.changes
            .extend(asked.into_iter().map(|conflict| conflict.change));
        self.changes.sort_by(|a, b| a.path().cmp(b.path()));
    }
}

/// Compares a tree with what is on the disk, given what was written last.
pub fn compare(
    tree: &FileTree,
    written: &Manifest,
    mut disk: impl FnMut(&str) -> Option<Vec<u8>>,
) -> Changes {
    let mut found = Changes::default();
    for (path, file) in tree.iter() {
        let before = disk(path);
        if file.ownership == Ownership::Rendered {
            found.manifest.add(path, hash(file.text.as_bytes()));
        }
        let path_and_text = (path.to_owned(), file.text.clone());
        let change = match &before {
            None => Change::Create {
                path: path_and_text.0,
                text: path_and_text.1,
            },
            Some(bytes)
                if file.ownership == Ownership::Seeded
                    || hash(bytes) == hash(file.text.as_bytes()) =>
            {
                found.unchanged += 1;
                continue;
            }
            Some(bytes) => Change::Update {
                path: path_and_text.0,
                before: String::from_utf8_lossy(bytes).into_owned(),
                text: path_and_text.1,
            },
        };
        match before {
            Some(bytes) if !written.wrote(path, &bytes) => found.conflicts.push(Conflict {
                change,
                reason: if written.lists(path) {
                    Reason::Edited
                } else {
                    Reason::Occupied
                },
            }),
            _ => found.changes.push(change),
        }
    }
    for path in written.paths().filter(|path| tree.get(path).is_none()) {
        let Some(bytes) = disk(path) else { continue };
        let change = Change::Remove {
            path: path.to_owned(),
            before: String::from_utf8_lossy(&bytes).into_owned(),
        };
        if written.wrote(path, &bytes) {
            found.changes.push(change);
        } else {
            found.conflicts.push(Conflict {
                change,
                reason: Reason::Edited,
            });
        }
    }
    found.changes.sort_by(|a, b| a.path().cmp(b.path()));
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::default();
        for (path, text) in files {
            tree.rendered(*path, *text);
        }
        tree
    }

    fn written(files: &[(&str, &str)]) -> Manifest {
        let mut manifest = Manifest::default();
        for (path, text) in files {
            manifest.add(path, hash(text.as_bytes()));
        }
        manifest
    }

    fn changes(tree: &FileTree, written: &Manifest, disk: &[(&str, &str)]) -> Changes {
        let disk: BTreeMap<&str, &str> = disk.iter().copied().collect();
        compare(tree, written, |path| {
            disk.get(path).map(|text| text.as_bytes().to_vec())
        })
    }

    fn said(changes: &Changes) -> Vec<String> {
        let verb = |change: &Change| match change {
            Change::Create { path, .. } => format!("create {path}"),
            Change::Update { path, .. } => format!("update {path}"),
            Change::Remove { path, .. } => format!("remove {path}"),
        };
        let conflicts = changes
            .conflicts
            .iter()
            .map(|conflict| format!("{:?}: {}", conflict.reason, verb(&conflict.change)));
        changes.changes.iter().map(verb).chain(conflicts).collect()
    }

    #[test]
    fn writes_only_what_differs_and_removes_what_is_no_longer_asked_for() {
        let found = changes(
            &tree(&[("new", "1\n"), ("changed", "2\n"), ("same", "3\n")]),
            &written(&[
                ("changed", "1\n"),
                ("same", "3\n"),
                ("gone", "x\n"),
                ("was", "y\n"),
            ]),
            &[
                ("changed", "1\n"),
                ("same", "3\n"),
                ("gone", "x\n"),
                ("theirs", "z\n"),
            ],
        );
        assert_eq!(
            said(&found),
            ["update changed", "remove gone", "create new"]
        );
        assert_eq!(found.unchanged, 1);
    }

    #[test]
    fn a_hand_edited_file_is_not_touched_unless_told() {
        let mut found = changes(
            &tree(&[("edited", "2\n"), ("occupied", "2\n")]),
            &written(&[("edited", "1\n"), ("gone", "1\n")]),
            &[
                ("edited", "mine\n"),
                ("occupied", "theirs\n"),
                ("gone", "mine\n"),
            ],
        );
        assert_eq!(
            said(&found),
            [
                "Edited: update edited",
                "Occupied: update occupied",
                "Edited: remove gone"
            ]
        );
        found.overwrite(|path| path == "edited");
        assert_eq!(
            said(&found),
            [
                "update edited",
                "Occupied: update occupied",
                "Edited: remove gone"
            ]
        );
    }

    #[test]
    fn an_edit_that_agrees_with_what_is_asked_for_is_no_conflict() {
        let found = changes(
            &tree(&[("a", "2\n")]),
            &written(&[("a", "1\n")]),
            &[("a", "2\r\n")],
        );
        assert!(found.is_empty());
    }

    #[test]
    fn a_seeded_file_is_written_once() {
        let mut tree = FileTree::default();
        tree.seeded("images", "1\n");
        let none = Manifest::default();
        assert_eq!(said(&changes(&tree, &none, &[])), ["create images"]);
        assert!(changes(&tree, &none, &[("images", "sha256:…\n")]).is_empty());
        assert!(!changes(&tree, &none, &[]).manifest.lists("images"));
    }
}
