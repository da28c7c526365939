//! A role that any branch or pull request may take, and that may do almost anything.

use seaworthy_facts::{Part, Same, Text, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{Assumption, Breadth, Condition, Role, Statement};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "oidc-trust-any-ref-admin",
    severity: Severity::Insecure,
    page: include_str!("oidc-trust-any-ref-admin.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let assumptions = Assumption::all(&world.facts);
    for role in iam.github_roles() {
        let Some((breadth, policy, place)) = role.strongest(&world.knowledge) else {
            continue;
        };
        if breadth < Breadth::Wide {
            continue;
        }
        let Some((value, who)) = role
            .trust
            .github()
            .filter(|statement| !is_narrowed(statement))
            .flat_map(Statement::subjects)
            .find_map(|(condition, value)| Some((value, any_ref(condition, value)?)))
        else {
            continue;
        };
        let (may, label) = what(world, breadth, role);
        let mut finding = Finding::new(format!(
            "{who} may take role `{}`, and with it {may}",
            role.title()
        ))
        .at(value.span, format!("{who} has this subject"))
        .and(place, label)
        .trail(value)
        .hint(
            "name the branch or the environment in the subject: `repo:OWNER/NAME:environment:production`, or \
             `repo:OWNER/NAME:ref:refs/heads/main`",
        )
        .about([role.title()]);
        if place != policy.span {
            finding = finding.link(
                policy.span,
                format!("the role has policy `{}`", policy.name),
            );
        }
        if let Some(assumed) = &policy.assumed {
            // Which actions are behind a name is known for these two without a table.
            if breadth < Breadth::Administrator {
                finding = finding.assume(&**assumed);
            }
        }
        let by_request = assumptions.iter().find_map(|assumption| {
            let named = role.is_called(assumption.role) == Same::Always;
            let only = || iam.taken(assumption.role).role();
            (named || only().is_some_and(|taken| taken.span == role.span))
                .then(|| assumption.pull_request())
                .flatten()
        });
        if let Some(trigger) = by_request {
            finding = finding.and(trigger, "pull requests run a job that takes it");
        }
        findings.push(finding.confidence(Confidence::Certain));
    }
}

/// What the role may do, for the message and for the label at the policy.
fn what(world: &World, breadth: Breadth, role: &Role) -> (String, String) {
    if breadth == Breadth::Administrator {
        return (
            "do everything in the account".to_owned(),
            "this lets it do everything".to_owned(),
        );
    }
    let change = role
        .policies
        .iter()
        .flat_map(|policy| &policy.document.statements)
        .filter(|statement| statement.breadth(&world.knowledge) == Breadth::Wide)
        .find_map(|statement| statement.wide_change(&world.knowledge)?.str())
        .unwrap_or("changes");
    (
        format!("call `{change}` on every resource of the account"),
        format!("`{change}` is allowed on everything here"),
    )
}

/// Another claim than subject and audience narrows who may take the role.
fn is_narrowed(statement: &Statement) -> bool {
    statement.conditions.iter().any(|condition| {
        let claim = condition.key.rsplit(':').next().unwrap_or_default();
        !matches!(claim, "sub" | "aud" | "iss")
    })
}

/// Who has a subject that names no branch, tag or environment.
fn any_ref(condition: &Condition, value: &Value) -> Option<String> {
    if !condition.is_like() {
        return None;
    }
    let text = value.text()?;
    if text.literal() == Some("*") || text.literal() == Some("repo:*") {
        return Some("any repository of GitHub".to_owned());
    }
    let (before, after) = text.rsplit_once(':')?;
    if before.literal() == Some("repo") {
        let owner = owner(&after)?;
        return Some(format!("any repository of `{owner}`"));
    }
    let repository = before.to_string();
    let repository = repository.strip_prefix("repo:")?.to_owned();
    let end = after.literal()?;
    if let Some(repository) = repository.strip_suffix(":ref") {
        return (end == "refs/heads/*" || end == "refs/*" || end == "*")
            .then(|| format!("any branch of `{repository}`"));
    }
    (end == "*" && !repository.contains(':'))
        .then(|| format!("any branch, tag or pull request of `{repository}`"))
}

/// `owner` of `owner/*`.
fn owner(text: &Text) -> Option<String> {
    let Some(Part::Literal(last)) = text.parts().last() else {
        return None;
    };
    if !last.ends_with("/*") {
        return None;
    }
    let shown = text.to_string();
    let owner = shown.strip_suffix("/*")?;
    (!owner.contains('/')).then(|| owner.to_owned())
}
