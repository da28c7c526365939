//! Who is who in AWS: roles with their trust and policies, identity providers, Pod Identity, add-ons, access keys.
//!
//! [`Iam::read`] takes it from configurations: resources, policy documents, and the registry modules that make roles.
//! [`Role::allows`] says whether a role may do something and by which statement; [`Trust::takes_account`],
//! [`Trust::takes_repository`] and [`Trust::takes_pod_identity`] whether somebody may take the role. What was not seen
//! makes the answer unknown, never a guess.

mod accounts;
mod document;
mod forms;
mod jobs;
mod modules;
mod pattern;
mod policies;
mod role;
mod trust;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use seaworthy_facts::terraform::{InstanceKey, Resource, Root};
use seaworthy_facts::{Facts, Part, Same, Span, Text, Unknown, Value};
use seaworthy_knowledge::Knowledge;

pub use accounts::{Account, Addon, Association};
pub use document::{Condition, Document, Principal, PrincipalKind, Statement};
pub use jobs::{Assumption, JobNeeds, Taken};
pub use pattern::{takes, takes_action};
pub use role::{Breadth, Policy, Role, Verdict, reads, role_name};
pub use trust::{Admission, Issuer, POD_IDENTITY, Trust};

use policies::{attached, inline_policy};

/// Everything about identities that configurations declare.
#[derive(Debug, Default)]
pub struct Iam {
    /// Every role.
    pub roles: Vec<Role>,
    /// The roles by their names; those whose names are not known stand under none.
    by_name: OnceLock<HashMap<Option<String>, Vec<usize>>>,
    /// Every provider of identities that is declared or looked up.
    pub providers: Vec<OidcProvider>,
    /// Who gets a role by Pod Identity.
    pub associations: Vec<Association>,
    /// The associations by the names of their accounts; those whose names are not known stand under none.
    associations_by_account: OnceLock<HashMap<Option<String>, Vec<usize>>>,
    /// Add-ons of EKS, which make service accounts.
    pub addons: Vec<Addon>,
    /// Long-lived keys of users.
    pub keys: Vec<AccessKey>,
}

/// A provider of identities.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// The root that has it.
    pub root: usize,
    /// What references name.
    pub address: Arc<str>,
    /// Whose tokens it stands for.
    pub issuer: Issuer,
    /// Its url.
    pub url: Option<Value>,
    /// Thumbprints of certificates that are written out.
    pub thumbprints: Vec<Value>,
    /// It is made here, not looked up.
    pub made: bool,
    /// Its header.
    pub span: Span,
}

/// A long-lived key of a user.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// The root that makes it.
    pub root: usize,
    /// What references name: the key, or the module that makes it.
    pub address: Arc<str>,
    /// Its header.
    pub span: Span,
}

impl Iam {
    /// Reads everything about identities.
    pub fn read(facts: &Facts, knowledge: &Knowledge) -> Self {
        let mut iam = Self::default();
        for (index, root) in facts.terraform.roots.iter().enumerate() {
            iam.read_providers(index, root);
        }
        for (index, root) in facts.terraform.roots.iter().enumerate() {
            let first = iam.roles.len();
            let providers: Vec<OidcProvider> = iam.of_root(index).cloned().collect();
            for resource in root.resources("aws_iam_role") {
                if !resource.from_summary {
                    let role = role(index, root, resource, knowledge, &providers);
                    iam.roles.push(role);
                }
            }
            iam.read_modules(index, root, knowledge);
            iam.attach(first, root, knowledge);
            iam.read_accounts(index, root, knowledge);
            iam.read_keys(index, root);
        }
        iam
    }

    /// The roles that an ARN or name can mean, and whether it means them for sure. A reference of which nothing is
    /// known gives none.
    pub fn roles_called(&self, reference: &Value) -> Vec<(&Role, Same)> {
        if names_nothing(reference) {
            return Vec::new();
        }
        let judged = |role: &'_ Role| role.is_called(reference);
        let all = || self.roles.iter().map(|role| (role, judged(role)));
        let name = reference.text().as_ref().and_then(role_name);
        let name = name.as_ref().and_then(Text::literal);
        let Some(name) = name else {
            return all().filter(|(_, same)| *same != Same::Never).collect();
        };
        let by_name = self.by_name();
        let mut called: Vec<usize> = [Some(name.to_owned()), None]
            .iter()
            .filter_map(|name| by_name.get(name))
            .flatten()
            .copied()
            .collect();
        called.sort_unstable();
        called
            .into_iter()
            .map(|at| (&self.roles[at], judged(&self.roles[at])))
            .filter(|(_, same)| *same != Same::Never)
            .collect()
    }

    fn by_name(&self) -> &HashMap<Option<String>, Vec<usize>> {
        self.by_name.get_or_init(|| {
            let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
            for (at, role) in self.roles.iter().enumerate() {
                let name = role.name.literal().map(str::to_owned);
                by_name.entry(name).or_default().push(at);
            }
            by_name
        })
    }

    /// The one role, in however many roots or environments, that a reference means for sure.
    pub fn role_called(&self, reference: &Value) -> Option<&Role> {
        self.roles_called(reference)
            .into_iter()
            .find(|(_, same)| *same == Same::Always)
            .map(|(role, _)| role)
    }

