//! From a workflow or a workload to a role, and from there to an action: who takes the role, what its trust says, what
//! its policies allow.

use seaworthy_facts::delivery::{Job, What, Workflow};
use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_facts::{Same, Span, Text, Unknown, UnknownKind, Value};

use super::Step;
use crate::World;
use crate::graph::Node;
use crate::iam::{Admission, Condition, Role, Statement, Verdict, takes};

/// From a pipeline or one of its jobs to a role, or to whichever role it takes.
pub(super) fn of_pipeline<'a>(
    world: &'a World,
    pipeline: &Node,
    wanted: Option<&Node>,
) -> (Vec<Step>, Option<&'a Role>) {
    let mut others = Vec::new();
    for (workflow, job) in jobs(world, pipeline) {
        for deed in job.steps.iter().flat_map(|step| &step.deeds) {
            let What::AssumeRole { role: taken, .. } = &deed.what else {
                continue;
            };
            let mut found = world.iam().roles_called(taken);
            if found.is_empty() && taken.is_unknown() {
                // A secret or variable that holds the ARN: it can be any role that takes tokens of GitHub.
                found.extend(world.iam().github_roles().map(|role| (role, Same::Maybe)));
            }
            let fits = found
                .iter()
                .find(|(role, _)| wanted.is_none_or(|wanted| is(role, wanted)));
            let Some((role, same)) = fits else {
                let shown = taken.text().unwrap_or_default();
                others.push(Step::yes(
                    format!("job `{}` takes `{shown}`", job.id),
                    Some(taken.span),
                ));
                continue;
            };
            let mut steps = vec![if *same == Same::Always {
                Step::yes(format!("job `{}` takes the role", job.id), Some(taken.span))
            } else {
                let shown = taken.text().unwrap_or_default();
                Step::unknown(
                    format!("job `{}` takes `{shown}`, which may be the role", job.id),
                    Some(taken.span),
                )
            }];
            steps.push(token(job));
            steps.push(admits(world, workflow, job, role));
            return (steps, Some(role));
        }
    }
    let mut steps = vec![Step::no(
        match wanted {
            Some(role) => format!("no job of `{}` takes `{}`", pipeline.label(), role.label()),
            None => format!(
                "no job of `{}` takes a role that is declared here",
                pipeline.label()
            ),
        },
        pipeline.span,
    )];
    steps.extend(others);
    (steps, None)
}

/// From a workload to a role, or to whichever role its pods get.
pub(super) fn of_workload<'a>(
    world: &'a World,
    workload: &Node,
    wanted: Option<&Node>,
) -> (Vec<Step>, Option<&'a Role>) {
    let Some((cluster, object)) = object(world, workload) else {
        return (
            vec![Step::unknown(
                format!("`{}` is not declared here", workload.label()),
                workload.span,
            )],
            None,
        );
    };
    let namespace = object.namespace.as_ref().and_then(Value::text);
    let account = object.pods().and_then(PodTemplate::service_account);
    let Some(name) = account.and_then(Value::text) else {
        return (
            vec![Step::no(
                "its pods name no service account, and `default` gets no role",
                Some(object.span),
            )],
            None,
        );
    };
    let first = Step::yes(
        format!("its pods run as service account `{name}`"),
        account.map(|account| account.span),
    );
    of_account(
        world,
        cluster,
        namespace.as_ref(),
        &name,
        wanted,
        vec![first],
    )
}

