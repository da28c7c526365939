//! The root of what an account has once: the provider that lets GitHub in and its roles, the registry, the audit trail.

use std::collections::BTreeSet;

use seaworthy_definition::model::{Ci, Repository, ServiceSource};

use super::Root;
use super::edge::mail_addresses;
use super::hcl::{Body, Expression, list, object, reference};
use super::root::{RootName, label};
use crate::input::{Input, Note, Scope};

/// What one account has once.
#[derive(Debug, Clone)]
pub(super) struct Account<'a> {
    /// Its environments, the one that stays longest first.
    pub(super) scopes: Vec<Scope<'a>>,
    /// Whether the registry stands here.
    pub(super) has_registry: bool,
}

/// Groups environments by account. The registry stands in the account of the environment that stays longest.
pub(super) fn accounts<'a>(input: &'a Input<'_>) -> Vec<Account<'a>> {
    let mut accounts: Vec<Account<'a>> = Vec::new();
    for scope in input.scopes_by_lifetime() {
        let known = accounts
            .iter_mut()
            .find(|account| account.scopes[0].account == scope.account);
        match known {
            Some(account) => account.scopes.push(scope),
            None => accounts.push(Account {
                has_registry: accounts.is_empty(),
                scopes: vec![scope],
            }),
        }
    }
    accounts
}

/// The root of an account; `None` where there is nothing to share.
pub(super) fn root(account: &Account<'_>, accounts: &[Account<'_>]) -> Option<Root> {
    let home = &account.scopes[0];
    let images = images(accounts);
    let has_registry = account.has_registry && !images.is_empty();
    let repository = github(home);
    let audit = account.scopes.iter().any(|scope| scope.platform.audit);
    if !has_registry && repository.is_none() && !audit {
        return None;
    }
    let mut root = Root::of_account(RootName::Shared, home);
    if has_registry {
        let others = accounts
            .iter()
            .map(|other| other.scopes[0].account)
            .filter(|other| *other != home.account);
        registry(&mut root, home, &images, others.collect());
    }
    if let Some(repository) = repository {
        root.read(&Root::of_account(RootName::State, home));
        root.call("github-oidc", "github", Body::new());
        if has_registry {
            build_role(&mut root, home, repository);
        }
        for scope in &account.scopes {
            environment_roles(&mut root, scope, repository);
        }
    }
    if audit {
        add_audit(&mut root, home);
    }
    Some(root)
}

/// What a person should know about what was rendered.
pub(super) fn notes(account: &Account<'_>) -> Option<Note> {
    let home = &account.scopes[0];
    if home.platform.delivery.ci != Ci::GitHubActions {
        return None;
    }
    let text = match github(home) {
        None => {
            "no roles for GitHub Actions are rendered: give `repository: github.com/<owner>/<name>`"
        }
        Some(repository) if repository.id.is_none() || repository.owner_id.is_none() => {
            "GitHub's roles trust the repository by its name only, and GitHub names newer repositories by numbers: give \
             the repository's `id` and `owner_id`"
        }
        Some(_) => return None,
    };
    Some(Note {
        about: "repository".to_owned(),
        text: text.to_owned(),
    })
}

/// The repository whose workflows get roles.
fn github<'a>(scope: &Scope<'a>) -> Option<&'a Repository> {
    let repository = scope.platform.repository.as_ref()?;
    let is_github =
        scope.platform.delivery.ci == Ci::GitHubActions && repository.host == "github.com";
    is_github.then_some(repository)
}

/// Services whose images are built here, in any environment.
fn images<'a>(accounts: &[Account<'a>]) -> BTreeSet<&'a str> {
    accounts
        .iter()
        .flat_map(|account| &account.scopes)
        .flat_map(|scope| scope.platform.services.values())
        .filter(|service| matches!(service.source, ServiceSource::Build(_)))
        .map(|service| service.name.as_str())
        .collect()
}

