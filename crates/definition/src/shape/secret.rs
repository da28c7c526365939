//! The keys of a secret from outside.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static SECRET: Object = Object {
    name: "secret",
    doc: "A secret whose value the team puts into the secret store itself. Services read it as `${name.value}`.",
    one_of: &[],
    keys: &[key(
        "description",
        &Shape::Text(&form::TEXT),
        "What it is for, shown where its value is asked for.",
    )],
    strangers: &[
        stranger(
            "value",
            "other tools",
            "leave it out: a secret's value never stands in a definition",
        ),
        stranger(
            "file",
            "Compose",
            "leave it out: a secret's value never stands in a definition",
        ),
        stranger(
            "external",
            "Compose",
            "leave it out: every secret here comes from outside",
        ),
        stranger(
            "environment",
            "Compose",
            "leave it out: a service reads the secret as `${name.value}`",
        ),
    ],
};
