//! Databases: a PostgreSQL server for each major version, with the databases, roles and passwords that services need.
//!
//! * this file: bringing servers and databases to what the definition says
//! * [`server`] keeps one PostgreSQL running
//! * [`commands`] runs migrations and seeds

mod commands;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_definition::model::{DatabaseName, Platform, ServiceName};
use seaworthy_postgres::{DatabaseSpec, Installation, ObtainStep, Server, ServiceRole};

pub(crate) use commands::Commands;
use server::DatabaseServer;

use crate::event::{Address, AddressKind, Events, Step};
use crate::failure::Failure;
use crate::home::{Home, MOVED, Settings};
use crate::ports::PortBook;
use crate::secrets::Secrets;
use crate::status::DatabaseStatus;
use crate::supervisor::databases_of;
use crate::variables::{DatabaseAccess, HOST, group_role, owner_role};

/// How long PostgreSQL may take to stop in order before it is told to stop at once. Either way nothing is lost.
const STOP: Duration = Duration::from_secs(20);

/// The servers of a platform.
#[derive(Default)]
pub(crate) struct Databases {
    servers: BTreeMap<u32, DatabaseServer>,
    /// Which server each database is on.
    majors: BTreeMap<DatabaseName, u32>,
}

/// What [`ensure`] needs.
pub(crate) struct Wanted<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) home: &'a Home,
    pub(crate) settings: &'a Settings,
    pub(crate) events: &'a Events,
    pub(crate) upgrade: bool,
    pub(crate) databases: &'a mut Databases,
    pub(crate) secrets: &'a mut Secrets,
    pub(crate) ports: &'a mut PortBook,
}

/// A database as `ps` sees it.
pub(crate) struct Glance {
    name: String,
    version: String,
    address: String,
    running: server::Running,
}

impl Glance {
    pub(crate) fn status(&self) -> DatabaseStatus {
        DatabaseStatus {
            name: self.name.clone(),
            version: self.version.clone(),
            address: self.address.clone(),
            running: self.running.now(),
        }
    }
}

/// The name under which a service's database password is kept.
pub(crate) fn service_secret(service: &ServiceName) -> String {
    format!("role/{service}")
}

impl Databases {
    pub(crate) fn addresses(&self) -> Vec<Address> {
        self.majors
            .iter()
            .filter_map(|(name, major)| {
                let port = self.servers.get(major)?.port();
                let url = format!("postgres://{HOST}:{port}/{}", name.sql());
                Some(Address {
                    name: name.to_string(),
                    kind: AddressKind::Database,
                    url,
                })
            })
            .collect()
    }

    /// What `ps` needs to look at the databases while something is being done to them.
    pub(crate) fn glances(&self) -> Vec<Glance> {
        self.majors
            .iter()
            .filter_map(|(name, major)| {
                let server = self.servers.get(major)?;
                Some(Glance {
                    name: name.to_string(),
                    version: server.version(),
                    address: format!("{HOST}:{}", server.port()),
                    running: server.is_running(),
                })
            })
            .collect()
    }

    /// The `psql` for a database: the one beside its server, else one that is got the way the server was. `None` where
    /// that does not work; then one on PATH has to do.
    pub(crate) async fn psql(&self, database: &str, events: &Events) -> Option<PathBuf> {
        let installation = self.servers.get(self.majors.get(database)?)?.installation();
        if let Some(psql) = installation.tool("psql") {
            return Some(psql);
        }
        let report = |obtaining: ObtainStep| {
            if let ObtainStep::Fetching { command, .. } = obtaining {
                events.note(format!(
                    "psql is not beside this PostgreSQL: getting it with `{command}`"
                ));
            }
        };
        installation.obtain_tool("psql", &report).await.ok()
    }

    pub(crate) async fn stop(&mut self) {
        let servers = std::mem::take(&mut self.servers);
        futures_util::future::join_all(servers.into_values().map(|server| server.stop(STOP))).await;
    }
}

/// Stops servers that a killed run left on this platform's data, in order.
pub(crate) async fn clear_leftovers(home: &Home) -> Vec<String> {
    let mut cleared = Vec::new();
    for major in home.postgres_majors() {
        if let Ok(true) = seaworthy_postgres::stop_leftover(&home.postgres(major), STOP).await {
            cleared.push(format!("PostgreSQL {major}"));
        }
    }
    cleared
}

