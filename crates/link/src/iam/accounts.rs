//! Service accounts and how they come to roles: annotations, Pod Identity, add-ons.

use std::collections::HashMap;
use std::sync::Arc;

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Data, Facts, Same, Span, Text, Value};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::iam::TrustForm;

use super::Iam;
use super::role::without_key;

/// A role for a service account, by Pod Identity.
#[derive(Debug, Clone)]
pub struct Association {
    /// The root that makes it.
    pub root: usize,
    /// The namespace.
    pub namespace: Value,
    /// The service account.
    pub account: Value,
    /// The role; `None` where the module that makes it makes the role, too.
    pub role: Option<Value>,
    /// What makes it: a resource, or a call of a module.
    pub address: Arc<str>,
    /// Its header.
    pub span: Span,
}

/// An add-on of EKS.
#[derive(Debug, Clone)]
pub struct Addon {
    /// The root that installs it.
    pub root: usize,
    /// Its name.
    pub name: Value,
    /// The role it is given for its service account.
    pub role: Option<Value>,
    /// What lists it: the resource's header, or the argument of the cluster's module.
    pub span: Span,
}

/// A service account of a cluster.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The object.
    pub object: &'a Object,
}

impl<'a> Account<'a> {
    /// Every service account of every cluster.
    pub fn all(facts: &'a Facts) -> impl Iterator<Item = Self> + 'a {
        facts.kubernetes.clusters.iter().flat_map(|cluster| {
            cluster
                .of("ServiceAccount")
                .map(move |object| Self { cluster, object })
        })
    }

    /// The service accounts that can be the one of this namespace and name, with how sure that is.
    pub fn called(
        facts: &'a Facts,
        namespace: &Text,
        name: &Text,
    ) -> impl Iterator<Item = (Self, Same)> {
        facts.kubernetes.clusters.iter().flat_map(move |cluster| {
            cluster
                .named("ServiceAccount", name)
                .map(move |object| Self { cluster, object })
                .map(|account| (account, account.can_be(namespace, name)))
                .filter(|(_, same)| *same != Same::Never)
        })
    }

    /// The role that its annotation names.
    pub fn role(self) -> Option<&'a Value> {
        self.object.annotation("eks.amazonaws.com/role-arn")
    }

    /// Its name.
    pub fn name(self) -> Option<Text> {
        self.object.name.text()
    }

    /// Its namespace.
    pub fn namespace(self) -> Option<Text> {
        self.object.namespace.as_ref()?.text()
    }

    /// `namespace/name`, as far as it is known.
    pub fn title(self) -> String {
        let name = self.name().map(|name| name.to_string()).unwrap_or_default();
        match self.namespace() {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name,
        }
    }

    /// The release of a chart that makes it.
    pub fn release(self) -> Option<&'a Text> {
        match &self.object.origin {
            Origin::Summary { release } | Origin::Chart { release } => Some(release),
            _ => None,
        }
    }

    /// Whether it can be the account of this namespace and name.
    pub fn can_be(self, namespace: &Text, name: &Text) -> Same {
        let Some(own) = self.name() else {
            return Same::Maybe;
        };
        let by_name = own.same(name);
        let by_namespace = self
            .namespace()
            .map_or(Same::Maybe, |own| own.same(namespace));
        match (by_name, by_namespace) {
            (Same::Never, _) | (_, Same::Never) => Same::Never,
            (Same::Always, Same::Always) => Same::Always,
            _ => Same::Maybe,
        }
    }
}

