//! A run of a verb: the right account, a program to plan with, and somebody to tell.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use seaworthy_aws::Client;

use crate::review::work;
use crate::{Error, Program, Root, Target};

/// What the command line knows of the user and the machine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The settings of AWS's tools.
    pub aws: seaworthy_aws::Settings,
    /// The folders of `PATH`.
    pub path: Vec<PathBuf>,
    /// Who the user is to others: `user@machine`.
    pub who: String,
    /// Where plans are kept for review; `None`: in our working folder.
    pub plans: Option<PathBuf>,
    /// How often the user asked to stop.
    pub stop: Arc<AtomicUsize>,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something begins with a root.
    Step {
        /// The root's name.
        root: String,
        /// What: `planning`.
        what: &'static str,
    },
    /// Something became of a resource.
    Resource {
        /// The root's name.
        root: String,
        /// What OpenTofu says of it, in its words.
        text: String,
    },
    /// Something worth knowing.
    Note(String),
}

/// A run against one environment.
pub struct Session<'a> {
    pub(crate) target: &'a Target,
    pub(crate) settings: Settings,
    pub(crate) program: Program,
    client: Client,
    tell: RefCell<&'a mut dyn FnMut(Event)>,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("environment", &self.target.environment)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

impl<'a> Session<'a> {
    /// Makes sure, before anything else, that it is the right region and account; then finds what is needed.
    ///
    /// # Errors
    /// When it is another account or region, nobody says who we are, there is no `tofu`, or a root is not on disk.
    pub fn open(
        target: &'a Target,
        settings: Settings,
        tell: &'a mut dyn FnMut(Event),
    ) -> Result<Self, Error> {
        let region = settings.aws.region().map_err(Error::AskIdentity)?;
        if let Some((found, setting)) = region.filter(|(region, _)| *region != target.region) {
            return Err(Error::WrongRegion {
                found,
                setting,
                environment: target.environment.clone(),
                wanted: target.region.clone(),
            });
        }
        let client =
            Client::new(settings.aws.clone(), &target.region).map_err(Error::AskIdentity)?;
        let identity = client.identity().map_err(Error::AskIdentity)?;
        if identity.account != target.account {
            return Err(Error::WrongAccount {
                found: identity.account,
                arn: identity.arn,
                environment: target.environment.clone(),
                wanted: target.account.clone(),
            });
        }
        let program = Program::find(&settings.path)?;
        for root in &target.roots {
            if !target.root_folder(root).is_dir() {
                return Err(Error::FindRoot {
                    folder: root.folder.clone(),
                });
            }
        }
        let folder = target.work();
        fs::create_dir_all(&folder).map_err(|source| work(&folder, source))?;
        let ignore = folder.join(".gitignore");
        // Plans and states that are on their way must never be committed.
        fs::write(&ignore, "*\n").map_err(|source| work(&ignore, source))?;
        Ok(Self {
            target,
            settings,
            program,
            client,
            tell: RefCell::new(tell),
        })
    }

    /// AWS, in the environment's region.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn tell(&self, event: Event) {
        (self.tell.borrow_mut())(event);
    }

    pub(crate) fn step(&self, root: &Root, what: &'static str) {
        self.tell(Event::Step {
            root: root.name.clone(),
            what,
        });
    }

    /// Where the plan of a root is kept for review.
    pub(crate) fn plan_folder(&self, root: &Root) -> PathBuf {
        match &self.settings.plans {
            Some(folder) => folder.join(root.folder.strip_prefix("infra/").unwrap_or(&root.folder)),
            None => self.target.root_work(root),
        }
    }

    /// Clears a lock by its id, whoever holds it, and gives who that was.
    ///
    /// # Errors
    /// When there is no such lock, or it cannot be removed.
    pub fn unlock(&self, id: &str) -> Result<crate::Holder, Error> {
        crate::lock::clear(self.client(), self.target, id)
    }
}
