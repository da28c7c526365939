//! `seaworthy logs`: the output of services.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::{PlatformFolder, split_targets};
use crate::printer;
use crate::progress::output_line;

/// Show the output of services
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Services (default: all), and the platform's folder if not the current one
    #[arg(value_name = "SERVICE|DIR")]
    targets: Vec<String>,

    /// Go on as new lines come
    #[arg(long, short)]
    follow: bool,

    /// Show only the last lines
    #[arg(long, short = 'n', value_name = "N")]
    tail: Option<usize>,

    /// Show when each line came, in UTC
    #[arg(long, short)]
    timestamps: bool,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A line of a service's output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Line {
    time: String,
    service: String,
    replica: u32,
    #[serde(rename = "line")]
    text: String,
}

pub(crate) fn run(args: &LogsArgs) -> CommandResult {
    let (services, folder) = split_targets(&args.targets)?;
    let platform = PlatformFolder::find(folder)?;
    let (definition, _) = platform.read()?;
    let (model, _) = definition.resolve(None);
    let known: Vec<&str> = model.services.keys().map(AsRef::as_ref).collect();
    for service in &services {
        if !known.contains(service) {
            return Err(CommandError::usage(
                format!("there is no service `{service}`"),
                format!("the services are {}", known.join(", ")),
            ));
        }
    }
    let wanted = if services.is_empty() { known } else { services };
    let mut files: Vec<LogFile> = wanted
        .iter()
        .map(|service| LogFile::new(&platform.home.logs(), service))
        .collect();
    let mut lines: Vec<Line> = files.iter_mut().flat_map(LogFile::read_all).collect();
    // Files are in order; between files the time decides, and equal times keep the order of services.
    lines.sort_by(|a, b| a.time.cmp(&b.time));
    let skip = args.tail.map_or(0, |n| lines.len().saturating_sub(n));
    for line in &lines[skip..] {
        print(args, line)?;
    }
    if args.follow {
        follow(args, &mut files)?;
    }
    Ok(())
}

/// Prints new lines as they come, until the reader has had enough.
fn follow(args: &LogsArgs, files: &mut [LogFile]) -> CommandResult {
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let mut lines: Vec<Line> = files.iter_mut().flat_map(LogFile::read_new).collect();
        lines.sort_by(|a, b| a.time.cmp(&b.time));
        for line in &lines {
            print(args, line)?;
        }
    }
}

fn print(args: &LogsArgs, line: &Line) -> std::io::Result<()> {
    match args.format {
        Format::Json => printer::json(line, false),
        Format::Text => {
            let time = if args.timestamps {
                format!("{} ", line.time)
            } else {
                String::new()
            };
            printer::value(&format!(
                "{time}{}",
                output_line(&line.service, line.replica, &line.text)
            ))
        }
    }
}

/// The log of one service and how far it was read.
struct LogFile {
    service: String,
    path: PathBuf,
    read: u64,
}

impl LogFile {
    fn new(folder: &Path, service: &str) -> Self {
        Self {
            service: service.to_owned(),
            path: folder.join(format!("{service}.log")),
            read: 0,
        }
    }

    /// What was put aside, and what there is.
    fn read_all(&mut self) -> Vec<Line> {
        let mut aside = Self {
            service: self.service.clone(),
            path: self.path.with_extension("log.1"),
            read: 0,
        };
        let mut lines = aside.read_new();
        lines.extend(self.read_new());
        lines
    }

    fn read_new(&mut self) -> Vec<Line> {
        let Ok(mut file) = File::open(&self.path) else {
            return Vec::new();
        };
        let length = file.metadata().map_or(0, |data| data.len());
        if length < self.read {
            // It was put aside and begun anew.
            self.read = 0;
        }
        if length == self.read || file.seek(SeekFrom::Start(self.read)).is_err() {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let mut reader = BufReader::new(file);
        let mut bytes = Vec::new();
        while let Ok(n) = reader.read_until(b'\n', &mut bytes) {
            // A line that is still being written is read next time.
            if n == 0 || bytes.last() != Some(&b'\n') {
                break;
            }
            self.read += n as u64;
            lines.extend(parse(&self.service, &String::from_utf8_lossy(&bytes)));
            bytes.clear();
        }
        lines
    }
}

fn parse(service: &str, text: &str) -> Option<Line> {
    let mut parts = text.trim_end_matches('\n').splitn(3, ' ');
    Some(Line {
        time: parts.next()?.to_owned(),
        replica: parts.next()?.parse().ok()?,
        text: parts.next().unwrap_or_default().to_owned(),
        service: service.to_owned(),
    })
}
