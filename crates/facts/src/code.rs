//! What programs read, open and serve, as far as their text says.

use std::sync::Arc;

use seaworthy_diagnostics::{FileId, Span};

use crate::{Language, Text, Value};

/// Every program.
#[derive(Debug, Default)]
pub struct Code {
    /// Programs, one for each folder that is built on its own.
    pub programs: Vec<Program>,
}

/// The program text of one folder that has a Dockerfile, `go.mod`, `package.json`, `Cargo.toml`, `pom.xml` or its like.
#[derive(Debug, Default)]
pub struct Program {
    /// Its folder.
    pub folder: Arc<str>,
    /// The languages of its files, most first.
    pub languages: Vec<Language>,
    /// Its files.
    pub files: Vec<FileId>,
    /// The environment variables it reads.
    pub reads: Vec<EnvRead>,
    /// The ports it listens on.
    pub listens: Vec<Listen>,
    /// The paths it serves.
    pub routes: Vec<Route>,
    /// The metrics it registers.
    pub metrics: Vec<(Text, Span)>,
    /// Places where it writes secrets out: the variable or expression that carries one, and the call.
    pub leaks: Vec<Leak>,
    /// Connections it opens: connection strings, urls, hosts.
    pub connections: Vec<Connection>,
    /// Settings that are meant for development: `DEBUG = True`.
    pub debug: Vec<Setting>,
    /// Secrets in its text: a signing key, a password.
    pub secrets: Vec<Setting>,
    /// Files that it keeps state in: a SQLite path, an upload folder.
    pub state: Vec<Setting>,
    /// Schema migrations that run when it starts.
    pub migrates_at_start: Vec<Span>,
    /// Calls of cloud services through their SDK: `s3`, `PutObject`.
    pub cloud_calls: Vec<(Arc<str>, Arc<str>, Span)>,
    /// Handlers of health paths that look at no dependency though the program has one: the handler.
    pub health_ignores: Vec<HealthIgnores>,
    /// What its package files ask for: name, version as written, where.
    pub dependencies: Vec<(Arc<str>, Option<Arc<str>>, Span)>,
    /// Some reads may have been missed: variables read by a name that is computed, or a framework that reads them all.
    pub reads_others: bool,
    /// Some routes may have been missed: routers put under a path that is computed, routes made by convention.
    pub routes_others: bool,
    /// Some ports may have been missed: a port that is computed, a framework that chooses one.
    pub listens_others: bool,
    /// Places where the end of a server's life kills the program before requests are answered.
    pub shutdowns: Vec<Shutdown>,
}

/// An environment variable that is read.
#[derive(Debug)]
pub struct EnvRead {
    /// Its name.
    pub name: Arc<str>,
    /// The place.
    pub span: Span,
    /// The program stops or cannot work without it.
    pub required: bool,
    /// What it is without it.
    pub default: Option<Text>,
}

/// A port that is listened on.
#[derive(Debug)]
pub struct Listen {
    /// The port, with holes `env.PORT` for what comes from the environment; a default is among its choices.
    pub port: Value,
    /// The address, if one is given.
    pub address: Option<Text>,
    /// The place.
    pub span: Span,
}

/// A path that is served.
#[derive(Debug)]
pub struct Route {
    /// `GET`; `None` for all.
    pub method: Option<Arc<str>>,
    /// `/users/{id}`, parameters as written.
    pub path: Text,
    /// It is a prefix: what is below is served as well.
    pub prefix: bool,
    /// The place.
    pub span: Span,
    /// The port it is served on, where the program opens several.
    pub port: Option<Value>,
}

/// A secret that is written out.
#[derive(Debug)]
pub struct Leak {
    /// The environment variable that carries it.
    pub variable: Arc<str>,
    /// Where it is read.
    pub read: Span,
    /// The call that writes it.
    pub call: Span,
    /// The steps between.
    pub through: Vec<Span>,
}

/// A connection that is opened.
#[derive(Debug)]
pub struct Connection {
    /// `postgres`, `mysql`, `redis`, `mongodb`, `amqp`, `http`, `kafka`.
    pub scheme: Arc<str>,
    /// The whole string with holes `env.NAME`.
    pub target: Text,
    /// Host, where it can be told apart.
    pub host: Option<Text>,
    /// Port, where it is said.
    pub port: Option<Text>,
    /// `sslmode` or its like, where it is said.
    pub tls: Option<Text>,
    /// The place.
    pub span: Span,
}

/// A setting in program text.
#[derive(Debug)]
pub struct Setting {
    /// What it is called: `DEBUG`, `SECRET_KEY`.
    pub name: Arc<str>,
    /// Its value; of a secret, nothing.
    pub value: Option<Text>,
    /// The place.
    pub span: Span,
}

/// A health handler that looks at no dependency.
#[derive(Debug)]
pub struct HealthIgnores {
    /// The path it serves.
    pub path: Arc<str>,
    /// The handler.
    pub handler: Span,
    /// The dependency it does not look at.
    pub dependency: Span,
    /// One connection that all requests share and that does not come back by itself, where there is one.
    pub shared: Option<Span>,
}

/// A server that is told to finish, and a caller that takes its end for a failure.
#[derive(Debug)]
pub struct Shutdown {
    /// The call that serves.
    pub serves: Span,
    /// The call that ends the program when serving ends.
    pub ends: Span,
    /// The call that tells the server to finish.
    pub finishes: Span,
}
