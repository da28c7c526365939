//! Building services on this machine, and what came of it.

mod cargo;
mod container;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_definition::model::{BuildKind, Platform, Service, ServiceName, ServiceSource};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::event::Step;
use crate::failure::Failure;
use crate::hex::hex;
use crate::process::journal::Journal;
use crate::process::spawn;

/// What a service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    /// The program: a path, or a name to look up on PATH.
    pub(crate) program: PathBuf,
    /// Programs that the build made, by name, for `run`, `migrate` and `seed`.
    pub(crate) programs: BTreeMap<String, PathBuf>,
    /// Changes when what was built changes.
    pub(crate) fingerprint: String,
    /// The image that a container engine runs; the program is the engine then.
    pub(crate) image: Option<String>,
}

impl Built {
    /// A program by the name that the definition uses: one that was built, else one that exists, relative to `folder`.
    pub(crate) fn program(&self, name: &str, folder: &Path) -> PathBuf {
        self.programs
            .get(name)
            .cloned()
            .unwrap_or_else(|| locate(name, folder))
    }
}

/// A command with a slash is relative to the folder it runs in; one without is looked up on PATH by the system.
fn locate(name: &str, folder: &Path) -> PathBuf {
    if name.contains('/') {
        folder.join(name)
    } else {
        PathBuf::from(name)
    }
}

/// The folder that a service runs in: its build's context, else the platform's.
pub(crate) fn folder_of(service: &Service, platform_folder: &Path) -> PathBuf {
    match &service.source {
        ServiceSource::Build(build) => platform_folder.join(&build.context),
        ServiceSource::Image(_) | ServiceSource::Run => platform_folder.to_owned(),
    }
}

/// Whether anything has to be built for the service here.
pub(crate) fn is_built(service: &Service) -> bool {
    matches!(service.source, ServiceSource::Build(_))
        && (!is_image(service) || service.run.is_empty())
}

/// Whether what production runs is an image that only a container engine can make or run here.
fn is_image(service: &Service) -> bool {
    match &service.source {
        ServiceSource::Image(_) => true,
        ServiceSource::Build(build) => matches!(build.kind, BuildKind::Dockerfile { .. }),
        ServiceSource::Run => false,
    }
}

/// Builds what has to be built of these services.
pub(crate) async fn build(
    platform: &Platform,
    platform_folder: &Path,
    services: &[&Service],
    journal: &Journal,
    step: &Step,
) -> Result<BTreeMap<ServiceName, Built>, Failure> {
    let mut built = BTreeMap::new();
    // One cargo call for all packages of a workspace: it shares its dependencies and uses every core.
    let mut cargo_packages: BTreeMap<PathBuf, Vec<(&Service, &str)>> = BTreeMap::new();
    for service in services {
        let folder = folder_of(service, platform_folder);
        match &service.source {
            // `run` says how an image's program starts here without a container.
            _ if is_image(service) && !service.run.is_empty() => {
                built.insert(service.name.clone(), plain(service, &folder));
            }
            ServiceSource::Build(build) => match &build.kind {
                BuildKind::Cargo(package) => cargo_packages
                    .entry(folder)
                    .or_default()
                    .push((service, package)),
                BuildKind::Dockerfile { path, target } => {
                    let recipe = container::Recipe {
                        dockerfile: folder.join(path),
                        target: target.as_deref(),
                    };
                    let result =
                        container::build(&platform.name, service, &folder, &recipe, journal, step)
                            .await?;
                    built.insert(service.name.clone(), result);
                }
                BuildKind::Command(command) => {
                    run_build(service, command, &folder, journal, step).await?;
                    built.insert(service.name.clone(), plain(service, &folder));
                }
            },
            ServiceSource::Image(image) => {
                built.insert(
                    service.name.clone(),
                    container::image(service, image).await?,
                );
            }
            ServiceSource::Run => {
                built.insert(service.name.clone(), plain(service, &folder));
            }
        }
    }
    for (folder, packages) in cargo_packages {
        built.extend(cargo::build(&folder, &packages, journal, step).await?);
    }
    Ok(built)
}

/// A service whose `run` names a program that is there.
fn plain(service: &Service, folder: &Path) -> Built {
    let program = service
        .run
        .first()
        .map_or_else(PathBuf::new, |program| locate(program, folder));
    Built {
        fingerprint: fingerprint(&program),
        program,
        programs: BTreeMap::new(),
        image: None,
    }
}

