//! The root certificates that databases of RDS and Aurora are checked against.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::Knowledge;

/// PEM blocks by region.
static TABLE: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let mut table = BTreeMap::<&str, String>::new();
    let mut region = "";
    for line in include_str!("../data/rds-certificates.pem").lines() {
        match line.strip_prefix("# ") {
            // `# eu-west-3 RSA2048 G1`; the lines at the top say more and have no block behind them.
            Some(title) => region = title.split(' ').next().unwrap_or_default(),
            None if line.is_empty() => {}
            None => {
                let pem = table.entry(region).or_default();
                pem.push_str(line);
                pem.push('\n');
            }
        }
    }
    table
});

impl Knowledge {
    /// The root certificates of a region as PEM; `None`: not in the table.
    pub fn rds_certificates(&self, region: &str) -> Option<&'static str> {
        TABLE.get(region).map(String::as_str)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says so by failing")]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_its_three_roots_and_nothing_else() {
        assert!(TABLE.len() > 25, "{:?}", TABLE.keys());
        for (region, pem) in TABLE.iter() {
            assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 3, "{region}");
            assert_eq!(pem.matches("END CERTIFICATE").count(), 3, "{region}");
            assert!(pem.starts_with("-----BEGIN"), "{region}");
            assert!(region.matches('-').count() >= 2, "{region}");
        }
        let pem = Knowledge.rds_certificates("eu-west-3").unwrap();
        assert!(pem.ends_with("-----END CERTIFICATE-----\n"));
        assert_eq!(Knowledge.rds_certificates("mars-1"), None);
    }
}
