//! Databases that configurations make, and the jobs that dump them.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

/// What a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Postgres,
    MySql,
    MongoDb,
}

/// A database of the cloud.
pub(super) struct Database<'a> {
    /// The resource or call.
    pub(super) address: &'a str,
    /// What it speaks, and where that is said.
    pub(super) engine: Engine,
    /// Where that is said.
    pub(super) span: Span,
    /// Its version.
    pub(super) version: Option<&'a Value>,
    /// The environment of its configuration.
    pub(super) environment: Option<&'static str>,
}

/// A job's container that dumps a database.
pub(super) struct Dump<'a> {
    /// The job.
    pub(super) object: &'a Object,
    /// The container.
    pub(super) container: &'a Value,
    /// What it can dump.
    pub(super) engine: Engine,
    /// Where that is said.
    pub(super) span: Span,
    /// In words: "`pg_dump`".
    pub(super) tool: &'static str,
    /// The environment of its cluster.
    pub(super) environment: Option<&'static str>,
}

/// Every database; nothing if of one of them it is not known what it speaks.
pub(super) fn all(world: &World) -> Option<Vec<Database<'_>>> {
    let mut found = Vec::new();
    for root in &world.facts.terraform.roots {
        in_root(world, root, &mut found)?;
    }
    Some(found)
}

fn in_root<'a>(world: &World, root: &'a Root, found: &mut Vec<Database<'a>>) -> Option<()> {
    let environment = environment::of_root(root, &world.sources);
    for kind in ["aws_db_instance", "aws_rds_cluster"] {
        for database in root
            .resources(kind)
            .filter(|database| !database.from_summary)
        {
            // A replica, or one from a snapshot, need not say its engine: it may be any, so nothing is known of all.
            let engine = database.at("engine")?;
            let Some(speaks) = speaks(engine.str()?) else {
                continue;
            };
            found.push(Database {
                address: &database.address,
                engine: speaks,
                span: engine.span,
                version: database.at("engine_version"),
                environment,
            });
        }
    }
    for database in root.resources("aws_docdb_cluster") {
        found.push(Database {
            address: &database.address,
            engine: Engine::MongoDb,
            span: database.span,
            version: None,
            environment,
        });
    }
    for call in &root.calls {
        let module = call.registry.as_deref().unwrap_or_default();
        if !matches!(
            module,
            "terraform-aws-modules/rds/aws" | "terraform-aws-modules/rds-aurora/aws"
        ) {
            continue;
        }
        let engine = call.arguments.get("engine")?;
        let Some(speaks) = speaks(engine.str()?) else {
            continue;
        };
        found.push(Database {
            address: &call.address,
            engine: speaks,
            span: engine.span,
            version: call.arguments.get("engine_version"),
            environment,
        });
    }
    Some(())
}

fn speaks(engine: &str) -> Option<Engine> {
    if engine.contains("postgres") {
        Some(Engine::Postgres)
    } else if engine.contains("mysql") || engine.contains("mariadb") || engine == "aurora" {
        Some(Engine::MySql)
    } else {
        None
    }
}

const TOOLS: [(&str, Engine); 6] = [
    ("pg_dump", Engine::Postgres),
    ("pg_dumpall", Engine::Postgres),
    ("pg_basebackup", Engine::Postgres),
    ("mysqldump", Engine::MySql),
    ("mariadb-dump", Engine::MySql),
    ("mongodump", Engine::MongoDb),
];

/// Every job that dumps.
pub(super) fn dumps(world: &World) -> Vec<(&Cluster, Dump<'_>)> {
    let mut found = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        let environment = cluster
            .environment
            .as_deref()
            .and_then(environment::of_name)
            .or_else(|| environment::of_name(&cluster.name));
        for object in &cluster.objects {
            if !matches!(&*object.kind, "CronJob" | "Job")
                || matches!(object.origin, Origin::Summary { .. })
            {
                continue;
            }
            let Some(pods) = object.pods() else { continue };
            for container in pods.containers() {
                let words = [container.get("command"), container.get("args")];
                let dump = words
                    .into_iter()
                    .flatten()
                    .flat_map(Value::each)
                    .find_map(|word| {
                        let text = word.text()?.to_string();
                        let (tool, engine) = TOOLS.into_iter().find(|(tool, _)| {
                            text.split(|c: char| {
                                !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                            })
                            .any(|word| word == *tool)
                        })?;
                        Some((tool, engine, word.span))
                    });
                if let Some((tool, engine, span)) = dump {
                    found.push((
                        cluster,
                        Dump {
                            object,
                            container,
                            engine,
                            span,
                            tool,
                            environment,
                        },
                    ));
                }
            }
        }
    }
    found
}

impl Dump<'_> {
    /// Whether a database may be the one that is dumped: not where both say an environment, and not the same.
    pub(super) fn may_be_of(&self, database: &Database<'_>) -> bool {
        match (self.environment, database.environment) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        }
    }
}

/// Whether a database of this kind runs in the cluster itself.
pub(super) fn runs_inside(cluster: &Cluster, engine: Engine) -> bool {
    let words: &[&str] = match engine {
        Engine::Postgres => &["postgres", "cnpg", "timescale", "pgvector"],
        Engine::MySql => &["mysql", "mariadb", "percona"],
        Engine::MongoDb => &["mongo"],
    };
    let says = |text: &str| {
        words
            .iter()
            .any(|word| text.to_ascii_lowercase().contains(word))
    };
    cluster.objects.iter().any(|object| {
        let serves = matches!(
            &*object.kind,
            "StatefulSet" | "Deployment" | "Service" | "Pod"
        );
        let images = || {
            object.pods().is_some_and(|pods| {
                pods.containers()
                    .filter_map(|container| container.get("image")?.text())
                    .any(|image| says(&image.to_string()))
            })
        };
        (serves && (object.name().is_some_and(says) || images()))
            || (&*object.kind == "Cluster" && object.api_version.str().is_some_and(says))
            || says(&object.kind)
    }) || cluster.releases.iter().any(|release| {
        release
            .chart
            .text()
            .is_none_or(|chart| says(&chart.to_string()))
    })
}
