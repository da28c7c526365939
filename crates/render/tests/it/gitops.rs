//! What a cluster follows: every path leads somewhere, and everything is applied after what it needs.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_render::Rendered;
use seaworthy_tree::FileTree;
use serde_json::Value;

use crate::platforms::{all, rendered};

/// The objects below a folder of the tree, by path.
fn objects(tree: &FileTree, folder: &str) -> BTreeMap<String, Value> {
    let is_yaml = |path: &str| path.rsplit_once('.').is_some_and(|(_, end)| end == "yaml");
    tree.iter()
        .filter(|(path, _)| path.starts_with(folder) && is_yaml(path))
        .map(|(path, file)| {
            let value =
                yaml_serde::from_str(&file.text).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path.to_owned(), value)
        })
        .collect()
}

fn of_kind<'a>(
    objects: &'a BTreeMap<String, Value>,
    kind: &'a str,
) -> impl Iterator<Item = &'a Value> {
    objects.values().filter(move |value| value["kind"] == kind)
}

/// The same definition, with Flux.
fn with_flux(text: &str) -> String {
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("delivery:"))
        .collect();
    format!("{}\ndelivery: {{ gitops: flux }}\n", without.join("\n"))
}

#[test]
fn every_application_leads_to_a_folder_that_is_there() {
    for platform in all() {
        let tree = platform.render().tree;
        let clusters = objects(&tree, "gitops/clusters/");
        if !platform.text.contains("repository:") {
            assert!(clusters.is_empty(), "{}", platform.name);
            continue;
        }
        let mut paths = BTreeSet::new();
        for application in of_kind(&clusters, "Application") {
            let spec = &application["spec"];
            let one = spec["source"].as_object().map(|_| &spec["source"]);
            let several = spec["sources"].as_array();
            for source in one.into_iter().chain(several.into_iter().flatten()) {
                paths.extend(
                    source["path"]
                        .as_str()
                        .map(|path| format!("{path}/kustomization.yaml")),
                );
                let values = source["helm"]["valueFiles"]
                    .as_array()
                    .into_iter()
                    .flatten();
                paths.extend(
                    values.filter_map(|file| {
                        file.as_str()?.strip_prefix("$values/").map(str::to_owned)
                    }),
                );
            }
        }
        assert!(paths.len() > 5, "{}: {paths:?}", platform.name);
        for path in paths {
            assert!(tree.get(&path).is_some(), "{}: {path}", platform.name);
        }
    }
}

#[test]
fn every_kustomization_lists_files_that_are_there() {
    for platform in all() {
        for text in [platform.text.clone(), with_flux(&platform.text)] {
            let tree = rendered(&platform.name, &text).tree;
            for (path, value) in objects(&tree, "gitops/") {
                if !path.ends_with("/kustomization.yaml") {
                    continue;
                }
                let folder = path.trim_end_matches("/kustomization.yaml");
                for key in ["resources", "components"] {
                    for entry in value[key].as_array().into_iter().flatten() {
                        let entry = entry.as_str().expect("a path");
                        if entry.starts_with("https://") {
                            continue;
                        }
                        let there = resolve(folder, entry);
                        let file = tree
                            .get(&there)
                            .or(tree.get(&format!("{there}/kustomization.yaml")));
                        assert!(file.is_some(), "{}: {path} lists {entry}", platform.name);
                    }
                }
            }
        }
    }
}

fn resolve(folder: &str, entry: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in entry.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn with_flux_each_step_waits_for_steps_that_are_there() {
    for platform in all()
        .into_iter()
        .filter(|platform| platform.text.contains("repository:"))
    {
        let tree = rendered(&platform.name, &with_flux(&platform.text)).tree;
        for environment in ["development", "production", "blue", "green"] {
            let clusters = objects(&tree, &format!("gitops/clusters/{environment}/"));
            let steps: BTreeMap<&str, &Value> = of_kind(&clusters, "Kustomization")
                .filter_map(|step| Some((step["metadata"]["name"].as_str()?, &step["spec"])))
                .collect();
            for (name, spec) in &steps {
                for before in spec["dependsOn"].as_array().into_iter().flatten() {
                    let before = before["name"].as_str().expect("a name");
                    assert!(steps.contains_key(before), "{name} waits for {before}");
                }
                let path = spec["path"]
                    .as_str()
                    .expect("a path")
                    .trim_start_matches("./");
                let file = format!("{path}/kustomization.yaml");
                assert!(
                    tree.get(&file).is_some(),
                    "{}: {name}: {path}",
                    platform.name
                );
            }
        }
    }
}

#[test]
fn charts_bring_their_kinds_before_objects_of_them() {
    let platform = all()
        .into_iter()
        .find(|platform| platform.name == "karpenter")
        .expect("it is among the tests");
    let tree = platform.render().tree;
    let clusters = objects(&tree, "gitops/clusters/production/");
    let wave = |name: &str| -> i64 {
        let application = of_kind(&clusters, "Application")
            .find(|application| application["metadata"]["name"] == name)
            .unwrap_or_else(|| panic!("no application `{name}`"));
        let wave = &application["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"];
        wave.as_str().expect("a wave").parse().expect("a number")
    };
    assert!(wave("karpenter-crd") < wave("karpenter"));
    assert!(wave("karpenter") < wave("karpenter-objects"));
    assert!(wave("external-secrets") < wave("platform"));
    assert!(wave("aws-load-balancer-controller") < wave("platform"));
    assert!(wave("loki") < wave("alloy"));
    assert!(wave("storage") < wave("loki"));
}

#[test]
fn without_a_repository_it_is_said_that_nothing_is_followed() {
    let smallest = all()
        .into_iter()
        .find(|platform| platform.name == "smallest")
        .expect("it is among the tests");
    let notes = smallest.render().notes;
    assert!(
        notes.iter().any(|note| note.about == "repository"),
        "{notes:?}"
    );
}

/// One service behind a route, with something of its own in the service and at the end.
fn shop(service: &str, platform: &str) -> Rendered {
    let text = format!(
        r#"platform: shop
repository: {{ url: github.com/acme/shop }}
environments:
  production: {{ account: "111111111111", region: eu-central-1 }}
services:
  web:
    image: ghcr.io/acme/web:1
    ports: {{ http: 8080 }}
    route: {{ host: shop.example.com }}
    {service}
{platform}
"#
    );
    rendered("shop", &text)
}

#[test]
fn what_scales_by_requests_has_keda() {
    let installs = |scale: &str| {
        let tree = shop(&format!("scale: {scale}"), "").tree;
        tree.iter()
            .any(|(path, _)| path.starts_with("gitops/infrastructure/keda/"))
    };
    assert!(installs("{ min: 2, max: 8, requests: 50 }"));
    assert!(!installs("{ min: 2, max: 8, cpu: 70% }"));
}

#[test]
fn what_no_controller_is_rendered_for_is_said_once() {
    let platform = "cluster: { logs: cloudwatch }\nedge: { kind: envoy-gateway }";
    let notes = shop("", platform).notes;
    for about in ["cluster.logs", "edge.kind"] {
        let said = notes.iter().filter(|note| note.about == about).count();
        assert_eq!(said, 1, "{about}: {notes:#?}");
    }
}
