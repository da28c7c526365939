//! Definitions (`seaworthy.yaml`) among what is checked.

use std::path::PathBuf;

use seaworthy_check::report::{Entry, Files};
use seaworthy_definition::Definition;
use seaworthy_diagnostics::Diagnostic;
use seaworthy_local::DEFINITION;

use crate::exit::CommandError;
use crate::platform::has_errors;

/// Every definition that a given folder contains, or that was given itself.
pub(super) struct Definitions(Vec<(Definition, Vec<Diagnostic>)>);

impl Definitions {
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, CommandError> {
        let mut definitions = Vec::new();
        for path in paths {
            let file = match path.file_name() {
                Some(name) if name == DEFINITION => path.clone(),
                _ => path.join(DEFINITION),
            };
            if !file.is_file() {
                continue;
            }
            let bytes = std::fs::read(&file).map_err(|error| {
                CommandError::system(format!("`{}` cannot be read", file.display()), &error)
            })?;
            let (definition, _) = Definition::read(&super::shown(&file), &bytes);
            let diagnostics = definition.check();
            definitions.push((definition, diagnostics));
        }
        Ok(Self(definitions))
    }

    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        let diagnostics: Vec<_> = self
            .0
            .iter()
            .flat_map(|(definition, diagnostics)| {
                let files = Files::One(definition.source());
                diagnostics.iter().map(move |one| (one, files))
            })
            .collect();
        super::plain_entries(&diagnostics)
    }

    pub(super) fn have_errors(&self) -> bool {
        self.0
            .iter()
            .any(|(_, diagnostics)| has_errors(diagnostics))
    }

    /// The paths of those about which there is nothing to say.
    pub(super) fn sound(&self) -> impl Iterator<Item = &str> {
        let sound = self.0.iter().filter(|(_, said)| said.is_empty());
        sound.map(|(definition, _)| definition.source().path())
    }
}
