//! Jobs of workflows that take roles: which role, and what the job then needs it for.

use std::sync::Arc;

use seaworthy_facts::delivery::{Deed, Job, Step, What, Workflow};
use seaworthy_facts::{Facts, Same, Span, Value};
use seaworthy_knowledge::Knowledge;

use super::{Iam, Role};

/// A step of a workflow that takes a role.
#[derive(Debug, Clone, Copy)]
pub struct Assumption<'a> {
    /// The workflow.
    pub workflow: &'a Workflow,
    /// The job.
    pub job: &'a Job,
    /// The step.
    pub step: &'a Step,
    /// The role's ARN or name, as far as it is known.
    pub role: &'a Value,
}

/// The role that a step takes.
#[derive(Debug, Clone, Copy)]
pub enum Taken<'a> {
    /// It is named.
    Named(&'a Role),
    /// The name is a secret or a variable; it is the only role here that trusts GitHub.
    Only(&'a Role),
    /// It is none of those that are declared here, or it cannot be told which.
    Unknown,
}

/// What a job needs its role for.
#[derive(Debug, Default)]
pub struct JobNeeds {
    /// The actions it calls, with the place that does.
    pub actions: Vec<(Arc<str>, Span)>,
    /// It calls nothing else.
    pub bounded: bool,
    /// It plans a configuration.
    pub plans: Option<Span>,
    /// It applies or destroys a configuration.
    pub applies: Option<Span>,
    /// It pushes images.
    pub pushes: Option<Span>,
}

impl<'a> Assumption<'a> {
    /// Every step that takes a role.
    pub fn all(facts: &'a Facts) -> Vec<Self> {
        let mut found = Vec::new();
        for workflow in &facts.delivery.workflows {
            for job in &workflow.jobs {
                for step in &job.steps {
                    for deed in &step.deeds {
                        if let What::AssumeRole { role, .. } = &deed.what {
                            found.push(Self {
                                workflow,
                                job,
                                step,
                                role,
                            });
                        }
                    }
                }
            }
        }
        found
    }

    /// What the job needs the role for.
    pub fn needs(&self, knowledge: &Knowledge) -> JobNeeds {
        JobNeeds::of(self.job, knowledge)
    }

    /// The trigger of the workflow for pull requests.
    pub fn pull_request(&self) -> Option<Span> {
        self.workflow
            .triggers
            .iter()
            .find(|trigger| &*trigger.event == "pull_request")
            .map(|trigger| trigger.span)
    }
}

impl<'a> Taken<'a> {
    /// The role, where there is one.
    pub fn role(self) -> Option<&'a Role> {
        match self {
            Self::Named(role) | Self::Only(role) => Some(role),
            Self::Unknown => None,
        }
    }
}

impl Iam {
    /// The role that a reference in a workflow means. Where nothing is known of it, it is taken to be the only role
    /// here that trusts GitHub, if there is one.
    pub fn taken(&self, reference: &Value) -> Taken<'_> {
        let called = self.roles_called(reference);
        let sure: Vec<&Role> = called
            .iter()
            .filter(|(_, same)| *same == Same::Always)
            .map(|(role, _)| *role)
            .collect();
        if let Some(role) = sure.first() {
            return if one_place(&sure) {
                Taken::Named(role)
            } else {
                Taken::Unknown
            };
        }
        let nothing_known = reference
            .text()
            .is_none_or(|text| text.literal().is_none() && text.known_suffix().is_empty());
        if !called.is_empty() || !nothing_known {
            return Taken::Unknown;
        }
        let all: Vec<&Role> = self.github_roles().collect();
        match all.first() {
            Some(role) if one_place(&all) => Taken::Only(role),
            _ => Taken::Unknown,
        }
    }
}

/// Whether all are one role, written once and made for several environments.
fn one_place(roles: &[&Role]) -> bool {
    roles.windows(2).all(|pair| pair[0].span == pair[1].span)
}

impl JobNeeds {
    /// What a job needs.
    pub fn of(job: &Job, knowledge: &Knowledge) -> Self {
        let mut needs = Self {
            bounded: true,
            ..Self::default()
        };
        for step in &job.steps {
            if let Some(uses) = &step.uses
                && !is_bounded_action(uses.str())
            {
                needs.bounded = false;
            }
            let unknown = step
                .commands
                .iter()
                .filter_map(|command| command.words.first())
                .any(|program| !is_bounded_program(program.str()));
            needs.bounded &= !unknown;
            for deed in &step.deeds {
                needs.add(deed, knowledge);
            }
        }
        if job.uses.is_some() {
            needs.bounded = false;
        }
        needs
    }

