//! The keys of an environment.

use super::form;
use super::platform::REFERENCE;
use super::{Object, Shape, key, stranger};

pub(crate) static ENVIRONMENT: Object = Object {
    name: "environment",
    doc: "A named place where the platform runs. Its own settings stand here; what it changes of the rest stands under `override`.",
    one_of: &[],
    keys: &[
        key(
            "account",
            &Shape::Text(&form::ACCOUNT),
            "The AWS account: twelve digits, in quotes.",
        ),
        key("region", &Shape::Text(&form::REGION), "The AWS region."),
        key(
            "copy_region",
            &Shape::Text(&form::REGION),
            "Another region, which backups are copied to. Without it they stay where they are taken.",
        ),
        key(
            "zones",
            &Shape::Integer { min: 2, max: 3 },
            "How many availability zones are used.",
        )
        .computed("3 where protected, else 2"),
        key(
            "deployment",
            &Shape::Text(&form::DEPLOYMENT),
            "Tells several deployments of one platform in one account apart. Without it there is one.",
        ),
        key(
            "existing",
            &Shape::Object(&EXISTING),
            "What exists already and is adopted instead of made.",
        )
        .inner(),
        key(
            "awake",
            &Shape::Text(&form::AWAKE),
            "When it runs. Without it, always.",
        ),
        key(
            "budget",
            &Shape::Text(&form::BUDGET),
            "What it may cost. Without it there is no budget.",
        ),
        key(
            "notify",
            &Shape::List(&Shape::Text(&REFERENCE)),
            "Where its alerts and budget alarms go: names of `notify`.",
        ),
        key(
            "protected",
            &Shape::Boolean,
            "Destroying it is refused, and deletion protection is on.",
        )
        .computed("true for the environment named `production`"),
        key(
            "override",
            &Shape::Override,
            "What this environment changes of what the platform declares: maps merge, scalars and lists replace.",
        ),
    ],
    strangers: &[
        stranger("services", "Copilot", "write `override: { services: … }`"),
        stranger(
            "databases",
            "other tools",
            "write `override: { databases: … }`",
        ),
        stranger(
            "cluster",
            "other tools",
            "write `override: { cluster: … }`, or `existing: { cluster: name }` to adopt one",
        ),
        stranger("vpc", "OpenTofu", "write `existing: { network: vpc-… }`"),
        stranger("availability_zones", "OpenTofu", "write `zones: 3`"),
        stranger("overrides", "other tools", "write `override:`"),
    ],
};

pub(crate) static EXISTING: Object = Object {
    name: "set of existing things",
    doc: "Things that exist already and are adopted instead of made.",
    one_of: &[],
    keys: &[
        key("network", &Shape::Text(&form::NETWORK_ID), "A VPC's id."),
        key(
            "cluster",
            &Shape::Text(&form::TEXT),
            "An EKS cluster's name.",
        ),
        key(
            "zone",
            &Shape::Text(&form::TEXT),
            "A DNS zone's name or id.",
        ),
    ],
    strangers: &[stranger("vpc", "OpenTofu", "write `network:`")],
};
