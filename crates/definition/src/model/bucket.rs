//! A bucket of objects.

use super::{BucketName, Span};

/// An object bucket; private, encrypted and TLS only, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name within the platform.
    pub name: BucketName,
    /// Its former name.
    pub was: Option<BucketName>,
    /// Old versions of objects are kept; default true.
    pub versioned: bool,
    /// Objects are removed after this time; `None`: never.
    pub expire: Option<Span>,
}