/// From a service account to a role.
pub(super) fn of_account<'a>(
    world: &'a World,
    cluster: &Cluster,
    namespace: Option<&Text>,
    name: &Text,
    wanted: Option<&Node>,
    mut steps: Vec<Step>,
) -> (Vec<Step>, Option<&'a Role>) {
    // Pod Identity comes first, as it does for the SDKs.
    let iam = world.iam();
    let associated = iam.associated(namespace, name).find_map(|association| {
        let role = match &association.role {
            Some(reference) => iam.role_called(reference),
            // The module that makes the association makes the role, too.
            None => iam
                .roles
                .iter()
                .find(|role| role.address == association.address),
        }?;
        wanted
            .is_none_or(|wanted| is(role, wanted))
            .then_some((association, role))
    });
    if let Some((association, role)) = associated {
        steps.push(Step::yes(
            format!("Pod Identity gives it role `{}`", role.title()),
            Some(association.span),
        ));
        let service = crate::iam::POD_IDENTITY;
        steps.push(said(
            role.trust.takes_pod_identity(),
            format!("the role trusts `{service}`"),
            format!("the role does not trust `{service}`"),
            role.trust.span,
        ));
        return (steps, Some(role));
    }
    let account = cluster.find("ServiceAccount", namespace, name);
    let annotation = account.and_then(|account| account.annotation("eks.amazonaws.com/role-arn"));
    let Some(annotation) = annotation else {
        steps.push(match account {
            Some(account) => Step::no(
                format!("`{name}` has no role: no annotation, and no Pod Identity association"),
                Some(account.span),
            ),
            None => Step::unknown(
                format!("service account `{name}` is not declared here"),
                None,
            ),
        });
        return (steps, None);
    };
    let found = world.iam().roles_called(annotation);
    let role = found
        .iter()
        .find(|(role, _)| wanted.is_none_or(|wanted| is(role, wanted)));
    let Some((role, _)) = role else {
        let shown = annotation.text().unwrap_or_default();
        steps.push(Step::no(
            match wanted {
                Some(wanted) => format!("it takes `{shown}`, not `{}`", wanted.label()),
                None => format!("it takes `{shown}`, which is not declared here"),
            },
            Some(annotation.span),
        ));
        return (steps, None);
    };
    steps.push(Step::yes(
        format!("its annotation names role `{}`", role.title()),
        Some(annotation.span),
    ));
    let admission = role.trust.takes_account(namespace, name);
    let shown = match namespace {
        Some(namespace) => format!("`system:serviceaccount:{namespace}:{name}`"),
        None => format!("service account `{name}`"),
    };
    let subject = role
        .trust
        .clusters()
        .find_map(|(statement, _)| statement.subjects().next().map(|(_, value)| value.span));
    steps.push(said(
        admission,
        format!("the role's trust takes {shown}"),
        format!("the role's trust does not take {shown}"),
        subject.unwrap_or(role.trust.span),
    ));
    (steps, Some(role))
}

/// Whether a role may do something, as a step.
pub(super) fn may(role: &Role, action: &str, resource: Option<&Text>) -> Step {
    match role.allows(action, resource) {
        Verdict::Allowed(policy, statement) => Step::yes(
            format!("policy `{}` allows `{action}`", policy.name),
            Some(statement.span),
        ),
        Verdict::Denied(Some(statement)) => Step::no(
            format!("a statement forbids `{action}`"),
            Some(statement.span),
        ),
        Verdict::Denied(None) => Step::no(
            format!("no policy of `{}` allows `{action}`", role.title()),
            Some(role.span),
        ),
        Verdict::Unknown => Step::unknown(
            format!(
                "whether `{}` may `{action}` depends on what is not known",
                role.title()
            ),
            Some(role.span),
        ),
    }
}

fn said(admission: Admission, yes: String, no: String, span: Span) -> Step {
    match admission {
        Admission::Yes => Step::yes(yes, Some(span)),
        Admission::No => Step::no(no, Some(span)),
        Admission::Unknown => Step::unknown(format!("not seen whether {yes}"), Some(span)),
    }
}

fn is(role: &Role, node: &Node) -> bool {
    node.span == Some(role.span) || role.name.literal() == Some(&node.name)
}

/// The jobs that a node means: all of a workflow, or one.
fn jobs<'a>(world: &'a World, node: &Node) -> Vec<(&'a Workflow, &'a Job)> {
    let workflows = world.facts.delivery.workflows.iter();
    workflows
        .flat_map(|workflow| workflow.jobs.iter().map(move |job| (workflow, job)))
        .filter(|(workflow, job)| {
            let file = world.sources.path(workflow.file);
            *node.name == *file || *node.name == *format!("{file}:{}", job.id)
        })
        .collect()
}

/// The object that a node means.
pub(super) fn object<'a>(world: &'a World, node: &Node) -> Option<(&'a Cluster, &'a Object)> {
    let clusters = world.facts.kubernetes.clusters.iter();
    clusters
        .filter(|cluster| node.scope.is_empty() || cluster.name == node.scope)
        .find_map(|cluster| {
            let object = cluster
                .objects
                .iter()
                .find(|object| Some(object.span) == node.span)?;
            Some((cluster, object))
        })
}

