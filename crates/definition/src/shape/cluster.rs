//! The keys of the cluster.

use super::form;
use super::{Choice, Dated, Object, Shape, choice, key, stranger};

pub(crate) static CLUSTER: Object = Object {
    name: "cluster",
    doc: "The Kubernetes cluster that an environment runs on.",
    one_of: &[],
    keys: &[
        key(
            "kubernetes",
            &Shape::Text(&form::KUBERNETES),
            "Kubernetes' minor version, in quotes.",
        )
        .dated(Dated::Kubernetes),
        key("compute", &Shape::Choice(COMPUTE), "What makes nodes.").default("karpenter"),
        key(
            "nodes",
            &Shape::Object(&NODES),
            "The machines that services run on.",
        )
        .inner(),
        key(
            "secrets",
            &Shape::Choice(SECRETS),
            "How secrets reach workloads.",
        )
        .default("external-secrets"),
        key("logs", &Shape::Choice(LOGS), "Where logs go.").default("loki"),
        key(
            "monitoring",
            &Shape::Choice(MONITORING),
            "Where monitoring runs.",
        )
        .default("own-nodes"),
        key(
            "admins",
            &Shape::List(&Shape::Text(&form::ARN)),
            "IAM principals with full rights.",
        ),
        key(
            "viewers",
            &Shape::List(&Shape::Text(&form::ARN)),
            "IAM principals that may look.",
        ),
        key(
            "public_access",
            &Shape::List(&Shape::Text(&form::CIDR)),
            "Address ranges that may reach the public endpoint. Without any, the endpoint is private.",
        ),
    ],
    strangers: &[
        stranger("version", "OpenTofu", "write `kubernetes: \"1.36\"`"),
        stranger("node_groups", "OpenTofu", "write `compute: node-groups`"),
        stranger(
            "endpoint_public_access_cidrs",
            "OpenTofu",
            "write `public_access:`",
        ),
    ],
};

pub(crate) static NODES: Object = Object {
    name: "set of nodes",
    doc: "The machines that services run on. The load moves their number within these bounds.",
    one_of: &[],
    keys: &[
        key(
            "architecture",
            &Shape::Choice(ARCHITECTURE),
            "The processors; images must be built for them.",
        )
        .default("amd64"),
        key("capacity", &Shape::Choice(CAPACITY), "How they are bought.").default("on-demand"),
        key(
            "types",
            &Shape::List(&Shape::Text(&form::INSTANCE_TYPE)),
            "Instance types, several so that one can be short. With `compute: auto` AWS chooses.",
        )
        .computed("the renderer's dated default"),
        key(
            "min",
            &Shape::Integer { min: 1, max: 450 },
            "At least so many.",
        )
        .default("2"),
        key(
            "max",
            &Shape::Integer { min: 1, max: 450 },
            "At most so many.",
        )
        .default("10"),
    ],
    strangers: &[
        stranger("instance_types", "OpenTofu", "write `types:`"),
        stranger("ami_type", "OpenTofu", "write `architecture:`"),
        stranger("capacity_type", "OpenTofu", "write `capacity: spot`"),
        stranger("min_size", "OpenTofu", "write `min:`"),
        stranger("max_size", "OpenTofu", "write `max:`"),
    ],
};

static ARCHITECTURE: &[Choice] = &[
    choice("amd64", "x86-64."),
    choice("arm64", "AWS Graviton, cheaper for the same work."),
];
static CAPACITY: &[Choice] = &[
    choice("on-demand", "Kept until given back."),
    choice(
        "spot",
        "Much cheaper, and taken away with two minutes' notice.",
    ),
];
static COMPUTE: &[Choice] = &[
    choice("karpenter", "Karpenter."),
    choice("node-groups", "Managed node groups."),
    choice("auto", "EKS Auto Mode."),
    choice("self-managed", "Kubernetes on EC2, run by the team."),
];
static SECRETS: &[Choice] = &[
    choice("external-secrets", "External Secrets Operator."),
    choice("secrets-store-csi", "Secrets Store CSI driver."),
];
static LOGS: &[Choice] = &[
    choice("loki", "Grafana Loki."),
    choice("cloudwatch", "Amazon CloudWatch Logs."),
    choice("elastic", "Elasticsearch."),
];
static MONITORING: &[Choice] = &[
    choice("own-nodes", "In the same cluster, on nodes of its own."),
    choice("own-cluster", "In a cluster of its own."),
];
