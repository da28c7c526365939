//! Trusts of service accounts that do not exist, and service accounts that the role they name does not trust.

use std::collections::{HashMap, HashSet};

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::What;
use seaworthy_facts::{Same, Span, Subject, Text, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{Account, Addon, Admission, Role, Statement};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "irsa-subject-missing-sa",
    severity: Severity::Breaks,
    page: include_str!("irsa-subject-missing-sa.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let refused = refused(world, findings);
    missing(world, &refused, findings);
    unassociated(world, findings);
}

/// Associations of Pod Identity for an account that does not exist, where one of nearly its name has none.
fn unassociated(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let accounts: Vec<Account<'_>> = Account::all(&world.facts).collect();
    for association in &iam.associations {
        let (Some(namespace), Some(name)) =
            (association.namespace.text(), association.account.text())
        else {
            continue;
        };
        let is_there = Account::called(&world.facts, &namespace, &name)
            .next()
            .is_some();
        let is_used = is_used(world, &namespace, &name);
        let wanted = format!("{namespace}/{name}");
        if is_there || is_used || wanted.contains("${") {
            continue;
        }
        let free: Vec<(&Account<'_>, String)> = accounts
            .iter()
            .filter(|account| {
                // Another root's are those of another cluster.
                account.name().is_some_and(|own| {
                    iam.associated(account.namespace().as_ref(), &own)
                        .all(|other| other.root != association.root)
                }) && account.role().is_none()
            })
            .map(|account| (account, account.title()))
            .collect();
        // The same name in another namespace, or nearly the name in the same.
        let near = free
            .iter()
            .find(|(account, _)| account.name() == Some(name.clone()))
            .or_else(|| {
                let in_namespace = free
                    .iter()
                    .filter(|(account, _)| account.namespace() == Some(namespace.clone()));
                let title = suggest(&wanted, in_namespace.map(|(_, title)| title.as_str()))?;
                free.iter().find(|(_, own)| own == title)
            });
        let Some((account, title)) = near else {
            continue;
        };
        let (differs, part) = difference(account, &wanted);
        let own = match part {
            "namespace" => &association.namespace,
            _ => &association.account,
        };
        findings.push(
            Finding::new(format!(
                "Pod Identity gives a role to service account `{wanted}`, which nothing here makes; `{title}` has none"
            ))
            .at(own.span, format!("no account has this {part}"))
            .and(
                differs.unwrap_or(account.object.name.span),
                format!("account `{title}`"),
            )
            .trail(own)
            .hint(format!("give the role to `{title}`"))
            .confidence(Confidence::Likely)
            .about([wanted.clone(), title.clone()]),
        );
    }
}

/// Accounts that name a role which does not trust them. Gives the roles.
fn refused<'a>(world: &'a World, findings: &mut Vec<Finding>) -> Vec<&'a Role> {
    let iam = world.iam();
    let mut roles = Vec::new();
    for account in Account::all(&world.facts) {
        let (Some(annotation), Some(name)) = (account.role(), account.name()) else {
            continue;
        };
        let called = iam.roles_called(annotation);
        let namespace = account.namespace();
        // With an association EKS gives the pods that, and the annotation is only left over.
        let is_associated = iam.associated(namespace.as_ref(), &name).next().is_some();
        if called.is_empty() || is_associated {
            continue;
        }
        let all_refuse = called.iter().all(|(role, same)| {
            *same == Same::Always
                && role.trust.clusters().next().is_some()
                && role.trust.takes_pod_identity() == Admission::No
                && role.trust.takes_account(namespace.as_ref(), &name) == Admission::No
        });
        if !all_refuse {
            continue;
        }
        let role = called[0].0;
        let Some((subject, shown)) = nearest_subject(role, &account) else {
            continue;
        };
        roles.push(role);
        let (differs, part) = difference(&account, &shown);
        let mut finding = Finding::new(format!(
            "service account `{}` names role `{}`, which trusts `{shown}`",
            account.title(),
            role.title()
        ))
        .at(
            subject.span,
            format!("the role trusts another {part} than the account has"),
        )
        .and(annotation.span, "the account takes the role here")
        .trail(subject)
        .hint(format!(
            "make the subject `system:serviceaccount:{}`",
            account.title().replace('/', ":")
        ))
        .about([role.title(), account.title()]);
        if let Some(span) = differs
            && span != annotation.span
        {
            finding = finding.and(span, format!("its {part}"));
        }
        findings.push(finding);
    }
    roles
}

