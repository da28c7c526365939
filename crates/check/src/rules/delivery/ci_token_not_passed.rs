//! A provider that needs a token, and a job that runs it without one.

use seaworthy_facts::delivery::{Doer, Step};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use super::runs;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "ci-token-not-passed",
    severity: Severity::Breaks,
    page: include_str!("ci-token-not-passed.md"),
    check,
};

/// Providers that read their token from the environment, the settings that stand in for it, and the variables.
/// Provider documentation, read 2026-11-21.
const PROVIDERS: &[(&str, &[&str], &[&str])] = &[
    (
        "github",
        &["token", "app_auth"],
        &["GITHUB_TOKEN", "GITHUB_APP_ID", "GH_TOKEN"],
    ),
    (
        "cloudflare",
        &["api_token", "api_key"],
        &["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"],
    ),
    (
        "digitalocean",
        &["token"],
        &["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"],
    ),
    ("hcloud", &["token"], &["HCLOUD_TOKEN"]),
    ("datadog", &["api_key"], &["DD_API_KEY", "DATADOG_API_KEY"]),
    ("gitlab", &["token"], &["GITLAB_TOKEN"]),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<(Span, Span)> = Vec::new();
    for root in &world.facts.terraform.roots {
        for provider in &root.providers {
            let Some((name, settings, variables)) =
                PROVIDERS.iter().find(|(name, ..)| *name == &*provider.name)
            else {
                continue;
            };
            let set = settings.iter().any(|setting| {
                provider
                    .body
                    .get(setting)
                    .is_some_and(|value| !value.is_null())
            });
            if set || !provider.module.is_empty() {
                continue;
            }
            for (doer, deed) in runs::of(world, root, &["plan", "apply"]) {
                let Doer::Step {
                    workflow,
                    job,
                    step,
                } = doer
                else {
                    continue;
                };
                let has = |step: &Step| {
                    step.env
                        .entries()
                        .iter()
                        .any(|entry| variables.contains(&&*entry.key))
                };
                // An action that fetches secrets may put it into the environment.
                let fetched = job.steps.iter().any(|step| {
                    let uses = step.uses.as_ref().and_then(Value::str).unwrap_or_default();
                    [
                        "vault",
                        "secret",
                        "doppler",
                        "1password",
                        "infisical",
                        "akeyless",
                    ]
                    .iter()
                    .any(|word| uses.contains(word))
                        || step.commands.iter().any(|command| {
                            command.output.as_ref().is_some_and(|output| {
                                output
                                    .as_unknown()
                                    .is_some_and(|hole| &*hole.name == "GITHUB_ENV")
                            }) || command.words.iter().any(|word| {
                                word.text().is_some_and(|text| {
                                    variables
                                        .iter()
                                        .any(|variable| text.to_string().contains(variable))
                                })
                            }) || command
                                .assignments
                                .iter()
                                .any(|(name, _)| variables.contains(&&**name))
                        })
                });
                if has(step) || fetched || seen.contains(&(provider.span, deed.span)) {
                    continue;
                }
                seen.push((provider.span, deed.span));
                findings.push(
                    Finding::new(format!(
                        "provider `{name}` gets no token in job `{}` of `{}`",
                        job.id, workflow.name
                    ))
                    .at(deed.span, format!("runs without `{}`", variables[0]))
                    .and(provider.span, "reads its token from the environment")
                    .hint(format!(
                        "hand it over: `env: {{{}: ${{{{ secrets.… }}}}}}`",
                        variables[0]
                    ))
                    .assume(format!(
                        "provider `{name}` reads `{}` (documentation of 2026-11-21)",
                        variables[0]
                    ))
                    .about([workflow.name.to_string(), (*name).to_owned()]),
                );
            }
        }
    }
}
