//! Logs as JSON lines on standard output, panics included.
//!
//! Only the service's own crates and the kit follow `LOG_LEVEL`; libraries speak from `warn` on, because at `debug`
//! a database client prints the parameters of every statement.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging at `level` for the crate named `program` (its name with `-` or `_`). The first call wins.
pub fn start(program: &str, level: Level) {
    let own = LevelFilter::from_level(level);
    let others = own.min(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(others)
        .with_target(program.replace('-', "_"), own)
        .with_target("service_kit", own);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stdout);
    if tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init()
        .is_ok()
    {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            let message = panic.payload_as_str().unwrap_or("(no message)");
            tracing::error!(place, panic = message, "a task panicked");
        }));
    }
}

/// An error and everything beneath it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}
