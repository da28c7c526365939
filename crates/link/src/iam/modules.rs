//! Roles that registry modules make: their trust and policies from the arguments of the call.

use std::sync::Arc;

use seaworthy_facts::terraform::{ModuleCall, Root};
use seaworthy_facts::{Data, Span, Text, Unknown, UnknownKind, Value};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::iam::{RoleModule, TrustForm};

use super::document::{Condition, Document, Principal, PrincipalKind, Statement};
use super::{Iam, Issuer, OidcProvider, POD_IDENTITY, Policy, Role, Trust, attached};

const GITHUB: &str = "token.actions.githubusercontent.com";

impl Iam {
    /// Reads the calls of modules that make roles. Those whose files are here are read as resources instead.
    pub(super) fn read_modules(&mut self, index: usize, root: &Root, knowledge: &Knowledge) {
        for call in root.calls.iter().filter(|call| call.folder.is_none()) {
            let Some(module) = call
                .registry
                .as_deref()
                .and_then(|source| knowledge.role_module(source))
            else {
                continue;
            };
            let off = ["create", "create_role", "enabled"]
                .iter()
                .filter_map(|flag| call.arguments.get(flag))
                .any(|flag| flag.bool() == Some(false));
            if off {
                continue;
            }
            if module.provider
                && call
                    .arguments
                    .get("create_oidc_provider")
                    .and_then(Value::bool)
                    != Some(false)
            {
                self.providers.push(OidcProvider {
                    root: index,
                    address: call.address.clone(),
                    issuer: Issuer::GitHub,
                    url: None,
                    thumbprints: call
                        .arguments
                        .get("github_thumbprint")
                        .cloned()
                        .into_iter()
                        .collect(),
                    made: true,
                    span: call.span,
                });
            }
            let providers: Vec<OidcProvider> = self.of_root(index).cloned().collect();
            let role = role(index, root, call, module, knowledge, &providers);
            self.roles.push(role);
        }
    }
}

fn role(
    index: usize,
    root: &Root,
    call: &ModuleCall,
    module: &RoleModule,
    knowledge: &Knowledge,
    providers: &[OidcProvider],
) -> Role {
    let argument = |names: &[String]| {
        names
            .iter()
            .filter_map(|name| call.arguments.get(name))
            .find(|value| !value.is_null())
    };
    let named = argument(&module.name);
    let prefix = argument(&module.prefix);
    let mut name = named
        .or(prefix)
        .and_then(Value::text)
        .or_else(|| module.default_name.as_deref().map(Text::from))
        .unwrap_or_default();
    let is_prefix = if module.name_is_prefix {
        call.arguments.get("use_name_prefix").and_then(Value::bool) != Some(false)
    } else {
        named.is_none() && module.default_name.is_none()
    };
    if is_prefix || name.is_empty() {
        name.push_hole(Unknown::attribute(call.address.clone(), "iam_role_name"));
    }
    let document = Document {
        statements: Form { call, module }.statements(),
        complete: true,
    };
    let span = document
        .statements
        .first()
        .map_or(call.span, |statement| statement.span);
    let mut policies: Vec<Policy> = module
        .policies
        .iter()
        .filter_map(|name| call.arguments.get(name))
        .flat_map(|value| match &value.data {
            Data::Map(map) => map.entries.iter().map(|entry| &entry.value).collect(),
            _ => value.each().iter().collect::<Vec<_>>(),
        })
        .map(|arn| attached(arn, root, knowledge))
        .collect();
    policies.extend(flags(call, module, knowledge));
    Role {
        root: index,
        address: call.address.clone(),
        module: call.registry.clone(),
        name,
        name_span: named.or(prefix).map_or(call.span, |name| name.span),
        name_origin: named.or(prefix).and_then(|name| name.trail.origin()),
        span: call.span,
        block: call.block,
        trust: Trust::new(document, span, providers),
        policies,
        complete: true,
    }
}

