//! The platform in AWS, as OpenTofu: root modules, one state each, that call the modules written beside them.
//!
//! ```text
//! infra/modules/<module>/            ours, written out so that the result stands alone
//! infra/accounts/<account>/<root>/   once for each account (the states' bucket: for each region)
//! infra/<environment>/<root>/        once for each environment
//! ```
//!
//! A root per lifetime: what is destroyed together stands together. An earlier root's outputs are read from its state.

mod addons;
mod backups;
mod capacity;
mod cluster;
mod data;
mod edge;
pub mod hcl;
mod identities;
mod module;
mod network;
mod node_groups;
mod root;
mod services;
mod shared;
mod state;

use std::collections::BTreeMap;

pub(crate) use data::{clients, kept, pods_have_groups};
pub use root::{Root, RootName};

use crate::input::{Note, Scope};
use crate::{Input, Rendered};

/// Renders every root, and the modules that they call.
pub(crate) fn render(input: &Input<'_>, rendered: &mut Rendered) {
    for platform in &input.environments {
        let Some(environment) = &platform.environment else {
            continue;
        };
        let settings = &platform.environments[environment];
        if settings.account.is_none() || settings.region.is_none() {
            rendered.notes.push(Note {
                about: format!("environments.{environment}"),
                text: "no OpenTofu is rendered for it: it has no `account` or no `region`"
                    .to_owned(),
            });
        }
    }
    rendered
        .notes
        .extend(shared::accounts(input).iter().filter_map(shared::notes));
    for scope in input.scopes() {
        rendered.notes.extend(data::notes(&scope));
        rendered.notes.extend(edge::notes(&scope));
        rendered.notes.extend(network::notes(&scope));
        rendered.notes.extend(cluster::notes(&scope));
    }
    let roots = roots(input);
    for module in roots.iter().flat_map(|root| &root.modules) {
        module::write(module, &mut rendered.tree);
    }
    for root in roots {
        root.write(input.patches, &mut rendered.tree);
    }
}

/// Every root in the order in which they are applied: each reads only the ones before it.
pub fn roots(input: &Input<'_>) -> Vec<Root> {
    let mut roots: Vec<Root> = regions(input).values().map(state::root).collect();
    let accounts = shared::accounts(input);
    for account in &accounts {
        roots.extend(shared::root(account, &accounts));
        for scope in &account.scopes {
            roots.push(network::root(scope));
            // What has no cluster has nothing to let in to its data, and nobody to be.
            if let Some(cluster) = cluster::root(scope) {
                roots.push(cluster);
                roots.extend(data::root(scope));
                roots.push(services::root(scope));
            }
            roots.extend(edge::root(scope, account.scopes.len() == 1));
        }
    }
    roots.sort_by(|a, b| (a.name, &a.folder).cmp(&(b.name, &b.folder)));
    roots
}

/// One environment of each account and region: the one that stays longest.
fn regions<'a>(input: &'a Input<'_>) -> BTreeMap<(&'a str, &'a str), Scope<'a>> {
    let mut regions = BTreeMap::new();
    for scope in input.scopes_by_lifetime() {
        regions
            .entry((scope.account, scope.region))
            .or_insert(scope);
    }
    regions
}
