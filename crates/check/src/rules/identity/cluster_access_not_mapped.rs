//! Clusters that one identity makes and another works on, without an entry for it.

use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value, normalized};
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
        let Some((cluster, name)) = unmapped(world, root) else {
            continue;
        };
        let Some((maker, by)) = maker(world, root) else {
            continue;
        };
        let Some((user, person)) = person(world, root) else {
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

/// A cluster of a root for which nobody but its maker has access.
fn unmapped(world: &World, root: &Root) -> Option<(Span, String)> {
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
        return only.then_some((cluster.span, name));
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
    let name = call
        .arguments
        .get("cluster_name")
        .or_else(|| call.arguments.get("name"))
        .and_then(Value::text)
        .map_or_else(|| format!("`{}`", call.address), |name| format!("`{name}`"));
    Some((call.span, name))
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
        let (Doer::Step { workflow, job, .. }, What::Terraform { verb, folder, .. }) =
            (doer, &deed.what)
        else {
            return None;
        };
        let here = folder
            .literal()
            .is_some_and(|folder| normalized(folder) == root.folder);
        (&**verb == "apply" && here).then(|| {
            let _ = workflow;
            (deed.span, format!("job `{}`", job.id))
        })
    });
    by_job.or_else(|| {
        let backend = root.backend.as_ref()?;
        (&*backend.kind == "cloud" || &*backend.kind == "remote")
            .then(|| (backend.span, "the service that keeps the state".to_owned()))
    })
}

/// A person who works on a cluster: a script that no pipeline runs, or a document, asks for its credentials.
fn person(world: &World, root: &Root) -> Option<(Span, String)> {
    let called: Vec<Span> = world
        .facts
        .delivery
        .deeds()
        .filter(|(doer, _)| matches!(doer, Doer::Step { .. } | Doer::Pipeline(_)))
        .map(|(_, deed)| deed.span)
        .collect();
    let name = root
        .resources("aws_eks_cluster")
        .find_map(|cluster| cluster.at("name")?.text());
    let mut found: Option<(Span, String)> = None;
    for (doer, deed) in world.facts.delivery.deeds() {
        let Doer::Script(script) = doer else { continue };
        let What::CloudCall {
            service,
            operation,
            arguments,
        } = &deed.what
        else {
            continue;
        };
        if &**service != "eks" || &**operation != "update-kubeconfig" || called.contains(&deed.span)
        {
            continue;
        }
        // Another cluster than this one is named.
        let named = arguments
            .iter()
            .skip_while(|word| word.str() != Some("--name"))
            .nth(1)
            .and_then(Value::text);
        let other = name
            .as_ref()
            .zip(named.as_ref())
            .is_some_and(|(own, named)| own.same(named) == seaworthy_facts::Same::Never);
        if other {
            continue;
        }
        let path = world.sources.path(script.file);
        let says = if doer.is_document() {
            format!("`{path}` has people work on it")
        } else {
            format!("`{path}` works on it as whoever runs it")
        };
        if !doer.is_document() {
            return Some((deed.span, says));
        }
        found.get_or_insert((deed.span, says));
    }
    found
}
