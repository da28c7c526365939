//! The keys of a service.

use super::form;
use super::platform::REFERENCE;
use super::{Object, Shape, key, stranger};

pub(crate) static SERVICE: Object = Object {
    name: "service",
    doc: "A unit that a team owns and ships. It needs one of `build`, `image` and `run`.",
    one_of: &["build", "image", "run"],
    keys: &[
        key(
            "build",
            &Shape::Short {
                long: &BUILD,
                key: "context",
            },
            "Builds it here, from a cargo package, a Dockerfile or with a command.",
        ),
        key(
            "image",
            &Shape::Text(&form::IMAGE),
            "An image made elsewhere, best with its digest.",
        ),
        key(
            "run",
            &COMMAND,
            "How it starts on this machine: program and arguments.",
        )
        .computed("what was built, without arguments"),
        key(
            "port",
            &PORT,
            "Its only port, in short for `ports: { http: … }`.",
        ),
        key(
            "ports",
            &PORTS,
            "Its ports by name. The one named `http`, else the first, is the main port: the route leads there, and `PORT` holds it.",
        ),
        key(
            "probes",
            &Shape::Object(&PROBES),
            "How it is seen to live. Without probes it counts as ready when its main port accepts a connection.",
        )
        .inner(),
        key(
            "metrics",
            &Shape::Short {
                long: &METRICS,
                key: "path",
            },
            "Where Prometheus scrapes it.",
        ),
        key(
            "migrate",
            &COMMAND,
            "A command that runs once before a new version takes traffic, as the owner of the databases it uses.",
        ),
        key(
            "seed",
            &COMMAND,
            "A command that runs once on this machine when a database it uses is new, after `migrate`, as the owner.",
        ),
        key(
            "env",
            &ENV,
            "Its variables. Nothing else is injected but `PORT`, and `PORT_<NAME>` per port where there are several.",
        ),
        key(
            "uses",
            &Shape::List(&Shape::Text(&REFERENCE)),
            "What it uses beside what its `env` refers to: services, databases, buckets and secrets by name.",
        ),
        key(
            "resources",
            &Shape::Object(&RESOURCES),
            "What it asks of a node.",
        )
        .inner(),
        key(
            "scale",
            &Shape::Short {
                long: &SCALE,
                key: "min",
            },
            "How many replicas run in the cloud; on this machine one runs unless asked otherwise.",
        )
        .inner(),
        key(
            "slo",
            &Shape::Object(&SLO),
            "Its objectives. Alerts on their burn rate are rendered from them.",
        ),
        key(
            "route",
            &Shape::Short {
                long: &ROUTE,
                key: "host",
            },
            "Its public route. Without one it is not reachable from outside.",
        ),
        key(
            "stop_grace",
            &Shape::Text(&form::DURATION),
            "How long it may take after SIGTERM to finish what it is doing, before SIGKILL.",
        )
        .default("30s"),
        key(
            "was",
            &Shape::Text(&form::NAME),
            "Its former name, so that nothing is replaced by the rename.",
        )
        .fixed(),
    ],
    strangers: &[
        stranger("environment", "Compose", "write `env:`"),
        stranger(
            "environments",
            "the platform",
            "write `env:` for variables; `environments:` at the top is where the platform runs",
        ),
        stranger(
            "env_file",
            "Compose",
            "write the variables under `env:`, and secret ones as `${name.value}` of an entry of `secrets:`",
        ),
        stranger("variables", "Score", "write `env:`"),
        stranger(
            "depends_on",
            "Compose",
            "write `uses: [name]`; a `${name.…}` in `env` means it already",
        ),
        stranger("links", "Compose", "write `uses: [name]`"),
        stranger(
            "command",
            "Compose",
            "write `run:` with program and arguments as a list",
        ),
        stranger(
            "entrypoint",
            "Compose",
            "write `run:` with program and arguments as a list",
        ),
        stranger(
            "args",
            "Kubernetes",
            "write `run:` with program and arguments as a list",
        ),
        stranger(
            "healthcheck",
            "Compose",
            "write `probes: { readiness: /path }`",
        ),
        stranger(
            "expose",
            "Compose",
            "write `port: 8080`, or `ports:` with a name for each",
        ),
        stranger(
            "restart",
            "Compose",
            "leave it out: a service that ends is started again",
        ),
        stranger(
            "deploy",
            "Compose",
            "write `scale:` for replicas and `resources:` for CPU and memory",
        ),
        stranger(
            "replicas",
            "Kubernetes",
            "write `scale: 2`, or `scale: { min: 2, max: 20, cpu: 70% }`",
        ),
        stranger("count", "Copilot", "write `scale: 2`"),
        stranger(
            "volumes",
            "Compose",
            "leave it out: data lives in `databases:` and `buckets:`",
        ),
        stranger(
            "networks",
            "Compose",
            "leave it out: what a service `uses` is what it can reach",
        ),
        stranger(
            "profiles",
            "Compose",
            "leave it out: `seaworthy up --without NAME` leaves a service out",
        ),
        stranger(
            "container_name",
            "Compose",
            "leave it out: the service's name is used",
        ),
        stranger(
            "hostname",
            "Compose",
            "leave it out: `${name.host}` is a service's address",
        ),
        stranger("stop_grace_period", "Compose", "write `stop_grace:`"),
        stranger(
            "terminationGracePeriodSeconds",
            "Kubernetes",
            "write `stop_grace: 30s`",
        ),
        stranger(
            "containers",
            "Kubernetes",
            "leave it out: write the service's keys right here",
        ),
        stranger(
            "containerPort",
            "Kubernetes",
            "write `port: 8080`, or `ports: { http: 8080 }`",
        ),
        stranger(
            "livenessProbe",
            "Kubernetes",
            "write `probes: { liveness: /path }`",
        ),
        stranger(
            "readinessProbe",
            "Kubernetes",
            "write `probes: { readiness: /path }`",
        ),
        stranger(
            "startupProbe",
            "Kubernetes",
            "write `probes: { startup: /path }`",
        ),
        stranger(
            "httpGet",
            "Kubernetes",
            "write the path and port right under the probe",
        ),
        stranger("ingress", "Kubernetes", "write `route: host.example.com`"),
        stranger("domain", "other tools", "write `route: host.example.com`"),
        stranger("public", "other tools", "write `route: host.example.com`"),
        stranger("cpu", "Copilot", "write `resources: { cpu: 100m }`"),
        stranger("memory", "Copilot", "write `resources: { memory: 128Mi }`"),
        stranger(
            "autoscaling",
            "Helm",
            "write `scale: { min: 2, max: 20, cpu: 70% }`",
        ),
        stranger(
            "dockerfile",
            "Compose",
            "write `build: { dockerfile: Dockerfile }`",
        ),
        stranger(
            "migrations",
            "other tools",
            "write `migrate:` with program and arguments as a list",
        ),
        stranger(
            "secrets",
            "Compose",
            "write `${name.value}` in `env:` for an entry of the platform's `secrets:`",
        ),
    ],
};

