//! What is applied to a cluster, and what each part waits for.

use std::collections::BTreeMap;

use seaworthy_definition::model::{Compute, GitOps, SecretDelivery};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::releases::Release as Chart;
use seaworthy_tree::FileTree;
use serde_json::Value;

use super::{controllers, storage};
use crate::controllers::Controller;
use crate::kubernetes;
use crate::kubernetes::object::Object;
use crate::{Input, Scope};

/// Something that is applied as one.
pub(super) struct Step {
    /// Its name, of its own in the cluster.
    pub(super) name: String,
    /// Who may apply what: see [`Team`].
    pub(super) team: Team,
    /// The namespace of what names none.
    pub(super) namespace: String,
    /// The chart that it installs.
    pub(super) release: Option<Release>,
    /// The folders that it applies, each after the one before.
    pub(super) folders: Vec<String>,
    /// What is written into the first folder; nothing: others write it.
    pub(super) objects: Vec<Object>,
    /// The names of the steps that come first.
    pub(super) after: Vec<String>,
}

/// Whose a step is: controllers may be and do anything, services only what stands in their namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Team {
    /// What the cluster needs.
    Controllers,
    /// What the team ships.
    Services,
}

/// A chart that is installed.
pub(super) struct Release {
    pub(super) chart: &'static Chart,
    /// Where its values stand.
    pub(super) folder: String,
    pub(super) values: Value,
}

/// Every step of an environment, each after those that it waits for.
pub(super) fn of(input: &Input<'_>, scope: Scope<'_>, tree: &FileTree) -> Vec<Step> {
    let wanted = Controller::of(scope);
    let mut steps = vec![storage_step(scope)];
    if scope.platform.cluster.compute == Compute::Karpenter {
        steps.push(release_of(
            "karpenter-crd",
            Controller::Karpenter,
            Value::Null,
            scope,
            &[],
        ));
    }
    for controller in &wanted {
        steps.push(controller_step(*controller, scope));
        steps.extend(objects_step(*controller, scope, &wanted));
    }
    let waits: Vec<&str> = wanted
        .iter()
        .filter(|controller| {
            // Whose kinds the platform's objects are of, or whose webhooks judge them.
            matches!(
                controller,
                Controller::ExternalSecrets
                    | Controller::LoadBalancer
                    | Controller::Keda
                    | Controller::Monitoring
            )
        })
        .map(|controller| controller.name())
        .collect();
    let environment = &scope.environment.name;
    steps.push(Step {
        team: Team::Controllers,
        ..folders(
            "platform",
            scope,
            vec![format!("gitops/platform/{environment}")],
            &waits,
        )
    });
    for database in databases(tree, environment.as_str()) {
        let folder = format!("gitops/databases/{database}/{environment}");
        let name = format!("database-{database}");
        steps.push(folders(&name, scope, vec![folder], &["platform"]));
    }
    for service in scope.platform.services.values() {
        if kubernetes::is_released(input, scope, service) {
            steps.extend(service_steps(
                scope,
                service.name.as_str(),
                kubernetes::migrates(service),
            ));
        }
    }
    steps
}

/// The folders of databases that an environment has, as they were rendered.
fn databases<'a>(tree: &'a FileTree, environment: &'a str) -> impl Iterator<Item = &'a str> {
    tree.iter().filter_map(move |(path, _)| {
        path.strip_prefix("gitops/databases/")?
            .strip_suffix("/kustomization.yaml")?
            .strip_suffix(environment)?
            .strip_suffix('/')
    })
}

/// How many steps each step has before it, at least: Argo CD's waves.
pub(super) fn waves(steps: &[Step]) -> BTreeMap<&str, usize> {
    let mut waves = BTreeMap::new();
    for step in steps {
        let wave = step
            .after
            .iter()
            .filter_map(|name| waves.get(name.as_str()))
            .max()
            .map_or(0, |wave| wave + 1);
        waves.insert(step.name.as_str(), wave);
    }
    waves
}

fn storage_step(scope: Scope<'_>) -> Step {
    let folder = format!("gitops/infrastructure/storage/{}", scope.environment.name);
    Step {
        team: Team::Controllers,
        namespace: "kube-system".to_owned(),
        objects: vec![storage::class(scope)],
        ..folders("storage", scope, vec![folder], &[])
    }
}

fn controller_step(controller: Controller, scope: Scope<'_>) -> Step {
    let after: &[&str] = match controller {
        Controller::Karpenter => &["karpenter-crd"],
        // Their volumes are of that class.
        Controller::Monitoring | Controller::Loki => &["storage"],
        Controller::Alloy => &["loki"],
        _ => &[],
    };
    let values = controllers::values(controller, scope);
    release_of(controller.name(), controller, values, scope, after)
}

fn release_of(
    chart: &str,
    controller: Controller,
    values: Value,
    scope: Scope<'_>,
    after: &[&str],
) -> Step {
    let folder = format!("gitops/infrastructure/{chart}/{}", scope.environment.name);
    let release = Release {
        chart: Knowledge
            .release(chart)
            .expect("a test asks for the release of every controller"),
        folder,
        values: if values.is_null() {
            serde_json::json!({})
        } else {
            values
        },
    };
    Step {
        team: Team::Controllers,
        namespace: controller.namespace().to_owned(),
        release: Some(release),
        ..folders(chart, scope, Vec::new(), after)
    }
}

/// What stands beside a chart and is of kinds that it brings.
fn objects_step(controller: Controller, scope: Scope<'_>, wanted: &[Controller]) -> Option<Step> {
    let objects = controllers::objects(controller, scope);
    if objects.is_empty() {
        return None;
    }
    let name = format!("{}-objects", controller.name());
    let folder = format!(
        "gitops/infrastructure/{}/{}/objects",
        controller.name(),
        scope.environment.name
    );
    let mut after = vec![controller.name()];
    if controller == Controller::Monitoring && wanted.contains(&Controller::ExternalSecrets) {
        after.push(Controller::ExternalSecrets.name());
    }
    Some(Step {
        team: Team::Controllers,
        namespace: controller.namespace().to_owned(),
        objects,
        ..folders(&name, scope, vec![folder], &after)
    })
}

/// A service and what runs before it. Argo CD orders both within one application, Flux takes two.
fn service_steps(scope: Scope<'_>, service: &str, migrates: bool) -> Vec<Step> {
    let environment = &scope.environment.name;
    let folder = format!("gitops/services/{service}/{environment}");
    let migration = format!("gitops/services/{service}/migration/{environment}");
    match scope.platform.delivery.gitops {
        GitOps::ArgoCd => {
            let both = migrates.then_some(migration).into_iter().chain([folder]);
            vec![folders(service, scope, both.collect(), &["platform"])]
        }
        GitOps::Flux if migrates => {
            let before = format!("{service}-migration");
            vec![
                folders(&before, scope, vec![migration], &["platform"]),
                folders(service, scope, vec![folder], &[&before]),
            ]
        }
        GitOps::Flux => vec![folders(service, scope, vec![folder], &["platform"])],
    }
}

fn folders(name: &str, scope: Scope<'_>, folders: Vec<String>, after: &[&str]) -> Step {
    Step {
        name: name.to_owned(),
        team: Team::Services,
        namespace: kubernetes::namespace_of(scope.platform),
        release: None,
        folders,
        objects: Vec::new(),
        after: after.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Whether the External Secrets Operator is there to make secrets.
pub(super) fn makes_secrets(scope: Scope<'_>) -> bool {
    scope.platform.cluster.secrets == SecretDelivery::ExternalSecrets
}
