//! A ServiceMonitor that no Service fits, whose port no Service has, or that Prometheus does not pick.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Text, Value};
use seaworthy_link::World;

use super::cluster_names::{fits, is_written, makes_unseen, namespace};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "servicemonitor-selects-nothing",
    severity: Severity::Unreliable,
    page: include_str!("servicemonitor-selects-nothing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let unseen = cluster.incomplete || makes_unseen(cluster);
        for monitor in cluster
            .of("ServiceMonitor")
            .filter(|monitor| is_written(monitor))
        {
            not_picked(cluster, monitor, findings);
            selects(cluster, monitor, unseen, findings);
        }
    }
}

/// The stack's Prometheus picks monitors by the release's label unless it is told to pick all.
fn not_picked(cluster: &Cluster, monitor: &Object, findings: &mut Vec<Finding>) {
    let stacks: Vec<_> = cluster
        .releases
        .iter()
        .filter(|release| release.chart.str() == Some("kube-prometheus-stack"))
        .collect();
    let [stack] = stacks.as_slice() else { return };
    // An example that nothing applies is picked by nobody anyhow.
    if monitor.applied_by.is_empty() {
        return;
    }
    let spec = stack.values.at("prometheus.prometheusSpec");
    let setting = |key: &str| spec.and_then(|spec| spec.get(key));
    let all = setting("serviceMonitorSelectorNilUsesHelmValues")
        .is_some_and(|value| value.bool() != Some(true));
    if all || setting("serviceMonitorSelector").is_some() || stack.unseen_values {
        return;
    }
    // Anything else that collects may pick it.
    if cluster.of("Prometheus").any(is_written)
        || cluster.releases.iter().any(|release| {
            release.chart.str().is_some_and(|chart| {
                chart.contains("alloy")
                    || chart.contains("opentelemetry")
                    || chart.contains("victoria")
            })
        })
    {
        return;
    }
    let Some(release) = stack.name.text() else {
        return;
    };
    let label = monitor.label("release");
    if label
        .and_then(Value::text)
        .is_some_and(|label| label.same(&release) != seaworthy_facts::Same::Never)
    {
        return;
    }
    let name = monitor.name.text().unwrap_or_default();
    let labels = monitor
        .body
        .get("metadata")
        .and_then(Value::map)
        .and_then(|metadata| metadata.entry("labels"));
    let at = label.map_or_else(
        || labels.map_or(monitor.name.span, |labels| labels.key_span),
        |label| label.span,
    );
    findings.push(
        Finding::new(format!(
            "Prometheus of release `{release}` picks ServiceMonitors with the label `release: {release}`, which `{name}` does not have: nothing is scraped"
        ))
        .at(at, "without the label it is passed over")
        .and(
            setting("serviceMonitorSelectorNilUsesHelmValues")
                .map_or(stack.name.span, |value| value.span),
            "the release whose label is wanted",
        )
        .assume("chart `kube-prometheus-stack` selects monitors by its release's label unless `serviceMonitorSelectorNilUsesHelmValues` is false (table of 2026-11-21)")
        .about([cluster.name.to_string(), name.to_string(), "label".to_owned()]),
    );
}

