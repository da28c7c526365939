//! Names that nothing has, and what was meant.
//!
//! That nothing here has a name says little: a person, a chart or another repository may make it. What says more is a
//! thing of the same kind, in the same tree, with nearly the name, best one that nobody names; or that a tree makes
//! everything else of the kind that it names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Same, Span, Text};

use super::names::{Named, Tree, all};
use super::{Reference, mentions, read};
use crate::World;
use crate::made_secrets::are_copied;

/// A name that nothing has.
#[derive(Debug, Clone)]
pub struct Dangling<'a> {
    /// Who says it.
    pub reference: Reference<'a>,
    /// What was meant, most likely.
    pub near: Near<'a>,
}

/// What a name that nothing has was most likely meant for.
#[derive(Debug, Clone)]
pub struct Near<'a> {
    /// It.
    pub named: Named<'a>,
    /// Why it is taken for that.
    pub why: Why,
}

/// Why something is taken for what a name was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is called nearly so, and nobody names it.
    Unused,
    /// It is called nearly so, and the name stands nowhere else.
    Spelling,
    /// The others in the tree name this one, and the name stands nowhere else.
    Others,
    /// It has just this name, in another namespace.
    Namespace,
}

/// Kinds that are often made by hand, by charts and by clouds: only a thing of nearly the name says anything.
const MADE_ELSEWHERE: &[&str] = &[
    "Secret",
    "IngressClass",
    "StorageClass",
    "PriorityClass",
    "RuntimeClass",
    "GatewayClass",
    "ClusterIssuer",
    "ClusterRole",
    "Gateway",
    "Namespace",
    "AppProject",
    "SecretStore",
    "ClusterSecretStore",
    "Service",
    "ManagedCertificate",
];

/// Kinds whose things most often nobody names.
const SELDOM_NAMED: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "Kustomization",
    "HelmRelease",
    "Service",
    "Namespace",
];

/// The names of things of these kinds that nothing has, and what was meant. One of several that say the same, in one
/// place, is given.
pub fn dangling<'a>(world: &'a World, kinds: &[&str]) -> Vec<Dangling<'a>> {
    let references = read(world, kinds);
    let names = all(world, kinds);
    let mut used: HashMap<(Arc<str>, &str), Vec<usize>> = HashMap::new();
    for (index, reference) in references.iter().enumerate() {
        if let Some(name) = reference.name.literal() {
            used.entry((reference.kind.clone(), name))
                .or_default()
                .push(index);
        }
    }
    let open = (0..references.len())
        .filter(|index| references[*index].name.literal().is_none())
        .collect();
    let judge = Judge {
        world,
        references: &references,
        names: &names,
        by_name: by_name(&names),
        used,
        open,
    };
    let mut told: HashSet<(Span, Text)> = HashSet::new();
    references
        .iter()
        .filter_map(|reference| {
            let near = judge.near(reference)?;
            told.insert((reference.span(), reference.name.clone()))
                .then(|| Dangling {
                    reference: reference.clone(),
                    near,
                })
        })
        .collect()
}

/// Kinds that tools copy from one namespace into others.
const COPIED: &[&str] = &["ConfigMap", "Secret"];

struct Judge<'a, 'r> {
    world: &'a World,
    references: &'r [Reference<'a>],
    names: &'r HashMap<Arc<str>, Vec<Named<'a>>>,
    /// The names by kind and name; under no name those of which not all is known.
    by_name: HashMap<&'r str, HashMap<Option<&'r str>, Vec<&'r Named<'a>>>>,
    /// The references by kind and name.
    used: HashMap<(Arc<str>, &'r str), Vec<usize>>,
    /// The references of whose name not all is known.
    open: Vec<usize>,
}

fn by_name<'a, 'r>(
    names: &'r HashMap<Arc<str>, Vec<Named<'a>>>,
) -> HashMap<&'r str, HashMap<Option<&'r str>, Vec<&'r Named<'a>>>> {
    let mut by_name: HashMap<&str, HashMap<_, Vec<_>>> = HashMap::new();
    for (kind, all) in names {
        let of_kind = by_name.entry(kind).or_default();
        for named in all {
            of_kind.entry(named.name.literal()).or_default().push(named);
        }
    }
    by_name
}

impl<'a, 'r> Judge<'a, 'r> {
    /// What can be called so.
    fn called(&self, kind: &str, name: &str) -> Vec<&'r Named<'a>> {
        let Some(of_kind) = self.by_name.get(kind) else {
            return Vec::new();
        };
        [Some(name), None]
            .iter()
            .filter_map(|name| of_kind.get(name))
            .flatten()
            .copied()
            .collect()
    }

