//! Whether a module's text was seen as a whole, so that what is missing in it is missing.

use seaworthy_facts::terraform::ModuleSource;
use seaworthy_facts::{file_name, parent};
use seaworthy_link::World;

/// Every file of the module was read and parsed, and no other tool adds to it.
pub(in crate::rules) fn whole(world: &World, module: &ModuleSource) -> bool {
    let broken = world
        .facts
        .broken
        .iter()
        .filter_map(seaworthy_diagnostics::Diagnostic::place)
        .any(|place| module.files.contains(&place.file));
    let unread = world.sources.unread().any(|(path, _)| {
        parent(path) == module.folder
            && [".tf", ".tofu", ".tf.json"]
                .iter()
                .any(|end| path.ends_with(end))
    });
    // Terragrunt copies modules to where it adds files, from anywhere in the repository.
    let added = world.sources.iter().any(|source| {
        let path = source.file.path();
        (parent(path) == module.folder && path.ends_with(".tf.json"))
            || file_name(path) == "terragrunt.hcl"
            // Or it adds them to the copy of any module that a unit takes, when it says `generate`.
            || (file_name(path)
                .rsplit_once('.')
                .is_some_and(|(name, end)| end == "hcl" && name != ".terraform.lock")
                && source
                    .file
                    .text()
                    .lines()
                    .any(|line| line.starts_with("generate ") || line.starts_with("generate\t")))
    });
    !broken && !unread && !added
}
