//! `apply`: what was reviewed, root by root, each step written down before it begins.
//!
//! A saved plan is applied as it is while it still holds: the same files, the same inputs, the same state. Where an
//! earlier root's outputs changed, or an interrupted run did a part of it, the root is planned anew, and goes on by
//! itself only when the new plan does nothing that was not reviewed.

use std::collections::BTreeSet;

use crate::change::Action;
use crate::journal::{Journal, Mark, entries, partly_applied};
use crate::lock::{EnvironmentLock, LocalLock};
use crate::plan::{Outcome, RootPlan};
use crate::review::{Review, plan_file};
use crate::state::{State, inputs};
use crate::{Error, Event, Plan, Root, RootKind, Session};

/// How an apply is to go about what needs a decision.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// The addresses whose content may be lost.
    pub allowed: Vec<String>,
    /// Import what an OpenTofu that was killed made and did not record.
    pub import: bool,
}

/// Asks whether a plan may be applied that nobody has reviewed yet.
pub type Approve<'a> = &'a mut dyn FnMut(&RootPlan) -> bool;

/// What was reviewed before an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewed {
    /// Nothing.
    Nothing,
    /// A plan that no longer holds.
    Stale {
        /// The root's name.
        root: String,
        /// Why it does not.
        why: &'static str,
    },
    /// Plans that hold.
    Current(Vec<ReviewedRoot>),
}

/// A root's reviewed plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedRoot {
    /// The root's name.
    pub root: String,
    /// How many things it changes.
    pub n_changes: usize,
    /// The addresses whose content it loses.
    pub losses: Vec<String>,
    /// When it was made, as RFC 3339.
    pub made: String,
    /// By whom.
    pub by: String,
}

/// What came of an apply.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// The names of the roots that were changed.
    pub changed: Vec<String>,
    /// The EKS cluster's name; `None`: there is none.
    pub cluster: Option<String>,
}

