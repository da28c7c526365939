//! Trust policies: who may take a role, and under which conditions.

use seaworthy_facts::{Same, Span, Text, Value};

use super::OidcProvider;
use super::document::{Condition, Document, PrincipalKind, Statement};
use super::pattern::takes;

/// Who may take a role.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The statements.
    pub document: Document,
    /// Where it is written.
    pub span: Span,
    /// Whose tokens each statement takes, in their order.
    pub issuers: Vec<Option<Issuer>>,
}

/// Whose tokens are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// Those of GitHub Actions.
    GitHub,
    /// Those of a cluster of EKS, by its issuer as it is written; the resource or module that the text names.
    Cluster(Text),
    /// Somebody else's.
    Other,
}

/// Why a trust does not take somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It takes them.
    Yes,
    /// It does not.
    No,
    /// It depends on what is not known.
    Unknown,
}

const GITHUB: &str = "token.actions.githubusercontent.com";
/// The service that takes roles for pods.
pub const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

impl Trust {
    pub(super) fn new(document: Document, span: Span, providers: &[OidcProvider]) -> Self {
        let issuers = document
            .statements
            .iter()
            .map(|statement| issuer(statement, providers))
            .collect();
        Self {
            document,
            span,
            issuers,
        }
    }

    /// The statements that take tokens of GitHub Actions.
    pub fn github(&self) -> impl Iterator<Item = &Statement> {
        self.allowing()
            .filter(|(_, issuer)| matches!(issuer, Some(Issuer::GitHub)))
            .map(|(statement, _)| statement)
    }

    /// The statements that take tokens of clusters, with the issuer.
    pub fn clusters(&self) -> impl Iterator<Item = (&Statement, &Text)> {
        self.allowing().filter_map(|(statement, issuer)| {
            let Some(Issuer::Cluster(text)) = issuer else {
                return None;
            };
            Some((statement, text))
        })
    }

    fn allowing(&self) -> impl Iterator<Item = (&Statement, Option<&Issuer>)> {
        self.document
            .statements
            .iter()
            .zip(&self.issuers)
            .filter(|(statement, _)| !statement.denies)
            .map(|(statement, issuer)| (statement, issuer.as_ref()))
    }

    /// Whether Pod Identity may take the role.
    pub fn takes_pod_identity(&self) -> Admission {
        let mut found = if self.document.complete {
            Admission::No
        } else {
            Admission::Unknown
        };
        for (statement, _) in self.allowing() {
            for principal in &statement.principals {
                if principal.id.str() == Some(POD_IDENTITY) {
                    return Admission::Yes;
                }
                if principal.id.str().is_none() && principal.kind == PrincipalKind::Service {
                    found = Admission::Unknown;
                }
            }
        }
        found
    }

    /// Whether a cluster's service account may take it with its token.
    pub fn takes_account(&self, namespace: Option<&Text>, name: &Text) -> Admission {
        let mut subject = Text::from("system:serviceaccount:");
        match namespace {
            Some(namespace) => subject.push(namespace),
            None => subject.push_hole(seaworthy_facts::Unknown::new(
                seaworthy_facts::UnknownKind::NotSeen,
                "namespace",
            )),
        }
        subject.push_str(":");
        subject.push(name);
        let mut found = if self.document.complete {
            Admission::No
        } else {
            Admission::Unknown
        };
        for (statement, _) in self.clusters() {
            let subjects: Vec<_> = statement.subjects().collect();
            if subjects.is_empty() {
                found = Admission::Unknown;
            }
            for (condition, value) in subjects {
                match condition.admits(value, &subject) {
                    Same::Always => return Admission::Yes,
                    Same::Maybe => found = Admission::Unknown,
                    Same::Never => {}
                }
            }
        }
        found
    }

    /// Whether some workflow of a repository, `owner/name`, may take it. Owner and name are compared in any case:
    /// GitHub's own spelling is not here to see.
    pub fn takes_repository(&self, repository: &str) -> Admission {
        let mut found = if self.document.complete {
            Admission::No
        } else {
            Admission::Unknown
        };
        let start = format!("repo:{}:", repository.to_ascii_lowercase());
        for statement in self.github() {
            let subjects: Vec<_> = statement.subjects().collect();
            if subjects.is_empty() {
                // Another claim than the subject may narrow it; then it is not ours to say.
                found = Admission::Unknown;
            }
            for (_, value) in subjects {
                let Some(text) = value.text() else {
                    found = Admission::Unknown;
                    continue;
                };
                let Some(literal) = text.literal() else {
                    if text.known_prefix().is_empty() || text.known_prefix().starts_with("repo:") {
                        let own = text.known_prefix().to_ascii_lowercase();
                        if start.starts_with(&own) || own.starts_with(&start) {
                            found = Admission::Unknown;
                        }
                    } else {
                        found = Admission::Unknown;
                    }
                    continue;
                };
                if !literal.starts_with("repo:") {
                    found = Admission::Unknown;
                    continue;
                }
                if can_begin(&literal.to_ascii_lowercase(), &start) {
                    return Admission::Yes;
                }
            }
        }
        found
    }
}

