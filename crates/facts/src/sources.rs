//! The files that a run looks at.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use seaworthy_diagnostics::{FileId, SourceFile, Span};

use crate::SourceKind;

/// Every file that was read, and what is known of those that were not.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    roots: Vec<SourceRoot>,
    /// In order, so that what lies below a folder is found without looking at all.
    by_path: BTreeMap<String, FileId>,
    unread: HashMap<String, Unread>,
    /// Every folder that has anything in it or below it, with the files in itself.
    folders: HashMap<String, Vec<FileId>>,
}

/// A file as it was read.
#[derive(Debug)]
pub struct Source {
    /// Its path as messages show it, `/` between folders, and its text.
    pub file: SourceFile,
    /// What it is written in.
    pub kind: SourceKind,
    /// It is somebody else's: a fetched module, a vendored chart. Read for its meaning, never found fault with.
    pub vendored: bool,
    /// The root that it was found under, by its place in [`Sources::roots`].
    pub root: usize,
}

/// A folder that `check` was pointed at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRoot {
    /// Its path as messages show it; empty for the current folder.
    pub path: String,
    /// Path of the repository's top folder as messages show it, where that is at or below the current folder, else the
    /// root's own path: what a workflow or a Flux path counts from.
    pub repository: String,
    /// `owner/name` of the remote, where the repository has one.
    pub remote: Option<String>,
    /// The branch that the remote calls its default, where the repository says so.
    pub default_branch: Option<String>,
}

/// Why a file that is there was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is not text.
    Binary,
    /// It is larger than what is read.
    TooLarge,
    /// The system refused, or it lies outside of the root.
    Refused,
    /// It is a program of somebody else's library.
    Vendored,
}

impl Sources {
    /// Adds a root and gives its place.
    pub fn add_root(&mut self, root: SourceRoot) -> usize {
        self.roots.push(root);
        self.roots.len() - 1
    }

    /// Adds a file and numbers it. A path that is there already keeps its first text.
    pub fn add(
        &mut self,
        root: usize,
        path: impl Into<String>,
        text: impl Into<String>,
        kind: SourceKind,
        vendored: bool,
    ) -> FileId {
        let path = path.into();
        if let Some(id) = self.by_path.get(&path) {
            return *id;
        }
        let id =
            FileId(u32::try_from(self.files.len()).expect("fewer than 2^32 files fit in memory"));
        self.by_path.insert(path.clone(), id);
        self.add_folders(&path);
        self.folders
            .entry(parent(&path).to_owned())
            .or_default()
            .push(id);
        self.files.push(Source {
            file: SourceFile::new(id, path, text),
            kind,
            vendored,
            root,
        });
        id
    }

    /// Notes a file that is there and was not read.
    pub fn add_unread(&mut self, path: impl Into<String>, why: Unread) {
        let path = path.into();
        self.add_folders(&path);
        self.unread.insert(path, why);
    }

    fn add_folders(&mut self, path: &str) {
        let mut folder = parent(path);
        // A folder that is known has its own above it already.
        while !folder.is_empty() && !self.folders.contains_key(folder) {
            self.folders.insert(folder.to_owned(), Vec::new());
            folder = parent(folder);
        }
    }

    /// Every file, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// The files of a kind that are ours.
    pub fn of(&self, kind: SourceKind) -> impl Iterator<Item = &Source> {
        self.files
            .iter()
            .filter(move |source| source.kind == kind && !source.vendored)
    }

    /// A file by its number.
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// A file by its path, as messages show it; `./` and `..` are resolved.
    pub fn by_path(&self, path: &str) -> Option<&Source> {
        let id = self
            .by_path
            .get(path)
            .or_else(|| self.by_path.get(&normalized(path)))?;
        Some(self.get(*id))
    }

    /// Whether a file is there, read or not.
    pub fn exists(&self, path: &str) -> bool {
        let path = normalized(path);
        self.by_path.contains_key(&path) || self.unread.contains_key(&path)
    }

    /// Whether there is a folder of this path with anything in it.
    pub fn folder_exists(&self, path: &str) -> bool {
        let folder = normalized(path);
        folder.is_empty() || self.folders.contains_key(&folder)
    }

    /// The files in a folder and below it, by path.
    pub fn under<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a Source> + use<'a> {
        let folder = normalized(folder);
        let (from, to) = if folder.is_empty() {
            (Bound::Unbounded, Bound::Unbounded)
        } else {
            // `0` is what follows `/`.
            let from = Bound::Included(format!("{folder}/"));
            (from, Bound::Excluded(format!("{folder}0")))
        };
        self.by_path.range((from, to)).map(|(_, id)| self.get(*id))
    }

    /// The files in a folder itself, in the order of their numbers.
    pub fn within<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a Source> + use<'a> {
        self.folders
            .get(&normalized(folder))
            .into_iter()
            .flatten()
            .map(|id| self.get(*id))
    }

    /// What was not read, in no order.
    pub fn unread(&self) -> impl Iterator<Item = (&str, Unread)> {
        self.unread.iter().map(|(path, why)| (path.as_str(), *why))
    }

    /// The roots, in the order they were given.
    pub fn roots(&self) -> &[SourceRoot] {
        &self.roots
    }

    /// The root of a file.
    pub fn root_of(&self, file: FileId) -> &SourceRoot {
        &self.roots[self.get(file).root]
    }

    /// The path of a file, as messages show it.
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).file.path()
    }

    /// The folder of a file.
    pub fn folder(&self, file: FileId) -> &str {
        parent(self.path(file))
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).file.slice(span)
    }

    /// The line of a span's start, from 1.
    pub fn line(&self, span: Span) -> usize {
        self.get(span.file).file.position(span.start).line
    }
}

/// A path without `.` and with `..` resolved; what climbs out at the top keeps its `..`.
pub fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') {
        format!("/{joined}")
    } else {
        joined
    }
}

/// A path seen from a folder, resolved.
pub fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        normalized(path)
    } else {
        normalized(&format!("{folder}/{path}"))
    }
}

/// The folder of a path; empty at the top.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether a path lies in a folder or below it; everything lies in the empty one.
pub fn is_under(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}
