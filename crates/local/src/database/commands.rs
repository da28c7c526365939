//! Migrations and seeds: commands of a service that run to their end, as the owner of its databases.

use std::collections::BTreeSet;
use std::path::Path;

use seaworthy_definition::model::Service;
use tokio::process::Command;

use crate::build::{self, Built};
use crate::event::Events;
use crate::failure::Failure;
use crate::home::Home;
use crate::process::journal::Journal;
use crate::variables;

/// What a service's one-off commands run with.
pub(crate) struct Commands<'a> {
    pub(crate) service: &'a Service,
    pub(crate) built: &'a Built,
    /// The declared variables, with the owner role of each database.
    pub(crate) env: &'a [(String, String)],
    pub(crate) folder: &'a Path,
    pub(crate) journal: &'a Journal,
    pub(crate) events: &'a Events,
    pub(crate) home: &'a Home,
}

impl Commands<'_> {
    pub(crate) async fn migrate(&self) -> Result<(), Failure> {
        self.run("migrate", "migrating", "migrated", &self.service.migrate)
            .await
    }

    /// Seeds once in the life of the data; the note of it goes with the data when that is wiped.
    pub(crate) async fn seed_once(&self) -> Result<(), Failure> {
        let file = self.home.folder().join("seeded.json");
        let mut seeded: BTreeSet<String> = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        if !seeded.insert(self.service.name.to_string()) {
            return Ok(());
        }
        self.run("seed", "seeding", "seeded", &self.service.seed)
            .await?;
        serde_json::to_vec(&seeded)
            .map_err(std::io::Error::other)
            .and_then(|text| std::fs::write(&file, text))
            .map_err(|error| Failure::of_folder(self.home.folder(), &error))
    }

    async fn run(
        &self,
        key: &str,
        doing: &str,
        done: &str,
        command: &[String],
    ) -> Result<(), Failure> {
        let name = &self.service.name;
        let step = self
            .events
            .step(format!("{key}/{name}"), format!("{doing} {name}"));
        let Some((program, args)) = command.split_first() else {
            return Ok(());
        };
        let mut process = self.command(program, args);
        process.current_dir(self.folder);
        let what = format!("`{key}` of `{name}`");
        let finished = match build::run(process, &what, self.journal, &step).await {
            Ok(finished) => finished,
            Err(error) => {
                return Err(step.failed(
                    Failure::new(
                        name.as_str(),
                        format!("{what} could not be started: `{program}`"),
                    )
                    .caused_by(&error),
                ));
            }
        };
        if finished.status.success() {
            step.done(format!("{done} {name}"));
            return Ok(());
        }
        let failure = build::failed(name.as_str(), &what, &finished)
            .hint(format!(
                "it runs as the database's owner; try it by hand with `seaworthy env {name}`"
            ))
            .on_disk(self.home.folder());
        Err(step.failed(failure))
    }

    fn command(&self, program: &str, args: &[String]) -> Command {
        let inherited = variables::inherited();
        let Some(image) = &self.built.image else {
            let mut command = Command::new(self.built.program(program, self.folder));
            command
                .args(args)
                .env_clear()
                .envs(inherited)
                .envs(self.env.iter().cloned());
            return command;
        };
        let mut command = Command::new(&self.built.program);
        command
            .args(["run", "--rm", "--network", "host"])
            .env_clear()
            .envs(inherited);
        for (name, value) in self.env {
            command.arg("--env").arg(name).env(name, value);
        }
        command.arg(image).arg(program).args(args);
        command
    }
}
