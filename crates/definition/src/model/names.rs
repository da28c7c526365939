//! Names as types, so that a service's name is never passed where a port's is wanted.

use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a name whose form the reader of the definition has checked.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// The platform's name: a DNS label of at most 30 characters, since it begins the names of cloud things.
    PlatformName
);
name!(
    /// A service's name: a DNS label, as it becomes a kube service's.
    ServiceName
);
name!(
    /// A database's name: lower case letters, digits and `-`; PostgreSQL sees it with `_` for `-`.
    DatabaseName
);
name!(
    /// A secret's name.
    SecretName
);
name!(
    /// A job's name.
    JobName
);
name!(
    /// A bucket's name within the platform; the cloud's name is computed from it.
    BucketName
);
name!(
    /// The name of a notification target.
    NotifyName
);
name!(
    /// An environment's name, spelled out: `development`, `production`.
    EnvironmentName
);
name!(
    /// A port's name: Kubernetes' IANA_SVC_NAME, at most 15 characters.
    PortName
);

impl DatabaseName {
    /// The name inside PostgreSQL, where `-` would need quoting everywhere.
    pub fn sql(&self) -> String {
        self.0.replace('-', "_")
    }
}
