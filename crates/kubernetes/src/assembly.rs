//! From groups to clusters: charts expanded, what applies what noted, what is broken reported.

use std::collections::HashSet;
use std::sync::Arc;

use seaworthy_facts::kubernetes::{Cluster, Kubernetes, Object, Origin, Release};
use seaworthy_facts::objects::ObjectIndex;
use seaworthy_facts::{
    Facts, Sources, Span, Subject, Text, Unseen, Value, file_name, join, parent,
};
use seaworthy_knowledge::Knowledge;

use crate::clusters;
use crate::files::{Files, environment_of_name};
use crate::gitops::Group;
use crate::helm::Charts;
use crate::kustomize::Kustomize;
use crate::manifest::Manifest;
use crate::outside;
use crate::releases::{empty, helm_release, merge_values, values_of_file};
use crate::repositories::Repositories;
use crate::summary;

/// More objects than a cluster of any repository has.
const MOST_OBJECTS: usize = 60_000;

/// Fills the facts.
pub(crate) fn assemble(sources: &Sources, knowledge: &Knowledge, facts: &mut Facts) {
    let files = Files::new(sources);
    let mut charts = Charts::new(&files);
    let mut kustomize = Kustomize::new(&files);
    let mut repositories = Repositories::new(&files);
    let folders = charts.folders().to_vec();
    let grouped = clusters::group(&files, &mut kustomize, &mut repositories, &folders);
    let mut groups = grouped.groups;
    let mut unseen = grouped.unseen;
    for floating in outside::scripts::all(&files, &facts.delivery)
        .into_iter()
        .chain(outside::terraform::all(&files, &facts.terraform))
    {
        outside::place(&floating, &mut groups);
    }
    pipelines(facts, &mut groups);
    let mut used: HashSet<String> = HashSet::new();
    let mut built: Vec<Cluster> = Vec::new();
    let mut alternatives = Vec::new();
    for group in groups {
        alternatives.push(group.alternative || group.gitops);
        built.push(cluster(
            group,
            &files,
            &mut charts,
            &mut repositories,
            knowledge,
            &mut used,
            &mut unseen,
        ));
    }
    for folder in &folders {
        if !used.contains(folder) && !charts.is_part(folder) {
            lone_chart(
                folder,
                &files,
                &mut charts,
                knowledge,
                &mut built,
                &mut alternatives,
                &mut unseen,
            );
        }
    }
    crate::applied::mark(&files, &facts.delivery, &mut built);
    for (source, documents) in files.parsed() {
        if source.vendored || is_template(source.file.text()) {
            continue;
        }
        facts.broken.extend(documents.broken.iter().cloned());
    }
    unseen.append(&mut kustomize.unseen);
    unseen.sort_by(|a, b| (&a.name, a.subject, a.span).cmp(&(&b.name, b.subject, b.span)));
    unseen.dedup();
    facts.unseen.append(&mut unseen);
    let mut kustomizations: Vec<_> = kustomize.records.into_values().collect();
    kustomizations.sort_by(|a, b| a.folder.cmp(&b.folder));
    facts.kubernetes = Kubernetes {
        clusters: built,
        kustomizations,
        charts: charts.facts(),
        paths: grouped.paths,
    };
}

/// Whether text is a template of something, and no YAML before it is filled: it has double braces, `{TENANT_ID}` before
/// or behind other text, or `<EDIT: …>` where something goes.
fn is_template(text: &str) -> bool {
    text.contains("{{") || text.lines().any(has_placeholder)
}

