//! Images of others that rendered jobs run.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    image: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    purpose: String,
    #[serde(flatten)]
    image: OutsideImage,
}

/// An image that somebody else publishes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OutsideImage {
    /// Registry and repository.
    pub name: String,
    /// The tag that the digest had on the day it was read.
    pub tag: String,
    /// The digest of its index.
    pub digest: String,
}

impl OutsideImage {
    /// What stands in an object: the digest decides, the tag is for people.
    pub fn reference(&self) -> String {
        format!("{}:{}@{}", self.name, self.tag, self.digest)
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/outside-images.toml")).expect("the table is tested")
});

impl Knowledge {
    /// The image with PostgreSQL's client programs and server.
    ///
    /// # Panics
    /// Never: the table is tested.
    pub fn postgres_image(&self) -> &'static OutsideImage {
        image("postgres")
    }

    /// The image with the command line of AWS.
    ///
    /// # Panics
    /// Never: the table is tested.
    pub fn aws_image(&self) -> &'static OutsideImage {
        image("aws")
    }

    /// When the digests of [`OutsideImage`]s were read.
    pub fn outside_images_read(&self) -> Date {
        TABLE.read
    }
}

fn image(purpose: &str) -> &'static OutsideImage {
    let mut rows = TABLE.image.iter();
    let row = rows.find(|row| row.purpose == purpose);
    &row.expect("the table is tested").image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_tag_and_a_digest() {
        for image in [Knowledge.postgres_image(), Knowledge.aws_image()] {
            let digest = image.digest.strip_prefix("sha256:").unwrap_or_default();
            assert_eq!(digest.len(), 64, "{image:?}");
            assert!(digest.chars().all(|c| c.is_ascii_hexdigit()), "{image:?}");
            assert!(
                !image.tag.is_empty() && image.name.contains('/'),
                "{image:?}"
            );
        }
    }
}
