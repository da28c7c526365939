//! Which host a service of a region answers on, and by what name it signs.
//!
//! Source: "AWS service endpoints", and for the variables "Service-specific endpoints" of the SDKs' reference.

use crate::{Error, Settings};

/// A service that we talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Auto Scaling.
    AutoScaling,
    /// AWS Backup.
    Backup,
    /// CloudWatch Logs.
    CloudWatchLogs,
    /// EC2, with VPC and EBS.
    Ec2,
    /// Elastic Container Registry.
    Ecr,
    /// Elastic Kubernetes Service.
    Eks,
    /// Classic load balancers.
    ElasticLoadBalancing,
    /// Application and network load balancers.
    ElasticLoadBalancingV2,
    /// Identity and Access Management.
    Iam,
    /// Key Management Service.
    Kms,
    /// RDS and Aurora.
    Rds,
    /// The Resource Groups Tagging API.
    Tagging,
    /// S3.
    S3,
    /// Secrets Manager.
    SecretsManager,
    /// Simple Notification Service.
    Sns,
    /// Simple Queue Service.
    Sqs,
    /// Security Token Service.
    Sts,
}

/// Where requests to a service go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `https` or, for an emulator, `http`.
    pub(crate) scheme: String,
    /// With the port, where it is not the scheme's.
    pub(crate) host: String,
    /// A path that stands before every other; empty or without a slash at its end.
    pub(crate) prefix: String,
    /// The region that requests are signed for.
    pub(crate) region: String,
    /// Whether somebody chose it, so that names must not be put in front of the host.
    pub(crate) chosen: bool,
}

impl Service {
    /// The service's id in variables, the first part of its host, and the name it signs by.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::AutoScaling => ("AUTO_SCALING", "autoscaling", "autoscaling"),
            Self::Backup => ("BACKUP", "backup", "backup"),
            Self::CloudWatchLogs => ("CLOUDWATCH_LOGS", "logs", "logs"),
            Self::Ec2 => ("EC2", "ec2", "ec2"),
            Self::Ecr => ("ECR", "api.ecr", "ecr"),
            Self::Eks => ("EKS", "eks", "eks"),
            Self::ElasticLoadBalancing => (
                "ELASTIC_LOAD_BALANCING",
                "elasticloadbalancing",
                "elasticloadbalancing",
            ),
            Self::ElasticLoadBalancingV2 => (
                "ELASTIC_LOAD_BALANCING_V2",
                "elasticloadbalancing",
                "elasticloadbalancing",
            ),
            Self::Iam => ("IAM", "iam", "iam"),
            Self::Kms => ("KMS", "kms", "kms"),
            Self::Rds => ("RDS", "rds", "rds"),
            Self::Tagging => ("RESOURCE_GROUPS_TAGGING_API", "tagging", "tagging"),
            Self::S3 => ("S3", "s3", "s3"),
            Self::SecretsManager => ("SECRETS_MANAGER", "secretsmanager", "secretsmanager"),
            Self::Sns => ("SNS", "sns", "sns"),
            Self::Sqs => ("SQS", "sqs", "sqs"),
            Self::Sts => ("STS", "sts", "sts"),
        }
    }

    /// The name by which requests are signed.
    pub(crate) fn signs_as(self) -> &'static str {
        self.names().2
    }

    /// Where the service of a region is, unless the settings say otherwise.
    pub(crate) fn endpoint(self, settings: &Settings, region: &str) -> Result<Endpoint, Error> {
        let (id, first, _) = self.names();
        if let Some(url) = chosen(settings, id)? {
            return Ok(url_parts(&url, region));
        }
        let suffix = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        // IAM is one for a whole partition.
        let (host, region) = match (self, region) {
            (Self::Iam, region) if region.starts_with("cn-") => {
                (format!("{first}.cn-north-1.{suffix}"), "cn-north-1")
            }
            (Self::Iam, region) if region.starts_with("us-gov-") => {
                (format!("{first}.us-gov.{suffix}"), "us-gov-west-1")
            }
            (Self::Iam, _) => (format!("{first}.{suffix}"), "us-east-1"),
            (_, region) => (format!("{first}.{region}.{suffix}"), region),
        };
        Ok(Endpoint {
            scheme: "https".to_owned(),
            host,
            prefix: String::new(),
            region: region.to_owned(),
            chosen: false,
        })
    }
}

/// The address that the user's settings name for a service, or for all.
fn chosen(settings: &Settings, id: &str) -> Result<Option<String>, Error> {
    let ignored = settings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let of_service = format!("AWS_ENDPOINT_URL_{id}");
    for name in [of_service.as_str(), "AWS_ENDPOINT_URL"] {
        if let Some(url) = settings.variable(name) {
            return Ok(Some(url.to_owned()));
        }
    }
    let profile = settings.profile()?;
    Ok(profile.and_then(|profile| profile.get("endpoint_url").map(str::to_owned)))
}

fn url_parts(url: &str, region: &str) -> Endpoint {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    Endpoint {
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        prefix: if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        },
        region: region.to_owned(),
        chosen: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::new(variables, None)
    }

    #[test]
    fn hosts_are_those_of_the_region_and_partition() {
        let none = settings(&[]);
        let host = |service: Service, region| {
            let endpoint = service.endpoint(&none, region).expect("no file is read");
            (endpoint.host, endpoint.region)
        };
        let pair = |host: &str, region: &str| (host.to_owned(), region.to_owned());
        assert_eq!(
            host(Service::Sts, "eu-west-3"),
            pair("sts.eu-west-3.amazonaws.com", "eu-west-3")
        );
        assert_eq!(
            host(Service::Iam, "eu-west-3"),
            pair("iam.amazonaws.com", "us-east-1")
        );
        assert_eq!(
            host(Service::Ecr, "cn-north-1"),
            pair("api.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1")
        );
    }

    #[test]
    fn the_address_of_one_service_wins_over_that_of_all() {
        let settings = settings(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:5000"),
            (
                "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
                "https://proxy.example.com/elb/",
            ),
        ]);
        let all = Service::Ec2.endpoint(&settings, "eu-west-3");
        assert_eq!(all.expect("no file is read").host, "127.0.0.1:5000");
        let one = Service::ElasticLoadBalancingV2.endpoint(&settings, "eu-west-3");
        let one = one.expect("no file is read");
        assert_eq!(
            (one.scheme.as_str(), one.host.as_str(), one.prefix.as_str()),
            ("https", "proxy.example.com", "/elb")
        );
        assert!(one.chosen);
    }
}
