//! Everything that a rule can ask.

use std::sync::OnceLock;

use seaworthy_facts::{Facts, Sources};
use seaworthy_knowledge::{Date, Knowledge};

use crate::built::Builds;
use crate::iam::Iam;

/// The files, what they say, and what is known of the world around them.
#[derive(Debug)]
pub struct World {
    /// The files.
    pub sources: Sources,
    /// What they say.
    pub facts: Facts,
    /// What ages.
    pub knowledge: Knowledge,
    /// The day that support dates are held against.
    pub today: Date,
    iam: OnceLock<Iam>,
    builds: OnceLock<Builds>,
    collections: OnceLock<Vec<String>>,
}

impl World {
    /// Reads every file with its reader and relates what they found.
    pub fn new(sources: Sources, today: Date) -> Self {
        let knowledge = Knowledge;
        let mut facts = Facts::default();
        seaworthy_hcl::read(&sources, &knowledge, &mut facts);
        seaworthy_delivery::read(&sources, &mut facts);
        seaworthy_kubernetes::read(&sources, &knowledge, &mut facts);
        seaworthy_code::read(&sources, &mut facts);
        Self {
            sources,
            facts,
            knowledge,
            today,
            iam: OnceLock::new(),
            builds: OnceLock::new(),
            collections: OnceLock::new(),
        }
    }

    /// Roles, trusts, policies; read when they are first asked for.
    pub fn iam(&self) -> &Iam {
        self.iam
            .get_or_init(|| Iam::read(&self.facts, &self.knowledge))
    }

    /// Folders that hold platforms that have nothing to do with each other; looked for when they are first asked for.
    pub(crate) fn collections(&self) -> &[String] {
        self.collections
            .get_or_init(|| crate::collections::find(&self.facts))
    }

    /// Images that are built here; looked for when they are first asked for.
    pub(crate) fn builds(&self) -> &Builds {
        self.builds
            .get_or_init(|| Builds::read(&self.sources, &self.facts))
    }
}
