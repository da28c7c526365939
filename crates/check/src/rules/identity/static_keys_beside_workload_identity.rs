//! Long-lived keys where the pod or the pipeline has an identity of its own.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{AccessKey, Account, Admission, Assumption, Role, Statement};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "static-keys-beside-workload-identity",
    severity: Severity::Insecure,
    page: include_str!("static-keys-beside-workload-identity.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            pod(world, cluster, workload, findings);
        }
    }
    pipelines(world, findings);
}

/// A workload's identity: what gives it, and where.
struct Identity<'a> {
    role: Option<&'a Role>,
    place: Span,
}

fn pod(world: &World, cluster: &Cluster, workload: &Object, findings: &mut Vec<Finding>) {
    let Some(pods) = workload.pods() else { return };
    let Some((key, secret)) = pods.containers().find_map(key_variable) else {
        return;
    };
    let Some(account) = pods.service_account() else {
        return;
    };
    let namespace = workload.namespace.as_ref().and_then(Value::text);
    let Some(identity) = identity(world, cluster, namespace.as_ref(), account) else {
        return;
    };
    let name = workload.name.text().unwrap_or_default();
    let mut finding = Finding::new(format!(
        "{} `{name}` takes a long-lived key from a Secret, and its service account `{}` has a role of AWS",
        workload.kind,
        account.text().unwrap_or_default()
    ))
    .at(key.span, "a key that does not expire")
    .and(account.span, "the pods run as this account")
    .and(
        identity.place,
        match identity.role {
            Some(role) => format!("which may take role `{}`", role.title()),
            None => "which may take this role".to_owned(),
        },
    )
    .hint("allow the account's role what the key is for, and take the key away")
    .about([name.to_string(), key.str().unwrap_or_default().to_owned()]);
    if let Some(made) = secret.and_then(|secret| key_of(world, cluster, &secret)) {
        finding = finding.and(made.span, "the key is made here");
    }
    findings.push(finding);
}

/// The name of a variable that carries a key of AWS from a Secret, and that Secret.
fn key_variable(container: &Value) -> Option<(&Value, Option<Text>)> {
    let variables = container.get("env")?.items();
    let name = |variable: &Value| variable.get("name").and_then(Value::str).map(str::to_owned);
    // Another store that speaks S3: its keys are no keys of AWS.
    let elsewhere = variables
        .iter()
        .filter_map(name)
        .any(|name| name.to_ascii_uppercase().contains("ENDPOINT"));
    if elsewhere {
        return None;
    }
    variables.iter().find_map(|variable| {
        let reference = variable.at("valueFrom.secretKeyRef")?;
        let own = variable.get("name")?;
        let key = reference
            .get("key")
            .and_then(Value::str)
            .unwrap_or_default();
        let is_key = [own.str().unwrap_or_default(), key].iter().any(|name| {
            name.to_ascii_uppercase()
                .replace('-', "_")
                .contains("AWS_ACCESS_KEY_ID")
        });
        is_key.then(|| (own, reference.get("name").and_then(Value::text)))
    })
}

fn identity<'a>(
    world: &'a World,
    cluster: &'a Cluster,
    namespace: Option<&Text>,
    account: &Value,
) -> Option<Identity<'a>> {
    let iam = world.iam();
    let name = account.text()?;
    let object = cluster
        .find("ServiceAccount", namespace, &name)
        .map(|object| Account { cluster, object });
    if let Some(annotation) = object.and_then(Account::role) {
        return Some(Identity {
            role: iam.role_called(annotation),
            place: annotation.span,
        });
    }
    let namespace = namespace?;
    if let Some(association) = iam.associations.iter().find(|association| {
        let same = |value: &Value, text: &Text| {
            value
                .text()
                .is_some_and(|own| own.same(text) == Same::Always)
        };
        same(&association.account, &name) && same(&association.namespace, namespace)
    }) {
        return Some(Identity {
            role: iam.role_of(association),
            place: association.span,
        });
    }
    let role = iam
        .roles
        .iter()
        .find(|role| role.trust.takes_account(Some(namespace), &name) == Admission::Yes)?;
    let place = role
        .trust
        .clusters()
        .flat_map(|(statement, _)| statement.subjects())
        .map(|(_, value)| value.span)
        .next()
        .unwrap_or(role.span);
    Some(Identity {
        role: Some(role),
        place,
    })
}

