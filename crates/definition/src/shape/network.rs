//! The keys of the network.

use super::form;
use super::{Choice, Object, Shape, choice, key, stranger};

pub(crate) static NETWORK: Object = Object {
    name: "network",
    doc: "The VPC that an environment runs in, where it adopts none.",
    one_of: &[],
    keys: &[
        key(
            "range",
            &Shape::Text(&form::VPC_RANGE),
            "Its IPv4 range. Environments that are to be connected one day need ranges of their own.",
        )
        .default("10.0.0.0/16"),
        key(
            "nat",
            &Shape::Choice(NAT),
            "How what is inside reaches the internet.",
        )
        .computed("`per-zone` where protected, else `single`"),
        key(
            "endpoints",
            &Shape::List(&Shape::Text(&form::ENDPOINT)),
            "AWS services that are reached without the internet, such as `ecr.api`; each costs by the hour and zone. S3 always is, free.",
        ),
    ],
    strangers: &[
        stranger("cidr", "OpenTofu", "write `range: 10.0.0.0/16`"),
        stranger("vpc_id", "OpenTofu", "write `existing: { network: vpc-… }` in the environment"),
        stranger("enable_nat_gateway", "OpenTofu", "write `nat: per-zone`"),
        stranger("single_nat_gateway", "OpenTofu", "write `nat: single`"),
    ],
};

static NAT: &[Choice] = &[
    choice("per-zone", "A gateway in each zone."),
    choice("single", "One gateway for all zones."),
    choice("none", "None: only endpoints."),
];
