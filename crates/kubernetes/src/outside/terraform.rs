//! What OpenTofu brings: `helm_release`, `kubernetes_*`, `kubectl_manifest`.

use seaworthy_facts::kubernetes::{Applied, Means, Origin, Release};
use seaworthy_facts::terraform::{Resource, Root, Terraform};
use seaworthy_facts::{Data, Map, Part, Value, file_name, join, parent};

use super::Floating;
use super::scripts::embedded;
use crate::files::{Files, environment_of_path};
use crate::manifest::Manifest;
use crate::releases::{empty, merge_values, set_path};

/// Everything that configurations bring, one for each root.
pub(crate) fn all(files: &Files<'_>, terraform: &Terraform) -> Vec<Floating> {
    terraform
        .roots
        .iter()
        .map(|root| of_root(files, root))
        .collect()
}

fn of_root(files: &Files<'_>, root: &Root) -> Floating {
    let from_file = root.variables_file.and_then(|file| {
        let path = files.sources.path(file);
        let name = file_name(path);
        environment_of_path(name.split('.').next().unwrap_or(name))
            .or_else(|| environment_of_path(parent(path)))
    });
    let mut floating = Floating {
        environment: from_file
            .or_else(|| environment_of_path(&root.folder))
            .map(|(_, environment)| environment),
        ..Floating::default()
    };
    for resource in &root.resources {
        if resource.mode != seaworthy_facts::terraform::Mode::Managed {
            continue;
        }
        match &*resource.kind {
            "helm_release" => floating.releases.extend(release(files, resource)),
            "kubernetes_manifest" => {
                if let Some(manifest) = resource.at("manifest") {
                    floating.objects.extend(taken(
                        Manifest::all(manifest, resource.block, resource.file),
                        resource,
                    ));
                }
            }
            "kubectl_manifest" => {
                if let Some(text) = resource.at("yaml_body") {
                    if text.is_unknown() {
                        floating.incomplete = true;
                    }
                    floating
                        .objects
                        .extend(taken(embedded(files, text), resource));
                }
            }
            kind if kind.starts_with("kubernetes_") => {
                floating
                    .objects
                    .extend(taken(converted(resource).into_iter().collect(), resource));
            }
            _ => {}
        }
    }
    floating
}

fn applied(resource: &Resource) -> Applied {
    Applied {
        by: format!("`{}`", resource.address).into(),
        span: resource.span,
        means: Means::Terraform,
    }
}

fn taken(mut objects: Vec<Manifest>, resource: &Resource) -> Vec<Manifest> {
    for object in &mut objects {
        object.origin = Origin::Terraform {
            address: resource.address.clone(),
        };
        object.applied_by.push(applied(resource));
    }
    objects
}

