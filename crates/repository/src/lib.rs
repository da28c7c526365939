//! Reads folders of files into memory, as Git sees them.
//!
//! [`load()`] walks the folders that `check` is pointed at (`walk`), reads what is text (`read`), tells kinds, asks
//! Git's files for the remote (`git`), and gives [`Sources`]; [`load_before`] gives the same as of a commit. It is the
//! only part below the command line that touches the disk for `check`. What the files mean is found out by the readers.

mod charts;
mod commit;
mod git;
mod read;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use seaworthy_facts::{SourceKind, Sources, Unread};

pub use commit::{CommitError, load_before};
pub use git::top;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes; a larger one is noted and not read.
    pub file: u64,
    /// All files together, in bytes; what comes after is noted and not read.
    pub total: u64,
    /// How many files there may be.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 2 * 1024 * 1024,
            total: 512 * 1024 * 1024,
            files: 500_000,
        }
    }
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A path that was given is not there, or is closed.
    #[error("`{}` cannot be read", path.display())]
    OpenRoot {
        /// The path as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The current folder is gone.
    #[error("the current folder cannot be found")]
    FindCurrentFolder(#[source] io::Error),
    /// There are more files than are looked at.
    #[error("`{}` holds more than {limit} files", path.display())]
    CountFiles {
        /// The root where the limit was reached.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
}

/// Reads every file below `roots` that Git would not ignore. A root may be a file.
///
/// Paths are given as messages show them: relative to the current folder for what lies below it, else as the root was
/// given. The order of files depends on their paths alone.
pub fn load(roots: &[PathBuf], limits: &Limits) -> Result<Sources, LoadError> {
    let here = std::env::current_dir().map_err(LoadError::FindCurrentFolder)?;
    let mut sources = Sources::default();
    let mut budget = limits.total;
    let mut left = limits.files;
    for given in roots {
        let place = Place::of(given, &here)?;
        let mut found = if place.is_file {
            vec![walk::Found::file(&place.canonical)]
        } else {
            std::fs::read_dir(&place.canonical).map_err(|source| LoadError::OpenRoot {
                path: given.clone(),
                source,
            })?;
            walk::walk(&place.canonical, left).ok_or_else(|| LoadError::CountFiles {
                path: given.clone(),
                limit: limits.files,
            })?
        };
        left -= found.len().min(left);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        charts::mark_vendored(&mut found, |file| std::fs::read_to_string(&file.open).ok());
        let planned = read::plan(&found, limits.file, &mut budget);
        let texts = read::from_disk(&found, &planned, limits.file);
        add(&mut sources, &place, &here, &found, texts);
    }
    Ok(sources)
}

/// Where a root is.
struct Place {
    /// As messages show it; of a file, its folder.
    shown: String,
    /// On disk, without links.
    canonical: PathBuf,
    /// The folder itself, or the one that the file is in.
    folder: PathBuf,
    is_file: bool,
}

impl Place {
    fn of(given: &Path, here: &Path) -> Result<Self, LoadError> {
        let open = |source| LoadError::OpenRoot {
            path: given.to_owned(),
            source,
        };
        let canonical = given.canonicalize().map_err(open)?;
        let is_file = canonical.metadata().map_err(open)?.is_file();
        let up = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self {
            shown: if is_file {
                shown(&up(given), here)
            } else {
                shown(given, here)
            },
            folder: if is_file {
                up(&canonical)
            } else {
                canonical.clone()
            },
            canonical,
            is_file,
        })
    }
}

fn add(
    sources: &mut Sources,
    place: &Place,
    here: &Path,
    found: &[walk::Found],
    texts: impl IntoIterator<Item = Text>,
) {
    let root = sources.add_root(git::root(&place.shown, &place.folder, here));
    let is_chart = charts::is_chart(found);
    for (found, text) in found.iter().zip(texts) {
        let path = joined(&place.shown, &found.path);
        match text {
            Ok(text) => {
                let kind = match SourceKind::of(&path, &text) {
                    SourceKind::Yaml if is_chart && found.path.starts_with("templates/") => {
                        SourceKind::HelmTemplate
                    }
                    kind => kind,
                };
                sources.add(root, path, text, kind, found.vendored);
            }
            Err(why) => sources.add_unread(path, why),
        }
    }
}

/// What becomes of a file: its text, or why there is none.
type Text = Result<String, Unread>;

/// A root's path as messages show it: below the current folder relative to it, else as it was given.
fn shown(given: &Path, here: &Path) -> String {
    let path = given.strip_prefix(here).unwrap_or(given);
    let text = path.to_string_lossy();
    seaworthy_facts::normalized(&text)
}

fn joined(root: &str, path: &str) -> String {
    if root.is_empty() {
        path.to_owned()
    } else if root.ends_with('/') {
        format!("{root}{path}")
    } else {
        format!("{root}/{path}")
    }
}
