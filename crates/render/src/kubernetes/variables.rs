//! The variables of a program: what stands in its pod, and what comes from the secret store.
//!
//! Everything about a database comes from its secret, also its address: it is AWS that knows it, and it changes when the
//! database is made again. A value put together of several parts is put together by External Secrets, so that no part of
//! it stands in a pod's specification.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};
use seaworthy_definition::model::{
    BucketAttribute, DatabaseAttribute, DatabaseName, Part, Reference, Service, ServiceAttribute,
    Template,
};

use super::certificates;
use crate::Scope;

/// Who asks: a workload as itself, or a migration as the owner of what it changes.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// The kube secret that its values arrive in.
    secret: String,
    /// The workload whose role it has; `None`: the owner's.
    client: Option<String>,
}

impl Asker {
    /// A workload under its own role.
    pub(super) fn workload(name: &str) -> Self {
        Self {
            secret: name.to_owned(),
            client: Some(name.to_owned()),
        }
    }

    /// A migration, named so, under the owner's role.
    pub(super) fn owner(name: &str) -> Self {
        Self {
            secret: name.to_owned(),
            client: None,
        }
    }

    /// The secret in the store that opens a database for the asker, below the environment's prefix.
    fn database(&self, database: &DatabaseName) -> String {
        match &self.client {
            Some(client) => client_secret(client, database),
            None => owner_secret(database),
        }
    }
}

/// Where the store keeps a workload's access to a database, below the environment's prefix.
pub(super) fn client_secret(client: &str, database: &DatabaseName) -> String {
    format!("{client}/{database}")
}

/// Where the store keeps the owner's access to a database, below the environment's prefix.
pub(super) fn owner_secret(database: &DatabaseName) -> String {
    format!("{database}/owner")
}

/// A value in the secret store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remote {
    /// Its secret, below the environment's prefix.
    pub(super) key: String,
    /// The property within; `None`: the secret is the value.
    pub(super) property: Option<&'static str>,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// It stands in the pod.
    Plain(String),
    /// It is this key of the kube secret.
    Secret(String),
}

/// The variables of one program.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    secret: String,
    values: Vec<(String, Origin)>,
    /// Keys of the kube secret, and what each is in the store.
    pub(super) remotes: BTreeMap<String, Remote>,
    /// Keys of the kube secret that are put together of others, as External Secrets' templates.
    pub(super) composed: BTreeMap<String, String>,
    certificates: bool,
}

impl Variables {
    /// Finds out where each variable comes from.
    pub(super) fn of(scope: Scope<'_>, env: &IndexMap<String, Template>, asker: &Asker) -> Self {
        let mut variables = Self {
            secret: asker.secret.clone(),
            values: Vec::new(),
            remotes: BTreeMap::new(),
            composed: BTreeMap::new(),
            certificates: false,
        };
        for (name, template) in env {
            let origin = variables.origin(scope, name, template, asker);
            variables.values.push((name.clone(), origin));
        }
        variables
    }

    /// Whether a file with certificates is pointed to.
    pub(super) fn needs_certificates(&self) -> bool {
        self.certificates
    }

    /// The variables of a container: `PORT` and its like first, as every program gets them, then those that are
    /// declared, by name, so that their order in the definition moves nothing.
    pub(super) fn for_container(&self, service: Option<&Service>) -> Option<Vec<EnvVar>> {
        let mut all: Vec<EnvVar> = service.map(ports).unwrap_or_default();
        let mut declared: Vec<_> = self.values.iter().collect();
        declared.sort_by(|a, b| a.0.cmp(&b.0));
        all.extend(declared.into_iter().map(|(name, origin)| match origin {
            Origin::Plain(value) => plain(name, value),
            Origin::Secret(key) => from_secret(name, &self.secret, key),
        }));
        (!all.is_empty()).then_some(all)
    }

