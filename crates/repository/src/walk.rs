//! The files below a root, as Git sees them, and the few that Git ignores and that matter: modules that `tofu init`
//! has fetched.
//!
//! Links are not followed by the walk. A link to a file of the same root is that file once more; a link to a folder
//! of the same root is read as a vendored copy, and links within it are left alone, so that no circle is walked and a
//! few links cannot make many paths.

use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};
use seaworthy_facts::{SourceKind, Unread, file_name, parent};

use crate::git;

/// A file that is there.
#[derive(Debug)]
pub(crate) struct Found {
    /// Below the root, with `/`.
    pub(crate) path: String,
    /// Where it is opened; in a commit, the name of its object.
    pub(crate) open: PathBuf,
    /// In bytes.
    pub(crate) size: u64,
    /// Somebody else's.
    pub(crate) vendored: bool,
    /// It is there and is not to be opened.
    pub(crate) unread: Option<Unread>,
}

impl Found {
    /// A file at a path below the root, which tells whose it is.
    pub(crate) fn new(path: String, open: PathBuf, size: u64) -> Self {
        let vendored = path
            .split('/')
            .rev()
            .skip(1)
            .any(|folder| matches!(folder, "vendor" | "third_party"));
        // A vendored library's programs are nobody's here: only that they are there matters.
        let is_code = matches!(SourceKind::of(&path, ""), SourceKind::Code(_));
        Self {
            unread: (vendored && is_code).then_some(Unread::Vendored),
            path,
            open,
            size,
            vendored,
        }
    }

    /// A file that was named by itself.
    pub(crate) fn file(path: &Path) -> Self {
        Self {
            path: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            open: path.to_owned(),
            size: path.metadata().map_or(0, |metadata| metadata.len()),
            vendored: false,
            unread: None,
        }
    }
}

/// Whether a path lies in a folder that is not looked into.
pub(crate) fn is_left_out(path: &str) -> bool {
    parent(path)
        .split('/')
        .any(|folder| SKIPPED.contains(&folder))
}

/// A link: its path below the root, and where it stands.
type Link = (String, PathBuf);

/// What the walk says of an entry.
enum Entry {
    File(Found),
    Link(Link),
}

/// Folders that hold no platform's files: other people's packages, and what tools keep for themselves.
const SKIPPED: [&str; 10] = [
    ".git",
    ".hg",
    ".svn",
    ".terraform",
    ".terragrunt-cache",
    "node_modules",
    "bower_components",
    "__pycache__",
    ".venv",
    ".tox",
];

/// Folders of a fetched module that no configuration calls.
const SKIPPED_IN_MODULES: [&str; 5] = [".git", ".github", "examples", "test", "tests"];

/// Every file below `root`, in no order; nothing where there are more than `limit`.
pub(crate) fn walk(root: &Path, limit: usize) -> Option<Vec<Found>> {
    let mut builder = WalkBuilder::new(root);
    let in_git = git::top(root).is_some();
    builder
        .standard_filters(false)
        .git_ignore(true)
        .git_exclude(true)
        // Within a repository its own `.gitignore`s up to its top count, and none above; without one, those below.
        .parents(in_git)
        .require_git(in_git)
        .threads(2)
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry, &SKIPPED));
    let (mut found, links) = collect(&builder, root, "", limit)?;
    add_fetched_modules(&mut found, root, limit)?;
    follow(links, &mut found, root, limit)?;
    Some(found)
}

fn is_skipped(entry: &DirEntry, names: &[&str]) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
        && names.iter().any(|name| entry.file_name() == *name)
}