/// The subject of a role that is most like an account, and the account it names.
fn nearest_subject<'a>(role: &'a Role, account: &Account<'_>) -> Option<(&'a Value, String)> {
    let subjects: Vec<(&Value, String)> = role
        .trust
        .clusters()
        .flat_map(|(statement, _)| statement.subjects())
        .filter_map(|(_, value)| {
            let shown = value.text()?.to_string();
            let account = shown.strip_prefix("system:serviceaccount:")?;
            Some((value, account.replacen(':', "/", 1)))
        })
        .collect();
    let own = account.title();
    let near = suggest(&own, subjects.iter().map(|(_, shown)| shown.as_str())).map(str::to_owned);
    let at = near
        .and_then(|near| subjects.iter().position(|(_, shown)| *shown == near))
        .unwrap_or(0);
    subjects.into_iter().nth(at)
}

/// The part of an account that a subject has otherwise, and where the account has it.
fn difference(account: &Account<'_>, subject: &str) -> (Option<Span>, &'static str) {
    let (namespace, name) = subject.split_once('/').unwrap_or(("", subject));
    if account.name().is_some_and(|own| !own.can_be(name)) {
        return (Some(account.object.name.span), "name");
    }
    if account
        .namespace()
        .is_some_and(|own| !own.can_be(namespace))
    {
        let span = account.object.namespace.as_ref().map(|value| value.span);
        return (span, "namespace");
    }
    (None, "account")
}

/// Subjects of trusts that no account has.
fn missing(world: &World, refused: &[&Role], findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let accounts: Vec<Account<'_>> = Account::all(&world.facts).collect();
    // What a remote base or a template brings may be the account.
    let hidden = world
        .facts
        .unseen
        .iter()
        .any(|unseen| matches!(unseen.subject, Subject::Remote | Subject::Template));
    if hidden || accounts.is_empty() {
        return;
    }
    let refused: HashSet<Span> = refused.iter().map(|role| role.span).collect();
    let mut homes: HashMap<usize, bool> = HashMap::new();
    for role in &iam.roles {
        let mut at_home = || {
            *homes
                .entry(role.root)
                .or_insert_with(|| is_home(world, role.root))
        };
        if refused.contains(&role.span) || !at_home() {
            continue;
        }
        for (value, namespace, name) in subjects(role) {
            if exists(world, &accounts, role, namespace, name) {
                continue;
            }
            let Some((place, label)) = other_side(world, &accounts, role, namespace, name) else {
                continue;
            };
            findings.push(
                Finding::new(format!(
                    "role `{}` trusts service account `{namespace}/{name}`, which nothing here makes",
                    role.title()
                ))
                .at(value.span, "no account has this name and namespace")
                .and(place, label)
                .trail(value)
                .hint("name the account that takes the role, or take the subject away")
                .note("whoever can make a service account of this name gets the role")
                .confidence(Confidence::Likely)
                .about([role.title(), format!("{namespace}/{name}")]),
            );
        }
    }
}

/// The subjects of a role that name one account for sure: the value, the namespace, the name.
fn subjects(role: &Role) -> Vec<(&Value, &str, &str)> {
    role.trust
        .clusters()
        .flat_map(|(statement, _)| Statement::subjects(statement))
        .filter_map(|(_, value)| {
            let (namespace, name) = value
                .str()?
                .strip_prefix("system:serviceaccount:")?
                .split_once(':')?;
            let exact = |text: &str| !text.is_empty() && !text.contains(['*', '?']);
            (exact(namespace) && exact(name)).then_some((value, namespace, name))
        })
        .collect()
}

/// Whether what runs in the clusters of a root is here to see: one of its roles is trusted to an account of a manifest
/// or chart that is here.
fn is_home(world: &World, root: usize) -> bool {
    let iam = world.iam();
    iam.roles
        .iter()
        .filter(|role| role.root == root)
        .flat_map(subjects)
        .any(|(_, namespace, name)| {
            Account::called(&world.facts, &namespace.into(), &name.into())
                .any(|(_, same)| same == Same::Always)
        })
}

