//! Lists of images to build: Skaffold.

use seaworthy_facts::delivery::Build;
use seaworthy_facts::{SourceKind, Sources, Value};

/// Reads the artifacts of every Skaffold file.
pub(crate) fn builds(sources: &Sources) -> Vec<Build> {
    let mut builds = Vec::new();
    for source in sources.of(SourceKind::Yaml) {
        if !source.file.text().contains("skaffold/") {
            continue;
        }
        for document in seaworthy_facts::yaml::read(&source.file).documents {
            let is_skaffold = document
                .value
                .get("apiVersion")
                .and_then(Value::str)
                .is_some_and(|version| version.starts_with("skaffold/"));
            if !is_skaffold {
                continue;
            }
            let artifacts = document
                .value
                .at("build.artifacts")
                .map(Value::items)
                .unwrap_or_default();
            for artifact in artifacts {
                let Some(image) = artifact.get("image") else {
                    continue;
                };
                builds.push(Build {
                    image: image.clone(),
                    context: artifact
                        .get("context")
                        .cloned()
                        .unwrap_or_else(|| Value::string(".", image.span)),
                    dockerfile: artifact.at("docker.dockerfile").cloned(),
                    span: image.span,
                });
            }
        }
    }
    builds
}