fn registry(root: &mut Root, home: &Scope<'_>, images: &BTreeSet<&str>, others: BTreeSet<&str>) {
    let platform = home.platform.name.to_string();
    let mut body = Body::new()
        .set("name", platform)
        .set("services", list(images.iter().copied()));
    if !others.is_empty() {
        body = body.set("pull_accounts", list(others));
    }
    root.call("registry", "registry", body);
    root.output(
        "release_repository_urls",
        "Where releases are pushed, by service.",
        reference("module.registry.release_repository_urls"),
    );
    root.output(
        "branch_repository_urls",
        "Where branch images are pushed, by service.",
        reference("module.registry.branch_repository_urls"),
    );
}

fn build_role(root: &mut Root, home: &Scope<'_>, repository: &Repository) {
    root.call(
        "github-build-role",
        "build",
        Body::new()
            .set("name", format!("{}-github-build", home.platform.name))
            .set("oidc_provider_arn", reference("module.github.arn"))
            .set("repository", trusted(repository))
            .set("github_environment", "build")
            .set(
                "repository_arns",
                reference("module.registry.repository_arns"),
            ),
    );
    root.output(
        "build_role_arn",
        "Role of jobs that build images, in the GitHub environment `build`.",
        reference("module.build.arn"),
    );
}

fn environment_roles(root: &mut Root, scope: &Scope<'_>, repository: &Repository) {
    let names = scope.names();
    let environment = scope.environment.name.as_str();
    let bucket = Root::of_environment(RootName::Network, scope).bucket;
    let module = format!("roles_{}", label(environment));
    let state_prefix = match &scope.environment.deployment {
        Some(deployment) => format!("{environment}-{deployment}"),
        None => environment.to_owned(),
    };
    root.call(
        "github-environment-roles",
        &module,
        Body::new()
            .set("prefix", names.prefix())
            .set("regions", list([scope.region]))
            .set("oidc_provider_arn", reference("module.github.arn"))
            .set("repository", trusted(repository))
            .blank()
            .set("plan_environment", format!("{environment}-plan"))
            .set("plan_role_name", names.role("github-plan"))
            .set("apply_environment", environment)
            .set("apply_role_name", names.role("github-apply"))
            .blank()
            .set("state_bucket", bucket)
            .set("state_prefix", state_prefix)
            .set(
                "state_kms_key_arn",
                Root::output_of(RootName::State, "kms_key_arn"),
            ),
    );
    for verb in ["plan", "apply"] {
        root.output(
            &format!("{verb}_role_arn_{}", label(environment)),
            &format!("Role of jobs that {verb} {environment}."),
            reference(format!("module.{module}.{verb}_role_arn")),
        );
    }
}

fn add_audit(root: &mut Root, home: &Scope<'_>) {
    let platform = &home.platform.name;
    let name = format!("{platform}-audit");
    let topic = format!("{name}-alarms");
    root.call(
        "key",
        "alarms_key",
        Body::new()
            .set("name", topic.as_str())
            .set(
                "description",
                format!("Alarms of the audit trail of {platform}"),
            )
            .set("services", list(["cloudwatch.amazonaws.com"])),
    );
    root.call(
        "notifications",
        "alarms",
        Body::new()
            .set("name", topic.as_str())
            .set("display_name", name.as_str())
            .set("kms_key_arn", reference("module.alarms_key.arn"))
            .set("publishers", list(["cloudwatch.amazonaws.com"]))
            .set("mail_addresses", list(mail_addresses(home))),
    );
    root.call(
        "audit",
        "audit",
        Body::new()
            .set("name", name.as_str())
            .set(
                "bucket_name",
                crate::names::fit(&format!("{name}-{}-{}", home.account, home.region), 63),
            )
            .set("role_name", name.as_str())
            .set(
                "alarm_topic_arns",
                list([reference("module.alarms.topic_arn")]),
            ),
    );
}

/// The one repository that is trusted, by name and, where they are known, by GitHub's numbers.
fn trusted(repository: &Repository) -> Expression {
    let mut entries = vec![
        ("owner", repository.owner.clone()),
        ("name", repository.name.clone()),
    ];
    if let (Some(id), Some(owner_id)) = (repository.id, repository.owner_id) {
        entries.push(("owner_id", owner_id.to_string()));
        entries.push(("id", id.to_string()));
    }
    object(entries)
}
