//! The network.

use seaworthy_diagnostics::Diagnostic;

use super::{Resolver, Scope};
use crate::model::{Environment, Nat, Network};

impl Resolver<'_> {
    /// The network of the environment that is resolved, or of none in particular.
    pub(super) fn network(
        &mut self,
        scope: &Scope<'_>,
        environment: Option<&Environment>,
    ) -> Network {
        let nat = match scope.text("nat") {
            Some("per-zone") => Nat::PerZone,
            Some("single") => Nat::Single,
            Some("none") => Nat::None,
            _ => {
                let protected = environment.is_some_and(|environment| environment.protected);
                let (nat, word) = if protected {
                    (Nat::PerZone, "per-zone")
                } else {
                    (Nat::Single, "single")
                };
                self.computed(scope.path_of("nat"), word);
                nat
            }
        };
        let adopted = environment.and_then(|environment| environment.existing.network.as_deref());
        if let (Some(id), Some(range)) = (adopted, scope.get("range")) {
            self.report(
                Diagnostic::warning(
                    "definition/network",
                    format!("the network `{id}` is adopted, and has a range already"),
                )
                .primary(range.key, "this changes nothing there"),
            );
        }
        Network {
            range: scope.owned("range").unwrap_or_default(),
            nat,
            endpoints: scope.texts("endpoints"),
        }
    }
}
