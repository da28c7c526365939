//! A secret that comes from outside.

use super::SecretName;

/// A secret whose value the team puts into the secret store itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: SecretName,
    /// What it is for, shown where its value is asked for.
    pub description: Option<String>,
}
