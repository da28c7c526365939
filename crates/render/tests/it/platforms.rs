//! The definitions that tests render.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_definition::Definition;
use seaworthy_render::{Input, Rendered, render};

/// A definition of the tests or of the examples.
#[derive(Debug, Clone)]
pub(crate) struct Platform {
    /// Its file's name, or its example's.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

impl Platform {
    /// Renders it; it must have no errors.
    #[track_caller]
    pub(crate) fn render(&self) -> Rendered {
        rendered(&self.name, &self.text)
    }
}

/// Renders a definition without errors.
#[track_caller]
pub(crate) fn rendered(name: &str, text: &str) -> Rendered {
    let definition = definition(name, text);
    render(&Input::new(&definition, &[]))
}

/// Reads a definition, which must have no errors.
#[track_caller]
pub(crate) fn definition(name: &str, text: &str) -> Definition {
    let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
    let wrong: Vec<String> = definition
        .check()
        .into_iter()
        .filter(|diagnostic| diagnostic.severity == seaworthy_diagnostics::Severity::Error)
        .map(|diagnostic| diagnostic.message)
        .collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    definition
}

/// Every definition: the six of `tests/platforms`, and the examples.
pub(crate) fn all() -> Vec<Platform> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(here.join("tests/platforms")).expect("the folder exists") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        files.push((name, path));
    }
    for entry in fs::read_dir(here.join("../../examples")).expect("the folder exists") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .expect("a folder")
            .to_string_lossy()
            .into_owned();
        if path.join("seaworthy.yaml").exists() {
            files.push((format!("examples/{name}"), path.join("seaworthy.yaml")));
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|(name, path)| Platform {
            name,
            text: fs::read_to_string(path).expect("a definition"),
        })
        .collect()
}
