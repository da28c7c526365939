//! An account of Google Cloud trusts a `ServiceAccount` that is not there, and one of nearly the name is.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::Object;
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::references::stands_elsewhere;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "workload-identity-subject-missing",
    severity: Severity::Breaks,
    page: include_str!("workload-identity-subject-missing.md"),
    check,
};

/// What stands before `namespace/name]` in a member of Workload Identity.
const POOL: &str = ".svc.id.goog[";

fn check(world: &World, findings: &mut Vec<Finding>) {
    let accounts: Vec<&Object> = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| cluster.of("ServiceAccount"))
        .collect();
    if accounts.is_empty() {
        return;
    }
    let mut told: HashSet<Span> = HashSet::new();
    for root in &world.facts.terraform.roots {
        let resources = root.resources.iter().map(|resource| &resource.body);
        let arguments = root.calls.iter().map(|call| &call.arguments);
        for body in resources.chain(arguments) {
            body.walk(&mut |value| {
                if let Some((namespace, name)) = subject(value)
                    && let Some(finding) = judge(world, &accounts, value, &namespace, &name)
                    && told.insert(value.span)
                {
                    findings.push(finding);
                }
            });
        }
    }
}

/// The namespace and the name that a member trusts.
fn subject(value: &Value) -> Option<(String, String)> {
    let text = value.text()?;
    let known = match text.literal() {
        Some(text) => text,
        None => text.known_suffix(),
    };
    let (_, rest) = known.split_once(POOL)?;
    let (namespace, name) = rest.strip_suffix(']')?.split_once('/')?;
    Some((namespace.to_owned(), name.to_owned()))
}

fn judge(
    world: &World,
    accounts: &[&Object],
    value: &Value,
    namespace: &str,
    name: &str,
) -> Option<Finding> {
    let wanted = Text::from(namespace);
    let called = |account: &&&Object| {
        account
            .name
            .text()
            .is_some_and(|own| own.same(&Text::from(name)) != Same::Never)
    };
    if accounts
        .iter()
        .any(|account| called(&account) && account.is_in(Some(&wanted)))
    {
        return None;
    }
    let there: Vec<&Object> = accounts
        .iter()
        .filter(|account| account.namespace() == Some(namespace))
        .copied()
        .collect();
    let names: Vec<&str> = there.iter().filter_map(|account| account.name()).collect();
    let fresh = || !stands_elsewhere(world, name, &[value.span]);
    let near = suggest(name, names.iter().copied()).or_else(|| match names.as_slice() {
        // The only account of the namespace.
        [only, rest @ ..] if rest.iter().all(|other| other == only) && fresh() => Some(*only),
        _ => None,
    });
    let (account, place, says) = if let Some(near) = near {
        let account = there.iter().find(|account| account.name() == Some(near))?;
        (
            *account,
            account.name.span,
            format!("the account is called `{near}`"),
        )
    } else {
        // One of this name in a namespace of nearly this one.
        let account = accounts.iter().filter(called).find(|account| {
            account
                .namespace()
                .is_some_and(|own| suggest(namespace, [own]).is_some())
        })?;
        let own = account.namespace.as_ref()?;
        (
            *account,
            own.span,
            format!("the account is in namespace `{}`", own.str()?),
        )
    };
    Some(
        Finding::new(format!(
            "`{namespace}/{name}` is trusted and not there; there is `{}/{}`: its pods get no token",
            account.namespace().unwrap_or_default(),
            account.name().unwrap_or_default()
        ))
        .at(value.span, "trusted here")
        .and(place, says)
        .trail(value)
        .about([namespace.to_owned(), name.to_owned()]),
    )
}
