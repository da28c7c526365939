//! The keys at the top of a definition.

use super::form::{self, Numbers, References};
use super::{
    Form, Object, Shape, bucket, cluster, database, delivery, edge, environment, job, key, network,
    notify, secret, service, stranger,
};

/// A whole definition.
pub(crate) static ROOT: Shape = Shape::Object(&PLATFORM);

pub(crate) static PLATFORM: Object = Object {
    name: "platform",
    doc: "Everything one definition describes.",
    one_of: &[],
    keys: &[
        key("platform", &Shape::Text(&form::PLATFORM_NAME), "The platform's name. Names of cloud resources begin with it.")
            .required()
            .fixed(),
        key(
            "repository",
            &Shape::Short { long: &REPOSITORY, key: "url" },
            "The git repository that the platform lives in. CI, releases and GitOps need it; this machine does not.",
        )
        .fixed(),
        key("services", &SERVICES, "What runs and is shipped by the team, by name."),
        key("databases", &DATABASES, "PostgreSQL databases, by name."),
        key("secrets", &SECRETS, "Secrets whose values come from outside, by name."),
        key("jobs", &JOBS, "Commands that run on a schedule, by name."),
        key("buckets", &BUCKETS, "Buckets of objects, by name."),
        key("notify", &NOTIFY, "Places that alerts and budget alarms are sent to, by name."),
        key("edge", &Shape::Object(&edge::EDGE), "What stands between the internet and the routes.")
        .inner(),
        key("network", &Shape::Object(&network::NETWORK), "The network of each environment.")
        .inner(),
        key("cluster", &Shape::Object(&cluster::CLUSTER), "The Kubernetes cluster of each environment.")
        .inner(),
        key(
            "audit",
            &Shape::Boolean,
            "A trail of every call in the account, kept where nobody can change it, with alarms on what should not happen.",
        )
        .default("false"),
        key("delivery", &Shape::Object(&delivery::DELIVERY), "How changes reach the cluster.").fixed()
        .inner(),
        key("environments", &ENVIRONMENTS, "Named places where the platform runs in the cloud.").fixed(),
    ],
    strangers: &[
        stranger("name", "Compose", "write `platform:` for the platform's name"),
        stranger("version", "Compose", "leave it out: a definition has no version of its own"),
        stranger("environment", "Compose", "write `environments:` for where the platform runs, or `env:` within a service for its variables"),
        stranger("env", "Kubernetes", "write `env:` within a service; `environments:` is where the platform runs"),
        stranger("volumes", "Compose", "leave it out: data lives in `databases:` and `buckets:`"),
        stranger("networks", "Compose", "leave it out: what a service `uses` is what it can reach"),
        stranger("configs", "Compose", "write values under `env:` of the service"),
        stranger("apiVersion", "Kubernetes", "leave it out: this is no Kubernetes object"),
        stranger("kind", "Kubernetes", "leave it out: this is no Kubernetes object"),
        stranger("metadata", "Kubernetes", "write `platform:` for the name"),
        stranger("spec", "Kubernetes", "write its keys at the top"),
        stranger("resources", "Score", "write `databases:`, `buckets:` and `secrets:`"),
        stranger("include", "Compose", "leave it out: one platform is one file"),
    ],
};

pub(crate) static REPOSITORY: Object = Object {
    name: "repository",
    doc: "A git repository on a forge.",
    one_of: &[],
    keys: &[
        key(
            "url",
            &Shape::Text(&form::REPOSITORY),
            "Host, owner and name: `github.com/acme/counter`.",
        )
        .required(),
        key(
            "path",
            &Shape::Text(&form::FILE_PATH),
            "The platform's folder in the repository.",
        )
        .default("."),
        key(
            "branch",
            &Shape::Text(&form::TEXT),
            "The branch that clusters follow.",
        )
        .default("main"),
        key(
            "id",
            &Shape::Integer {
                min: 1,
                max: u64::MAX,
            },
            "The forge's numeric id of the repository. With it, cloud roles trust this repository also after a rename, and never another one that takes the old name.",
        ),
        key(
            "owner_id",
            &Shape::Integer {
                min: 1,
                max: u64::MAX,
            },
            "The forge's numeric id of the owner.",
        ),
    ],
    strangers: &[],
};

static SERVICES: Shape = Shape::Names {
    name: &form::NAME,
    thing: "service",
    value: &Shape::Object(&service::SERVICE),
    closed: true,
};
static DATABASES: Shape = Shape::Names {
    name: &form::NAME,
    thing: "database",
    value: &Shape::Object(&database::DATABASE),
    closed: true,
};
static SECRETS: Shape = Shape::Names {
    name: &form::NAME,
    thing: "secret",
    value: &Shape::Short {
        long: &secret::SECRET,
        key: "description",
    },
    closed: true,
};
static JOBS: Shape = Shape::Names {
    name: &form::NAME,
    thing: "job",
    value: &Shape::Object(&job::JOB),
    closed: true,
};
static BUCKETS: Shape = Shape::Names {
    name: &form::NAME,
    thing: "bucket",
    value: &Shape::Object(&bucket::BUCKET),
    closed: true,
};
static NOTIFY: Shape = Shape::Names {
    name: &form::NAME,
    thing: "notify target",
    value: &Shape::Object(&notify::NOTIFY),
    closed: true,
};
static ENVIRONMENTS: Shape = Shape::Names {
    name: &form::ENVIRONMENT_NAME,
    thing: "environment",
    value: &Shape::Object(&environment::ENVIRONMENT),
    closed: true,
};

/// A name that refers to something: it need not be of a name's form, since it is looked up.
pub(super) static REFERENCE: Form = Form {
    what: "a name",
    examples: &[],
    pattern: "",
    numbers: Numbers::AsWritten,
    check: |_| Ok(()),
    references: References::Refused,
};
