//! Which files make one program, and in which languages.

use std::collections::BTreeMap;

use seaworthy_facts::code::Program;
use seaworthy_facts::{FileId, Language, Source, SourceKind, Sources, file_name, is_under, parent};

use crate::parse::is_test;

/// The programs of all sources, without what their text says.
pub(crate) fn group(sources: &Sources) -> Vec<Program> {
    let folders = folders(sources);
    let mut programs: BTreeMap<String, Vec<(FileId, Language)>> = folders
        .iter()
        .map(|folder| (folder.clone(), Vec::new()))
        .collect();
    for source in sources.iter().filter(|source| !source.vendored) {
        let SourceKind::Code(language) = source.kind else {
            continue;
        };
        let path = source.file.path();
        if is_test(path) {
            continue;
        }
        let folder = nearest(&folders, path).unwrap_or_else(|| parent(path).to_owned());
        programs
            .entry(folder)
            .or_default()
            .push((source.file.id(), language));
    }
    programs
        .into_iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(folder, files)| {
            let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
            for (_, language) in &files {
                *counts.entry(*language).or_default() += 1;
            }
            let mut languages: Vec<_> = counts.into_iter().collect();
            languages.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Program {
                folder: folder.into(),
                languages: languages
                    .into_iter()
                    .map(|(language, _)| language)
                    .collect(),
                files: files.into_iter().map(|(file, _)| file).collect(),
                ..Program::default()
            }
        })
        .collect()
}

/// Folders that are built on their own.
fn folders(sources: &Sources) -> Vec<String> {
    let mut folders: Vec<String> = sources
        .iter()
        .filter(|source| !source.vendored && is_mark(source))
        .map(|source| parent(source.file.path()).to_owned())
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

fn is_mark(source: &Source) -> bool {
    let name = file_name(source.file.path());
    matches!(
        name,
        "go.mod"
            | "package.json"
            | "pom.xml"
            | "build.gradle"
            | "build.gradle.kts"
            | "requirements.txt"
            | "pyproject.toml"
            | "setup.py"
            | "Pipfile"
            | "manage.py"
    ) || name.ends_with(".csproj")
        || source.kind == SourceKind::Dockerfile
        || (name == "Cargo.toml" && source.file.text().contains("[package]"))
}

/// The innermost of the folders that a path lies under.
fn nearest(folders: &[String], path: &str) -> Option<String> {
    let mut folder = parent(path);
    loop {
        if folders
            .binary_search_by(|own| own.as_str().cmp(folder))
            .is_ok()
        {
            debug_assert!(is_under(path, folder));
            return Some(folder.to_owned());
        }
        if folder.is_empty() {
            return None;
        }
        folder = parent(folder);
    }
}
