//! What judges Kubernetes objects: an API server, its store, its clients, and the custom resource definitions (CRDs)
//! of what the cluster gets besides.

use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_testkit::tools::cached_crds;

use super::golang::{Build, download};
use super::{Tool, Way};
use crate::Failure;

/// The programs.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        program: "kubectl",
        purpose: "asking an API server as its users do",
        version: &["version", "--client"],
        ways: &[Way::GoBuild(Build {
            module: "k8s.io/kubernetes",
            version: "v1.36.1",
            package: "cmd/kubectl",
            variables: &[
                "k8s.io/component-base/version.gitVersion=v1.36.1",
                "k8s.io/component-base/version.gitMajor=1",
                "k8s.io/component-base/version.gitMinor=36",
            ],
        })],
    },
    Tool {
        // With its version in the name: what is rendered for a version is judged by that version.
        program: "kube-apiserver-1.36",
        purpose: "judging the Kubernetes objects that are rendered",
        version: &["--version"],
        ways: &[Way::GoBuild(Build {
            module: "k8s.io/kubernetes",
            version: "v1.36.1",
            package: "cmd/kube-apiserver",
            variables: &[
                "k8s.io/component-base/version.gitVersion=v1.36.1",
                "k8s.io/component-base/version.gitMajor=1",
                "k8s.io/component-base/version.gitMinor=36",
            ],
        })],
    },
    Tool {
        program: "etcd",
        purpose: "the store of the API server in tests",
        version: &["--version"],
        ways: &[
            Way::GoBuild(Build {
                module: "go.etcd.io/etcd/server/v3",
                version: "v3.6.8",
                package: "",
                variables: &[],
            }),
            Way::Unpack {
                package: "etcd-server",
                path: "usr/bin/etcd",
            },
        ],
    },
    Tool {
        program: "kustomize",
        purpose: "building the overlays that are rendered",
        version: &["version"],
        ways: &[Way::Go {
            module: "sigs.k8s.io/kustomize/kustomize/v5",
            version: "v5.8.2",
        }],
    },
];

/// CRDs that a project publishes inside its Go module.
struct Crds {
    /// The folder's name in the cache, which tests ask for.
    name: &'static str,
    module: &'static str,
    version: &'static str,
    folder: &'static str,
}

const CRDS: &[Crds] = &[
    Crds {
        name: "gateway-api",
        module: "sigs.k8s.io/gateway-api",
        version: "v1.6.1",
        folder: "config/crd/standard",
    },
    Crds {
        name: "external-secrets",
        module: "github.com/external-secrets/external-secrets",
        version: "v1.3.2",
        folder: "config/crds/bases",
    },
    Crds {
        name: "prometheus-operator",
        module: "github.com/prometheus-operator/prometheus-operator",
        version: "v0.85.0",
        folder: "example/prometheus-operator-crd",
    },
    Crds {
        name: "karpenter",
        module: "github.com/aws/karpenter-provider-aws",
        version: "v1.14.1",
        folder: "pkg/apis/crds",
    },
    Crds {
        name: "vpc-resource-controller",
        module: "github.com/aws/amazon-vpc-resource-controller-k8s",
        version: "v1.8.2",
        folder: "config/crd/bases",
    },
    Crds {
        name: "keda",
        module: "github.com/kedacore/keda/v2",
        version: "v2.20.2",
        folder: "config/crd/bases",
    },
    Crds {
        name: "cert-manager",
        module: "github.com/cert-manager/cert-manager",
        version: "v1.21.1",
        folder: "deploy/crds",
    },
    Crds {
        name: "argo-cd",
        module: "github.com/argoproj/argo-cd/v3",
        version: "v3.5.7",
        folder: "manifests/crds",
    },
    Crds {
        name: "flux-source",
        module: "github.com/fluxcd/source-controller",
        version: "v1.9.6",
        folder: "config/crd/bases",
    },
    // Later versions cannot be had as modules; `v2` of the kind is the same in them.
    Crds {
        name: "flux-helm",
        module: "github.com/fluxcd/helm-controller",
        version: "v1.4.0",
        folder: "config/crd/bases",
    },
    Crds {
        name: "flux-kustomize",
        module: "github.com/fluxcd/kustomize-controller",
        version: "v1.9.6",
        folder: "config/crd/bases",
    },
];

/// Gets the CRDs of every project, and prints a line for each.
pub(super) fn crds(missing: &mut Vec<String>) {
    for crds in CRDS {
        let version = format!("{}@{}", crds.module, crds.version);
        match crds.get(&version) {
            Ok(folder) => println!("CRDs of {}: {version}  {}", crds.name, folder.display()),
            Err(failure) => {
                println!("CRDs of {}: missing", crds.name);
                missing.push(format!("- CRDs of {} ({version}): {failure}", crds.name));
            }
        }
    }
}

impl Crds {
    fn get(&self, version: &str) -> Result<PathBuf, Failure> {
        let folder = cached_crds(self.name);
        let note = folder.join("VERSION");
        if fs::read_to_string(&note).is_ok_and(|noted| noted == version) {
            return Ok(folder);
        }
        let module = download(self.module, self.version)?;
        let module = module["Dir"]
            .as_str()
            .ok_or("`go mod download` named no folder")?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        copy(&Path::new(module).join(self.folder), &folder)?;
        // Written last: a copy that was cut off is made again.
        fs::write(note, version)?;
        Ok(folder)
    }
}

/// Copies the definitions of a folder, and not the kustomizations beside them.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut copied = 0;
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml");
        if yaml && !name.starts_with("kustomization") {
            // Not `fs::copy`: Go keeps its modules read only, and the next run writes again.
            fs::write(to.join(&*name), fs::read(&path)?)?;
            copied += 1;
        }
    }
    if copied == 0 {
        return Err(format!("{} has no YAML file", from.display()).into());
    }
    Ok(())
}