/// Tells two builds of one program apart by its bytes; by nothing where it cannot be read, as for `python3`.
fn fingerprint(program: &Path) -> String {
    // A bare name is looked up on PATH; it must not be taken for a file where we happen to be.
    if program.components().count() < 2 {
        return String::new();
    }
    let Ok(mut file) = std::fs::File::open(program) else {
        return String::new();
    };
    let mut hash = Sha256::new();
    match std::io::copy(&mut file, &mut HashWriter(&mut hash)) {
        Ok(_) => hex(&hash.finalize()[..8]),
        Err(_) => String::new(),
    }
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn run_build(
    service: &Service,
    command: &[String],
    folder: &Path,
    journal: &Journal,
    step: &Step,
) -> Result<(), Failure> {
    let [program, args @ ..] = command else {
        return Ok(());
    };
    let mut process = Command::new(locate(program, folder));
    process.args(args).current_dir(folder);
    let what = format!("the build of `{}`", service.name);
    let finished = run(process, &what, journal, step).await.map_err(|error| {
        Failure::new(
            service.name.as_str(),
            format!("{what} could not be started: `{program}`"),
        )
        .caused_by(&error)
    })?;
    if finished.status.success() {
        Ok(())
    } else {
        Err(failed(service.name.as_str(), &what, &finished))
    }
}

/// A group that ends when we stop waiting for its leader: an interrupted build must not go on by itself.
struct KilledOnDrop(u32);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        crate::process::signal_group(self.0, rustix::process::Signal::KILL);
    }
}

/// A command that ran to its end.
pub(crate) struct Finished {
    pub(crate) status: std::process::ExitStatus,
    pub(crate) stdout: Vec<u8>,
    /// The last lines of what it printed, both streams.
    pub(crate) last_lines: Vec<String>,
}

/// The failure of a command that ran to its end.
pub(crate) fn failed(subject: &str, what: &str, finished: &Finished) -> Failure {
    Failure::new(
        subject,
        format!("{what} {}", crate::replica::describe(finished.status)),
    )
    .log(finished.last_lines.clone())
}

/// How many lines of a failed command are shown. A compiler's message is long, and its first lines matter.
const SHOWN_LINES: usize = 40;

/// How long the output of a command that has ended may stay open.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// Runs a command to its end; what it prints becomes the step's progress.
pub(crate) async fn run(
    command: Command,
    what: &str,
    journal: &Journal,
    step: &Step,
) -> std::io::Result<Finished> {
    let mut child = spawn::spawn(command).await?;
    let pid = child.id().unwrap_or_default();
    let _remembered = journal.remember(pid, what, None)?;
    let _group = KilledOnDrop(pid);
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let lines = crate::logs::LastLines::default();
    let read_stdout = async {
        let mut all = Vec::new();
        if let Some(mut stdout) = stdout {
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stdout, &mut all).await;
        }
        all
    };
    let read_stderr = async {
        let Some(stderr) = stderr else { return };
        let mut reader = BufReader::new(stderr).split(b'\n');
        while let Ok(Some(line)) = reader.next_segment().await {
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            if !line.is_empty() {
                step.progress(line.trim_start());
                lines.push(line);
            }
        }
    };
    let reading = async { tokio::join!(read_stdout, read_stderr).0 };
    tokio::pin!(reading);
    let mut output = None;
    let status = tokio::select! {
        read = &mut reading => {
            output = Some(read);
            child.wait().await?
        }
        status = child.wait() => status?,
    };
    let stdout = match output {
        Some(output) => output,
        // What it left in the background may hold its output open for ever.
        None => tokio::time::timeout(LAST_OUTPUT, reading)
            .await
            .unwrap_or_default(),
    };
    let mut last_lines = lines.last(SHOWN_LINES);
    if last_lines.is_empty() {
        let text = String::from_utf8_lossy(&stdout);
        let all: Vec<&str> = text.lines().collect();
        last_lines = all[all.len().saturating_sub(SHOWN_LINES)..]
            .iter()
            .map(ToString::to_string)
            .collect();
    }
    Ok(Finished {
        status,
        stdout,
        last_lines,
    })
}
