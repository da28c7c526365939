//! Roles of workloads that reach every secret, bucket or zone, where the workload names the few it uses.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Span, Text, Value, yaml};
use seaworthy_link::World;
use seaworthy_link::iam::{Account, Admission, Policy, Role, Statement};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "role-policy-exceeds-workload",
    severity: Severity::Insecure,
    page: include_str!("role-policy-exceeds-workload.md"),
    check,
};

/// What a role may reach all of, and what is asked to find out.
struct Reach {
    action: &'static str,
    /// Something that no workload names: what covers it covers everything.
    probe: &'static str,
    /// `secret`.
    what: &'static str,
}

const REACHES: [Reach; 3] = [
    Reach {
        action: "secretsmanager:GetSecretValue",
        probe: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-secret-of-somebody-else-AbCdEf",
        what: "secret",
    },
    Reach {
        action: "s3:PutObject",
        probe: "arn:aws:s3:::a-bucket-of-somebody-else/key",
        what: "bucket",
    },
    Reach {
        action: "route53:ChangeResourceRecordSets",
        probe: "arn:aws:route53:::hostedzone/Z00000000000000000000",
        what: "hosted zone",
    },
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for role in &iam.roles {
        for reach in &REACHES {
            let Some((policy, statement)) = everything(role, reach) else {
                continue;
            };
            let uses: Vec<Use> = world
                .facts
                .kubernetes
                .clusters
                .iter()
                .filter_map(|cluster| used(world, cluster, role, reach.what))
                .collect();
            let Some(first) = uses.first() else { continue };
            let place = statement
                .resources
                .first()
                .map_or(policy.span, |resource| resource.span);
            let names = quoted(&first.names);
            let mut finding = Finding::new(format!(
                "role `{}` may use every {} of the account, and {} {names}",
                role.title(),
                reach.what,
                first.who
            ))
            .at(place, format!("every {} is allowed here", reach.what))
            .and(first.place, format!("{} {names}", first.who))
            .hint(format!(
                "name the ARNs of {names} in the policy, or a prefix that only this environment uses"
            ))
            .about([role.title(), reach.what.to_owned()]);
            if policy.span != place {
                finding = finding.link(policy.span, format!("policy `{}`", policy.name));
            }
            if let Some(assumed) = &policy.assumed {
                finding = finding.assume(&**assumed);
            }
            findings.push(finding.confidence(Confidence::Likely));
        }
    }
}

/// The statement by which a role may do an action on everything.
fn everything<'a>(role: &'a Role, reach: &Reach) -> Option<(&'a Policy, &'a Statement)> {
    let probe = Text::from(reach.probe);
    role.policies.iter().find_map(|policy| {
        let statement = policy.document.statements.iter().find(|statement| {
            !statement.denies
                && statement.conditions.is_empty()
                && statement.not_resources.is_empty()
                && statement.is_about(reach.action) == Same::Always
                && statement.covers(&probe) == Same::Always
        })?;
        Some((policy, statement))
    })
}

/// What the workloads of a role use.
struct Use {
    /// In words: "its pods need".
    who: &'static str,
    /// The names they use.
    names: Vec<String>,
    /// Where they name them.
    place: Span,
}

/// What is used in a cluster through a role; nothing where that cannot be told for all of it.
fn used(world: &World, cluster: &Cluster, role: &Role, what: &str) -> Option<Use> {
    let accounts = accounts(world, cluster, role);
    if accounts.is_empty() {
        return None;
    }
    let workloads: Vec<&Object> = cluster
        .workloads()
        .filter(|workload| {
            let namespace = workload.namespace.as_ref().and_then(Value::text);
            let account = workload
                .pods()
                .and_then(|pods| pods.service_account()?.text());
            accounts.iter().any(|(own_namespace, own)| {
                account.as_ref() == Some(own) && namespace.as_ref() == Some(own_namespace)
            })
        })
        .collect();
    match what {
        "secret" => {
            mounted(cluster, &workloads).or_else(|| synced(world, cluster, role, &accounts))
        }
        "bucket" => buckets(world, cluster, &workloads),
        _ => zones(world, cluster, role, &accounts),
    }
}

/// The accounts of a cluster that take a role, by namespace and name.
fn accounts(world: &World, cluster: &Cluster, role: &Role) -> Vec<(Text, Text)> {
    let iam = world.iam();
    let mut found: Vec<(Text, Text)> = Vec::new();
    for object in cluster.of("ServiceAccount") {
        let account = Account { cluster, object };
        let (Some(name), Some(namespace)) = (account.name(), account.namespace()) else {
            continue;
        };
        let annotated = account
            .role()
            .is_some_and(|annotation| role.is_called(annotation) == Same::Always);
        let trusted = role.trust.takes_account(Some(&namespace), &name) == Admission::Yes;
        let associated = iam.associated(Some(&namespace), &name).any(|association| {
            iam.role_of(association)
                .is_some_and(|own| own.span == role.span)
        });
        if annotated || trusted || associated {
            found.push((namespace, name));
        }
    }
    // Accounts that pods name and whose chart was not seen.
    for workload in cluster.workloads() {
        let name = workload
            .pods()
            .and_then(|pods| pods.service_account()?.text());
        let namespace = workload.namespace.as_ref().and_then(Value::text);
        if let (Some(name), Some(namespace)) = (name, namespace)
            && role.trust.takes_account(Some(&namespace), &name) == Admission::Yes
            && !found.contains(&(namespace.clone(), name.clone()))
        {
            found.push((namespace, name));
        }
    }
    found
}

