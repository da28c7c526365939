//! Who may take a role that a module makes: the arguments of its call as statements of a trust policy.

use std::sync::Arc;

use seaworthy_facts::terraform::ModuleCall;
use seaworthy_facts::{Data, Span, Text, Unknown, UnknownKind, Value};
use seaworthy_knowledge::iam::{RoleModule, TrustForm};

use super::POD_IDENTITY;
use super::document::{Condition, Principal, PrincipalKind, Statement};

const GITHUB: &str = "token.actions.githubusercontent.com";

/// The arguments of a call that say who may take its role.
pub(super) struct Form<'a> {
    pub(super) call: &'a ModuleCall,
    pub(super) module: &'a RoleModule,
}

impl Form<'_> {
    fn list(&self, name: &str) -> &[Value] {
        self.call.arguments.get(name).map_or(&[], Value::each)
    }

    fn is_on(&self, flag: &str) -> bool {
        self.call.arguments.get(flag).and_then(Value::bool) == Some(true)
    }

    /// The statements.
    pub(super) fn statements(&self) -> Vec<Statement> {
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

pub(super) fn values(texts: &[String], span: Span) -> Vec<Value> {
    texts
        .iter()
        .map(|text| Value::string(text.as_str(), span))
        .collect()
}

pub(super) fn statement(actions: Vec<Value>, resources: Vec<Value>, span: Span) -> Statement {
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
