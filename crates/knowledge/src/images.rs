//! Until when versions of images get security fixes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    image: Vec<Image>,
    codenames: BTreeMap<String, Date>,
}

#[derive(Debug, Deserialize)]
struct Image {
    names: Vec<String>,
    ended: BTreeMap<String, Date>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/images.toml")).expect("the table is tested")
});

/// Why an image is outdated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What ended: `python 2.7`, `Debian stretch`.
    pub what: String,
    /// When.
    pub on: Date,
}

impl Knowledge {
    /// What of an image no longer gets fixes, by its name without registry and its tag.
    pub fn image_ended(&self, name: &str, tag: &str) -> Option<Ended> {
        let name = name.strip_prefix("library/").unwrap_or(name);
        if let Some(image) = TABLE
            .image
            .iter()
            .find(|image| image.names.iter().any(|other| other == name))
            && let Some(version) = version(tag)
        {
            let mut oldest: Option<(Vec<u32>, Date)> = None;
            for (cycle, on) in &image.ended {
                let parts = numbers(cycle);
                if version.starts_with(&parts) {
                    return Some(Ended {
                        what: format!("{name} {cycle}"),
                        on: *on,
                    });
                }
                if oldest.as_ref().is_none_or(|(other, _)| parts < *other) {
                    oldest = Some((parts, *on));
                }
            }
            // What is older than the oldest in the table ended before that.
            if let Some((parts, on)) = oldest
                && version.len() >= parts.len()
                && version[..parts.len()] < parts[..]
            {
                let shown: Vec<String> = version.iter().map(u32::to_string).collect();
                return Some(Ended {
                    what: format!("{name} {}", shown.join(".")),
                    on,
                });
            }
        }
        let code = tag
            .split(['-', '.', '_'])
            .find_map(|part| TABLE.codenames.get_key_value(part))?;
        Some(Ended {
            what: format!("the release `{}` that it is built on", code.0),
            on: *code.1,
        })
    }

    /// The day that the ends of images were read.
    pub fn images_read(&self) -> Date {
        TABLE.read
    }
}

/// The version that a tag starts with: `3.12` of `3.12-slim`.
fn version(tag: &str) -> Option<Vec<u32>> {
    let first = tag
        .strip_prefix('v')
        .unwrap_or(tag)
        .split(['-', '_', '+'])
        .next()?;
    let parts: Option<Vec<u32>> = first.split('.').map(|part| part.parse().ok()).collect();
    parts
}

fn numbers(cycle: &str) -> Vec<u32> {
    cycle
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_ended_and_new_ones_did_not() {
        let ended =
            |name: &str, tag: &str| Knowledge.image_ended(name, tag).map(|ended| ended.what);
        assert_eq!(
            ended("python", "2.7-stretch").as_deref(),
            Some("python 2.7")
        );
        assert_eq!(ended("nginx", "1.14.2").as_deref(), Some("nginx 1.14.2"));
        assert_eq!(
            ended("library/node", "18-alpine").as_deref(),
            Some("node 18")
        );
        assert!(ended("python", "3.13-slim-bookworm").is_none());
        assert!(ended("node", "22").is_none());
        assert!(ended("python", "3").is_none());
        assert!(ended("python", "latest").is_none());
        assert!(ended("example/app", "1.0").is_none());
        assert!(ended("example/app", "1.0-buster").is_some());
    }
}
