//! The table of the specification's rows names the tests that there are, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TABLE: &str = "docs/reference/counter-rows.md";
const SERVICES: [&str; 3] = ["counter-api", "counter-web", "hello"];

#[test]
fn the_table_of_rows_and_the_tests_agree() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let table = std::fs::read_to_string(root.join(TABLE)).expect(TABLE);
    let mut named = BTreeSet::new();
    let mut rows = BTreeMap::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, row, tests, _, _, _] = cells[..] else {
            continue;
        };
        if !row.starts_with("C-") && !row.starts_with("H-") {
            continue;
        }
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        let prefix = format!("{}_", row.replace('-', "_").to_lowercase());
        for test in &tests {
            assert!(
                test.starts_with(&prefix),
                "{TABLE}: `{test}` stands in row {row}"
            );
            assert!(
                named.insert((*test).to_owned()),
                "{TABLE}: `{test}` stands there twice"
            );
        }
        assert!(
            rows.insert(row.to_owned(), tests.len()).is_none(),
            "{TABLE}: row {row} stands there twice"
        );
    }
    for row in specified() {
        assert!(rows.contains_key(&row), "{TABLE}: row {row} is missing");
    }

    let mut written = BTreeSet::new();
    for service in SERVICES {
        let folder = root.join("services").join(service).join("tests/it");
        for entry in std::fs::read_dir(&folder).expect("the tests' folder") {
            let text =
                std::fs::read_to_string(entry.expect("an entry").path()).expect("a test's file");
            written.extend(
                text.lines()
                    .filter_map(|line| line.trim_start().split("fn ").nth(1))
                    .filter_map(|rest| rest.split('(').next())
                    .filter(|name| is_row(name))
                    .map(str::to_owned),
            );
        }
    }
    let missing: Vec<_> = written.difference(&named).collect();
    assert!(missing.is_empty(), "{TABLE} does not name {missing:#?}");
    let invented: Vec<_> = named.difference(&written).collect();
    assert!(
        invented.is_empty(),
        "{TABLE} names tests that are not there: {invented:#?}"
    );
}

/// `c_01_…` or `h_01_…`.
fn is_row(name: &str) -> bool {
    let bytes = name.as_bytes();
    matches!(bytes, [b'c' | b'h', b'_', a, b, b'_', ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// The rows of the specification.
fn specified() -> impl Iterator<Item = String> {
    let counter = [1..=7, 10..=15, 20..=25, 30..=34, 40..=45];
    counter
        .into_iter()
        .flatten()
        .map(|number| format!("C-{number:02}"))
        .chain((1..=3).map(|number| format!("H-{number:02}")))
}
