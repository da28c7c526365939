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
            let profiles = document
                .value
                .get("profiles")
                .map(Value::items)
                .unwrap_or_default();
            let artifacts = std::iter::once(&document.value)
                .chain(profiles)
                .filter_map(|part| part.at("build.artifacts"))
                .flat_map(Value::items);
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
