//! The fastest a service could be: an axum handler that answers a constant, in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::{env, io};

use axum::Router;
use axum::routing::get;
use clap::Args;

use crate::Failure;

#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen: a free port unless `PORT` says otherwise
    #[arg(long, env = "PORT", default_value_t = 0)]
    port: u16,
}

/// Serves until it is killed, and prints its address first.
pub(crate) fn serve(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
        println!("{}", listener.local_addr()?);
        axum::serve(
            listener,
            Router::new().route("/", get(|| async { "1234567" })),
        )
        .await?;
        Ok(())
    })
}

/// A running constant handler; it ends with this value.
pub(super) struct Constant {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Constant {
    pub(super) fn start() -> Result<Self, Failure> {
        let mut process = Command::new(env::current_exe()?)
            .args(["constant", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("it was piped")?;
        let mut line = String::new();
        let said = BufReader::new(stdout).read_line(&mut line).and_then(|_| {
            line.trim()
                .parse()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        });
        match said {
            Ok(address) => Ok(Self { process, address }),
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                Err(format!("the constant handler did not start: {error}").into())
            }
        }
    }
}

impl Drop for Constant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
