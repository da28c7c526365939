//! Namespace, names, labels, annotations, replicas, images.

use seaworthy_facts::{Data, Map, Text, Value};

use super::Work;
use super::names::{Renamed, follow};
use crate::manifest::Manifest;
use crate::{kinds, places};

/// Sets the namespace of everything that has one; it takes effect over what the objects say.
pub(crate) fn namespace(work: &mut Work, namespace: Option<&Value>) {
    let Some(namespace) = namespace.filter(|value| !value.is_null()) else {
        return;
    };
    set_namespace(&mut work.built.objects, namespace);
    for release in &mut work.built.releases {
        release.namespace.get_or_insert_with(|| namespace.clone());
    }
}

/// Sets the namespace of everything that has one.
pub(crate) fn set_namespace(objects: &mut [Manifest], namespace: &Value) {
    let accounts: Vec<Text> = objects
        .iter()
        .filter(|object| &*object.kind == "ServiceAccount")
        .filter_map(Manifest::name)
        .collect();
    let cluster_wide: Vec<String> = objects
        .iter()
        .filter(|object| &*object.kind == "CustomResourceDefinition")
        .filter(|object| object.body.at("spec.scope").and_then(Value::str) == Some("Cluster"))
        .filter_map(|object| Some(object.body.at("spec.names.kind")?.str()?.to_owned()))
        .collect();
    for object in objects {
        let says = "the kustomization sets another";
        if &*object.kind == "Namespace" {
            object.remember();
            if let Some(metadata) = places::ensure(&mut object.body, &["metadata"], namespace.span)
            {
                places::set_in(metadata, "name", namespace.span, namespace.clone(), says);
            }
        } else if !kinds::is_cluster_wide(&object.kind)
            && !cluster_wide.iter().any(|kind| **kind == *object.kind)
        {
            object.remember();
            if let Some(metadata) = places::ensure(&mut object.body, &["metadata"], namespace.span)
            {
                places::set_in(
                    metadata,
                    "namespace",
                    namespace.span,
                    namespace.clone(),
                    says,
                );
            }
        }
        match &*object.kind {
            "RoleBinding" | "ClusterRoleBinding" => {
                if let Some(Data::List(subjects)) =
                    places::at_mut(&mut object.body, &["subjects"]).map(|value| &mut value.data)
                {
                    for subject in subjects {
                        let is_account =
                            subject.get("kind").and_then(Value::str) == Some("ServiceAccount");
                        let ours = subject
                            .get("name")
                            .and_then(Value::text)
                            .is_some_and(|name| {
                                name.literal() == Some("default") || accounts.contains(&name)
                            });
                        if is_account
                            && ours
                            && let Data::Map(map) = &mut subject.data
                        {
                            places::set_in(
                                map,
                                "namespace",
                                namespace.span,
                                namespace.clone(),
                                says,
                            );
                        }
                    }
                }
            }
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
                places::each_map(&mut object.body, "", &mut |key, map| {
                    if key == "service" {
                        places::set_in(map, "namespace", namespace.span, namespace.clone(), says);
                    }
                });
            }
            "APIService" => {
                if let Some(map) =
                    places::ensure(&mut object.body, &["spec", "service"], namespace.span)
                {
                    places::set_in(map, "namespace", namespace.span, namespace.clone(), says);
                }
            }
            _ => {}
        }
    }
}