    fn origin(
        &mut self,
        scope: Scope<'_>,
        name: &str,
        template: &Template,
        asker: &Asker,
    ) -> Origin {
        if let [Part::Reference(reference)] = template.parts.as_slice()
            && let Some(key) = self.key(reference, asker)
        {
            return Origin::Secret(key);
        }
        let mut composed = false;
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Reference(Reference::Database(database, DatabaseAttribute::Url)) => {
                    text.push_str(&self.url(database, asker));
                    composed = true;
                }
                Part::Reference(reference) => match self.key(reference, asker) {
                    Some(key) => {
                        text.push_str(&insertion(&key));
                        composed = true;
                    }
                    None => text.push_str(&self.known(scope, reference)),
                },
            }
        }
        if !composed {
            return Origin::Plain(text);
        }
        let key = name.to_ascii_lowercase();
        self.composed.insert(key.clone(), text);
        Origin::Secret(key)
    }

    /// The key of the kube secret that a reference arrives under; `None` where its value is known here.
    fn key(&mut self, reference: &Reference, asker: &Asker) -> Option<String> {
        match reference {
            Reference::Database(database, attribute) => {
                let property = match attribute {
                    DatabaseAttribute::Host => "host",
                    DatabaseAttribute::Port => "port",
                    DatabaseAttribute::Name => "dbname",
                    DatabaseAttribute::User => "username",
                    DatabaseAttribute::Password => "password",
                    DatabaseAttribute::Url | DatabaseAttribute::Sslrootcert => return None,
                };
                Some(self.fetch(database, property, asker))
            }
            Reference::Secret(secret) => {
                let key = format!("secret_{}", identifier(secret.as_str()));
                let remote = Remote {
                    key: format!("secrets/{secret}"),
                    property: None,
                };
                self.remotes.insert(key.clone(), remote);
                Some(key)
            }
            Reference::Service(..) | Reference::Bucket(..) => None,
        }
    }

    /// Has a property of a database's secret fetched and gives the key that it arrives under.
    pub(super) fn fetch(
        &mut self,
        database: &DatabaseName,
        property: &'static str,
        asker: &Asker,
    ) -> String {
        let key = format!("{}_{property}", identifier(database.as_str()));
        let remote = Remote {
            key: asker.database(database),
            property: Some(property),
        };
        self.remotes.insert(key.clone(), remote);
        key
    }

    fn url(&mut self, database: &DatabaseName, asker: &Asker) -> String {
        let mut part = |property| insertion(&self.fetch(database, property, asker));
        let (user, password) = (part("username"), part("password"));
        let (host, port, name) = (part("host"), part("port"), part("dbname"));
        format!("postgres://{user}:{password}@{host}:{port}/{name}")
    }

    fn known(&mut self, scope: Scope<'_>, reference: &Reference) -> String {
        match reference {
            Reference::Service(name, attribute) => {
                let port = scope
                    .platform
                    .services
                    .get(name)
                    .and_then(Service::main_port);
                let port = port.map_or_else(String::new, |(_, port)| port.to_string());
                match attribute {
                    // All run in one namespace.
                    ServiceAttribute::Host => name.to_string(),
                    ServiceAttribute::Port => port,
                    ServiceAttribute::Url => format!("http://{name}:{port}"),
                }
            }
            Reference::Bucket(name, BucketAttribute::Name) => {
                let bucket = scope.platform.buckets.get(name);
                bucket.map_or_else(String::new, |bucket| scope.bucket_name(bucket))
            }

            Reference::Bucket(_, BucketAttribute::Region) => scope.region.to_owned(),
            Reference::Database(_, _) => {
                self.certificates = true;
                certificates::FILE.to_owned()
            }
            // Always a key of the kube secret.
            Reference::Secret(_) => String::new(),
        }
    }
}

/// `PORT`, and `PORT_<NAME>` for each where there are several: the names that a program gets on a laptop, too.
fn ports(service: &Service) -> Vec<EnvVar> {
    let mut variables = Vec::new();
    if let Some((_, port)) = service.main_port() {
        variables.push(plain("PORT", &port.to_string()));
    }
    if service.ports.len() > 1 {
        for (name, port) in &service.ports {
            let name = name.as_str().to_ascii_uppercase().replace('-', "_");
            variables.push(plain(&format!("PORT_{name}"), &port.to_string()));
        }
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    variables
}

/// A variable whose value stands in the pod.
pub(super) fn plain(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..EnvVar::default()
    }
}

/// A variable whose value is in a kube secret.
pub(super) fn from_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.to_owned(),
                key: key.to_owned(),
                ..SecretKeySelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}

/// External Secrets' templates are Go's: keys are identifiers there.
fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn insertion(key: &str) -> String {
    format!("{{{{ .{key} }}}}")
}
