//! The settings of each repository that is checked.

use std::path::{Path, PathBuf};

use seaworthy_check::verdict::Policy;
use seaworthy_check::{Settings, settings};
use seaworthy_diagnostics::SourceFile;
use seaworthy_repository::Limits;

use crate::arguments;
use crate::exit::CommandError;
use crate::platform::has_errors;
use crate::printer;

/// One policy for each path that was given, in their order.
pub(super) struct Policies {
    policies: Vec<Policy>,
    /// The folder that each policy's paths count from.
    tops: Vec<PathBuf>,
}

impl Policies {
    /// Reads the settings of each path: of the folder itself, else of the repository that it lies in. What is wrong
    /// with them is printed and ends the command: checking by half of the settings would show what is allowed.
    pub(super) fn find(paths: &[PathBuf]) -> Result<Self, CommandError> {
        let (mut policies, mut tops) = (Vec::new(), Vec::new());
        let mut wrong = false;
        for path in paths {
            let folder = if path.is_file() {
                path.parent().unwrap_or(Path::new("")).to_owned()
            } else {
                path.clone()
            };
            let mut top = folder.clone();
            if !top.join(settings::PATH).is_file()
                && let Ok(canonical) = Path::new(".").join(&folder).canonicalize()
                && let Some(repository) = seaworthy_repository::top(&canonical)
            {
                top = repository;
            }
            let file = top.join(settings::PATH);
            let policy = if file.is_file() {
                let (policy, sound) = read(&file)?;
                wrong |= !sound;
                policy
            } else {
                Policy::default()
            };
            policies.push(policy);
            tops.push(top);
        }
        if wrong {
            return Err(CommandError::Definition);
        }
        Ok(Self { policies, tops })
    }

    pub(super) fn all(&self) -> &[Policy] {
        &self.policies
    }

    /// How much is read; the most generous of all settings counts.
    pub(super) fn limits(&self) -> Limits {
        let largest = self
            .policies
            .iter()
            .filter_map(|policy| policy.settings.largest_file)
            .max();
        let usual = Limits::default();
        Limits {
            file: largest.unwrap_or(usual.file),
            ..usual
        }
    }

    /// The baseline of the first settings that name one.
    pub(super) fn baseline(&self) -> Option<PathBuf> {
        self.policies
            .iter()
            .zip(&self.tops)
            .find_map(|(policy, top)| Some(top.join(policy.settings.baseline.as_ref()?)))
    }
}

/// The settings in a file, and whether nothing is wrong with them.
fn read(file: &Path) -> Result<(Policy, bool), CommandError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        CommandError::system(format!("`{}` cannot be read", file.display()), &error)
    })?;
    let (settings, source, problems): (Settings, SourceFile, _) =
        Settings::read(&super::shown(file), &text);
    printer::diagnostics(&problems, &[&source], arguments::Format::Text)?;
    let sound = !has_errors(&problems);
    let policy = Policy {
        settings,
        source: Some(source),
    };
    Ok((policy, sound))
}
