//! What AWS's policies, modules, controllers and commands allow and need: the tables under `data/iam/`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Knowledge;

/// The day that every table of this folder was read.
pub const READ: &str = "2026-11-21";

/// A policy that AWS manages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicy {
    /// What follows `:policy/` in its ARN: `service-role/AmazonEBSCSIDriverPolicy`.
    pub path: String,
    /// Patterns of the actions it allows.
    pub actions: Vec<String>,
    /// Patterns that are left out of them.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// All of it holds for every resource, without a condition.
    #[serde(default)]
    pub everywhere: bool,
    /// The list leaves actions out.
    #[serde(default)]
    pub partial: bool,
    /// It changes nothing.
    #[serde(default)]
    pub reads_only: bool,
}

/// A registry module that makes a role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleModule {
    /// Its address in the registry, submodule and all.
    pub source: String,
    /// Which of its arguments say who may take the role.
    pub trust: TrustForm,
    /// The arguments that name the role.
    pub name: Vec<String>,
    /// The arguments that give the start of its name.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// The name is only a start unless `use_name_prefix` is false.
    #[serde(default)]
    pub name_is_prefix: bool,
    /// The arguments that attach policies by ARN: a list or a map.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Its name where no argument gives one.
    pub default_name: Option<String>,
    /// Without arguments that narrow them, its grants hold for everything.
    #[serde(default)]
    pub wide_defaults: bool,
    /// It makes GitHub's OIDC provider, too, unless told not to.
    #[serde(default)]
    pub provider: bool,
}

/// Which arguments of a module say who may take its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustForm {
    /// `oidc_providers` with `provider_arn` and `namespace_service_accounts`.
    ServiceAccounts,
    /// `provider_url`, `oidc_fully_qualified_subjects`, `oidc_subjects_with_wildcards`.
    Subjects,
    /// `cluster_service_accounts`: accounts by cluster.
    ClusterServiceAccounts,
    /// `subjects` of GitHub.
    Github,
    /// `github_repositories`; each stands for all of its refs.
    GithubRepositories,
    /// `oidc_provider_urls`, `enable_github_oidc`, `oidc_subjects`, `oidc_wildcard_subjects`.
    Role,
    /// `trusted_role_arns`, `trusted_role_services`.
    Principals,
    /// The service of Pod Identity, with `associations`.
    PodIdentity,
}

/// What a flag of a role module attaches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The flag.
    pub flag: String,
    /// Patterns of actions.
    pub actions: Vec<String>,
    /// The argument that narrows the resources.
    pub resources: Option<String>,
    /// The resources without that argument.
    #[serde(default)]
    pub default: Vec<String>,
    /// The resources, where nothing narrows them.
    #[serde(default)]
    pub always: Vec<String>,
}

/// What a chart's program calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartUse {
    /// The chart.
    pub name: String,
    /// The value that `provider` or its like must have, where the program serves several clouds.
    pub when: Option<String>,
    /// What it always calls.
    pub actions: Vec<String>,
}

/// A service account that an add-on makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addon {
    /// The add-on; empty for what every cluster has.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The accounts.
    pub accounts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct GrafanaQuery {
    query: String,
    actions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Push {
    login: Vec<String>,
    repository: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct CommandUse {
    service: String,
    operation: String,
    actions: Vec<String>,
}

#[derive(Deserialize)]
struct Policies {
    policy: Vec<ManagedPolicy>,
}

#[derive(Deserialize)]
struct Modules {
    module: Vec<RoleModule>,
    grant: Vec<Grant>,
}

#[derive(Deserialize)]
struct Uses {
    chart: Vec<ChartUse>,
    grafana: Vec<GrafanaQuery>,
    push: Push,
    command: Vec<CommandUse>,
    addon: Vec<Addon>,
}

#[derive(Deserialize)]
struct WithoutResources {
    services: HashMap<String, Vec<String>>,
}

static POLICIES: LazyLock<Vec<ManagedPolicy>> = LazyLock::new(|| {
    let table: Policies = toml::from_str(include_str!("../data/iam/managed-policies.toml"))
        .expect("a test reads every table");
    table.policy
});

static MODULES: LazyLock<Modules> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/iam/modules.toml")).expect("a test reads every table")
});

static USES: LazyLock<Uses> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/iam/uses.toml")).expect("a test reads every table")
});

static WITHOUT_RESOURCES: LazyLock<WithoutResources> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/iam/without-resources.toml"))
        .expect("a test reads every table")
});

