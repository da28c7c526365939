//! The keys of objectives.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static SLO: Object = Object {
    name: "set of objectives",
    doc: "Service level objectives. It needs `availability` or `latency`.",
    one_of: &["availability", "latency"],
    keys: &[
        key(
            "window",
            &Shape::Text(&form::DURATION),
            "The rolling window.",
        )
        .default("30d"),
        key(
            "availability",
            &Shape::Text(&form::SHARE),
            "The share of requests that must succeed.",
        ),
        key(
            "latency",
            &Shape::Names {
                name: &form::PERCENTILE,
                thing: "percentile",
                value: &Shape::Text(&form::DURATION),
                closed: false,
            },
            "Per percentile, the time within which that share of requests is answered: `{ p99: 300ms }`.",
        ),
    ],
    strangers: &[
        stranger("objective", "Sloth", "write `availability: 99.9%`"),
        stranger("target", "OpenSLO", "write `availability: 99.9%`"),
        stranger("timeWindow", "OpenSLO", "write `window: 30d`"),
    ],
};
