//! The policies that roles have: attached by ARN, inline, AWS's own.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Text, Unknown, UnknownKind, Value};
use seaworthy_knowledge::Knowledge;

use super::document::{Document, Statement, find};
use super::role::{Policy, without_key};

/// A policy that stands in a role or beside it.
pub(super) fn inline_policy(body: &Value, resource: &Resource, root: &Root) -> Policy {
    let policy = body.get("policy");
    Policy {
        name: body
            .get("name")
            .and_then(Value::text)
            .unwrap_or_else(|| Text::from(&*resource.plain_address)),
        span: policy.map_or(resource.span, |policy| policy.span),
        document: policy.map_or_else(Document::default, |policy| Document::read(policy, root)),
        managed: None,
        assumed: None,
    }
}

/// The policy that an ARN means.
pub(super) fn attached(arn: &Value, root: &Root, knowledge: &Knowledge) -> Policy {
    let text = arn.text().unwrap_or_default();
    let shown = text.to_string();
    let unseen = |name: Text| Policy {
        name,
        span: arn.span,
        document: Document::default(),
        managed: None,
        assumed: None,
    };
    if let Some((_, path)) = shown.split_once(":iam::aws:policy/") {
        return managed(path, arn.span, knowledge);
    }
    let Some(address) = arn
        .as_unknown()
        .and_then(|unknown| unknown.resource.as_deref())
    else {
        return unseen(text);
    };
    if let Some(resource) = find(root, address) {
        if let Some(policy) = resource.at("policy").filter(|policy| !policy.is_null()) {
            let name = resource.at("name").and_then(Value::text);
            return Policy {
                name: name.unwrap_or_else(|| Text::from(&*resource.plain_address)),
                span: arn.span,
                document: Document::read(policy, root),
                managed: None,
                assumed: None,
            };
        }
        let known = resource
            .str("arn")
            .and_then(|arn| Some(arn.split_once(":policy/")?.1));
        if let Some(path) = known.or_else(|| resource.str("name"))
            && knowledge.managed_policy(path).is_some()
        {
            return managed(path, arn.span, knowledge);
        }
        return unseen(text);
    }
    // `module.x.arn` of the module that makes a policy.
    let call = root.calls.iter().find(|call| {
        let plain = without_key(&call.address);
        address == plain
            || address
                .strip_prefix(plain)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
    });
    let policy = call.and_then(|call| call.arguments.get("policy"));
    match (call, policy) {
        (Some(call), Some(policy)) => Policy {
            name: call
                .arguments
                .get("name")
                .and_then(Value::text)
                .unwrap_or_else(|| Text::from(&*call.address)),
            span: arn.span,
            document: Document::read(policy, root),
            managed: None,
            assumed: None,
        },
        _ => unseen(text),
    }
}

/// A policy of AWS.
pub(super) fn managed(path: &str, span: Span, knowledge: &Knowledge) -> Policy {
    let name = Text::from(path.rsplit('/').next().unwrap_or(path));
    let Some(known) = knowledge.managed_policy(path) else {
        return Policy {
            name,
            span,
            document: Document::default(),
            managed: None,
            assumed: None,
        };
    };
    let values = |texts: &[String]| {
        texts
            .iter()
            .map(|text| Value::string(text.as_str(), span))
            .collect::<Vec<_>>()
    };
    let resource = if known.everywhere {
        Value::string("*", span)
    } else {
        Value::unknown(
            Unknown::new(UnknownKind::NotSeen, "resources of the policy"),
            span,
        )
    };
    let (actions, not_actions) = if known.not_actions.is_empty() {
        (values(&known.actions), Vec::new())
    } else {
        (Vec::new(), values(&known.not_actions))
    };
    Policy {
        name,
        span,
        document: Document {
            statements: vec![Statement {
                denies: false,
                actions,
                not_actions,
                resources: vec![resource],
                not_resources: Vec::new(),
                principals: Vec::new(),
                conditions: Vec::new(),
                span,
            }],
            complete: !known.partial,
        },
        managed: Some(known),
        assumed: Some(
            format!(
                "what `{}` allows (table of {})",
                known.path,
                seaworthy_knowledge::iam::READ
            )
            .into(),
        ),
    }
}
