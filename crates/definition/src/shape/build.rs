//! The keys of a service's build.

use super::form;
use super::service::COMMAND;
use super::{Object, Shape, key, stranger};

pub(crate) static BUILD: Object = Object {
    name: "build",
    doc: "How a service is built: with one of `cargo`, `dockerfile` and `command`; a Dockerfile in the context where none is said.",
    one_of: &[],
    keys: &[
        key(
            "context",
            &Shape::Text(&form::FILE_PATH),
            "The folder that the build sees, relative to the platform's folder.",
        )
        .default("."),
        key(
            "cargo",
            &Shape::Text(&form::TEXT),
            "A cargo package of the context, built for release.",
        ),
        key(
            "dockerfile",
            &Shape::Text(&form::FILE_PATH),
            "A Dockerfile, relative to the context.",
        )
        .computed("`Dockerfile`, where neither `cargo` nor `command` is given"),
        key(
            "target",
            &Shape::Text(&form::TEXT),
            "The stage of the Dockerfile to stop at.",
        )
        .computed("the last stage"),
        key(
            "command",
            &COMMAND,
            "A command, run in the context, that leaves behind what `run` starts.",
        ),
    ],
    strangers: &[
        stranger(
            "args",
            "Compose",
            "leave it out: give the Dockerfile's `ARG` a default",
        ),
        stranger("path", "other tools", "write `context:`"),
    ],
};
