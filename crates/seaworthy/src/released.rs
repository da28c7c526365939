//! Which build an environment runs, as its images file in git says, and how the file gets another one.

use std::fs;
use std::io::Write as _;

use seaworthy_definition::model::{Platform, Service, ServiceSource};
use seaworthy_release::{Build, ImagesFile};
use seaworthy_render::kubernetes::{image_repository, images_file};
use seaworthy_render::{Input, Scope};

use crate::environment;
use crate::exit::CommandError;
use crate::git::Git;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};

/// One service in one environment.
pub(crate) struct Released<'a> {
    pub(crate) service: &'a Service,
    pub(crate) environment: String,
    /// The image, without tag and digest.
    pub(crate) image: String,
    /// The images file, relative to the platform's folder.
    pub(crate) path: String,
    platform: &'a Platform,
    folder: &'a PlatformFolder,
    file: ImagesFile,
}

impl<'a> Released<'a> {
    /// Reads what an environment runs of a service.
    pub(crate) fn read(
        folder: &'a PlatformFolder,
        input: &'a Input<'a>,
        service: &str,
        environment: &str,
    ) -> Result<Self, CommandError> {
        let scope = environment::scope(input, environment)?;
        let service = built(scope, service)?;
        let path = images_file(&scope.environment.name);
        let text = fs::read_to_string(folder.path.join(&path)).map_err(|_| {
            CommandError::refused(
                format!("there is no `{path}`"),
                "`seaworthy render` writes it",
            )
        })?;
        let file = ImagesFile::read(&text).map_err(|error| {
            CommandError::refused(
                format!("`{path}` cannot be read: {error}"),
                "mend it by hand; nothing was changed",
            )
        })?;
        Ok(Self {
            service,
            environment: environment.to_owned(),
            image: image_repository(scope, service),
            path,
            platform: scope.platform,
            folder,
            file,
        })
    }

    /// The build that it runs.
    pub(crate) fn build(&self) -> Option<Build> {
        self.file.build(&self.image)
    }

    /// Writes another build into the file. Every other byte stays.
    pub(crate) fn set(&self, build: &Build) -> Result<(), CommandError> {
        let path = self.folder.path.join(&self.path);
        let write = || {
            let parent = path.parent().unwrap_or(&self.folder.path);
            let mut file = tempfile::NamedTempFile::new_in(parent)?;
            file.write_all(self.file.with(&self.image, build).as_bytes())?;
            file.as_file()
                .set_permissions(fs::metadata(&path)?.permissions())?;
            file.persist(&path)?;
            std::io::Result::Ok(())
        };
        write().map_err(|error| {
            CommandError::system(format!("`{}` could not be written", self.path), &error)
        })
    }

    /// Refuses while somebody's own changes of the file are not committed: they would go into ours.
    pub(crate) fn must_be_committed(&self, git: &Git) -> Result<(), CommandError> {
        if git.is_changed(&self.path)? {
            return Err(CommandError::refused(
                format!("`{}` has changes that are not committed", self.path),
                "commit or discard them first, or use `--no-commit`",
            ));
        }
        Ok(())
    }

    /// Says what changes with the build, besides the service itself.
    pub(crate) fn say_what_follows(&self) {
        if !self.service.migrate.is_empty() {
            printer::say(&format!(
                "  its migration runs first: {BOLD}{}{BOLD:#}",
                self.service.migrate.join(" ")
            ));
        }
        let jobs = self.platform.jobs.values();
        for job in jobs.filter(|job| job.service == self.service.name) {
            printer::say(&format!(
                "  job {BOLD}{}{BOLD:#} runs the same build",
                job.name
            ));
        }
    }
}

fn built<'a>(scope: Scope<'a>, name: &str) -> Result<&'a Service, CommandError> {
    let services = &scope.platform.services;
    let Some(service) = services.get(name) else {
        let names: Vec<String> = services.keys().map(|name| format!("`{name}`")).collect();
        return Err(CommandError::usage(
            format!("no service is called `{name}`"),
            format!("the services are {}", names.join(", ")),
        ));
    };
    match service.source {
        ServiceSource::Build(_) => Ok(service),
        ServiceSource::Image(_) => Err(CommandError::refused(
            format!("`{name}` runs an image that the definition names"),
            format!("change `services.{name}.image`, in `override:` for one environment"),
        )),
        ServiceSource::Run => Err(CommandError::refused(
            format!("`{name}` has no image"),
            format!("give it a `build` or an `image` under `services.{name}`"),
        )),
    }
}
