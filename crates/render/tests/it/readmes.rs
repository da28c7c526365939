//! The README of each module names every input and output, with the words that stand beside it in the module.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hcl_edit::structure::{Body, Structure};

#[test]
fn every_input_and_output_is_in_the_readme() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules/aws");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for module in fs::read_dir(modules).expect("the folder exists") {
        let folder = module.expect("it can be read").path();
        let readme = fs::read_to_string(folder.join("README.md"))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let rows: BTreeSet<&str> = readme
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let mut declared = BTreeSet::new();
        for (file, kind) in [("variables.tf", "variable"), ("outputs.tf", "output")] {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
            let body: Body = text.parse().expect("a module is HCL");
            for block in body.iter().filter_map(Structure::as_block) {
                assert_eq!(block.ident.as_str(), kind, "{}/{file}", folder.display());
                declared.insert(block.labels[0].as_str().to_owned());
            }
        }
        seen += declared.len();
        wrong.extend(
            declared
                .iter()
                .filter(|name| !rows.contains(name.as_str()))
                .map(|name| format!("{}: `{name}` is not in it", folder.display())),
        );
        wrong.extend(
            rows.iter()
                .filter(|name| !declared.contains(**name))
                .map(|name| format!("{}: `{name}` is no input and no output", folder.display())),
        );
    }
    assert!(seen > 100);
    assert!(wrong.is_empty(), "READMEs: {wrong:#?}");
}
