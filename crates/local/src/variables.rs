//! The variables a process gets: what the definition declares, `PORT`, and what any program needs of its machine.

use std::collections::BTreeMap;

use seaworthy_definition::model::{
    BucketAttribute, DatabaseAttribute, DatabaseName, PlatformName, Reference, SecretName, Service,
    ServiceAttribute, ServiceName,
};

/// Variables of the user's machine that a process gets as well, since programs are found and run by them.
/// Everything else of the user's shell stays out, as it would in production.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TZ",
    "JAVA_HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "PYENV_ROOT",
    "NVM_DIR",
    "GOPATH",
    "GOROOT",
];

/// The part of the user's environment that processes get.
pub fn inherited() -> impl Iterator<Item = (String, String)> {
    INHERITED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
}

/// What references stand for on this machine.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) services: BTreeMap<ServiceName, u16>,
    pub(crate) databases: BTreeMap<DatabaseName, DatabaseAccess>,
    pub(crate) secrets: BTreeMap<SecretName, String>,
}

/// How to reach one database.
#[derive(Clone)]
pub(crate) struct DatabaseAccess {
    pub(crate) port: u16,
    /// The name inside PostgreSQL.
    pub(crate) name: String,
    /// Path of the CA's certificate.
    pub(crate) ca: String,
    /// The owner role's password.
    pub(crate) owner_password: String,
}

/// Who asks for a value; a database answers each with a role of its own.
#[derive(Clone, Copy)]
pub(crate) enum Asker<'a> {
    /// The service itself, with its own role's password.
    Service(&'a ServiceName, &'a str),
    /// Its migration or seed, under the owner role.
    Owner,
}

/// Stable addresses are all on this host.
pub(crate) const HOST: &str = "127.0.0.1";

/// The role that owns a database's tables.
pub(crate) fn owner_role(database: &str) -> String {
    format!("{database}_owner")
}

/// The role whose members may read and write what the owner made.
pub(crate) fn group_role(database: &str) -> String {
    format!("{database}_readwrite")
}

impl Surroundings {
    /// The declared variables of a service with their values, in the order of the definition.
    pub(crate) fn declared(
        &self,
        platform: &PlatformName,
        service: &Service,
        asker: Asker<'_>,
    ) -> Vec<(String, String)> {
        service
            .env
            .iter()
            .map(|(name, template)| {
                let value = template
                    .expand(|reference| {
                        Ok::<_, std::convert::Infallible>(self.value(platform, reference, asker))
                    })
                    .unwrap_or_else(|never| match never {});
                (name.clone(), value)
            })
            .collect()
    }

    fn value(&self, platform: &PlatformName, reference: &Reference, asker: Asker<'_>) -> String {
        match reference {
            Reference::Service(name, attribute) => {
                let port = self.services.get(name).copied().unwrap_or_default();
                match attribute {
                    ServiceAttribute::Host => HOST.to_owned(),
                    ServiceAttribute::Port => port.to_string(),
                    ServiceAttribute::Url => format!("http://{HOST}:{port}"),
                }
            }
            Reference::Database(name, attribute) => self
                .databases
                .get(name)
                .map(|access| access.attribute(*attribute, asker))
                .unwrap_or_default(),
            Reference::Secret(name) => self.secrets.get(name).cloned().unwrap_or_default(),
            Reference::Bucket(name, BucketAttribute::Name) => format!("{platform}-{name}"),
            Reference::Bucket(_, BucketAttribute::Region) => "local".to_owned(),
        }
    }
}

impl DatabaseAccess {
    fn attribute(&self, attribute: DatabaseAttribute, asker: Asker<'_>) -> String {
        let (user, password) = match asker {
            Asker::Service(service, password) => (service.to_string(), password.to_owned()),
            Asker::Owner => (owner_role(&self.name), self.owner_password.clone()),
        };
        match attribute {
            DatabaseAttribute::Host => HOST.to_owned(),
            DatabaseAttribute::Port => self.port.to_string(),
            DatabaseAttribute::Name => self.name.clone(),
            DatabaseAttribute::User => user,
            DatabaseAttribute::Password => password,
            // Generated passwords and names hold nothing that a URL would need escaped.
            DatabaseAttribute::Url => format!(
                "postgres://{user}:{password}@{HOST}:{}/{}",
                self.port, self.name
            ),
            DatabaseAttribute::Sslrootcert => self.ca.clone(),
        }
    }
}

/// `PORT`, and `PORT_<NAME>` for each where a service has several.
pub(crate) fn port_variables<'a>(
    main: Option<&str>,
    ports: impl ExactSizeIterator<Item = (&'a str, u16)>,
) -> Vec<(String, String)> {
    let several = ports.len() > 1;
    let mut variables = Vec::new();
    for (name, number) in ports {
        if Some(name) == main {
            variables.push(("PORT".to_owned(), number.to_string()));
        }
        if several {
            let name = name.to_ascii_uppercase().replace('-', "_");
            variables.push((format!("PORT_{name}"), number.to_string()));
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_port_is_port_and_nothing_more() {
        let ports = port_variables(Some("http"), [("http", 1)].into_iter());
        assert_eq!(ports, [("PORT".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn several_ports_are_named() {
        let ports = port_variables(Some("http"), [("http", 1), ("admin-ui", 2)].into_iter());
        let names: Vec<&str> = ports.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["PORT", "PORT_HTTP", "PORT_ADMIN_UI"]);
    }
}