fn has_placeholder(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ");
    if let Some(asked) = line
        .strip_prefix('<')
        .and_then(|line| line.strip_suffix('>'))
    {
        return asked.starts_with(|c: char| c.is_ascii_uppercase()) && asked.contains(' ');
    }
    let Some((_, value)) = line.split_once(": ") else {
        return false;
    };
    let Some((before, rest)) = value.split_once('{') else {
        return false;
    };
    let Some((name, after)) = rest.split_once('}') else {
        return false;
    };
    let glued = !before.is_empty() && !before.ends_with([' ', '$', '"', '\''])
        || after.starts_with(|c: char| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    glued && is_name
}

/// Pods that a pipeline runs in: each file's are a cluster of their own, which is not all there is.
fn pipelines(facts: &Facts, groups: &mut Vec<Group>) {
    for pipeline in &facts.delivery.pipelines {
        let objects: Vec<Manifest> = pipeline
            .manifests
            .iter()
            .flat_map(|value| Manifest::all(value, value.span, pipeline.file))
            .map(|mut object| {
                object.origin = Origin::Embedded;
                object
            })
            .collect();
        if !objects.is_empty() {
            groups.push(Group {
                name: pipeline.system.clone(),
                objects,
                incomplete: true,
                alternative: true,
                ..Group::default()
            });
        }
    }
}

fn cluster(
    group: Group,
    files: &Files<'_>,
    charts: &mut Charts<'_, '_>,
    repositories: &mut Repositories<'_, '_>,
    knowledge: &Knowledge,
    used: &mut HashSet<String>,
    unseen: &mut Vec<Unseen>,
) -> Cluster {
    let mut cluster = Cluster {
        name: group.name,
        environment: group.environment,
        objects: Vec::with_capacity(group.objects.len()),
        releases: group.releases,
        incomplete: group.incomplete,
        index: ObjectIndex::default(),
    };
    let mut seen: HashSet<(Span, Text, Option<Text>)> = HashSet::new();
    for manifest in group.objects {
        if let Some(object) = manifest.into_object() {
            let id = (
                object.span,
                object.name.text().unwrap_or_default(),
                object.namespace.as_ref().and_then(Value::text),
            );
            if seen.insert(id) && cluster.objects.len() < MOST_OBJECTS {
                cluster.objects.push(object);
            }
        }
    }
    let asked: Vec<Release> = cluster
        .objects
        .iter()
        .filter(|object| &*object.kind == "HelmRelease")
        .filter_map(|object| helm_release(object, &cluster.objects, files, repositories))
        .collect();
    cluster.releases.extend(asked);
    let mut index = 0;
    while index < cluster.releases.len() && index < 1_000 {
        let release = cluster.releases[index].clone();
        index += 1;
        install(&release, &mut cluster, charts, knowledge, used, unseen);
    }
    cluster
}

/// Puts what a chart brings into a cluster.
fn install(
    release: &Release,
    cluster: &mut Cluster,
    charts: &mut Charts<'_, '_>,
    knowledge: &Knowledge,
    used: &mut HashSet<String>,
    unseen: &mut Vec<Unseen>,
) {
    if let Some(folder) = &release.folder {
        used.insert(folder.to_string());
        let expanded = charts.expand(folder, release);
        cluster.incomplete |= expanded.incomplete;
        unseen.extend(expanded.unseen);
        for mut manifest in expanded.objects {
            manifest
                .applied_by
                .extend(release.applied_by.iter().cloned());
            if let Some(object) = manifest.into_object()
                && cluster.objects.len() < MOST_OBJECTS
            {
                cluster.objects.push(object);
            }
        }
        cluster.releases.extend(expanded.releases);
        return;
    }
    let repository = release.repository.as_ref().and_then(Value::text);
    let known = release.chart.str().and_then(|name| {
        // An address with holes may be any.
        let repository = repository.as_ref().and_then(Text::literal);
        knowledge.chart(name, repository)
    });
    if let Some(chart) = known {
        cluster.objects.extend(summary::objects(chart, release));
        return;
    }
    cluster.incomplete = true;
    unseen.push(Unseen {
        subject: Subject::Chart,
        name: release
            .chart
            .text()
            .map(|chart| chart.to_string())
            .unwrap_or_default()
            .into(),
        why: "the chart is not here and no summary of it ships".into(),
        span: Some(release.span),
    });
}

/// A chart that nothing in sight installs: with its own values, or with those of each environment it has a file for.
fn lone_chart(
    folder: &str,
    files: &Files<'_>,
    charts: &mut Charts<'_, '_>,
    knowledge: &Knowledge,
    clusters: &mut Vec<Cluster>,
    alternatives: &mut Vec<bool>,
    unseen: &mut Vec<Unseen>,
) {
    let Some(source) = files.by_path(&join(folder, "Chart.yaml")) else {
        return;
    };
    if source.vendored {
        return;
    }
    let Some(metadata) = files
        .documents(source.file.id())
        .and_then(|documents| documents.documents.first())
        .map(|document| document.value.clone())
    else {
        return;
    };
    if metadata.get("type").and_then(Value::str) == Some("library") {
        return;
    }
    let Some(name) = metadata.get("name").cloned() else {
        return;
    };
    let environments = environment_files(files, folder);
    let mut variants: Vec<(Option<&'static str>, Value)> = environments
        .into_iter()
        .filter_map(|(environment, path)| {
            let mut values = empty(name.span);
            merge_values(&mut values, &values_of_file(files, &path)?);
            Some((Some(environment), values))
        })
        .collect();
    if variants.is_empty() {
        variants.push((None, empty(name.span)));
    }
    for (environment, values) in variants {
        let release = Release {
            name: name.clone(),
            namespace: None,
            chart: Value::string(file_name(folder), name.span),
            repository: None,
            version: None,
            values,
            unseen_values: false,
            folder: Some(folder.into()),
            span: name.span,
            applied_by: Vec::new(),
            object: None,
        };
        let mut fresh = Cluster {
            name: environment.map_or_else(|| "default".into(), Arc::from),
            environment: environment.map(Into::into),
            objects: Vec::new(),
            releases: Vec::new(),
            incomplete: false,
            index: ObjectIndex::default(),
        };
        install(
            &release,
            &mut fresh,
            charts,
            knowledge,
            &mut HashSet::new(),
            unseen,
        );
        fresh.releases.insert(0, release);
        let fitting =
            clusters
                .iter_mut()
                .zip(alternatives.iter())
                .find(|(cluster, alternative)| {
                    !**alternative
                        && cluster.environment == fresh.environment
                        && !overlap(cluster, &fresh)
                });
        if let Some((cluster, _)) = fitting {
            cluster.objects.append(&mut fresh.objects);
            cluster.releases.append(&mut fresh.releases);
            cluster.incomplete |= fresh.incomplete;
        } else {
            if clusters.iter().any(|cluster| cluster.name == fresh.name) {
                fresh.name = format!("{folder} {}", environment.unwrap_or_default())
                    .trim()
                    .into();
                alternatives.push(true);
            } else {
                alternatives.push(false);
            }
            clusters.push(fresh);
        }
    }
}

/// Whether two would say the same objects.
fn overlap(a: &Cluster, b: &Cluster) -> bool {
    let id = |object: &Object| (object.kind.clone(), object.name.text());
    let own: HashSet<_> = a
        .objects
        .iter()
        .filter(|object| !matches!(&*object.kind, "Namespace" | "ServiceAccount"))
        .map(id)
        .collect();
    b.objects.iter().any(|object| own.contains(&id(object)))
}

/// `values-prod.yaml`, `values.prod.yaml`, `prod.values.yaml`, `values/prod.yaml`, `environments/prod/values.yaml`.
fn environment_files(files: &Files<'_>, folder: &str) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for source in files.under(folder) {
        let path = source.file.path();
        let relative = if folder.is_empty() {
            path
        } else {
            &path[folder.len() + 1..]
        };
        let name = file_name(relative);
        let Some((stem, "yaml" | "yml")) = name.rsplit_once('.') else {
            continue;
        };
        if relative.starts_with("templates/")
            || relative.starts_with("charts/")
            || relative.starts_with("ci/")
        {
            continue;
        }
        let around = parent(relative);
        let word = if stem.contains("values") && stem != "values" {
            Some(
                stem.replace("values", "")
                    .trim_matches(['-', '.', '_'])
                    .to_owned(),
            )
        } else if stem == "values" && !around.is_empty() {
            Some(file_name(around).to_owned())
        } else if matches!(
            file_name(around),
            "values" | "environments" | "envs" | "env"
        ) {
            Some(stem.to_owned())
        } else {
            None
        };
        if let Some(environment) = word.as_deref().and_then(environment_of_name)
            && !found.iter().any(|(own, _)| *own == environment)
        {
            found.push((environment, path.to_owned()));
        }
    }
    found
}