impl Session<'_> {
    /// What was reviewed and is waiting to be applied.
    ///
    /// # Errors
    /// When the states cannot be read.
    pub fn reviewed(&self) -> Result<Reviewed, Error> {
        let partly = partly_applied(&entries(self.target)?);
        let mut reviewed = Vec::new();
        for root in &self.target.roots {
            let folder = self.plan_folder(root);
            let Some(review) = Review::read(&folder) else {
                continue;
            };
            let inputs = inputs(self.client(), self.target, root)?;
            let stale = review.stale(self.target, root, &folder, &inputs)?;
            if let Some(why) = stale.filter(|_| !partly.contains(&root.folder)) {
                return Ok(Reviewed::Stale {
                    root: root.name.clone(),
                    why,
                });
            }
            reviewed.push(ReviewedRoot {
                root: root.name.clone(),
                n_changes: review.n_changes(),
                losses: review.losses,
                made: review.made,
                by: review.by,
            });
        }
        Ok(if reviewed.is_empty() {
            Reviewed::Nothing
        } else {
            Reviewed::Current(reviewed)
        })
    }

    /// Clears up after a run that was killed, and says whether there was one.
    ///
    /// # Errors
    /// When another run is at it, or an OpenTofu that was killed made what no state knows.
    pub fn recover(&self, approval: &Approval) -> Result<bool, Error> {
        let _local = LocalLock::take(self.target)?;
        Ok(!self.clear_up(approval.import)?.is_empty())
    }

    /// Applies what was reviewed, and, where `approve` says so, what can only be planned on the way.
    ///
    /// # Errors
    /// When somebody else is at it, something stateful would be lost that nobody named, nobody approves, or OpenTofu
    /// fails. What was done is recorded; the same call goes on from there.
    pub fn apply(&self, approval: &Approval, approve: Approve<'_>) -> Result<Applied, Error> {
        let _local = LocalLock::take(self.target)?;
        let mut lock = self.take_lock("apply")?;
        let result = self.apply_roots(approval, approve, &mut lock);
        if let Some(lock) = lock {
            let released = lock.release(self.client());
            // The first error is the one to tell.
            result.and_then(|applied| released.map(|()| applied))
        } else {
            result
        }
    }

    /// The environment's lock, as soon as the bucket is there to hold it.
    pub(crate) fn take_lock(&self, operation: &str) -> Result<Option<EnvironmentLock>, Error> {
        let Some(root) = self.target.own_roots().next() else {
            return Ok(None);
        };
        if !self.bucket_exists(root)? {
            return Ok(None);
        }
        EnvironmentLock::take(self.client(), self.target, &self.settings.who, operation)
    }

    fn apply_roots(
        &self,
        approval: &Approval,
        approve: Approve<'_>,
        lock: &mut Option<EnvironmentLock>,
    ) -> Result<Applied, Error> {
        self.clear_up(approval.import)?;
        for root in &self.target.roots {
            // Before the first root is touched, and not when its turn comes.
            if let Some(review) = Review::read(&self.plan_folder(root)) {
                let mut losses = review.losses;
                losses.retain(|address| !approval.allowed.contains(address));
                refuse(losses)?;
            }
        }
        let partly = partly_applied(&entries(self.target)?);
        let mut journal = Journal::begin(self.target, "apply")?;
        let mut applied = Applied::default();
        for root in &self.target.roots {
            let mut resumed = partly.contains(&root.folder);
            if root.kind == RootKind::State {
                // An earlier run may have ended between the bucket and its state's move; or the bucket is adopted. The
                // plan was made from the state where it was.
                if self.bucket_exists(root)? {
                    resumed |= self.finish_bootstrap(root)?;
                }
            } else if lock.is_none() {
                *lock = self.take_lock("apply")?;
            }
            if self.apply_root(root, resumed, approval, approve, &mut journal)? {
                applied.changed.push(root.name.clone());
            }
            if applied.cluster.is_none() {
                applied.cluster = State::read(self.client(), self.target, root)?
                    .and_then(|state| state.attribute("aws_eks_cluster", "name"));
            }
        }
        journal.write("", "", Mark::Done)?;
        Ok(applied)
    }

    /// Applies one root; whether anything was changed.
    fn apply_root(
        &self,
        root: &Root,
        resumed: bool,
        approval: &Approval,
        approve: Approve<'_>,
        journal: &mut Journal,
    ) -> Result<bool, Error> {
        let folder = self.plan_folder(root);
        let unborn = root.kind == RootKind::State && self.is_unborn(root)?;
        let inputs = inputs(self.client(), self.target, root)?;
        let review = Review::read(&folder);
        let stale = match &review {
            None => Some("it was not planned yet"),
            Some(_) if resumed => Some("a part of it was applied"),
            Some(review) => review.stale(self.target, root, &folder, &inputs)?,
        };
        if let Some(why) = stale {
            let plan = self.plan_root(root)?;
            if let Outcome::Waits { until } = &plan.outcome {
                return Err(Error::NotReviewed {
                    root: root.name.clone(),
                    why: format!("it waits for {}", until.join(", ")),
                });
            }
            let covered = match &review {
                Some(review) => review.covers(self.target, root, plan.changes())?,
                None => false,
            };
            refuse(plan.losses(&approval.allowed))?;
            if !plan.changes().is_empty() && !covered {
                self.tell(Event::Note(format!(
                    "`{}` is planned anew: {why}",
                    root.name
                )));
                if !approve(&plan) {
                    return Err(Error::NotReviewed {
                        root: root.name.clone(),
                        why: why.to_owned(),
                    });
                }
            }
            if plan.changes().is_empty() {
                Review::remove(&folder);
                if resumed {
                    journal.write(&root.folder, "apply", Mark::Done)?;
                }
                return Ok(false);
            }
        } else if review.as_ref().is_some_and(Review::is_empty) {
            Review::remove(&folder);
            return Ok(false);
        }

        let place = if unborn {
            self.bootstrapped(root)
        } else {
            let place = self.place(root);
            self.init(&place)?;
            place
        };
        self.step(root, "applying");
        journal.write(&root.folder, "apply", Mark::Begin)?;
        let file = plan_file(&folder).display().to_string();
        let result = self.run(&place, "apply", &["apply", "-json", "-input=false", &file]);
        let result = result.map_err(|error| self.explained(root, error));
        let mark = if result.is_ok() {
            Mark::Done
        } else {
            Mark::Failed
        };
        journal.write(&root.folder, "apply", mark)?;
        result?;
        if unborn {
            self.finish_bootstrap(root)?;
        }
        Review::remove(&folder);
        Ok(true)
    }

    /// Says who holds a lock when that is what OpenTofu complains about.
    pub(crate) fn explained(&self, root: &Root, error: Error) -> Error {
        let Error::Tofu { diagnostics, .. } = &error else {
            return error;
        };
        let said = |what: &str| diagnostics.iter().any(|said| said.contains(what));
        if said("Error acquiring the state lock") {
            let locks = crate::lock::locks(self.client(), self.target).unwrap_or_default();
            let held = locks.into_iter().find(|lock| lock.key == root.lock_key());
            if let Some(held) = held {
                return crate::lock::locked(held.what, held.holder);
            }
        }
        if said("Saved plan is stale") {
            return Error::NotReviewed {
                root: root.name.clone(),
                why: "its state has changed since it was planned".to_owned(),
            };
        }
        error
    }
}

/// Approves what only creates: for a place where nobody can be asked. What exists was never reviewed to be changed.
pub fn only_creates(plan: &RootPlan) -> bool {
    let harmless = BTreeSet::from([Action::Create, Action::Move]);
    plan.changes()
        .iter()
        .all(|change| harmless.contains(&change.action))
}

/// The losses of a whole plan are refused before anything begins.
///
/// # Errors
/// When something would lose its content that is not named.
pub fn refuse_losses(plan: &Plan, approval: &Approval) -> Result<(), Error> {
    refuse(plan.losses(&approval.allowed))
}

fn refuse(addresses: Vec<String>) -> Result<(), Error> {
    if addresses.is_empty() {
        Ok(())
    } else {
        Err(Error::Stateful { addresses })
    }
}