impl Iam {
    /// The roles that Pod Identity gives to a service account.
    pub fn associated<'a>(
        &'a self,
        namespace: Option<&'a Text>,
        name: &'a Text,
    ) -> impl Iterator<Item = &'a Association> + 'a {
        let fits = |value: &Value, text: &Text| {
            value
                .text()
                .is_some_and(|own| own.same(text) == Same::Always)
        };
        let by_account = self.associations_by_account();
        let mut named: Vec<usize> = [name.literal(), None]
            .iter()
            .filter_map(|name| by_account.get(&name.map(str::to_owned)))
            .flatten()
            .copied()
            .collect();
        named.sort_unstable();
        named.dedup();
        let named = named.into_iter().map(|at| &self.associations[at]);
        named.filter(move |association| {
            fits(&association.account, name)
                && namespace.is_none_or(|namespace| fits(&association.namespace, namespace))
        })
    }

    fn associations_by_account(&self) -> &HashMap<Option<String>, Vec<usize>> {
        self.associations_by_account.get_or_init(|| {
            let mut by_account: HashMap<_, Vec<usize>> = HashMap::new();
            for (at, association) in self.associations.iter().enumerate() {
                by_account
                    .entry(association.account.scalar())
                    .or_default()
                    .push(at);
            }
            by_account
        })
    }

    pub(super) fn read_accounts(&mut self, index: usize, root: &Root, knowledge: &Knowledge) {
        for resource in root.resources("aws_eks_pod_identity_association") {
            let (Some(namespace), Some(account)) =
                (resource.at("namespace"), resource.at("service_account"))
            else {
                continue;
            };
            if !resource.from_summary {
                self.associations.push(Association {
                    root: index,
                    namespace: namespace.clone(),
                    account: account.clone(),
                    role: resource.at("role_arn").cloned(),
                    address: resource.plain_address.clone(),
                    span: resource.span,
                });
            }
        }
        for resource in root.resources("aws_eks_addon") {
            if let Some(name) = resource.at("addon_name")
                && !resource.from_summary
            {
                self.addons.push(Addon {
                    root: index,
                    name: name.clone(),
                    role: resource.at("service_account_role_arn").cloned(),
                    span: resource.span,
                });
            }
        }
        for call in root.calls.iter().filter(|call| call.folder.is_none()) {
            let module = call
                .registry
                .as_deref()
                .and_then(|source| knowledge.role_module(source));
            if module.is_some_and(|module| module.trust == TrustForm::PodIdentity) {
                let defaults = call.arguments.get("association_defaults");
                let list = call.arguments.get("associations");
                for entry in list.map_or(&[][..], Value::entries) {
                    let field = |name: &str| {
                        entry
                            .value
                            .get(name)
                            .or_else(|| defaults.and_then(|defaults| defaults.get(name)))
                    };
                    if let (Some(namespace), Some(account)) =
                        (field("namespace"), field("service_account"))
                    {
                        self.associations.push(Association {
                            root: index,
                            namespace: namespace.clone(),
                            account: account.clone(),
                            role: None,
                            address: call.address.clone(),
                            span: entry.key_span,
                        });
                    }
                }
            }
            for list in ["cluster_addons", "addons", "eks_addons"] {
                let Some(value) = call.arguments.get(list) else {
                    continue;
                };
                let key = call.arguments.map().and_then(|map| map.entry(list));
                for entry in value.entries() {
                    self.addons.push(Addon {
                        root: index,
                        name: Value::string(&*entry.key, entry.key_span),
                        role: entry.value.get("service_account_role_arn").cloned(),
                        span: key.map_or(call.span, |key| key.key_span),
                    });
                }
                if matches!(value.data, Data::Unknown(_)) {
                    self.addons.push(Addon {
                        root: index,
                        name: value.clone(),
                        role: None,
                        span: key.map_or(call.span, |key| key.key_span),
                    });
                }
            }
        }
    }

    /// The role of an association: the one it names, or that of the module which makes both.
    pub fn role_of(&self, association: &Association) -> Option<&super::Role> {
        match &association.role {
            Some(role) => self.role_called(role),
            None => self.roles.iter().find(|role| {
                role.root == association.root
                    && without_key(&role.address) == without_key(&association.address)
            }),
        }
    }
}