fn release(files: &Files<'_>, resource: &Resource) -> Option<Release> {
    let chart = resource.at("chart")?;
    let name = resource
        .at("name")
        .cloned()
        .unwrap_or_else(|| chart.clone());
    let text = chart.text()?;
    let folder = text.literal().and_then(|path| {
        let resolved = join(files.sources.folder(resource.file), path);
        files
            .by_path(&join(&resolved, "Chart.yaml"))
            .map(|_| resolved)
    });
    let chart_name = match (&folder, text.rsplit_once('/')) {
        (Some(folder), _) => Value {
            data: Data::Text(file_name(folder).into()),
            ..chart.clone()
        },
        (None, Some((_, name))) => Value {
            data: Data::Text(name),
            ..chart.clone()
        },
        _ => chart.clone(),
    };
    let mut values = empty(resource.span);
    let mut unseen_values = false;
    for text in resource.at("values").into_iter().flat_map(Value::each) {
        if text.map().is_some() {
            merge_values(&mut values, text);
            continue;
        }
        let documents = (!text.is_unknown())
            .then(|| crate::inner::read(files.sources, text))
            .flatten();
        match documents
            .as_ref()
            .and_then(|documents| documents.documents.first())
        {
            Some(document) => merge_values(&mut values, &document.value),
            None => unseen_values |= text.text().is_none_or(|text| !text.is_empty()),
        }
    }
    for key in ["set", "set_sensitive", "set_list"] {
        let Some(list) = resource.at(key) else {
            continue;
        };
        unseen_values |= list.is_unknown();
        for set in list.each() {
            match (
                set.get("name").and_then(Value::str),
                set.get("value").or_else(|| set.get("value_wo")),
            ) {
                (Some(path), Some(value)) => set_path(&mut values, path, value.clone()),
                _ => unseen_values = true,
            }
        }
    }
    let version = resource
        .at("version")
        .filter(|value| !value.is_null())
        .cloned();
    let repository = resource
        .at("repository")
        .filter(|value| !value.is_null())
        .cloned()
        .or_else(|| {
            let (before, _) = text.rsplit_once('/')?;
            before.to_string().contains("://").then(|| Value {
                data: Data::Text(before),
                ..chart.clone()
            })
        });
    Some(Release {
        name,
        namespace: resource
            .at("namespace")
            .filter(|value| !value.is_null())
            .cloned()
            .or_else(|| Some(Value::string("default", resource.span))),
        span: chart.span,
        chart: chart_name,
        repository,
        version,
        values,
        unseen_values,
        folder: folder.map(Into::into),
        applied_by: vec![applied(resource)],
        object: None,
    })
}

/// `kubernetes_deployment_v1` in the words of Kubernetes.
fn converted(resource: &Resource) -> Option<Manifest> {
    let bare = resource.kind.strip_prefix("kubernetes_")?;
    let bare = ["_v1", "_v2", "_v1beta1", "_v2beta2"]
        .iter()
        .find_map(|end| bare.strip_suffix(end))
        .unwrap_or(bare);
    let (kind, api_version) = match bare {
        "namespace" => ("Namespace", "v1"),
        "service_account" => ("ServiceAccount", "v1"),
        "secret" => ("Secret", "v1"),
        "config_map" => ("ConfigMap", "v1"),
        "service" => ("Service", "v1"),
        "persistent_volume_claim" => ("PersistentVolumeClaim", "v1"),
        "persistent_volume" => ("PersistentVolume", "v1"),
        "pod" => ("Pod", "v1"),
        "deployment" => ("Deployment", "apps/v1"),
        "stateful_set" => ("StatefulSet", "apps/v1"),
        "daemonset" | "daemon_set" => ("DaemonSet", "apps/v1"),
        "job" => ("Job", "batch/v1"),
        "cron_job" => ("CronJob", "batch/v1"),
        "ingress" => ("Ingress", "networking.k8s.io/v1"),
        "ingress_class" => ("IngressClass", "networking.k8s.io/v1"),
        "network_policy" => ("NetworkPolicy", "networking.k8s.io/v1"),
        "storage_class" => ("StorageClass", "storage.k8s.io/v1"),
        "cluster_role" => ("ClusterRole", "rbac.authorization.k8s.io/v1"),
        "cluster_role_binding" => ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
        "role" => ("Role", "rbac.authorization.k8s.io/v1"),
        "role_binding" => ("RoleBinding", "rbac.authorization.k8s.io/v1"),
        "horizontal_pod_autoscaler" => ("HorizontalPodAutoscaler", "autoscaling/v2"),
        "pod_disruption_budget" => ("PodDisruptionBudget", "policy/v1"),
        "resource_quota" => ("ResourceQuota", "v1"),
        "limit_range" => ("LimitRange", "v1"),
        _ => return None,
    };
    let mut body = resource.body.clone();
    rewrite(&mut body, "", 0);
    let Data::Map(map) = &mut body.data else {
        return None;
    };
    map.set(
        "apiVersion",
        resource.span,
        Value::string(api_version, resource.span),
    );
    map.set("kind", resource.span, Value::string(kind, resource.span));
    let mut object = Manifest::new(body, resource.block, resource.file)?;
    object.span = resource.span;
    Some(object)
}

