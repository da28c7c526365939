//! Values with references in them: `postgres://${counter.host}:${counter.port}`.

use std::collections::BTreeSet;

use super::{BucketName, DatabaseName, SecretName, ServiceName};

/// A value of `env`: literal text and references, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The parts in order; neighbouring literals are joined.
    pub parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands (`$${` is already `${`).
    Literal(String),
    /// `${name.attribute}`.
    Reference(Reference),
}

/// What `${name.attribute}` names. Each kind has its closed list of attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// An attribute of a database.
    Database(DatabaseName, DatabaseAttribute),
    /// An attribute of a service.
    Service(ServiceName, ServiceAttribute),
    /// An attribute of a bucket.
    Bucket(BucketName, BucketAttribute),
    /// The value of a secret from outside.
    Secret(SecretName),
}

/// What can be asked of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseAttribute {
    /// The server's host name, the one in its certificate.
    Host,
    /// The server's port.
    Port,
    /// The database's name inside PostgreSQL.
    Name,
    /// The role of the service that asks; the owner role for `migrate` and `seed`.
    User,
    /// That role's password: a secret.
    Password,
    /// `postgres://user:password@host:port/name`, percent-encoded: a secret.
    Url,
    /// Path of the file with the CA certificates that the server's certificate is checked against (libpq's word).
    Sslrootcert,
}

/// What can be asked of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceAttribute {
    /// Host name of its stable address.
    Host,
    /// Port of its stable address: the main port's.
    Port,
    /// `http://host:port`, without a slash at the end.
    Url,
}

/// What can be asked of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BucketAttribute {
    /// The bucket's name in the cloud.
    Name,
    /// The region it lives in.
    Region,
}

/// Something a service or job may use: gives a network rule, an identity and a place in the start order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A database.
    Database(DatabaseName),
    /// Another service.
    Service(ServiceName),
    /// A bucket.
    Bucket(BucketName),
    /// A secret from outside.
    Secret(SecretName),
}

impl Resource {
    /// The name as the definition writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Database(name) => name.as_str(),
            Self::Service(name) => name.as_str(),
            Self::Bucket(name) => name.as_str(),
            Self::Secret(name) => name.as_str(),
        }
    }
}

impl Reference {
    /// What is used by referring to it.
    pub fn resource(&self) -> Resource {
        match self {
            Self::Database(name, _) => Resource::Database(name.clone()),
            Self::Service(name, _) => Resource::Service(name.clone()),
            Self::Bucket(name, _) => Resource::Bucket(name.clone()),
            Self::Secret(name) => Resource::Secret(name.clone()),
        }
    }

    /// Whether the value is a secret, wherever it goes.
    pub fn is_secret(&self) -> bool {
        matches!(
            self,
            Self::Secret(_)
                | Self::Database(_, DatabaseAttribute::Password | DatabaseAttribute::Url)
        )
    }
}

impl Template {
    /// A template that is just this text.
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Literal(text.into())],
        }
    }

    /// Every reference, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Literal(_) => None,
        })
    }

    /// Whether the whole value is a secret: one secret part makes it one.
    pub fn is_secret(&self) -> bool {
        self.references().any(Reference::is_secret)
    }

    /// What the value uses.
    pub fn uses(&self) -> BTreeSet<Resource> {
        self.references().map(Reference::resource).collect()
    }

    /// The value with each reference replaced by what `value` answers.
    pub fn expand<E>(
        &self,
        mut value: impl FnMut(&Reference) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Reference(reference) => text.push_str(&value(reference)?),
            }
        }
        Ok(text)
    }
}
