//! Argo CD: Applications, those that sets make, and those that other Applications bring.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use globset::Glob;
use seaworthy_facts::kubernetes::{Applied, GitopsPath, Means, Release};
use seaworthy_facts::{Data, Span, Subject, Unseen, Value, file_name, join, parent};

use super::{Group, generators};
use crate::files::{Files, environment_of_name, environment_of_path, is_kustomization_file};
use crate::kustomize::{Built, Kustomize, manifests_of};
use crate::manifest::Manifest;
use crate::releases::{empty, merge_values, set_path, values_of_file};
use crate::repositories::Repositories;
use crate::{inner, places};

/// Whether an object is Argo CD's.
pub(crate) fn is_application(object: &Manifest) -> bool {
    object.group() == "argoproj.io" && matches!(&*object.kind, "Application" | "ApplicationSet")
}

/// Reads what Argo CD applies.
pub(crate) struct Argo<'a, 'f, 's> {
    /// The files.
    pub(crate) files: &'f Files<'s>,
    /// Builds the folders.
    pub(crate) kustomize: &'a mut Kustomize<'f, 's>,
    /// Finds the repositories.
    pub(crate) repositories: &'a mut Repositories<'f, 's>,
    /// Every path that was named.
    pub(crate) paths: &'a mut Vec<GitopsPath>,
    /// What was not seen.
    pub(crate) unseen: &'a mut Vec<Unseen>,
}

/// Where an Application goes, and its environment: what tells clusters apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Key {
    destination: String,
    environment: Option<&'static str>,
}