/// Blocks that may come several times, and what Kubernetes calls the list.
fn listed(key: &str) -> Option<&'static str> {
    Some(match key {
        "container" => "containers",
        "init_container" => "initContainers",
        "volume" => "volumes",
        "volume_mount" => "volumeMounts",
        "env" => "env",
        "env_from" => "envFrom",
        "port" => "ports",
        "rule" => "rules",
        "path" => "paths",
        "tls" => "tls",
        "subject" => "subjects",
        "toleration" => "tolerations",
        "image_pull_secrets" | "image_pull_secret" => "imagePullSecrets",
        "topology_spread_constraint" => "topologySpreadConstraints",
        "metric" => "metrics",
        "ingress" => "ingress",
        "egress" => "egress",
        "from" => "from",
        "to" => "to",
        "volume_claim_template" => "volumeClaimTemplates",
        _ => return None,
    })
}

fn rewrite(value: &mut Value, holder: &str, depth: usize) {
    if depth > 40 {
        return;
    }
    let Data::Map(map) = &mut value.data else {
        return;
    };
    let mut new = Map::default();
    for mut entry in std::mem::take(&mut map.entries) {
        if entry.value.is_null() {
            continue;
        }
        let key = entry.key.to_string();
        let keeps_keys = matches!(
            key.as_str(),
            "labels"
                | "annotations"
                | "data"
                | "binary_data"
                | "match_labels"
                | "node_selector"
                | "limits"
                | "requests"
                | "parameters"
        ) || (key == "selector" && entry.value.map().is_some());
        // The port of a backend or a probe is one, not a list.
        let single = key == "port"
            && !matches!(
                holder,
                "container" | "spec" | "ingress" | "egress" | "ports"
            )
            || key == "path" && holder != "http"
            || key == "tls" && holder != "spec";
        let name = match listed(&key) {
            Some(name) if !single && !entry.value.items().is_empty() => {
                if let Data::List(items) = &mut entry.value.data {
                    for item in items {
                        rewrite(item, &key, depth + 1);
                    }
                }
                name.to_owned()
            }
            _ => {
                if !keeps_keys {
                    if let Data::List(items) = &mut entry.value.data
                        && items.len() == 1
                        && items[0].map().is_some()
                    {
                        entry.value = items.remove(0);
                    }
                    rewrite(&mut entry.value, &key, depth + 1);
                    if let Data::List(items) = &mut entry.value.data {
                        for item in items {
                            rewrite(item, &key, depth + 1);
                        }
                    }
                }
                camel(&key)
            }
        };
        new.entries.push(seaworthy_facts::Entry {
            key: name.into(),
            ..entry
        });
    }
    *map = new;
}

fn camel(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    let mut up = false;
    for c in key.chars() {
        if c == '_' {
            up = true;
        } else if up {
            out.push(c.to_ascii_uppercase());
            up = false;
        } else {
            out.push(c);
        }
    }
    // Names that Kubernetes writes in capitals.
    match out.as_str() {
        "clusterIp" => "clusterIP".to_owned(),
        "externalIps" => "externalIPs".to_owned(),
        "podCidr" => "podCIDR".to_owned(),
        "hostPid" => "hostPID".to_owned(),
        "hostIpc" => "hostIPC".to_owned(),
        "loadBalancerIp" => "loadBalancerIP".to_owned(),
        _ => out,
    }
}

/// Whether a value has any part that is known, to tell a path from a hole.
pub(crate) fn has_known_part(value: &Value) -> bool {
    value.text().is_some_and(|text| {
        text.parts()
            .iter()
            .any(|part| matches!(part, Part::Literal(text) if text.contains(|c: char| c.is_alphanumeric())))
    })
}
