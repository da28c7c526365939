//! Delivery.

use super::{Resolver, Scope};
use crate::model::{Ci, Delivery, GitOps, GitOpsRepository};

impl Resolver<'_> {
    #[expect(clippy::unused_self, reason = "one method per resource")]
    pub(super) fn delivery(&mut self, scope: &Scope<'_>) -> Delivery {
        Delivery {
            gitops: match scope.text("gitops") {
                Some("flux") => GitOps::Flux,
                _ => GitOps::ArgoCd,
            },
            ci: match scope.text("ci") {
                Some("jenkins") => Ci::Jenkins,
                _ => Ci::GitHubActions,
            },
            gitops_repository: scope
                .optional_object("gitops_repository")
                .and_then(|repository| {
                    Some(GitOpsRepository {
                        repository: repository.owned("url")?,
                        path: repository.owned("path").unwrap_or_default(),
                    })
                }),
        }
    }
}
