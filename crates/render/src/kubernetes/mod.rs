//! The Kubernetes objects of a platform, laid out with Kustomize.
//!
//! ```text
//! gitops/platform/{base,<environment>}                what the services share: namespace, access, stores, the edge
//! gitops/services/<service>/{base,<environment>}      a service and its jobs
//! gitops/services/<service>/migration/{base,…}        what runs before a new version of it
//! gitops/databases/<database>/{base,<environment>}    dumps and restore tests
//! gitops/environments/<environment>/{images,outputs}  seeded: which builds run; what only AWS knows
//! ```
//!
//! One file makes one kind of object; [`folder`] lays them out, [`layers`] finds out what environments have in common.
//! What applies the folders, and in which order, is the GitOps part's business.

mod access;
mod autoscaler;
mod backup;
mod certificates;
mod cron_job;
mod deployment;
mod disruption_budget;
mod external_secret;
mod folder;
mod image;
mod images;
mod kube_service;
pub(crate) mod kustomization;
mod layers;
mod left_out;
pub(crate) mod metadata;
mod migration;
mod namespace;
mod network_policy;
pub(crate) mod object;
mod outputs;
mod pod;
mod route;
pub(crate) mod scale;
mod security_group_policy;
mod service_account;
mod service_monitor;
mod variables;
mod yaml;

use indexmap::IndexMap;
use seaworthy_definition::model::{
    Job, Platform, PortName, Service, ServiceSource, Span, Template,
};

use self::folder::{Folder, Taken};
use self::kustomization::Replacement;
use self::metadata::Workload;
use self::object::Object;
use self::variables::{Asker, Variables};
use crate::{Input, Rendered, Scope};

pub use access::group;
pub use image::{file as images_file, is_released};
pub use images::{Images, ImagesError, Released};

/// The image of a service that is built, without tag and digest.
pub fn image_repository(scope: Scope<'_>, service: &Service) -> String {
    image::repository(scope, service.name.as_str())
}

/// Renders the objects of every environment.
pub(crate) fn render(input: &Input<'_>, rendered: &mut Rendered) {
    for scope in input.scopes() {
        environment(scope, rendered);
    }
    if input.scopes().next().is_none() {
        return;
    }
    let folder = |path: String, about: String| Folder { path, about, input };
    let tree = &mut rendered.tree;
    folder("gitops/platform".to_owned(), "environments".to_owned())
        .render(tree, platform, |_| Taken::default());

    for service in input.base.services.values().filter(|service| runs(service)) {
        let name = service.name.as_str();
        let path = format!("gitops/services/{name}");
        let about = format!("services.{name}");
        let of = |scope: Scope<'_>, make: &dyn Fn(Scope<'_>, &Service) -> Vec<Object>| {
            let service = scope.platform.services.get(name);
            service
                .map(|service| make(scope, service))
                .unwrap_or_default()
        };
        folder(path.clone(), about.clone()).render(
            tree,
            |scope| of(scope, &service_objects),
            |scope| taken(scope, replacements(scope, service)),
        );
        if migrates(service) {
            folder(format!("{path}/migration"), about).render(
                tree,
                |scope| of(scope, &migration::objects),
                |scope| taken(scope, migration::replacements(scope, service)),
            );
        }
    }
    backup::render(input, rendered);
    rendered.notes.extend(left_out::notes(input));
}

/// What an overlay takes in: the images of its environment, and its outputs where it needs one.
fn taken(scope: Scope<'_>, replacements: Vec<Replacement>) -> Taken {
    let mut components = vec![image::folder(&scope.environment.name)];
    if !replacements.is_empty() {
        components.push(outputs::folder(&scope.environment.name));
    }
    Taken {
        components,
        replacements,
        ..Taken::default()
    }
}

/// What only AWS knows of a service and of its jobs: security groups, and the version of their secrets.
fn replacements(scope: Scope<'_>, service: &Service) -> Vec<Replacement> {
    let Some(service) = scope.platform.services.get(&service.name) else {
        return Vec::new();
    };
    let name = service.name.as_str();
    let mut all = security_group_policy::replacements(scope, name, &accesses(service));
    if is_told_secrets(scope, name, &service.env) {
        all.push(outputs::version_replacement(&[
            ("ExternalSecret", name),
            ("Deployment", name),
        ]));
    }
    for job in jobs(scope.platform, service) {
        let name = job.name.as_str();
        let accesses = cron_job::accesses(job);
        all.extend(security_group_policy::replacements(scope, name, &accesses));
        if is_told_secrets(scope, name, &job.env) {
            all.push(outputs::version_replacement(&[("ExternalSecret", name)]));
        }
    }
    all
}

