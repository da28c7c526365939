//! Policy documents: JSON, `jsonencode`, and the `aws_iam_policy_document` data source, as statements.

use std::sync::Arc;

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Data, Same, Span, Text, Value, yaml};

use super::pattern::{takes, takes_action};

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
    /// All of them are here.
    pub complete: bool,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// It forbids.
    pub denies: bool,
    /// The actions it is about.
    pub actions: Vec<Value>,
    /// The actions it is not about, where it says it so.
    pub not_actions: Vec<Value>,
    /// The resources it is about; none in a trust policy.
    pub resources: Vec<Value>,
    /// The resources it is not about, where it says it so.
    pub not_resources: Vec<Value>,
    /// Who it is about; none in a policy of a role.
    pub principals: Vec<Principal>,
    /// When it holds.
    pub conditions: Vec<Condition>,
    /// The statement.
    pub span: Span,
}

/// Somebody whom a statement is about.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What kind of somebody.
    pub kind: PrincipalKind,
    /// Who: an ARN, a service's name, `*`.
    pub id: Value,
}

/// What kind of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An account, role or user.
    Aws,
    /// A service of AWS.
    Service,
    /// An identity provider.
    Federated,
    /// Anything else.
    Other,
}

/// A condition of a statement.
#[derive(Debug, Clone)]
pub struct Condition {
    /// `StringEquals`.
    pub operator: Arc<str>,
    /// `token.actions.githubusercontent.com:sub`; holes as `${name}`.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// What it is held against: one of them is enough.
    pub values: Vec<Value>,
}

/// How many documents may stand for one another.
const DEPTH: usize = 8;

impl Document {
    /// Reads a document: a value that is one, text that holds one, or a reference to what makes one.
    pub fn read(value: &Value, root: &Root) -> Self {
        Self::read_within(value, root, DEPTH)
    }

    fn read_within(value: &Value, root: &Root, depth: usize) -> Self {
        if depth == 0 {
            return Self::default();
        }
        if let Some(unknown) = value.as_unknown() {
            let made = unknown
                .resource
                .as_deref()
                .and_then(|address| find(root, address))
                .map(|resource| match &*resource.kind {
                    "aws_iam_policy_document" => Self::of_blocks(&resource.body, root, depth),
                    "aws_iam_policy" | "aws_iam_role_policy" => {
                        resource.at("policy").map_or_else(Self::default, |policy| {
                            Self::read_within(policy, root, depth - 1)
                        })
                    }
                    _ => Self::default(),
                });
            return made.unwrap_or_default();
        }
        match &value.data {
            Data::Map(map) if map.get("Statement").is_some() => Self::of_json(value),
            Data::Map(_) => Self::of_blocks(value, root, depth),
            Data::Text(text) => {
                let read = yaml::read_text(text, &|_| value.span);
                match read.documents.as_slice() {
                    [document] if document.value.get("Statement").is_some() => {
                        Self::of_json(&document.value)
                    }
                    _ => Self::default(),
                }
            }
            _ => Self::default(),
        }
    }

    fn of_json(value: &Value) -> Self {
        let list = value.get("Statement").map_or(&[][..], Value::each);
        let mut document = Self {
            statements: Vec::new(),
            complete: true,
        };
        for item in list {
            if item.map().is_none() {
                document.complete = false;
                continue;
            }
            let list = |key: &str| {
                item.get(key)
                    .map_or(Vec::new(), |value| value.each().to_vec())
            };
            document.statements.push(Statement {
                denies: item.get("Effect").and_then(Value::str) == Some("Deny"),
                actions: list("Action"),
                not_actions: list("NotAction"),
                resources: list("Resource"),
                not_resources: list("NotResource"),
                principals: item.get("Principal").map_or(Vec::new(), principals),
                conditions: item.get("Condition").map_or(Vec::new(), conditions),
                span: item.span,
            });
        }
        document
    }