/// Without `id-token: write`, GitHub makes no token to take a role with.
fn token(job: &Job) -> Step {
    let granted = job.permissions.as_ref().map(|permissions| {
        let all = permissions.str() == Some("write-all");
        let own = permissions.get("id-token").and_then(Value::str) == Some("write");
        (all || own, permissions.span)
    });
    match granted {
        Some((true, span)) => Step::yes("it may ask for a token (`id-token: write`)", Some(span)),
        Some((false, span)) => Step::no("its permissions lack `id-token: write`", Some(span)),
        None => Step::no(
            "it has no permission `id-token: write`, which is never given by default",
            Some(job.span),
        ),
    }
}

/// Whether the trust takes a token of this job, by repository, environment, branch and event.
fn admits(world: &World, workflow: &Workflow, job: &Job, role: &Role) -> Step {
    let root = world.sources.root_of(workflow.file);
    let subjects = subjects(root.remote.as_deref(), workflow, job);
    let statements: Vec<&Statement> = role.trust.github().collect();
    if statements.is_empty() {
        return if role.trust.document.complete {
            Step::no(
                "the role's trust takes no token of GitHub",
                Some(role.trust.span),
            )
        } else {
            Step::unknown("the role's trust was not seen", Some(role.trust.span))
        };
    }
    let mut closest: Option<(&Condition, &Value)> = None;
    let mut best = Same::Never;
    for statement in statements {
        for (condition, value) in statement.subjects() {
            closest.get_or_insert((condition, value));
            let Some(pattern) = value.text() else {
                best = Same::Maybe;
                continue;
            };
            for subject in &subjects {
                let same = if condition.is_like() {
                    takes(&pattern, subject)
                } else {
                    pattern.same(subject)
                };
                match same {
                    Same::Always => {
                        return Step::yes(format!("its trust takes `{subject}`"), Some(value.span));
                    }
                    Same::Maybe => best = Same::Maybe,
                    Same::Never => {}
                }
            }
        }
    }
    let span = closest.map_or(role.trust.span, |(_, value)| value.span);
    let shown: Vec<String> = subjects.iter().map(|text| format!("`{text}`")).collect();
    let shown = shown.join(", ");
    if best == Same::Maybe || closest.is_none() {
        Step::unknown(format!("its trust may take {shown}"), Some(span))
    } else {
        Step::no(format!("its trust does not take {shown}"), Some(span))
    }
}

/// The subjects that GitHub gives tokens of this job.
fn subjects(remote: Option<&str>, workflow: &Workflow, job: &Job) -> Vec<Text> {
    let mut repository = Text::from("repo:");
    if let Some(remote) = remote {
        repository.push_str(remote);
    } else {
        repository.push_hole(Unknown::new(UnknownKind::NotSeen, "github.repository"));
    }
    repository.push_str(":");
    let with = |end: &Text| {
        let mut text = repository.clone();
        text.push(end);
        text
    };
    if let Some(environment) = &job.environment {
        let name = environment.get("name").unwrap_or(environment);
        let mut end = Text::from("environment:");
        end.push(&name.text().unwrap_or_default());
        return vec![with(&end)];
    }
    let mut subjects = Vec::new();
    for trigger in &workflow.triggers {
        match &*trigger.event {
            "pull_request" => subjects.push(with(&"pull_request".into())),
            "push" if !trigger.branches.is_empty() => {
                for branch in trigger.branches.iter().filter_map(Value::text) {
                    let mut end = Text::from("ref:refs/heads/");
                    if branch.literal().is_some_and(|name| name.contains('*')) {
                        end.push_hole(Unknown::new(UnknownKind::Expression, "github.ref_name"));
                    } else {
                        end.push(&branch);
                    }
                    subjects.push(with(&end));
                }
            }
            _ => {
                let mut end = Text::from("ref:");
                end.push_hole(Unknown::new(UnknownKind::Expression, "github.ref"));
                subjects.push(with(&end));
            }
        }
    }
    subjects.dedup();
    subjects
}
