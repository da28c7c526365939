//! Dumps of databases to their buckets, and the proof that they can be restored.
//!
//! A dump is what any PostgreSQL can read when nothing else of the platform is left. It is made by the owner of the
//! database, every night (or once the environment is awake), and stored by the command line of AWS. The restore test fetches the newest
//! one into a server of its own inside the pod: it needs no rights in production and disturbs nobody.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, Container, EphemeralVolumeSource, PersistentVolumeClaimSpec,
    PersistentVolumeClaimTemplate, PodSpec, Volume, VolumeMount, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use seaworthy_definition::model::{
    Bytes, Database, DatabaseName, MilliCpu, Resource, Resources, Rhythm, Span,
};
use seaworthy_knowledge::{Knowledge, OutsideImage};

use super::cron_job::{self, Schedule};
use super::folder::{Folder, Taken};
use super::kustomization::Replacement;
use super::metadata::{Workload, platform_metadata};
use super::object::Object;
use super::variables::{Asker, Variables, from_secret, plain};
use super::{
    certificates, external_secret, network_policy, outputs, pod, security_group_policy,
    service_account,
};
use crate::opentofu::{clients, kept};
use crate::{Input, Rendered, Scope, awake};

/// Who writes dumps, and who reads them back; their identities in AWS are named so, too.
const DUMPS: &str = "dumps";
const RESTORE: &str = "dumps-restore";

/// The user `postgres` of its image: `initdb` refuses one that has no name.
const POSTGRES: i64 = 999;

const SCRIPTS: [(&str, &str); 4] = [
    ("dump.sh", include_str!("dump.sh")),
    ("fetch.sh", include_str!("fetch.sh")),
    ("restore.sh", include_str!("restore.sh")),
    ("store.sh", include_str!("store.sh")),
];

/// A dump may be two days old and an hour: one that failed, and the night's length.
const MAX_AGE: u64 = 49 * 3600;

/// Renders the folders of databases whose dumps are kept.
pub(super) fn render(input: &Input<'_>, rendered: &mut Rendered) {
    let any = |scope: Scope<'_>| kept(&scope).next().is_some();
    if !input.scopes().any(any) {
        return;
    }
    let shared = Folder {
        path: format!("gitops/databases/{DUMPS}"),
        about: "databases".to_owned(),
        input,
    };
    shared.render(
        &mut rendered.tree,
        |scope| {
            if any(scope) {
                identities(scope)
            } else {
                Vec::new()
            }
        },
        |_| Taken::default(),
    );
    for name in input.base.databases.keys() {
        let folder = Folder {
            path: format!("gitops/databases/{name}"),
            about: format!("databases.{name}.backup"),
            input,
        };
        folder.render(
            &mut rendered.tree,
            |scope| of_database(scope, name),
            |scope| taken(scope, name),
        );
    }
}

/// Who dumps and who restores, and the scripts of both.
fn identities(scope: Scope<'_>) -> Vec<Object> {
    let account = |name| {
        let mut object = service_account::object(Workload::new(scope.platform, name));
        object.file = format!("{}-{name}", object.file);
        object
    };
    let data = SCRIPTS.map(|(name, text)| (name.to_owned(), text.to_owned()));
    vec![
        account(DUMPS),
        account(RESTORE),
        Object::new(ConfigMap {
            metadata: platform_metadata(&scope.platform.name, &scripts()),
            data: Some(BTreeMap::from(data)),
            immutable: Some(true),
            ..ConfigMap::default()
        }),
    ]
}

fn scripts() -> String {
    let all: String = SCRIPTS.iter().map(|(_, text)| *text).collect();
    certificates::named_after("dump-scripts", &all)
}

fn of_database(scope: Scope<'_>, name: &DatabaseName) -> Vec<Object> {
    let Some((database, _)) = kept(&scope).find(|(database, _)| database.name == *name) else {
        return Vec::new();
    };
    let mut objects = dump(scope, database);
    if let Some(rhythm) = database.backup.restore_test {
        objects.extend(restore_test(scope, database, rhythm));
    }
    objects
}

fn taken(scope: Scope<'_>, name: &DatabaseName) -> Taken {
    let replacements: Vec<Replacement> = kept(&scope)
        .filter(|(database, _)| database.name == *name)
        .flat_map(|(database, _)| {
            let name = dump_name(database);
            let accesses = accesses(scope, database);
            let mut all = security_group_policy::replacements(scope, &name, &accesses);
            all.push(outputs::version_replacement(&[("ExternalSecret", &name)]));
            all
        })
        .collect();
    let outputs = (!replacements.is_empty()).then(|| outputs::folder(&scope.environment.name));
    Taken {
        components: outputs.into_iter().collect(),
        replacements,
        ..Taken::default()
    }
}

/// The owner's pods reach the database with the group of its first client: groups say who gets to the port, not who
/// may do what there.
fn accesses<'a>(
    scope: Scope<'a>,
    database: &'a Database,
) -> Vec<security_group_policy::Access<'a>> {
    let clients = clients(scope.platform, database).into_iter();
    clients
        .take(1)
        .map(|client| (&database.name, client))
        .collect()
}

fn dump_name(database: &Database) -> String {
    format!("{}-dump", database.name)
}

