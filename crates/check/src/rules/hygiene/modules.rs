//! Whether a module's text was seen as a whole, so that what is missing in it is missing.

use std::collections::HashSet;

use seaworthy_diagnostics::{Diagnostic, FileId};
use seaworthy_facts::terraform::ModuleSource;
use seaworthy_facts::{file_name, parent};
use seaworthy_link::World;

/// Which modules are seen as a whole.
#[derive(Debug)]
pub(in crate::rules) struct Modules<'a> {
    /// Another tool adds files to modules, from anywhere in the repository.
    added: bool,
    /// Folders with files that are there and were not read.
    unread: HashSet<&'a str>,
    broken: HashSet<FileId>,
}

impl<'a> Modules<'a> {
    /// Looks once at what stands against it.
    pub(in crate::rules) fn of(world: &'a World) -> Self {
        let unread = world
            .sources
            .unread()
            .map(|(path, _)| path)
            .filter(|path| {
                [".tf", ".tofu", ".tf.json"]
                    .iter()
                    .any(|end| path.ends_with(end))
            })
            .map(parent);
        let paths = world.sources.iter().map(|source| source.file.path());
        let as_json = paths.filter(|path| path.ends_with(".tf.json")).map(parent);
        // What a template engine fills first is not yet a configuration.
        let templates = world
            .sources
            .iter()
            .filter(|source| {
                let text = source.file.text();
                let end = source.file.path().rsplit_once('.');
                matches!(end, Some((_, "tf" | "tofu")))
                    && text.contains("{% ")
                    && text.contains(" %}")
            })
            .map(|source| parent(source.file.path()));
        let places = world.facts.broken.iter().filter_map(Diagnostic::place);
        Self {
            added: is_added_to(world),
            unread: unread.chain(as_json).chain(templates).collect(),
            broken: places.map(|place| place.file).collect(),
        }
    }

    /// Every file of the module was read and parsed, and no other tool adds to it.
    pub(in crate::rules) fn whole(&self, module: &ModuleSource) -> bool {
        !self.added
            && !self.unread.contains(&*module.folder)
            && !module.files.iter().any(|file| self.broken.contains(file))
    }
}

/// Terragrunt copies modules to where it adds files; or it adds them to the copy of any module that a unit takes, when
/// it says `generate`.
fn is_added_to(world: &World) -> bool {
    world.sources.iter().any(|source| {
        let name = file_name(source.file.path());
        let generates = || {
            let mut lines = source.file.text().lines();
            lines.any(|line| line.starts_with("generate ") || line.starts_with("generate\t"))
        };
        name == "terragrunt.hcl"
            || name
                .rsplit_once('.')
                .is_some_and(|(name, end)| end == "hcl" && name != ".terraform.lock")
                && generates()
    })
}
