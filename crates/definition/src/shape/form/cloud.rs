//! Forms of what AWS and Kubernetes call things.

use super::{Form, Problem, form};

pub(crate) static ACCOUNT: Form = form(
    "an AWS account of twelve digits, in quotes",
    &["111111111111"],
    "^[0-9]{12}$",
    |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(());
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let problem = Problem::new(format!("`{text}` is not an AWS account"))
            .label("expected twelve digits, in quotes");
        Err(if digits.len() == 12 {
            problem.hint(format!("write \"{digits}\""))
        } else {
            problem
        })
    },
);
pub(crate) static REGION: Form = form(
    "an AWS region such as `eu-west-3`",
    &["eu-west-3"],
    "^[a-z]{2}(-[a-z]+)+-[0-9]$",
    |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let letters = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
        let fits = parts.len() >= 3
            && parts[0].len() == 2
            && parts[..parts.len() - 1].iter().all(|p| letters(p))
            && matches!(parts[parts.len() - 1].as_bytes(), [b'0'..=b'9']);
        if fits {
            return Ok(());
        }
        let problem = Problem::new(format!("`{text}` is not an AWS region"))
            .label("expected one such as `eu-west-3`");
        let shortened = text.strip_suffix(|c: char| c.is_ascii_lowercase());
        Err(match shortened {
            Some(region) if region.ends_with(|c: char| c.is_ascii_digit()) => problem
                .hint(format!(
                    "this is a zone: write `{region}`, and `zones: 3` for how many zones are used"
                ))
                .replacement(region),
            _ => problem,
        })
    },
);
pub(crate) static KUBERNETES: Form = form(
    "a Kubernetes version such as \"1.36\", in quotes",
    &["1.36"],
    r"^1\.[0-9]{1,2}$",
    |text| {
        let minor = text.strip_prefix("1.");
        if minor
            .is_some_and(|m| (1..=2).contains(&m.len()) && m.bytes().all(|b| b.is_ascii_digit()))
        {
            return Ok(());
        }
        let problem = Problem::new(format!("`{text}` is not a minor version of Kubernetes"))
            .label("expected one such as \"1.36\"");
        let parts: Vec<&str> = text.trim_start_matches('v').split('.').collect();
        Err(match parts[..] {
            [major, minor, ..] if major == "1" && !minor.is_empty() => {
                let minor_only = format!("\"{major}.{minor}\"");
                problem.hint(format!(
                    "write {minor_only}: patch versions are the service's business"
                ))
            }
            _ => problem,
        })
    },
);
pub(crate) static NETWORK_ID: Form = form(
    "the id of a VPC such as `vpc-0123456789abcdef0`",
    &["vpc-0123456789abcdef0"],
    "^vpc-[0-9a-f]{8,17}$",
    |text| {
        let id = text.strip_prefix("vpc-");
        if id.is_some_and(|id| {
            (8..=17).contains(&id.len())
                && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }) {
            Ok(())
        } else {
            Err(Problem::new(format!("`{text}` is not the id of a VPC"))
                .label("expected one such as `vpc-0123456789abcdef0`"))
        }
    },
);
pub(crate) static ARN: Form = form(
    "an ARN of an IAM principal such as `arn:aws:iam::111111111111:role/admin`",
    &["arn:aws:iam::111111111111:role/admin"],
    r"^arn:[a-z-]+:(iam|sts)::[0-9]{12}:(root|(role|user|assumed-role)/.+)$",
    |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let fits = matches!(parts[..], ["arn", partition, "iam" | "sts", "", account, resource]
            if !partition.is_empty() && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())
                && (resource == "root" || ["role/", "user/", "assumed-role/"].iter().any(|p| resource.len() > p.len() && resource.starts_with(p))));
        if fits {
            Ok(())
        } else {
            Err(
                Problem::new(format!("`{text}` is not an ARN of an IAM principal"))
                    .label("expected one such as `arn:aws:iam::111111111111:role/admin`"),
            )
        }
    },
);
pub(crate) static CIDR: Form = form(
    "a range of addresses such as `203.0.113.0/24`",
    &["203.0.113.0/24"],
    r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$",
    |text| {
        let parts = text.split_once('/').and_then(|(address, prefix)| {
            Some((
                address.parse::<std::net::Ipv4Addr>().ok()?,
                prefix.parse::<u32>().ok().filter(|p| *p <= 32)?,
            ))
        });
        let Some((address, prefix)) = parts else {
            let problem = Problem::new(format!("`{text}` is not a range of addresses"))
                .label("expected one such as `203.0.113.0/24`");
            return Err(if text.parse::<std::net::Ipv4Addr>().is_ok() {
                problem.hint(format!("write `{text}/32` for this one address"))
            } else {
                problem
            });
        };
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        let network = std::net::Ipv4Addr::from(u32::from(address) & mask);
        if network == address {
            Ok(())
        } else {
            Err(Problem::new(format!("`{text}` has bits set beyond its prefix"))
                .hint(format!("write `{network}/{prefix}` for the range, or `{address}/32` for the one address")))
        }
    },
);
pub(crate) static VPC_RANGE: Form = form(
    "a private range for a VPC such as `10.0.0.0/16`",
    &["10.0.0.0/16"],
    r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[6-9]|20)$",
    |text| {
        (CIDR.check)(text)?;
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let prefix: u32 = prefix.parse().unwrap_or(0);
        if !(16..=20).contains(&prefix) {
            let why = if prefix < 16 {
                "a VPC has at most a /16"
            } else {
                "nodes and pods need addresses of their own: at least a /20"
            };
            return Err(Problem::new(format!("`{text}` is no range for a VPC"))
                .label(why)
                .hint(format!("write `{address}/16`")));
        }
        let private =
            address
                .parse()
                .is_ok_and(|address: std::net::Ipv4Addr| match address.octets() {
                    // Carriers' addresses (RFC 6598) are private to a VPC as well.
                    [100, second, ..] => (64..128).contains(&second),
                    _ => address.is_private(),
                });
        if private {
            return Ok(());
        }
        Err(Problem::new(format!("`{text}` is not private"))
            .label("these addresses belong to somebody on the internet")
            .hint("take one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"))
    },
);
pub(crate) static ENDPOINT: Form = form(
    "the name of an AWS service's endpoint such as `ecr.api`",
    &["ecr.api"],
    "^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*$",
    |text| {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text == "s3" {
            return Err(Problem::new("`s3` has an endpoint always")
                .hint("leave it out: the gateway endpoint costs nothing"));
        }
        let problem = Problem::new(format!("`{text}` is no name of an endpoint"))
            .label("expected one such as `ecr.api`");
        if let Some(rest) = text.strip_prefix("com.amazonaws.") {
            let name = rest.split_once('.').map_or(rest, |(_, name)| name);
            return Err(problem.hint(format!("write `{name}`: the region is known")));
        }
        if text.split('.').all(part) {
            Ok(())
        } else {
            Err(problem)
        }
    },
);
pub(crate) static INSTANCE_TYPE: Form = form(
    "an EC2 instance type such as `m7g.large`",
    &["m7g.large"],
    "^[a-z][a-z0-9-]*\\.[a-z0-9-]+$",
    |text| {
        let known = text.split_once('.').is_some_and(|(family, size)| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            family.starts_with(|c: char| c.is_ascii_lowercase())
                && family.bytes().all(fits)
                && !size.is_empty()
                && size.bytes().all(fits)
        });
        if known {
            return Ok(());
        }
        Err(Problem::new(format!("`{text}` is not an instance type"))
            .label("expected one such as `m7g.large`"))
    },
);
