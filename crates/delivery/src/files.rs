//! Which files and folders there are, asked often.

use std::collections::HashSet;

use seaworthy_facts::{Source, Sources, join, parent};

/// The files, with their folders.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    pub(crate) sources: &'a Sources,
    folders: HashSet<&'a str>,
}

impl<'a> Files<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        let mut folders = HashSet::new();
        let paths = sources
            .iter()
            .map(|source| source.file.path())
            .chain(sources.unread().map(|(path, _)| path));
        for path in paths {
            let mut folder = parent(path);
            while folders.insert(folder) && !folder.is_empty() {
                folder = parent(folder);
            }
        }
        Self { sources, folders }
    }

    /// Whether there is a file or folder of this path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = seaworthy_facts::normalized(path);
        self.folders.contains(path.as_str()) || self.sources.exists(&path)
    }

    /// The folder that a script is most likely run from: where most of the paths that it names are. Its repository's
    /// top if none is better.
    pub(crate) fn working_folder(&self, source: &Source) -> String {
        let top = &self.sources.roots()[source.root].repository;
        let own = parent(source.file.path());
        let mut candidates = vec![top.as_str()];
        let mut folder = own;
        while candidates.len() < 5 && folder.len() > top.len() {
            candidates.push(folder);
            folder = parent(folder);
        }
        let words: Vec<&str> = source
            .file
            .text()
            .split(|c: char| c.is_whitespace() || "\"'=;()`,".contains(c))
            .filter(|word| {
                word.len() < 200
                    && !word.starts_with(['/', '-', '$', '#', '~'])
                    && !word.contains("://")
                    && word.trim_matches(['.', '/']).len() > 1
                    && (word.contains('/') || word.contains('.'))
            })
            .take(80)
            .collect();
        let found = |folder: &str| {
            words
                .iter()
                .filter(|word| self.exists(&join(folder, word.trim_start_matches('@'))))
                .count()
        };
        let mut best = (found(top), top.as_str());
        for folder in &candidates[1..] {
            let count = found(folder);
            if count > best.0 {
                best = (count, folder);
            }
        }
        best.1.to_owned()
    }
}

/// A path seen from a folder, both from the top: `../a` for `x/a` from `x/b`.
pub(crate) fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let parts: Vec<&str> = std::iter::repeat_n("..", from.len() - common)
        .chain(to[common..].iter().copied())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}
