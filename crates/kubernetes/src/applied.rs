//! What applies objects besides GitOps: commands of scripts and pipelines, Skaffold.

use seaworthy_facts::delivery::{Delivery, What};
use seaworthy_facts::kubernetes::{Applied, Cluster, Means, Object, Origin};
use seaworthy_facts::{Text, Value, is_under, join, normalized, parent};

use crate::files::Files;
use crate::outside::scripts::applied;
use crate::outside::terraform::has_known_part;

/// A path that something applies.
struct Use {
    path: Text,
    kustomize: bool,
    namespace: Option<Value>,
    by: Applied,
}

/// Notes on every object what applies it.
pub(crate) fn mark(files: &Files<'_>, delivery: &Delivery, clusters: &mut [Cluster]) {
    let mut uses = Vec::new();
    for (doer, deed) in delivery.deeds() {
        let What::Apply {
            paths,
            kustomize,
            namespace,
            delete: false,
            ..
        } = &deed.what
        else {
            continue;
        };
        for path in paths {
            let Some(text) = path.text() else { continue };
            if text.literal() == Some("-")
                || text.known_prefix().contains("://")
                || !has_known_part(path) && text.literal().is_none()
            {
                continue;
            }
            let path = match (deed.folder.literal(), text.literal()) {
                (Some(folder), Some(path)) => Text::from(join(folder, path)),
                (Some(folder), None) if !folder.is_empty() => {
                    let mut whole = Text::from(format!("{folder}/"));
                    // `./x` within a path with holes.
                    match text.known_prefix().strip_prefix("./") {
                        Some(_) => whole.push(
                            &text
                                .split_once('/')
                                .map_or_else(Text::default, |(_, rest)| rest),
                        ),
                        None => whole.push(&text),
                    }
                    whole
                }
                (Some(_), None) => match text.known_prefix().strip_prefix("./") {
                    Some(_) => text
                        .split_once('/')
                        .map_or_else(Text::default, |(_, rest)| rest),
                    None => text,
                },
                // Where it runs is not known: what it names is looked for at the top.
                (None, Some(path)) => Text::from(normalized(path)),
                (None, None) => continue,
            };
            uses.push(Use {
                path,
                kustomize: *kustomize,
                namespace: namespace.clone(),
                by: applied(
                    files,
                    doer,
                    deed,
                    if *kustomize {
                        "kubectl apply -k"
                    } else {
                        "kubectl apply"
                    },
                ),
            });
        }
    }
    skaffold(files, &mut uses);
    for cluster in clusters {
        for object in &mut cluster.objects {
            for one in &uses {
                if fits(files, one, object) && !object.applied_by.contains(&one.by) {
                    object.applied_by.push(one.by.clone());
                    if let Some(namespace) = &one.namespace
                        && object.namespace.is_none()
                        && !crate::kinds::is_cluster_wide(&object.kind)
                    {
                        object.namespace = Some(namespace.clone());
                    }
                }
            }
        }
    }
}

fn fits(files: &Files<'_>, one: &Use, object: &Object) -> bool {
    let same = |path: &str| match one.path.literal() {
        Some(own) => own == path,
        None => one.path.can_be(path),
    };
    match &object.origin {
        Origin::Kustomization { folder } => {
            // The folder, or its parent where the command goes over all of it.
            same(folder) || (!one.kustomize && same(files.sources.path(object.file)))
        }
        Origin::Manifest => {
            let path = files.sources.path(object.file);
            let glob = one
                .path
                .literal()
                .and_then(|own| own.split_once('*'))
                .is_some_and(|(before, after)| path.starts_with(before) && path.ends_with(after));
            same(path)
                || same(parent(path))
                || glob
                || one.path.literal().is_some_and(|own| {
                    // With `--recursive`, which is not told apart here.
                    files.folder_exists(own) && is_under(path, own)
                })
        }
        _ => false,
    }
}

/// Manifests and kustomizations that Skaffold lists.
fn skaffold(files: &Files<'_>, uses: &mut Vec<Use>) {
    for (source, documents) in files.parsed() {
        for document in &documents.documents {
            let body = &document.value;
            if !body
                .get("apiVersion")
                .and_then(Value::str)
                .is_some_and(|api| api.starts_with("skaffold/"))
            {
                continue;
            }
            let folder = parent(source.file.path());
            let lists = [
                ("manifests.rawYaml", false),
                ("deploy.kubectl.manifests", false),
                ("manifests.kustomize.paths", true),
                ("deploy.kustomize.paths", true),
            ];
            for (path, kustomize) in lists {
                for item in body.at(path).into_iter().flat_map(Value::each) {
                    let Some(own) = item.str() else { continue };
                    uses.push(Use {
                        path: Text::from(join(folder, own)),
                        kustomize,
                        namespace: None,
                        by: Applied {
                            by: format!("Skaffold in {}", source.file.path()).into(),
                            span: item.span,
                            means: Means::Tool,
                        },
                    });
                }
            }
        }
    }
}
