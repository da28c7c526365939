//! Our modules, written out beside the roots that call them.

use include_dir::{Dir, include_dir};
use seaworthy_tree::FileTree;

/// `modules/aws` of this repository.
static MODULES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../modules/aws");

/// Writes a module with its README and its tests, unless another root asked for it already.
///
/// # Panics
///
/// When there is no such module, which a test of every root would show.
pub(super) fn write(name: &str, tree: &mut FileTree) {
    let folder = MODULES
        .get_dir(name)
        .unwrap_or_else(|| panic!("modules/aws has no `{name}`"));
    let marker = format!("infra/modules/{name}/main.tf");
    if tree.get(&marker).is_none() {
        write_folder(folder, tree);
        for name in called_by(folder) {
            write(name, tree);
        }
    }
}

/// The modules that a module calls: they stand beside it.
fn called_by(folder: &Dir<'static>) -> impl Iterator<Item = &'static str> {
    folder
        .files()
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "tf"))
        .filter_map(include_dir::File::contents_utf8)
        .flat_map(str::lines)
        .filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let path = value.trim().strip_prefix("\"../")?.strip_suffix('"')?;
            (name.trim() == "source").then_some(path)
        })
}

fn write_folder(folder: &Dir<'static>, tree: &mut FileTree) {
    for file in folder.files() {
        let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) else {
            continue;
        };
        // What tools leave behind in a working copy is not part of the module.
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with('.') || name.contains(".tfstate") {
            continue;
        }
        tree.rendered(format!("infra/modules/{path}"), text);
    }
    for folder in folder.dirs() {
        let is_hidden = folder
            .path()
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden {
            write_folder(folder, tree);
        }
    }
}