    /// The roles that take tokens of GitHub Actions.
    pub fn github_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles
            .iter()
            .filter(|role| role.trust.github().next().is_some())
    }

    /// The providers of identities of a root.
    pub fn of_root(&self, root: usize) -> impl Iterator<Item = &OidcProvider> {
        self.providers
            .iter()
            .filter(move |provider| provider.root == root)
    }

    fn read_providers(&mut self, index: usize, root: &Root) {
        let managed = root.resources("aws_iam_openid_connect_provider");
        for (resource, made) in managed.map(|r| (r, true)).chain(
            root.data("aws_iam_openid_connect_provider")
                .map(|r| (r, false)),
        ) {
            let url = resource.at("url").cloned();
            let shown = url
                .as_ref()
                .and_then(Value::text)
                .map(|text| text.to_string())
                .unwrap_or_default();
            let issuer = if shown.contains("token.actions.githubusercontent.com") {
                Issuer::GitHub
            } else if shown.contains("aws_eks_cluster")
                || shown.contains("oidc_issuer")
                || shown.contains("oidc.eks.")
                || resource.from_summary
            {
                Issuer::Cluster(url.as_ref().and_then(Value::text).unwrap_or_default())
            } else {
                Issuer::Other
            };
            self.providers.push(OidcProvider {
                root: index,
                address: resource.plain_address.clone(),
                issuer,
                thumbprints: resource
                    .at("thumbprint_list")
                    .map_or(Vec::new(), |list| list.each().to_vec()),
                url,
                made,
                span: resource.span,
            });
        }
    }

    fn read_keys(&mut self, index: usize, root: &Root) {
        for key in root.resources("aws_iam_access_key") {
            if !key.from_summary {
                self.keys.push(AccessKey {
                    root: index,
                    address: key.plain_address.clone(),
                    span: key.span,
                });
            }
        }
        for call in &root.calls {
            let is_user = call.folder.is_none()
                && call.registry.as_deref()
                    == Some("terraform-aws-modules/iam/aws//modules/iam-user");
            let makes_key = ["create_iam_access_key", "create_access_key"]
                .iter()
                .filter_map(|flag| call.arguments.get(flag))
                .all(|flag| flag.bool() != Some(false));
            if is_user && makes_key {
                self.keys.push(AccessKey {
                    root: index,
                    address: call.address.clone(),
                    span: call.span,
                });
            }
        }
    }

    /// Gives the roles from `first` on the policies that stand beside them.
    fn attach(&mut self, first: usize, root: &Root, knowledge: &Knowledge) {
        let mut give = |target: &Value, policy: &dyn Fn() -> Policy| {
            for role in &mut self.roles[first..] {
                if is_role(target, role) {
                    role.policies.push(policy());
                }
            }
        };
        for inline in root.resources("aws_iam_role_policy") {
            if let Some(target) = inline.at("role") {
                give(target, &|| inline_policy(&inline.body, inline, root));
            }
        }
        for attachment in root.resources("aws_iam_role_policy_attachment") {
            if let (Some(target), Some(arn)) = (attachment.at("role"), attachment.at("policy_arn"))
            {
                give(target, &|| attached(arn, root, knowledge));
            }
        }
        for attachment in root.resources("aws_iam_policy_attachment") {
            let targets = attachment.at("roles").map_or(&[][..], Value::each);
            if let Some(arn) = attachment.at("policy_arn") {
                for target in targets {
                    give(target, &|| attached(arn, root, knowledge));
                }
            }
        }
    }
}

/// Whether the value by which a policy names its role means this one.
fn is_role(target: &Value, role: &Role) -> bool {
    let Some(text) = target.text() else {
        return false;
    };
    match text.parts() {
        [Part::Hole(unknown)] => unknown
            .resource
            .as_deref()
            .is_some_and(|address| role.is_at(address)),
        _ => !text.is_empty() && text == role.name,
    }
}

/// Whether nothing is known of a reference but that there is one.
fn names_nothing(reference: &Value) -> bool {
    match reference.text() {
        None => true,
        Some(text) => match text.parts() {
            [Part::Hole(unknown)] => unknown.resource.is_none() && unknown.choices.is_empty(),
            _ => false,
        },
    }
}

fn role(
    index: usize,
    root: &Root,
    resource: &Resource,
    knowledge: &Knowledge,
    providers: &[OidcProvider],
) -> Role {
    let named = resource.at("name").filter(|name| !name.is_null());
    let prefix = resource
        .at("name_prefix")
        .filter(|prefix| !prefix.is_null());
    let mut name = named.or(prefix).and_then(Value::text).unwrap_or_default();
    if named.is_none() {
        name.push_hole(Unknown::attribute(resource.plain_address.clone(), "name"));
    }
    let trust = resource.at("assume_role_policy");
    let document = trust.map_or_else(Document::default, |value| Document::read(value, root));
    let mut policies = Vec::new();
    for arn in resource
        .at("managed_policy_arns")
        .map_or(&[][..], Value::each)
    {
        policies.push(attached(arn, root, knowledge));
    }
    for inline in resource.at("inline_policy").map_or(&[][..], Value::each) {
        policies.push(inline_policy(inline, resource, root));
    }
    Role {
        root: index,
        address: match &resource.key {
            Some(InstanceKey::Unknown) | None => resource.plain_address.clone(),
            Some(_) => resource.address.clone(),
        },
        module: None,
        name,
        name_span: named.or(prefix).map_or(resource.span, |name| name.span),
        name_origin: named.or(prefix).and_then(|name| name.trail.origin()),
        span: resource.span,
        block: resource.block,
        trust: Trust::new(
            document,
            trust.map_or(resource.span, |trust| trust.span),
            providers,
        ),
        policies,
        complete: true,
    }
}
