//! A database.

use super::{DatabaseName, Span};

/// A logical PostgreSQL database with a server of its own in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: DatabaseName,
    /// Its former name.
    pub was: Option<DatabaseName>,
    /// The engine.
    pub engine: DatabaseEngine,
    /// The major version; default: the newest that AWS offers in the dated data.
    pub version: u32,
    /// The managed service that runs it.
    pub service: DatabaseService,
    /// The size class.
    pub size: DatabaseSize,
    /// Readers beside the writer; default 0.
    pub readers: u32,
    /// A standby in another zone; default true where the environment is protected.
    pub high_availability: Option<bool>,
    /// Backups.
    pub backup: Backup,
}

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseEngine {
    /// PostgreSQL.
    Postgres,
}

/// The managed service that runs a database in the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseService {
    /// Amazon RDS.
    Rds,
    /// Amazon Aurora.
    Aurora,
}

/// A size class; the instance types behind it are dated data of the renderer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseSize {
    /// For development and small loads.
    Small,
    /// For ordinary production.
    Medium,
    /// For heavy production.
    Large,
}

/// How a database is backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Any second within this time can be restored; default 7 days.
    pub point_in_time: Span,
    /// Dumps are kept this long; `None`: no dumps beside point in time.
    pub keep: Option<Span>,
    /// How often a restore is rehearsed; `None`: never.
    pub restore_test: Option<Rhythm>,
}

/// How often something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}
