//! The keys of a job.

use super::form;
use super::platform::REFERENCE;
use super::scale::RESOURCES;
use super::service::{COMMAND, ENV};
use super::{Object, Shape, key, stranger};

pub(crate) static JOB: Object = Object {
    name: "job",
    doc: "A command of a service's build that runs on a schedule, to its end.",
    one_of: &[],
    keys: &[
        key(
            "service",
            &Shape::Text(&REFERENCE),
            "The service whose build it runs.",
        )
        .required(),
        key("command", &COMMAND, "Program and arguments.").required(),
        key(
            "schedule",
            &Shape::Text(&form::CRON),
            "When it runs: five cron fields.",
        )
        .required(),
        key(
            "time_zone",
            &Shape::Text(&form::TIME_ZONE),
            "The time zone that the schedule means.",
        )
        .default("Etc/UTC"),
        key("env", &ENV, "Its variables."),
        key(
            "uses",
            &Shape::List(&Shape::Text(&REFERENCE)),
            "What it uses beside what its `env` refers to.",
        ),
        key(
            "resources",
            &Shape::Object(&RESOURCES),
            "What it asks of a node.",
        )
        .inner(),
        key(
            "timeout",
            &Shape::Text(&form::DURATION),
            "It is ended after this time.",
        )
        .default("1h"),
    ],
    strangers: &[
        stranger("run", "a service", "write `command:`"),
        stranger("cron", "other tools", "write `schedule:`"),
        stranger("timeZone", "Kubernetes", "write `time_zone:`"),
        stranger("environment", "Compose", "write `env:`"),
        stranger(
            "image",
            "Kubernetes",
            "write `service:` with the service whose build it runs",
        ),
        stranger("activeDeadlineSeconds", "Kubernetes", "write `timeout: 1h`"),
    ],
};
