//! The variables of counter-api. [`DatabaseConfig`] is what both commands need; [`Config`] is the serving process'.

use std::time::Duration;

use service_kit::{Environment, Secret};

use crate::tls::{self, Tls};

/// How to reach the database.
pub(crate) struct DatabaseConfig {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) tls: Tls,
    /// The limit of each operation, connecting included.
    pub(crate) timeout: Duration,
}

/// What the serving process is configured by.
pub(crate) struct Config {
    pub(crate) database: DatabaseConfig,
    /// Connections at most.
    pub(crate) pool: usize,
}

impl DatabaseConfig {
    pub(crate) fn read(env: &mut Environment) -> Self {
        let (host, port_of_host) = host(env);
        let port = env.number("DB_PORT", 1..=65535, 0);
        let port = match (port, port_of_host) {
            (0, None) => 5432,
            (0, Some(port)) => port,
            (port, _) => u16::try_from(port).unwrap_or(5432),
        };
        Self {
            host,
            port,
            name: env.required("DB_NAME", "the name of the database"),
            user: env
                .secret("DB_USERNAME", "the role to connect as")
                .reveal()
                .to_owned(),
            password: env.secret("DB_PASSWORD", "the role's password"),
            tls: tls::read(env),
            timeout: env.milliseconds("DB_TIMEOUT_MS", 10..=60_000, 2_000),
        }
    }
}

impl Config {
    pub(crate) fn read(env: &mut Environment) -> Self {
        Self {
            database: DatabaseConfig::read(env),
            pool: usize::try_from(env.number("DB_POOL_MAX", 2..=100, 4)).unwrap_or(4),
        }
    }
}

/// `DB_HOST`, or `DB_URL` as the first version of the platform called it: a host, perhaps with a port.
///
/// A connection string is refused without being quoted: it holds a password.
fn host(env: &mut Environment) -> (String, Option<u16>) {
    let (host, url) = (env.optional("DB_HOST"), env.optional("DB_URL"));
    match (host, url) {
        (Some(_), Some(_)) => {
            env.problem("both `DB_HOST` and `DB_URL` are set: keep `DB_HOST`");
            (String::new(), None)
        }
        (None, None) => {
            env.problem("`DB_HOST` is not set: give the host name of the database");
            (String::new(), None)
        }
        (Some(host), None) => (bare(env, "DB_HOST", &host), None),
        (None, Some(url)) => match url.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => {
                (bare(env, "DB_URL", host), port.parse().ok())
            }
            _ => (bare(env, "DB_URL", &url), None),
        },
    }
}

fn bare(env: &mut Environment, variable: &str, host: &str) -> String {
    if host.contains(['/', '@', ' ']) {
        env.problem(format!(
            "`{variable}` is not a host name: give only the host there, the rest by `DB_PORT`, `DB_NAME`, \
             `DB_USERNAME` and `DB_PASSWORD`"
        ));
    }
    host.to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use super::*;

    fn read(
        pairs: &'static [(&'static str, &'static str)],
    ) -> (DatabaseConfig, Result<(), String>) {
        let mut env = Environment::from_lookup(move |name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.into())
        });
        let config = DatabaseConfig::read(&mut env);
        (config, env.finish().map_err(|error| error.to_string()))
    }

    #[test]
    fn the_old_name_of_the_host_still_works_and_may_hold_the_port() {
        let (config, problems) = read(&[
            ("DB_URL", "db.example.com:5433"),
            ("DB_NAME", "counter"),
            ("DB_USERNAME", "api"),
            ("DB_PASSWORD", "x"),
            ("DB_SSLMODE", "disable"),
        ]);
        assert_eq!(problems, Ok(()));
        assert_eq!(
            (config.host.as_str(), config.port),
            ("db.example.com", 5433)
        );
    }

    #[test]
    fn a_connection_string_is_refused_without_being_shown() {
        let (_, problems) = read(&[
            ("DB_URL", "postgres://api:hunter2@db.example.com/counter"),
            ("DB_NAME", "counter"),
            ("DB_USERNAME", "api"),
            ("DB_PASSWORD", "x"),
            ("DB_SSLMODE", "disable"),
        ]);
        let problems = problems.unwrap_err();
        assert!(
            problems.contains("`DB_URL` is not a host name"),
            "{problems}"
        );
        assert!(!problems.contains("hunter2"), "{problems}");
    }

    #[test]
    fn the_certificate_is_checked_unless_said_otherwise() {
        let (_, problems) = read(&[
            ("DB_HOST", "db"),
            ("DB_NAME", "counter"),
            ("DB_USERNAME", "api"),
            ("DB_PASSWORD", "x"),
        ]);
        assert!(
            problems
                .unwrap_err()
                .contains("`DB_SSLROOTCERT` is not set")
        );
    }
}
