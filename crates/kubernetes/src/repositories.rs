//! Which folder is the repository that a GitOps source names.

use std::collections::{BTreeSet, HashMap};

use seaworthy_facts::{FileId, file_name, join, normalized};

use crate::files::Files;

/// The folders that stand for repositories, found once for each address.
pub(crate) struct Repositories<'f, 's> {
    files: &'f Files<'s>,
    /// Every path that is used with an address.
    uses: HashMap<String, BTreeSet<String>>,
    bases: HashMap<String, Option<String>>,
}

impl<'f, 's> Repositories<'f, 's> {
    /// Knows no address yet.
    pub(crate) fn new(files: &'f Files<'s>) -> Self {
        Self {
            files,
            uses: HashMap::new(),
            bases: HashMap::new(),
        }
    }

    /// Notes that a path is looked for in a repository, before any is resolved.
    pub(crate) fn note(&mut self, url: &str, path: &str) {
        self.uses
            .entry(url.to_owned())
            .or_default()
            .insert(normalized(path));
    }

    /// The folder of a repository, where it is one of those that are read. `near` is a file that names it.
    pub(crate) fn folder(&mut self, url: &str, near: FileId) -> Option<String> {
        if let Some(base) = self.bases.get(url) {
            return base.clone();
        }
        let base = self.find(url, near);
        self.bases.insert(url.to_owned(), base.clone());
        base
    }

    fn find(&self, url: &str, near: FileId) -> Option<String> {
        let roots = self.files.sources.roots();
        let own = &self.files.sources.root_of(near).repository;
        let remote = owner_and_name(url);
        if let Some(remote) = &remote
            && let Some(root) = roots.iter().find(|root| {
                root.remote
                    .as_ref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(remote))
            })
        {
            return Some(root.repository.clone());
        }
        let paths: Vec<&String> = self
            .uses
            .get(url)
            .into_iter()
            .flatten()
            .filter(|path| !path.is_empty())
            .collect();
        let fits = |base: &str| {
            paths
                .iter()
                .any(|path| self.files.folder_exists(&join(base, path)))
        };
        let last = remote
            .as_deref()
            .map(file_name)
            .unwrap_or_default()
            .to_owned();
        if !last.is_empty() {
            if let Some(root) = roots.iter().find(|root| {
                let path = if root.repository.is_empty() {
                    &root.path
                } else {
                    &root.repository
                };
                file_name(path) == last
            }) {
                // A folder of another repository may be the one that is meant, as an example is in its collection.
                let is_folder = !fits(&root.repository) && fits(&root.path);
                let base = if is_folder {
                    &root.path
                } else {
                    &root.repository
                };
                return Some(base.clone());
            }
            let mut named: Vec<&str> = self
                .files
                .all_folders()
                .filter(|folder| file_name(folder) == last)
                .collect();
            named.sort_by_key(|folder| (folder.matches('/').count(), *folder));
            if let Some(folder) = named.into_iter().find(|folder| fits(folder)) {
                return Some(folder.to_owned());
            }
        }
        fits(own).then(|| own.clone())
    }
}

/// `owner/name` of an address: `https://host/owner/name.git`, `ssh://git@host/owner/name`, `git@host:owner/name`.
pub(crate) fn owner_and_name(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next()?.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    let path = match rest.split_once(['/', ':']) {
        // A port is no owner.
        Some((_, path)) => match path.split_once('/') {
            Some((port, rest)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                rest
            }
            _ => path,
        },
        None => rest,
    };
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let name = parts.next()?;
    Some(match parts.next() {
        Some(owner) => format!("{owner}/{name}"),
        None => name.to_owned(),
    })
}
