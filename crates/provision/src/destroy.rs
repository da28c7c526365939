//! `destroy`: everything of an environment, in the order that frees things, and the proof that nothing is left.
//!
//! The cluster goes first within its root, so that no controller makes anything any more. Then goes what controllers
//! made: it would keep the network, and the roots below it, from being destroyed. Then the rest, last made first.

use seaworthy_aws::inventory::{Item, Scope};
use seaworthy_aws::sweep::{Step, leftovers, sweep};

use crate::journal::{Journal, Mark};
use crate::lock::{LocalLock, states};
use crate::state::State;
use crate::stateful::is_stateful;
use crate::{Approval, Error, Event, Proof, Root, Session};

/// What would be destroyed.
#[derive(Debug, Clone, Default)]
pub struct Doomed {
    /// Each root with anything in it, in the order of destruction, and how many things.
    pub roots: Vec<(String, usize)>,
    /// The addresses whose content is lost.
    pub stateful: Vec<String>,
    /// What controllers made.
    pub leftovers: Vec<Item>,
}

impl Doomed {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.leftovers.is_empty()
    }
}

/// What was destroyed.
#[derive(Debug)]
pub struct Destroyed {
    /// The names of the roots.
    pub roots: Vec<String>,
    /// What controllers had made.
    pub swept: Vec<Item>,
    /// What is left, and why.
    pub proof: Proof,
}

impl Session<'_> {
    /// What `destroy` would destroy.
    ///
    /// # Errors
    /// When the environment is protected, or AWS does not answer.
    pub fn doomed(&self) -> Result<Doomed, Error> {
        self.refuse_protected()?;
        let mut doomed = Doomed::default();
        for root in self.target.own_roots().rev() {
            let Some(state) = State::read(self.client(), self.target, root)? else {
                continue;
            };
            if state.is_empty() {
                continue;
            }
            doomed
                .roots
                .push((root.name.clone(), state.resources.len()));
            let stateful = state
                .resources
                .iter()
                .filter(|managed| is_stateful(&managed.kind));
            doomed
                .stateful
                .extend(stateful.map(|managed| managed.address.clone()));
        }
        doomed.leftovers =
            leftovers(self.client(), &self.scope()).map_err(|source| self.unswept(source))?;
        Ok(doomed)
    }

    /// Destroys the environment, and proves it.
    ///
    /// # Errors
    /// When the environment is protected, somebody else is at it, or something does not go. The same call goes on.
    pub fn destroy(&self) -> Result<Destroyed, Error> {
        self.refuse_protected()?;
        let _local = LocalLock::take(self.target)?;
        let lock = self.take_lock("destroy")?;
        let result = self.destroy_roots();
        if let Some(lock) = lock {
            let released = lock.release(self.client());
            result.and_then(|destroyed| released.map(|()| destroyed))
        } else {
            result
        }
    }

    fn refuse_protected(&self) -> Result<(), Error> {
        if self.target.protected {
            return Err(Error::Protected {
                environment: self.target.environment.clone(),
            });
        }
        Ok(())
    }

    fn destroy_roots(&self) -> Result<Destroyed, Error> {
        self.clear_up(Approval::default().import)?;
        let mut journal = Journal::begin(self.target, "destroy")?;
        let mut destroyed = Vec::new();
        let mut swept = Vec::new();
        // What controllers made is in the way of the first root that has a cluster or a network in it.
        let mut in_the_way = true;
        for root in self.target.own_roots().rev() {
            let Some(state) = State::read(self.client(), self.target, root)? else {
                continue;
            };
            let has = |kind: &str| state.resources.iter().any(|managed| managed.kind == kind);
            let clusters: Vec<String> = state
                .resources
                .iter()
                .filter(|managed| managed.kind == "aws_eks_cluster")
                .map(|managed| format!("-target={}", managed.address))
                .collect();
            if in_the_way && (!clusters.is_empty() || has("aws_vpc")) {
                if !clusters.is_empty() {
                    self.step(root, "destroying the cluster");
                    self.destroy_in(root, &clusters, &mut journal)?;
                }
                swept = self.sweep(root, &mut journal)?;
                in_the_way = false;
            }
            if !state.is_empty() {
                self.step(root, "destroying");
                self.destroy_in(root, &[], &mut journal)?;
                destroyed.push(root.name.clone());
            }
            self.forget_state(root)?;
        }
        if in_the_way {
            // Every state is empty or gone; what controllers made may still be there.
            if let Some(root) = self.target.own_roots().next() {
                swept = self.sweep(root, &mut journal)?;
            }
        }
        journal.write("", "", Mark::Done)?;
        self.tell(Event::Note("looking for what is left".to_owned()));
        Ok(Destroyed {
            roots: destroyed,
            swept,
            proof: Proof::of(self.target, self.client().inventory(&self.scope())),
        })
    }

    fn destroy_in(
        &self,
        root: &Root,
        targets: &[String],
        journal: &mut Journal,
    ) -> Result<(), Error> {
        let place = self.place(root);
        self.init(&place)?;
        let mut arguments = vec!["destroy", "-json", "-input=false", "-auto-approve"];
        arguments.extend(targets.iter().map(String::as_str));
        journal.write(&root.folder, "destroy", Mark::Begin)?;
        let result = self.run(&place, "destroy", &arguments);
        let result = result.map_err(|error| self.explained(root, error));
        let mark = if result.is_ok() {
            Mark::Done
        } else {
            Mark::Failed
        };
        journal.write(&root.folder, "destroy", mark)?;
        result
    }

    fn sweep(&self, root: &Root, journal: &mut Journal) -> Result<Vec<Item>, Error> {
        self.step(root, "removing what controllers made");
        journal.write(&root.folder, "sweep", Mark::Begin)?;
        let swept = sweep(self.client(), &self.scope(), &mut |step| {
            if let Step::Remove(item) = step {
                self.tell(Event::Resource {
                    root: root.name.clone(),
                    text: format!("removing {} {}", item.kind, item.name),
                });
            }
        });
        let mark = if swept.is_ok() {
            Mark::Done
        } else {
            Mark::Failed
        };
        journal.write(&root.folder, "sweep", mark)?;
        swept.map_err(|source| self.unswept(source))
    }

    /// Deletes a state that has nothing in it any more. The bucket keeps its versions as long as it keeps any.
    fn forget_state(&self, root: &Root) -> Result<(), Error> {
        let state = State::read(self.client(), self.target, root)?;
        if state.is_some_and(|state| state.is_empty()) {
            let bucket = self.client().bucket(&root.bucket, &self.target.account);
            bucket
                .delete(&root.key)
                .map_err(|source| states(&root.bucket, source))?;
        }
        Ok(())
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope {
            tags: self.target.tags.clone(),
            cluster: Some(self.target.cluster.clone()),
            name_prefix: self.target.name_prefix.clone(),
        }
    }

    fn unswept(&self, source: seaworthy_aws::sweep::SweepError) -> Error {
        Error::Sweep {
            environment: self.target.environment.clone(),
            source: Box::new(source),
        }
    }
}
