//! The keys of delivery.

use super::form;
use super::{Choice, Object, Shape, choice, key, stranger};

pub(crate) static DELIVERY: Object = Object {
    name: "delivery",
    doc: "How changes reach the cluster: CI builds, GitOps applies.",
    one_of: &[],
    keys: &[
        key("gitops", &Shape::Choice(GITOPS), "What applies from git.").default("argo-cd"),
        key("ci", &Shape::Choice(CI), "What builds and releases.").default("github-actions"),
        key(
            "gitops_repository",
            &Shape::Short {
                long: &GITOPS_REPOSITORY,
                key: "url",
            },
            "Where the GitOps tree lives.",
        )
        .computed("the platform's repository"),
    ],
    strangers: &[
        stranger("cd", "other tools", "write `gitops:`"),
        stranger("pipeline", "other tools", "write `ci:`"),
    ],
};

static GITOPS: &[Choice] = &[choice("argo-cd", "Argo CD."), choice("flux", "Flux.")];
static CI: &[Choice] = &[
    choice("github-actions", "GitHub Actions."),
    choice("jenkins", "Jenkins."),
];

pub(crate) static GITOPS_REPOSITORY: Object = Object {
    name: "GitOps repository",
    doc: "A GitOps tree outside the platform's repository.",
    one_of: &[],
    keys: &[
        key(
            "url",
            &Shape::Text(&form::REPOSITORY),
            "Host, owner and name: `github.com/acme/gitops`.",
        )
        .required(),
        key("path", &Shape::Text(&form::FILE_PATH), "The folder in it.").default("."),
    ],
    strangers: &[],
};
