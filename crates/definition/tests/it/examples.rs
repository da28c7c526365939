//! Every example and starter reads without a word.

use std::path::{Path, PathBuf};

use seaworthy_definition::Definition;
use seaworthy_diagnostics::text::{self, Colour};

/// The repository's folder.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every definition that the repository shows to its users.
pub(crate) fn definitions() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [
        repository().join("examples"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("starters"),
    ] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry
                .expect("the folder is readable")
                .path()
                .join("seaworthy.yaml");
            if path.is_file() {
                let text = std::fs::read_to_string(&path).expect("an example is readable");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_example_reads_without_a_word() {
    let definitions = definitions();
    assert!(definitions.len() >= 2, "the examples are missing");
    for (path, text) in definitions {
        let (definition, _) = Definition::read(&path.display().to_string(), text.as_bytes());
        let diagnostics = definition.check();
        let said = text::render(&diagnostics, &[definition.source()], Colour::Never);
        assert_eq!(said, "", "{}", path.display());
    }
}
