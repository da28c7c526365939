//! Explanations: why a process does not start, does not become ready, or ended.

use std::io::{ErrorKind, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_definition::model::Probe;

use super::Spec;
use super::start::Assigned;
use crate::failure::Failure;
use crate::probe::Outcome;
use crate::process::inspect;

/// A process that listens elsewhere gets this long to open the right port as well.
const SETTLE: Duration = Duration::from_millis(1_500);

/// An answer that says "there is no such page" is believed after this long.
const SURE: Duration = Duration::from_secs(3);

/// What was seen of a start so far.
pub(super) struct Observation {
    elsewhere_since: Option<Instant>,
    refused_us_since: Option<(u16, Instant)>,
    looked: Option<Instant>,
}

/// What to make of it.
pub(super) enum Verdict {
    /// It may still come.
    Wait,
    /// These ports are elsewhere, and can be reached there.
    Elsewhere(Vec<Assigned>),
    /// It will not come.
    Failed(Failure),
}

impl Observation {
    pub(super) fn new() -> Self {
        Self {
            elsewhere_since: None,
            refused_us_since: None,
            looked: None,
        }
    }

    /// Looks at the process after a probe that was not healthy.
    pub(super) fn judge(
        &mut self,
        spec: &Spec,
        pid: u32,
        ports: &[Assigned],
        probe: Option<&Probe>,
        kind: &str,
        outcome: &Outcome,
    ) -> Verdict {
        match outcome {
            Outcome::Status(status)
                if (400..500).contains(status) && !matches!(status, 408 | 425 | 429) =>
            {
                let since = match self.refused_us_since {
                    Some((seen, since)) if seen == *status => since,
                    _ => self.refused_us_since.insert((*status, Instant::now())).1,
                };
                match probe {
                    Some(probe) if since.elapsed() >= SURE => {
                        Verdict::Failed(no_such_page(spec, probe, kind, *status))
                    }
                    _ => Verdict::Wait,
                }
            }
            Outcome::Refused | Outcome::Broken(_) | Outcome::TimedOut => {
                self.refused_us_since = None;
                // Reading the system's tables for every probe would cost more than the probes.
                if self
                    .looked
                    .is_some_and(|looked| looked.elapsed() < Duration::from_millis(100))
                {
                    return Verdict::Wait;
                }
                self.looked = Some(Instant::now());
                self.look(spec, ports, &inspect::listening(pid))
            }
            _ => Verdict::Wait,
        }
    }

    fn look(&mut self, spec: &Spec, ports: &[Assigned], listening: &[SocketAddr]) -> Verdict {
        let missing: Vec<&Assigned> = ports
            .iter()
            .filter(|port| !reachable(port.address, listening))
            .collect();
        if missing.is_empty() || listening.is_empty() {
            self.elsewhere_since = None;
            return Verdict::Wait;
        }
        let found: Vec<Assigned> = missing
            .iter()
            .filter_map(|port| find_elsewhere(port, listening))
            .collect();
        if !found.is_empty() {
            return Verdict::Elsewhere(found);
        }
        let expected: Vec<u16> = ports.iter().map(|port| port.address.port()).collect();
        let main = missing
            .iter()
            .find(|port| Some(&port.name) == spec.main_port.as_ref())
            .or(missing.first());
        let unexpected: Vec<SocketAddr> = listening
            .iter()
            .copied()
            .filter(|address| !expected.contains(&address.port()))
            .collect();
        let same_port_elsewhere: Vec<SocketAddr> = listening
            .iter()
            .copied()
            .filter(|address| {
                missing
                    .iter()
                    .any(|port| port.address.port() == address.port())
            })
            .collect();
        let since = *self.elsewhere_since.get_or_insert_with(Instant::now);
        if since.elapsed() < SETTLE {
            return Verdict::Wait;
        }
        match main {
            Some(port) if !same_port_elsewhere.is_empty() => {
                Verdict::Failed(wrong_address(spec, port, &same_port_elsewhere))
            }
            Some(port) if !unexpected.is_empty() => {
                Verdict::Failed(wrong_port(spec, port, &unexpected))
            }
            _ => Verdict::Wait,
        }
    }
}

/// Whether a connection to `address` on loopback arrives at one of the listening addresses.
fn reachable(address: SocketAddr, listening: &[SocketAddr]) -> bool {
    listening.iter().any(|there| {
        there.port() == address.port()
            && (there.ip() == address.ip()
                || there.ip().is_unspecified()
                || mapped(there.ip()) == Some(address.ip()))
    })
}

/// The IPv4 address inside an IPv6 one.
fn mapped(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V6(six) => six.to_ipv4_mapped().map(IpAddr::V4),
        IpAddr::V4(_) => None,
    }
}

