//! The baseline: findings that were there when `check` was adopted, so that only new ones are shown.

use serde::{Deserialize, Serialize};

use crate::report::Report;

/// A file of known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// What the file is, for whoever opens it.
    pub about: String,
    /// The findings, in the order of their places.
    pub findings: Vec<Known>,
}

/// A known finding. Only the fingerprint counts; the rest is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its rule.
    #[serde(default)]
    pub rule: String,
    /// What it says.
    #[serde(default)]
    pub message: String,
}

impl Baseline {
    /// Everything that a report shows.
    pub fn of(report: &Report<'_>) -> Self {
        Self {
            about: "findings that `seaworthy check --baseline` does not show; \
                    written by `seaworthy check --write-baseline`"
                .to_owned(),
            findings: report
                .entries
                .iter()
                .filter(|entry| entry.confidence.is_some())
                .map(|entry| Known {
                    fingerprint: entry.fingerprint.clone(),
                    rule: entry.rule.to_owned(),
                    message: entry.diagnostic.message.clone(),
                })
                .collect(),
        }
    }

    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The file's text.
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts always serialize");
        text.push('\n');
        text
    }
}
