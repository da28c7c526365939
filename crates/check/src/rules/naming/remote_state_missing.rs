//! A root reads the state of another that is not kept there, or an output that the other does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::terraform::{Backend, Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::references::near_name;

use crate::rules::hygiene::modules::Modules;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "remote-state-missing",
    severity: Severity::Breaks,
    page: include_str!("remote-state-missing.md"),
    check,
};

/// What names a state, by kind of backend: where it is kept, and under which name.
const NAMES: [(&str, &str, &str); 3] = [
    ("s3", "bucket", "key"),
    ("gcs", "bucket", "prefix"),
    ("azurerm", "container_name", "key"),
];

/// A state that is read.
struct Read<'a> {
    reader: &'a Root,
    data: &'a Resource,
    store: &'a str,
    key: &'a Value,
    /// The outputs that are read of it.
    outputs: Vec<(&'a str, Span)>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let seen = Modules::of(world);
    let mut told: HashSet<Span> = HashSet::new();
    let roots = &world.facts.terraform.roots;
    for read in roots.iter().flat_map(|root| reads(world, root)) {
        let Some(key) = read.key.str() else { continue };
        let in_store: Vec<(&Root, &Value)> = roots
            .iter()
            .filter_map(|root| {
                let (store, key) = place(root.backend.as_ref()?)?;
                (store == read.store).then_some((root, key))
            })
            .collect();
        // A key that is not known may be this one.
        if in_store.iter().any(|(_, key)| key.str().is_none()) {
            continue;
        }
        let keeping: Vec<&Root> = in_store
            .iter()
            .filter(|(_, own)| own.str() == Some(key))
            .map(|(root, _)| *root)
            .collect();
        let whole = |root: &Root| {
            let modules = &world.facts.terraform.modules;
            let module = modules.iter().find(|module| module.folder == root.folder);
            module.is_some_and(|module| seen.whole(module))
        };
        if keeping.is_empty() {
            findings.extend(nowhere(&read, key, &in_store).filter(|_| told.insert(read.key.span)));
            continue;
        }
        if !keeping.iter().all(|root| whole(root)) {
            continue;
        }
        for (output, span) in &read.outputs {
            let is_there = keeping
                .iter()
                .any(|root| root.outputs.iter().any(|own| *own.name == **output));
            if !is_there && told.insert(*span) {
                findings.extend(no_output(&read, output, *span, keeping[0]));
            }
        }
    }
}

/// The states that a root reads itself, where it is known which.
fn reads<'a>(world: &'a World, reader: &'a Root) -> impl Iterator<Item = Read<'a>> {
    let modules = &world.facts.terraform.modules;
    let module = modules.iter().find(|module| module.folder == reader.folder);
    reader
        .data("terraform_remote_state")
        .filter(|data| data.module.is_empty() && data.at("workspace").is_none())
        .filter_map(move |data| {
            let kind = data.str("backend")?;
            let (_, store, key) = NAMES.iter().find(|(own, ..)| *own == kind)?;
            let config = data.at("config")?;
            let prefix = format!("{}.outputs.", data.plain_address);
            let outputs = module
                .into_iter()
                .flat_map(|module| &module.outputs_read)
                .filter_map(|(read, span)| Some((read.strip_prefix(prefix.as_str())?, *span)))
                .collect();
            Some(Read {
                reader,
                data,
                store: config.get(store)?.str()?,
                key: config.get(key)?,
                outputs,
            })
        })
}

/// Where a backend keeps its state, and the name.
fn place(backend: &Backend) -> Option<(&str, &Value)> {
    let (_, store, key) = NAMES.iter().find(|(kind, ..)| **kind == *backend.kind)?;
    Some((backend.body.get(store)?.str()?, backend.body.get(key)?))
}

/// Nothing keeps this state, and one of nearly the name has what is read of it.
fn nowhere(read: &Read<'_>, key: &str, in_store: &[(&Root, &Value)]) -> Option<Finding> {
    let fitting: Vec<&(&Root, &Value)> = in_store
        .iter()
        .filter(|(root, _)| {
            !read.outputs.is_empty()
                && read
                    .outputs
                    .iter()
                    .all(|(output, _)| root.outputs.iter().any(|own| *own.name == **output))
        })
        .collect();
    let names: Vec<&str> = fitting.iter().filter_map(|(_, key)| key.str()).collect();
    let near = near_name(key, &names)?;
    let (root, place) = fitting.iter().find(|(_, own)| own.str() == Some(near))?;
    Some(
        Finding::new(format!(
            "nothing keeps state at `{key}`, which `{}` reads; `{}` keeps its own at `{near}`",
            read.reader.label(),
            root.label()
        ))
        .at(read.key.span, "no backend here has this name")
        .and(place.span, format!("`{near}` has what is read"))
        .trail(read.key)
        .hint(format!("did you mean `{near}`?"))
        .about([read.reader.label(), key]),
    )
}

fn no_output(read: &Read<'_>, output: &str, span: Span, kept: &Root) -> Option<Finding> {
    let near = suggest(output, kept.outputs.iter().map(|own| &*own.name));
    // A root that gives nothing out is not what is read.
    let side = kept
        .outputs
        .iter()
        .find(|own| Some(&*own.name) == near)
        .or_else(|| kept.outputs.first())?;
    let finding = Finding::new(format!(
        "`{}` has no output `{output}`, which `{}` reads: it cannot be planned",
        kept.label(),
        read.reader.label()
    ))
    .at(span, "the state that is read does not have this")
    .and(side.span, format!("it has `{}`", side.name))
    .link(read.data.span, format!("this reads `{}`", kept.label()))
    .about([read.reader.label(), output]);
    Some(match near {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding,
    })
}
