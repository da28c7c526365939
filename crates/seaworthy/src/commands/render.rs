//! `seaworthy render`: write the files that the team owns.

use std::path::{Path, PathBuf};

use clap::Args;
use seaworthy_definition::Definition;
use seaworthy_render::kubernetes::{Images, images_file};
use seaworthy_render::{Input, Patch, Rendered};
use seaworthy_tree::{Change, Changes, Conflict, Folder, MANIFEST, Reason, unified_diff};

use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD, CYAN, GREEN, RED, YELLOW};

/// Write the plain files that the team owns, as the definition asks for them
///
/// Only what differs is written. What is no longer asked for is removed. A file that somebody has edited since it was
/// written is left as it is, and the command says so and ends with exit code 4; changes of your own belong into
/// `patches/`, which are applied last.
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Write nothing, and end with exit code 1 when something would be written
    #[arg(long)]
    check: bool,

    /// Write nothing, and print what would change as a unified diff
    #[arg(long)]
    diff: bool,

    /// Overwrite or remove this file although it was edited, or everything below this folder; may be repeated
    #[arg(long, value_name = "PATH")]
    overwrite: Vec<String>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &RenderArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let rendered = rendered(&platform, &platform.definition()?)?;
    let folder = Folder::new(&platform.path);
    let mut changes = folder
        .compare(&rendered.tree)
        .map_err(|error| CommandError::system("the files could not be compared", &error))?;
    changes.overwrite(|path| args.overwrite.iter().any(|told| covers(told, path)));
    let writes = !args.check && !args.diff;
    if writes {
        folder
            .write(&changes)
            .map_err(|error| CommandError::system("not every file was written", &error))?;
    }
    match args.format {
        Format::Json => printer::json(&Wire::new(&rendered, &changes, writes), true)?,
        Format::Text => {
            for note in &rendered.notes {
                printer::note(&format!("{}: {}", note.about, note.text));
            }
            if args.diff {
                for change in all(&changes) {
                    printer::value(unified_diff(change).trim_end())?;
                }
            }
            told(&changes, writes);
        }
    }
    if !changes.conflicts.is_empty() {
        return Err(refused(&changes.conflicts));
    }
    if args.check && !changes.is_empty() {
        return Err(CommandError::Findings);
    }
    Ok(())
}

/// Renders a platform.
fn rendered(platform: &PlatformFolder, definition: &Definition) -> Result<Rendered, CommandError> {
    let patches = patches(&platform.path)?;
    let input = input(platform, definition, &patches)?;
    Ok(seaworthy_render::render(&input))
}

/// Refuses to go on while the files below a folder are not what the definition asks for.
pub(crate) fn refuse_stale(
    platform: &PlatformFolder,
    definition: &Definition,
    folder: &str,
) -> Result<(), CommandError> {
    let rendered = rendered(platform, definition)?;
    let changes = Folder::new(&platform.path)
        .compare(&rendered.tree)
        .map_err(|error| CommandError::system("the files could not be compared", &error))?;
    let mut stale = changes
        .changes
        .iter()
        .filter(|change| change.path().starts_with(folder));
    let Some(stale) = stale.next() else {
        return Ok(());
    };
    Err(CommandError::refused(
        format!("`{}` is not what the definition asks for", stale.path()),
        "write the files with `seaworthy render`, and review them",
    ))
}

/// What is rendered: the definition, and what the team's own files say.
pub(crate) fn input<'a>(
    platform: &PlatformFolder,
    definition: &Definition,
    patches: &'a [Patch],
) -> Result<Input<'a>, CommandError> {
    let mut input = Input::new(definition, patches);
    let environments: Vec<_> = input.base.environments.keys().cloned().collect();
    for environment in environments {
        let path = images_file(&environment);
        let Ok(text) = std::fs::read_to_string(platform.path.join(&path)) else {
            continue;
        };
        let images = Images::read(&text).map_err(|error| {
            CommandError::refused(
                format!("`{path}` cannot be read: {error}"),
                "mend it by hand; nothing was changed",
            )
        })?;
        input.images.insert(environment, images);
    }
    Ok(input)
}

