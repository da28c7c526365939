//! The API endpoint of a cluster takes connections from every address.

use seaworthy_facts::Value;
use seaworthy_facts::terraform::Resource;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cluster-endpoint-open-to-world",
    severity: Severity::Insecure,
    page: include_str!("cluster-endpoint-open-to-world.md"),
    check,
};

const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (_, cluster) in world.facts.terraform.resources("aws_eks_cluster") {
        let public = cluster.at("vpc_config.endpoint_public_access");
        // Nothing said means public, and so does a value that is true; what is not known is left alone.
        if public.is_some_and(|value| value.bool() != Some(true))
            || cluster.at("vpc_config").is_none_or(Value::is_unknown)
        {
            continue;
        }
        let ranges = cluster.at("vpc_config.public_access_cidrs");
        let open = match ranges {
            None => None,
            Some(ranges) => match ranges
                .items()
                .iter()
                .find(|range| range.str().is_some_and(|range| EVERYWHERE.contains(&range)))
            {
                Some(range) => Some(range),
                None => continue,
            },
        };
        let name = cluster.str("name").unwrap_or(&cluster.plain_address);
        let finding = Finding::new(format!(
            "the API endpoint of cluster `{name}` takes connections from every address: a leaked token or a flaw of the API server is enough to come in"
        ));
        // The narrowest place that is written: the range, else that it is public, else the cluster.
        let written = |value: &&Value| value.span != cluster.span;
        let finding = match (open.filter(written), public.filter(written)) {
            (Some(range), _) => finding.at(range.span, "every address").trail(range),
            (None, Some(public)) => finding
                .at(public.span, "public, and nothing narrows it")
                .trail(public),
            (None, None) => finding.at(cluster.span, "public by default, and nothing narrows it"),
        };
        findings.push(noted(finding, cluster).about([name.to_owned()]).hint(
            "list the addresses that need it in `public_access_cidrs`, or close the public endpoint",
        ));
    }
}

fn noted(finding: Finding, cluster: &Resource) -> Finding {
    if cluster.from_summary {
        finding.assume(
            "the module leaves the endpoint open to `0.0.0.0/0` unless told otherwise (2026-11-21)",
        )
    } else {
        finding
    }
}