/// Whether a pattern takes some text that begins with `start`.
fn can_begin(pattern: &str, start: &str) -> bool {
    let known: String = pattern
        .chars()
        .take_while(|c| !matches!(c, '*' | '?'))
        .collect();
    if known.len() == pattern.len() || known.starts_with(start) {
        return pattern.starts_with(start);
    }
    if !start.starts_with(&known) {
        return false;
    }
    // `repo:owner/*` takes all of the owner's; `repo:owner/na*:ref…` is tried as far as its own colon.
    let head = pattern
        .match_indices(':')
        .nth(1)
        .map_or(pattern, |(at, _)| &pattern[..=at]);
    takes(&head.into(), &start.into()) != Same::Never
        || takes(&pattern.into(), &format!("{start}x").into()) != Same::Never
}

impl Statement {
    /// Whether tokens of identity providers take a role by it.
    pub fn is_web_identity(&self) -> bool {
        self.is_about("sts:AssumeRoleWithWebIdentity") == Same::Always
    }

    /// What the token's subject is held against, with the condition.
    pub fn subjects(&self) -> impl Iterator<Item = (&Condition, &Value)> {
        self.claims(":sub")
    }

    /// What the token's audience is held against, with the condition.
    pub fn audiences(&self) -> impl Iterator<Item = (&Condition, &Value)> {
        self.claims(":aud")
    }

    fn claims(&self, claim: &'static str) -> impl Iterator<Item = (&Condition, &Value)> {
        self.conditions
            .iter()
            .filter(move |condition| condition.key.ends_with(claim))
            .flat_map(|condition| condition.values.iter().map(move |value| (condition, value)))
    }
}

impl Condition {
    /// Whether wildcards in its values mean something.
    pub fn is_like(&self) -> bool {
        let operator = self.operator.rsplit(':').next().unwrap_or_default();
        matches!(
            operator.strip_suffix("IfExists").unwrap_or(operator),
            "StringLike" | "ArnLike" | "ArnEquals"
        )
    }

    fn admits(&self, value: &Value, subject: &Text) -> Same {
        if self.operator.contains("Not") {
            return Same::Maybe;
        }
        let Some(pattern) = value.text() else {
            return Same::Maybe;
        };
        if self.is_like() {
            takes(&pattern, subject)
        } else {
            pattern.same(subject)
        }
    }
}

fn issuer(statement: &Statement, providers: &[OidcProvider]) -> Option<Issuer> {
    if statement.is_about("sts:AssumeRoleWithWebIdentity") == Same::Never {
        return None;
    }
    let claim = statement.conditions.iter().find_map(|condition| {
        let key = &*condition.key;
        key.strip_suffix(":sub")
            .or_else(|| key.strip_suffix(":aud"))
    });
    let federated: Vec<&Value> = statement
        .principals
        .iter()
        .filter(|principal| principal.kind == PrincipalKind::Federated)
        .map(|principal| &principal.id)
        .collect();
    let declared = federated.iter().find_map(|id| {
        let address = id.as_unknown()?.resource.clone()?;
        let provider = providers
            .iter()
            .find(|provider| *provider.address == *address)?;
        Some(provider.issuer.clone())
    });
    if let Some(issuer) = declared
        && issuer != Issuer::Other
    {
        return Some(issuer);
    }
    let shown: Vec<String> = federated
        .iter()
        .filter_map(|id| Some(id.text()?.to_string()))
        .chain(claim.map(str::to_owned))
        .collect();
    if shown.iter().any(|text| text.contains(GITHUB)) {
        return Some(Issuer::GitHub);
    }
    let of_account = statement
        .subjects()
        .filter_map(|(_, value)| value.text())
        .any(|text| text.known_prefix().starts_with("system:serviceaccount:"));
    if of_account || shown.iter().any(|text| text.contains("oidc.eks.")) {
        let text = federated
            .first()
            .and_then(|id| id.text())
            .or_else(|| claim.map(Text::from))
            .unwrap_or_default();
        return Some(Issuer::Cluster(text));
    }
    (!federated.is_empty()).then_some(Issuer::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_github_are_held_against_a_repository() {
        let start = "repo:acme/shop:";
        assert!(can_begin("repo:acme/shop:*", start));
        assert!(can_begin("repo:acme/*", start));
        assert!(can_begin("repo:acme/sh*:ref:refs/heads/main", start));
        assert!(can_begin("repo:acme/shop:environment:production", start));
        assert!(can_begin("*", start));
        assert!(!can_begin("repo:acme/web:*", start));
        assert!(!can_begin("repo:acme/shopping:*", start));
        assert!(!can_begin("repo:other/*", start));
        assert!(!can_begin("repo:acme/shop", start));
    }
}
