//! A running platform at a glance: what `seaworthy ps` shows. Wire types.

use serde::{Deserialize, Serialize};

use crate::event::{Address, ReplicaPhase};

/// A running platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The platform's name.
    pub platform: String,
    /// The folder of its definition.
    pub folder: String,
    /// The process that runs it.
    pub pid: u32,
    /// Whether everything asked for is up.
    pub ready: bool,
    /// Where to find it, public addresses first.
    pub addresses: Vec<Address>,
    /// Its services, in the order of the definition.
    pub services: Vec<ServiceStatus>,
    /// Its databases.
    pub databases: Vec<DatabaseStatus>,
}

/// A service at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Its stable address; `None`: it has no port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where it is expected when somebody runs it by hand (`--without`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
    /// Its replicas.
    pub replicas: Vec<ReplicaStatus>,
}

/// A replica at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaStatus {
    /// Its number.
    pub replica: u32,
    /// Its phase.
    pub state: ReplicaPhase,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Where its main port listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// It accepts connections from other machines, as it has to in a container.
    #[serde(default)]
    pub beyond_loopback: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// Seconds in this phase.
    pub seconds: u64,
}

/// A database at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStatus {
    /// Its name.
    pub name: String,
    /// The server's version: `18.6`.
    pub version: String,
    /// Where it listens.
    pub address: String,
    /// Whether the server runs.
    pub running: bool,
}

/// How to connect to a database, for `seaworthy psql`. Holds a secret; never printed.
#[derive(Clone, Serialize, Deserialize)]
pub struct DatabaseLogin {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The name inside PostgreSQL.
    pub name: String,
    /// The owner role.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The CA's certificate.
    pub sslrootcert: String,
    /// `psql` of the server's own version, where it came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psql: Option<String>,
}

/// The variables of one service, for `seaworthy env`. Holds secrets.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceVariables {
    /// Where the service runs.
    pub folder: String,
    /// Names and values, in the order of the definition, `PORT` first.
    pub variables: Vec<Variable>,
}

/// One variable.
#[derive(Clone, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value is a secret.
    pub secret: bool,
}
