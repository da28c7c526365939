//! Secrets from outside.

use super::{Resolver, Scope};
use crate::model::{Secret, SecretName};

impl Resolver<'_> {
    #[expect(clippy::unused_self, reason = "one method per resource")]
    pub(super) fn secret(&mut self, name: SecretName, scope: &Scope<'_>) -> Secret {
        Secret {
            description: scope.owned("description"),
            name,
        }
    }
}