/// Puts a prefix and a suffix to every name, and to what refers to it.
pub(crate) fn rename(work: &mut Work, prefix: Option<&Value>, suffix: Option<&Value>) {
    let text = |value: Option<&Value>| value.and_then(Value::text).filter(|text| !text.is_empty());
    let (start, end) = (text(prefix), text(suffix));
    if start.is_none() && end.is_none() {
        return;
    }
    let Some(span) = prefix.or(suffix).map(|value| value.span) else {
        return;
    };
    let mut renamed = Renamed::new();
    for object in &mut work.built.objects {
        // Kustomize leaves these alone.
        if matches!(
            &*object.kind,
            "CustomResourceDefinition" | "APIService" | "Namespace"
        ) {
            continue;
        }
        let Some(old) = object.name() else { continue };
        object.remember();
        let mut new = Text::default();
        if let Some(start) = &start {
            new.push(start);
        }
        new.push(&old);
        if let Some(end) = &end {
            new.push(end);
        }
        let kind = object.kind.to_string();
        if let Some(name) = places::at_mut(&mut object.body, &["metadata", "name"]) {
            // The place to find and change it is still where the name stands.
            name.trail = name.trail.via(span, "a prefix or suffix is put to it");
            name.data = Data::Text(new);
            renamed.insert((kind, old), name.clone());
        }
    }
    follow(&mut work.built.objects, &renamed);
}

/// `commonLabels` and `labels`.
pub(crate) fn labels(work: &mut Work, body: &Value) {
    if let Some(pairs) = body.get("commonLabels") {
        for object in &mut work.built.objects {
            label(object, pairs, true, true);
        }
    }
    for entry in body.get("labels").into_iter().flat_map(Value::items) {
        let Some(pairs) = entry.get("pairs") else {
            continue;
        };
        let on = |key: &str| entry.get(key).and_then(Value::bool) == Some(true);
        let selectors = on("includeSelectors");
        for object in &mut work.built.objects {
            label(
                object,
                pairs,
                selectors,
                selectors || on("includeTemplates"),
            );
        }
    }
}

/// Labels an object, and where it is wanted its selectors and the pods it makes.
pub(crate) fn label(object: &mut Manifest, pairs: &Value, selectors: bool, templates: bool) {
    let put = |map: &mut Map| {
        for entry in pairs.entries() {
            places::set_in(
                map,
                entry.key.clone(),
                entry.key_span,
                entry.value.clone(),
                "a common label takes its place",
            );
        }
    };
    let span = pairs.span;
    if let Some(map) = places::ensure(&mut object.body, &["metadata", "labels"], span) {
        put(map);
    }
    let kind = object.kind.clone();
    let mut at = |path: &[&str], only_if: &[&str]| {
        if places::at_mut(&mut object.body, only_if).is_some()
            && let Some(map) = places::ensure(&mut object.body, path, span)
        {
            put(map);
        }
    };
    if templates {
        match &*kind {
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "ReplicationController"
            | "Rollout" => {
                at(
                    &["spec", "template", "metadata", "labels"],
                    &["spec", "template"],
                );
            }
            "CronJob" => {
                at(
                    &["spec", "jobTemplate", "metadata", "labels"],
                    &["spec", "jobTemplate"],
                );
                at(
                    &[
                        "spec",
                        "jobTemplate",
                        "spec",
                        "template",
                        "metadata",
                        "labels",
                    ],
                    &["spec", "jobTemplate", "spec", "template"],
                );
            }
            _ => {}
        }
    }
    if selectors {
        match &*kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
                at(&["spec", "selector", "matchLabels"], &["spec"]);
            }
            "Service" => at(&["spec", "selector"], &["spec", "selector"]),
            "ReplicationController" => at(&["spec", "selector"], &["spec"]),
            "PodDisruptionBudget" => at(
                &["spec", "selector", "matchLabels"],
                &["spec", "selector", "matchLabels"],
            ),
            "NetworkPolicy" => at(
                &["spec", "podSelector", "matchLabels"],
                &["spec", "podSelector", "matchLabels"],
            ),
            _ => {}
        }
    }
}

/// Labels an object and nothing in it.
pub(crate) fn label_all(object: &mut Manifest, pairs: &Value) {
    label(object, pairs, false, false);
}