/// Brings servers, databases and roles to what the platform declares, and tells how to reach each database.
pub(crate) async fn ensure(
    mut wanted: Wanted<'_>,
) -> Result<BTreeMap<DatabaseName, DatabaseAccess>, Failure> {
    let platform = wanted.platform;
    refuse_superusers_name(platform)?;
    let majors: BTreeSet<u32> = platform
        .databases
        .values()
        .map(|database| database.version)
        .collect();
    for major in majors {
        if !wanted.databases.servers.contains_key(&major) {
            let names: Vec<&str> = platform
                .databases
                .values()
                .filter(|database| database.version == major)
                .map(|database| database.name.as_str())
                .collect();
            let step = wanted.events.step(
                format!("postgres/{major}"),
                format!("starting PostgreSQL {major} for {}", names.join(", ")),
            );
            match start(&mut wanted, major, &step).await {
                Ok(server) => {
                    step.done(format!(
                        "started PostgreSQL {} for {}",
                        server.version(),
                        names.join(", ")
                    ));
                    wanted.databases.servers.insert(major, server);
                }
                Err(failure) => return Err(step.failed(failure.on_disk(wanted.home.folder()))),
            }
        }
    }
    wanted.databases.majors = platform
        .databases
        .values()
        .map(|database| (database.name.clone(), database.version))
        .collect();
    let mut access = BTreeMap::new();
    for database in platform.databases.values() {
        let Some(server) = wanted.databases.servers.get(&database.version) else {
            continue;
        };
        let server = server
            .running()
            .await
            .map_err(|failure| failure.on_disk(wanted.home.folder()))?;
        let made = set_up(
            &server,
            platform,
            &database.name,
            wanted.secrets,
            wanted.home,
        )
        .await?;
        access.insert(database.name.clone(), made);
    }
    Ok(access)
}

/// A service's role is called like the service, and this name is the superuser's.
fn refuse_superusers_name(platform: &Platform) -> Result<(), Failure> {
    let taken = platform
        .services
        .get("postgres")
        .is_some_and(|service| !databases_of(service).is_empty());
    if !taken {
        return Ok(());
    }
    Err(Failure::new(
        "postgres",
        "a service that uses a database cannot be called `postgres`",
    )
    .because("its role would be called so too, and that is PostgreSQL's superuser")
    .hint("give the service another name"))
}

async fn start(
    wanted: &mut Wanted<'_>,
    major: u32,
    step: &Step,
) -> Result<DatabaseServer, Failure> {
    let installation = install(wanted.settings, major, step, wanted.events).await?;
    let folder = wanted.home.postgres(major);
    // A listener that stays: people keep a database's address in their tools.
    let port = wanted
        .ports
        .keep(&format!("postgres/{major}"), None)
        .map_err(|error| {
            Failure::new("", "no port could be kept for PostgreSQL").caused_by(&error)
        })?;
    if !wanted.home.postgres_majors().contains(&major) {
        take_over_other_major(wanted, major, &installation, step).await?;
    }
    std::fs::create_dir_all(&folder).map_err(|error| Failure::of_folder(&folder, &error))?;
    DatabaseServer::start(server::Plan {
        installation,
        folder: folder.clone(),
        port,
        log: wanted.home.logs().join(format!("postgres-{major}.log")),
        events: wanted.events.clone(),
    })
    .await
}

async fn install(
    settings: &Settings,
    major: u32,
    step: &Step,
    events: &Events,
) -> Result<Installation, Failure> {
    let settings = seaworthy_postgres::Settings {
        folder: settings.postgres.clone(),
        cache: settings.cache.clone(),
    };
    let report = |obtaining: ObtainStep| match obtaining {
        ObtainStep::Waiting => {
            step.progress("another process is getting PostgreSQL; waiting for it");
        }
        ObtainStep::Fetching { command, version } => {
            step.progress(format!("getting PostgreSQL {version}"));
            events.note(format!(
                "PostgreSQL {major} is not installed here: getting {version} with `{command}`"
            ));
        }
        ObtainStep::Failed { command, reason } => {
            step.progress(format!("`{command}` did not work: {reason}"));
        }
    };
    Installation::obtain(major, &settings, &report).await.map_err(|error| {
        Failure::new("", format!("PostgreSQL {major} could not be found or obtained"))
            .caused_by(&error)
            .hint(format!("install PostgreSQL {major}, or name the folder of its programs in `SEAWORTHY_POSTGRES`"))
    })
}