/// The policies that a module attaches by flags.
fn flags(call: &ModuleCall, module: &RoleModule, knowledge: &Knowledge) -> Vec<Policy> {
    let mut policies = Vec::new();
    for entry in call.arguments.entries() {
        let is_flag = entry.key.starts_with("attach_") && entry.key.ends_with("_policy");
        if !is_flag || entry.value.bool() != Some(true) {
            continue;
        }
        if matches!(
            &*entry.key,
            "attach_admin_policy" | "attach_read_only_policy"
        ) {
            let path = if &*entry.key == "attach_admin_policy" {
                "AdministratorAccess"
            } else {
                "ReadOnlyAccess"
            };
            policies.push(super::managed(path, entry.key_span, knowledge));
            continue;
        }
        let statements: Vec<Statement> = knowledge
            .role_grants()
            .iter()
            .filter(|grant| *grant.flag == *entry.key)
            .filter_map(|grant| {
                let given = grant
                    .resources
                    .as_deref()
                    .and_then(|name| call.arguments.get(name));
                let resources = match given {
                    Some(given) => given.each().to_vec(),
                    None if grant.resources.is_none() => values(&grant.always, entry.key_span),
                    None if module.wide_defaults => values(&grant.default, entry.key_span),
                    None => return None,
                };
                Some(statement(
                    values(&grant.actions, entry.key_span),
                    resources,
                    entry.key_span,
                ))
            })
            .collect();
        let known = !statements.is_empty();
        policies.push(Policy {
            name: Text::from(&*entry.key),
            span: entry.key_span,
            document: Document {
                statements,
                complete: known,
            },
            managed: None,
            assumed: known.then(|| {
                format!(
                    "what `{}` of module `{}` grants (table of {})",
                    entry.key,
                    module.source,
                    seaworthy_knowledge::iam::READ
                )
                .into()
            }),
        });
    }
    policies
}

fn values(texts: &[String], span: Span) -> Vec<Value> {
    texts
        .iter()
        .map(|text| Value::string(text.as_str(), span))
        .collect()
}

fn statement(actions: Vec<Value>, resources: Vec<Value>, span: Span) -> Statement {
    Statement {
        denies: false,
        actions,
        not_actions: Vec::new(),
        resources,
        not_resources: Vec::new(),
        principals: Vec::new(),
        conditions: Vec::new(),
        span,
    }
}

/// The arguments of a call that say who may take its role.
struct Form<'a> {
    call: &'a ModuleCall,
    module: &'a RoleModule,
}

impl Form<'_> {
    fn list(&self, name: &str) -> &[Value] {
        self.call.arguments.get(name).map_or(&[], Value::each)
    }

    fn is_on(&self, flag: &str) -> bool {
        self.call.arguments.get(flag).and_then(Value::bool) == Some(true)
    }

    fn statements(&self) -> Vec<Statement> {
        match self.module.trust {
            TrustForm::ServiceAccounts => self.of_providers(),
            TrustForm::Subjects => {
                let provider = self
                    .call
                    .arguments
                    .get("provider_url")
                    .or_else(|| self.list("provider_urls").first());
                self.with_subjects(
                    provider,
                    "oidc_fully_qualified_subjects",
                    "oidc_subjects_with_wildcards",
                    "oidc_fully_qualified_audiences",
                )
            }
            TrustForm::ClusterServiceAccounts => self
                .call
                .arguments
                .get("cluster_service_accounts")
                .map_or(&[][..], Value::entries)
                .iter()
                .map(|entry| {
                    let cluster = Value::string(&*entry.key, entry.key_span);
                    web_identity(&cluster, &accounts(&entry.value), "StringEquals", None)
                })
                .collect(),
            TrustForm::Github => {
                let subjects: Vec<Value> =
                    self.list("subjects").iter().map(of_repository).collect();
                vec![self.github(&subjects, "StringLike")]
            }
            TrustForm::GithubRepositories => {
                let subjects: Vec<Value> = self
                    .list("github_repositories")
                    .iter()
                    .map(of_repository)
                    .map(|value| match value.str() {
                        Some(text) if text.matches(':').count() == 1 => append(&value, ":*"),
                        _ => value,
                    })
                    .collect();
                vec![self.github(&subjects, "StringLike")]
            }
            TrustForm::Role if self.is_on("enable_github_oidc") => {
                let exact = self
                    .list("oidc_subjects")
                    .iter()
                    .map(of_repository)
                    .collect::<Vec<_>>();
                let like = self.list("oidc_wildcard_subjects");
                let like = like.iter().map(of_repository).collect::<Vec<_>>();
                let mut statement = self.github(&exact, "StringEquals");
                if !like.is_empty() {
                    statement.conditions.push(condition(
                        "StringLike",
                        &format!("{GITHUB}:sub"),
                        like,
                    ));
                    statement
                        .conditions
                        .retain(|condition| !condition.values.is_empty());
                }
                vec![statement]
            }
            TrustForm::Role => self.with_subjects(
                self.list("oidc_provider_urls").first(),
                "oidc_subjects",
                "oidc_wildcard_subjects",
                "oidc_audiences",
            ),
            TrustForm::Principals => self.principals(),
            TrustForm::PodIdentity => {
                let mut statement = statement(
                    vec![Value::string("sts:AssumeRole", self.call.span)],
                    Vec::new(),
                    self.call.span,
                );
                statement.principals.push(Principal {
                    kind: PrincipalKind::Service,
                    id: Value::string(POD_IDENTITY, self.call.span),
                });
                vec![statement]
            }
        }
    }

    fn of_providers(&self) -> Vec<Statement> {
        self.call
            .arguments
            .get("oidc_providers")
            .map_or(&[][..], Value::entries)
            .iter()
            .filter_map(|entry| {
                let provider = entry.value.get("provider_arn")?;
                let named = entry.value.get("namespace_service_accounts")?;
                let audience = Value::string("sts.amazonaws.com", provider.span);
                Some(web_identity(
                    provider,
                    &accounts(named),
                    "StringEquals",
                    Some(audience),
                ))
            })
            .collect()
    }

    fn with_subjects(
        &self,
        provider: Option<&Value>,
        exact: &str,
        like: &str,
        audiences: &str,
    ) -> Vec<Statement> {
        let Some(provider) = provider else {
            return Vec::new();
        };
        let mut statement = web_identity(provider, self.list(exact), "StringEquals", None);
        let key = claim_key(provider, ":sub");
        if !self.list(like).is_empty() {
            statement
                .conditions
                .push(condition("StringLike", &key, self.list(like).to_vec()));
        }
        if !self.list(audiences).is_empty() {
            let key = claim_key(provider, ":aud");
            statement
                .conditions
                .push(condition("StringLike", &key, self.list(audiences).to_vec()));
        }
        statement
            .conditions
            .retain(|condition| !condition.values.is_empty());
        vec![statement]
    }

    fn github(&self, subjects: &[Value], operator: &str) -> Statement {
        let provider = Value::string(
            format!("arn:aws:iam::oidc-provider/{GITHUB}"),
            self.call.span,
        );
        let mut statement = web_identity(&provider, &[], operator, None);
        statement.conditions = vec![condition(
            operator,
            &format!("{GITHUB}:sub"),
            subjects.to_vec(),
        )];
        if let Some(first) = subjects.first() {
            statement.span = first.span;
        }
        statement
    }

    fn principals(&self) -> Vec<Statement> {
        let mut statement = statement(
            vec![Value::string("sts:AssumeRole", self.call.span)],
            Vec::new(),
            self.call.span,
        );
        for (name, kind) in [
            ("trusted_role_arns", PrincipalKind::Aws),
            ("trusted_role_services", PrincipalKind::Service),
        ] {
            statement
                .principals
                .extend(self.list(name).iter().map(|id| Principal {
                    kind,
                    id: id.clone(),
                }));
        }
        vec![statement]
    }
}

