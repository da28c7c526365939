//! An object, or a variable of a container, names something of the cloud that no configuration makes, and one of nearly
//! the name is made.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::containers::{From, of};
use seaworthy_link::references::{near_name, stands_elsewhere};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cloud-object-missing",
    severity: Severity::Breaks,
    page: include_str!("cloud-object-missing.md"),
    check,
};

/// What is made in the cloud under a name that others use.
struct Made {
    /// In words.
    says: &'static str,
    /// Resources and the attribute with the name.
    resources: &'static [(&'static str, &'static str)],
    /// A part of the sources of modules that make one, and the argument with the name.
    modules: &'static [(&'static str, &'static str)],
}

const ADDRESS: Made = Made {
    says: "static address",
    resources: &[
        ("google_compute_global_address", "name"),
        ("google_compute_address", "name"),
    ],
    modules: &[("terraform-google-modules/address", "names")],
};
const ACCOUNT: Made = Made {
    says: "service account",
    resources: &[("google_service_account", "account_id")],
    modules: &[("terraform-google-modules/service-accounts", "names")],
};
const SECURITY_POLICY: Made = Made {
    says: "security policy",
    resources: &[("google_compute_security_policy", "name")],
    modules: &[],
};
const TLS_POLICY: Made = Made {
    says: "SSL policy",
    resources: &[("google_compute_ssl_policy", "name")],
    modules: &[],
};
const DATABASE: Made = Made {
    says: "database instance",
    resources: &[("google_sql_database_instance", "name")],
    modules: &[("sql-db/google", "name")],
};
const NODE_ROLE: Made = Made {
    says: "role",
    resources: &[("aws_iam_role", "name")],
    modules: &[],
};
const BUCKET: Made = Made {
    says: "bucket",
    resources: &[
        ("aws_s3_bucket", "bucket"),
        ("google_storage_bucket", "name"),
    ],
    modules: &[("s3-bucket/aws", "bucket")],
};
const TABLE: Made = Made {
    says: "table",
    resources: &[("aws_dynamodb_table", "name")],
    modules: &[("dynamodb-table/aws", "name")],
};
const QUEUE: Made = Made {
    says: "queue",
    resources: &[("aws_sqs_queue", "name")],
    modules: &[("sqs/aws", "name")],
};

/// Annotations that name something of the cloud.
const ANNOTATIONS: [(&str, &Made); 2] = [
    ("kubernetes.io/ingress.global-static-ip-name", &ADDRESS),
    ("iam.gke.io/gcp-service-account", &ACCOUNT),
];

/// Fields that do.
const FIELDS: [(&str, &str, &Made); 3] = [
    (
        "BackendConfig",
        "spec.securityPolicy.name",
        &SECURITY_POLICY,
    ),
    ("FrontendConfig", "spec.sslPolicy", &TLS_POLICY),
    ("EC2NodeClass", "spec.role", &NODE_ROLE),
];

/// Variables that do, by a part of their name.
const VARIABLES: [(&str, &Made); 4] = [
    ("BUCKET", &BUCKET),
    ("TABLE_NAME", &TABLE),
    ("DYNAMODB_TABLE", &TABLE),
    ("QUEUE_NAME", &QUEUE),
];

/// A name that something uses.
struct Used<'a> {
    made: &'static Made,
    name: String,
    value: &'a Value,
    who: String,
    field: String,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    let used = used(world);
    for one in &used {
        let made = names(world, one.made);
        if made.is_empty() || made.iter().any(|(name, _)| name.can_be(&one.name)) {
            continue;
        }
        let literal: Vec<&str> = made.iter().filter_map(|(name, _)| name.literal()).collect();
        let unused: Vec<&str> = literal
            .iter()
            .filter(|name| {
                !used
                    .iter()
                    .any(|other| other.name == **name && std::ptr::eq(other.made, one.made))
            })
            .copied()
            .collect();
        let near = near_name(&one.name, &unused).or_else(|| {
            seaworthy_diagnostics::suggest(&one.name, literal.iter().copied())
                .filter(|_| !stands_elsewhere(world, &one.name, &[one.value.span]))
        });
        let Some((near, span)) = near.and_then(|near| {
            made.iter()
                .find(|(name, _)| name.literal() == Some(near))
                .map(|(_, span)| (near, *span))
        }) else {
            continue;
        };
        if !told.insert(one.value.span) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "{} names {} `{}`, which nothing makes; `{near}` is made",
                one.who, one.made.says, one.name
            ))
            .at(
                one.value.span,
                format!(
                    "no {} of this name is made, by `{}`",
                    one.made.says, one.field
                ),
            )
            .and(span, format!("this makes `{near}`"))
            .trail(one.value)
            .hint(format!("did you mean `{near}`?"))
            .confidence(Confidence::Likely)
            .about([one.who.clone(), one.name.clone()]),
        );
    }
}

