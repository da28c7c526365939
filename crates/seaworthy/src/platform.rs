//! The platform that a command is about: its folder, its definition, its home.

use std::path::{Path, PathBuf};

use seaworthy_definition::Definition;
use seaworthy_diagnostics::{Diagnostic, Severity};
use seaworthy_local::control::Client;
use seaworthy_local::{DEFINITION, Home, Settings};

use crate::arguments::Format;
use crate::exit::CommandError;
use crate::{printer, settings};

/// A platform's folder and where its data is.
pub(crate) struct PlatformFolder {
    /// Absolute.
    pub(crate) path: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) home: Home,
}

impl PlatformFolder {
    /// The platform in `folder`; a path to the definition itself will do as well.
    pub(crate) fn find(folder: &Path) -> Result<Self, CommandError> {
        let folder = if folder.is_file() {
            folder.parent().unwrap_or(Path::new(""))
        } else {
            folder
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let found = folder.canonicalize();
        let path = match &found {
            Ok(path) => path.clone(),
            // A folder that is gone may have left a platform behind, which can still be looked at and ended.
            Err(_) => std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()),
        };
        let settings = settings::read();
        let home = Home::new(&settings, &path);
        if !path.join(DEFINITION).exists() && !home.folder().exists() {
            found.map_err(|error| {
                CommandError::system(format!("`{}` is no folder", folder.display()), &error)
            })?;
            return Err(CommandError::usage(
                format!("there is no `{DEFINITION}` in {}", path.display()),
                "name the platform's folder, or begin one with `seaworthy new hello DIR`",
            ));
        }
        Ok(Self {
            path,
            settings,
            home,
        })
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.home)
    }

    /// The definition's path as people want to read it: relative to where they are, where it is below.
    pub(crate) fn definition_path(&self) -> PathBuf {
        let file = self.path.join(DEFINITION);
        std::env::current_dir()
            .ok()
            .and_then(|here| file.strip_prefix(here).map(Path::to_path_buf).ok())
            .unwrap_or(file)
    }

    pub(crate) fn read(&self) -> Result<(Definition, Vec<Diagnostic>), CommandError> {
        let path = self.definition_path();
        let bytes = std::fs::read(&path).map_err(|error| {
            CommandError::system(format!("`{}` cannot be read", path.display()), &error)
        })?;
        Ok(Definition::read(&path.display().to_string(), &bytes))
    }

    /// Reads the definition and prints what is wrong with it; errors end the command.
    pub(crate) fn definition(&self) -> Result<Definition, CommandError> {
        let (definition, _) = self.read()?;
        let diagnostics = definition.check();
        printer::diagnostics(&diagnostics, &[definition.source()], Format::Text)?;
        if has_errors(&diagnostics) {
            return Err(CommandError::Definition);
        }
        Ok(definition)
    }

    /// The same, for who only needs the platform's name.
    pub(crate) fn check(&self) -> Result<String, CommandError> {
        Ok(self.definition()?.resolve(None).0.name.to_string())
    }
}

/// Whether anything among them ends a command.
pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Splits arguments such as `logs [SERVICE] [DIR]` into names and a folder: a folder has a slash or holds a definition.
pub(crate) fn split_targets(targets: &[String]) -> Result<(Vec<&str>, &Path), CommandError> {
    let is_folder = |target: &str| {
        target.contains('/')
            || target == "."
            || target == ".."
            || Path::new(target).join(DEFINITION).is_file()
    };
    let (folders, names): (Vec<&str>, Vec<&str>) = targets
        .iter()
        .map(String::as_str)
        .partition(|target| is_folder(target));
    match folders.as_slice() {
        [] => Ok((names, Path::new("."))),
        [folder] => Ok((names, Path::new(*folder))),
        [first, second, ..] => Err(CommandError::usage(
            format!("`{first}` and `{second}` are both folders"),
            "name one platform's folder",
        )),
    }
}
