//! `plan`: what would change, root by root, as far as the inputs exist.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::change::{Change, changes};
use crate::lock::{LocalLock, environment_holder, locked, locks};
use crate::review::{Review, Reviewed, plan_file, work};
use crate::state::{State, inputs};
use crate::tofu::Place;
use crate::{Error, Holder, Root, RootKind, Session, cluster_version};

/// What an environment's roots would change.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Each root in the order in which it is applied.
    pub roots: Vec<RootPlan>,
}

/// What one root would change.
#[derive(Debug, Clone)]
pub struct RootPlan {
    /// The root.
    pub root: Root,
    /// What came of planning it.
    pub outcome: Outcome,
}

/// What came of planning a root.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was planned, and the plan is kept for review.
    Planned {
        /// What it would change; empty: nothing.
        changes: Vec<Change>,
    },
    /// It reads what does not exist yet.
    Waits {
        /// The names of the roots that are to be applied first.
        until: Vec<String>,
    },
}

impl Plan {
    /// Everything that would change.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.roots.iter().flat_map(RootPlan::changes)
    }

    /// Whether somebody changed something outside of OpenTofu.
    pub fn has_drift(&self) -> bool {
        self.changes().any(|change| change.drift)
    }

    /// Whether everything was planned, and nothing would change.
    pub fn is_empty(&self) -> bool {
        let waits = |root: &RootPlan| matches!(root.outcome, Outcome::Waits { .. });
        !self.roots.iter().any(waits) && self.changes().next().is_none()
    }

    /// The addresses whose content would be lost and that `allowed` does not name.
    pub fn losses(&self, allowed: &[String]) -> Vec<String> {
        self.roots
            .iter()
            .flat_map(|root| root.losses(allowed))
            .collect()
    }
}

impl RootPlan {
    /// What it would change.
    pub fn changes(&self) -> &[Change] {
        match &self.outcome {
            Outcome::Planned { changes } => changes,
            Outcome::Waits { .. } => &[],
        }
    }

    pub(crate) fn losses(&self, allowed: &[String]) -> Vec<String> {
        let lost = self.changes().iter().filter(|change| change.loses_content);
        lost.map(|change| change.address.clone())
            .filter(|address| !allowed.contains(address))
            .collect()
    }
}

impl Session<'_> {
    /// Plans every root whose inputs exist, and keeps the plans for review.
    ///
    /// # Errors
    /// When somebody is changing the environment, AWS or OpenTofu refuses, or a cluster would skip a version.
    pub fn plan(&self) -> Result<Plan, Error> {
        let _local = LocalLock::take(self.target)?;
        // What was locked from this folder is of a run that died, since nobody holds the folder.
        let here = self.target.folder.display().to_string();
        let holder = environment_holder(self.client(), self.target)?;
        let dead = |holder: &Holder| holder.who == self.settings.who && holder.info == here;
        if let Some(holder) = holder.filter(|holder| !dead(holder)) {
            let what = format!("`{}`", self.target.environment);
            return Err(locked(what, holder));
        }
        let mut held = locks(self.client(), self.target)?;
        held.retain(|lock| !dead(&lock.holder));
        if let Some(lock) = held.into_iter().next() {
            return Err(locked(lock.what, lock.holder));
        }
        let mut roots = Vec::new();
        for root in &self.target.roots {
            roots.push(self.plan_root(root)?);
        }
        Ok(Plan { roots })
    }

    /// The whole plan of a root as OpenTofu shows it, without what is sensitive; empty when it was not planned.
    ///
    /// # Errors
    /// When OpenTofu cannot show it.
    pub fn full(&self, plan: &RootPlan) -> Result<String, Error> {
        let file = plan_file(&self.plan_folder(&plan.root));
        if plan.changes().is_empty() || !file.exists() {
            return Ok(String::new());
        }
        let unborn = plan.root.kind == RootKind::State && self.is_unborn(&plan.root)?;
        let place = if unborn {
            self.bootstrapped(&plan.root)
        } else {
            self.place(&plan.root)
        };
        let file = file.display().to_string();
        self.ask(&place, &["show", "-no-color", &file])
    }

    /// Plans one root, or says what it waits for.
    pub(crate) fn plan_root(&self, root: &Root) -> Result<RootPlan, Error> {
        let outcome = |outcome| RootPlan {
            root: root.clone(),
            outcome,
        };
        if root.kind == RootKind::State && self.is_unborn(root)? {
            let place = self.bootstrap(root)?;
            return Ok(outcome(self.plan_in(&place, BTreeMap::new())?));
        }
        let until = self.waits_for(root)?;
        if !until.is_empty() {
            Review::remove(&self.plan_folder(root));
            return Ok(outcome(Outcome::Waits { until }));
        }
        let place = self.place(root);
        self.step(root, "planning");
        self.init(&place)?;
        let inputs = inputs(self.client(), self.target, root)?;
        Ok(outcome(self.plan_in(&place, inputs)?))
    }

    /// Plans where a root is, shows the plan and keeps it.
    pub(crate) fn plan_in(
        &self,
        place: &Place<'_>,
        inputs: BTreeMap<String, String>,
    ) -> Result<Outcome, Error> {
        let folder = self.plan_folder(place.root);
        fs::create_dir_all(&folder).map_err(|source| work(&folder, source))?;
        Review::remove(&folder);
        let file = plan_file(&folder);
        let out = format!("-out={}", file.display());
        // Nobody may change the state between this plan and its application, which OpenTofu sees to by the state's
        // serial. A lock would only keep those from planning who may read and not write.
        self.run(
            place,
            "plan",
            &["plan", "-json", "-input=false", "-lock=false", &out],
        )?;
        let file = file.display().to_string();
        let shown = self.ask(place, &["show", "-json", "-no-color", &file])?;
        let shown: Value = serde_json::from_str(&shown).map_err(|error| Error::ReadAnswer {
            command: "tofu show".to_owned(),
            root: place.root.name.clone(),
            why: error.to_string(),
        })?;
        let changes = changes(&shown);
        if let Err(refused) = cluster_version::check(&changes) {
            Review::remove(&folder);
            return Err(refused);
        }
        let reviewed = Reviewed {
            by: &self.settings.who,
            inputs,
            changes: &changes,
        };
        Review::write(self.target, place.root, &folder, reviewed)?;
        Ok(Outcome::Planned { changes })
    }

    /// The roots that must be applied before this one can be planned.
    fn waits_for(&self, root: &Root) -> Result<Vec<String>, Error> {
        let states = self.target.roots.iter().filter(|other| {
            other.kind == RootKind::State && other.bucket == root.bucket && *other != root
        });
        for state in states {
            if !self.bucket_exists(state)? {
                return Ok(vec![state.name.clone()]);
            }
        }
        let mut until = Vec::new();
        for folder in &root.reads {
            let Some(read) = self.target.root(folder) else {
                continue;
            };
            let state = State::read(self.client(), self.target, read)?;
            if state.is_none_or(|state| state.is_empty()) {
                until.push(read.name.clone());
            }
        }
        Ok(until)
    }
}
