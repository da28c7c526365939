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