/// Data of another major version is never opened, and never left behind without a word.
async fn take_over_other_major(
    wanted: &mut Wanted<'_>,
    major: u32,
    installation: &Installation,
    step: &Step,
) -> Result<(), Failure> {
    let still_used: BTreeSet<u32> = wanted
        .platform
        .databases
        .values()
        .map(|database| database.version)
        .collect();
    let Some(other) = wanted
        .home
        .postgres_majors()
        .into_iter()
        .rfind(|other| !still_used.contains(other))
    else {
        return Ok(());
    };
    let folder = wanted.home.postgres(other);
    let failure = Failure::new(
        "",
        format!("the definition says PostgreSQL {major}, and this platform's data was made by PostgreSQL {other}"),
    )
    .because(format!("the data is in {}", folder.display()));
    if other > major {
        return Err(failure
            .because("an older version cannot read a newer one's data")
            .hint(format!(
                "write `version: {other}`, or begin anew with `seaworthy down --wipe`"
            )));
    }
    if !wanted.upgrade {
        return Err(failure
            .hint(format!("move the data to PostgreSQL {major}: `seaworthy up --upgrade` (the old data stays where it is)"))
            .hint(format!("or write `version: {other}`")));
    }
    step.progress(format!("moving the data of PostgreSQL {other} to {major}"));
    // It may still run for the definition as it was before.
    if let Some(server) = wanted.databases.servers.remove(&other) {
        server.stop(STOP).await;
    }
    let old = install(wanted.settings, other, step, wanted.events).await?;
    seaworthy_postgres::upgrade(&old, &folder, installation, &wanted.home.postgres(major))
        .await
        .map_err(|error| {
            Failure::new(
                "",
                format!("the data of PostgreSQL {other} could not be moved to {major}"),
            )
            .caused_by(&error)
        })?;
    std::fs::write(folder.join(MOVED), major.to_string())
        .map_err(|error| Failure::of_folder(&folder, &error))?;
    wanted.events.note(format!(
        "moved the data of PostgreSQL {other} to {major}; the old data is still in {}",
        folder.display()
    ));
    Ok(())
}

/// Makes one database with its roles, and one role for each service that uses it.
async fn set_up(
    server: &Server,
    platform: &Platform,
    name: &DatabaseName,
    secrets: &mut Secrets,
    home: &Home,
) -> Result<DatabaseAccess, Failure> {
    let sql_name = name.sql();
    let (owner, group) = (owner_role(&sql_name), group_role(&sql_name));
    let owner_password = secrets
        .password(&format!("owner/{name}"))
        .map_err(|error| Failure::of_folder(home.folder(), &error))?;
    let not_set_up = |error: &dyn std::error::Error| {
        Failure::new(
            name.as_str(),
            format!("the database `{name}` could not be set up"),
        )
        .caused_by(error)
    };
    server
        .ensure_database(&DatabaseSpec {
            name: &sql_name,
            owner: &owner,
            owner_password: &owner_password,
            group: &group,
        })
        .await
        .map_err(|error| not_set_up(&error))?;
    let users: Vec<_> = platform
        .services
        .values()
        .filter(|service| databases_of(service).contains(name))
        .collect();
    // Where nobody migrates, the services make their own tables, so they need the owner's rights.
    let migrated = users.iter().any(|service| !service.migrate.is_empty());
    for service in users {
        let password = secrets
            .password(&service_secret(&service.name))
            .map_err(|error| Failure::of_folder(home.folder(), &error))?;
        let role = ServiceRole {
            name: service.name.as_str(),
            password: &password,
            group: &group,
        };
        server
            .ensure_service_role(&role)
            .await
            .map_err(|error| not_set_up(&error))?;
        act_as_owner(server, role.name, &sql_name, &owner, !migrated)
            .await
            .map_err(|error| not_set_up(error.as_ref()))?;
    }
    Ok(DatabaseAccess {
        port: server.port(),
        name: sql_name,
        ca: server.ca_file().display().to_string(),
        owner_password,
    })
}

/// Lets a service act as the database's owner, or no longer: what it creates then belongs to all who use the database.
async fn act_as_owner(
    server: &Server,
    role: &str,
    database: &str,
    owner: &str,
    act: bool,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut config = server.superuser_config();
    config.dbname(database);
    let admin = server.connect(&config).await?;
    let statement = if act {
        format!(
            r#"GRANT "{owner}" TO "{role}"; ALTER ROLE "{role}" IN DATABASE "{database}" SET role = '{owner}'"#
        )
    } else {
        format!(
            r#"ALTER ROLE "{role}" IN DATABASE "{database}" RESET role; REVOKE "{owner}" FROM "{role}""#
        )
    };
    // The names are DNS labels and SQL names of our own making: they hold nothing to escape.
    admin.batch_execute(&statement).await?;
    Ok(())
}