/// Reads the team's patches.
fn patches(platform: &Path) -> Result<Vec<Patch>, CommandError> {
    let root = platform.join("patches");
    let mut patches = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        let failed = |error: &std::io::Error| {
            CommandError::system(format!("`{}` cannot be read", folder.display()), error)
        };
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let kind = entry.file_type().map_err(|error| failed(&error))?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    CommandError::system(format!("`{}` cannot be read", path.display()), &error)
                })?;
                let below = path.strip_prefix(&root).unwrap_or(&path);
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                patches.push(Patch {
                    path: parts.join("/"),
                    text,
                });
            }
        }
    }
    patches.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(patches)
}

/// Whether a path given on the command line names this file or a folder above it.
fn covers(told: &str, path: &str) -> bool {
    let told = told.trim_start_matches("./").trim_end_matches('/');
    path.strip_prefix(told)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn all(changes: &Changes) -> impl Iterator<Item = &Change> {
    let conflicts = changes.conflicts.iter().map(|conflict| &conflict.change);
    changes.changes.iter().chain(conflicts)
}

fn told(changes: &Changes, written: bool) {
    for change in &changes.changes {
        let (colour, verb) = match change {
            Change::Create { .. } => (GREEN, "create"),
            Change::Update { .. } => (CYAN, "update"),
            Change::Remove { .. } => (RED, "remove"),
        };
        printer::say(&format!("{colour}{verb}{colour:#} {}", change.path()));
    }
    for conflict in &changes.conflicts {
        let why = why(conflict);
        printer::say(&format!(
            "{YELLOW}left as it is{YELLOW:#} {}: {why}",
            conflict.change.path()
        ));
    }
    let n = changes.changes.len();
    let verb = if written { "written" } else { "to write" };
    printer::say(&format!(
        "{BOLD}{n} {verb}{BOLD:#}, {} up to date",
        changes.unchanged
    ));
}

fn why(conflict: &Conflict) -> &'static str {
    match (conflict.reason, &conflict.change) {
        (Reason::Edited, Change::Remove { .. }) => {
            "it is no longer asked for, and was edited since it was written"
        }
        (Reason::Edited, _) => "it was edited since it was written",
        (Reason::Occupied, _) => "another file stands there, which `render` did not write",
    }
}

fn refused(conflicts: &[Conflict]) -> CommandError {
    let first = conflicts[0].change.path();
    let what = match conflicts.len() {
        1 => format!("`{first}` was left as it is"),
        n => format!("{n} files were left as they are"),
    };
    CommandError::refused(
        what,
        format!(
            "look with `seaworthy render --diff`; move your change into `patches/`, or lose it with `--overwrite {first}` \
             ({MANIFEST} lists what `render` wrote)"
        ),
    )
}

/// What was done, as JSON.
#[derive(serde::Serialize)]
struct Wire<'a> {
    written: bool,
    changes: Vec<WireChange<'a>>,
    conflicts: Vec<WireChange<'a>>,
    unchanged: usize,
    notes: Vec<WireNote<'a>>,
}

#[derive(serde::Serialize)]
struct WireChange<'a> {
    path: &'a str,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(serde::Serialize)]
struct WireNote<'a> {
    about: &'a str,
    text: &'a str,
}

impl<'a> Wire<'a> {
    fn new(rendered: &'a Rendered, changes: &'a Changes, written: bool) -> Self {
        Self {
            written,
            changes: changes
                .changes
                .iter()
                .map(|change| WireChange::new(change, None))
                .collect(),
            conflicts: changes
                .conflicts
                .iter()
                .map(|conflict| {
                    let reason = match conflict.reason {
                        Reason::Edited => "edited",
                        Reason::Occupied => "occupied",
                    };
                    WireChange::new(&conflict.change, Some(reason))
                })
                .collect(),
            unchanged: changes.unchanged,
            notes: rendered
                .notes
                .iter()
                .map(|note| WireNote {
                    about: &note.about,
                    text: &note.text,
                })
                .collect(),
        }
    }
}

impl<'a> WireChange<'a> {
    fn new(change: &'a Change, reason: Option<&'static str>) -> Self {
        Self {
            path: change.path(),
            change: match change {
                Change::Create { .. } => "create",
                Change::Update { .. } => "update",
                Change::Remove { .. } => "remove",
            },
            reason,
        }
    }
}
