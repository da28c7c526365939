//! What should stand in the repository.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Whose a file is once it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Ours: written again each time, and guarded against hand edits.
    Rendered,
    /// Written once where it is missing; then the team's and its robots'.
    Seeded,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its whole text, with a newline at the end.
    pub text: String,
    /// Whose it is.
    pub ownership: Ownership,
}

/// Files by their path, with `/` between folders, relative to the folder they are written into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<String, File>,
}

impl FileTree {
    /// Adds a file that is ours.
    ///
    /// # Panics
    ///
    /// When there is one of that path already: two renderers would then undo each other's work.
    pub fn rendered(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.add(path.into(), text.into(), Ownership::Rendered);
    }

    /// Adds a file that is the team's once it is there.
    ///
    /// # Panics
    ///
    /// As [`Self::rendered`].
    pub fn seeded(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.add(path.into(), text.into(), Ownership::Seeded);
    }

    /// Takes over every file of another tree.
    ///
    /// # Panics
    ///
    /// As [`Self::rendered`].
    pub fn extend(&mut self, other: Self) {
        for (path, file) in other.files {
            self.add(path, file.text, file.ownership);
        }
    }

    /// The file of that path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// Every file with its path, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn add(&mut self, path: String, text: String, ownership: Ownership) {
        assert!(is_inside(&path), "`{path}` leads out of the folder");
        match self.files.entry(path) {
            Entry::Vacant(free) => free.insert(File { text, ownership }),
            Entry::Occupied(taken) => panic!("two files are called `{}`", taken.key()),
        };
    }
}

/// Whether a path is relative and stays below the folder.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in ["a", "a/b.tf", "a/..b", ".github/x"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["", "/a", "a/", "../a", "a/../b", "./a", "a//b", "a\\b"] {
            assert!(!is_inside(path), "{path}");
        }
    }

    #[test]
    #[should_panic(expected = "two files are called `a`")]
    fn two_files_of_one_path_are_a_mistake_of_ours() {
        let mut tree = FileTree::default();
        tree.rendered("a", "1\n");
        tree.seeded("a", "2\n");
    }
}