    fn of_blocks(body: &Value, root: &Root, depth: usize) -> Self {
        let mut document = Self {
            statements: Vec::new(),
            complete: true,
        };
        let others = [
            "source_policy_documents",
            "override_policy_documents",
            "source_json",
            "override_json",
        ];
        for other in others.iter().filter_map(|key| body.get(key)) {
            for value in other.each() {
                let read = Self::read_within(value, root, depth - 1);
                document.statements.extend(read.statements);
                document.complete &= read.complete;
            }
        }
        for item in body.get("statement").map_or(&[][..], Value::each) {
            if item.map().is_none() {
                document.complete = false;
                continue;
            }
            let list = |key: &str| {
                item.get(key)
                    .map_or(Vec::new(), |value| value.each().to_vec())
            };
            let blocks = |key: &str| item.get(key).map_or(&[][..], Value::each);
            document.statements.push(Statement {
                denies: item.get("effect").and_then(Value::str) == Some("Deny"),
                actions: list("actions"),
                not_actions: list("not_actions"),
                resources: list("resources"),
                not_resources: list("not_resources"),
                principals: blocks("principals")
                    .iter()
                    .flat_map(|block| {
                        let kind = kind_of(block.get("type").and_then(Value::str));
                        let ids = block.get("identifiers").map_or(&[][..], Value::each);
                        ids.iter().map(move |id| Principal {
                            kind,
                            id: id.clone(),
                        })
                    })
                    .collect(),
                conditions: blocks("condition")
                    .iter()
                    .filter_map(|block| {
                        let variable = block.get("variable")?;
                        Some(Condition {
                            operator: block.get("test")?.str()?.into(),
                            key: variable.text()?.to_string().into(),
                            key_span: variable.span,
                            values: block.get("values")?.each().to_vec(),
                        })
                    })
                    .collect(),
                span: item.span,
            });
        }
        document
    }
}

/// The resource that a reference names; data sources are found with and without `data.`.
pub(super) fn find<'a>(
    root: &'a Root,
    address: &str,
) -> Option<&'a seaworthy_facts::terraform::Resource> {
    root.find(address).or_else(|| {
        let (module, rest) = match address.rfind("data.") {
            Some(at) => (&address[..at], &address[at + 5..]),
            None => return None,
        };
        root.find(&format!("{module}{rest}"))
    })
}

fn kind_of(word: Option<&str>) -> PrincipalKind {
    match word {
        Some("AWS") => PrincipalKind::Aws,
        Some("Service") => PrincipalKind::Service,
        Some("Federated") => PrincipalKind::Federated,
        _ => PrincipalKind::Other,
    }
}

fn principals(value: &Value) -> Vec<Principal> {
    if value.map().is_none() {
        return value
            .each()
            .iter()
            .map(|id| Principal {
                kind: PrincipalKind::Aws,
                id: id.clone(),
            })
            .collect();
    }
    value
        .entries()
        .iter()
        .flat_map(|entry| {
            let kind = kind_of(Some(&entry.key));
            entry.value.each().iter().map(move |id| Principal {
                kind,
                id: id.clone(),
            })
        })
        .collect()
}

fn conditions(value: &Value) -> Vec<Condition> {
    value
        .entries()
        .iter()
        .flat_map(|operator| {
            operator.value.entries().iter().map(|entry| Condition {
                operator: operator.key.clone(),
                key: entry.key.clone(),
                key_span: entry.key_span,
                values: entry.value.each().to_vec(),
            })
        })
        .collect()
}

impl Statement {
    /// Whether it is about an action.
    pub fn is_about(&self, action: &str) -> Same {
        if !self.not_actions.is_empty() {
            return match any_action(&self.not_actions, action) {
                Same::Always => Same::Never,
                Same::Never => Same::Always,
                Same::Maybe => Same::Maybe,
            };
        }
        any_action(&self.actions, action)
    }

    /// Whether it is about a resource; one without resources, as in a trust policy, is about all.
    pub fn covers(&self, resource: &Text) -> Same {
        let any = |patterns: &[Value]| {
            strongest(patterns.iter().map(|pattern| match pattern.text() {
                Some(pattern) => takes(&pattern, resource),
                None => Same::Maybe,
            }))
        };
        if !self.not_resources.is_empty() {
            return match any(&self.not_resources) {
                Same::Always => Same::Never,
                Same::Never => Same::Always,
                Same::Maybe => Same::Maybe,
            };
        }
        if self.resources.is_empty() {
            return Same::Always;
        }
        any(&self.resources)
    }

    /// The resource `*`, where it names it.
    pub fn everything(&self) -> Option<&Value> {
        self.resources
            .iter()
            .find(|resource| resource.str() == Some("*"))
    }

    /// Whether it allows every action on every resource, without a condition.
    pub fn is_administrator(&self) -> bool {
        !self.denies
            && self.conditions.is_empty()
            && self.everything().is_some()
            && self
                .actions
                .iter()
                .any(|action| matches!(action.str(), Some("*" | "*:*")))
    }
}

fn any_action(patterns: &[Value], action: &str) -> Same {
    strongest(patterns.iter().map(|pattern| match pattern.str() {
        Some(pattern) if takes_action(pattern, action) => Same::Always,
        Some(_) => Same::Never,
        None => Same::Maybe,
    }))
}

fn strongest(all: impl Iterator<Item = Same>) -> Same {
    let mut found = Same::Never;
    for same in all {
        match same {
            Same::Always => return Same::Always,
            Same::Maybe => found = Same::Maybe,
            Same::Never => {}
        }
    }
    found
}
