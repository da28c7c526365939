//! Which argument of a registry module switches on the logs that its other arguments prepare for.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// The logs of a module.
#[derive(Debug, Deserialize)]
pub struct LogSwitch {
    /// The module: `terraform-aws-modules/vpc/aws`.
    pub source: String,
    /// What is logged, in words.
    pub logs: String,
    /// Arguments that only mean something when it is.
    pub asks: Vec<String>,
    /// The argument that switches it on; one of several where its name changed.
    pub switch: Vec<String>,
    /// Whether it is on when nothing is said.
    pub default: bool,
}

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    module: Vec<LogSwitch>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/log-switches.toml")).expect("the table is tested")
});

impl Knowledge {
    /// The logs of a registry module.
    pub fn log_switch(&self, module: &str) -> Option<&'static LogSwitch> {
        TABLE.module.iter().find(|row| row.source == module)
    }

    /// The day that the table of log switches was read.
    pub fn log_switches_read(&self) -> Date {
        TABLE.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_say_what_switches_their_logs_on() {
        let vpc = Knowledge
            .log_switch("terraform-aws-modules/vpc/aws")
            .unwrap();
        assert_eq!(vpc.switch, ["enable_flow_log"]);
        assert_eq!(Knowledge.log_switches_read().to_string(), "2026-11-21");
    }
}
