//! Databases and the roles that use them.
//!
//! Per database: an *owner*, which migrations run as; a *group*, which may read and change what the owner creates; and
//! for each service a role of its own in that group. Nobody else may connect. Everything here can be repeated.
//!
//! No password reaches the server: it is given a SCRAM verifier, computed here.

use thiserror::Error;
use tokio_postgres::Client;

use crate::connect;
use crate::server::Server;

/// A database and the roles that go with it. Not `Debug`, as it holds a password.
#[derive(Clone, Copy)]
pub struct DatabaseSpec<'a> {
    /// The database's name.
    pub name: &'a str,
    /// The role that owns it and everything in it.
    pub owner: &'a str,
    /// The owner's password.
    pub owner_password: &'a str,
    /// The role whose members may read and change the owner's tables.
    pub group: &'a str,
}

/// The role that one service connects as. Not `Debug`, as it holds a password.
#[derive(Clone, Copy)]
pub struct ServiceRole<'a> {
    /// The role's name.
    pub name: &'a str,
    /// Its password.
    pub password: &'a str,
    /// The group whose rights it has.
    pub group: &'a str,
}

/// Why a database or a role could not be set up.
#[derive(Debug, Error)]
pub enum RolesError {
    /// The superuser could not connect.
    #[error("could not connect as superuser to database `{database}`")]
    Connect {
        /// The database.
        database: String,
        /// Why not.
        source: tokio_postgres::Error,
    },
    /// A role could not be made or changed. The cause never carries the password.
    #[error("could not set up role `{role}`")]
    EnsureRole {
        /// The role.
        role: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// A database could not be made or changed.
    #[error("could not set up database `{database}`")]
    EnsureDatabase {
        /// The database.
        database: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
}

impl Server {
    /// Makes or completes a database, its owner and its group.
    ///
    /// Rights that a migration took from the group stay taken: the group gets its rights by default on what the owner
    /// creates later, never again on what exists.
    pub async fn ensure_database(&self, spec: &DatabaseSpec<'_>) -> Result<(), RolesError> {
        let admin = self.administer("postgres").await?;
        let in_role = |role: &str| {
            let role = role.to_owned();
            move |source| RolesError::EnsureRole { role, source }
        };
        let in_database = |source| RolesError::EnsureDatabase {
            database: spec.name.to_owned(),
            source,
        };

        ensure_login(&admin, spec.owner, spec.owner_password)
            .await
            .map_err(in_role(spec.owner))?;
        ensure_group(&admin, spec.group)
            .await
            .map_err(in_role(spec.group))?;

        let exists = admin
            .query_opt(
                "SELECT 1 FROM pg_database WHERE datname = $1",
                &[&spec.name],
            )
            .await
            .map_err(in_database)?
            .is_some();
        let (name, owner, group) = (
            identifier(spec.name),
            identifier(spec.owner),
            identifier(spec.group),
        );
        if !exists {
            // The default strategy writes the new database to the log. Copying files instead forces two checkpoints,
            // which on a new cluster wait for all that `initdb` left unwritten: four times as long.
            admin
                .batch_execute(&format!("CREATE DATABASE {name} OWNER {owner}"))
                .await
                .map_err(in_database)?;
        }
        admin
            .batch_execute(&format!(
                "ALTER DATABASE {name} OWNER TO {owner};
                 REVOKE ALL ON DATABASE {name} FROM PUBLIC;
                 REVOKE ALL ON DATABASE postgres FROM PUBLIC;
                 REVOKE ALL ON DATABASE template1 FROM PUBLIC;
                 GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {group}"
            ))
            .await
            .map_err(in_database)?;

        // Default privileges belong to the database that they are set in.
        let inside = self.administer(spec.name).await?;
        // From version 15 on the role `pg_database_owner` owns the schema; before, everybody may create in it.
        inside
            .batch_execute(&format!(
                "DO $$ BEGIN
                   IF current_setting('server_version_num')::int < 150000 THEN
                     EXECUTE 'ALTER SCHEMA public OWNER TO ' || {owner_literal};
                     REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                   END IF;
                 END $$;
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {group};
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {group};
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {group};
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {group}",
                owner_literal = literal(&owner),
            ))
            .await
            .map_err(in_database)
    }

    /// Makes or completes a service's role; its password is set each time.
    pub async fn ensure_service_role(&self, role: &ServiceRole<'_>) -> Result<(), RolesError> {
        let admin = self.administer("postgres").await?;
        let in_role = |source| RolesError::EnsureRole {
            role: role.name.to_owned(),
            source,
        };
        ensure_login(&admin, role.name, role.password)
            .await
            .map_err(in_role)?;
        admin
            .batch_execute(&format!(
                "GRANT {} TO {}",
                identifier(role.group),
                identifier(role.name)
            ))
            .await
            .map_err(in_role)
    }

    async fn administer(&self, database: &str) -> Result<Client, RolesError> {
        connect::connect_plainly(&self.errand_config(database))
            .await
            .map_err(|source| RolesError::Connect {
                database: database.to_owned(),
                source,
            })
    }
}

async fn ensure_login(
    admin: &Client,
    role: &str,
    password: &str,
) -> Result<(), tokio_postgres::Error> {
    let verifier = literal(&postgres_protocol::password::scram_sha_256(
        password.as_bytes(),
    ));
    let verb = if exists(admin, role).await? {
        "ALTER"
    } else {
        "CREATE"
    };
    admin
        .batch_execute(&format!(
            "{verb} ROLE {} LOGIN PASSWORD {verifier}",
            identifier(role)
        ))
        .await
}

async fn ensure_group(admin: &Client, role: &str) -> Result<(), tokio_postgres::Error> {
    if exists(admin, role).await? {
        return Ok(());
    }
    admin
        .batch_execute(&format!("CREATE ROLE {} NOLOGIN", identifier(role)))
        .await
}

async fn exists(admin: &Client, role: &str) -> Result<bool, tokio_postgres::Error> {
    Ok(admin
        .query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role])
        .await?
        .is_some())
}

/// `name` as an SQL identifier, whatever is in it.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as an SQL string; `standard_conforming_strings` is on, so only quotes matter.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_needs_it() {
        assert_eq!(identifier("counter"), "\"counter\"");
        assert_eq!(
            identifier("a\"; DROP ROLE x; --"),
            "\"a\"\"; DROP ROLE x; --\""
        );
        assert_eq!(literal("it's"), "'it''s'");
    }
}