/// `namespace:account` as subjects of tokens.
fn accounts(named: &Value) -> Vec<Value> {
    named
        .each()
        .iter()
        .map(|value| prepend(value, "system:serviceaccount:"))
        .collect()
}

fn of_repository(value: &Value) -> Value {
    match value.str() {
        Some(text) if text.starts_with("repo:") => value.clone(),
        _ => prepend(value, "repo:"),
    }
}

fn prepend(value: &Value, start: &str) -> Value {
    changed(value, |text| {
        let mut whole = Text::from(start);
        whole.push(text);
        whole
    })
}

fn append(value: &Value, end: &str) -> Value {
    changed(value, |text| {
        let mut whole = text.clone();
        whole.push_str(end);
        whole
    })
}

fn changed(value: &Value, change: impl Fn(&Text) -> Text) -> Value {
    let text = value
        .text()
        .unwrap_or_else(|| Text::hole(Unknown::new(UnknownKind::Computed, "subject")));
    Value {
        data: Data::Text(change(&text)),
        span: value.span,
        trail: value.trail.clone(),
    }
}

fn claim_key(provider: &Value, claim: &str) -> String {
    let shown = provider
        .text()
        .map(|text| text.to_string())
        .unwrap_or_default();
    let issuer = shown.strip_prefix("https://").unwrap_or(&shown);
    format!("{issuer}{claim}")
}

fn condition(operator: &str, key: &str, values: Vec<Value>) -> Condition {
    let key_span = values.first().map(|value| value.span);
    Condition {
        operator: Arc::from(operator),
        key: Arc::from(key),
        key_span: key_span.unwrap_or_else(|| Span::new(seaworthy_facts::FileId(0), 0..0)),
        values,
    }
}

fn web_identity(
    provider: &Value,
    subjects: &[Value],
    operator: &str,
    audience: Option<Value>,
) -> Statement {
    let span = subjects
        .first()
        .map_or(provider.span, |subject| subject.span);
    let mut statement = statement(
        vec![Value::string("sts:AssumeRoleWithWebIdentity", span)],
        Vec::new(),
        span,
    );
    statement.principals.push(Principal {
        kind: PrincipalKind::Federated,
        id: provider.clone(),
    });
    if !subjects.is_empty() {
        let key = claim_key(provider, ":sub");
        statement
            .conditions
            .push(condition(operator, &key, subjects.to_vec()));
    }
    if let Some(audience) = audience {
        let key = claim_key(provider, ":aud");
        statement
            .conditions
            .push(condition(operator, &key, vec![audience]));
    }
    statement
}
