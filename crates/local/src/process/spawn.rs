//! Starting a process that cannot outlive us.

use std::io;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use tokio::process::{Child, Command};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// The thread that starts every process.
///
/// Linux sends the parent-death signal when the *thread* that forked ends, not the process. Tokio may end idle threads,
/// so all forks happen on this one, which lives as long as we do.
fn spawner() -> &'static Sender<Work> {
    static SPAWNER: OnceLock<Sender<Work>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        let (sender, receiver) = channel::<Work>();
        std::thread::Builder::new()
            .name("spawner".into())
            .spawn(move || {
                for work in receiver {
                    work();
                }
            })
            .expect("a process that cannot start a thread cannot run a platform");
        sender
    })
}

/// Starts `command` in a process group of its own, with its output piped to us and nothing to read.
///
/// On Linux it is killed when we die.
pub(crate) async fn spawn(mut command: Command) -> io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    die_with_parent(&mut command);
    let runtime = tokio::runtime::Handle::current();
    let (sender, receiver) = oneshot::channel();
    let work = Box::new(move || {
        let _inside = runtime.enter();
        let _ = sender.send(command.spawn());
    });
    spawner()
        .send(work)
        .map_err(|_| io::Error::other("the thread that starts processes has ended"))?;
    receiver
        .await
        .map_err(|_| io::Error::other("the thread that starts processes has ended"))?
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "`pre_exec` is the only way to set the parent-death signal between fork and exec"
)]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    // SAFETY: both calls are plain system calls, safe between fork and exec; nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // We may have died between fork and the line above; then nobody would send the signal.
            if getppid() != Some(parent) {
                return Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::SRCH.raw_os_error(),
                ));
            }
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}
