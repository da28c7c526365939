//! The keys of probes, and of what Prometheus scrapes.

use super::form;
use super::platform::REFERENCE;
use super::{Object, Shape, Stranger, key, stranger};

pub(crate) static PROBES: Object = Object {
    name: "set of probes",
    doc: "Probes with Kubernetes' meaning.",
    one_of: &[],
    keys: &[
        key(
            "startup",
            &Shape::Short {
                long: &STARTUP_PROBE,
                key: "path",
            },
            "Until it succeeds once, the other two wait.",
        ),
        key(
            "readiness",
            &Shape::Short {
                long: &PROBE,
                key: "path",
            },
            "While it fails, no traffic is sent.",
        ),
        key(
            "liveness",
            &Shape::Short {
                long: &PROBE,
                key: "path",
            },
            "When it fails, the process is restarted.",
        ),
    ],
    strangers: &[
        stranger("livenessProbe", "Kubernetes", "write `liveness:`"),
        stranger("readinessProbe", "Kubernetes", "write `readiness:`"),
        stranger("startupProbe", "Kubernetes", "write `startup:`"),
        stranger(
            "healthcheck",
            "Compose",
            "write `readiness:` for whether it takes traffic, and `liveness:` for whether it is restarted",
        ),
        stranger("path", "other tools", "write `readiness: /path`"),
    ],
};

macro_rules! probe_keys {
    ($threshold:literal) => {
        &[
            key(
                "path",
                &Shape::Text(&form::URL_PATH),
                "The path asked for. A status of 200 to 399 is a success.",
            )
            .required(),
            key(
                "port",
                &Shape::Text(&REFERENCE),
                "The name of the port asked at.",
            )
            .computed("the main port"),
            key(
                "initial_delay",
                &Shape::Text(&form::DURATION),
                "Wait this long before the first.",
            )
            .default("0s"),
            key(
                "period",
                &Shape::Text(&form::DURATION),
                "The time between two.",
            )
            .default("10s"),
            key(
                "timeout",
                &Shape::Text(&form::DURATION),
                "How long an answer may take.",
            )
            .default("1s"),
            key(
                "success_threshold",
                &Shape::Integer { min: 1, max: 100 },
                "Successes in a row that count as healthy.",
            )
            .default("1"),
            key(
                "failure_threshold",
                &Shape::Integer {
                    min: 1,
                    max: 10_000,
                },
                "Failures in a row that count as unhealthy.",
            )
            .default($threshold),
        ]
    };
}

static PROBE_STRANGERS: &[Stranger] = &[
    stranger(
        "httpGet",
        "Kubernetes",
        "write its `path` and `port` right here; `port` is a name of `ports:`",
    ),
    stranger(
        "tcpSocket",
        "Kubernetes",
        "leave the probe out: without one, a service is ready when its main port accepts a connection",
    ),
    stranger(
        "exec",
        "Kubernetes",
        "answer at a path instead: probes are HTTP only",
    ),
    stranger(
        "test",
        "Compose",
        "write `path: /health`: probes are HTTP only",
    ),
    stranger("interval", "Compose", "write `period:`"),
    stranger("retries", "Compose", "write `failure_threshold:`"),
    stranger(
        "start_period",
        "Compose",
        "write a `startup` probe, or `initial_delay:`",
    ),
    stranger("periodSeconds", "Kubernetes", "write `period: 10s`"),
    stranger("timeoutSeconds", "Kubernetes", "write `timeout: 1s`"),
    stranger(
        "initialDelaySeconds",
        "Kubernetes",
        "write `initial_delay: 5s`",
    ),
    stranger(
        "failureThreshold",
        "Kubernetes",
        "write `failure_threshold:`",
    ),
    stranger(
        "successThreshold",
        "Kubernetes",
        "write `success_threshold:`",
    ),
];

pub(crate) static PROBE: Object = Object {
    name: "probe",
    doc: "One HTTP probe.",
    one_of: &[],
    keys: probe_keys!("3"),
    strangers: PROBE_STRANGERS,
};

pub(crate) static STARTUP_PROBE: Object = Object {
    name: "startup probe",
    doc: "An HTTP probe that is given more time.",
    one_of: &[],
    keys: probe_keys!("30"),
    strangers: PROBE_STRANGERS,
};

pub(crate) static METRICS: Object = Object {
    name: "metrics endpoint",
    doc: "Where Prometheus scrapes.",
    one_of: &[],
    keys: &[
        key("path", &Shape::Text(&form::URL_PATH), "The path.").default("/metrics"),
        key("port", &Shape::Text(&REFERENCE), "The name of the port.").computed("the main port"),
    ],
    strangers: &[stranger(
        "interval",
        "Prometheus",
        "leave it out: every service is scraped at the same interval",
    )],
};