impl Argo<'_, '_, '_> {
    /// A group for every cluster and environment that Applications go to. `raw`: those that no other GitOps object
    /// brings.
    pub(crate) fn groups(&mut self, raw: &[Manifest]) -> Vec<Group> {
        let mut queue: Vec<(Manifest, Key)> = Vec::new();
        for object in raw.iter().filter(|object| is_application(object)) {
            self.note(object);
        }
        // By their places: each environment may have one of the same name.
        let mut brought: HashSet<Span> = HashSet::new();
        let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
        for object in raw.iter().filter(|object| is_application(object)) {
            queue.push((object.clone(), Key::default()));
        }
        let roots = queue.len();
        let mut index = 0;
        let mut seen: HashSet<(Span, String)> = HashSet::new();
        while index < queue.len() && index < 2_000 {
            let (object, inherited) = queue[index].clone();
            index += 1;
            if index <= roots && brought.contains(&object.span) {
                continue;
            }
            let name = object.name().unwrap_or_default().to_string();
            if !seen.insert((object.span, name)) {
                continue;
            }
            let key = self.key(&object, &inherited);
            let group = groups.entry(key.clone()).or_default();
            group.gitops = true;
            if index <= roots {
                group.objects.push(object.clone());
            }
            if &*object.kind == "ApplicationSet" {
                for application in self.of_set(&object, group) {
                    queue.push((application, key.clone()));
                }
                continue;
            }
            let built = self.build(&object, group);
            for new in built.objects {
                if is_application(&new) {
                    brought.insert(new.span);
                    queue.push((new.clone(), key.clone()));
                }
                group.objects.push(new);
            }
            group.releases.extend(built.releases);
        }
        named(groups)
    }

    fn note(&mut self, object: &Manifest) {
        let spec = match &*object.kind {
            "ApplicationSet" => object.body.at("spec.template.spec"),
            _ => object.body.get("spec"),
        };
        for source in spec.map(sources).unwrap_or_default() {
            if let (Some(url), Some(path)) = (
                source.get("repoURL").and_then(Value::text),
                source.get("path").and_then(Value::str),
            ) && !path.contains("{{")
            {
                self.repositories.note(&url.to_string(), path);
            }
        }
    }

    fn key(&self, object: &Manifest, inherited: &Key) -> Key {
        if &*object.kind == "ApplicationSet" {
            return inherited.clone();
        }
        let text = |path: &str| {
            object
                .body
                .at(path)
                .and_then(Value::text)
                .map(|text| text.to_string())
        };
        let known = |path: &str| {
            let text = object.body.at(path).and_then(Value::text)?;
            text.literal().map(str::to_owned)
        };
        // Whatever a generator calls a cluster, it is one that the set was made for.
        let server = known("spec.destination.server").unwrap_or_default();
        let destination = known("spec.destination.name")
            .filter(|name| name != "in-cluster")
            .or_else(|| {
                (!server.is_empty() && !server.contains("kubernetes.default")).then_some(server)
            })
            .unwrap_or_else(|| inherited.destination.clone());
        let spec = object.body.get("spec");
        let environment = spec
            .map(sources)
            .unwrap_or_default()
            .iter()
            .find_map(|source| {
                let path = source.get("path").and_then(Value::str).unwrap_or_default();
                environment_of_path(path)
                    .map(|(_, environment)| environment)
                    .or_else(|| {
                        source
                            .at("helm.valueFiles")
                            .into_iter()
                            .flat_map(Value::items)
                            .filter_map(Value::str)
                            .find_map(|file| {
                                environment_of_path(
                                    file.trim_end_matches(".yaml").trim_end_matches(".yml"),
                                )
                            })
                            .map(|(_, environment)| environment)
                    })
            })
            .or_else(|| environment_of_name(&text("metadata.name")?))
            .or_else(|| environment_of_name(&text("spec.destination.namespace")?))
            .or_else(|| {
                environment_of_path(self.files.sources.folder(object.file))
                    .map(|(_, environment)| environment)
            })
            .or(inherited.environment);
        Key {
            destination,
            environment,
        }
    }

    fn of_set(&mut self, set: &Manifest, group: &mut Group) -> Vec<Manifest> {
        let Some(template) = set.body.at("spec.template") else {
            return Vec::new();
        };
        let mut applications = Vec::new();
        for parameters in generators::parameters(set, self.files, self.repositories) {
            let Some(parameters) = parameters else {
                group.incomplete = true;
                self.unseen.push(Unseen {
                    subject: Subject::Template,
                    name: format!("ApplicationSet `{}`", set.name().unwrap_or_default()).into(),
                    why: "what its generator gives is not decided by files".into(),
                    span: Some(set.span),
                });
                continue;
            };
            let mut body = template.clone();
            generators::render(&mut body, &parameters);
            let Data::Map(map) = &mut body.data else {
                continue;
            };
            let span = set.span;
            map.set("apiVersion", span, Value::string(&*set.api_version, span));
            map.set("kind", span, Value::string("Application", span));
            let Some(mut application) = Manifest::new(body, set.block, set.file) else {
                continue;
            };
            application.span = span;
            application.applied_by.push(Applied {
                by: format!("ApplicationSet `{}`", set.name().unwrap_or_default()).into(),
                span: places::name_value(&set.body).map_or(span, |name| name.span),
                means: Means::Argo,
            });
            self.note(&application);
            applications.push(application);
        }
        applications
    }

    fn build(&mut self, application: &Manifest, group: &mut Group) -> Built {
        let mut all = Built::default();
        let Some(spec) = application.body.get("spec") else {
            return all;
        };
        let name = application.name().unwrap_or_default();
        let namespace = spec
            .at("destination.namespace")
            .filter(|value| !value.is_null());
        let sources: Vec<Value> = sources(spec).into_iter().cloned().collect();
        for source in &sources {
            let mut built = self.source(application, source, &sources, group);
            group.incomplete |= built.incomplete;
            if let Some(namespace) = namespace {
                for object in &mut built.objects {
                    if object.namespace().is_none()
                        && !crate::kinds::is_cluster_wide(&object.kind)
                        && let Some(map) =
                            places::ensure(&mut object.body, &["metadata"], namespace.span)
                    {
                        map.set("namespace", namespace.span, namespace.clone());
                    }
                }
            }
            let applied = Applied {
                by: format!("Argo CD Application `{name}`").into(),
                span: places::name_value(&application.body)
                    .map_or(application.span, |name| name.span),
                means: Means::Argo,
            };
            for object in &mut built.objects {
                object.applied_by.push(applied.clone());
            }
            for release in &mut built.releases {
                release.namespace = release.namespace.take().or_else(|| namespace.cloned());
                release.applied_by.push(applied.clone());
            }
            all.objects.extend(built.objects);
            all.releases.extend(built.releases);
        }
        all
    }

    fn source(
        &mut self,
        application: &Manifest,
        source: &Value,
        sources: &[Value],
        group: &mut Group,
    ) -> Built {
        let mut built = Built::default();
        let url = source.get("repoURL").filter(|value| !value.is_null());
        if let Some(chart) = source.get("chart").filter(|value| !value.is_null()) {
            built
                .releases
                .extend(self.release(application, source, sources, chart.clone(), None));
            return built;
        }
        let Some(path) = source.get("path").filter(|value| !value.is_null()) else {
            return built;
        };
        let key = url
            .and_then(Value::text)
            .map(|url| url.to_string())
            .unwrap_or_default();
        let repository = self.repositories.folder(&key, application.file);
        let folder = repository
            .as_ref()
            .zip(path.str())
            .map(|(base, path)| join(base, path.trim_start_matches('/')));
        let exists = folder
            .as_ref()
            .is_some_and(|folder| self.files.folder_exists(folder));
        self.paths.push(GitopsPath {
            kind: "Application".into(),
            object: application.name().unwrap_or_default(),
            path: path.clone(),
            url: url.cloned(),
            repository: repository.as_deref().map(Into::into),
            folder: folder.as_deref().map(Into::into),
            exists,
        });
        let Some(folder) = folder.filter(|_| exists) else {
            group.incomplete = true;
            if repository.is_none() {
                self.unseen.push(Unseen {
                    subject: Subject::Repository,
                    name: key.into(),
                    why: "it is another repository; give its folder too to have it read".into(),
                    span: url.map(|url| url.span),
                });
            }
            return built;
        };
        if self.files.by_path(&join(&folder, "Chart.yaml")).is_some() {
            let chart = Value::string(file_name(&folder), path.span);
            built
                .releases
                .extend(self.release(application, source, sources, chart, Some(folder)));
        } else if self.files.kustomization(&folder).is_some() {
            if let Some(sub) = self.kustomize.build(&folder) {
                built = (*sub).clone();
            }
            self.kustomize_settings(source, &mut built);
        } else {
            self.directory(source, &folder, &mut built);
        }
        built
    }

    fn kustomize_settings(&self, source: &Value, built: &mut Built) {
        let Some(settings) = source.get("kustomize") else {
            return;
        };
        if let Some(namespace) = settings.get("namespace") {
            crate::kustomize::set_namespace(&mut built.objects, namespace);
        }
        for patch in settings.get("patches").into_iter().flat_map(Value::items) {
            let Some(text) = patch.get("patch") else {
                continue;
            };
            if let Some(documents) = inner::read(self.files.sources, text) {
                for document in &documents.documents {
                    crate::kustomize::apply_patch(
                        &mut built.objects,
                        patch.get("target"),
                        &document.value,
                        patch.span,
                        true,
                        &mut Vec::new(),
                    );
                }
            }
        }
        // `name=new:tag`, `name:tag`
        for image in settings.get("images").into_iter().flat_map(Value::items) {
            let Some(text) = image.text() else { continue };
            let (name, new) = match text.split_once('=') {
                Some((name, new)) => (name, new),
                None => (crate::kustomize::split_image(&text).0, text.clone()),
            };
            for object in &mut built.objects {
                places::each_image(&mut object.body, &mut |own| {
                    if let Some(own_text) = own.text()
                        && crate::kustomize::split_image(&own_text).0 == name
                    {
                        *own = places::replaced(
                            own,
                            new.clone(),
                            image.span,
                            "the image as the manifest has it",
                        );
                    }
                });
            }
        }
        let changes_names = ["namePrefix", "nameSuffix"]
            .iter()
            .any(|key| settings.get(key).is_some_and(|value| !value.is_null()));
        built.incomplete |= changes_names;
    }

    fn directory(&mut self, source: &Value, folder: &str, built: &mut Built) {
        let recurse = source.at("directory.recurse").and_then(Value::bool) == Some(true);
        let glob = |key: &str| {
            source
                .get("directory")
                .and_then(|directory| directory.get(key)?.str())
                .and_then(|text| Glob::new(text).ok())
                .map(|glob| glob.compile_matcher())
        };
        let (include, exclude) = (glob("include"), glob("exclude"));
        for file in self.files.under(folder) {
            let path = file.file.path();
            let relative = if folder.is_empty() {
                path
            } else {
                &path[folder.len() + 1..]
            };
            if (!recurse && parent(path) != folder)
                || is_kustomization_file(path)
                || include
                    .as_ref()
                    .is_some_and(|glob| !glob.is_match(relative))
                || exclude.as_ref().is_some_and(|glob| glob.is_match(relative))
            {
                continue;
            }
            built
                .objects
                .extend(manifests_of(self.files, file.file.id()));
        }
    }

    fn release(
        &mut self,
        application: &Manifest,
        source: &Value,
        sources: &[Value],
        chart: Value,
        folder: Option<String>,
    ) -> Option<Release> {
        let name_value = places::name_value(&application.body)?;
        let helm = source.get("helm");
        let mut values = empty(chart.span);
        let mut unseen_values = false;
        for file in helm
            .and_then(|helm| helm.get("valueFiles"))
            .into_iter()
            .flat_map(Value::items)
        {
            let path = file.str().and_then(|path| {
                let Some(rest) = path.strip_prefix('$') else {
                    return Some(match path.strip_prefix('/') {
                        Some(rest) => rest.to_owned(),
                        None => join(folder.as_deref()?, path),
                    });
                };
                // `$ref/path`: another source of the same Application.
                let (name, rest) = rest.split_once('/')?;
                let url = sources
                    .iter()
                    .find(|source| source.get("ref").and_then(Value::str) == Some(name))?
                    .get("repoURL")?
                    .text()?
                    .to_string();
                self.repositories.note(&url, parent(rest));
                let base = self.repositories.folder(&url, application.file)?;
                Some(join(&base, rest))
            });
            // Which file it is may depend on the cluster, or be in a repository that is not here.
            let known = path.is_some();
            match path.and_then(|path| values_of_file(self.files, &path)) {
                Some(from) => merge_values(&mut values, &from),
                None => {
                    unseen_values |= !known
                        || helm
                            .and_then(|helm| helm.get("ignoreMissingValueFiles"))
                            .and_then(Value::bool)
                            != Some(true);
                }
            }
        }
        if let Some(text) = helm.and_then(|helm| helm.get("values"))
            && let Some(documents) = inner::read(self.files.sources, text)
            && let Some(document) = documents.documents.first()
        {
            // `${values}` alone is text that something fills in before it is applied.
            unseen_values |= document.value.map().is_none() && !document.value.is_null();
            merge_values(&mut values, &document.value);
        }
        if let Some(object) = helm.and_then(|helm| helm.get("valuesObject")) {
            merge_values(&mut values, object);
        }
        for parameter in helm
            .and_then(|helm| helm.get("parameters"))
            .into_iter()
            .flat_map(Value::items)
        {
            if let (Some(path), Some(value)) = (
                parameter.get("name").and_then(Value::str),
                parameter.get("value"),
            ) {
                set_path(&mut values, path, value.clone());
            }
        }
        Some(Release {
            name: helm
                .and_then(|helm| helm.get("releaseName"))
                .filter(|value| !value.is_null())
                .unwrap_or(name_value)
                .clone(),
            namespace: None,
            span: chart.span,
            chart,
            repository: source.get("repoURL").cloned(),
            version: source
                .get("targetRevision")
                .cloned()
                .filter(|_| folder.is_none()),
            values,
            unseen_values,
            folder: folder.map(Into::into),
            applied_by: Vec::new(),
            object: Some((application.name()?, application.namespace())),
        })
    }
}

