//! Watching files: which services a change concerns.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use seaworthy_definition::model::ServiceName;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Editors write in several steps, and so does `git checkout`; what follows within this time belongs together.
const QUIET: Duration = Duration::from_millis(300);

/// Folders that builds and tools write to, whatever `.gitignore` says.
const NEVER: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    ".venv",
    "__pycache__",
    ".terraform",
];

/// What has changed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) definition: bool,
    pub(crate) services: BTreeSet<ServiceName>,
}

/// A watch that ends when dropped.
pub(crate) struct Watch {
    _watcher: RecommendedWatcher,
    folders: Vec<(ServiceName, PathBuf)>,
    task: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watch {
    /// The services and folders that are watched.
    pub(crate) fn folders(&self) -> &[(ServiceName, PathBuf)] {
        &self.folders
    }

    /// Calls `changed` with what has changed: the definition, or the folders of services.
    pub(crate) fn start<F, Done>(
        definition: PathBuf,
        folders: Vec<(ServiceName, PathBuf)>,
        changed: F,
    ) -> notify::Result<Self>
    where
        F: Fn(Change) -> Done + Send + 'static,
        Done: Future<Output = ()> + Send + 'static,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<PathBuf>();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if matches!(event.kind, EventKind::Access(_) | EventKind::Other) {
                    return;
                }
                for path in event.paths {
                    let _ = sender.send(path);
                }
            })?;
        let mut by_folder: BTreeMap<PathBuf, Vec<ServiceName>> = BTreeMap::new();
        for (service, folder) in folders.clone() {
            let folder = std::fs::canonicalize(&folder).unwrap_or(folder);
            by_folder.entry(folder).or_default().push(service);
        }
        for folder in by_folder.keys() {
            watch_tree(&mut watcher, folder)?;
        }
        // Its folder, since editors replace the file.
        if let Some(folder) = definition.parent() {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        let watched: Vec<(PathBuf, Gitignore, Vec<ServiceName>)> = by_folder
            .into_iter()
            .map(|(folder, services)| {
                let mut ignored = GitignoreBuilder::new(&folder);
                let _ = ignored.add(folder.join(".gitignore"));
                (
                    folder,
                    ignored.build().unwrap_or_else(|_| Gitignore::empty()),
                    services,
                )
            })
            .collect();
        let task = tokio::spawn(async move {
            while let Some(first) = receiver.recv().await {
                let mut paths = vec![first];
                while let Ok(Some(path)) = tokio::time::timeout(QUIET, receiver.recv()).await {
                    paths.push(path);
                }
                let changed_definition = paths.contains(&definition);
                paths.retain(|path| *path != definition);
                let services: BTreeSet<ServiceName> = watched
                    .iter()
                    .filter(|(folder, ignored, _)| {
                        paths.iter().any(|path| concerns(folder, ignored, path))
                    })
                    .flat_map(|(_, _, services)| services.iter().cloned())
                    .collect();
                if changed_definition || !services.is_empty() {
                    changed(Change {
                        definition: changed_definition,
                        services,
                    })
                    .await;
                }
            }
        });
        Ok(Self {
            _watcher: watcher,
            folders,
            task,
        })
    }
}

/// Watches a folder and those below it, but not what builds write: a `target` has tens of thousands of folders.
fn watch_tree(watcher: &mut RecommendedWatcher, folder: &Path) -> notify::Result<()> {
    let walk = ignore::WalkBuilder::new(folder)
        .hidden(false)
        .filter_entry(|entry| !NEVER.iter().any(|never| entry.file_name() == *never))
        .build();
    for entry in walk.filter_map(Result::ok) {
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            watcher.watch(entry.path(), RecursiveMode::NonRecursive)?;
        }
    }
    Ok(())
}

fn concerns(folder: &Path, ignored: &Gitignore, path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(folder) else {
        return false;
    };
    let never = inside
        .components()
        .any(|part| NEVER.iter().any(|never| part.as_os_str() == *never));
    !never
        && !ignored
            .matched_path_or_any_parents(inside, path.is_dir())
            .is_ignore()
}
