//! A real PostgreSQL for one test.
//!
//! Obtained once per machine into the [cache]; an empty cluster is kept there too, and each test gets a
//! copy of it (a tenth of the time that `initdb` takes). It ends with the value, also when the test fails.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_postgres::{
    DatabaseSpec, Durability, Installation, ObtainStep, Server, ServerOptions, ServiceRole,
    Settings,
};
use tempfile::TempDir;
use tokio_postgres::{Client, Config};

use crate::cache;

/// The major version that tests run on, the newest that Seaworthy knows.
pub const MAJOR: u32 = 18;

/// A throwaway server.
#[derive(Debug)]
pub struct Postgres {
    /// `None` between [`kill`](Self::kill) and [`restart`](Self::restart).
    server: Option<Server>,
    options: ServerOptions,
    port: u16,
    ca_file: PathBuf,
    _folder: TempDir,
}

/// A database of a test and the roles that go with it, named as the local run names them.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// The database's name.
    pub name: String,
    /// Owns it; migrations run as this role.
    pub owner: String,
    /// The owner's password.
    pub owner_password: String,
    /// May read and change what the owner creates.
    pub group: String,
    /// A service's role, a member of the group.
    pub user: String,
    /// The service's password.
    pub password: String,
}

impl Postgres {
    /// Starts a server that forgets everything when the machine crashes, but nothing when a process does.
    ///
    /// # Panics
    /// Where none can be had, with everything that was tried.
    pub async fn start() -> Self {
        Self::start_with(installation(MAJOR).await, Durability::Throwaway).await
    }

    /// Starts a server with the durability of the local run: for measurements.
    pub async fn start_durable() -> Self {
        Self::start_with(installation(MAJOR).await, Durability::Durable).await
    }

    async fn start_with(installation: Installation, durability: Durability) -> Self {
        let folder = world_readable_tempdir();
        let cluster = folder.path().join("cluster");
        put_cluster(&installation, &cluster).await;
        let options = ServerOptions {
            installation,
            folder: cluster,
            port: None,
            durability,
            log: folder.path().join("postgres.log"),
        };
        let server = start(options.clone()).await;
        Self {
            port: server.port(),
            ca_file: server.ca_file().to_owned(),
            // From now on it stays where its clients expect it.
            options: ServerOptions {
                port: Some(server.port()),
                ..options
            },
            server: Some(server),
            _folder: folder,
        }
    }

    /// The port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The authority that signed the server's certificate.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The server, for what this vocabulary lacks.
    ///
    /// # Panics
    /// While it is down.
    pub fn server(&self) -> &Server {
        self.server
            .as_ref()
            .expect("the server is up; `kill` took it down")
    }

    /// Makes a database `name` with the roles `<name>_owner`, `<name>_readwrite` and, for a service, `<name>_service`.
    ///
    /// # Panics
    /// If it fails.
    pub async fn create_database(&self, name: &str) -> TestDatabase {
        let database = TestDatabase {
            name: name.to_owned(),
            owner: format!("{name}_owner"),
            owner_password: format!("{name}-owner-password"),
            group: format!("{name}_readwrite"),
            user: format!("{name}_service"),
            password: format!("{name}-service-password"),
        };
        let server = self.server();
        server
            .ensure_database(&DatabaseSpec {
                name: &database.name,
                owner: &database.owner,
                owner_password: &database.owner_password,
                group: &database.group,
            })
            .await
            .expect("the database can be made");
        server
            .ensure_service_role(&ServiceRole {
                name: &database.user,
                password: &database.password,
                group: &database.group,
            })
            .await
            .expect("the service's role can be made");
        database
    }

    /// How a role connects to a database.
    pub fn config(&self, database: &str, user: &str, password: &str) -> Config {
        self.server().config(database, user, password)
    }

    /// Connects over verified TLS as the database's owner.
    ///
    /// # Panics
    /// If it fails.
    pub async fn connect_as_owner(&self, database: &TestDatabase) -> Client {
        self.connect(&self.config(&database.name, &database.owner, &database.owner_password))
            .await
    }

