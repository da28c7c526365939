//! What a test run leaves behind is a failure of the test run.
//!
//! This process makes itself the parent of every orphan below it, so that a server whose test died without
//! ending it comes here instead of to init. While a command runs, orphans that end are reaped (a test that
//! asks whether a process is gone must not see its corpse); afterwards, the ones that still live are named
//! and ended.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

use crate::Failure;
use crate::command::{start, succeeded};

/// How long what was told to end may take, before it counts as left behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs a command, then ends every process it left behind; the names of those are an error.
pub(crate) fn run_and_leave_nothing(command: &mut Command) -> Result<(), Failure> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut child = start(command)?;
    let direct = child.id();
    let done = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        scope.spawn(|| reap_orphans_until(&done, direct));
        let status = child.wait();
        done.store(true, Ordering::SeqCst);
        status
    });
    let left = end_orphans();
    rustix::process::set_child_subreaper(None)?;
    if !left.is_empty() {
        let list = left.join("\n  ");
        return Err(
            format!("these processes were left running and have been killed:\n  {list}").into(),
        );
    }
    succeeded(command, status?)
}

/// Reaps ended orphans. The `direct` child is the standard library's to wait for.
fn reap_orphans_until(done: &AtomicBool, direct: u32) {
    while !done.load(Ordering::SeqCst) {
        for pid in children() {
            if pid.as_raw_nonzero().get().unsigned_abs() != direct && is_corpse(pid) {
                let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn end_orphans() -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for pid in children() {
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
        let alive = children();
        if alive.is_empty() {
            return Vec::new();
        }
        if Instant::now() > deadline {
            return alive.into_iter().map(end).collect();
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Kills one orphan and gives its name; what it started comes to us next and is killed in turn.
fn end(pid: Pid) -> String {
    let name = name(pid);
    let _ = rustix::process::kill_process(pid, Signal::KILL);
    let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
    for grandchild in children() {
        end(grandchild);
    }
    name
}

fn children() -> Vec<Pid> {
    let me = rustix::process::getpid();
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
            .and_then(Pid::from_raw)
        else {
            continue;
        };
        if stat(pid).is_some_and(|stat| stat.parent == me.as_raw_nonzero().get()) {
            children.push(pid);
        }
    }
    children
}

fn is_corpse(pid: Pid) -> bool {
    stat(pid).is_some_and(|stat| stat.state == 'Z')
}

struct Stat {
    state: char,
    parent: i32,
}

fn stat(pid: Pid) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name, in parentheses, may hold anything; what follows the last one does not.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
    })
}

fn name(pid: Pid) -> String {
    let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    let words: Vec<_> = line
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .collect();
    format!("{} {}", pid.as_raw_nonzero(), words.join(" ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::command;

    /// One test for both, since orphans belong to the whole process.
    #[test]
    fn what_outlives_a_command_is_named_and_killed_and_what_ends_is_not() {
        let leave =
            |seconds: &str| command("sh", &["-c", &format!("setsid sleep {seconds} & exit 0")]);

        run_and_leave_nothing(&mut leave("0.2")).expect("what ends in time was not left behind");

        let failure = run_and_leave_nothing(&mut leave("1234.5")).expect_err("a process was left");
        assert!(failure.to_string().contains("sleep 1234.5"), "{failure}");
        assert!(children().is_empty());
    }
}
