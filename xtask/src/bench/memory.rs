//! What a process keeps in memory.

use std::fs;

use super::platform::Platform;
use crate::Failure;

/// Proportional set size of the replicas of a service, in MiB: shared pages count once over all who share them.
pub(super) fn of_service(platform: &Platform, service: &str) -> Result<f64, Failure> {
    let mut kibibytes = 0;
    for replica in platform.replicas(service)? {
        let pid = replica["pid"]
            .as_u64()
            .ok_or_else(|| format!("a replica of `{service}` has no process"))?;
        kibibytes += proportional(pid)?;
    }
    Ok(kibibytes as f64 / 1024.0)
}

fn proportional(pid: u64) -> Result<u64, Failure> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    rollup
        .lines()
        .find_map(|line| {
            line.strip_prefix("Pss:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or_else(|| format!("process {pid} has no proportional set size").into())
}
