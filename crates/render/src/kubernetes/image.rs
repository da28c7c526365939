//! Which image a service runs, and the file per environment that says which build of it.
//!
//! Objects name the image without a tag. Its tag and digest stand side by side in one seeded file per environment, a
//! Kustomize component that `promote`, a pipeline or a robot changes one line of: that difference is the release.

use seaworthy_definition::model::{EnvironmentName, Platform, Service, ServiceSource};

use super::object::to_yaml;
use crate::{Input, Scope};

/// The folder of an environment's images file.
pub(crate) fn folder(environment: &EnvironmentName) -> String {
    format!("gitops/environments/{environment}/images")
}

/// The file that says which builds an environment runs.
pub fn file(environment: &EnvironmentName) -> String {
    format!("{}/kustomization.yaml", folder(environment))
}

/// What stands in the image's place in an object: the repository alone where the environment's file gives the digest,
/// else what the definition says.
pub(super) fn reference(scope: Scope<'_>, service: &Service) -> String {
    match &service.source {
        ServiceSource::Image(reference) => reference.clone(),
        ServiceSource::Build(_) | ServiceSource::Run => repository(scope, service.name.as_str()),
    }
}

/// The repository of a service's builds in the platform's registry.
pub(super) fn repository(scope: Scope<'_>, service: &str) -> String {
    format!(
        "{}/{}/{service}",
        registry(scope.platform),
        scope.platform.name
    )
}

/// The platform's one registry: in the account of a protected environment, else of the first.
fn registry(platform: &Platform) -> String {
    let placed = platform.environments.values().filter_map(|environment| {
        let place = (
            environment.account.as_deref()?,
            environment.region.as_deref()?,
        );
        Some((environment.protected, place))
    });
    // The first of those that rank highest: `max_by_key` would take the last.
    let (_, (account, region)) = placed
        .min_by_key(|(protected, _)| !protected)
        .unwrap_or_default();
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("{account}.dkr.ecr.{region}.{domain}")
}

/// What the file begins with: nothing is released yet.
pub(super) fn seed(scope: Scope<'_>) -> String {
    let component = serde_json::json!({
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "images": [],
    });
    format!(
        "# Which builds run in {environment}. Written once by Seaworthy, then yours: `seaworthy promote`, a pipeline or a
# robot puts a digest here, with its tag beside it for people. A service without an entry has not been released.
#
# - name: {example}
#   newTag: v1.2.3
#   digest: sha256:…

{}",
        to_yaml(&component),
        environment = scope.environment.name,
        example = repository(scope, "<service>"),
    )
}

/// Whether an environment runs a build of the service: the environment's file has a digest for it, or its image is not
/// ours to build.
pub fn is_released(input: &Input<'_>, scope: Scope<'_>, service: &Service) -> bool {
    match &service.source {
        ServiceSource::Image(_) => true,
        ServiceSource::Run => false,
        ServiceSource::Build(_) => input
            .images
            .get(&scope.environment.name)
            .is_some_and(|images| images.digest(&reference(scope, service)).is_some()),
    }
}
