//! The output of services, kept in a file for each and told as events.
//!
//! A line of a file is `TIME REPLICA TEXT`, with the time in RFC 3339, UTC, with milliseconds.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::event::{Event, Events};

/// A file is put aside as `.1` at this size, and the one put aside before is dropped.
const ROTATE_AT: u64 = 16 << 20;

/// A longer line is cut: it is no line, and a service must not fill our memory.
const LONGEST_LINE: usize = 64 << 10;

/// How many lines are remembered for messages.
const LAST_LINES: usize = 50;

/// Where the output of one service goes.
#[derive(Debug, Clone)]
pub(crate) struct ServiceLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    service: String,
    path: PathBuf,
    events: Events,
    file: Mutex<Option<(File, u64)>>,
}

/// The last lines of one process, for messages about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    pub(crate) fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    pub(crate) fn last(&self, n: usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .skip(lines.len().saturating_sub(n))
            .cloned()
            .collect()
    }
}

impl ServiceLog {
    pub(crate) fn new(folder: &Path, service: &str, events: Events) -> Self {
        let path = folder.join(format!("{service}.log"));
        Self {
            shared: Arc::new(Shared {
                service: service.to_owned(),
                path,
                events,
                file: Mutex::default(),
            }),
        }
    }

    /// Reads a stream to its end, line by line.
    pub(crate) async fn read<R: AsyncRead + Unpin>(self, replica: u32, stream: R, last: LastLines) {
        let mut reader = BufReader::new(stream);
        let mut buffer = Vec::new();
        while let Ok(n) = read_line(&mut reader, &mut buffer).await {
            if n == 0 {
                break;
            }
            let line = String::from_utf8_lossy(&buffer);
            let line = line.trim_end_matches(['\n', '\r']);
            last.push(line);
            self.write(replica, line);
            buffer.clear();
        }
    }

    fn write(&self, replica: u32, line: &str) {
        let time = humantime::format_rfc3339_millis(SystemTime::now());
        // A full disk must not stop a service: its line is still told, only not kept.
        let _ = self.append(&format!("{time} {replica} {line}\n"));
        self.shared.events.send(Event::Output {
            service: self.shared.service.clone(),
            replica,
            line: line.to_owned(),
        });
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let mut file = self
            .shared
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if file.as_ref().is_some_and(|(_, size)| *size > ROTATE_AT) {
            *file = None;
            fs::rename(&self.shared.path, self.shared.path.with_extension("log.1"))?;
        }
        if file.is_none() {
            let opened = File::options()
                .create(true)
                .append(true)
                .open(&self.shared.path)?;
            let size = opened.metadata()?.len();
            *file = Some((opened, size));
        }
        if let Some((file, size)) = file.as_mut() {
            file.write_all(text.as_bytes())?;
            *size += text.len() as u64;
        }
        Ok(())
    }
}

/// Reads up to a newline, but no more than [`LONGEST_LINE`]. Returns how many bytes were read; 0 is the end.
async fn read_line<R: AsyncRead + Unpin>(
    reader: &mut BufReader<R>,
    buffer: &mut Vec<u8>,
) -> io::Result<usize> {
    let mut n_read = 0;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok(n_read);
        }
        let (take, ended) = match available.iter().position(|byte| *byte == b'\n') {
            Some(place) => (place + 1, true),
            None => (available.len(), false),
        };
        buffer.extend_from_slice(&available[..take]);
        reader.consume(take);
        n_read += take;
        if ended || buffer.len() >= LONGEST_LINE {
            return Ok(n_read);
        }
    }
}
