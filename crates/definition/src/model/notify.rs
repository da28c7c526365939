//! Where messages to people go.

use super::{NotifyName, SecretName};

/// A place that alerts and budget alarms are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Its name.
    pub name: NotifyName,
    /// How messages arrive there.
    pub channel: Channel,
}

/// How a message arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// Microsoft Teams, by the workflow URL in this secret.
    Teams(SecretName),
    /// Slack, by the incoming webhook URL in this secret.
    Slack(SecretName),
    /// Any webhook, by the URL in this secret.
    Webhook(SecretName),
    /// Mail to this address.
    Mail(String),
}
