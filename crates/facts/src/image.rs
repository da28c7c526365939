//! Names of container images.

use std::fmt;

use crate::{Same, Text};

/// An image reference, taken apart: `registry/repository:tag@digest`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    /// The registry's host, where the reference names one: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
    pub registry: Option<Text>,
    /// The repository in it: `team/api`.
    pub repository: Text,
    /// The tag; `None` where the reference has none, which pulls `latest`.
    pub tag: Option<Text>,
    /// The digest: `sha256:…`.
    pub digest: Option<Text>,
}

impl ImageReference {
    /// Takes a reference apart. Holes stay whole: a hole in front of the first `/` is a registry (or a registry and
    /// the start of a repository), a colon counts as a tag's only after the last `/`.
    pub fn parse(text: &Text) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text.clone(), None),
        };
        let (path, last) = match rest.rsplit_once('/') {
            Some((path, last)) => (Some(path), last),
            None => (None, rest),
        };
        let (last, tag) = match last.split_once(':') {
            Some((last, tag)) => (last, Some(tag)),
            None => (last, None),
        };
        let mut repository = last;
        let mut registry = None;
        if let Some(path) = path {
            let (first, middle) = match path.split_once('/') {
                Some((first, middle)) => (first, Some(middle)),
                None => (path, None),
            };
            let below = match middle {
                Some(middle) => joined(&middle, &repository),
                None => repository.clone(),
            };
            if is_host(&first) {
                registry = Some(first);
                repository = below;
            } else {
                repository = joined(&first, &below);
            }
        }
        Self {
            registry,
            repository,
            tag,
            digest,
        }
    }

    /// Whether both can name the same repository. A registry that only one of them names is not held against them.
    pub fn same_repository(&self, other: &Self) -> Same {
        let registry = match (&self.registry, &other.registry) {
            (Some(ours), Some(theirs)) => ours.same(theirs),
            (None, None) => Same::Always,
            _ => Same::Maybe,
        };
        match (registry, self.repository.same(&other.repository)) {
            (Same::Never, _) | (_, Same::Never) => Same::Never,
            (Same::Always, Same::Always) => Same::Always,
            _ => Same::Maybe,
        }
    }

    /// The tag that is pulled: `latest` where none is named. `None` for a digest, which no tag decides.
    pub fn pulled_tag(&self) -> Option<Text> {
        if self.digest.is_some() {
            return None;
        }
        Some(self.tag.clone().unwrap_or_else(|| "latest".into()))
    }

    /// The account and region, for a registry of ECR; what is not known is a hole.
    pub fn ecr(&self) -> Option<(Text, Text)> {
        let registry = self.registry.as_ref()?;
        if !registry.known_suffix().contains("amazonaws.com") {
            return None;
        }
        let (account, rest) = registry.split_once('.')?;
        let rest = strip(&rest, "dkr.ecr.")?;
        let (region, _) = rest.split_once('.')?;
        Some((account, region))
    }
}

fn joined(before: &Text, after: &Text) -> Text {
    let mut text = before.clone();
    text.push_str("/");
    text.push(after);
    text
}

/// A host has a dot or a port or is `localhost`; a hole may be one.
fn is_host(first: &Text) -> bool {
    match first.literal() {
        Some(first) => first.contains('.') || first.contains(':') || first == "localhost",
        None => true,
    }
}

fn strip(text: &Text, start: &str) -> Option<Text> {
    let literal = text.known_prefix().strip_prefix(start)?;
    let mut rest = Text::from(literal);
    for part in text.parts().iter().skip(1) {
        match part {
            crate::Part::Literal(text) => rest.push_str(text),
            crate::Part::Hole(unknown) => rest.push_hole(unknown.clone()),
        }
    }
    Some(rest)
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        self.repository.fmt(f)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unknown, UnknownKind};

    fn parsed(text: &str) -> (Option<String>, String, Option<String>) {
        let reference = ImageReference::parse(&text.into());
        (
            reference.registry.map(|text| text.to_string()),
            reference.repository.to_string(),
            reference.tag.map(|text| text.to_string()),
        )
    }

    #[test]
    fn references_come_apart_as_docker_takes_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parsed("nginx"), (None, "nginx".into(), None));
        assert_eq!(
            parsed("grafana/loki:3.1"),
            (None, "grafana/loki".into(), some("3.1"))
        );
        assert_eq!(
            parsed("ghcr.io/a/b/c:v1"),
            (some("ghcr.io"), "a/b/c".into(), some("v1"))
        );
        assert_eq!(
            parsed("localhost:5000/api"),
            (some("localhost:5000"), "api".into(), None)
        );
    }

    #[test]
    fn a_hole_in_front_is_a_registry() {
        let mut text = Text::hole(Unknown::new(
            UnknownKind::Expression,
            "steps.ecr.outputs.registry",
        ));
        text.push_str("/api:");
        text.push_hole(Unknown::new(UnknownKind::Expression, "github.sha"));
        let pushed = ImageReference::parse(&text);
        assert_eq!(pushed.repository.literal(), Some("api"));
        let deployed = ImageReference::parse(
            &"123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:latest".into(),
        );
        assert_eq!(pushed.same_repository(&deployed), Same::Maybe);
        let (account, region) = deployed.ecr().expect("it is one of ECR");
        assert_eq!(
            (account.literal(), region.literal()),
            (Some("123456789012"), Some("eu-west-1"))
        );
        assert_eq!(
            deployed.pulled_tag().expect("it has a tag").literal(),
            Some("latest")
        );
    }
}
