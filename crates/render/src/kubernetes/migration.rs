//! What runs once before a new version takes traffic: the roles of a service in its databases, then its migration.
//!
//! It stands in a folder of its own, so that both ways to order it work: Argo CD takes it into the service's
//! application and runs the job as a hook, in a wave before the deployment; Flux applies it first, and the service depends on it.
//! It is not a hook of the phase before the sync: there its own secret would not exist yet on the first day.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar};
use seaworthy_definition::model::{
    Bytes, DatabaseName, GitOps, MilliCpu, Platform, Resource, Resources, Service,
};
use seaworthy_knowledge::Knowledge;

use super::kustomization::Replacement;
use super::metadata::{Workload, map};
use super::object::Object;
use super::variables::{Asker, Remote, Variables, client_secret, from_secret, plain};
use super::{
    certificates, external_secret, image, network_policy, outputs, pod, security_group_policy,
    service_account,
};
use crate::Scope;

const SCRIPT: &str = include_str!("roles.sql");
const SCRIPT_FOLDER: &str = "/sql";

/// Hands psql the passwords by its input, twice each as it asks for them, and never as an argument.
const COMMAND: &str = "printf '%s\\n' \"$OWNER_PASSWORD\" \"$OWNER_PASSWORD\" \"$ROLE_PASSWORD\" \"$ROLE_PASSWORD\" | psql --no-psqlrc --no-password --quiet --file=/sql/roles.sql";

/// Whether anything runs before a new version of the service.
pub(super) fn is_needed(service: &Service) -> bool {
    !service.migrate.is_empty() || databases(service.uses.iter()).next().is_some()
}

/// The name of what runs before a service.
pub(super) fn name(service: &Service) -> String {
    format!("{}-migration", service.name)
}

/// Its objects.
pub(super) fn objects(scope: Scope<'_>, service: &Service) -> Vec<Object> {
    let name = name(service);
    let workload = Workload::new(scope.platform, &name);
    let asker = Asker::owner(&name);
    let mut variables = Variables::of(scope, &service.env, &asker);
    if service.migrate.is_empty() {
        // Only roles are made: what the service itself is told is of no use here.
        variables = Variables::of(scope, &indexmap::IndexMap::new(), &asker);
    }
    let roles: Vec<_> = clients(scope.platform, service)
        .map(|(client, database)| Role {
            client,
            database,
            acts_as_owner: nobody_migrates(scope.platform, database),
        })
        .collect();
    let containers: Vec<_> = roles
        .iter()
        .map(|role| role.container(&name, &mut variables, &asker))
        .collect();

    let mut objects = vec![
        service_account::object(workload),
        network_policy::job(workload, scope.platform, service.uses.iter()),
    ];
    objects.extend(external_secret::object(workload, &variables));
    objects.extend(security_group_policy::object(
        scope,
        workload,
        &accesses(service),
    ));
    for database in databases(service.uses.iter()) {
        let name = master(&name, database);
        let key = outputs::unfilled(&outputs::master_secret(database));
        objects.push(external_secret::master(workload, &name, &key));
    }
    if !roles.is_empty() {
        objects.push(script(workload));
    }
    for object in &mut objects {
        in_order(scope.platform, object, Order::Needed);
    }
    let mut job = job(scope, service, containers, &variables);
    in_order(scope.platform, &mut job, Order::Job);
    objects.push(job);
    objects
}

/// What AWS alone knows is copied from the environment's outputs.
pub(super) fn replacements(scope: Scope<'_>, service: &Service) -> Vec<Replacement> {
    let name = name(service);
    let groups = security_group_policy::replacements(scope, &name, &accesses(service));
    let masters = databases(service.uses.iter()).map(|database| {
        outputs::replacement(
            &outputs::master_secret(database),
            "ExternalSecret",
            &master(&name, database),
            "spec.data.*.remoteRef.key",
        )
    });
    // Without databases it may still be told a secret from outside.
    let asker = Asker::owner(&name);
    let told = !Variables::of(scope, &service.env, &asker)
        .remotes
        .is_empty();
    let version =
        told.then(|| outputs::version_replacement(&[("ExternalSecret", &name), ("Job", &name)]));
    masters.chain(groups).chain(version).collect()
}

/// The databases among what is used.
pub(super) fn databases<'a>(
    uses: impl Iterator<Item = &'a Resource>,
) -> impl Iterator<Item = &'a DatabaseName> {
    uses.filter_map(|resource| match resource {
        Resource::Database(name) => Some(name),
        _ => None,
    })
}

/// It reaches the databases of its service with the service's own group.
fn accesses(service: &Service) -> Vec<security_group_policy::Access<'_>> {
    let databases = databases(service.uses.iter());
    databases
        .map(|database| (database, service.name.as_str()))
        .collect()
}

/// The service and its jobs, with each database that they use.
fn clients<'a>(
    platform: &'a Platform,
    service: &'a Service,
) -> impl Iterator<Item = (&'a str, &'a DatabaseName)> {
    let jobs = platform.jobs.values();
    let jobs = jobs
        .filter(|job| job.service == service.name)
        .map(|job| (job.name.as_str(), &job.uses));
    std::iter::once((service.name.as_str(), &service.uses))
        .chain(jobs)
        .flat_map(|(name, uses)| databases(uses.iter()).map(move |database| (name, database)))
}

/// Somebody must make the tables: where no service has a migration, its services act as the owner.
fn nobody_migrates(platform: &Platform, database: &DatabaseName) -> bool {
    let used = Resource::Database(database.clone());
    !platform
        .services
        .values()
        .any(|service| service.uses.contains(&used) && !service.migrate.is_empty())
}

