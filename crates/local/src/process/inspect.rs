//! What the system knows of processes and ports, read from `/proc`.
//!
//! Elsewhere than on Linux these answer "nothing known": messages then say less, and nothing breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Fields of `/proc/PID/stat` that we need.
struct Stat {
    state: char,
    parent: u32,
    group: u32,
    started: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command is in parentheses and may hold anything, also parentheses; what follows the last one is regular.
    let rest = &text[text.rfind(')')? + 1..];
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// When a process started, in ticks since boot. `None` when it is gone or the system does not tell.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    stat(pid).map(|stat| stat.started)
}

/// Living members of a process group (those that only wait to be reaped are not living).
pub(crate) fn group_members(group: u32) -> Vec<u32> {
    processes()
        .filter(|pid| {
            stat(*pid).is_some_and(|stat| stat.group == group && !matches!(stat.state, 'Z' | 'X'))
        })
        .collect()
}

/// Whether the process group is the one that was remembered, and not a later one with the same number.
pub(crate) fn group_is_ours(group: u32, started: u64) -> bool {
    let members = group_members(group);
    match stat(group) {
        Some(leader) => leader.started == started && !members.is_empty(),
        // The leader has ended. The number of a group stays taken while it has members, so these are its.
        None => {
            members
                .iter()
                .all(|pid| start_time(*pid).is_some_and(|start| start >= started))
                && !members.is_empty()
        }
    }
}

/// A process group and what its members have started, also in groups of their own.
fn family(root: u32) -> BTreeSet<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut family = BTreeSet::new();
    for pid in processes() {
        if let Some(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push(pid);
            if stat.group == root {
                family.insert(pid);
            }
        }
    }
    let mut open: Vec<u32> = family.iter().copied().collect();
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if family.insert(*child) {
                open.push(*child);
            }
        }
    }
    family
}

/// Where a process, its group and its children accept TCP connections.
pub(crate) fn listening(root: u32) -> Vec<SocketAddr> {
    let inodes: BTreeSet<u64> = family(root).into_iter().flat_map(socket_inodes).collect();
    let mut addresses: Vec<SocketAddr> = listening_sockets()
        .into_iter()
        .filter(|(_, inode)| inodes.contains(inode))
        .map(|(address, _)| address)
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

/// A process that holds a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// Its program and arguments, shortened.
    pub command: String,
}

/// Who accepts connections on a port. `None` when nobody does or the system does not tell.
pub fn holder(port: u16) -> Option<Holder> {
    let inodes: BTreeSet<u64> = listening_sockets()
        .into_iter()
        .filter(|(address, _)| address.port() == port)
        .map(|(_, inode)| inode)
        .collect();
    let pid = processes().find(|pid| {
        socket_inodes(*pid)
            .iter()
            .any(|inode| inodes.contains(inode))
    })?;
    Some(Holder {
        pid,
        command: command_line(pid),
    })
}

/// Program and arguments of a process, at most 80 characters.
fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    let text = text.trim();
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(79).collect();
    short.push('…');
    short
}

fn socket_inodes(pid: u32) -> Vec<u64> {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse()
                .ok()
        })
        .collect()
}

/// Every listening TCP socket of the machine with its inode.
fn listening_sockets() -> Vec<(SocketAddr, u64)> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|text| {
            text.lines()
                .skip(1)
                .filter_map(socket_line)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn socket_line(line: &str) -> Option<(SocketAddr, u64)> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    if *fields.get(3)? != LISTEN {
        return None;
    }
    let (address, port) = fields.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some((
        SocketAddr::new(hex_address(address)?, port),
        fields.get(9)?.parse().ok()?,
    ))
}

/// The kernel prints addresses as 32-bit words in the machine's byte order.
fn hex_address(hex: &str) -> Option<IpAddr> {
    let words: Vec<u32> = hex
        .as_bytes()
        .chunks(8)
        .map(|chunk| {
            std::str::from_utf8(chunk)
                .ok()
                .and_then(|word| u32::from_str_radix(word, 16).ok())
        })
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(IpAddr::V4(Ipv4Addr::from(word.to_ne_bytes()))),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (place, word) in bytes.chunks_mut(4).zip([a, b, c, d]) {
                place.copy_from_slice(&word.to_ne_bytes());
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_addresses() {
        assert_eq!(
            hex_address("0100007F"),
            Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        );
        assert_eq!(
            hex_address("00000000000000000000000001000000"),
            Some(IpAddr::V6(Ipv6Addr::LOCALHOST))
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_who_holds_a_port() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        assert_eq!(
            holder(port).map(|holder| holder.pid),
            Some(std::process::id())
        );
        drop(listener);
        assert_eq!(holder(port), None);
    }
}
