//! Clusters that one identity makes and another works on, without an entry for it.

use std::collections::HashSet;

use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Same, SourceKind, Span, Text, Value, normalized};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cluster-access-not-mapped",
    severity: Severity::Unreliable,
    page: include_str!("cluster-access-not-mapped.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        let Some((cluster, text, name)) = unmapped(world, root) else {
            continue;
        };
        let Some((maker, by)) = maker(world, root) else {
            continue;
        };
        let Some((user, person)) = person(world, text.as_ref()) else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "cluster {name} is made by {by}, and {person}: only its maker is let in"
            ))
            .at(
                cluster,
                "no access entry and no `aws-auth` mapping for anybody else",
            )
            .and(maker, format!("{by} makes it"))
            .and(user, "somebody else works on it from here")
            .hint("add an `aws_eks_access_entry` for each identity that works on the cluster")
            .note("EKS makes whoever creates a cluster its administrator, and nobody else")
            .confidence(Confidence::Possible)
            .about([name.clone()]),
        );
    }
}

/// A cluster of a root for which nobody but its maker has access: its place, its name, and what to call it.
fn unmapped(world: &World, root: &Root) -> Option<(Span, Option<Text>, String)> {
    let entries = ["aws_eks_access_entry", "aws_eks_access_policy_association"];
    if entries.iter().any(|kind| {
        world
            .facts
            .terraform
            .resources(kind)
            .any(|(_, entry)| !entry.from_summary)
    }) || maps_roles(world, root)
    {
        return None;
    }
    let mut clusters = root
        .resources("aws_eks_cluster")
        .filter(|cluster| !cluster.from_summary);
    if let Some(cluster) = clusters.next() {
        // Several share their access by other means, or none of them is meant.
        let only = clusters.next().is_none();
        let name = cluster.str("name").map_or_else(
            || format!("`{}`", cluster.plain_address),
            |name| format!("`{name}`"),
        );
        let text = cluster.at("name").and_then(Value::text);
        return only.then_some((cluster.span, text, name));
    }
    let call = root
        .calls
        .iter()
        .find(|call| call.registry.as_deref() == Some("terraform-aws-modules/eks/aws"))?;
    let has = |name: &str| {
        call.arguments
            .get(name)
            .is_some_and(|value| !value.is_null() && !is_empty(value))
    };
    let mapped = [
        "access_entries",
        "aws_auth_roles",
        "aws_auth_users",
        "aws_auth_accounts",
        "map_roles",
        "map_users",
        "map_accounts",
    ];
    if call.folder.is_some() || mapped.iter().any(|name| has(name)) {
        return None;
    }
    let text = call
        .arguments
        .get("cluster_name")
        .or_else(|| call.arguments.get("name"))
        .and_then(Value::text);
    let name = text
        .as_ref()
        .map_or_else(|| format!("`{}`", call.address), |name| format!("`{name}`"));
    Some((call.span, text, name))
}

fn is_empty(value: &Value) -> bool {
    value.map().is_some_and(|map| map.entries.is_empty())
        || matches!(&value.data, seaworthy_facts::Data::List(items) if items.is_empty())
}

/// Whether something here writes `aws-auth`: a resource, a module, a manifest, a command.
fn maps_roles(world: &World, root: &Root) -> bool {
    let by_resource = root.resources.iter().any(|resource| {
        resource.kind.starts_with("kubernetes_config_map")
            && resource.at("metadata.name").and_then(Value::str) == Some("aws-auth")
    });
    let by_module = root.calls.iter().any(|call| {
        call.registry
            .as_deref()
            .is_some_and(|source| source.contains("aws-auth") || source.contains("blueprints"))
    });
    let by_object = world.facts.kubernetes.clusters.iter().any(|cluster| {
        cluster
            .of("ConfigMap")
            .any(|map| map.name() == Some("aws-auth"))
    });
    let by_command = world
        .facts
        .delivery
        .deeds()
        .filter(|(doer, _)| !doer.is_document())
        .any(|(_, deed)| match &deed.what {
            What::CloudCall {
                service, operation, ..
            } => &**service == "eks" && operation.contains("access"),
            _ => false,
        });
    by_resource || by_module || by_object || by_command
}

/// Who applies a root that is not a person: a workflow's job, or the service that keeps its state.
fn maker(world: &World, root: &Root) -> Option<(Span, String)> {
    let by_job = world.facts.delivery.deeds().find_map(|(doer, deed)| {
        let (Doer::Step { job, .. }, What::Terraform { verb, folder, .. }) = (doer, &deed.what)
        else {
            return None;
        };
        let here = folder
            .literal()
            .is_some_and(|folder| normalized(folder) == root.folder);
        (&**verb == "apply" && here).then(|| (deed.span, format!("job `{}`", job.id)))
    });
    by_job.or_else(|| {
        let backend = root.backend.as_ref()?;
        (&*backend.kind == "cloud" || &*backend.kind == "remote")
            .then(|| (backend.span, "the service that keeps the state".to_owned()))
    })
}

/// A person who works on a cluster: a script that no pipeline runs, or a document, asks for its credentials.
fn person(world: &World, name: Option<&Text>) -> Option<(Span, String)> {
    let called: HashSet<Span> = world
        .facts
        .delivery
        .deeds()
        .filter(|(doer, _)| matches!(doer, Doer::Step { .. } | Doer::Pipeline(_)))
        .map(|(_, deed)| deed.span)
        .collect();
    let by_script = world.facts.delivery.deeds().find_map(|(doer, deed)| {
        let (
            Doer::Script(script),
            What::CloudCall {
                service,
                operation,
                arguments,
            },
        ) = (doer, &deed.what)
        else {
            return None;
        };
        let asks = &**service == "eks" && &**operation == "update-kubeconfig";
        if !asks || doer.is_document() || called.contains(&deed.span) {
            return None;
        }
        let named = arguments
            .iter()
            .skip_while(|word| word.str() != Some("--name"))
            .nth(1)
            .and_then(Value::text);
        let another = name
            .zip(named.as_ref())
            .is_some_and(|(own, named)| own.same(named) == Same::Never);
        (!another).then(|| {
            let path = world.sources.path(script.file);
            (
                deed.span,
                format!("`{path}` works on it as whoever runs it"),
            )
        })
    });
    by_script.or_else(|| told(world, name?))
}

/// A document that tells people to ask for the credentials of a cluster, by its name.
fn told(world: &World, name: &Text) -> Option<(Span, String)> {
    world.sources.of(SourceKind::Document).find_map(|source| {
        let file = &source.file;
        (1..=file.n_lines()).find_map(|number| {
            let range = file.line(number);
            let line = file.text().get(range.clone())?;
            let command = line.trim().trim_start_matches("$ ");
            if !command.starts_with("aws ") || !command.contains(" update-kubeconfig") {
                return None;
            }
            let mut words = command.split_whitespace();
            words.find(|word| *word == "--name")?;
            let named = words.next()?.trim_matches(['"', '\'', '`']);
            name.can_be(named).then(|| {
                (
                    file.span(range),
                    format!("`{}` has people work on it", file.path()),
                )
            })
        })
    })
}
