//! The folders that a command was given, read and linked.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use seaworthy_knowledge::Date;
use seaworthy_link::World;
use seaworthy_repository::{Limits, load};

use crate::exit::CommandError;

/// Reads the folders and relates what they say, as of a day: today's where none is given.
pub(crate) fn world(paths: &[PathBuf], today: Option<Date>) -> Result<World, CommandError> {
    let sources = load(paths, &Limits::default())
        .map_err(|error| CommandError::system("the files could not be read", &error))?;
    Ok(World::new(sources, today.unwrap_or_else(date_of_today)))
}

/// The day in UTC, by the clock.
pub(crate) fn date_of_today() -> Date {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    // `humantime` writes RFC 3339, whose first ten characters are the date.
    let time = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text[..10].parse().expect("RFC 3339 starts with a date")
}
