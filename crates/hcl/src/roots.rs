//! Which folders are applied, and with which variable files.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::{FileId, SourceKind, Sources, Value, file_name, join, parent};

use crate::module::Module;
use crate::modules::{Source, source, source_text};
use crate::syntax::{self, Body};

/// The most roots that one folder's variable files make.
const MOST: usize = 16;

/// A folder that is applied, with the variable files that are taken.
pub(crate) struct Planned {
    pub(crate) module: Rc<Module>,
    /// In the order in which later ones win; the last is the chosen one, if any was chosen.
    pub(crate) files: Vec<FileId>,
    pub(crate) chosen: Option<FileId>,
}

/// Every root.
pub(crate) fn plan(sources: &Sources, modules: &HashMap<String, Rc<Module>>) -> Vec<Planned> {
    let called = called(modules);
    let variables = variable_files(sources, modules);
    let mut folders: Vec<&Rc<Module>> = modules
        .values()
        .filter(|module| !module.vendored && !module.blocks.is_empty())
        .filter(|module| !called.contains(&module.folder) || has_backend(module))
        .collect();
    folders.sort_by(|a, b| a.folder.cmp(&b.folder));
    let mut roots = Vec::new();
    for module in folders {
        let (mut always, mut chosen) = (Vec::new(), Vec::new());
        for (file, loads_itself) in variables.get(&module.folder).into_iter().flatten() {
            if *loads_itself {
                always.push(*file);
            } else {
                chosen.push(*file);
            }
        }
        // `terraform.tfvars` first, then `*.auto.tfvars` by name.
        always.sort_by_key(|file| {
            let path = sources.path(*file);
            (file_name(path) != "terraform.tfvars", path.to_owned())
        });
        if chosen.is_empty() || chosen.len() > MOST {
            roots.push(Planned {
                module: module.clone(),
                files: always,
                chosen: None,
            });
            continue;
        }
        for file in chosen {
            roots.push(Planned {
                module: module.clone(),
                files: always.iter().copied().chain([file]).collect(),
                chosen: Some(file),
            });
        }
    }
    roots
}

/// The folders that another one calls.
fn called(modules: &HashMap<String, Rc<Module>>) -> HashSet<String> {
    let mut called = HashSet::new();
    for module in modules.values() {
        for block in &module.calls {
            if let Some(Source::Local(path)) = source_text(block).map(source) {
                let folder = join(&module.folder, &path);
                // A module that calls itself is not called by another.
                if folder != module.folder {
                    called.insert(folder);
                }
            }
        }
    }
    called
}

fn has_backend(module: &Module) -> bool {
    module
        .settings
        .iter()
        .flat_map(|block| &block.body.blocks)
        .any(|block| matches!(&*block.kind, "backend" | "cloud"))
}

/// Variable files by the folder of the configuration they are for, and whether they load by themselves.
fn variable_files(
    sources: &Sources,
    modules: &HashMap<String, Rc<Module>>,
) -> HashMap<String, Vec<(FileId, bool)>> {
    let mut files: HashMap<String, Vec<(FileId, bool)>> = HashMap::new();
    for source in sources.of(SourceKind::TerraformVariables) {
        let path = source.file.path();
        let name = file_name(path);
        if ["example", "sample", "template"]
            .iter()
            .any(|word| name.contains(word))
        {
            continue;
        }
        let here = parent(path);
        if let Some(module) = modules.get(here).filter(|module| !module.blocks.is_empty()) {
            let loads = name == "terraform.tfvars" || name.ends_with(".auto.tfvars");
            if loads || belongs(source.file.text(), module) {
                files
                    .entry(here.to_owned())
                    .or_default()
                    .push((source.file.id(), loads));
            }
            continue;
        }
        // `environments/prod/terraform.tfvars` and `env/prod.tfvars` are for a configuration above them.
        let mut folder = here;
        while !folder.is_empty() {
            folder = parent(folder);
            if let Some(module) = modules
                .get(folder)
                .filter(|module| !module.blocks.is_empty())
            {
                if belongs(source.file.text(), module) {
                    files
                        .entry(folder.to_owned())
                        .or_default()
                        .push((source.file.id(), false));
                }
                break;
            }
        }
    }
    files
}

/// Whether a variable file sets variables of this module: most of its names are declared there.
fn belongs(text: &str, module: &Module) -> bool {
    let Ok(body) = hcl_edit::parser::parse_body(text) else {
        return false;
    };
    let names: Vec<&str> = body
        .attributes()
        .map(|attribute| attribute.key.as_str())
        .collect();
    let declared = names
        .iter()
        .filter(|name| module.variables.contains_key(**name))
        .count();
    declared > 0 && declared * 10 >= names.len() * 8
}

/// The values that variable files set, later ones over earlier.
pub(crate) fn values(
    parsed: &HashMap<FileId, Body>,
    files: &[FileId],
    mut evaluate: impl FnMut(&syntax::Expr) -> Value,
) -> HashMap<Arc<str>, Value> {
    let mut values = HashMap::new();
    for file in files {
        for attribute in parsed
            .get(file)
            .into_iter()
            .flat_map(|body| &body.attributes)
        {
            values.insert(attribute.name.clone(), evaluate(&attribute.value));
        }
    }
    values
}
