//! Knowledge that ages, from dated files in `data/`.

use std::sync::LazyLock;

/// The versions that the dated data names.
#[derive(Debug)]
pub(crate) struct Versions {
    /// The day the data was seen.
    pub(crate) seen: String,
    /// PostgreSQL's default major version, as text.
    pub(crate) postgres: String,
    /// PostgreSQL's major versions that AWS offers.
    pub(crate) postgres_known: Vec<u64>,
    /// Kubernetes' default minor version.
    pub(crate) kubernetes: String,
    /// Kubernetes' minor versions in standard support.
    pub(crate) kubernetes_known: Vec<String>,
}

/// The versions of `data/versions.json`.
pub(crate) fn versions() -> &'static Versions {
    static VERSIONS: LazyLock<Versions> = LazyLock::new(|| {
        let value: serde_json::Value = serde_json::from_str(include_str!("../data/versions.json"))
            .expect("the data file is part of this crate and a test reads it");
        let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        Versions {
            seen: text(&value["seen"]),
            postgres: text(&value["postgres"]["default"]),
            postgres_known: list(&value["postgres"]["known"])
                .iter()
                .filter_map(serde_json::Value::as_u64)
                .collect(),
            kubernetes: text(&value["kubernetes"]["default"]),
            kubernetes_known: list(&value["kubernetes"]["known"])
                .iter()
                .map(text)
                .collect(),
        }
    });
    &VERSIONS
}

/// Every name of the IANA time zone database.
pub(crate) fn time_zones() -> impl Iterator<Item = &'static str> {
    include_str!("../data/time-zones.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}