pub(crate) static COMMAND: Shape = Shape::List(&Shape::Text(&form::WORD));

pub(crate) static ENV: Shape = Shape::Names {
    name: &form::VARIABLE_NAME,
    thing: "variable",
    value: &Shape::Text(&form::TEMPLATE),
    closed: true,
};

static PORT: Shape = Shape::Integer { min: 1, max: 65535 };

static PORTS: Shape = Shape::Names {
    name: &form::PORT_NAME,
    thing: "port",
    value: &PORT,
    closed: true,
};

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

pub(crate) static PROBES: Object = Object {
    name: "probes",
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

static PROBE_STRANGERS: &[super::Stranger] = &[
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
        ),
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

pub(crate) static ROUTE: Object = Object {
    name: "route",
    doc: "A public route. `route: host.example.com` is short for `route: { host: host.example.com }`.",
    one_of: &[],
    keys: &[
        key("host", &Shape::Text(&form::HOST), "The host name.").required(),
        key(
            "path",
            &Shape::Text(&form::URL_PATH),
            "The path prefix, of whole segments.",
        )
        .default("/"),
        key(
            "timeout",
            &Shape::Text(&form::DURATION),
            "How long the whole request may take.",
        )
        .default("60s"),
    ],
    strangers: &[
        stranger("hosts", "Kubernetes", "write `host:` with one name"),
        stranger("hostname", "Gateway API", "write `host:`"),
        stranger("hostnames", "Gateway API", "write `host:` with one name"),
        stranger("domain", "other tools", "write `host:`"),
        stranger(
            "port",
            "Kubernetes",
            "leave it out: a route leads to the port named `http`, else the first",
        ),
        stranger(
            "tls",
            "Kubernetes",
            "leave it out: every route has a certificate",
        ),
    ],
};
