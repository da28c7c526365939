//! `seaworthy up`: run the whole platform on this machine.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use seaworthy_local::control::{self, ControlError, EventLines};
use seaworthy_local::{OpenError, RunOptions, Supervisor};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;

use super::block_on;
use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::printer;
use crate::progress::{Progress, Seen};

/// Run the whole platform on this machine
///
/// Builds the services, starts a real PostgreSQL, runs migrations, and starts everything in the order of `uses`, behind
/// a gateway that routes as the public route does. Run it again to apply what changed in the definition; only what
/// changed is restarted. Ctrl-C stops everything in order; a second one at once. Data is kept from run to run.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that users type"
)]
pub(crate) struct UpArgs {
    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Return when everything is ready, and let it run in the background
    #[arg(long, short)]
    detach: bool,

    /// Replicas of each service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    replicas: Option<u32>,

    /// Leave a service out, to run it by hand; traffic still reaches it
    #[arg(long, value_name = "SERVICE")]
    without: Vec<String>,

    /// Rebuild and replace services when their files change
    #[arg(long, short)]
    watch: bool,

    /// The gateway's port, kept from then on
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Move data of an older PostgreSQL to the version that the definition declares
    #[arg(long)]
    upgrade: bool,

    /// How events are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Run as the background process of `--detach`
    #[arg(long, hide = true)]
    supervise: bool,
}

impl UpArgs {
    fn options(&self) -> RunOptions {
        RunOptions {
            replicas: self.replicas,
            port: self.port,
            without: self.without.clone(),
            watch: self.watch,
            upgrade: self.upgrade,
        }
    }
}

pub(crate) fn run(args: &UpArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let name = platform.check()?;
    block_on(up(args, &platform, &name))
}

async fn up(args: &UpArgs, platform: &PlatformFolder, name: &str) -> CommandResult {
    match platform.client().apply(&args.options()).await {
        Ok(events) => {
            printer::note("the platform is running already; applying what changed");
            return follow(events, Progress::new(name, args.format, true)).await;
        }
        Err(ControlError::NotRunning) => {}
        Err(error) => return Err(error.into()),
    }
    if args.detach {
        detach(args, platform, name).await
    } else {
        supervise(args, platform, name).await
    }
}