fn is_told_secrets(scope: Scope<'_>, name: &str, env: &IndexMap<String, Template>) -> bool {
    let variables = Variables::of(scope, env, &Asker::workload(name));
    !variables.remotes.is_empty()
}

/// The databases that a service reaches as itself.
fn accesses(service: &Service) -> Vec<security_group_policy::Access<'_>> {
    let databases = migration::databases(service.uses.iter());
    databases
        .map(|database| (database, service.name.as_str()))
        .collect()
}

/// The jobs that run a service's image.
fn jobs<'a>(platform: &'a Platform, service: &'a Service) -> impl Iterator<Item = &'a Job> {
    let jobs = platform.jobs.values();
    jobs.filter(|job| job.service == service.name)
}

/// The files of one environment that are the team's once they are there.
fn environment(scope: Scope<'_>, rendered: &mut Rendered) {
    let name = &scope.environment.name;
    rendered.tree.seeded(image::file(name), image::seed(scope));
    let keys = outputs::keys(scope);
    if !keys.is_empty() {
        let folder = outputs::folder(name);
        rendered.tree.rendered(
            format!("{folder}/kustomization.yaml"),
            format!(
                "{}{}",
                crate::provenance::header(&scope.key()),
                outputs::component()
            ),
        );
        rendered.tree.seeded(
            format!("{folder}/configmap.yaml"),
            outputs::seed(scope, &keys),
        );
    }
}

/// What the services of an environment share.
fn platform(scope: Scope<'_>) -> Vec<Object> {
    let platform = scope.platform;
    let mut objects = vec![
        namespace::object(platform),
        network_policy::deny(platform),
        network_policy::dns(platform),
    ];
    objects.extend(access::objects(platform));
    objects.extend(external_secret::stores(scope));
    objects.extend(route::edge(scope));
    if !platform.databases.is_empty() {
        objects.extend(certificates::object(scope));
    }
    objects
}

/// A service and the jobs that run its image.
fn service_objects(scope: Scope<'_>, service: &Service) -> Vec<Object> {
    let platform = scope.platform;
    let name = service.name.as_str();
    let workload = Workload::new(platform, name);
    let variables = Variables::of(scope, &service.env, &Asker::workload(name));
    let mut objects = vec![
        service_account::object(workload),
        deployment::object(scope, service),
        disruption_budget::object(workload),
        network_policy::service(platform, service),
    ];
    objects.extend(kube_service::object(platform, service));
    objects.extend(route::object(platform, service));
    objects.extend(autoscaler::object(scope, service));
    objects.extend(external_secret::object(workload, &variables));
    objects.extend(service_monitor::object(platform, service));
    objects.extend(security_group_policy::object(
        scope,
        workload,
        &accesses(service),
    ));
    for job in jobs(platform, service) {
        objects.extend(cron_job::objects(scope, service, job));
    }
    objects
}

/// The namespace of everything that a platform runs.
pub fn namespace_of(platform: &Platform) -> String {
    metadata::namespace(&platform.name)
}

/// Whether something runs before each new version of a service: it has a folder `migration` then.
pub(crate) fn migrates(service: &Service) -> bool {
    migration::is_needed(service)
}

/// Whether there is an image to run.
fn runs(service: &Service) -> bool {
    !matches!(service.source, ServiceSource::Run)
}

/// The ports of a service, the main one first and the others by name: their order in the definition moves nothing.
fn ports(service: &Service) -> Vec<(&PortName, u16)> {
    let main = service.main_port().map(|(name, _)| name);
    let mut ports: Vec<_> = service
        .ports
        .iter()
        .map(|(name, port)| (name, *port))
        .collect();
    ports.sort_by_key(|(name, _)| (Some(*name) != main, *name));
    ports
}

/// A span in whole seconds, at least one where it is not nothing.
fn seconds(span: Span) -> i64 {
    let seconds = span.0.as_millis().div_ceil(1000);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// A count as Kubernetes' API has it.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