    fn add(&mut self, deed: &Deed, knowledge: &Knowledge) {
        match &deed.what {
            What::PushImage { image } if is_registry_of_aws(image) => {
                self.push_image(deed, knowledge);
            }
            What::BuildImage {
                push: true, tags, ..
            } if tags.iter().any(is_registry_of_aws) => self.push_image(deed, knowledge),
            What::CloudCall {
                service, operation, ..
            } => match knowledge.command_actions(service, operation) {
                Some(actions) => self.call(&actions, deed.span),
                None => self.bounded = false,
            },
            What::Terraform { verb, .. } => match &**verb {
                "init" | "fmt" | "validate" | "version" | "providers" => {}
                "plan" => {
                    self.bounded = false;
                    self.plans.get_or_insert(deed.span);
                }
                "apply" | "destroy" => {
                    self.bounded = false;
                    self.applies.get_or_insert(deed.span);
                }
                _ => self.bounded = false,
            },
            What::Call { file: None, .. } => self.bounded = false,
            _ => {}
        }
    }

    fn push_image(&mut self, deed: &Deed, knowledge: &Knowledge) {
        self.call(knowledge.registry_login_actions(), deed.span);
        self.call(knowledge.registry_push_actions(), deed.span);
        self.pushes.get_or_insert(deed.span);
    }

    /// Notes actions, each with the first place that needs it.
    fn call(&mut self, actions: &[String], span: Span) {
        for action in actions {
            if self.actions.iter().all(|(known, _)| **known != **action) {
                self.actions.push((action.as_str().into(), span));
            }
        }
    }
}

/// Whether an image can be in a registry of AWS: by its host, or because the host comes from a login to it.
fn is_registry_of_aws(image: &Value) -> bool {
    let Some(text) = image.text() else {
        return true;
    };
    let shown = text.to_string();
    shown.contains(".dkr.ecr.") || text.known_prefix().is_empty()
}

/// Actions that call nothing of AWS by themselves but to log in, by how their names begin.
const BOUNDED_ACTIONS: [&str; 22] = [
    "./",
    "actions/",
    "docker/",
    "github/",
    "aws-actions/configure-aws-credentials",
    "aws-actions/amazon-ecr-login",
    "opentofu/setup-",
    "hashicorp/setup-",
    "azure/setup-",
    "Azure/setup-",
    "aquasecurity/",
    "sigstore/",
    "anchore/",
    "rlespinasse/",
    "slackapi/",
    "softprops/",
    "release-drafter/",
    "codecov/",
    "dorny/",
    "tj-actions/",
    "peter-evans/",
    "imranismail/setup-kustomize",
];

/// Whether an action is among them.
fn is_bounded_action(uses: Option<&str>) -> bool {
    let Some(uses) = uses else { return false };
    let name = uses.split('@').next().unwrap_or(uses);
    BOUNDED_ACTIONS.iter().any(|known| name.starts_with(known))
}

/// Programs whose calls of AWS are known: those that make none, and those whose commands become deeds.
const BOUNDED_PROGRAMS: [&str; 62] = [
    "echo",
    "printf",
    "cat",
    "tee",
    "sed",
    "awk",
    "grep",
    "egrep",
    "cut",
    "tr",
    "sort",
    "uniq",
    "head",
    "tail",
    "wc",
    "date",
    "sleep",
    "test",
    "[",
    "[[",
    "true",
    "false",
    "cd",
    "pwd",
    "ls",
    "find",
    "mkdir",
    "cp",
    "mv",
    "rm",
    "touch",
    "chmod",
    "tar",
    "unzip",
    "gzip",
    "curl",
    "wget",
    "jq",
    "yq",
    "git",
    "gh",
    "set",
    "export",
    "local",
    "exit",
    "return",
    "read",
    "docker",
    "docker-compose",
    "buildah",
    "podman",
    "skopeo",
    "crane",
    "kubectl",
    "kustomize",
    "helm",
    "aws",
    "terraform",
    "tofu",
    "cosign",
    "trivy",
    "envsubst",
];

/// Whether a program is among them.
fn is_bounded_program(program: Option<&str>) -> bool {
    let Some(program) = program else { return false };
    BOUNDED_PROGRAMS.contains(&program)
}