    /// Connects over verified TLS as the service.
    ///
    /// # Panics
    /// If it fails.
    pub async fn connect_as_service(&self, database: &TestDatabase) -> Client {
        self.connect(&self.config(&database.name, &database.user, &database.password))
            .await
    }

    /// Connects over verified TLS as the superuser, to the database `postgres`.
    ///
    /// # Panics
    /// If it fails.
    pub async fn connect_as_superuser(&self) -> Client {
        self.connect(&self.server().superuser_config()).await
    }

    async fn connect(&self, config: &Config) -> Client {
        self.server()
            .connect(config)
            .await
            .expect("the server accepts the connection")
    }

    /// Kills the server as a crash would; nothing listens until [`restart`](Self::restart).
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Starts it again on the same port and data, stopping it in order first if it is up.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Duration::from_secs(10)).await;
        }
        self.server = Some(start(self.options.clone()).await);
    }
}

/// The programs of PostgreSQL `major`, found or obtained.
///
/// # Panics
/// Where none can be had, with everything that was tried.
pub async fn installation(major: u32) -> Installation {
    let settings = Settings {
        folder: std::env::var_os("SEAWORTHY_POSTGRES").map(PathBuf::from),
        cache: cache(),
    };
    match Installation::obtain(major, &settings, &|_: ObtainStep| {}).await {
        Ok(installation) => installation,
        Err(error) => panic!("tests need PostgreSQL {major}: {}", chain(&error)),
    }
}

/// Puts an empty cluster into `folder`, which must not exist: a copy, where `Server::start` would run `initdb`.
///
/// # Panics
/// If it fails.
pub async fn put_cluster(installation: &Installation, folder: &Path) {
    let (template, target) = (template(installation).await, folder.to_owned());
    tokio::task::spawn_blocking(move || copy(&template, &target))
        .await
        .expect("copying does not panic")
        .expect("the template can be copied");
}

/// A folder that the server's user can enter; temporary folders are private otherwise.
pub fn world_readable_tempdir() -> TempDir {
    tempfile::Builder::new()
        .prefix("seaworthy-")
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a temporary folder can be made")
}

async fn start(options: ServerOptions) -> Server {
    match Server::start(options).await {
        Ok(server) => server,
        Err(error) => panic!("PostgreSQL does not start: {}", chain(&error)),
    }
}

/// An empty cluster of this version, made once per machine and user.
async fn template(installation: &Installation) -> PathBuf {
    // What the clusters of other versions of this code look like is in the number.
    const FORMAT: u32 = 1;
    let user = rustix::process::geteuid().as_raw();
    let parent = cache().join("postgres-templates");
    let template = parent.join(format!("{}-{user}-{FORMAT}", installation.version()));
    fs::create_dir_all(&parent).expect("the cache can be written");
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o755))
        .expect("the cache can be opened to the server's user");
    let lock = tokio::task::spawn_blocking(move || {
        let file = File::create(parent.join(".lock"))?;
        file.lock()?;
        io::Result::Ok(file)
    });
    let _lock = lock
        .await
        .expect("locking does not panic")
        .expect("the cache can be locked");
    if template.is_dir() {
        return template;
    }

    let unfinished = template.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).expect("what a killed test left can be removed");
    }
    let folder = world_readable_tempdir();
    let server = start(ServerOptions {
        installation: installation.clone(),
        folder: unfinished.clone(),
        port: None,
        durability: Durability::Throwaway,
        log: folder.path().join("postgres.log"),
    })
    .await;
    server.stop(Duration::from_secs(30)).await;
    // Each copy gets an authority of its own, as each platform does.
    fs::remove_dir_all(unfinished.join("tls")).expect("the template's certificates can be removed");
    fs::rename(&unfinished, &template).expect("the template can be put in its place");
    template
}

/// Copies a folder with modes and, for root, owners.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    if metadata.is_dir() {
        fs::create_dir(to)?;
        fs::set_permissions(to, metadata.permissions())?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to)?;
    }
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
