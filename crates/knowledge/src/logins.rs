//! Charts that bring a page with a login, and passwords that everybody knows.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Date, Knowledge};

/// A page with a login that a chart brings.
#[derive(Debug, Deserialize)]
pub struct Login {
    /// The chart.
    pub chart: String,
    /// What the page is called.
    pub page: String,
    /// The part of the values that can be switched off with `enabled`; empty for the whole chart.
    pub part: String,
    service: String,
    /// The path of the password in the values.
    pub password: String,
    /// What it is when nobody sets it; `None` where it is random.
    pub default: Option<String>,
    /// The major version from which on it is random.
    pub until: Option<u64>,
    /// Paths that give another password, or another way in.
    pub instead: Vec<String>,
    /// The path of the Ingress's settings.
    pub ingress: String,
    /// The path of the Service's settings.
    pub exposed: String,
}

#[derive(Debug, Deserialize)]
struct Guesses {
    passwords: Vec<String>,
    variables: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    read: Date,
    login: Vec<Login>,
    guesses: Guesses,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/logins.toml")).expect("the table is tested")
});

impl Login {
    /// The Service that leads to the page of a release.
    pub fn service(&self, release: &str) -> String {
        match self.service.strip_prefix("{release}-") {
            Some(rest) if release.contains(rest) => release.to_owned(),
            _ => self.service.replace("{release}", release),
        }
    }
}

impl Knowledge {
    /// The page with a login that a chart brings.
    pub fn login(&self, chart: &str) -> Option<&'static Login> {
        TABLE.login.iter().find(|row| row.chart == chart)
    }

    /// Whether a password is one that everybody tries.
    pub fn is_guessed(&self, password: &str) -> bool {
        TABLE
            .guesses
            .passwords
            .iter()
            .any(|guess| guess.eq_ignore_ascii_case(password))
    }

    /// Whether an environment variable of an image is the password of its page.
    pub fn is_login_variable(&self, name: &str) -> bool {
        TABLE.guesses.variables.iter().any(|row| row == name)
    }

    /// The day that the table of logins was read.
    pub fn logins_read(&self) -> Date {
        TABLE.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_named_as_charts_name_them() {
        let login = Knowledge.login("kube-prometheus-stack").unwrap();
        assert_eq!(login.service("monitoring"), "monitoring-grafana");
        assert_eq!(login.service("grafana-stack"), "grafana-stack");
        assert_eq!(login.default.as_deref(), Some("prom-operator"));
        assert!(Knowledge.is_guessed("Admin"));
        assert!(!Knowledge.is_guessed("correct horse"));
        assert!(Knowledge.is_login_variable("GF_SECURITY_ADMIN_PASSWORD"));
    }
}
