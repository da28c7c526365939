//! Roles: their names, who may take them, what they may do.

use std::sync::Arc;

use seaworthy_facts::{Part, Same, Span, Text, Value};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::iam::ManagedPolicy;

use super::document::{Document, Statement};
use super::trust::Trust;

/// An IAM role that is declared here, by a resource or a module.
#[derive(Debug, Clone)]
pub struct Role {
    /// The root that makes it, by its place in [`Terraform::roots`](seaworthy_facts::terraform::Terraform::roots).
    pub root: usize,
    /// What references name: `module.x.aws_iam_role.this`, or the module that makes it.
    pub address: Arc<str>,
    /// The registry module that makes it.
    pub module: Option<Arc<str>>,
    /// Its name, as far as it is known.
    pub name: Text,
    /// Where the name is written, else the header.
    pub name_span: Span,
    /// Where the name was first written, if elsewhere: the default of a variable.
    pub name_origin: Option<Span>,
    /// Its header.
    pub span: Span,
    /// All of its block.
    pub block: Span,
    /// Who may take it.
    pub trust: Trust,
    /// The policies that it has.
    pub policies: Vec<Policy>,
    /// Every policy of it that there is was seen, as far as this configuration says.
    pub complete: bool,
}

/// A policy that a role has.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What it is called: the end of its ARN, its name, or the address.
    pub name: Text,
    /// Where the role gets it: `policy_arn`, the flag of a module, the inline block.
    pub span: Span,
    /// What it says.
    pub document: Document,
    /// The policy of AWS that it is.
    pub managed: Option<&'static ManagedPolicy>,
    /// What was taken from a table to know this.
    pub assumed: Option<Box<str>>,
}

/// Whether a role may do something.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'a> {
    /// It may, by this statement.
    Allowed(&'a Policy, &'a Statement),
    /// It may not: this statement forbids it, or none allows it.
    Denied(Option<&'a Statement>),
    /// It depends on what is not known.
    Unknown,
}

/// How much a role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Nothing more than reading.
    Reads,
    /// It changes things, each named.
    Some,
    /// It changes things, with some action on every resource of its kind.
    Wide,
    /// Everything, or what gives everything: `*` on `*`, or all of IAM.
    Administrator,
}

impl Role {
    /// Whether the role may do an action on a resource; with `None`, on any resource at all.
    pub fn allows(&self, action: &str, resource: Option<&Text>) -> Verdict<'_> {
        let on = |statement: &Statement| {
            let about = statement.is_about(action);
            let covers = resource.map_or(Same::Always, |resource| statement.covers(resource));
            match (about, covers) {
                (Same::Never, _) | (_, Same::Never) => Same::Never,
                (Same::Always, Same::Always) if statement.conditions.is_empty() => Same::Always,
                _ => Same::Maybe,
            }
        };
        let all = || {
            self.policies
                .iter()
                .flat_map(|policy| policy.document.statements.iter().map(move |s| (policy, s)))
        };
        let mut open = !self.complete;
        for (_, statement) in all().filter(|(_, statement)| statement.denies) {
            match on(statement) {
                Same::Always if resource.is_some() || statement.everything().is_some() => {
                    return Verdict::Denied(Some(statement));
                }
                Same::Never => {}
                _ => open = true,
            }
        }
        for (policy, statement) in all().filter(|(_, statement)| !statement.denies) {
            match on(statement) {
                Same::Always => return Verdict::Allowed(policy, statement),
                Same::Maybe => open = true,
                Same::Never => {}
            }
        }
        let partial = self.policies.iter().any(|policy| {
            !policy.document.complete || policy.managed.is_some_and(|managed| managed.partial)
        });
        if open || partial {
            Verdict::Unknown
        } else {
            Verdict::Denied(None)
        }
    }

    /// The policy that allows most, how much, and the place that says so.
    pub fn strongest(&self, knowledge: &Knowledge) -> Option<(Breadth, &Policy, Span)> {
        self.policies
            .iter()
            .filter_map(|policy| {
                let (breadth, span) = policy.breadth(knowledge)?;
                Some((breadth, policy, span))
            })
            .max_by_key(|(breadth, ..)| *breadth)
    }

    /// What it is called in messages: its name, else its address.
    pub fn title(&self) -> String {
        match self.name.parts() {
            [Part::Literal(name)] => name.to_string(),
            [] | [Part::Hole(_)] => self.address.to_string(),
            _ => self.name.to_string(),
        }
    }

    /// Whether an ARN or a name can be this role's. [`Same::Maybe`] where it depends on what is not known.
    pub fn is_called(&self, reference: &Value) -> Same {
        let Some(text) = reference.text() else {
            return Same::Maybe;
        };
        if let [Part::Hole(unknown)] = text.parts() {
            return match &unknown.resource {
                Some(resource) if self.is_at(resource) => Same::Always,
                Some(resource) if resource.contains("aws_iam_role.") => Same::Never,
                _ => Same::Maybe,
            };
        }
        match role_name(&text) {
            Some(name) => self.name.same(&name),
            None => Same::Maybe,
        }
    }

    /// Whether an address is this role's, or that of something in the module that makes it.
    pub fn is_at(&self, address: &str) -> bool {
        let plain = without_key(address);
        let own = without_key(&self.address);
        plain == own
            || (self.module.is_some()
                && plain
                    .strip_prefix(own)
                    .is_some_and(|rest| rest.starts_with('.')))
    }
}