/// `source`, or all of `sources`.
fn sources(spec: &Value) -> Vec<&Value> {
    match spec.get("sources") {
        Some(list) if !list.items().is_empty() => list.items().iter().collect(),
        _ => spec
            .get("source")
            .filter(|source| source.map().is_some())
            .into_iter()
            .collect(),
    }
}

/// The groups with names. What goes to one cluster without saying an environment goes to each of its environments.
fn named(groups: BTreeMap<Key, Group>) -> Vec<Group> {
    let mut groups: Vec<(Key, Group)> = groups.into_iter().collect();
    let mut shared = Vec::new();
    groups.retain_mut(|(key, group)| {
        if key.environment.is_none() {
            shared.push((key.clone(), std::mem::take(group)));
            return false;
        }
        true
    });
    for (key, common) in shared {
        let mut found = false;
        for (_, group) in groups.iter_mut().filter(|(other, _)| {
            other.environment.is_some()
                && (other.destination == key.destination || key.destination.is_empty())
        }) {
            found = true;
            group.objects.extend(common.objects.iter().cloned());
            group.releases.extend(common.releases.iter().cloned());
            group.incomplete |= common.incomplete;
        }
        if !found {
            groups.push((key, common));
        }
    }
    let mut named = Vec::new();
    for (key, mut group) in groups {
        let environment = key.environment.map(Arc::<str>::from);
        let host = key
            .destination
            .split_once("://")
            .map_or(key.destination.as_str(), |(_, host)| host);
        group.name = match (&environment, host) {
            (Some(environment), "") => environment.clone(),
            (None, "") => "argocd".into(),
            (Some(environment), host) if environment_of_name(host) != Some(&**environment) => {
                format!("{host} {environment}").into()
            }
            (_, host) => host.into(),
        };
        group.environment = environment.or_else(|| environment_of_name(host).map(Into::into));
        named.push(group);
    }
    named
}
