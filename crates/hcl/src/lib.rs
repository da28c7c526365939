//! OpenTofu and Terraform configurations, evaluated with places and unknowns.
//!
//! [`read()`] fills [`seaworthy_facts::terraform`]: it parses every file (`syntax`), sorts each folder's blocks into a
//! module (`module`), finds the folders that are applied and their variable files (`roots`), evaluates them lazily
//! (`evaluate`, `functions`) with the modules they call (`modules`), and takes the result out (`emit`). What the text
//! itself says, before evaluation, is kept beside it (`source`).
//!
//! Inputs are hostile: nesting, references, instances, sizes and steps are all bounded, and what goes beyond a bound is
//! not known.

mod emit;
mod evaluate;
mod functions;
mod json;
mod module;
mod modules;
mod roots;
mod source;
mod syntax;
mod types;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::{Facts, FileId, SourceKind, Sources, Subject, Unseen, join, parent};
use seaworthy_knowledge::Knowledge;

use crate::evaluate::{ALL_INSTANCES, Arguments, Evaluator, Instance, scope_of};
use crate::module::Module;
use crate::syntax::Body;

/// Evaluation recurses as deep as its bound allows; in a build without optimisation that is more than a thread has.
const STACK: usize = 256 * 1024 * 1024;

/// Reads every configuration, evaluates it, and notes what could not be read or seen.
pub fn read(sources: &Sources, knowledge: &Knowledge, facts: &mut Facts) {
    if sources
        .iter()
        .all(|source| source.kind != SourceKind::Terraform)
    {
        return;
    }
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name("terraform".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || read_here(sources, knowledge, facts))
            .expect("the system gives a thread");
        if let Err(panic) = reader.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn read_here(sources: &Sources, knowledge: &Knowledge, facts: &mut Facts) {
    let mut folders: BTreeMap<&str, Vec<(FileId, Body)>> = BTreeMap::new();
    let mut duplicates: HashMap<&str, Vec<_>> = HashMap::new();
    let mut variables: HashMap<FileId, Body> = HashMap::new();
    let mut vendored: HashMap<&str, bool> = HashMap::new();
    for source in sources.iter() {
        let file = source.file.id();
        let path = source.file.path();
        if !matches!(
            source.kind,
            SourceKind::Terraform | SourceKind::TerraformVariables
        ) {
            continue;
        }
        let parsed = syntax::parse(file, path, source.file.text());
        if !source.vendored && !is_template(source.file.text()) {
            facts.broken.extend(parsed.broken);
        }
        let folder = parent(path);
        if source.kind == SourceKind::TerraformVariables {
            variables.insert(file, parsed.body);
        } else {
            // What an override file says takes the place of what is there; both are seldom, and only one can be kept.
            folders.entry(folder).or_default().push((file, parsed.body));
            *vendored.entry(folder).or_default() |= source.vendored;
        }
        duplicates
            .entry(folder)
            .or_default()
            .extend(parsed.duplicate_keys);
    }
    let mut modules = HashMap::new();
    for (folder, bodies) in folders {
        let mut module = Module::new(folder, bodies);
        module.vendored = vendored.get(folder).copied().unwrap_or_default();
        facts.terraform.modules.push(source::module_source(
            &module,
            duplicates.remove(folder).unwrap_or_default(),
            sources,
        ));
        modules.insert(folder.to_owned(), Rc::new(module));
    }
    let planned = roots::plan(sources, &modules);
    let fetched = fetched(sources);
    let evaluator = Evaluator::new(sources, knowledge, modules, fetched);
    for root in planned {
        evaluator.next_root();
        let folder: Arc<str> = root.module.folder.as_str().into();
        let bare = Instance::new(
            Rc::new(Module::default()),
            "".into(),
            "".into(),
            Arguments::Root(HashMap::new()),
            folder.clone(),
            0,
        );
        let values = roots::values(&variables, &root.files, |expression| {
            evaluator.eval(expression, scope_of(&bare))
        });
        let instance = Instance::new(
            root.module,
            "".into(),
            "".into(),
            Arguments::Root(values),
            folder,
            0,
        );
        let root = emit::root(&evaluator, &instance, root.chosen);
        facts.terraform.roots.push(root);
    }
    if evaluator.instances.get() >= ALL_INSTANCES {
        evaluator.unseen.borrow_mut().push(Unseen {
            subject: Subject::Module,
            name: "resources".into(),
            why: format!("more than {ALL_INSTANCES} instances; the rest was not looked at").into(),
            span: None,
        });
    }
    let mut unseen = evaluator.unseen.into_inner();
    // A module that many calls name is told once.
    for one in unseen.drain(..) {
        if !facts
            .unseen
            .iter()
            .any(|other| other.subject == one.subject && other.name == one.name)
        {
            facts.unseen.push(one);
        }
    }
}

/// Whether a text is a template of another language, which is no OpenTofu before it is filled.
fn is_template(text: &str) -> bool {
    text.contains("{%")
        || text.lines().any(|line| {
            line.trim_start().starts_with("{{") || line.contains("= {{") || line.contains("=\"{{")
        })
}

/// Folders of the modules that `tofu init` fetched, by root folder and module path.
fn fetched(sources: &Sources) -> HashMap<(String, String), String> {
    let mut found = HashMap::new();
    for source in sources.iter() {
        let path = source.file.path();
        let Some(root) = path
            .strip_suffix(".terraform/modules/modules.json")
            .map(|root| root.trim_end_matches('/'))
        else {
            continue;
        };
        let whole = seaworthy_facts::Span::new(source.file.id(), 0..source.file.text().len());
        let Some(list) = json::parse_text(source.file.text(), whole, sources) else {
            continue;
        };
        for module in list
            .at("Modules")
            .map(seaworthy_facts::Value::items)
            .unwrap_or_default()
        {
            if let (Some(key), Some(folder)) = (
                module.at("Key").and_then(|key| key.str()),
                module.at("Dir").and_then(|folder| folder.str()),
            ) {
                found.insert((root.to_owned(), key.to_owned()), join(root, folder));
            }
        }
    }
    found
}
