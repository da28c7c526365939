//! The platforms of these tests, rendered and written where tools can read them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_definition::Definition;
use seaworthy_diagnostics::Severity;
use seaworthy_render::kubernetes::Images;
use seaworthy_render::{Input, Rendered, render};
use seaworthy_testkit::tools;
use tempfile::TempDir;

/// A definition, by its name and text.
#[derive(Debug, Clone)]
pub(crate) struct Platform {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The examples, and one platform with everything that a definition can ask of Kubernetes, for each way of delivery.
pub(crate) fn platforms() -> Vec<Platform> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| {
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let example = |name: &str| Platform {
        name: name.to_owned(),
        text: read(
            here.join("../../examples")
                .join(name)
                .join("seaworthy.yaml"),
        ),
    };
    let counter = example("counter");
    let harbour = read(here.join("tests/kubernetes/platforms/harbour.yaml"));
    let flux = |name: &str, text: &str| Platform {
        name: name.to_owned(),
        text: text.replace("gitops: argo-cd", "gitops: flux"),
    };
    vec![
        flux("counter with flux", &counter.text),
        flux("harbour with flux", &harbour),
        counter,
        example("hello"),
        Platform {
            name: "harbour".to_owned(),
            text: harbour,
        },
    ]
}

impl Platform {
    /// Renders it with everything released.
    pub(crate) fn render(&self) -> Rendered {
        let (definition, _) = Definition::read("seaworthy.yaml", self.text.as_bytes());
        let wrong: Vec<_> = definition
            .check()
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .map(|diagnostic| diagnostic.message)
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", self.name);
        render(&Input::new(&definition, &[]))
    }

    /// Renders it into a folder, as a team's repository that has released everything.
    pub(crate) fn write(&self) -> Written {
        let rendered = self.render();
        let folder = tempfile::tempdir().expect("a folder");
        for (path, file) in rendered.tree.iter() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a folder");
            fs::write(path, &file.text).expect("a file");
        }
        let written = Written { folder };
        written.fill_in();
        written
    }
}

/// A platform on disk.
pub(crate) struct Written {
    folder: TempDir,
}

impl Written {
    /// What only AWS and a pipeline know: any identifier, and a digest for each image that has none.
    fn fill_in(&self) {
        for (path, text) in self.files() {
            if path.ends_with("outputs/configmap.yaml") {
                let filled = text.replace(
                    ": ''",
                    ": arn:aws:secretsmanager:eu-west-3:222222222222:secret:rds-x",
                );
                fs::write(self.folder.path().join(&path), filled).expect("it is ours");
            }
            if path.ends_with("images/kustomization.yaml") {
                let mut images = String::from("images:\n");
                for repository in self.repositories() {
                    let digest = "0123456789abcdef".repeat(4);
                    writeln!(
                        images,
                        "- name: {repository}\n  newTag: v1.0.0\n  digest: sha256:{digest}"
                    )
                    .expect("a string takes everything");
                }
                let text = text.replace("images: []\n", &images);
                Images::read(&text).expect("it is still what Kustomize takes");
                fs::write(self.folder.path().join(&path), text).expect("it is ours");
            }
        }
    }

    /// Images of the platform's own registry.
    fn repositories(&self) -> Vec<String> {
        let mut found: Vec<_> = self
            .files()
            .into_iter()
            .filter(|(path, _)| path.starts_with("gitops/services"))
            .flat_map(|(_, text)| {
                let lines: Vec<_> = text.lines().map(str::to_owned).collect();
                lines
            })
            .filter_map(|line| Some(line.trim().strip_prefix("image: ")?.to_owned()))
            .filter(|image| image.contains(".dkr.ecr.") && !image.contains('@'))
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Every file with its path.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), self.folder.path(), &mut files);
        files
    }

    /// The overlays of an environment, the platform's own first.
    pub(crate) fn overlays(&self, environment: &str) -> Vec<String> {
        let end = format!("/{environment}/kustomization.yaml");
        let mut overlays: Vec<_> = self
            .files()
            .into_keys()
            .filter(|path| path.starts_with("gitops/") && path.ends_with(&end))
            .map(|path| path.trim_end_matches("/kustomization.yaml").to_owned())
            .collect();
        overlays.sort_by_key(|path| {
            (
                path != &format!("gitops/platform/{environment}"),
                path.clone(),
            )
        });
        overlays
    }

    /// The environments that something is rendered for.
    pub(crate) fn environments(&self) -> Vec<String> {
        let mut environments: Vec<_> = self
            .files()
            .into_keys()
            .filter_map(|path| {
                let rest = path.strip_prefix("gitops/platform/")?;
                Some(rest.split('/').next()?.to_owned())
            })
            .filter(|folder| folder != "base")
            .collect();
        environments.dedup();
        environments
    }

    /// What `kustomize build` makes of a folder.
    pub(crate) fn build(&self, overlay: &str) -> String {
        let output = Command::new(tools::program("kustomize"))
            .arg("build")
            .arg(self.folder.path().join(overlay))
            .output()
            .expect("kustomize starts");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && talk.is_empty(),
            "kustomize build {overlay}: {talk}"
        );
        String::from_utf8(output.stdout).expect("kustomize writes UTF-8")
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .expect("it is below")
                .display()
                .to_string();
            files.insert(name, fs::read_to_string(&path).expect("it is text"));
        }
    }
}
