//! A pod takes a Secret whose maker is in the files and never reaches the cluster, or makes it under another name.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Cluster, Means, Object};
use seaworthy_facts::{Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::containers::{SecretUse, secret_users};
use seaworthy_link::made_secrets::{self, MadeSecret, Maker};
use seaworthy_link::references::{Tree, stands_elsewhere};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "secret-never-created",
    severity: Severity::Breaks,
    page: include_str!("secret-never-created.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let applied = applied_somewhere(world);
    let mut told: HashSet<(String, Span)> = HashSet::new();
    let clusters = &world.facts.kubernetes.clusters;
    let everywhere: Vec<MadeSecret<'_>> = clusters
        .iter()
        .flat_map(|cluster| made_secrets::made(world, cluster))
        .collect();
    let wanted_anywhere: HashSet<String> = clusters
        .iter()
        .flat_map(secret_users)
        .flat_map(|(_, uses)| uses)
        .filter_map(|used| used.name.str().map(str::to_owned))
        .collect();
    let wanted_anywhere: HashSet<&str> = wanted_anywhere.iter().map(String::as_str).collect();
    for cluster in clusters {
        let made = made_secrets::made(world, cluster);
        let uses: Vec<(&Object, Vec<SecretUse<'_>>)> = secret_users(cluster).collect();
        let wanted: HashSet<&str> = uses
            .iter()
            .flat_map(|(_, uses)| uses)
            .filter_map(|used| used.name.str())
            .collect();
        for (workload, uses) in &uses {
            let mut done: HashSet<&str> = HashSet::new();
            for used in uses.iter().filter(|used| !used.optional) {
                let Some(name) = used.name.str() else {
                    continue;
                };
                if !done.insert(name) {
                    continue;
                }
                let namespace = workload.namespace.as_ref().and_then(Value::text);
                let place = Place {
                    cluster,
                    workload,
                    used,
                    name,
                    namespace,
                };
                let finding = place
                    .not_applied(&made)
                    .filter(|(_, maker)| {
                        !applied.contains(name) && told.insert((name.to_owned(), *maker))
                    })
                    .map(|(finding, _)| finding)
                    .or_else(|| place.called_otherwise(world, &made, &wanted, uses))
                    .or_else(|| place.by_hand(world, &everywhere, &wanted_anywhere));
                findings.extend(finding);
            }
        }
    }
}

/// Secrets that something applies in any cluster: what makes them in another may be another way to set it up.
fn applied_somewhere(world: &World) -> HashSet<String> {
    let mut names = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for made in made_secrets::made(world, cluster) {
            let applied = made
                .object
                .is_none_or(|object| !object.applied_by.is_empty());
            if let (true, Some(name)) = (applied, made.name.literal()) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// A use of a Secret.
struct Place<'a> {
    cluster: &'a Cluster,
    workload: &'a Object,
    used: &'a SecretUse<'a>,
    name: &'a str,
    namespace: Option<Text>,
}

impl Place<'_> {
    fn makers<'m>(&self, made: &'m [MadeSecret<'m>]) -> Vec<&'m MadeSecret<'m>> {
        let name = Text::from(self.name);
        made.iter()
            .filter(|made| made.is(&name, self.namespace.as_ref()))
            .collect()
    }

    /// Something applies the workload, and nothing applies what makes its Secret.
    fn not_applied(&self, made: &[MadeSecret<'_>]) -> Option<(Finding, Span)> {
        // What a document tells a person to apply says little about what else they apply.
        let applied = self
            .workload
            .applied_by
            .iter()
            .find(|applied| applied.means != Means::Document)?;
        let makers = self.makers(made);
        let first = makers.first()?;
        let never = makers.iter().all(|maker| {
            maker.object.is_some_and(|object| {
                object.applied_by.is_empty() && maker.name.literal().is_some()
            })
        });
        if !never || makers.iter().any(|maker| maker.by == Maker::Command) {
            return None;
        }
        // A Secret without a value in Git may be a pattern for what a person makes.
        if first.by == Maker::Manifest && first.keys.is_none() {
            return None;
        }
        // A chart or kustomization that is one way to set it up says nothing about another.
        let own = std::mem::discriminant(&self.workload.origin);
        if first
            .object
            .is_none_or(|object| std::mem::discriminant(&object.origin) != own)
        {
            return None;
        }
        let name = self.name;
        let workload = shown(&self.workload.name);
        Some((
            Finding::new(format!(
                "nothing applies the {} that makes Secret `{name}`: the pods of `{workload}` cannot start",
                first.by.says()
            ))
            .at(
                applied.span,
                format!("this applies `{workload}`, and nothing applies `{name}`"),
            )
            .and(
                first.span,
                format!("the {} that no script, pipeline or path applies", first.by.says()),
            )
            .and(self.used.name.span, format!("`{workload}` takes it here"))
            .hint("apply its file, too")
            .about([name.to_owned(), workload]),
            first.span,
        ))
    }

    /// Nothing makes it, and something makes one that nobody takes and that is nearly it.
    fn called_otherwise(
        &self,
        world: &World,
        made: &[MadeSecret<'_>],
        wanted: &HashSet<&str>,
        uses: &[SecretUse<'_>],
    ) -> Option<Finding> {
        if !self.makers(made).is_empty() {
            return None;
        }
        if let Some(finding) = self.in_own_tree(world, made, wanted) {
            return Some(finding);
        }
        if let Some(finding) = self.beside_it(world, made, uses) {
            return Some(finding);
        }
        if self.cluster.incomplete {
            return None;
        }
        let unclear = made
            .iter()
            .any(|maker| maker.name.literal().is_none() && maker.by != Maker::Command);
        if unclear || self.may_be_of_a_release() {
            return None;
        }
        if let Some(elsewhere) = made
            .iter()
            .find(|maker| maker.name.literal() == Some(self.name))
        {
            return self.elsewhere(world, made, elsewhere);
        }
        let keys: Vec<&str> = uses
            .iter()
            .filter(|used| used.name.str() == Some(self.name))
            .filter_map(|used| used.key?.str())
            .collect();
        let unused: Vec<&MadeSecret<'_>> = self.unused(made, wanted).collect();
        let near = suggest(
            self.name,
            unused.iter().filter_map(|maker| maker.name.literal()),
        );
        let same_keys = |maker: &&&MadeSecret<'_>| {
            !keys.is_empty()
                && maker.keys.as_ref().is_some_and(|own| {
                    keys.iter()
                        .all(|key| own.iter().any(|(own, _)| own.can_be(key)))
                })
        };
        let candidate = if let Some(near) = near {
            unused
                .iter()
                .find(|maker| maker.name.literal() == Some(near))
                .filter(|maker| keys.is_empty() || maker.keys.is_none() || same_keys(maker))
        } else {
            let mut fitting = unused.iter().filter(|maker| {
                same_keys(maker)
                    && shares_a_word(self.name, maker.name.literal().unwrap_or_default())
            });
            let first = fitting.next();
            first.filter(|_| fitting.next().is_none())
        }?;
        Some(self.other(candidate, candidate.name.literal().unwrap_or_default()))
    }

    /// What could be in its namespace and nobody takes, among what makes Secrets.
    fn unused<'m, 'w>(
        &self,
        makers: &'m [MadeSecret<'w>],
        wanted: &HashSet<&str>,
    ) -> impl Iterator<Item = &'m MadeSecret<'w>> {
        makers.iter().filter(|maker| {
            maker.can_be_in(self.namespace.as_ref())
                && maker.by != Maker::Operator
                && maker
                    .name
                    .literal()
                    .is_some_and(|name| !wanted.contains(name))
        })
    }

    /// The one of nearly its name.
    fn nearest<'m, 'w>(
        &self,
        makers: &[&'m MadeSecret<'w>],
    ) -> Option<(&'m MadeSecret<'w>, &'m str)> {
        let name = |maker: &&'m MadeSecret<'w>| maker.name.literal();
        let near = suggest(self.name, makers.iter().filter_map(name))?;
        let maker = makers.iter().find(|maker| name(maker) == Some(near))?;
        Some((maker, near))
    }

    /// What is applied with it makes one of nearly this name, which nobody takes.
    fn in_own_tree(
        &self,
        world: &World,
        made: &[MadeSecret<'_>],
        wanted: &HashSet<&str>,
    ) -> Option<Finding> {
        let tree = Tree::of(world, self.workload);
        let unused: Vec<&MadeSecret<'_>> = self
            .unused(made, wanted)
            .filter(|maker| {
                maker
                    .object
                    .is_some_and(|object| Tree::of(world, object) == tree)
            })
            .collect();
        let (candidate, near) = self.nearest(&unused)?;
        Some(self.other(candidate, near))
    }

    /// No cluster has it, and a file that a person applies makes one of nearly this name, which nobody takes.
    fn by_hand(
        &self,
        world: &World,
        all: &[MadeSecret<'_>],
        wanted: &HashSet<&str>,
    ) -> Option<Finding> {
        let name = Text::from(self.name);
        if all.iter().any(|maker| maker.is(&name, None)) {
            return None;
        }
        let unused: Vec<&MadeSecret<'_>> = self.unused(all, wanted).collect();
        let (candidate, near) = self.nearest(&unused)?;
        (!stands_elsewhere(world, self.name, &[self.used.name.span]))
            .then(|| self.other(candidate, near))
    }

    /// The same pods take another Secret that is made and has just this key, and no file knows this name.
    fn beside_it(
        &self,
        world: &World,
        made: &[MadeSecret<'_>],
        uses: &[SecretUse<'_>],
    ) -> Option<Finding> {
        let key = self.used.key?.str()?;
        let mut candidates = made.iter().filter(|maker| {
            maker.can_be_in(self.namespace.as_ref())
                && maker.name.literal().is_some_and(|name| {
                    uses.iter().any(|used| {
                        used.name.str() == Some(name) && used.key.and_then(Value::str) != Some(key)
                    })
                })
                && maker
                    .keys
                    .as_ref()
                    .is_some_and(|keys| keys.iter().any(|(own, _)| own.literal() == Some(key)))
        });
        let candidate = candidates.next()?;
        let name = candidate.name.literal()?;
        let is_one = candidates.all(|other| other.name.literal() == Some(name));
        if !is_one
            || suggest(self.name, [name]).is_none()
            || stands_elsewhere(world, self.name, &[self.used.name.span])
        {
            return None;
        }
        let workload = shown(&self.workload.name);
        Some(
            Finding::new(format!(
                "nothing makes Secret `{}`, which `{workload}` takes `{key}` of; `{name}`, which it takes the rest of, has that key",
                self.name
            ))
            .at(self.used.name.span, "no Secret of this name is made")
            .and(
                candidate.span,
                format!("this {} makes `{name}`", candidate.by.says()),
            )
            .hint(format!("did you mean `{name}`?"))
            .about([self.name.to_owned(), workload]),
        )
    }

    fn other(&self, candidate: &MadeSecret<'_>, other: &str) -> Finding {
        let workload = shown(&self.workload.name);
        Finding::new(format!(
            "nothing makes Secret `{}`, which `{workload}` takes; `{other}` is made and nobody takes it",
            self.name
        ))
        .at(self.used.name.span, "no Secret of this name is made")
        .and(
            candidate.span,
            format!("this {} makes `{other}`", candidate.by.says()),
        )
        .hint(format!("did you mean `{other}`?"))
        .about([self.name.to_owned(), workload])
    }

    /// It is made, and in another namespace.
    fn elsewhere(
        &self,
        world: &World,
        made: &[MadeSecret<'_>],
        elsewhere: &MadeSecret<'_>,
    ) -> Option<Finding> {
        let namespace = self.namespace.as_ref()?.literal()?;
        let other = elsewhere.namespace.as_ref()?.literal()?;
        let several = made
            .iter()
            .filter(|maker| maker.name.literal() == Some(self.name))
            .any(|maker| {
                maker
                    .namespace
                    .as_ref()
                    .is_none_or(|own| own.literal().is_none())
            });
        if several || made_secrets::are_copied(world, self.cluster) {
            return None;
        }
        let place = elsewhere
            .object
            .and_then(|object| object.namespace.as_ref())
            .map_or(elsewhere.span, |namespace| namespace.span);
        let workload = shown(&self.workload.name);
        Some(
            Finding::new(format!(
                "Secret `{}` is made in namespace `{other}`, and `{workload}` in `{namespace}` cannot take it from there",
                self.name
            ))
            .at(self.used.name.span, format!("taken in namespace `{namespace}`"))
            .and(place, format!("made in namespace `{other}`"))
            .about([self.name.to_owned(), workload]),
        )
    }

    /// Charts make Secrets that are called after their release, or as their values say.
    fn may_be_of_a_release(&self) -> bool {
        self.cluster.releases.iter().any(|release| {
            let own = release
                .name
                .str()
                .is_some_and(|name| self.name.starts_with(name));
            let mut named = false;
            release
                .values
                .walk(&mut |value| named |= value.str() == Some(self.name));
            own || named || release.name.str().is_none()
        })
    }
}

fn shares_a_word(a: &str, b: &str) -> bool {
    a.split(['-', '_', '.'])
        .filter(|word| word.len() > 2 && !matches!(*word, "secret" | "secrets"))
        .any(|word| b.split(['-', '_', '.']).any(|other| other == word))
}

fn shown(name: &Value) -> String {
    name.text()
        .map_or_else(|| "a workload".to_owned(), |name| name.to_string())
}
