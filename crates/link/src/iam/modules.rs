//! Roles that registry modules make: their trust and policies from the arguments of the call.

use seaworthy_facts::terraform::{ModuleCall, Root};
use seaworthy_facts::{Data, Text, Unknown, Value};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::iam::RoleModule;

use super::document::{Document, Statement};
use super::forms::{Form, statement, values};
use super::policies::{attached, managed};
use super::{Iam, Issuer, OidcProvider, Policy, Role, Trust};

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
            policies.push(managed(path, entry.key_span, knowledge));
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
