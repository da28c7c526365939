//! An identity may use every key of the account. The policies of keys themselves say `*` for the key they belong to
//! and are left alone.

use seaworthy_facts::Value;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "kms-policy-wildcard",
    severity: Severity::Insecure,
    page: include_str!("kms-policy-wildcard.md"),
    check,
};

/// Policies of identities, by the attribute that holds them.
const POLICIES: [(&str, &str); 5] = [
    ("aws_iam_policy", "policy"),
    ("aws_iam_role_policy", "policy"),
    ("aws_iam_user_policy", "policy"),
    ("aws_iam_group_policy", "policy"),
    ("aws_iam_role", "inline_policy.policy"),
];

/// Using a key on data; describing and listing need `*` now and then.
const USES: [&str; 6] = [
    "kms:*",
    "kms:encrypt",
    "kms:decrypt",
    "kms:reencrypt",
    "kms:generatedatakey",
    "kms:creategrant",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (kind, path) in POLICIES {
        for (_, policy) in world.facts.terraform.resources(kind) {
            for statement in policy
                .at(path)
                .and_then(|document| document.get("Statement"))
                .map_or(&[][..], Value::each)
            {
                if let Some(finding) = finding(statement, &policy.address)
                    && !administers(policy.at(path))
                {
                    findings.push(finding);
                }
            }
        }
    }
}

/// As many services whole on every resource are somebody's who runs the account: its keys are no more than the rest.
const SERVICES: usize = 4;

/// Whether the policy is one to run an account with.
fn administers(document: Option<&Value>) -> bool {
    let mut services: Vec<&str> = document
        .and_then(|document| document.get("Statement"))
        .map_or(&[][..], Value::each)
        .iter()
        .filter(|statement| {
            let resources = statement.get("Resource").map_or(&[][..], Value::each);
            resources.iter().any(|resource| resource.str() == Some("*"))
        })
        .filter_map(|statement| statement.get("Action"))
        .flat_map(Value::each)
        .filter_map(|action| action.str()?.strip_suffix(":*"))
        .filter(|service| *service != "kms")
        .collect();
    services.sort_unstable();
    services.dedup();
    services.len() >= SERVICES
}

fn finding(statement: &Value, address: &str) -> Option<Finding> {
    let is = |key: &str, wanted: &str| statement.get(key).and_then(Value::str) == Some(wanted);
    if !is("Effect", "Allow") || statement.get("Condition").is_some() {
        return None;
    }
    let action = statement.get("Action")?.each().iter().find(|action| {
        action.str().is_some_and(|action| {
            let action = action.to_ascii_lowercase();
            USES.iter().any(|used| action.starts_with(used))
        })
    })?;
    let resource = statement
        .get("Resource")?
        .each()
        .iter()
        .find(|resource| resource.str() == Some("*"))?;
    let name = action.str()?;
    Some(
        Finding::new(format!(
            "`{address}` allows `{name}` with every key of the account, not only with its own"
        ))
        .at(resource.span, "every key")
        .and(action.span, "used on data")
        .trail(resource)
        .about([address.to_owned()])
        .hint(
            "name the key's ARN, or add a condition on `kms:ViaService` or `kms:ResourceAliases`",
        ),
    )
}
