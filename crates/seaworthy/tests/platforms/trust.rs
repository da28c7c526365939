//! Whom the roles trust: their policies are evaluated as AWS does it, for whoever is meant and for whoever nearly is.

mod trials;

use std::collections::BTreeMap;

use seaworthy_definition::model::Platform;
use serde_json::Value;

use crate::place::{Place, REGION};
use crate::policies::list;
use crate::states::{States, text};

pub(crate) use trials::trials;

const GITHUB: &str = "token.actions.githubusercontent.com";

/// Who asks to be let in, and what is known of the request.
#[derive(Clone)]
struct Request {
    action: &'static str,
    principal: (&'static str, String),
    context: BTreeMap<String, String>,
}

impl Request {
    fn with(&self, key: &str, value: &str) -> Self {
        let mut request = self.clone();
        request
            .context
            .insert(key.to_ascii_lowercase(), value.to_owned());
        request
    }

    fn without(&self, key: &str) -> Self {
        let mut request = self.clone();
        request.context.remove(&key.to_ascii_lowercase());
        request
    }
}

/// Judges every role of an environment and of its account.
pub(crate) fn judge(states: &States, platform: &Platform, place: &Place) {
    let n_github = judge_github(states, platform, place);
    assert_eq!(
        n_github == 0,
        platform.repository.is_none(),
        "{n_github} roles trust GitHub"
    );
    assert!(judge_pods(states, place) > 0, "no pod has a role");
    judge_the_rest(states);
}

/// Roles of workflows: their own environment in the one repository, and nobody else.
fn judge_github(states: &States, platform: &Platform, place: &Place) -> usize {
    let account = place.account.id();
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{GITHUB}");
    let roles: Vec<(String, Value)> = states
        .of_kind("aws_iam_role")
        .map(|role| {
            let name = text(&role.attributes["name"]).to_owned();
            (name, policy(&role.attributes["assume_role_policy"]))
        })
        .filter(|(_, trust)| trust.to_string().contains(GITHUB))
        .collect();
    let Some(repository) = &platform.repository else {
        return roles.len();
    };
    let (owner, name) = (&repository.owner, &repository.name);
    let token = |subject: String| Request {
        action: "sts:AssumeRoleWithWebIdentity",
        principal: ("Federated", provider.clone()),
        context: BTreeMap::from([
            (format!("{GITHUB}:aud"), "sts.amazonaws.com".to_owned()),
            (format!("{GITHUB}:sub"), subject),
        ]),
    };
    for (role, trust) in &roles {
        // `counter-production-github-apply`, `…-plan`, and `counter-github-build`.
        let environment = github_environment(role, platform);
        let good = token(format!("repo:{owner}/{name}:environment:{environment}"));
        assert!(
            allows(trust, &good),
            "{role} refuses {environment}: {trust}"
        );
        let near = near_misses(owner, name, &environment);
        for subject in near {
            assert!(!allows(trust, &token(subject.clone())), "{role}: {subject}");
        }
        let aud = format!("{GITHUB}:aud");
        for (what, request) in [
            ("no audience", good.without(&aud)),
            (
                "another audience",
                good.with(&aud, "https://github.com/acme"),
            ),
            ("no subject", good.without(&format!("{GITHUB}:sub"))),
            (
                "another issuer",
                Request {
                    principal: ("Federated", provider.replace(GITHUB, "gitlab.com")),
                    ..good.clone()
                },
            ),
            (
                "the issuer of another account",
                Request {
                    principal: ("Federated", provider.replace(account, "999999999999")),
                    ..good.clone()
                },
            ),
            (
                "somebody in the account",
                Request {
                    action: "sts:AssumeRole",
                    principal: ("AWS", format!("arn:aws:iam::{account}:root")),
                    context: BTreeMap::new(),
                },
            ),
        ] {
            assert!(!allows(trust, &request), "{role}: {what}");
        }
        // Each role's workflow is a stranger to the other roles.
        for (other, _) in roles.iter().filter(|(other, _)| other != role) {
            let environment = github_environment(other, platform);
            let subject = format!("repo:{owner}/{name}:environment:{environment}");
            assert!(!allows(trust, &token(subject)), "{role} trusts {other}");
        }
    }
    roles.len()
}

/// Subjects that are nearly that of an environment's jobs: another repository, branch, tag, pull request, environment,
/// owner or form.
fn near_misses(owner: &str, name: &str, environment: &str) -> Vec<String> {
    vec![
        format!("repo:{owner}/{name}-fork:environment:{environment}"),
        format!("repo:{owner}/{name}:ref:refs/heads/main"),
        format!("repo:{owner}/{name}:ref:refs/heads/{environment}"),
        format!("repo:{owner}/{name}:ref:refs/tags/v1.0.0"),
        format!("repo:{owner}/{name}:pull_request"),
        format!("repo:{owner}/{name}:environment:{environment}-2"),
        format!("repo:{owner}/{name}:environment:Other"),
        format!("repo:{owner}-labs/{name}:environment:{environment}"),
        format!("repo:mallory/{name}:environment:{environment}"),
        format!("repo:{owner}/*:environment:{environment}"),
        format!("repo:{owner}/other:environment:{environment}"),
        format!("repo:{owner}/{name}:environment:*"),
        format!("repo:{owner}/{name}:environment:{environment}:ref:refs/heads/x"),
        format!("repo:mallory/x:environment:repo:{owner}/{name}:environment:{environment}"),
        "*".to_owned(),
        String::new(),
    ]
}

/// The GitHub environment that a role is of, by the names that docs and workflows use.
fn github_environment(role: &str, platform: &Platform) -> String {
    if role == format!("{}-github-build", platform.name) {
        return "build".to_owned();
    }
    let environment = platform
        .environments
        .values()
        .find(|environment| {
            let mut prefix = format!("{}-{}", platform.name, environment.name);
            if let Some(deployment) = &environment.deployment {
                prefix = format!("{prefix}-{deployment}");
            }
            role.strip_prefix(&prefix)
                .is_some_and(|rest| ["-github-plan", "-github-apply"].contains(&rest))
        })
        .unwrap_or_else(|| panic!("nobody knows whose role {role} is"));
    if role.ends_with("-plan") {
        format!("{}-plan", environment.name)
    } else {
        environment.name.to_string()
    }
}

/// Roles of pods: one service account in one namespace of one cluster.
fn judge_pods(states: &States, place: &Place) -> usize {
    let account = place.account.id();
    let cluster = text(states.output("cluster", "cluster_name"));
    let mut judged = 0;
    for association in states.of_kind("aws_eks_pod_identity_association") {
        let arn = text(&association.attributes["role_arn"]);
        let role = states
            .of_kind("aws_iam_role")
            .find(|role| role.attributes["arn"] == arn)
            .unwrap_or_else(|| panic!("{}: no role {arn}", association.address));
        let trust = policy(&role.attributes["assume_role_policy"]);
        let cluster_arn = format!("arn:aws:eks:{REGION}:{account}:cluster/{cluster}");
        let (namespace, service_account) = (
            text(&association.attributes["namespace"]),
            text(&association.attributes["service_account"]),
        );
        let tag = |key: &str| format!("aws:RequestTag/{key}").to_ascii_lowercase();
        let good = Request {
            action: "sts:AssumeRole",
            principal: ("Service", "pods.eks.amazonaws.com".to_owned()),
            context: BTreeMap::from([
                ("aws:sourceaccount".to_owned(), account.to_owned()),
                ("aws:sourcearn".to_owned(), cluster_arn.clone()),
                (tag("eks-cluster-arn"), cluster_arn.clone()),
                (tag("eks-cluster-name"), cluster.to_owned()),
                (tag("kubernetes-namespace"), namespace.to_owned()),
                (
                    tag("kubernetes-service-account"),
                    service_account.to_owned(),
                ),
            ]),
        };
        assert!(allows(&trust, &good), "{arn}: {trust}");
        let session = Request {
            action: "sts:TagSession",
            ..good.clone()
        };
        assert!(allows(&trust, &session), "{arn} cannot be tagged: {trust}");
        for (what, request) in [
            (
                "another namespace",
                good.with(&tag("kubernetes-namespace"), "default"),
            ),
            (
                "another service account",
                good.with(
                    &tag("kubernetes-service-account"),
                    &format!("{service_account}-2"),
                ),
            ),
            (
                "another cluster",
                good.with(&tag("eks-cluster-arn"), &format!("{cluster_arn}-2"))
                    .with("aws:sourcearn", &format!("{cluster_arn}-2")),
            ),
            (
                "a cluster of another account",
                good.with("aws:sourceaccount", "999999999999").with(
                    &tag("eks-cluster-arn"),
                    &cluster_arn.replace(account, "999999999999"),
                ),
            ),
            ("no namespace", good.without(&tag("kubernetes-namespace"))),
            (
                "another service of AWS",
                Request {
                    principal: ("Service", "ec2.amazonaws.com".to_owned()),
                    ..good.clone()
                },
            ),
        ] {
            assert!(!allows(&trust, &request), "{arn} trusts {what}: {trust}");
        }
        judged += 1;
    }
    judged
}

/// No other role trusts anybody but services of AWS, and none is an administrator.
fn judge_the_rest(states: &States) {
    for attachment in states.of_kind("aws_iam_role_policy_attachment") {
        let policy = text(&attachment.attributes["policy_arn"]);
        let too_much = ["/AdministratorAccess", "/PowerUserAccess", "/IAMFullAccess"];
        assert!(
            !too_much.iter().any(|end| policy.ends_with(end)),
            "{}",
            attachment.address
        );
    }
    for role in states.of_kind("aws_iam_role") {
        let trust = policy(&role.attributes["assume_role_policy"]);
        for statement in list(&trust["Statement"]) {
            let principals = statement["Principal"].as_object();
            let principals = principals.unwrap_or_else(|| panic!("{}: {trust}", role.address));
            for (kind, who) in principals {
                let known = list(who)
                    .into_iter()
                    .map(text)
                    .all(|who| match kind.as_str() {
                        "Service" => who.ends_with(".amazonaws.com") && !who.contains('*'),
                        "Federated" => who.contains(GITHUB),
                        _ => false,
                    });
                assert!(known, "{} trusts {kind} {who}", role.address);
            }
        }
    }
}

fn policy(text: &Value) -> Value {
    serde_json::from_str(crate::states::text(text)).expect("a policy is JSON")
}

/// Whether a trust policy lets a request in: some statement allows it and none denies it.
fn allows(policy: &Value, request: &Request) -> bool {
    let applies = |statement: &&Value| {
        let who = list(&statement["Principal"][request.principal.0]);
        who.into_iter().any(|who| text(who) == request.principal.1)
            && list(&statement["Action"])
                .into_iter()
                .any(|action| like(text(action), request.action))
            && holds(&statement["Condition"], &request.context)
    };
    let statements = list(&policy["Statement"]);
    let mut applying = statements.into_iter().filter(applies).peekable();
    applying.peek().is_some() && applying.all(|statement| statement["Effect"] == "Allow")
}

/// Every operator and key must hold; a key that the request does not have holds for none of these.
fn holds(condition: &Value, context: &BTreeMap<String, String>) -> bool {
    condition
        .as_object()
        .into_iter()
        .flatten()
        .all(|(operator, keys)| {
            keys.as_object().into_iter().flatten().all(|(key, values)| {
                let Some(found) = context.get(&key.to_ascii_lowercase()) else {
                    return false;
                };
                let mut values = list(values).into_iter().map(text);
                match operator.as_str() {
                    "StringEquals" | "ArnEquals" => values.any(|value| value == found),
                    "StringLike" | "ArnLike" => values.any(|value| like(value, found)),
                    other => panic!("`{other}` is not evaluated here"),
                }
            })
        })
}

/// `*` is any number of characters, `?` is one.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .any(|at| like(&pattern[1..], &text[at..])),
        Some(first) => text.chars().next().is_some_and(|found| {
            (first == '?' || first == found)
                && like(&pattern[first.len_utf8()..], &text[found.len_utf8()..])
        }),
    }
}
