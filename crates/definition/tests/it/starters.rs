//! Starters are small, complete and right.

use std::collections::BTreeSet;
use std::path::Path;

use seaworthy_definition::{Definition, STARTERS, starter};

#[test]
fn starters_are_small_and_read_without_a_word() {
    for starter in STARTERS {
        let (_, text) = starter
            .files
            .iter()
            .find(|(path, _)| *path == "seaworthy.yaml")
            .expect("a starter has a definition");
        let (definition, _) = Definition::read("seaworthy.yaml", text);
        assert_eq!(definition.check(), [], "{}", starter.name);
        let lines = definition.source().text().lines().count();
        assert!(lines < 30, "{} has {lines} lines", starter.name);
        assert!(!starter.needs.is_empty());
    }
    assert!(starter("hello").is_some() && starter("counter").is_some());
    assert_eq!(starter("nothing"), None);
}

#[test]
fn every_file_of_a_starter_is_embedded() {
    for starter in STARTERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("starters")
            .join(starter.name);
        let there: BTreeSet<String> = std::fs::read_dir(&folder)
            .expect("the starter's folder is there")
            .map(|entry| {
                entry
                    .expect("the folder is readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        // A file named `.gitignore` would be obeyed here.
        let embedded: BTreeSet<String> = starter
            .files
            .iter()
            .map(|(path, _)| path.trim_start_matches('.').to_owned())
            .collect();
        assert_eq!(there, embedded, "{}", starter.name);
    }
}
