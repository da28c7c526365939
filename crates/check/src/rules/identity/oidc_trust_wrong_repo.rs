//! A role that workflows of this repository take, and that trusts another repository.

use seaworthy_link::World;
use seaworthy_link::iam::{Admission, Assumption, Breadth, Iam, Role, Statement, Taken, Verdict};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "oidc-trust-wrong-repo",
    severity: Severity::Breaks,
    page: include_str!("oidc-trust-wrong-repo.md"),
    check,
};

/// As many workflows are shown.
const SHOWN: usize = 4;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let mut refused: Vec<(&Role, &str, Vec<Assumption<'_>>)> = Vec::new();
    for assumption in Assumption::all(&world.facts) {
        let root = world.sources.root_of(assumption.workflow.file);
        let Some(remote) = root.remote.as_deref() else {
            continue;
        };
        let Some(role) = meant(world, iam, assumption) else {
            continue;
        };
        if role.trust.github().next().is_none()
            || role.trust.takes_repository(remote) != Admission::No
        {
            continue;
        }
        match refused
            .iter_mut()
            .find(|(own, repository, _)| own.span == role.span && *repository == remote)
        {
            Some((.., all)) => all.push(assumption),
            None => refused.push((role, remote, vec![assumption])),
        }
    }
    for (role, remote, assumptions) in refused {
        let Some((_, subject)) = role.trust.github().flat_map(Statement::subjects).next() else {
            continue;
        };
        let trusted = subject
            .text()
            .map(|text| text.to_string())
            .unwrap_or_default();
        let trusted = trusted
            .strip_prefix("repo:")
            .and_then(|rest| rest.split(':').next())
            .unwrap_or(&trusted)
            .to_owned();
        let mut finding = Finding::new(format!(
            "role `{}` trusts `{trusted}`, and this repository is `{remote}`: none of its workflows can take the role",
            role.title()
        ))
        .at(
            subject.span,
            format!("a token of `{remote}` never has this subject"),
        )
        .trail(subject)
        .note("GitHub puts the name that the repository has now into the token; a trust does not follow a new name")
        .about([role.title(), remote.to_owned()]);
        for assumption in assumptions.iter().take(SHOWN) {
            finding = finding.and(
                assumption.role.span,
                format!("job `{}` takes the role", assumption.job.id),
            );
        }
        if assumptions
            .iter()
            .any(|assumption| matches!(iam.taken(assumption.role), Taken::Only(_)))
        {
            finding = finding.assume(format!(
                "the role that the workflows name by a secret is `{}`, the only one here that trusts GitHub",
                role.title()
            ));
        }
        findings.push(finding.confidence(Confidence::Likely));
    }
}

/// The role that a step takes. One that is not named must be able to do what the job does: a repository of
/// infrastructure also declares the roles of other repositories.
fn meant<'a>(world: &World, iam: &'a Iam, assumption: Assumption<'_>) -> Option<&'a Role> {
    match iam.taken(assumption.role) {
        Taken::Named(role) => Some(role),
        Taken::Unknown => None,
        Taken::Only(role) => {
            let needs = assumption.needs(&world.knowledge);
            let changes = needs.plans.is_some() || needs.applies.is_some();
            let is_administrator = role
                .strongest(&world.knowledge)
                .is_some_and(|(breadth, ..)| breadth == Breadth::Administrator);
            let can = needs
                .actions
                .iter()
                .all(|(action, _)| matches!(role.allows(action, None), Verdict::Allowed(..)));
            let fits = if changes {
                is_administrator
            } else {
                can && !needs.actions.is_empty()
            };
            fits.then_some(role)
        }
    }
}
