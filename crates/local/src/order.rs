//! The order in which services start: what is used comes before what uses it.

use std::collections::BTreeSet;

use seaworthy_definition::model::{Platform, Resource, ServiceName};

/// Services in layers: each layer uses only services of earlier ones, so those of one layer start together.
///
/// A cycle is an error of the definition and never arrives here; should one, its services share the last layer.
pub(crate) fn layers(platform: &Platform) -> Vec<Vec<ServiceName>> {
    let mut layers = Vec::new();
    let mut placed: BTreeSet<&ServiceName> = BTreeSet::new();
    while placed.len() < platform.services.len() {
        let left = platform
            .services
            .values()
            .filter(|service| !placed.contains(&service.name));
        let mut layer: Vec<&ServiceName> = left
            .clone()
            .filter(|service| {
                service.uses.iter().all(|used| match used {
                    Resource::Service(name) => {
                        placed.contains(name) || !platform.services.contains_key(name)
                    }
                    _ => true,
                })
            })
            .map(|service| &service.name)
            .collect();
        if layer.is_empty() {
            layer = left.map(|service| &service.name).collect();
        }
        placed.extend(layer.iter().copied());
        layers.push(layer.into_iter().cloned().collect());
    }
    layers
}
