//! An environment's own settings.

use super::{EnvironmentName, MonthlyAmount, NotifyName};

/// A named place where the platform runs. What it overrides of the base is already in the resolved platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// Another region, which backups are copied to; `None`: they stay where they are taken.
    pub copy_region: Option<String>,
    /// Availability zones used; default 2, and 3 where protected.
    pub zones: u8,
    /// Tells several deployments of one platform in one account apart; `None`: there is one.
    pub deployment: Option<String>,
    /// What exists already and is adopted.
    pub existing: Existing,
    /// When it runs; `None`: always.
    pub awake: Option<Awake>,
    /// What it may cost; `None`: no budget.
    pub budget: Option<MonthlyAmount>,
    /// Where its alerts and budget alarms go.
    pub notify: Vec<NotifyName>,
    /// Destroying it is refused and deletion protection is on; default true for the environment named `production`.
    pub protected: bool,
}

/// Things that exist and are adopted instead of made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Existing {
    /// A VPC's id.
    pub network: Option<String>,
    /// An EKS cluster's name.
    pub cluster: Option<String>,
    /// A DNS zone's name or id.
    pub zone: Option<String>,
}

/// When an environment runs: `mon-fri 07:00-20:00 Europe/Paris`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awake {
    /// First and last day, Monday is 0.
    pub days: (u8, u8),
    /// Minutes after midnight at which it wakes.
    pub from: u16,
    /// Minutes after midnight at which it sleeps.
    pub until: u16,
    /// The IANA time zone.
    pub time_zone: String,
}
