//! Where a value comes from, and why.

mod walk;

use std::fmt;

use seaworthy_diagnostics::suggest;

use crate::definition::Definition;
use walk::Explainer;

/// A value of a definition, or everything below a path: what it is, where that is said, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The path: `services.api.scale.min`.
    pub path: String,
    /// The value as it would be written; `None` where there is none, or where the path has others below it.
    /// References stay references, so that no secret is ever in it.
    pub value: Option<String>,
    /// What the value refers to is a secret.
    pub secret: bool,
    /// Where the value is said; `None` where there is no value.
    pub origin: Option<Origin>,
    /// What the key is for, and why the value is what it is.
    pub reason: String,
    /// What is below the path, in the order of the definition's reference.
    pub below: Vec<Explanation>,
}

/// Where a value is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the definition.
    Definition {
        /// The file, as it was given to [`Definition::read`].
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// Nowhere: it is the default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition { file, line, .. } => write!(f, "{file}:{line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why a path cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// A part of the path is neither a key nor a name.
    #[error("`{path}` does not exist: {within} has no `{part}`")]
    FindPath {
        /// The path that was asked for.
        path: String,
        /// The part of it that does not exist.
        part: String,
        /// What was expected to have it: ``a service``, ``the definition``.
        within: String,
        /// The whole path with the nearest spelling, where one is near.
        nearest: Option<String>,
        /// What exists in its place.
        known: Vec<String>,
    },
    /// The environment is not declared.
    #[error("no environment is called `{name}`")]
    FindEnvironment {
        /// The name that was asked for.
        name: String,
        /// The nearest one that is declared.
        nearest: Option<String>,
        /// Every one that is declared.
        known: Vec<String>,
    },
}

impl Definition {
    /// Explains the value at a path, as it is in an environment, or on this machine where none is named. The path of a
    /// map explains everything in it; an empty path, the whole definition.
    pub fn explain(
        &self,
        path: &str,
        environment: Option<&str>,
    ) -> Result<Explanation, ExplainError> {
        if let Some(name) = environment
            && !self.environment_names().any(|declared| declared == name)
        {
            return Err(ExplainError::FindEnvironment {
                name: name.to_owned(),
                nearest: suggest(name, self.environment_names()).map(str::to_owned),
                known: self.environment_names().map(str::to_owned).collect(),
            });
        }
        let (resolved, values, _) = self.resolved(environment);
        let changes = environment
            .and_then(|name| self.root().get("environments")?.get(name)?.get("override"))
            .map(|value| value.span);
        let explainer = Explainer {
            definition: self,
            resolved,
            values: &values,
            environment,
            changes,
        };
        explainer.find(path)
    }
}