fn selects(cluster: &Cluster, monitor: &Object, unseen: bool, findings: &mut Vec<Finding>) {
    let Some(selector) = monitor
        .at("spec.selector.matchLabels")
        .filter(|labels| !labels.entries().is_empty())
    else {
        return;
    };
    if monitor
        .at("spec.selector.matchExpressions")
        .is_some_and(|expressions| !expressions.items().is_empty())
    {
        return;
    }
    let any = monitor
        .at("spec.namespaceSelector.any")
        .and_then(Value::bool)
        == Some(true);
    let listed: Vec<Text> = monitor
        .at("spec.namespaceSelector.matchNames")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(Value::text)
        .collect();
    let own = namespace(monitor);
    let in_reach = |service: &Object| {
        if any {
            return true;
        }
        if listed.is_empty() {
            return service.is_in(own.as_ref());
        }
        listed
            .iter()
            .any(|namespace| service.is_in(Some(namespace)))
    };
    let name = monitor.name.text().unwrap_or_default();
    let mut undecided = false;
    let mut found: Vec<&Object> = Vec::new();
    for service in cluster.of("Service") {
        match fits(selector, service.at("metadata.labels")) {
            Some(true) if in_reach(service) => found.push(service),
            None => undecided = true,
            _ => {}
        }
    }
    if found.is_empty() {
        if undecided {
            return;
        }
        no_service(cluster, monitor, selector, &name, unseen, findings);
        return;
    }
    for endpoint in monitor
        .at("spec.endpoints")
        .into_iter()
        .flat_map(Value::items)
    {
        let Some(port) = endpoint.get("port").filter(|port| !port.is_unknown()) else {
            continue;
        };
        let ports: Vec<&Value> = found
            .iter()
            .filter_map(|service| service.at("spec.ports"))
            .flat_map(Value::items)
            .collect();
        if ports.is_empty()
            || ports.iter().any(|own| {
                own.is_unknown()
                    || own
                        .get("name")
                        .is_some_and(|name| name.is_unknown() || name.text() == port.text())
            })
        {
            continue;
        }
        let place = ports[0]
            .get("name")
            .or_else(|| ports[0].get("port"))
            .map_or(found[0].name.span, |value| value.span);
        findings.push(
            Finding::new(format!(
                "ServiceMonitor `{name}` scrapes port `{}`, and no Service that it selects names a port so: nothing is scraped",
                port.text().unwrap_or_default()
            ))
            .at(port.span, "the name of a Service's port")
            .and(place, format!("what Service `{}` has", found[0].name.text().unwrap_or_default()))
            .about([cluster.name.to_string(), name.to_string(), port.text().unwrap_or_default().to_string()]),
        );
    }
}

fn no_service(
    cluster: &Cluster,
    monitor: &Object,
    selector: &Value,
    name: &Text,
    unseen: bool,
    findings: &mut Vec<Finding>,
) {
    let about = [cluster.name.to_string(), name.to_string()];
    // The labels fit in another namespace.
    let outside = cluster
        .of("Service")
        .filter(|service| is_written(service))
        .find(|service| fits(selector, service.at("metadata.labels")) == Some(true));
    // A kustomization that is built alone only shows what it holds before another takes it in and moves it.
    let apart = |service: &Object| {
        monitor.applied_by.is_empty()
            && matches!(monitor.origin, Origin::Kustomization { .. })
            && monitor.origin != service.origin
    };
    if outside.is_some_and(apart) {
        return;
    }
    if let Some(service) = outside {
        let at = monitor
            .at("spec.namespaceSelector.matchNames")
            .and_then(|names| names.items().first())
            .or(monitor.namespace.as_ref())
            .map_or(monitor.name.span, |value| value.span);
        let place = service
            .namespace
            .as_ref()
            .map_or(service.name.span, |value| value.span);
        findings.push(
            Finding::new(format!(
                "ServiceMonitor `{name}` looks in another namespace than that of Service `{}`: nothing is scraped",
                service.name.text().unwrap_or_default()
            ))
            .at(at, "it looks for Services here")
            .and(place, "the Service with these labels is here")
            .about(about),
        );
        return;
    }
    let entry = &selector.entries()[0];
    // A Service whose selector says it, but whose own labels do not; or one with almost this label.
    let near = cluster
        .of("Service")
        .filter(|service| is_written(service))
        .find_map(|service| {
            let own = service.label(&entry.key);
            if let Some(own) = own {
                let (a, b) = (own.str()?, entry.value.str()?);
                return seaworthy_diagnostics::suggest(b, [a]).map(|_| (service, own.span));
            }
            let selected = service.at("spec.selector")?.get(&entry.key)?;
            (selected.text() == entry.value.text()).then_some((service, service.name.span))
        });
    let Some((service, span)) = near else {
        if !unseen && !monitor.applied_by.is_empty() {
            findings.push(
                Finding::new(format!(
                    "ServiceMonitor `{name}` selects no Service: nothing is scraped"
                ))
                .at(
                    entry.value.span,
                    "no Service of this cluster has this label",
                )
                .about(about),
            );
        }
        return;
    };
    findings.push(
        Finding::new(format!(
            "ServiceMonitor `{name}` selects no Service: nothing is scraped"
        ))
        .at(
            entry.value.span,
            format!(
                "no Service has the label `{}: {}`",
                entry.key,
                entry.value.text().unwrap_or_default()
            ),
        )
        .and(
            span,
            format!(
                "Service `{}` does not have it among its own labels",
                service.name.text().unwrap_or_default()
            ),
        )
        .about(about),
    );
}
