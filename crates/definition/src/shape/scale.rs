//! The keys of resources and of scaling.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static RESOURCES: Object = Object {
    name: "set of resources",
    doc: "What a service asks of a node. CPU has no limit on purpose; memory's limit is its request.",
    one_of: &[],
    keys: &[
        key("cpu", &Shape::Text(&form::CPU), "CPU requested.").default("100m"),
        key(
            "memory",
            &Shape::Text(&form::MEMORY),
            "Memory requested, and the limit.",
        )
        .default("128Mi"),
    ],
    strangers: &[
        stranger(
            "requests",
            "Kubernetes",
            "write `cpu:` and `memory:` right here",
        ),
        stranger(
            "limits",
            "Kubernetes",
            "write `memory:` right here: its limit is its request, and CPU has none on purpose",
        ),
        stranger(
            "reservations",
            "Compose",
            "write `cpu:` and `memory:` right here",
        ),
    ],
};

pub(crate) static SCALE: Object = Object {
    name: "scale",
    doc: "How many replicas run in the cloud. `scale: 2` is short for `scale: { min: 2 }`.",
    one_of: &[],
    keys: &[
        key(
            "min",
            &Shape::Integer { min: 1, max: 1000 },
            "At least this many.",
        )
        .default("2"),
        key(
            "max",
            &Shape::Integer { min: 1, max: 1000 },
            "At most this many.",
        )
        .computed("equal to `min`"),
        key(
            "cpu",
            &Shape::Text(&form::SHARE),
            "Average CPU use, as a share of the request, that is aimed at.",
        )
        .computed("80%, where `max` is above `min` and nothing else is aimed at"),
        key(
            "memory",
            &Shape::Text(&form::SHARE),
            "Average memory use, as a share of the request, that is aimed at.",
        ),
        key(
            "requests",
            &Shape::Integer {
                min: 1,
                max: 1_000_000,
            },
            "Requests a second and replica that are aimed at.",
        ),
    ],
    strangers: &[
        stranger("minReplicas", "Kubernetes", "write `min:`"),
        stranger("maxReplicas", "Kubernetes", "write `max:`"),
        stranger("replicas", "Kubernetes", "write `min:`"),
        stranger(
            "targetCPUUtilizationPercentage",
            "Kubernetes",
            "write `cpu: 70%`",
        ),
    ],
};