/// The key behind a Secret: the only one there is, or the one that the secret's source in AWS holds.
fn key_of<'a>(world: &'a World, cluster: &Cluster, secret: &Text) -> Option<&'a AccessKey> {
    let iam = world.iam();
    if let [only] = iam.keys.as_slice() {
        return Some(only);
    }
    // What makes the Secret names its sources; one of them is a secret of AWS that holds the key.
    let sources: String = cluster
        .objects
        .iter()
        .filter(|object| matches!(&*object.kind, "SecretProviderClass" | "ExternalSecret"))
        .filter(|object| mentions(&object.body, &secret.to_string()))
        .map(|object| texts(&object.body))
        .collect();
    iam.keys.iter().find(|key| {
        let root = &world.facts.terraform.roots[key.root];
        root.resources("aws_secretsmanager_secret_version")
            .any(|version| {
                let holds = version.at("secret_string").is_some_and(|value| {
                    value.unknowns().iter().any(|(unknown, _)| {
                        unknown.resource.as_deref().is_some_and(|resource| {
                            resource == &*key.address
                                || resource
                                    .strip_prefix(&*key.address)
                                    .is_some_and(|rest| rest.starts_with('.'))
                        })
                    })
                });
                let named = version.at("secret_id").and_then(|id| {
                    root.find(id.as_unknown()?.resource.as_deref()?)?
                        .str("name")
                });
                holds && named.is_some_and(|name| sources.contains(name))
            })
    })
}

fn mentions(value: &Value, text: &str) -> bool {
    let mut found = false;
    value.walk(&mut |inner| found |= inner.str() == Some(text));
    found
}

fn texts(value: &Value) -> String {
    let mut all = String::new();
    value.walk(&mut |inner| {
        if let Some(text) = inner.str() {
            all.push_str(text);
            all.push('\n');
        }
    });
    all
}

/// Steps that log in with a key, where a role here trusts this repository.
fn pipelines(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let assumptions = Assumption::all(&world.facts);
    for workflow in &world.facts.delivery.workflows {
        let remote = world.sources.root_of(workflow.file).remote.as_deref();
        for job in &workflow.jobs {
            for step in &job.steps {
                let is_login =
                    step.uses.as_ref().and_then(Value::str).is_some_and(|uses| {
                        uses.starts_with("aws-actions/configure-aws-credentials")
                    });
                let Some(key) = step.with.get("aws-access-key-id").filter(|_| is_login) else {
                    continue;
                };
                let trusting = remote.and_then(|remote| {
                    iam.github_roles()
                        .find(|role| role.trust.takes_repository(remote) == Admission::Yes)
                });
                let by_role = trusting.and_then(|role| {
                    let subject = role.trust.github().flat_map(Statement::subjects).next()?;
                    Some((
                        subject.1.span,
                        format!("role `{}` trusts this repository's runs", role.title()),
                    ))
                });
                let by_sibling = || {
                    let sibling = assumptions.iter().find(|other| {
                        world.sources.get(other.workflow.file).root
                            == world.sources.get(workflow.file).root
                            && other.step.with.get("aws-access-key-id").is_none()
                    })?;
                    Some((
                        sibling.role.span,
                        format!(
                            "job `{}` takes a role with the run's own token",
                            sibling.job.id
                        ),
                    ))
                };
                let Some((place, label)) = by_role.or_else(by_sibling) else {
                    continue;
                };
                findings.push(
                    Finding::new(format!(
                        "job `{}` logs in with a long-lived key, and its runs can have a role by their own token",
                        job.id
                    ))
                    .at(key.span, "a key that does not expire")
                    .and(place, label)
                    .hint("take the role with `role-to-assume` and `id-token: write`, and delete the key")
                    .confidence(Confidence::Likely)
                    .about([job.id.to_string()]),
                );
            }
        }
    }
}
