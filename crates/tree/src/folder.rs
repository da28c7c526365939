//! The folder on the disk that a tree is compared with and written into.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::changes::{Change, Changes, compare};
use crate::manifest::{MANIFEST, Manifest};
use crate::tree::FileTree;

/// The folder that a tree is written into.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// Why files could not be compared or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file could not be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written. Those before it are written.
    #[error("`{}` cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be removed.
    #[error("`{}` cannot be removed", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link stands where a file or folder of ours belongs; what it leads to may be somebody else's.
    #[error("`{}` is a link, and nothing is written through links", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
}

impl Folder {
    /// The folder at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// How the folder differs from what the tree wants.
    pub fn compare(&self, tree: &FileTree) -> Result<Changes, FolderError> {
        let written = self.manifest()?;
        let paths = tree.iter().map(|(path, _)| path).chain(written.paths());
        let mut contents = std::collections::BTreeMap::new();
        for path in paths {
            if let Some(bytes) = self.read(path)? {
                contents.insert(path.to_owned(), bytes);
            }
        }
        Ok(compare(tree, &written, |path| contents.get(path).cloned()))
    }

    /// Makes the changes. Each file is replaced as a whole. A run that ends in the middle leaves every file either as
    /// it was or as it should be, and the next one does not take either for a hand's work.
    pub fn write(&self, changes: &Changes) -> Result<(), FolderError> {
        let mut both = self.manifest()?;
        // What is left alone stays listed as it was, so that it still counts as edited the next time.
        let mut after = changes.manifest.clone();
        for conflict in &changes.conflicts {
            let path = conflict.change.path();
            after.replace(path, both.of(path));
        }
        if after != both {
            both.extend(&after);
            self.replace(MANIFEST, &both.text())?;
        }
        for change in &changes.changes {
            match change {
                Change::Create { path, text } | Change::Update { path, text, .. } => {
                    self.replace(path, text)?;
                }
                Change::Remove { path, .. } => self.remove(path)?,
            }
        }
        if self.manifest()? != after {
            self.replace(MANIFEST, &after.text())?;
        }
        Ok(())
    }

    fn manifest(&self) -> Result<Manifest, FolderError> {
        let bytes = self.read(MANIFEST)?.unwrap_or_default();
        Ok(Manifest::read(&String::from_utf8_lossy(&bytes)))
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let file = self.file(path)?;
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(source) => Err(FolderError::Read { path: file, source }),
        }
    }

    /// Replaces a file as a whole: a reader sees the old text or the new one.
    fn replace(&self, path: &str, text: &str) -> Result<(), FolderError> {
        let file = self.file(path)?;
        let parent = file.parent().unwrap_or(&self.path);
        let write = || {
            fs::create_dir_all(parent)?;
            let mut new = tempfile::Builder::new()
                .prefix(".seaworthy-")
                .tempfile_in(parent)?;
            new.write_all(text.as_bytes())?;
            readable_by_all(new.as_file())?;
            new.persist(&file)?;
            io::Result::Ok(())
        };
        write().map_err(|source| FolderError::Write {
            path: file.clone(),
            source,
        })
    }

    /// Removes a file, and the folders that are empty without it.
    fn remove(&self, path: &str) -> Result<(), FolderError> {
        let file = self.file(path)?;
        fs::remove_file(&file).map_err(|source| FolderError::Remove {
            path: file.clone(),
            source,
        })?;
        let mut parent = file.parent();
        while let Some(folder) = parent.filter(|folder| *folder != self.path) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
            parent = folder.parent();
        }
        Ok(())
    }

    /// The place of a path, where no part of it is a link.
    fn file(&self, path: &str) -> Result<PathBuf, FolderError> {
        let mut file = self.path.clone();
        for part in Path::new(path) {
            file.push(part);
            if file.is_symlink() {
                return Err(FolderError::Link { path: file });
            }
        }
        Ok(file)
    }
}

/// Temporary files are made for their owner alone; what is committed is for everybody.
#[cfg(unix)]
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::default();
        for (path, text) in files {
            tree.rendered(*path, *text);
        }
        tree
    }

    fn write(folder: &Folder, files: &[(&str, &str)]) -> Changes {
        let changes = folder.compare(&tree(files)).unwrap();
        folder.write(&changes).unwrap();
        changes
    }

    #[test]
    fn writes_twice_and_the_second_time_nothing_differs() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        write(
            &folder,
            &[("infra/a/main.tf", "1\n"), ("infra/b/main.tf", "2\n")],
        );
        assert!(
            folder
                .compare(&tree(&[
                    ("infra/a/main.tf", "1\n"),
                    ("infra/b/main.tf", "2\n")
                ]))
                .unwrap()
                .is_empty()
        );
        write(&folder, &[("infra/a/main.tf", "1\n")]);
        assert!(
            !place.path().join("infra/b").exists(),
            "an empty folder goes too"
        );
        assert!(place.path().join("infra/a/main.tf").exists());
    }

    #[test]
    fn an_edit_survives_and_is_told_again_and_again() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        write(&folder, &[("main.tf", "1\n")]);
        fs::write(place.path().join("main.tf"), "mine\n").unwrap();
        for text in ["2\n", "3\n", "1\n"] {
            let changes = write(&folder, &[("main.tf", text), ("other.tf", text)]);
            assert_eq!(changes.conflicts.len(), 1, "{text}");
        }
        assert_eq!(
            fs::read_to_string(place.path().join("main.tf")).unwrap(),
            "mine\n"
        );
        assert_eq!(
            fs::read_to_string(place.path().join("other.tf")).unwrap(),
            "1\n"
        );
    }

    #[test]
    fn a_run_that_ended_in_the_middle_is_no_hand_edit() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        write(&folder, &[("a.tf", "1\n"), ("b.tf", "1\n")]);
        // As after a SIGKILL between the two files: both texts are listed, one file is written.
        let mut both = folder.manifest().unwrap();
        both.add("a.tf", crate::hash(b"2\n"));
        both.add("b.tf", crate::hash(b"2\n"));
        fs::write(place.path().join(MANIFEST), both.text()).unwrap();
        fs::write(place.path().join("a.tf"), "2\n").unwrap();
        let changes = write(&folder, &[("a.tf", "3\n"), ("b.tf", "3\n")]);
        assert_eq!(changes.conflicts, []);
        assert_eq!(
            fs::read_to_string(place.path().join("b.tf")).unwrap(),
            "3\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), place.path().join("infra")).unwrap();
        let error = Folder::new(place.path())
            .compare(&tree(&[("infra/main.tf", "1\n")]))
            .unwrap_err();
        assert!(matches!(error, FolderError::Link { .. }), "{error}");
    }
}