fn dump(scope: Scope<'_>, database: &Database) -> Vec<Object> {
    let name = dump_name(database);
    let workload = Workload::new(scope.platform, &name);
    let asker = Asker::owner(&name);
    let mut variables = Variables::of(scope, &indexmap::IndexMap::new(), &asker);
    let mut env: Vec<_> = [
        ("PGDATABASE", "dbname"),
        ("PGHOST", "host"),
        ("PGPASSWORD", "password"),
        ("PGPORT", "port"),
        ("PGUSER", "username"),
    ]
    .into_iter()
    .map(|(variable, property)| {
        let key = variables.fetch(&database.name, property, &asker);
        from_secret(variable, &name, &key)
    })
    .collect();
    env.push(plain("PGSSLMODE", "verify-full"));
    env.push(plain("PGSSLROOTCERT", certificates::FILE));

    let mut spec = spec(DUMPS);
    let mut dump = script("dump", Knowledge.postgres_image(), "dump.sh", 128);
    dump.env = Some(env);
    certificates::mount(scope, &mut spec, &mut dump);
    spec.init_containers = Some(vec![dump]);
    spec.containers = vec![with_bucket(scope, database, "store", "store.sh")];

    // An environment that sleeps has no database at night.
    let (cron, time_zone) = match &scope.environment.awake {
        Some(awake) => (awake::after_wake(awake, 30), awake.time_zone.clone()),
        None => ("30 2 * * *".to_owned(), "Etc/UTC".to_owned()),
    };
    let schedule = Schedule {
        cron,
        time_zone,
        timeout: Span::seconds(4 * 3600),
    };
    let uses = [Resource::Database(database.name.clone()), bucket(database)];
    let mut objects = vec![
        cron_job::object(workload, schedule, spec),
        network_policy::job(workload, scope.platform, uses.iter()),
    ];
    objects.extend(external_secret::object(workload, &variables));
    objects.extend(security_group_policy::object(
        scope,
        workload,
        &accesses(scope, database),
    ));
    named(objects, "dump")
}

fn restore_test(scope: Scope<'_>, database: &Database, rhythm: Rhythm) -> Vec<Object> {
    let name = format!("{}-restore-test", database.name);
    let workload = Workload::new(scope.platform, &name);
    let mut spec = spec(RESTORE);
    spec.init_containers = Some(vec![with_bucket(scope, database, "fetch", "fetch.sh")]);
    let mut restore = script("restore", Knowledge.postgres_image(), "restore.sh", 512);
    restore.env = Some(vec![plain("PGDATABASE", &scope.database_name(database))]);
    spec.containers = vec![restore];
    let day = match rhythm {
        Rhythm::Daily => "* * *",
        Rhythm::Weekly => "* * 1",
        Rhythm::Monthly => "1 * *",
    };
    let schedule = Schedule {
        cron: format!("30 8 {day}"),
        time_zone: "Etc/UTC".to_owned(),
        timeout: Span::seconds(4 * 3600),
    };
    let uses = [bucket(database)];
    let objects = vec![
        cron_job::object(workload, schedule, spec),
        network_policy::job(workload, scope.platform, uses.iter()),
    ];
    named(objects, "restore-test")
}

/// The bucket of dumps as something that is used: any bucket opens the way to AWS.
fn bucket(database: &Database) -> Resource {
    Resource::Bucket(seaworthy_definition::model::BucketName::new(format!(
        "{}-dumps",
        database.name
    )))
}

fn named(mut objects: Vec<Object>, name: &str) -> Vec<Object> {
    for object in &mut objects {
        object.file = format!("{}-{name}", object.file);
    }
    objects
}

/// A pod with a volume for the dump. It is claimed for the pod and goes with it: a node's own disk may be too small.
fn spec(service_account: &str) -> PodSpec {
    let mut spec = pod::spec(service_account, POSTGRES);
    let claim = PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([(
                "storage".to_owned(),
                Quantity("50Gi".to_owned()),
            )])),
            ..VolumeResourceRequirements::default()
        }),
        ..PersistentVolumeClaimSpec::default()
    };
    let volumes = spec.volumes.get_or_insert_default();
    volumes.push(Volume {
        name: "dump".to_owned(),
        ephemeral: Some(EphemeralVolumeSource {
            volume_claim_template: Some(PersistentVolumeClaimTemplate {
                spec: claim,
                ..PersistentVolumeClaimTemplate::default()
            }),
        }),
        ..Volume::default()
    });
    volumes.push(pod::files("scripts", &scripts()));
    spec
}

fn with_bucket(scope: Scope<'_>, database: &Database, name: &str, file: &str) -> Container {
    let mut container = script(name, Knowledge.aws_image(), file, 256);
    container.env = Some(vec![
        plain("AWS_REGION", scope.region),
        plain("BUCKET", &scope.dump_bucket_name(database)),
        // The image's user has no home that may be written to.
        plain("HOME", "/tmp"),
        plain("MAX_AGE_SECONDS", &MAX_AGE.to_string()),
        plain("PGDATABASE", &scope.database_name(database)),
    ]);
    container
}

fn script(name: &str, image: &OutsideImage, file: &str, memory: u64) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.reference()),
        command: Some(vec!["/bin/sh".to_owned(), format!("/scripts/{file}")]),
        resources: Some(pod::resources(&Resources {
            cpu: MilliCpu(100),
            memory: Bytes(memory << 20),
        })),
        security_context: Some(pod::container_security()),
        volume_mounts: Some(vec![
            pod::tmp(),
            VolumeMount {
                name: "dump".to_owned(),
                mount_path: "/dump".to_owned(),
                ..VolumeMount::default()
            },
            pod::read_only("scripts", "/scripts"),
        ]),
        ..Container::default()
    }
}
