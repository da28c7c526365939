//! The names of things in AWS and in the cluster, computed in one place.
//!
//! OpenTofu and Kubernetes meet by these names, so both sides ask here. A name depends on what it names and on nothing
//! else: adding or reordering services changes none. Each kind of thing has its longest name; a name that is too long is
//! cut and ends in six digits of the whole name's SHA-256, so that two long names stay two.

use data_encoding::HEXLOWER;
use seaworthy_definition::model::{EnvironmentName, PlatformName};
use sha2::{Digest, Sha256};

/// The names of one environment's things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

impl Names {
    /// Names for a platform in an environment; `deployment` tells several in one account apart.
    pub fn new(
        platform: &PlatformName,
        environment: &EnvironmentName,
        deployment: Option<&str>,
    ) -> Self {
        let mut prefix = format!("{platform}-{environment}");
        if let Some(deployment) = deployment {
            prefix.push('-');
            prefix.push_str(deployment);
        }
        Self { prefix }
    }

    /// What begins every name: `<platform>-<environment>[-<deployment>]`. Also the cluster's and the VPC's name.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The EKS cluster, and the VPC it stands in: at most 40 characters, so that the modules' names made of it fit too.
    pub fn cluster(&self) -> String {
        fit(&self.prefix, 40)
    }

    /// An IAM role, policy or instance profile, at most 64 characters.
    pub fn role(&self, thing: &str) -> String {
        self.with(thing, 64)
    }

    /// An RDS instance, cluster, subnet group or parameter group, at most 60 characters: 63, less what numbers the
    /// instances of a cluster.
    pub fn database(&self, database: &str) -> String {
        self.with(database, 60)
    }

    /// A bucket, at most 63 characters. Bucket names are global, so account and region stand in them.
    pub fn bucket(&self, thing: &str, account: &str, region: &str) -> String {
        self.with(&format!("{thing}-{account}-{region}"), 63)
    }

    /// A vault, plan or selection of AWS Backup, at most 50 characters.
    pub fn backup(&self, thing: &str) -> String {
        self.with(thing, 50)
    }

    /// A load balancer or target group, at most 32 characters.
    pub fn load_balancer(&self, thing: &str) -> String {
        self.with(thing, 32)
    }

    /// A secret of a service: `<prefix>/<service>/<thing>`.
    pub fn secret(&self, service: &str, thing: &str) -> String {
        format!("{}/{service}/{thing}", self.prefix)
    }

    /// The web ACL in front of the environment's load balancer.
    pub fn web_acl(&self) -> String {
        self.thing("edge")
    }

    /// The secret that opens a database to a workload: `<prefix>/<workload>/<database>`.
    pub fn database_secret(&self, workload: &str, database: &str) -> String {
        self.secret(workload, database)
    }

    /// The secret that opens a database to its owner, which migrations are: `<prefix>/<database>/owner`.
    pub fn owner_secret(&self, database: &str) -> String {
        self.secret(database, "owner")
    }

    /// A secret whose value the team puts in itself: `<prefix>/secrets/<name>`.
    pub fn outside_secret(&self, name: &str) -> String {
        self.secret("secrets", name)
    }

    /// Anything else in AWS: security groups, log groups, topics, budgets, keys' aliases; at most 100 characters.
    pub fn thing(&self, thing: &str) -> String {
        self.with(thing, 100)
    }

    fn with(&self, thing: &str, longest: usize) -> String {
        fit(&format!("{}-{thing}", self.prefix), longest)
    }
}

/// The bucket that holds the states of a platform in an account and region.
pub(crate) fn state_bucket(platform: &PlatformName, account: &str, region: &str) -> String {
    fit(&format!("{platform}-{account}-{region}-tofu"), 63)
}

/// A name of at most `longest` ASCII characters.
pub(crate) fn fit(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let digest = HEXLOWER.encode(&Sha256::digest(name.as_bytes()));
    let kept: String = name.chars().take(longest - 7).collect();
    format!("{}-{}", kept.trim_end_matches('-'), &digest[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(deployment: Option<&str>) -> Names {
        Names::new(
            &PlatformName::new("counter"),
            &EnvironmentName::new("production"),
            deployment,
        )
    }

    #[test]
    fn begin_with_platform_environment_and_deployment() {
        assert_eq!(names(None).role("api"), "counter-production-api");
        assert_eq!(
            names(Some("blue")).role("api"),
            "counter-production-blue-api"
        );
        assert_eq!(
            names(None).secret("api", "counter"),
            "counter-production/api/counter"
        );
    }

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        let names = names(None);
        let one = names.load_balancer("a-service-with-a-long-name-one");
        let two = names.load_balancer("a-service-with-a-long-name-two");
        assert_eq!((one.len(), two.len()), (32, 32));
        assert_ne!(one, two);
        assert!(one.starts_with("counter-production-a-serv"), "{one}");
    }
}
