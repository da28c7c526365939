//! The keys of a database.

use super::form;
use super::{Choice, Dated, Object, Shape, choice, key, stranger};

pub(crate) static DATABASE: Object = Object {
    name: "database",
    doc: "A PostgreSQL database, with a server of its own in the cloud.",
    one_of: &[],
    keys: &[
        key("engine", &Shape::Choice(ENGINE), "The engine.").default("postgres"),
        key(
            "version",
            &Shape::Integer { min: 9, max: 99 },
            "The major version, here and in the cloud.",
        )
        .dated(Dated::Postgres),
        key(
            "service",
            &Shape::Choice(SERVICE),
            "The managed service that runs it in the cloud.",
        )
        .default("rds"),
        key("size", &Shape::Choice(SIZE), "The size class.").default("small"),
        key(
            "readers",
            &Shape::Integer { min: 0, max: 15 },
            "Readers beside the writer.",
        )
        .default("0"),
        key(
            "high_availability",
            &Shape::Boolean,
            "A standby in another zone.",
        )
        .computed("true where the environment is protected"),
        key(
            "backup",
            &Shape::Object(&BACKUP),
            "How it is backed up, and whether restoring is rehearsed.",
        )
        .inner(),
        key(
            "was",
            &Shape::Text(&form::NAME),
            "Its former name, so that its data is not replaced by the rename.",
        )
        .fixed(),
    ],
    strangers: &[
        stranger(
            "image",
            "Compose",
            "write `engine: postgres` and `version:`",
        ),
        stranger("type", "Score", "write `engine: postgres`"),
        stranger(
            "ports",
            "Compose",
            "leave it out: `${name.port}` is its port",
        ),
        stranger(
            "environment",
            "Compose",
            "leave it out: roles and passwords are made for you",
        ),
        stranger(
            "password",
            "other tools",
            "leave it out: passwords are made for you, and `${name.password}` is a service's",
        ),
        stranger(
            "user",
            "other tools",
            "leave it out: each service has a role of its own, `${name.user}`",
        ),
        stranger(
            "instance_class",
            "OpenTofu",
            "write `size: small`, `medium` or `large`",
        ),
        stranger("multi_az", "OpenTofu", "write `high_availability: true`"),
        stranger("replicas", "other tools", "write `readers:`"),
        stranger(
            "backup_retention_period",
            "OpenTofu",
            "write `backup: { point_in_time: 7d }`",
        ),
        stranger(
            "deletion_protection",
            "OpenTofu",
            "write `protected: true` in the environment",
        ),
    ],
};

static ENGINE: &[Choice] = &[choice("postgres", "PostgreSQL.")];
static SERVICE: &[Choice] = &[
    choice("rds", "Amazon RDS."),
    choice("aurora", "Amazon Aurora."),
];
static SIZE: &[Choice] = &[
    choice("small", "For development and small loads."),
    choice("medium", "For ordinary production."),
    choice("large", "For heavy production."),
];

pub(crate) static BACKUP: Object = Object {
    name: "backup",
    doc: "How a database is backed up.",
    one_of: &[],
    keys: &[
        key(
            "point_in_time",
            &Shape::Text(&form::DURATION),
            "Any second within this time can be restored: whole days, at most 35.",
        )
        .default("7d"),
        key(
            "keep",
            &Shape::Text(&form::DURATION),
            "How long dumps are kept beside that. Without it there are none.",
        ),
        key(
            "restore_test",
            &Shape::Choice(RHYTHM),
            "How often a restore is rehearsed. Without it, never.",
        ),
    ],
    strangers: &[
        stranger(
            "retention",
            "other tools",
            "write `point_in_time:` for restoring to any second, `keep:` for dumps",
        ),
        stranger(
            "schedule",
            "other tools",
            "leave it out: changes are saved as they happen",
        ),
    ],
};

static RHYTHM: &[Choice] = &[
    choice("daily", "Every day."),
    choice("weekly", "Every week."),
    choice("monthly", "Every month."),
];
