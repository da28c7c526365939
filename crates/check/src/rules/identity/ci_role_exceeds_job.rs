//! A job that needs a few actions and takes an administrator's role.

use seaworthy_facts::Span;
use seaworthy_link::World;
use seaworthy_link::iam::{Assumption, Breadth, JobNeeds, Policy, Role, Statement, Taken};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "ci-role-exceeds-job",
    severity: Severity::Insecure,
    page: include_str!("ci-role-exceeds-job.md"),
    check,
};

/// Why a job takes more than it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    /// It calls these few actions.
    FewActions,
    /// It plans what a pull request proposes.
    PlansProposal,
}

/// Jobs that take one role for one reason.
struct Group<'a> {
    role: &'a Role,
    policy: &'a Policy,
    place: Span,
    excess: Excess,
    jobs: Vec<(Assumption<'a>, JobNeeds)>,
    assumed: bool,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for assumption in Assumption::all(&world.facts) {
        let taken = iam.taken(assumption.role);
        let Some(role) = taken.role() else { continue };
        let Some((Breadth::Administrator, policy, place)) = role.strongest(&world.knowledge) else {
            continue;
        };
        let needs = assumption.needs(&world.knowledge);
        let excess = if needs.plans.is_some()
            && needs.applies.is_none()
            && assumption.pull_request().is_some()
            && takes_requests(role)
        {
            Excess::PlansProposal
        } else if needs.bounded && !needs.actions.is_empty() {
            Excess::FewActions
        } else {
            continue;
        };
        let group = groups
            .iter_mut()
            .find(|group| group.role.span == role.span && group.excess == excess);
        match group {
            Some(group) => group.jobs.push((assumption, needs)),
            None => groups.push(Group {
                role,
                policy,
                place,
                excess,
                jobs: vec![(assumption, needs)],
                assumed: matches!(taken, Taken::Only(_)),
            }),
        }
    }
    findings.extend(groups.iter().map(finding));
}

fn finding(group: &Group<'_>) -> Finding {
    let role = group.role.title();
    let (first, needs) = &group.jobs[0];
    let job = &*first.job.id;
    let message = match group.excess {
        Excess::FewActions => {
            let jobs: Vec<String> = group
                .jobs
                .iter()
                .map(|(assumption, _)| format!("`{}`", assumption.job.id))
                .collect();
            let (word, need, take) = match jobs.len() {
                1 => ("job", "needs", "takes"),
                _ => ("jobs", "need", "take"),
            };
            format!(
                "{word} {} {need} {}, and {take} role `{role}`, which may do everything",
                jobs.join(" and "),
                listed(needs)
            )
        }
        Excess::PlansProposal => format!(
            "job `{job}` plans what a pull request proposes with role `{role}`, which may change everything"
        ),
    };
    let mut finding = Finding::new(message).at(
        first.role.span,
        match group.excess {
            Excess::FewActions => "an administrator's role is taken here",
            Excess::PlansProposal => "the plan runs with an administrator's role",
        },
    );
    for (other, _) in group.jobs.iter().skip(1) {
        finding = finding.and(
            other.role.span,
            format!("job `{}` takes it, too", other.job.id),
        );
    }
    if group.excess == Excess::PlansProposal {
        if let Some(plan) = needs.plans {
            finding = finding.and(
                plan,
                "a plan runs the proposal's providers and data sources",
            );
        }
        if let Some(trigger) = first.pull_request() {
            finding = finding.and(trigger, "for every pull request");
        }
    }
    finding = finding.and(group.place, "this lets the role do everything");
    if group.place != group.policy.span {
        finding = finding.link(
            group.policy.span,
            format!("the role has policy `{}`", group.policy.name),
        );
    }
    let hint = match group.excess {
        Excess::FewActions => format!(
            "make a role for this job that allows {} on the resources it works on",
            listed(needs)
        ),
        Excess::PlansProposal => {
            "plan with a role of its own that only reads, and trust branches other than the default one for that role \
             alone"
                .to_owned()
        }
    };
    finding = finding
        .hint(hint)
        .about([role.clone(), format!("{:?}", group.excess)]);
    if group.assumed {
        finding = finding.assume(format!(
            "the role that the job names by a secret is `{role}`, the only one here that trusts GitHub"
        ));
    }
    let confidence = if group.assumed {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    finding.confidence(confidence)
}

/// The actions a job calls, as a reader would say them.
fn listed(needs: &JobNeeds) -> String {
    if needs.pushes.is_some()
        && needs
            .actions
            .iter()
            .all(|(action, _)| action.starts_with("ecr:"))
    {
        return "to push images to ECR".to_owned();
    }
    let shown: Vec<String> = needs
        .actions
        .iter()
        .take(3)
        .map(|(action, _)| format!("`{action}`"))
        .collect();
    match needs.actions.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a run for a pull request can have a token that the role takes.
fn takes_requests(role: &Role) -> bool {
    role.trust
        .github()
        .flat_map(Statement::subjects)
        .any(|(condition, value)| match value.text() {
            Some(text) => {
                let Some((_, end)) = text.rsplit_once(':') else {
                    return text.known_suffix().ends_with('*') && condition.is_like();
                };
                match end.literal() {
                    Some("pull_request") => true,
                    Some(end) => {
                        condition.is_like()
                            && (end == "*" || end.ends_with("/*"))
                            && !end.contains("refs/")
                    }
                    None => false,
                }
            }
            None => false,
        })
}
