//! An environment's images file, read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Which builds an environment runs: its seeded file `gitops/environments/<environment>/images/kustomization.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    images: BTreeMap<String, Released>,
}

/// A build that an environment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The tag that people know it by.
    pub tag: Option<String>,
    /// What runs.
    pub digest: String,
}

/// The images file is not what Kustomize takes.
#[derive(Debug, thiserror::Error)]
#[error("it is no Kustomize component with a list of images: {0}")]
pub struct ImagesError(#[from] yaml_serde::Error);

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    images: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    new_tag: Option<String>,
    digest: Option<String>,
}

impl Images {
    /// Reads the file's text. Entries without a digest count as not released: a tag alone moves.
    pub fn read(text: &str) -> Result<Self, ImagesError> {
        let file: File = yaml_serde::from_str(text)?;
        let entries = file.images.into_iter().flatten();
        let images = entries
            .filter_map(|entry| {
                let released = Released {
                    tag: entry.new_tag,
                    digest: entry.digest?,
                };
                Some((entry.name, released))
            })
            .collect();
        Ok(Self { images })
    }

    /// What an image's repository has been released as.
    pub fn released(&self, repository: &str) -> Option<&Released> {
        self.images.get(repository)
    }

    /// The digest that runs of an image's repository.
    pub fn digest(&self, repository: &str) -> Option<&str> {
        self.released(repository)
            .map(|released| released.digest.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_a_release_and_a_tag_alone_is_none() {
        let images = Images::read(
            "apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- name: registry/api
  newTag: v1.0.0
  digest: sha256:aa
- name: registry/web
  newTag: v1.0.0
",
        )
        .unwrap();
        assert_eq!(images.digest("registry/api"), Some("sha256:aa"));
        assert_eq!(images.digest("registry/web"), None);
        assert_eq!(
            Images::read("kind: Component\nimages: []\n").unwrap(),
            Images::default()
        );
        assert_eq!(
            Images::read("kind: Component\nimages:\n").unwrap(),
            Images::default()
        );
        assert!(Images::read("images: 1\n").is_err());
    }
}