impl Knowledge {
    /// The policy of AWS with this path: what follows `:policy/` in its ARN.
    pub fn managed_policy(&self, path: &str) -> Option<&'static ManagedPolicy> {
        let name = path.rsplit('/').next();
        POLICIES
            .iter()
            .find(|policy| policy.path == path || policy.path.rsplit('/').next() == name)
    }

    /// The module that makes a role, by its address in the registry.
    pub fn role_module(&self, source: &str) -> Option<&'static RoleModule> {
        MODULES.module.iter().find(|module| module.source == source)
    }

    /// What the flags of role modules attach.
    pub fn role_grants(&self) -> &'static [Grant] {
        &MODULES.grant
    }

    /// Whether no resource can be named for an action: `secretsmanager:ListSecrets`.
    pub fn is_without_resource(&self, action: &str) -> bool {
        let Some((service, name)) = action.split_once(':') else {
            return false;
        };
        WITHOUT_RESOURCES
            .services
            .get(&service.to_ascii_lowercase())
            .is_some_and(|actions| actions.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// What a chart's program always calls.
    pub fn chart_actions(&self, chart: &str) -> Option<&'static ChartUse> {
        USES.chart.iter().find(|used| used.name == chart)
    }

    /// What Grafana calls for the query of a variable of the CloudWatch data source.
    pub fn grafana_actions(&self, query: &str) -> Option<&'static [String]> {
        let query = query.trim();
        let used = USES
            .grafana
            .iter()
            .find(|used| query.starts_with(&used.query))?;
        Some(&used.actions)
    }

    /// What a login to ECR calls.
    pub fn registry_login_actions(&self) -> &'static [String] {
        &USES.push.login
    }

    /// What a push of an image to a repository of ECR calls.
    pub fn registry_push_actions(&self) -> &'static [String] {
        &USES.push.repository
    }

    /// The actions behind a command of the AWS CLI: `ecr`, `describe-images`. `None` where the command does what
    /// cannot be told from its name.
    pub fn command_actions(&self, service: &str, operation: &str) -> Option<Vec<String>> {
        let special = USES
            .command
            .iter()
            .find(|used| used.service == service && used.operation == operation);
        if let Some(special) = special {
            return Some(special.actions.clone());
        }
        // Only services whose commands are named as their actions are: those of S3, Lambda and logs are not.
        let prefix = match service {
            "elbv2" | "elb" => "elasticloadbalancing",
            "ec2" | "ecr" | "eks" | "ecs" | "iam" | "sts" | "rds" | "sns" | "sqs" | "ssm"
            | "kms" | "route53" | "secretsmanager" | "autoscaling" | "dynamodb" | "cloudfront"
            | "acm" | "cloudwatch" | "events" | "elasticache" => service,
            _ => return None,
        };
        if operation == "wait" {
            return None;
        }
        let name: String = operation
            .split('-')
            .filter_map(|word| {
                let first = word.chars().next()?;
                Some(first.to_uppercase().chain(word.chars().skip(1)))
            })
            .flatten()
            .collect();
        Some(vec![format!("{prefix}:{name}")])
    }

    /// The service accounts that an add-on of EKS makes.
    pub fn addon_accounts(&self, addon: &str) -> Option<&'static Addon> {
        USES.addon.iter().find(|own| own.name == addon)
    }

    /// The service accounts that every cluster of EKS has by itself.
    pub fn cluster_accounts(&self) -> &'static Addon {
        self.addon_accounts("").expect("a test looks it up")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read() {
        let knowledge = Knowledge;
        assert!(
            knowledge
                .managed_policy("AdministratorAccess")
                .unwrap()
                .everywhere
        );
        assert!(
            knowledge
                .managed_policy("service-role/AmazonEBSCSIDriverPolicy")
                .is_some()
        );
        assert!(knowledge.role_module("unfunco/oidc-github/aws").is_some());
        assert!(!knowledge.role_grants().is_empty());
        assert!(!knowledge.cluster_accounts().accounts.is_empty());
        assert!(!knowledge.registry_push_actions().is_empty());
        assert!(!knowledge.registry_login_actions().is_empty());
    }

    #[test]
    fn actions_without_resources_are_told_from_others() {
        let knowledge = Knowledge;
        assert!(knowledge.is_without_resource("secretsmanager:ListSecrets"));
        assert!(knowledge.is_without_resource("ecr:GetAuthorizationToken"));
        assert!(!knowledge.is_without_resource("secretsmanager:GetSecretValue"));
        assert!(!knowledge.is_without_resource("s3:PutObject"));
        assert!(!knowledge.is_without_resource("nothing"));
    }

    #[test]
    fn commands_become_actions() {
        let actions =
            |service: &str, operation: &str| Knowledge.command_actions(service, operation);
        assert_eq!(
            actions("ecr", "describe-images").unwrap(),
            ["ecr:DescribeImages"]
        );
        assert_eq!(
            actions("eks", "update-kubeconfig").unwrap(),
            ["eks:DescribeCluster"]
        );
        assert!(actions("sts", "get-caller-identity").unwrap().is_empty());
        assert!(actions("cloudformation", "deploy").is_none());
    }
}
