//! Modules and roots as they are written, read as HCL.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hcl_edit::structure::{Attribute, Block, Body, Structure};

/// The files of our modules, by `<module>/<file>`.
pub(crate) fn modules() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules/aws");
    let mut files = BTreeMap::new();
    for module in fs::read_dir(folder).expect("the folder exists") {
        let module = module.expect("it can be read");
        for file in fs::read_dir(module.path()).expect("a folder") {
            let file = file.expect("it can be read").path();
            if file.extension().is_some_and(|end| end == "tf") {
                let name = file
                    .file_name()
                    .expect("a file")
                    .to_string_lossy()
                    .into_owned();
                let module = module.file_name().to_string_lossy().into_owned();
                let text = fs::read_to_string(&file).expect("a file");
                files.insert(format!("{module}/{name}"), text);
            }
        }
    }
    files
}

/// The modules that have a resource of a type.
pub(crate) fn modules_with(kind: &str) -> Vec<&'static String> {
    static MODULES: std::sync::LazyLock<BTreeMap<String, BTreeSet<String>>> =
        std::sync::LazyLock::new(|| {
            let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (file, text) in modules() {
                let body: Body = text.parse().expect("it is HCL");
                let module = file.split('/').next().expect("a module").to_owned();
                let kinds = kinds.entry(module).or_default();
                for block in body.iter().filter_map(Structure::as_block) {
                    if block.ident.as_str() == "resource" {
                        kinds.insert(block.labels[0].as_str().to_owned());
                    }
                }
            }
            kinds
        });
    let with = MODULES.iter().filter(|(_, kinds)| kinds.contains(kind));
    with.map(|(module, _)| module).collect()
}

/// The statements of a file's policies, with their ids.
pub(crate) fn statements(text: &str, kind: &str) -> Vec<(String, Block)> {
    let body: Body = text.parse().expect("it is HCL");
    body.iter()
        .filter_map(Structure::as_block)
        .filter(|block| {
            block
                .labels
                .first()
                .is_some_and(|label| label.as_str() == kind)
        })
        .flat_map(|document| blocks(&document.body, "statement"))
        .map(|statement| {
            (
                value(statement.body.get_attribute("sid")).unwrap_or_default(),
                statement,
            )
        })
        .collect()
}

/// Every block of a name, however deep.
pub(crate) fn blocks(body: &Body, name: &str) -> Vec<Block> {
    let mut found = Vec::new();
    for block in body.iter().filter_map(Structure::as_block) {
        if block.ident.as_str() == name {
            found.push(block.clone());
        }
        found.extend(blocks(&block.body, name));
    }
    found
}

#[track_caller]
pub(crate) fn resource(body: &Body, kind: &str) -> Block {
    let mut found = body.iter().filter_map(Structure::as_block);
    let found = found.find(|block| {
        block
            .labels
            .first()
            .is_some_and(|label| label.as_str() == kind)
    });
    found
        .unwrap_or_else(|| panic!("there is no {kind}"))
        .clone()
}

pub(crate) fn calls(body: &Body) -> Vec<&Block> {
    let blocks = body.iter().filter_map(Structure::as_block);
    blocks
        .filter(|block| block.ident.as_str() == "module")
        .collect()
}

/// Which of our modules a call is of.
pub(crate) fn source(call: &Block) -> &'static str {
    let source = value(call.body.get_attribute("source")).unwrap_or_default();
    let name = source
        .trim_matches('"')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    ["dump-bucket", "bucket", "rds-postgres", "aurora-postgres"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or_default()
}

/// An attribute's value as it is written.
pub(crate) fn value(attribute: Option<&Attribute>) -> Option<String> {
    attribute.map(|attribute| attribute.value.to_string().trim().to_owned())
}
