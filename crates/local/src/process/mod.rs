//! Processes of the local run: started in a group of their own, remembered on disk, and never left behind.
//!
//! * [`spawn`] starts a command so that it dies with us, even when we are killed with SIGKILL.
//! * [`journal`] remembers what runs, so that the next `up` or `down` can clear what survived all the same.
//! * [`inspect`] asks the system what a process does: where it listens, who holds a port.

pub(crate) mod inspect;
pub(crate) mod journal;
pub(crate) mod spawn;

use rustix::process::{Pid, Signal, kill_process_group};

/// Sends a signal to a whole process group. A group that is gone already is not an error.
pub(crate) fn signal_group(pid: u32, signal: Signal) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    let _ = kill_process_group(pid, signal);
}
