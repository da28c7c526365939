//! Ports: those that stay the same from run to run, and those that are used once.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

use sha2::{Digest, Sha256};

/// Below the ports that systems hand to outgoing connections (Linux from 32768, others from 49152), so that none of
/// those can take a port between our looking and our listening.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

/// From here on ports are kept from run to run; below, they are used once. A replica of one platform can then not take
/// a port that another has just chosen to keep.
const KEPT: u16 = 26_000;

/// Whether a process could listen on this port, on loopback and on all addresses.
pub(crate) fn is_free(port: u16) -> bool {
    let on_all = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    let on_loopback = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    // A machine without IPv6 cannot say, so only "in use" counts.
    let on_six = !matches!(TcpListener::bind((Ipv6Addr::LOCALHOST, port)), Err(error) if error.kind() == io::ErrorKind::AddrInUse);
    on_all && on_loopback && on_six
}

/// A port that is free now and that this process has not handed out lately.
pub(crate) fn unused() -> Option<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = KEPT - FIRST;
    // Two runs on one machine begin at different places, so that they do not find the same port free at once.
    if NEXT.load(Ordering::Relaxed) == 0 {
        let mut random = [0; 2];
        let _ = getrandom::fill(&mut random);
        let start = (u16::from_ne_bytes(random) % span).max(1);
        let _ = NEXT.compare_exchange(0, start, Ordering::Relaxed, Ordering::Relaxed);
    }
    (0..span)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % span)
        .find(|port| is_free(*port))
}

/// The ports that a platform keeps.
#[derive(Debug)]
pub(crate) struct PortBook {
    file: PathBuf,
    ports: BTreeMap<String, u16>,
}

impl PortBook {
    /// Reads the book; a missing one is empty, and so is one that cannot be read, since ports can be chosen anew.
    pub(crate) fn open(file: PathBuf) -> Self {
        let ports = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { file, ports }
    }

    /// The port kept for `what`; a new one is chosen, near `wish` where that is free, and kept from now on.
    ///
    /// A kept port is returned even when somebody else holds it at the moment: an address that people have bookmarked
    /// must not move silently.
    pub(crate) fn keep(&mut self, what: &str, wish: Option<u16>) -> io::Result<u16> {
        if let Some(port) = self.ports.get(what) {
            return Ok(*port);
        }
        let taken = |port: u16| self.ports.values().any(|kept| *kept == port);
        let start = wish.unwrap_or_else(|| spread(&self.file.to_string_lossy(), what));
        let port = (0..2_000)
            .map(|step| start.saturating_add(step))
            .find(|port| *port != 0 && !taken(*port) && is_free(*port))
            .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free port was found"))?;
        self.set(what, port)
    }

    /// Keeps a port that somebody chose.
    pub(crate) fn set(&mut self, what: &str, port: u16) -> io::Result<u16> {
        self.ports.insert(what.to_owned(), port);
        let text = serde_json::to_vec_pretty(&self.ports).map_err(io::Error::other)?;
        std::fs::write(&self.file, text)?;
        Ok(port)
    }
}

/// A first guess that differs between platforms, so that two of them rarely meet.
fn spread(book: &str, what: &str) -> u16 {
    let digest = Sha256::digest(format!("{book}\0{what}"));
    KEPT + u16::from_be_bytes([digest[0], digest[1]]) % (LAST - KEPT)
}
