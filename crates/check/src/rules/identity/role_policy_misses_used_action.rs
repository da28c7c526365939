//! Roles that do not allow what their users call.

use std::collections::HashMap;

use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{Account, Admission, Assumption, Role, Verdict};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "role-policy-misses-used-action",
    severity: Severity::Breaks,
    page: include_str!("role-policy-misses-used-action.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    jobs(world, findings);
    charts(world, findings);
    dashboards(world, findings);
}

/// Jobs of workflows whose role does not allow what their steps call.
fn jobs(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let all = Assumption::all(&world.facts);
    let mut by_job: HashMap<Span, usize> = HashMap::new();
    for assumption in &all {
        *by_job.entry(assumption.job.span).or_default() += 1;
    }
    for assumption in all {
        // One role, or one of each environment: then none of them may allow it.
        let called = iam.roles_called(assumption.role);
        let all_sure = called.iter().all(|(_, same)| *same == Same::Always);
        let Some((role, _)) = called.first().filter(|_| all_sure) else {
            continue;
        };
        // A later step may have taken another role.
        if by_job[&assumption.job.span] > 1 {
            continue;
        }
        let needs = assumption.needs(&world.knowledge);
        let missing: Vec<&(std::sync::Arc<str>, Span)> = needs
            .actions
            .iter()
            .filter(|(action, _)| called.iter().all(|(role, _)| denied(role, action)))
            .collect();
        let Some((action, place)) = missing.first() else {
            continue;
        };
        findings.push(
            finding(
                role,
                &format!("job `{}`", assumption.job.id),
                &missing
                    .iter()
                    .map(|(action, _)| &**action)
                    .collect::<Vec<_>>(),
            )
            .and(*place, format!("this calls `{action}`"))
            .link(
                assumption.role.span,
                format!("the job takes role `{}`", role.title()),
            ),
        );
    }
}

/// Charts whose program calls what the role of its account does not allow.
fn charts(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            let Some(used) = release
                .chart
                .str()
                .and_then(|chart| world.knowledge.chart_actions(chart))
            else {
                continue;
            };
            let Some(title) = release.name.text() else {
                continue;
            };
            let elsewhere = used
                .when
                .as_deref()
                .is_some_and(|wanted| !is_for(&release.values, wanted));
            if elsewhere {
                continue;
            }
            for object in cluster.of("ServiceAccount") {
                let account = Account { cluster, object };
                if account.release() != Some(&title) {
                    continue;
                }
                let Some(role) = account.role().and_then(|value| iam.role_called(value)) else {
                    continue;
                };
                let missing: Vec<&str> = used
                    .actions
                    .iter()
                    .map(String::as_str)
                    .filter(|action| denied(role, action))
                    .collect();
                if missing.is_empty() {
                    continue;
                }
                let chart = release.chart.str().unwrap_or_default();
                findings.push(
                    finding(role, &format!("chart `{chart}`"), &missing)
                        .and(release.chart.span, format!("`{chart}` runs with this role"))
                        .assume(format!(
                            "what `{chart}` calls (table of {})",
                            seaworthy_knowledge::iam::READ
                        )),
                );
            }
        }
    }
}

/// Whether a chart that serves several clouds is told to serve this one.
fn is_for(values: &Value, wanted: &str) -> bool {
    ["provider", "cloudProvider", "provider.name"]
        .iter()
        .find_map(|path| values.at(path)?.str())
        .is_none_or(|own| own == wanted)
}

/// Dashboards of the CloudWatch data source that ask what Grafana's role does not allow.
fn dashboards(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    // Grafana's accounts, by its chart or by its name.
    let accounts: Vec<Account<'_>> = Account::all(&world.facts)
        .filter(|account| {
            account.name().is_some_and(|name| {
                name.literal()
                    .is_some_and(|name| name == "grafana" || name.ends_with("-grafana"))
            })
        })
        .collect();
    let roles: Vec<&Role> = iam
        .roles
        .iter()
        .filter(|role| {
            accounts.iter().any(|account| {
                let annotated = account
                    .role()
                    .is_some_and(|value| role.is_called(value) == Same::Always);
                let trusted = || {
                    let namespace = account.namespace();
                    account.name().is_some_and(|name| {
                        role.trust.takes_account(namespace.as_ref(), &name) == Admission::Yes
                    })
                };
                annotated || trusted()
            })
        })
        .collect();
    let Some(role) = roles.first().filter(|_| roles.len() == 1) else {
        return;
    };
    for dashboard in &world.facts.documents.dashboards {
        let is_cloudwatch = |value: &Value| {
            let mut found = false;
            value.walk(&mut |inner| found |= inner.str() == Some("cloudwatch"));
            found
        };
        for (name, variable) in &dashboard.variables {
            let queries = [variable.get("query"), variable.get("definition")];
            let Some((query, actions)) = queries.into_iter().flatten().find_map(|query| {
                let text = query.str().or_else(|| query.get("query")?.str())?;
                Some((query, world.knowledge.grafana_actions(text)?))
            }) else {
                continue;
            };
            if !is_cloudwatch(variable) && !is_cloudwatch(&dashboard.body) {
                continue;
            }
            let missing: Vec<&str> = actions
                .iter()
                .map(String::as_str)
                .filter(|action| denied(role, action))
                .collect();
            if missing.is_empty() {
                continue;
            }
            findings.push(
                finding(role, &format!("variable `{name}` of a dashboard"), &missing)
                    .and(query.span, format!("this query calls `{}`", missing[0]))
                    .assume(format!(
                        "what Grafana calls for a query (table of {})",
                        seaworthy_knowledge::iam::READ
                    )),
            );
        }
    }
}

/// Whether a role does not allow an action on anything, for sure.
fn denied(role: &Role, action: &str) -> bool {
    !role.policies.is_empty() && matches!(role.allows(action, None), Verdict::Denied(None))
}

/// The finding without the side that calls: at the actions that the role does allow.
fn finding(role: &Role, who: &str, missing: &[&str]) -> Finding {
    let service = missing[0].split(':').next().unwrap_or_default();
    let statements = || {
        role.policies.iter().flat_map(|policy| {
            policy
                .document
                .statements
                .iter()
                .map(move |own| (policy, own))
        })
    };
    // Beside the actions of the same service, else the first ones.
    let places = || {
        statements().filter_map(|(policy, statement)| {
            let action = statement.actions.first()?;
            let same = statement.actions.iter().any(|action| {
                action
                    .str()
                    .is_some_and(|action| action.split(':').next() == Some(service))
            });
            Some((same, policy, action.span))
        })
    };
    let near = places()
        .find(|(same, ..)| *same)
        .or_else(|| places().next());
    let (name, place) = near.map_or((role.title(), role.span), |(_, policy, span)| {
        (policy.name.to_string(), span)
    });
    let listed = missing
        .iter()
        .map(|action| format!("`{action}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Finding::new(format!(
        "{who} needs {listed}, which role `{}` does not allow",
        role.title()
    ))
    .at(place, format!("policy `{name}` lacks {listed}"))
    .hint(format!("allow {listed}"))
    .confidence(Confidence::Likely)
    .about([role.title(), who.to_owned()])
}
