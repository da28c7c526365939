//! `seaworthy ps`: what runs.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use seaworthy_local::{ReplicaPhase, Status};

use super::block_on;
use crate::arguments::Format;
use crate::exit::CommandResult;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};
use crate::progress::address_table;

/// Show what runs, public addresses first
#[derive(Debug, Args)]
pub(crate) struct PsArgs {
    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &PsArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let status = block_on(async { Ok(platform.client().status().await?) })?;
    match args.format {
        Format::Json => printer::json(&status, true)?,
        Format::Text => printer::value(text(&status).trim_end())?,
    }
    Ok(())
}

fn text(status: &Status) -> String {
    let mut text = address_table(&status.addresses);
    let mut rows = vec![
        [
            "  SERVICE",
            "STATE",
            "RESTARTS",
            "FOR",
            "PROCESS",
            "ADDRESS",
            "",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for service in &status.services {
        if let Some(outside) = &service.outside {
            let row = [
                &format!("  {}", service.name),
                "run by you",
                "",
                "",
                "",
                outside,
                "",
            ];
            rows.push(row.map(str::to_owned).to_vec());
        }
        for replica in &service.replicas {
            rows.push(vec![
                format!("  {}-{}", service.name, replica.replica),
                replica.state.word().to_owned(),
                replica.restarts.to_string(),
                duration(replica.seconds),
                replica.pid.map(|pid| pid.to_string()).unwrap_or_default(),
                replica.address.clone().unwrap_or_default(),
                match replica.state {
                    ReplicaPhase::Ready if replica.beyond_loopback => {
                        "open to your network".to_owned()
                    }
                    ReplicaPhase::Ready => String::new(),
                    _ => replica.reason.clone(),
                },
            ]);
        }
    }
    for database in &status.databases {
        rows.push(vec![
            format!("  {}", database.name),
            if database.running {
                "running".to_owned()
            } else {
                "starting again".to_owned()
            },
            String::new(),
            String::new(),
            String::new(),
            database.address.clone(),
            format!("PostgreSQL {}", database.version),
        ]);
    }
    let table = printer::table(&rows);
    let (head, rest) = table.split_once('\n').unwrap_or((&table, ""));
    let _ = write!(text, "\n{BOLD}{head}{BOLD:#}\n{rest}");
    text
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