fn used(world: &World) -> Vec<Used<'_>> {
    let mut found = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for release in &cluster.releases {
            let who = format!("release `{}`", release.name.text().unwrap_or_default());
            buckets(&release.values, &who, &mut found);
        }
        for object in &cluster.objects {
            if matches!(object.origin, Origin::Summary { .. }) {
                continue;
            }
            let mut add = |made: &'static Made, value: &'static str, at: Option<_>| {
                if let Some(at) = at {
                    found.extend(one(made, object, at, value.to_owned()));
                }
            };
            for (annotation, made) in ANNOTATIONS {
                add(made, annotation, object.annotation(annotation));
            }
            for (kind, path, made) in FIELDS {
                if &*object.kind == kind {
                    add(made, path, object.at(path));
                }
            }
            if &*object.kind == "ConfigMap" {
                for entry in object.at("data").map_or(&[][..], Value::entries) {
                    if is_connection(&entry.value) {
                        found.extend(one(&DATABASE, object, &entry.value, entry.key.to_string()));
                    }
                }
            }
            for container in of(cluster, object) {
                for variable in container.environment().variables {
                    let (Some(name), From::Value(value) | From::ConfigMap(Some(value))) =
                        (variable.name.literal(), variable.from)
                    else {
                        continue;
                    };
                    for (part, made) in VARIABLES {
                        if name.ends_with(part) || name.ends_with(&format!("{part}_NAME")) {
                            found.extend(one(made, object, value, name.to_owned()));
                            break;
                        }
                    }
                }
            }
        }
    }
    found
}

/// Buckets that the values of a chart name: `bucket`, `bucketName`, and what stands in `bucketNames`.
fn buckets<'a>(values: &'a Value, who: &str, found: &mut Vec<Used<'a>>) {
    for entry in values.entries() {
        let key = &*entry.key;
        let names = match key {
            "bucketNames" | "bucketnames" => {
                entry.value.entries().iter().map(|e| &e.value).collect()
            }
            "bucket" | "bucketName" | "bucketname" | "s3Bucket" => vec![&entry.value],
            _ => Vec::new(),
        };
        for value in names {
            let Some(text) = value.str() else { continue };
            if !text.is_empty() && !text.contains(['/', '$', '{', ' ', ':', ',']) {
                found.push(Used {
                    made: &BUCKET,
                    name: text.to_owned(),
                    value,
                    who: who.to_owned(),
                    field: key.to_owned(),
                });
            }
        }
        buckets(&entry.value, who, found);
    }
    for item in values.items() {
        buckets(item, who, found);
    }
}

fn one<'a>(
    made: &'static Made,
    object: &Object,
    value: &'a Value,
    field: String,
) -> Option<Used<'a>> {
    let text = value.str()?.trim();
    // `account@project.iam.gserviceaccount.com`, `project:region:instance`
    let name = text.split('@').next().unwrap_or(text);
    let name = name.rsplit(':').next().unwrap_or(name);
    (!name.is_empty() && !name.contains(['/', '$', '{', ' '])).then(|| Used {
        made,
        name: name.to_owned(),
        value,
        who: format!(
            "{} `{}`",
            object.kind,
            object.name.text().unwrap_or_default()
        ),
        field,
    })
}

/// `project:region-1:instance`
fn is_connection(value: &Value) -> bool {
    let Some(text) = value.str() else {
        return false;
    };
    let parts: Vec<&str> = text.trim().split(':').collect();
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    matches!(parts.as_slice(), [project, region, instance]
        if word(project) && word(instance) && word(region) && region.contains('-')
            && region.ends_with(|c: char| c.is_ascii_digit()))
}

/// Every name under which something of the kind is made, and where it is said.
fn names(world: &World, made: &Made) -> Vec<(Text, Span)> {
    let mut found = Vec::new();
    let mut add = |value: Option<&Value>, span: Span| match value {
        Some(value) => {
            for name in value.each() {
                if let Some(text) = name.text()
                    && !found.iter().any(|(own, place): &(Text, Span)| {
                        *place == name.span && own.same(&text) == Same::Always
                    })
                {
                    found.push((text, name.span));
                }
            }
        }
        // The provider makes up a name.
        None => found.push((
            Text::hole(seaworthy_facts::Unknown::new(
                seaworthy_facts::UnknownKind::Computed,
                "name",
            )),
            span,
        )),
    };
    for root in &world.facts.terraform.roots {
        for (kind, attribute) in made.resources {
            for resource in root.resources(kind).chain(root.data(kind)) {
                add(resource.at(attribute), resource.span);
            }
        }
        for call in &root.calls {
            let source = call
                .source
                .as_ref()
                .and_then(Value::str)
                .unwrap_or_default();
            for (part, argument) in made.modules {
                if source.contains(part) {
                    add(call.arguments.get(argument), call.span);
                }
            }
        }
    }
    found
}