/// An address without its last key: `aws_iam_role.x["a"]` is `aws_iam_role.x`.
pub(super) fn without_key(address: &str) -> &str {
    match address.strip_suffix(']').and_then(|_| address.rfind('[')) {
        Some(at) => &address[..at],
        None => address,
    }
}

/// The name of a role in an ARN, or the text itself where it is no ARN and known.
pub fn role_name(reference: &Text) -> Option<Text> {
    let shown = reference.to_string();
    // Something fills this in before it counts: Flux, envsubst, a script.
    if reference.literal().is_some_and(|text| text.contains("${")) {
        return None;
    }
    if shown.contains(":role/") {
        return reference.rsplit_once('/').map(|(_, name)| name);
    }
    (!shown.starts_with("arn:") && reference.literal().is_some_and(|text| !text.is_empty()))
        .then(|| reference.clone())
}

impl Policy {
    /// How much it allows and where it says so; nothing where that is not known.
    pub fn breadth(&self, knowledge: &Knowledge) -> Option<(Breadth, Span)> {
        if self.managed.is_some_and(|managed| managed.reads_only) {
            return Some((Breadth::Reads, self.span));
        }
        self.document
            .statements
            .iter()
            .filter(|statement| !statement.denies)
            .map(|statement| {
                // A managed policy has no place of its own; neither has a module's grant.
                let place = statement
                    .everything()
                    .map_or(statement.span, |all| all.span);
                (statement.breadth(knowledge), place)
            })
            .max_by_key(|(breadth, _)| *breadth)
    }
}

/// Actions with which a role can give itself all others.
const GIVES_ALL: [&str; 4] = [
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:AttachUserPolicy",
];

/// Words that actions which change nothing begin with.
const READS: [&str; 16] = [
    "Get",
    "List",
    "Describe",
    "BatchGet",
    "BatchCheck",
    "View",
    "Search",
    "Lookup",
    "Query",
    "Scan",
    "Select",
    "Filter",
    "Test",
    "Simulate",
    "Check",
    "Head",
];

impl Statement {
    /// How much it allows.
    pub fn breadth(&self, knowledge: &Knowledge) -> Breadth {
        let everywhere = self.everything().is_some() && self.conditions.is_empty();
        if everywhere && self.not_actions.is_empty() {
            let gives_all = GIVES_ALL
                .iter()
                .any(|action| self.is_about(action) == Same::Always);
            if gives_all {
                return Breadth::Administrator;
            }
        }
        let changes = !self.not_actions.is_empty()
            || self
                .actions
                .iter()
                .filter_map(Value::str)
                .any(|action| !reads(action));
        if !changes {
            Breadth::Reads
        } else if everywhere && !self.not_actions.is_empty() {
            // All but some services: as good as all of them.
            Breadth::Administrator
        } else if everywhere && self.wide_change(knowledge).is_some() {
            Breadth::Wide
        } else {
            // What can be allowed on everything only is no choice of whoever wrote it.
            Breadth::Some
        }
    }

    /// An action of it that changes something and could be allowed for one resource; of several, one that says it
    /// plainly.
    pub fn wide_change(&self, knowledge: &Knowledge) -> Option<&Value> {
        const PLAIN: [&str; 6] = [":*", ":Put", ":Delete", ":Create", ":Update", ":Run"];
        let changes = |action: &&Value| {
            action
                .str()
                .is_some_and(|action| !reads(action) && !knowledge.is_without_resource(action))
        };
        let plain = PLAIN.iter().find_map(|word| {
            self.actions
                .iter()
                .filter(changes)
                .find(|action| action.str().is_some_and(|action| action.contains(word)))
        });
        plain.or_else(|| self.actions.iter().find(changes))
    }
}

/// Whether an action, or all that a pattern takes, only reads.
pub fn reads(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    READS.iter().any(|word| {
        name.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    }) || matches!(action, "sts:TagSession" | "eks:AccessKubernetesApi")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_the_end_of_its_arn() {
        let name = |text: &str| role_name(&text.into()).map(|name| name.to_string());
        assert_eq!(name("arn:aws:iam::1:role/path/api").as_deref(), Some("api"));
        assert_eq!(name("deployer").as_deref(), Some("deployer"));
        assert_eq!(name("arn:aws:iam::1:user/x"), None);
        assert_eq!(without_key("aws_iam_role.x[\"a\"]"), "aws_iam_role.x");
    }

    #[test]
    fn reading_is_told_from_changing() {
        assert!(reads("ec2:Describe*"));
        assert!(reads("ecr:BatchGetImage"));
        assert!(!reads("ecr:PutImage"));
        assert!(!reads("s3:*"));
        assert!(!reads("*"));
    }
}
