//! The YAML files, parsed once, and found by folder.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use seaworthy_facts::yaml::{self, Documents};
use seaworthy_facts::{FileId, Source, SourceKind, Sources, file_name, normalized, parent};

/// Every file that can hold objects, by number and by path.
pub(crate) struct Files<'s> {
    /// All files.
    pub(crate) sources: &'s Sources,
    parsed: HashMap<FileId, OnceCell<Documents>>,
    by_path: BTreeMap<&'s str, FileId>,
    all_folders: HashSet<&'s str>,
}

impl<'s> Files<'s> {
    /// Lists the files; each is parsed when it is first asked for.
    pub(crate) fn new(sources: &'s Sources) -> Self {
        let mut files = Self {
            sources,
            parsed: HashMap::new(),
            by_path: BTreeMap::new(),
            all_folders: HashSet::new(),
        };
        for source in sources.iter() {
            let path = source.file.path();
            let id = source.file.id();
            files.by_path.insert(path, id);
            let mut folder = parent(path);
            while files.all_folders.insert(folder) && !folder.is_empty() {
                folder = parent(folder);
            }
            if matches!(
                source.kind,
                SourceKind::Yaml | SourceKind::Json | SourceKind::Text
            ) {
                files.parsed.insert(id, OnceCell::new());
            }
        }
        files
    }

    /// The documents of a file, if it is one of YAML or JSON.
    pub(crate) fn documents(&self, file: FileId) -> Option<&Documents> {
        let cell = self.parsed.get(&file)?;
        Some(cell.get_or_init(|| yaml::read(&self.sources.get(file).file)))
    }

    /// The documents of a file that were asked for so far.
    pub(crate) fn parsed(&self) -> impl Iterator<Item = (&'s Source, &Documents)> {
        let mut ids: Vec<_> = self.parsed.keys().copied().collect();
        ids.sort();
        ids.into_iter()
            .filter_map(|id| Some((self.sources.get(id), self.parsed.get(&id)?.get()?)))
    }

    /// A file by its path.
    pub(crate) fn by_path(&self, path: &str) -> Option<&'s Source> {
        let id = match self.by_path.get(path) {
            Some(id) => *id,
            None => *self.by_path.get(normalized(path).as_str())?,
        };
        Some(self.sources.get(id))
    }

    /// The files in a folder and below it, by path.
    pub(crate) fn under(&self, folder: &str) -> Vec<&'s Source> {
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        self.by_path
            .range::<str, _>((
                std::ops::Bound::Included(start.as_str()),
                std::ops::Bound::Unbounded,
            ))
            .take_while(|(path, _)| path.starts_with(&start))
            .map(|(_, id)| self.sources.get(*id))
            .collect()
    }

    /// Whether there is such a folder.
    pub(crate) fn folder_exists(&self, folder: &str) -> bool {
        self.all_folders.contains(folder) || self.sources.folder_exists(folder)
    }

    /// Every folder, in no order.
    pub(crate) fn all_folders(&self) -> impl Iterator<Item = &'s str> + '_ {
        self.all_folders.iter().copied()
    }

    /// The kustomization file of a folder.
    pub(crate) fn kustomization(&self, folder: &str) -> Option<&'s Source> {
        ["kustomization.yaml", "kustomization.yml", "Kustomization"]
            .iter()
            .find_map(|name| {
                let path = if folder.is_empty() {
                    (*name).to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                self.by_path.get(path.as_str())
            })
            .map(|id| self.sources.get(*id))
    }
}

/// Whether a file's name is that of a kustomization.
pub(crate) fn is_kustomization_file(path: &str) -> bool {
    matches!(
        file_name(path),
        "kustomization.yaml" | "kustomization.yml" | "Kustomization"
    )
}

/// The environment that a word says, and how it is called everywhere.
pub(crate) fn environment_word(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "prod" | "production" | "prd" | "live" => "production",
        "stage" | "staging" | "stg" | "uat" | "preprod" => "staging",
        "dev" | "development" | "develop" => "development",
        "test" | "testing" | "qa" | "integration" => "test",
        "sandbox" => "sandbox",
        "preview" => "preview",
        "local" | "minikube" | "kind" | "k3d" => "local",
        _ => return None,
    })
}

/// The environment that a name says in one of its words: `operations-k8s-dev`.
pub(crate) fn environment_of_name(name: &str) -> Option<&'static str> {
    environment_word(name).or_else(|| {
        name.rsplit(|c: char| !c.is_ascii_alphanumeric())
            .find_map(|word| match word.to_ascii_lowercase().as_str() {
                // Inside a longer name these say a kind of thing, not an environment.
                "kind" | "live" | "local" | "test" | "testing" | "integration" | "preview"
                | "develop" => None,
                _ => environment_word(word),
            })
    })
}

/// The environment that a path says, in its innermost folder that says one, with that folder's name.
pub(crate) fn environment_of_path(path: &str) -> Option<(Arc<str>, &'static str)> {
    path.rsplit('/')
        .find_map(|part| environment_of_name(part).map(|environment| (part.into(), environment)))
}
