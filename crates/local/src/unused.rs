//! What the definition declares and a local run does not act on. It is named, never silently ignored.

use std::collections::BTreeSet;

/// Keys of the platform that mean something only in the cloud.
const PLATFORM: &[&str] = &[
    "repository",
    "network",
    "audit",
    "cluster",
    "delivery",
    "edge",
    "notify",
    "environments",
    "jobs",
    "buckets",
];

/// Keys of a service.
const SERVICE: &[&str] = &["resources", "scale", "slo", "metrics"];

/// Keys of a database.
const DATABASE: &[&str] = &["service", "size", "readers", "high_availability", "backup"];

/// The keys among `declared` paths (`services.api.slo.window`) that a local run does not act on, each once:
/// `cluster`, `services.*.slo`.
pub(crate) fn unused(declared: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for path in declared {
        let mut parts = path.split('.');
        let (first, _name, key) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if PLATFORM.contains(&first) {
            found.insert(first.to_owned());
        }
        let keys = match first {
            "services" => SERVICE,
            "databases" => DATABASE,
            _ => continue,
        };
        if let Some(key) = key
            && keys.contains(&key)
        {
            found.insert(format!("{first}.*.{key}"));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_key_once() {
        let declared = [
            "platform",
            "services.a.slo.window",
            "services.b.slo",
            "services.a.env.slo",
            "cluster.kubernetes",
        ];
        assert_eq!(
            unused(declared.map(str::to_owned)),
            ["cluster", "services.*.slo"]
        );
    }
}