/// Walks in parallel: most of the time is spent in the system.
fn collect(
    builder: &WalkBuilder,
    root: &Path,
    below: &str,
    limit: usize,
) -> Option<(Vec<Found>, Vec<Link>)> {
    let (sender, receiver) = mpsc::channel();
    let (mut found, mut links) = (Vec::new(), Vec::new());
    let mut full = false;
    std::thread::scope(|scope| {
        let walker = builder.build_parallel();
        scope.spawn(move || {
            walker.run(|| {
                let sender = sender.clone();
                Box::new(move |result| {
                    // An entry that cannot be listed is as if it were not there; its folder's other entries are.
                    let entry = result.ok().and_then(|entry| seen(&entry, root, below));
                    match entry.map(|entry| sender.send(entry)) {
                        // Nobody listens any more: there are too many.
                        Some(Err(_)) => WalkState::Quit,
                        _ => WalkState::Continue,
                    }
                })
            });
        });
        for entry in receiver {
            match entry {
                Entry::File(file) => found.push(file),
                Entry::Link(link) => links.push(link),
            }
            if found.len() + links.len() > limit {
                full = true;
                break;
            }
        }
    });
    (!full).then_some((found, links))
}

fn seen(entry: &DirEntry, root: &Path, below: &str) -> Option<Entry> {
    let kind: FileType = entry.file_type()?;
    if kind.is_dir() {
        return None;
    }
    let path = below_root(entry.path(), root)?;
    let path = if below.is_empty() {
        path
    } else {
        format!("{below}/{path}")
    };
    if kind.is_symlink() {
        return Some(Entry::Link((path, entry.path().to_owned())));
    }
    // Pipes, sockets and devices would wait or never end.
    if !kind.is_file() {
        return None;
    }
    let (size, unread) = match entry.metadata() {
        Ok(metadata) => (metadata.len(), None),
        Err(_) => (0, Some(Unread::Refused)),
    };
    let found = Found::new(path, entry.path().to_owned(), size);
    Some(Entry::File(Found {
        unread: unread.or(found.unread),
        ..found
    }))
}

fn below_root(path: &Path, root: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?;
    let text = below.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}

/// `.terraform/modules` of every configuration is usually ignored by Git, and says what the called modules do.
fn add_fetched_modules(found: &mut Vec<Found>, root: &Path, limit: usize) -> Option<()> {
    let mut folders: Vec<String> = found
        .iter()
        .filter(|file| has_extension(&file.path, "tf") || has_extension(&file.path, "tofu"))
        .map(|file| parent(&file.path).to_owned())
        .collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        let below = join(&folder, ".terraform/modules");
        let at = root.join(&below);
        if !at.is_dir() {
            continue;
        }
        let mut builder = WalkBuilder::new(&at);
        builder
            .standard_filters(false)
            .threads(2)
            .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry, &SKIPPED_IN_MODULES));
        let (modules, _) = collect(&builder, &at, &below, limit.checked_sub(found.len())?)?;
        found.extend(modules.into_iter().map(|file| Found {
            vendored: true,
            ..file
        }));
    }
    Some(())
}

fn has_extension(path: &str, extension: &str) -> bool {
    file_name(path)
        .rsplit_once('.')
        .is_some_and(|(_, found)| found == extension)
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// Adds what links of the root point at, where that lies within the root.
fn follow(mut links: Vec<Link>, found: &mut Vec<Found>, root: &Path, limit: usize) -> Option<()> {
    links.sort();
    for (path, link) in links {
        // A link to nowhere is not there.
        let Ok(target) = link.canonicalize() else {
            continue;
        };
        let Ok(metadata) = target.metadata() else {
            continue;
        };
        let inside = target.starts_with(root);
        if metadata.is_file() {
            found.push(Found {
                path,
                open: target,
                size: metadata.len(),
                vendored: false,
                // What lies elsewhere on the machine is not the repository's.
                unread: (!inside).then_some(Unread::Refused),
            });
        } else if metadata.is_dir() && inside && !link.starts_with(&target) {
            let mut builder = WalkBuilder::new(&target);
            builder
                .standard_filters(false)
                .threads(2)
                .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry, &SKIPPED));
            let (copies, _) = collect(&builder, &target, &path, limit.checked_sub(found.len())?)?;
            found.extend(copies.into_iter().map(|file| Found {
                vendored: true,
                ..file
            }));
        }
    }
    Some(())
}
