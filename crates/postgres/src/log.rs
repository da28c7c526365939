//! PostgreSQL's log: reading its end, and understanding why a server did not start.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The last lines of a log file.
///
/// Reads at most the last 64 KiB after byte `from`.
pub(crate) fn last_lines(path: &Path, from: u64, n: usize) -> Vec<String> {
    let Ok(bytes) = read_end(path, from) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(n)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

fn read_end(path: &Path, from: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(
        from.max(length.saturating_sub(64 * 1024)).min(length),
    ))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why a server ended before it was ready, as far as its log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    PortTaken,
    DiskFull,
    OtherMajor,
    Corrupt,
    SharedMemory,
    StillRunning,
    Permission,
}

/// The server runs with `lc_messages=C`, so its messages are these.
pub(crate) fn cause(lines: &[String]) -> Option<Cause> {
    const SIGNS: &[(Cause, &[&str])] = &[
        (
            Cause::DiskFull,
            &["No space left on device", "Disk quota exceeded"],
        ),
        (
            Cause::OtherMajor,
            &[
                "database files are incompatible with server",
                "initialized by PostgreSQL version",
            ],
        ),
        (
            Cause::StillRunning,
            &[
                "is already in use by another",
                "is still in use",
                "lock file \"postmaster.pid\" already exists",
            ],
        ),
        (
            Cause::SharedMemory,
            &[
                "could not create shared memory segment",
                "could not map anonymous shared memory",
                "could not create semaphores",
                "could not resize shared memory segment",
            ],
        ),
        (
            Cause::Corrupt,
            &[
                "could not locate a valid checkpoint record",
                "could not locate required checkpoint record",
                "invalid checkpoint record",
                "incorrect checksum in control file",
                "calculated CRC checksum does not match value stored in file",
                "could not open file \"global/pg_control\"",
                "could not read file \"global/pg_control\"",
                "could not find the database system",
                "is not a valid data directory",
                "could not open directory \"pg_",
            ],
        ),
        (
            Cause::PortTaken,
            &[
                "Address already in use",
                "could not create any TCP/IP sockets",
            ],
        ),
        (
            Cause::Permission,
            &[
                "Permission denied",
                "has wrong ownership",
                "has invalid permissions",
            ],
        ),
    ];
    SIGNS
        .iter()
        .find(|(_, signs)| {
            lines
                .iter()
                .any(|line| signs.iter().any(|sign| line.contains(sign)))
        })
        .map(|(cause, _)| *cause)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn reads_only_what_came_after_the_start() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        writeln!(file, "old trouble").expect("writes");
        let from = file.as_file().metadata().expect("metadata").len();
        write!(file, "one\n\ntwo\nthree\n").expect("writes");
        assert_eq!(last_lines(file.path(), from, 2), ["two", "three"]);
        assert_eq!(last_lines(file.path(), from, 9), ["one", "two", "three"]);
        assert!(last_lines(Path::new("/nonexistent/log"), 0, 9).is_empty());
    }

    #[test]
    fn a_full_disk_is_not_mistaken_for_corruption() {
        let lines = [
            "PANIC:  could not write to file \"pg_wal/xlogtemp.1\": No space left on device"
                .to_owned(),
            "LOG:  could not open directory \"pg_x\"".to_owned(),
        ];
        assert_eq!(cause(&lines), Some(Cause::DiskFull));
        assert_eq!(cause(&["LOG:  starting PostgreSQL".to_owned()]), None);
    }
}
