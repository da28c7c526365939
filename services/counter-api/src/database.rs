//! The counter's row in PostgreSQL, behind a bounded pool, with a limit on the time of everything.
//!
//! What matters most here is what is known after a failure. [`AddError`] keeps apart "certainly not counted" from
//! "nobody knows", and a connection on which something is unknown is closed, never given back to the pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::PROGRAM;
use crate::config::{Config, DatabaseConfig};
use crate::metrics::{Metrics, Operation};
use crate::tls::Tls;

/// Adds `$1` if it still fits into 64 bits, and gives the new number.
const ADD: &str = "UPDATE counters SET counter = counter + $1 \
                   WHERE id = 0 AND counter <= 9223372036854775807 - $1 RETURNING counter";

const GET: &str = "SELECT counter FROM counters WHERE id = 0";

/// The database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: Pool,
    timeout: Duration,
    metrics: Metrics,
}

/// What came of an addition that PostgreSQL answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// Committed; this is the counter now.
    To(i64),
    /// Nothing was added: so many would still fit.
    Room(i64),
}

/// Why an addition gave no number.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddError {
    /// Nothing was counted.
    #[error("not counted")]
    NotCounted(#[source] DatabaseError),
    /// The statement was sent and its outcome did not arrive: it may have been counted or not.
    #[error("the outcome is unknown")]
    Unknown(#[source] DatabaseError),
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("no connection to the database")]
    Connect(#[source] Arc<tokio_postgres::Error>),
    #[error("no connection to the database within {} ms", .0.as_millis())]
    ConnectTime(Duration),
    #[error("no connection of the pool: {0}")]
    Pool(String),
    #[error("the database did not answer within {} ms", .0.as_millis())]
    AnswerTime(Duration),
    #[error("the database refused")]
    Refused(#[source] tokio_postgres::Error),
    #[error("the connection to the database broke")]
    Broken(#[source] tokio_postgres::Error),
    #[error("the table `counters` is missing: run `counter-api migrate`")]
    NoTable,
    #[error("the row of the counter is missing: run `counter-api migrate`")]
    NoRow,
}

impl DatabaseError {
    /// Whether the database as such is away, so that trying again at once is pointless.
    pub(crate) fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Connect(_) | Self::ConnectTime(_) | Self::Broken(_)
        )
    }

    fn of(error: tokio_postgres::Error) -> Self {
        // Only an `ERROR` says that the statement was undone and that the connection goes on; `FATAL` and `PANIC` end
        // the connection at an unknown point.
        match error.as_db_error() {
            Some(db) if *db.code() == SqlState::UNDEFINED_TABLE => Self::NoTable,
            Some(db) if db.parsed_severity() == Some(Severity::Error) => Self::Refused(error),
            _ => Self::Broken(error),
        }
    }
}

impl Database {
    pub(crate) fn new(
        config: &Config,
        metrics: Metrics,
    ) -> Result<Self, deadpool_postgres::BuildError> {
        let manager = Manager::from_connect(
            target(&config.database),
            Connector::new(&config.database),
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager).max_size(config.pool).build()?;
        Ok(Self {
            pool,
            timeout: config.database.timeout,
            metrics,
        })
    }

    pub(crate) fn pool(&self) -> Pool {
        self.pool.clone()
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Adds `count` and waits for the commit.
    pub(crate) async fn add(&self, count: i64) -> Result<Added, AddError> {
        let mut connection = self.connection().await.map_err(AddError::NotCounted)?;
        let began = Instant::now();
        let result = self.add_on(&mut connection, count).await;
        self.metrics
            .operation(Operation::UpdateCounter, began.elapsed(), result.is_ok());
        match result {
            Ok(Some(counter)) => Ok(Added::To(counter)),
            Ok(None) => {
                drop(connection);
                match self.get(Operation::GetCounter).await {
                    Ok(counter) => Ok(Added::Room(i64::MAX.saturating_sub(counter))),
                    Err(error) => Err(AddError::NotCounted(error)),
                }
            }
            Err(error) => {
                if !matches!(
                    error,
                    AddError::NotCounted(DatabaseError::Refused(_) | DatabaseError::NoTable)
                ) {
                    discard(connection);
                }
                Err(error)
            }
        }
    }

    async fn add_on(&self, connection: &mut Object, count: i64) -> Result<Option<i64>, AddError> {
        let prepared = self
            .limited(connection.prepare_cached(ADD))
            .await
            .map_err(AddError::NotCounted)?;
        // `query_opt` reads on to ReadyForQuery, which PostgreSQL sends after the commit; the row itself may come
        // before it.
        match self
            .limited(connection.query_opt(&prepared, &[&count]))
            .await
        {
            Ok(row) => row
                .map(|row| row.try_get(0))
                .transpose()
                .map_err(|error| AddError::Unknown(DatabaseError::Broken(error))),
            Err(error @ (DatabaseError::Refused(_) | DatabaseError::NoTable)) => {
                Err(AddError::NotCounted(error))
            }
            Err(error) => Err(AddError::Unknown(error)),
        }
    }

    /// The counter as it is.
    pub(crate) async fn get(&self, operation: Operation) -> Result<i64, DatabaseError> {
        let began = Instant::now();
        let result = self.get_on().await;
        self.metrics
            .operation(operation, began.elapsed(), result.is_ok());
        result
    }

    async fn get_on(&self) -> Result<i64, DatabaseError> {
        let connection = self.connection().await?;
        let result = async {
            let prepared = self.limited(connection.prepare_cached(GET)).await?;
            self.limited(connection.query_opt(&prepared, &[])).await
        }
        .await;
        match result {
            Ok(None) => Err(DatabaseError::NoRow),
            Ok(Some(row)) => row.try_get(0).map_err(DatabaseError::Refused),
            Err(error) => {
                if !matches!(error, DatabaseError::Refused(_) | DatabaseError::NoTable) {
                    discard(connection);
                }
                Err(error)
            }
        }
    }

    async fn connection(&self) -> Result<Object, DatabaseError> {
        match tokio::time::timeout(self.timeout, self.pool.get()).await {
            Err(_) => Err(DatabaseError::ConnectTime(self.timeout)),
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(deadpool_postgres::PoolError::Backend(error))) => {
                Err(DatabaseError::Connect(Arc::new(error)))
            }
            Ok(Err(other)) => Err(DatabaseError::Pool(other.to_string())),
        }
    }

    async fn limited<T>(
        &self,
        operation: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DatabaseError> {
        match tokio::time::timeout(self.timeout, operation).await {
            Err(_) => Err(DatabaseError::AnswerTime(self.timeout)),
            Ok(result) => result.map_err(DatabaseError::of),
        }
    }
}

/// Closes a connection instead of giving it back.
fn discard(connection: Object) {
    drop(Object::take(connection));
}

/// Where to connect to.
pub(crate) fn target(config: &DatabaseConfig) -> tokio_postgres::Config {
    let mut target = tokio_postgres::Config::new();
    target
        .host(&config.host)
        .port(config.port)
        .dbname(&config.name)
        .user(&config.user)
        .password(config.password.reveal())
        .application_name(PROGRAM.name)
        .ssl_mode(match config.tls {
            Tls::On(_) => SslMode::Require,
            Tls::Off => SslMode::Disable,
        })
        .connect_timeout(config.timeout)
        .keepalives_idle(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(10));
    target
}

/// Makes connections: with TLS or not, and with the limit that the server keeps on its side.
pub(crate) struct Connector {
    tls: Tls,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(config: &DatabaseConfig) -> Self {
        Self {
            tls: config.tls.clone(),
            timeout: config.timeout,
        }
    }

    pub(crate) async fn open(
        &self,
        target: &tokio_postgres::Config,
    ) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        let (client, task) = match &self.tls {
            Tls::On(tls) => {
                let tls = MakeRustlsConnect::new(tls.as_ref().clone());
                let (client, connection) = target.connect(tls).await?;
                (client, tokio::spawn(drive(connection)))
            }
            Tls::Off => {
                let (client, connection) = target.connect(NoTls).await?;
                (client, tokio::spawn(drive(connection)))
            }
        };
        // A statement whose client has given up must not go on for ever.
        client
            .batch_execute(&format!(
                "SET statement_timeout = {}",
                self.timeout.as_millis()
            ))
            .await?;
        Ok((client, task))
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        target: &tokio_postgres::Config,
    ) -> std::pin::Pin<
        Box<
            dyn Future<Output = Result<(Client, JoinHandle<()>), tokio_postgres::Error>>
                + Send
                + '_,
        >,
    > {
        let target = target.clone();
        Box::pin(async move { self.open(&target).await })
    }
}

/// Moves the connection's bytes; how it ended is told to whoever waits on it.
async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if let Err(error) = connection.await {
        tracing::debug!(
            error = service_kit::log::chain(&error),
            "a connection to the database ended"
        );
    }
}