    fn near(&self, reference: &Reference<'a>) -> Option<Near<'a>> {
        let name = reference.name.literal()?;
        let all = self.names.get(&reference.kind)?;
        let tree = Tree::of(self.world, reference.from);
        let mut elsewhere = false;
        // What is called otherwise for sure says nothing here.
        for named in self.called(&reference.kind, name) {
            if !named.is(&reference.name, reference.namespace.as_ref()) {
                // One with just this name in another namespace is for other rules to tell.
                if named.name.literal() == Some(name) && named.cluster == Some(reference.cluster) {
                    return self.elsewhere(reference, name, all);
                }
                continue;
            }
            match named.cluster {
                None => return None,
                Some(cluster) if cluster == reference.cluster => {
                    // Files of another folder may be applied with these, or be a copy of them.
                    let apart = matches!(
                        (&tree, &named.tree),
                        (Tree::Folder(own), Some(Tree::Folder(other))) if own != other
                    );
                    if !apart || named.name.literal().is_none() {
                        return None;
                    }
                    elsewhere = true;
                }
                // Another cluster's, of which not all of the name is known, says nothing.
                Some(_) => elsewhere |= named.name.literal().is_some(),
            }
        }
        let here: Vec<&'r Named<'a>> = all
            .iter()
            .filter(|named| {
                named.cluster == Some(reference.cluster)
                    && named.is_in(reference.namespace.as_ref())
                    && named.name.literal().is_some()
                    && named.object.is_some_and(|object| {
                        !matches!(object.origin, Origin::Summary { .. })
                            && !std::ptr::eq(object, reference.from)
                    })
            })
            .collect();
        let own: Vec<&'r Named<'a>> = here
            .iter()
            .filter(|named| named.tree.as_ref() == Some(&tree))
            .copied()
            .collect();
        let made = |named: &Named<'a>, why: Why| Near {
            named: named.clone(),
            why,
        };
        let unused = |pool: &[&'r Named<'a>]| -> Vec<&'r Named<'a>> {
            pool.iter()
                .filter(|named| !self.is_used(named))
                .copied()
                .collect()
        };
        let is_fresh =
            || !self.may_be_of_a_release(reference, name) && !self.stands_elsewhere(name);
        // That nobody names a Deployment says nothing: nobody has to. A template knows what is beside it.
        if SELDOM_NAMED.contains(&&*reference.kind) && !matches!(tree, Tree::Release(_)) {
            return nearest(name, &here, false)
                .filter(|named| {
                    let is_own = named.name.same(&own_name(reference)) == Same::Always;
                    named
                        .name
                        .literal()
                        .is_some_and(|own| is_own || own.len().abs_diff(name.len()) <= 3)
                })
                .filter(|_| !elsewhere && is_fresh())
                .map(|named| made(named, Why::Spelling));
        }
        if let Some(named) = nearest(name, &unused(&own), true) {
            return Some(made(named, Why::Unused));
        }
        if elsewhere {
            return None;
        }
        if let Some(named) = nearest(name, &own, false)
            && is_fresh()
        {
            return Some(made(named, Why::Spelling));
        }
        // A folder's neighbours may be another way to set it up: they must be called almost the same.
        let around: Vec<&'r Named<'a>> = here
            .iter()
            .filter(|named| {
                named
                    .object
                    .is_some_and(|object| object.origin != Origin::Embedded)
            })
            .copied()
            .collect();
        if let Some(named) = nearest(name, &unused(&around), false) {
            return Some(made(named, Why::Unused));
        }
        if let Some(named) = self.like_the_others(reference, &tree, &own)
            && is_fresh()
        {
            return Some(made(named, Why::Others));
        }
        nearest(name, &around, false)
            .filter(|_| is_fresh())
            .map(|named| made(named, Why::Spelling))
    }

