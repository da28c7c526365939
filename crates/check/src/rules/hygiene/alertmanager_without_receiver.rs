//! Alertmanager runs with the chart's receiver, which sends nothing to anybody.

use seaworthy_link::World;

use super::prometheus_stack::{place, releases};
use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "alertmanager-without-receiver",
    severity: Severity::Unreliable,
    page: include_str!("alertmanager-without-receiver.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (cluster, release) in releases(world) {
        let own = release.values.at("alertmanager");
        let off = own
            .and_then(|own| own.get("enabled"))
            .is_some_and(|enabled| enabled.bool() != Some(true));
        let set = own.is_some_and(|own| {
            own.is_unknown()
                || own.get("config").is_some()
                || own
                    .get("stringConfig")
                    .is_some_and(|text| text.str() != Some(""))
                || own.get("tplConfig").is_some()
                || own.at("alertmanagerSpec.configSecret").is_some()
                || own
                    .at("alertmanagerSpec.alertmanagerConfiguration")
                    .is_some()
                || own.at("alertmanagerSpec.useExistingSecret").is_some()
        });
        if off || set || cluster.of("AlertmanagerConfig").next().is_some() {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "Alertmanager of release `{}` sends alerts to nobody: the chart's own receiver is `null`",
                release.name.text().unwrap_or_default()
            ))
            .at(place(release, "alertmanager"), "no `alertmanager.config`")
            .assume("chart `kube-prometheus-stack` configures only the receiver `null` by default (table of 2026-11-21)")
            .about([cluster.name.to_string()]),
        );
    }
    together(findings, |_| ());
}
