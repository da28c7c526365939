//! The keys of a service.

use super::build::BUILD;
use super::form;
use super::platform::REFERENCE;
use super::probe::{METRICS, PROBES};
use super::route::ROUTE;
use super::scale::{RESOURCES, SCALE};
use super::slo::SLO;
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