    /// All that have just this name are in one other namespace, and nothing copies them from there.
    fn elsewhere(
        &self,
        reference: &Reference<'a>,
        name: &str,
        all: &'r [Named<'a>],
    ) -> Option<Near<'a>> {
        let namespace = reference.namespace.as_ref()?.literal()?;
        let cluster = &self.world.facts.kubernetes.clusters[reference.cluster];
        // Charts that nobody has read, and what no file shows, may make one here, too.
        if COPIED.contains(&&*reference.kind) && are_copied(self.world, cluster)
            || self.may_be_of_a_release(reference, name)
        {
            return None;
        }
        let mut found: Option<&Named<'a>> = None;
        for named in all {
            if named.name.literal() != Some(name) || named.cluster != Some(reference.cluster) {
                if named.name.can_be(name)
                    && named.cluster.is_none_or(|own| own == reference.cluster)
                {
                    return None;
                }
                continue;
            }
            let object = named.object?;
            let own = object.namespace()?;
            if own == namespace
                || matches!(object.origin, Origin::Summary { .. })
                || found.is_some_and(|found| found.object.and_then(Object::namespace) != Some(own))
            {
                return None;
            }
            found = Some(named);
        }
        let named = found?;
        let place = named.object?.namespace.as_ref()?.span;
        Some(Near {
            named: Named {
                span: place,
                ..named.clone()
            },
            why: Why::Namespace,
        })
    }

    /// Whether anything in its cluster names it.
    fn is_used(&self, named: &Named<'a>) -> bool {
        let Some(name) = named.name.literal() else {
            return true;
        };
        let literal = self
            .used
            .get(&(named.kind.clone(), name))
            .into_iter()
            .flatten()
            .map(|index| &self.references[*index])
            .any(|reference| {
                Some(reference.cluster) == named.cluster
                    && named.is_in(reference.namespace.as_ref())
            });
        literal
            || self.open.iter().any(|index| {
                let reference = &self.references[*index];
                Some(reference.cluster) == named.cluster
                    && reference.kind == named.kind
                    && reference.name.same(&named.name) != Same::Never
            })
    }

    fn stands_elsewhere(&self, name: &str) -> bool {
        let known: Vec<Span> = self
            .references
            .iter()
            .filter(|reference| reference.name.literal() == Some(name))
            .map(Reference::span)
            .collect();
        mentions::stands_elsewhere(self.world, name, &known)
    }

    /// Charts that nobody has read make things that are called after their release.
    fn may_be_of_a_release(&self, reference: &Reference<'a>, name: &str) -> bool {
        self.world.facts.kubernetes.clusters[reference.cluster]
            .releases
            .iter()
            .filter(|release| release.folder.is_none())
            .any(|release| {
                release
                    .name
                    .text()
                    .is_some_and(|own| crate::services::is_called_after(name, &own))
            })
    }

    /// What most others in the tree name, where all that they name of the kind is made in the tree.
    fn like_the_others<'n>(
        &self,
        reference: &Reference<'a>,
        tree: &Tree,
        own: &[&'n Named<'a>],
    ) -> Option<&'n Named<'a>> {
        if MADE_ELSEWHERE.contains(&&*reference.kind) {
            return None;
        }
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for other in self.references.iter().filter(|other| {
            other.cluster == reference.cluster
                && other.kind == reference.kind
                && other.field == reference.field
                && other.name != reference.name
                && Tree::of(self.world, other.from) == *tree
        }) {
            let at = own
                .iter()
                .position(|named| named.is(&other.name, other.namespace.as_ref()))?;
            *counts.entry(at).or_default() += 1;
        }
        let (at, count) = counts
            .into_iter()
            .max_by_key(|(at, count)| (*count, usize::MAX - at))?;
        (count > 1).then(|| own[at])
    }
}

/// What the object that says a name is called itself: an autoscaler mostly as what it scales.
fn own_name(reference: &Reference<'_>) -> Text {
    reference.from.name.text().unwrap_or_default()
}

/// The one that a name is most likely meant for. `loose`: also one that has a word more or less, or shares one.
fn nearest<'n, 'a>(name: &str, candidates: &[&'n Named<'a>], loose: bool) -> Option<&'n Named<'a>> {
    let names: Vec<&str> = candidates
        .iter()
        .filter_map(|named| named.name.literal())
        .collect();
    let near = if loose {
        near_name(name, &names)
    } else {
        suggest(name, names.iter().copied())
    }?;
    candidates
        .iter()
        .find(|named| named.name.literal() == Some(near))
        .copied()
}

/// The one of these that a name is most likely meant for: almost the same, or the only one that shares its words.
pub fn near_name<'n>(name: &str, candidates: &[&'n str]) -> Option<&'n str> {
    suggest(name, candidates.iter().copied()).or_else(|| {
        let mut alike = candidates
            .iter()
            .filter(|other| share_words(name, other))
            .copied();
        let first = alike.next()?;
        alike.all(|other| other == first).then_some(first)
    })
}

/// Whether all words of one are words of the other, or half of both are the same.
fn share_words(a: &str, b: &str) -> bool {
    let words = |name: &str| -> HashSet<String> {
        name.split(['-', '_', '.'])
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let same = a.intersection(&b).count();
    same > 0 && same * 2 >= a.len().max(b.len()).min(a.len().min(b.len()) * 2)
}

#[cfg(test)]
mod tests {
    use super::share_words;

    #[test]
    fn names_with_a_word_more_are_alike() {
        assert!(share_words("service-api-config", "api-config"));
        assert!(share_words("redis-master", "redis"));
        assert!(!share_words("api-config", "demo-data-config"));
        assert!(!share_words("redis", "postgres"));
    }
}