/// Finds a port that is not where it should be, but can be reached: on IPv6's loopback, which is what many runtimes
/// take `localhost` for, or on its declared number by a program that does not read `PORT`.
fn find_elsewhere(port: &Assigned, listening: &[SocketAddr]) -> Option<Assigned> {
    let loopback = |there: &&SocketAddr| there.ip().is_loopback() || there.ip().is_unspecified();
    let numbers = [port.address.port(), port.declared];
    let there = numbers.iter().find_map(|number| {
        listening
            .iter()
            .filter(loopback)
            .find(|there| there.port() == *number)
    })?;
    let ip = if there.is_ipv6() && there.ip().is_loopback() {
        there.ip()
    } else {
        port.address.ip()
    };
    Some(Assigned {
        address: SocketAddr::new(ip, there.port()),
        ..port.clone()
    })
}

fn list(addresses: &[SocketAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn wrong_port(spec: &Spec, port: &Assigned, listening: &[SocketAddr]) -> Failure {
    let service = &spec.service;
    let numbers: Vec<String> = {
        let mut numbers: Vec<u16> = listening.iter().map(SocketAddr::port).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.iter().map(ToString::to_string).collect()
    };
    let variable = if Some(&port.name) == spec.main_port.as_ref() {
        "PORT".to_owned()
    } else {
        format!(
            "PORT_{}",
            port.name.as_str().to_ascii_uppercase().replace('-', "_")
        )
    };
    let failure = Failure::new(
        service.as_str(),
        format!(
            "`{service}` listens on port {}, but its port `{}` is {} in the definition",
            numbers.join(" and "),
            port.name,
            port.declared
        ),
    )
    .because(format!("the process listens on {}", list(listening)))
    .because(format!(
        "nothing of it listens on {}, which `{variable}` told it, nor on {}",
        port.address.port(),
        port.declared
    ))
    .hint(format!(
        "let the program listen on the port in `{variable}`"
    ));
    match numbers.as_slice() {
        [number] => failure.hint(format!(
            "or write `ports: {{ {}: {number} }}` for `{service}`",
            port.name
        )),
        _ => failure,
    }
}

fn wrong_address(spec: &Spec, port: &Assigned, listening: &[SocketAddr]) -> Failure {
    let service = &spec.service;
    Failure::new(
        service.as_str(),
        format!(
            "`{service}` listens on port {} only on {}",
            port.address.port(),
            list(listening)
        ),
    )
    .because(format!(
        "the gateway and the probes connect to {}",
        port.address
    ))
    .hint("let the program listen on 0.0.0.0, as it has to in a container, or on 127.0.0.1")
}

fn no_such_page(spec: &Spec, probe: &Probe, kind: &str, status: u16) -> Failure {
    let service = &spec.service;
    let failure = Failure::new(
        service.as_str(),
        format!(
            "the {kind} probe of `{service}` asks for `{}`, and the answer is {status}",
            probe.path
        ),
    );
    match status {
        401 | 403 => failure
            .because("a probe has no credentials, here or in Kubernetes")
            .hint(format!(
                "let `{}` answer without them, or name another path under `probes:`",
                probe.path
            )),
        404 => failure
            .because("the program runs and has no such path on that port")
            .hint(format!(
                "add `{}` to the program, or name the path it has: `probes: {{ {kind}: … }}`",
                probe.path
            )),
        _ => failure.hint(format!(
            "a healthy answer to GET `{}` is a status from 200 to 399",
            probe.path
        )),
    }
}

/// A start that ran out of time.
pub(super) fn too_slow(spec: &Spec, asked: &str, outcome: &Outcome, limit: Duration) -> Failure {
    let service = &spec.service;
    Failure::new(
        service.as_str(),
        format!("`{service}` was not ready after {}", super::seconds(limit)),
    )
    .because(format!("{asked} {outcome}"))
    .hint("a startup probe with a larger `failure_threshold` gives it more time")
}

/// A liveness probe that failed too often.
pub(super) fn not_alive(spec: &Spec, probe: &Probe, outcome: &Outcome, times: u32) -> Failure {
    let service = &spec.service;
    Failure::new(
        service.as_str(),
        format!("`{service}` failed its liveness probe {times} times and is restarted"),
    )
    .because(format!("liveness probe {} {outcome}", probe.path))
}

/// A process that could not be started at all.
pub(super) fn not_started(spec: &Spec, error: &std::io::Error) -> Failure {
    let service = &spec.service;
    let program = spec.program.display();
    match error.kind() {
        ErrorKind::NotFound if !spec.folder.is_dir() => Failure::new(
            service.as_str(),
            format!("the folder that `{service}` runs in does not exist"),
        )
        .because(format!("{} is no folder", spec.folder.display())),
        ErrorKind::NotFound if spec.program.exists() => {
            // The file is there, so what is missing is what it asks for: a script's or a dynamic loader.
            Failure::new(
                service.as_str(),
                format!("`{program}` of `{service}` cannot be run on this machine"),
            )
            .because(interpreter(&spec.program).map_or_else(
                || "the loader that it names does not exist here".to_owned(),
                |interpreter| {
                    format!("its first line names `{interpreter}`, which does not exist here")
                },
            ))
        }
        ErrorKind::NotFound => Failure::new(
            service.as_str(),
            format!("the command `{program}` of `{service}` does not exist"),
        )
        .because("it is neither in the folder it runs in nor on PATH")
        .hint(format!(
            "install `{program}`, or change `run:` of `{service}`"
        )),
        ErrorKind::PermissionDenied => Failure::new(
            service.as_str(),
            format!("`{program}` of `{service}` may not be run"),
        )
        .caused_by(error)
        .hint(format!("make it executable: `chmod +x {program}`")),
        _ => Failure::new(
            service.as_str(),
            format!("`{program}` of `{service}` could not be started"),
        )
        .caused_by(error),
    }
}

/// A program that was built for another processor. It has to be asked before the start: the C library gives a file
/// that the kernel refuses to the shell, whose message then is of no use.
pub(super) fn foreign(spec: &Spec) -> Option<Failure> {
    let processor =
        processor(&spec.program).filter(|built_for| *built_for != std::env::consts::ARCH)?;
    let (service, program) = (&spec.service, spec.program.display());
    Some(
        Failure::new(
            service.as_str(),
            format!("`{program}` of `{service}` is not for this machine"),
        )
        .because(format!(
            "it was built for {processor}, and this machine is {}",
            std::env::consts::ARCH
        ))
        .hint("build it on or for this machine"),
    )
}

/// The interpreter in a script's first line.
fn interpreter(program: &Path) -> Option<String> {
    let mut start = [0; 256];
    let n = std::fs::File::open(program).ok()?.read(&mut start).ok()?;
    let line = start[..n]
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    Some(
        String::from_utf8_lossy(line)
            .split_whitespace()
            .next()?
            .to_owned(),
    )
}

/// The processor an ELF file was built for, in Rust's words.
fn processor(program: &Path) -> Option<&'static str> {
    let mut header = [0; 20];
    std::fs::File::open(program)
        .ok()?
        .read_exact(&mut header)
        .ok()?;
    if !header.starts_with(b"\x7fELF") {
        return None;
    }
    let little = header[5] == 1;
    let machine = [header[18], header[19]];
    // ELF's e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
    match if little {
        u16::from_le_bytes(machine)
    } else {
        u16::from_be_bytes(machine)
    } {
        3 => Some("x86"),
        40 => Some("arm"),
        62 => Some("x86_64"),
        183 => Some("aarch64"),
        243 => Some("riscv64"),
        _ => Some("another processor"),
    }
}

/// A process that ended by itself.
pub(super) fn exited(spec: &Spec, what: String, log: Vec<String>) -> Failure {
    let service = &spec.service;
    let mut failure = Failure::new(service.as_str(), what);
    let said = |words: &str| log.iter().any(|line| line.contains(words));
    if said("ddress already in use") || said("EADDRINUSE") {
        for declared in spec.ports.values() {
            if let Some(holder) = inspect::holder(*declared) {
                failure = failure.because(format!(
                    "port {declared} is taken by `{}` (process {})",
                    holder.command, holder.pid
                ));
            }
        }
        failure = failure
            .hint("let the program listen on the port in `PORT`: each replica gets a free one");
    } else if said("No space left on device") {
        failure = failure.because("a disk is full");
    } else if said("permission denied for") {
        failure = failure.hint(format!(
            "`{service}` connects with a role that may read and write but not change the schema; do that in `migrate:`"
        ));
    }
    if log.is_empty() {
        failure = failure.because("it printed nothing");
    }
    failure.log(log).hint(format!(
        "see all of its output with `seaworthy logs {service}`"
    ))
}