/// `commonAnnotations`.
pub(crate) fn annotations(work: &mut Work, pairs: Option<&Value>) {
    let Some(pairs) = pairs.filter(|pairs| pairs.map().is_some()) else {
        return;
    };
    for object in &mut work.built.objects {
        let span = pairs.span;
        let put = |map: &mut Map| {
            for entry in pairs.entries() {
                places::set_in(
                    map,
                    entry.key.clone(),
                    entry.key_span,
                    entry.value.clone(),
                    "a common annotation takes its place",
                );
            }
        };
        if let Some(map) = places::ensure(&mut object.body, &["metadata", "annotations"], span) {
            put(map);
        }
        if places::at_mut(&mut object.body, &["spec", "template", "spec"]).is_some()
            && let Some(map) = places::ensure(
                &mut object.body,
                &["spec", "template", "metadata", "annotations"],
                span,
            )
        {
            put(map);
        }
    }
}

/// `replicas`.
pub(crate) fn replicas(work: &mut Work, list: Option<&Value>) {
    for entry in list.into_iter().flat_map(Value::items) {
        let (Some(name), Some(count)) =
            (entry.get("name").and_then(Value::text), entry.get("count"))
        else {
            continue;
        };
        let mut found = false;
        for object in &mut work.built.objects {
            if matches!(
                &*object.kind,
                "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController"
            ) && object.was_called(&name)
                && let Some(spec) = places::ensure(&mut object.body, &["spec"], count.span)
            {
                places::set_in(
                    spec,
                    "replicas",
                    count.span,
                    count.clone(),
                    "the kustomization sets another count",
                );
                found = true;
            }
        }
        if !found && !work.built.incomplete {
            let span = entry.get("name").map_or(entry.span, |name| name.span);
            work.errors
                .push((span, "nothing of this name has replicas here".into()));
        }
    }
}

/// `images`: another name, tag or digest for an image.
pub(crate) fn images(objects: &mut [Manifest], list: Option<&Value>) {
    let entries: Vec<&Value> = list.into_iter().flat_map(Value::items).collect();
    if entries.is_empty() {
        return;
    }
    for object in objects {
        places::each_image(&mut object.body, &mut |image| {
            for entry in &entries {
                if let Some(new) = retagged(image, entry) {
                    *image = new;
                    break;
                }
            }
        });
    }
}

fn retagged(image: &Value, entry: &Value) -> Option<Value> {
    let name = entry.get("name")?.str()?;
    let text = image.text()?;
    let (own_name, own_rest) = split_image(&text);
    if own_name.literal()? != name {
        return None;
    }
    let new_name = entry.get("newName").filter(|value| !value.is_null());
    let digest = entry.get("digest").filter(|value| !value.is_null());
    let new_tag = entry.get("newTag").filter(|value| !value.is_null());
    let mut new = match new_name {
        Some(new_name) => new_name.text()?,
        None => own_name,
    };
    let tag = digest.or(new_tag);
    match (digest, new_tag) {
        (Some(digest), _) => {
            new.push_str("@");
            new.push(&digest.text()?);
        }
        (None, Some(tag)) => {
            new.push_str(":");
            new.push(&tag.text()?);
        }
        (None, None) => new.push(&own_rest),
    }
    let at = tag.or(new_name)?;
    let mut value = places::replaced(image, new, at.span, "the image as the manifest has it");
    if let (Some(new_name), Some(_)) = (new_name, tag) {
        value.trail = value.trail.via(new_name.span, "the name it gets");
    }
    Some(value)
}

/// An image reference's name, and its tag or digest with the sign in front.
pub(crate) fn split_image(text: &Text) -> (Text, Text) {
    let rest = |sign: &str, rest: Text| {
        let mut text = Text::from(sign);
        text.push(&rest);
        text
    };
    if let Some((name, digest)) = text.split_once('@') {
        return (name, rest("@", digest));
    }
    match text.rsplit_once(':') {
        // A colon before a slash is a registry's port.
        Some((name, tag)) if !tag.to_string().contains('/') => (name, rest(":", tag)),
        _ => (text.clone(), Text::default()),
    }
}
