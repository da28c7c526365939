//! Elastic Container Registry: whether an image is there.

use serde_json::json;

use crate::{Client, Error, Service};

impl Client {
    /// Whether a repository of a registry has an image of this digest. A repository that does not exist has none.
    ///
    /// # Errors
    /// As [`json`](Self::json).
    pub fn has_image(&self, account: &str, repository: &str, digest: &str) -> Result<bool, Error> {
        let answer = self.json(
            Service::Ecr,
            "AmazonEC2ContainerRegistry_V20150921.DescribeImages",
            &json!({
                "registryId": account,
                "repositoryName": repository,
                "imageIds": [{ "imageDigest": digest }],
            }),
        );
        match answer {
            Ok(answer) => Ok(answer["imageDetails"]
                .as_array()
                .is_some_and(|images| !images.is_empty())),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