fn master(migration: &str, database: &DatabaseName) -> String {
    format!("{migration}-{database}-master")
}

/// The role of a client in a database.
struct Role<'a> {
    client: &'a str,
    database: &'a DatabaseName,
    acts_as_owner: bool,
}

impl Role<'_> {
    fn container(&self, secret: &str, variables: &mut Variables, asker: &Asker) -> Container {
        let mut env: Vec<EnvVar> = Vec::new();
        let mut take = |name: &str, property: &'static str| {
            let key = variables.fetch(self.database, property, asker);
            env.push(from_secret(name, secret, &key));
        };
        take("PGHOST", "host");
        take("PGPORT", "port");
        take("PGDATABASE", "dbname");
        take("OWNER", "username");
        take("OWNER_PASSWORD", "password");
        for (name, property) in [("ROLE", "username"), ("ROLE_PASSWORD", "password")] {
            let key = format!("{}_{}_{property}", self.client, self.database).replace('-', "_");
            let remote = Remote {
                key: client_secret(self.client, self.database),
                property: Some(property),
            };
            variables.remotes.insert(key.clone(), remote);
            env.push(from_secret(name, secret, &key));
        }
        let master = master(secret, self.database);
        env.push(from_secret("PGUSER", &master, "username"));
        env.push(from_secret("PGPASSWORD", &master, "password"));
        env.push(plain("PGSSLMODE", "verify-full"));
        env.push(plain("PGSSLROOTCERT", certificates::FILE));
        env.push(plain(
            "ACTS_AS_OWNER",
            if self.acts_as_owner { "true" } else { "false" },
        ));
        env.sort_by(|a, b| a.name.cmp(&b.name));
        let image = Knowledge.postgres_image();
        Container {
            name: format!("roles-{}-{}", self.client, self.database),
            image: Some(image.reference()),
            command: Some(["/bin/sh", "-c", COMMAND].map(str::to_owned).into()),
            env: Some(env),
            resources: Some(pod::resources(&Resources {
                cpu: MilliCpu(50),
                memory: Bytes(64 << 20),
            })),
            security_context: Some(pod::container_security()),
            volume_mounts: Some(vec![pod::tmp(), pod::read_only("script", SCRIPT_FOLDER)]),
            ..Container::default()
        }
    }
}

fn script_name() -> String {
    certificates::named_after("database-roles", SCRIPT)
}

fn script(workload: Workload<'_>) -> Object {
    Object::new(ConfigMap {
        metadata: workload.metadata_named(&format!("{}-{}", workload.name, script_name())),
        data: Some(BTreeMap::from([(
            "roles.sql".to_owned(),
            SCRIPT.to_owned(),
        )])),
        immutable: Some(true),
        ..ConfigMap::default()
    })
}

fn job(
    scope: Scope<'_>,
    service: &Service,
    roles: Vec<Container>,
    variables: &Variables,
) -> Object {
    let name = name(service);
    let workload = Workload::new(scope.platform, &name);
    let mut spec = pod::spec(&name, pod::NONROOT);
    let mut containers = roles;
    if !containers.is_empty() {
        let volumes = spec.volumes.get_or_insert_default();
        volumes.push(pod::files("script", &format!("{name}-{}", script_name())));
        for container in &mut containers {
            certificates::mount(scope, &mut spec, container);
        }
    }
    if !service.migrate.is_empty() {
        let mut migrate = Container {
            name: "migrate".to_owned(),
            image: Some(image::reference(scope, service)),
            command: Some(service.migrate.clone()),
            env: variables.for_container(None),
            resources: Some(pod::resources(&service.resources)),
            security_context: Some(pod::container_security()),
            volume_mounts: Some(vec![pod::tmp()]),
            ..Container::default()
        };
        if variables.needs_certificates() {
            certificates::mount(scope, &mut spec, &mut migrate);
        }
        containers.push(migrate);
    }
    // One after the other: all but the last are initial.
    let last = containers.pop();
    spec.containers = last.into_iter().collect();
    spec.init_containers = (!containers.is_empty()).then_some(containers);
    spec.restart_policy = Some("Never".to_owned());
    Object::new(Job {
        metadata: workload.metadata(),
        spec: Some(JobSpec {
            backoff_limit: Some(3),
            active_deadline_seconds: Some(1800),
            template: pod::template(workload, variables, spec),
            ..JobSpec::default()
        }),
        ..Job::default()
    })
}

/// What comes before what, for the engine that applies it.
#[derive(Clone, Copy)]
enum Order {
    /// What the job needs.
    Needed,
    /// The job itself.
    Job,
}

fn in_order(platform: &Platform, object: &mut Object, order: Order) {
    let annotations = match (platform.delivery.gitops, order) {
        (GitOps::ArgoCd, Order::Needed) => map(&[("argocd.argoproj.io/sync-wave", "-2")]),
        (GitOps::ArgoCd, Order::Job) => map(&[
            ("argocd.argoproj.io/hook", "Sync"),
            (
                "argocd.argoproj.io/hook-delete-policy",
                "BeforeHookCreation",
            ),
            ("argocd.argoproj.io/sync-wave", "-1"),
        ]),
        // A job cannot be changed: a new version's replaces it. The order is the Kustomizations'.
        (GitOps::Flux, Order::Job) => map(&[("kustomize.toolkit.fluxcd.io/force", "enabled")]),
        (GitOps::Flux, Order::Needed) => return,
    };
    for (key, value) in annotations {
        object.value["metadata"]["annotations"][key] = value.into();
    }
}