/// Secrets that pods mount by the CSI driver.
fn mounted(cluster: &Cluster, workloads: &[&Object]) -> Option<Use> {
    let mut names = Vec::new();
    let mut place = None;
    for workload in workloads {
        let pods = workload.pods()?;
        for volume in pods.spec.get("volumes").map_or(&[][..], Value::items) {
            if volume.at("csi.driver").and_then(Value::str) != Some("secrets-store.csi.k8s.io") {
                continue;
            }
            let class = volume
                .at("csi.volumeAttributes.secretProviderClass")?
                .text()?;
            let namespace = workload.namespace.as_ref().and_then(Value::text);
            let class = cluster.find("SecretProviderClass", namespace.as_ref(), &class)?;
            let objects = class.at("spec.parameters.objects")?;
            for name in objects_of(objects)? {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            place.get_or_insert(objects.span);
        }
    }
    (!names.is_empty()).then_some(Use {
        who: "its pods need",
        names,
        place: place?,
    })
}

/// The secrets in the list of a `SecretProviderClass`, which is YAML in a text.
fn objects_of(objects: &Value) -> Option<Vec<String>> {
    let text = objects.text()?;
    let read = yaml::read_text(&text, &|_| objects.span);
    let [document] = read.documents.as_slice() else {
        return None;
    };
    document
        .value
        .items()
        .iter()
        .filter(|item| {
            item.get("objectType")
                .is_none_or(|kind| kind.str() == Some("secretsmanager"))
        })
        .map(|item| item.get("objectName")?.str().map(str::to_owned))
        .collect()
}

/// Secrets that the External Secrets Operator copies, where the repository also declares one that it does not.
fn synced(world: &World, cluster: &Cluster, role: &Role, accounts: &[(Text, Text)]) -> Option<Use> {
    let is_operators = cluster.releases.iter().any(|release| {
        release.chart.str() == Some("external-secrets")
            && release
                .namespace
                .as_ref()
                .and_then(Value::text)
                .is_some_and(|own| accounts.iter().any(|(namespace, _)| *namespace == own))
    });
    if !is_operators {
        return None;
    }
    let mut names = Vec::new();
    let mut place = None;
    for object in cluster.of("ExternalSecret") {
        let data = object.at("spec.data").map_or(&[][..], Value::items);
        let from = object.at("spec.dataFrom").map_or(&[][..], Value::items);
        let keys = data
            .iter()
            .map(|item| item.at("remoteRef.key"))
            .chain(from.iter().map(|item| item.at("extract.key")));
        for key in keys {
            // One that is found by a search can be any.
            let key = key?;
            place.get_or_insert(key.span);
            let name = key.str()?.to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let foreign = world
        .facts
        .terraform
        .resources("aws_secretsmanager_secret")
        .any(|(root, secret)| {
            let own = std::ptr::eq(root, &raw const world.facts.terraform.roots[role.root]);
            secret
                .str("name")
                .is_some_and(|name| !own && !names.iter().any(|used| used == name))
        });
    (foreign && !names.is_empty()).then_some(Use {
        who: "the External Secrets Operator needs",
        names,
        place: place?,
    })
}

/// Buckets that pods are told by their environment, if they are declared here.
fn buckets(world: &World, cluster: &Cluster, workloads: &[&Object]) -> Option<Use> {
    let declared: Vec<&str> = world
        .facts
        .terraform
        .resources("aws_s3_bucket")
        .filter_map(|(_, bucket)| bucket.str("bucket"))
        .collect();
    let mut found: Vec<(String, Span)> = Vec::new();
    for workload in workloads {
        let pods = workload.pods()?;
        let mut values: Vec<Value> = Vec::new();
        for container in pods.containers() {
            let variables = container.get("env").map_or(&[][..], Value::items);
            values.extend(variables.iter().filter_map(|own| own.get("value")).cloned());
            for from in container.get("envFrom").map_or(&[][..], Value::items) {
                let Some(name) = from.at("configMapRef.name").and_then(Value::text) else {
                    continue;
                };
                let namespace = workload.namespace.as_ref().and_then(Value::text);
                let map = cluster.find("ConfigMap", namespace.as_ref(), &name)?;
                let data = map.at("data").map_or(&[][..], Value::entries);
                values.extend(data.iter().map(|entry| entry.value.clone()));
            }
        }
        for value in values {
            if let Some(name) = value.str().filter(|name| declared.contains(name))
                && !found.iter().any(|(known, ..)| known == name)
            {
                found.push((name.to_owned(), value.span));
            }
        }
    }
    let place = found.first()?.1;
    Some(Use {
        who: "its pods need",
        names: found.into_iter().map(|(name, ..)| name).collect(),
        place,
    })
}

/// Zones that external-dns is told to work on, if one of them is declared or looked up here.
fn zones(world: &World, cluster: &Cluster, role: &Role, accounts: &[(Text, Text)]) -> Option<Use> {
    let release = cluster.releases.iter().find(|release| {
        release.chart.str() == Some("external-dns")
            && release
                .namespace
                .as_ref()
                .and_then(Value::text)
                .is_some_and(|own| accounts.iter().any(|(namespace, _)| *namespace == own))
    })?;
    let filters = release.values.get("domainFilters")?;
    let names: Vec<String> = filters
        .items()
        .iter()
        .filter_map(|name| name.str().map(str::to_owned))
        .collect();
    let root = &world.facts.terraform.roots[role.root];
    let is_declared = root
        .resources("aws_route53_zone")
        .chain(root.data("aws_route53_zone"))
        .filter_map(|zone| zone.str("name"))
        .any(|zone| names.iter().any(|name| name == zone.trim_end_matches('.')));
    (is_declared && !names.is_empty()).then_some(Use {
        who: "external-dns needs",
        names,
        place: filters.span,
    })
}

/// The first names, in words.
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(2)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len() - shown.len() {
        0 => shown.join(" and "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