/// Runs the platform in this process, until it is asked to end.
async fn supervise(args: &UpArgs, platform: &PlatformFolder, name: &str) -> CommandResult {
    if args.supervise {
        // A session of its own, so that closing the terminal does not end it.
        let _ = rustix::process::setsid();
    }
    let supervisor = Supervisor::open(&platform.settings, platform.home.clone(), &platform.path)
        .await
        .map_err(|error| open_error(&error))?;
    let (past, mut events) = supervisor.events().listen_from_start();
    control::serve(supervisor.clone())
        .map_err(|error| CommandError::system("the control socket could not be opened", &error))?;
    // In the background nobody reads along, and the output of services has its own files.
    let mut progress = Progress::new(name, args.format, !args.supervise);
    let printing = tokio::spawn(async move {
        for event in &past {
            let _ = progress.show(event);
        }
        loop {
            match events.recv().await {
                Ok(event) => {
                    // Whoever read our output may be gone; the platform goes on.
                    if matches!(progress.show(&event), Ok(Seen::Stopped)) {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    let mut signals = Signals::new()?;
    let result = tokio::select! {
        result = supervisor.apply(args.options()) => match result {
            Ok(()) => run_on(&supervisor, &mut signals).await,
            // With --watch the next change of a file is the next try.
            Err(_) if args.watch => run_on(&supervisor, &mut signals).await,
            Err(_) => Err(CommandError::Told),
        },
        () = signals.next() => Err(CommandError::Interrupted),
        () = supervisor.asked_to_end() => Ok(()),
    };
    let ending = async {
        let ended = supervisor.end().await;
        let _ = tokio::time::timeout(Duration::from_secs(1), printing).await;
        // Those who listen on the control socket get the last events, too.
        tokio::time::sleep(Duration::from_millis(20)).await;
        ended
    };
    tokio::select! {
        ended = ending => ended.map_err(|error| CommandError::system("the data could not be removed", &error))?,
        () = signals.next() => {
            supervisor.kill();
            return Err(CommandError::Interrupted);
        }
    }
    result
}

/// A platform that is up, until somebody ends it; Ctrl-C is the ordinary way, and so no error.
async fn run_on(supervisor: &Supervisor, signals: &mut Signals) -> CommandResult {
    tokio::select! {
        () = signals.next() => {}
        () = supervisor.asked_to_end() => {}
    }
    Ok(())
}

/// The signals that end a run.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, CommandError> {
        let listen = |kind| {
            signal(kind).map_err(|error| CommandError::system("signals cannot be received", &error))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

fn open_error(error: &OpenError) -> CommandError {
    match error {
        OpenError::Running => CommandError::refused(
            "another process is running or ending this platform and does not answer yet",
            "wait a moment and try again, or end it with `seaworthy down`",
        ),
        OpenError::Home { .. } => CommandError::system("the platform cannot be run", error),
    }
}

/// Starts the platform in the background, and returns when it is ready.
async fn detach(args: &UpArgs, platform: &PlatformFolder, name: &str) -> CommandResult {
    let unusable = |error: std::io::Error| {
        let folder = platform.home.folder().display();
        CommandError::system(
            format!("the platform cannot be run with its data in {folder}"),
            &error,
        )
    };
    platform.home.create(&platform.path).map_err(unusable)?;
    let log = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(platform.home.supervisor_log())
        .map_err(unusable)?;
    let mut command = Command::new(std::env::current_exe().map_err(unusable)?);
    command.arg("up").arg(&platform.path).arg("--supervise");
    if let Some(n) = args.replicas {
        command.args(["--replicas", &n.to_string()]);
    }
    if let Some(port) = args.port {
        command.args(["--port", &port.to_string()]);
    }
    for service in &args.without {
        command.args(["--without", service]);
    }
    for (given, flag) in [(args.watch, "--watch"), (args.upgrade, "--upgrade")] {
        if given {
            command.arg(flag);
        }
    }
    let errors = log.try_clone().map_err(unusable)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(unusable)?;
    let began = Instant::now();
    let events = loop {
        match platform.client().events().await {
            Ok(events) => break events,
            Err(ControlError::NotRunning) => {}
            Err(error) => return Err(error.into()),
        }
        let ended = child.try_wait().map_err(unusable)?;
        if ended.is_some() || began.elapsed() > Duration::from_mins(2) {
            let said = std::fs::read_to_string(platform.home.supervisor_log()).unwrap_or_default();
            printer::say(said.trim_end());
            return Err(CommandError::Told);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let progress = Progress::new(name, args.format, true);
    let result = follow_until(events, progress, args.watch).await;
    if matches!(result, Err(CommandError::Told)) && !args.watch {
        // It is on its way out; when we return, nothing of it is left.
        let _ = child.wait();
    }
    result
}

/// Shows the events of an operation, and whether it came to its end.
pub(crate) async fn follow(events: EventLines, progress: Progress) -> CommandResult {
    follow_until(events, progress, false).await
}

/// The same, for a run that `stays` when it has given up, to wait for the next change of a file.
async fn follow_until(
    mut events: EventLines,
    mut progress: Progress,
    stays: bool,
) -> CommandResult {
    let mut given_up = false;
    loop {
        let event = match events.next().await {
            Ok(Some(event)) => event,
            Ok(None) => break,
            // After giving up, a run in the background ends, and our connection with it.
            Err(_) if given_up => break,
            Err(error) => return Err(error.into()),
        };
        match progress.show(&event)? {
            Seen::Ready => return Ok(()),
            Seen::GaveUp if stays => break,
            Seen::GaveUp => given_up = true,
            Seen::Stopped => break,
            Seen::Nothing => {}
        }
    }
    Err(CommandError::Told)
}
