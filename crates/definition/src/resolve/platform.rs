//! The platform as a whole.

use std::collections::BTreeMap;

use seaworthy_diagnostics::{Diagnostic, Span};

use super::{Resolver, Scope};
use crate::model::{
    BucketName, DatabaseName, EnvironmentName, JobName, NotifyName, Platform, PlatformName,
    Repository, SecretName, ServiceName,
};

impl Resolver<'_> {
    pub(super) fn platform(
        &mut self,
        scope: &Scope<'_>,
        environment: Option<EnvironmentName>,
    ) -> Platform {
        let mut services = indexmap::IndexMap::new();
        for (name, scope) in scope.objects("services") {
            let name = ServiceName::new(name);
            services.insert(name.clone(), self.service(name, &scope));
        }
        self.shared_routes(scope);

        let mut databases = BTreeMap::new();
        for (name, scope) in scope.objects("databases") {
            let name = DatabaseName::new(name);
            databases.insert(name.clone(), self.database(name, &scope));
        }
        let mut secrets = BTreeMap::new();
        for (name, scope) in scope.objects("secrets") {
            let name = SecretName::new(name);
            secrets.insert(name.clone(), self.secret(name, &scope));
        }
        let mut jobs = BTreeMap::new();
        for (name, scope) in scope.objects("jobs") {
            let name = JobName::new(name);
            jobs.insert(name.clone(), self.job(name, &scope));
        }
        let mut buckets = BTreeMap::new();
        for (name, scope) in scope.objects("buckets") {
            let name = BucketName::new(name);
            buckets.insert(name.clone(), self.bucket(name, &scope));
        }
        let mut notify = BTreeMap::new();
        for (name, scope) in scope.objects("notify") {
            let name = NotifyName::new(name);
            if let Some(target) = self.notify(name.clone(), &scope) {
                notify.insert(name, target);
            }
        }
        self.ports_of_references(&services, scope);
        let targets: Vec<String> = scope
            .names("notify")
            .map(|(name, _)| name.to_owned())
            .collect();
        let unread = scope.has("notify") && scope.get("notify").is_none();
        let targets = (!unread).then_some(&targets[..]);
        let mut environments = BTreeMap::new();
        for (name, scope) in scope.objects("environments") {
            let name = EnvironmentName::new(name);
            environments.insert(name.clone(), self.environment(name, &scope, targets));
        }
        self.renames(scope);
        self.deployments(scope);
        let edge = self.edge(&scope.object("edge"));
        let current = environment
            .as_ref()
            .and_then(|name: &EnvironmentName| environments.get(name.as_str()));
        let network = self.network(&scope.object("network"), current);
        let cluster = self.cluster(&scope.object("cluster"));
        let delivery = self.delivery(&scope.object("delivery"));
        Platform {
            name: PlatformName::new(scope.text("platform").unwrap_or("platform")),
            repository: scope
                .optional_object("repository")
                .and_then(|scope| Self::repository(&scope)),
            services,
            databases,
            secrets,
            jobs,
            buckets,
            notify,
            edge,
            network,
            audit: scope.boolean("audit").unwrap_or(false),
            cluster,
            delivery,
            environments,
            environment,
        }
    }

    fn repository(scope: &Scope<'_>) -> Option<Repository> {
        let (host, rest) = scope.text("url")?.split_once('/')?;
        let (owner, name) = rest.rsplit_once('/')?;
        Some(Repository {
            host: host.to_owned(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            path: scope.owned("path").unwrap_or_default(),
            branch: scope.owned("branch").unwrap_or_default(),
            id: scope.optional_number("id"),
            owner_id: scope.optional_number("owner_id"),
        })
    }

    /// Environments of one account whose things would have the same names, and whose states the same place.
    fn deployments(&mut self, platform: &Scope<'_>) {
        let environments = platform.objects("environments");
        let mut taken: BTreeMap<(&str, String), (&str, Span)> = BTreeMap::new();
        for (name, scope) in &environments {
            let (Some(account), Some(value)) = (scope.text("account"), scope.value()) else {
                continue;
            };
            let (names, span) = match scope.get("deployment") {
                Some(deployment) => {
                    let suffix = deployment.as_text().unwrap_or_default();
                    (format!("{name}-{suffix}"), deployment.span)
                }
                None => ((*name).to_owned(), value.key),
            };
            let Some((other, place)) = taken.insert((account, names.clone()), (name, span)) else {
                continue;
            };
            self.report(
                Diagnostic::error(
                    "definition/deployment",
                    format!("`{other}` and `{name}` would be one and the same in AWS"),
                )
                .primary(span, format!("its things are called `…-{names}-…`"))
                .secondary(place, "and so are these")
                .hint(
                    "rename one of the two, give it another `deployment`, or an account of its own",
                ),
            );
        }
    }

    /// A former name that is still, or twice, in use.
    fn renames(&mut self, platform: &Scope<'_>) {
        for kind in ["services", "databases", "buckets"] {
            let mut former: BTreeMap<&str, Span> = BTreeMap::new();
            let objects = platform.objects(kind);
            for (name, scope) in &objects {
                let Some(was) = scope.get("was") else {
                    continue;
                };
                let Some(old) = was.as_text() else { continue };
                let other = objects
                    .iter()
                    .find(|(other, _)| *other == old)
                    .and_then(|(_, scope)| scope.value());
                if let Some(other) = other {
                    let message = if old == *name {
                        format!("`{name}` was never called anything else")
                    } else {
                        format!("`{name}` was called `{old}`, and `{old}` is still there")
                    };
                    self.report(
                        Diagnostic::error("definition/was", message)
                            .primary(was.span, "the former name")
                            .secondary(other.key, "in use")
                            .hint("`was:` is for a rename: remove one of the two, or the `was:`"),
                    );
                } else if let Some(first) = former.insert(old, was.span) {
                    self.report(
                        Diagnostic::error(
                            "definition/was",
                            format!("two of `{kind}` were called `{old}`"),
                        )
                        .primary(was.span, "")
                        .secondary(first, "the first")
                        .hint("only one can take over what exists under the old name"),
                    );
                }
            }
        }
    }
}
