//! The controllers that take what is rendered from git to a cluster, started as processes beside an API server.

use super::golang::Build;
use super::{Tool, Way};

const PURPOSE: &str = "bringing what is rendered from git to an API server";

/// The programs.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        program: "flux-kustomize-controller-1.7",
        purpose: PURPOSE,
        // It does not say it.
        version: &[],
        ways: &[Way::GoBuild(Build {
            module: "github.com/fluxcd/kustomize-controller",
            version: "v1.7.3",
            package: "",
            variables: &[],
        })],
    },
    Tool {
        // Server, repo server and controller are one program. Later ones need a module that is not published.
        program: "argocd-3.2",
        purpose: PURPOSE,
        version: &["version", "--client", "--short"],
        ways: &[Way::GoBuild(Build {
            module: "github.com/argoproj/argo-cd/v3",
            version: "v3.2.1",
            package: "cmd",
            variables: &["github.com/argoproj/argo-cd/v3/common.version=3.2.1"],
        })],
    },
    Tool {
        program: "redis-server",
        purpose: PURPOSE,
        version: &["--version"],
        ways: &[Way::Install {
            packages: &["redis-server"],
        }],
    },
];