fn exists(
    world: &World,
    accounts: &[Account<'_>],
    role: &Role,
    namespace: &str,
    name: &str,
) -> bool {
    let iam = world.iam();
    if name == "default" {
        return true;
    }
    let (wanted_namespace, wanted) = (Text::from(namespace), Text::from(name));
    let is_object = Account::called(&world.facts, &wanted_namespace, &wanted)
        .next()
        .is_some();
    // A pod that names the account: it is made somewhere.
    if is_object || is_used(world, &wanted_namespace, &wanted) {
        return true;
    }
    let in_unseen_release = world.facts.kubernetes.clusters.iter().any(|cluster| {
        cluster.releases.iter().any(|release| {
            let Some(title) = release.name.text() else {
                return true;
            };
            let here = release
                .namespace
                .as_ref()
                .and_then(Value::text)
                .is_none_or(|own| own.same(&wanted_namespace) != Same::Never);
            here && !accounts
                .iter()
                .any(|account| account.release().is_some_and(|own| *own == title))
        })
    });
    let own = world.knowledge.cluster_accounts();
    let of_cluster = own.namespace == namespace && own.accounts.iter().any(|own| own == name);
    let of_addon = iam
        .addons
        .iter()
        .filter(|addon| addon.root == role.root)
        .any(|addon| match known(world, addon) {
            Some((namespace_of, made)) => {
                namespace_of == namespace && made.iter().any(|own| own == name)
            }
            None => true,
        });
    let by_command = world.facts.delivery.deeds().any(|(_, deed)| {
        matches!(&deed.what, What::CreateObject { kind, name: own, .. }
            if &**kind == "ServiceAccount" && own.text().is_none_or(|own| own.can_be(name)))
    });
    let root = &world.facts.terraform.roots[role.root];
    let by_resource = [
        "kubernetes_service_account",
        "kubernetes_service_account_v1",
    ]
    .iter()
    .flat_map(|kind| root.resources(kind))
    .any(|account| {
        account
            .at("metadata.name")
            .and_then(Value::text)
            .is_none_or(|own| own.can_be(name))
    });
    // Modules that install charts by themselves.
    let by_module = root.calls.iter().any(|call| {
        call.folder.is_none()
            && call
                .source
                .as_ref()
                .and_then(Value::str)
                .is_some_and(|source| {
                    ["addon", "blueprint", "helm", "kubernetes"]
                        .iter()
                        .any(|word| source.contains(word))
                })
    });
    in_unseen_release || of_cluster || of_addon || by_command || by_resource || by_module
}

/// Whether some pods run as an account.
fn is_used(world: &World, namespace: &Text, name: &Text) -> bool {
    world.facts.kubernetes.clusters.iter().any(|cluster| {
        cluster.running_as(name).any(|workload| {
            workload.is_in(Some(namespace))
                && workload
                    .pods()
                    .and_then(|pods| pods.service_account()?.text())
                    .is_some_and(|own| own.same(name) != Same::Never)
        })
    })
}

/// The accounts that an add-on makes; nothing where it is not known.
fn known(world: &World, addon: &Addon) -> Option<(&'static str, &'static [String])> {
    let known = world.knowledge.addon_accounts(addon.name.str()?)?;
    Some((&known.namespace, &known.accounts))
}

/// The side that a subject should agree with: the add-on that is given the role, the list of add-ons, or the account
/// with the nearest name.
fn other_side(
    world: &World,
    accounts: &[Account<'_>],
    role: &Role,
    namespace: &str,
    name: &str,
) -> Option<(Span, String)> {
    let iam = world.iam();
    let of_root = || iam.addons.iter().filter(|addon| addon.root == role.root);
    let given = of_root().find(|addon| {
        addon
            .role
            .as_ref()
            .is_some_and(|reference| role.is_called(reference) == Same::Always)
    });
    if let Some(addon) = given {
        let made = known(world, addon).map_or(String::new(), |(_, made)| made.join("`, `"));
        let addon_name = addon.name.str().unwrap_or_default();
        return Some((
            addon.span,
            format!("add-on `{addon_name}` takes the role, for `{made}`"),
        ));
    }
    if namespace == "kube-system"
        && let Some(first) = of_root().next()
    {
        let names: Vec<&str> = of_root()
            .filter(|addon| addon.span == first.span)
            .filter_map(|addon| addon.name.str())
            .collect();
        return Some((
            first.span,
            format!("add-ons `{}` do not make it", names.join("`, `")),
        ));
    }
    let titles: Vec<String> = accounts.iter().map(|account| account.title()).collect();
    let wanted = format!("{namespace}/{name}");
    let nearest = suggest(&wanted, titles.iter().map(String::as_str))?;
    let at = titles.iter().position(|title| title == nearest)?;
    Some((
        accounts[at].object.name.span,
        format!("the nearest account is `{nearest}`"),
    ))
}
