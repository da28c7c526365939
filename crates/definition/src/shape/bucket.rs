//! The keys of a bucket.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static BUCKET: Object = Object {
    name: "bucket",
    doc: "A bucket of objects: private, encrypted and TLS only, always.",
    one_of: &[],
    keys: &[
        key(
            "versioned",
            &Shape::Boolean,
            "Old versions of objects are kept.",
        )
        .default("true"),
        key(
            "expire",
            &Shape::Text(&form::DURATION),
            "Objects are removed after this time. Without it, never.",
        ),
        key(
            "was",
            &Shape::Text(&form::NAME),
            "Its former name, so that its objects are not replaced by the rename.",
        )
        .fixed(),
    ],
    strangers: &[
        stranger("versioning", "OpenTofu", "write `versioned: true`"),
        stranger("acl", "OpenTofu", "leave it out: a bucket is private"),
        stranger(
            "public",
            "other tools",
            "leave it out: a bucket is private; serve its objects through a service",
        ),
        stranger(
            "name",
            "other tools",
            "leave it out: the cloud's name is computed, and `${name.name}` is it",
        ),
    ],
};
