//! A child process that does not outlive this one, and whose end can be awaited by many.
//!
//! On Linux the kernel is asked to send a signal to the child when its parent dies
//! (`PR_SET_PDEATHSIG`). "Parent" there means the *thread* that spawned it: a child started from a
//! pool thread would be stopped when the pool shrinks. All children are therefore spawned from one
//! thread that lives as long as the process. Other systems have no such thing; there the next start
//! finds what was left (see [`leftover`](crate::leftover)).

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use tokio::sync::{oneshot, watch};

/// A running child. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    state: Arc<State>,
    exited: watch::Receiver<Option<ExitStatus>>,
}

#[derive(Debug)]
struct State {
    /// Whether the pid is still ours. Signals are sent and the child is reaped under this lock, so that no
    /// signal can reach a stranger who was given the same pid.
    unreaped: Mutex<bool>,
}

type Job = (Command, oneshot::Sender<io::Result<Child>>);

static SPAWNER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (jobs, queue) = mpsc::channel::<Job>();
    std::thread::Builder::new()
        .name("postgres-spawner".to_owned())
        .spawn(move || {
            for (mut command, reply) in queue {
                // A caller that went away while the child started must not leave it behind.
                if let Err(Ok(mut orphan)) = reply.send(command.spawn()) {
                    let _ = orphan.kill();
                    let _ = orphan.wait();
                }
            }
        })
        .expect("a thread can be started");
    jobs
});

impl Process {
    /// Starts `command` in a process group of its own; `on_parent_death` is what it gets should this process die.
    pub(crate) async fn spawn(mut command: Command, on_parent_death: Signal) -> io::Result<Self> {
        command.process_group(0);
        end_with_parent(&mut command, on_parent_death);
        let (reply, spawned) = oneshot::channel();
        SPAWNER
            .send((command, reply))
            .expect("the spawner never ends");
        let child = spawned.await.expect("the spawner always answers")?;
        Ok(Self::watch(child))
    }

    fn watch(mut child: Child) -> Self {
        let pid = Pid::from_child(&child);
        let state = Arc::new(State {
            unreaped: Mutex::new(true),
        });
        let (sender, exited) = watch::channel(None);
        let watched = Arc::clone(&state);
        std::thread::Builder::new()
            .name("postgres-watcher".to_owned())
            .spawn(move || {
                use rustix::process::{WaitId, WaitIdOptions, waitid};
                // Waits without reaping: the pid stays taken until the lock is held.
                while let Err(rustix::io::Errno::INTR) = waitid(
                    WaitId::Pid(pid),
                    WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
                ) {}
                let mut unreaped = watched
                    .unreaped
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let status = child.wait();
                *unreaped = false;
                drop(unreaped);
                // Only a child that somebody else reaped has no status; then it is gone all the same.
                sender.send_replace(Some(status.unwrap_or_default()));
            })
            .expect("a thread can be started");
        Self { pid, state, exited }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends a signal to the process itself; nothing happens once it is gone.
    pub(crate) fn signal(&self, signal: Signal) {
        let unreaped = self
            .state
            .unreaped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *unreaped {
            let _ = rustix::process::kill_process(self.pid, signal);
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        *self.exited.borrow()
    }

    /// Waits until it ends.
    pub(crate) async fn exited(&self) -> ExitStatus {
        let mut exited = self.exited.clone();
        match exited.wait_for(Option::is_some).await {
            Ok(status) => status.unwrap_or_default(),
            // The watcher ends only after it has sent.
            Err(_) => ExitStatus::default(),
        }
    }
}

impl Drop for Process {
    /// PostgreSQL ends its own children on SIGQUIT; they are not in its process group, so a SIGKILL to the
    /// group would leave busy ones running for a moment. It comes second, for what does not listen.
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        self.signal(Signal::QUIT);
        let deadline = Instant::now() + Duration::from_secs(2);
        while self.ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let unreaped = self
            .state
            .unreaped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *unreaped {
            let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "`pre_exec` is unsafe: only async-signal-safe calls may be made between fork and exec"
)]
fn end_with_parent(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    // SAFETY: the closure makes two system calls and allocates nothing. It runs after the change of user, which
    // would clear the setting.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // The parent may have died before the line above.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::SRCH.raw_os_error(),
                ));
            }
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command, _signal: Signal) {}
