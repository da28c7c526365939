//! Wrong definitions and what is said about them, as snapshots: `tests/cases/NAME.yaml` and `NAME.txt` beside it.
//!
//! `UPDATE_CASES=1 cargo test -p seaworthy-definition cases` rewrites the texts; read each as a user would: the place,
//! the reason, the way out.

use std::path::{Path, PathBuf};

use seaworthy_definition::Definition;
use seaworthy_diagnostics::text::{self, Colour};
use seaworthy_diagnostics::{Severity, json};

/// Every wrong definition.
pub(crate) fn cases() -> Vec<(String, PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("the cases are there")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            let bytes = std::fs::read(&path).expect("a case is readable");
            (name, path, bytes)
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn each_case_says_what_is_expected() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let mut different = Vec::new();
    for (name, path, bytes) in cases {
        let (definition, _) = Definition::read("seaworthy.yaml", &bytes);
        let diagnostics = definition.check();
        assert!(!diagnostics.is_empty(), "{name} is not wrong");
        let said = text::render(&diagnostics, &[definition.source()], Colour::Never);
        let file = path.with_extension("txt");
        if update {
            std::fs::write(&file, &said).expect("the folder is writable");
        } else if std::fs::read_to_string(&file).unwrap_or_default() != said {
            different.push(format!("{name} says now:\n\n{said}"));
        }
    }
    assert!(
        different.is_empty(),
        "{}\n(UPDATE_CASES=1 accepts)",
        different.join("\n")
    );
}

#[test]
fn no_expected_text_is_left_without_its_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for entry in std::fs::read_dir(folder).expect("the cases are there") {
        let path = entry.expect("the folder is readable").path();
        assert!(
            path.with_extension("yaml").exists(),
            "{} has no case",
            path.display()
        );
    }
}

#[test]
fn what_is_said_has_a_shape() {
    for (name, _, bytes) in cases() {
        let (definition, _) = Definition::read("seaworthy.yaml", &bytes);
        for diagnostic in definition.check() {
            let said = &diagnostic.message;
            let first = said.chars().next().expect("a message is not empty");
            assert!(
                !first.is_uppercase()
                    || said.starts_with("AWS")
                    || said.starts_with("Kubernetes")
                    || said.starts_with("PostgreSQL"),
                "{name}: {said}"
            );
            assert!(!said.ends_with('.'), "{name}: {said}");
            assert!(said.len() < 140, "{name}: {said}");
            assert!(diagnostic.place().is_some(), "{name}: {said} has no place");
            let (group, slug) = diagnostic.code.split_once('/').expect("a code has a group");
            assert!(
                matches!(group, "yaml" | "definition"),
                "{name}: {}",
                diagnostic.code
            );
            assert!(
                slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}: {}",
                diagnostic.code
            );
            let words = diagnostic
                .labels
                .iter()
                .any(|label| !label.message.is_empty());
            assert!(
                words
                    || !diagnostic.hints.is_empty()
                    || !diagnostic.notes.is_empty()
                    || diagnostic.severity == Severity::Note,
                "{name}: {said} leaves the reader alone"
            );
        }
    }
}

#[test]
fn json_points_at_the_same_places() {
    for (name, _, bytes) in cases() {
        let (definition, _) = Definition::read("seaworthy.yaml", &bytes);
        let diagnostics = definition.check();
        let value: serde_json::Value =
            serde_json::from_str(&json::render(&diagnostics, &[definition.source()]))
                .expect("it is JSON");
        let wire = value["diagnostics"].as_array().expect("a list");
        assert_eq!(wire.len(), diagnostics.len(), "{name}");
        for (wire, diagnostic) in wire.iter().zip(&diagnostics) {
            let place = diagnostic.place().expect("every diagnostic has a place");
            let position = definition.source().position(place.start);
            assert_eq!(wire["code"], diagnostic.code, "{name}");
            assert_eq!(wire["line"], position.line, "{name}");
            assert_eq!(wire["column"], position.column, "{name}");
            assert_eq!(wire["file"], "seaworthy.yaml", "{name}");
        }
    }
}
