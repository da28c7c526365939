//! Buckets, with what is said about how long they keep things, from resources and from the registry's module.

use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Data, Same, Span, Text, Value};
use seaworthy_link::{World, environment};

/// A bucket.
pub(super) struct Bucket<'a> {
    /// The address of the resource or of the module's call.
    pub(super) address: &'a str,
    /// Its name.
    pub(super) name: Option<&'a Value>,
    /// Its header.
    pub(super) span: Span,
    /// `force_destroy`, where it is on.
    pub(super) force_destroy: Option<&'a Value>,
    /// Where versions are switched off, or that nothing switches them on.
    pub(super) versions: Versions,
    /// Days after which objects are taken away, each with its place.
    pub(super) expires: Vec<(f64, Span)>,
    /// Nobody can delete before a time.
    pub(super) locked: bool,
    /// Something about it could not be seen.
    pub(super) incomplete: bool,
    /// A plan that would destroy it fails.
    pub(super) kept_by_plan: bool,
}

/// Whether old versions of objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// They are.
    On,
    /// They are not; where that is said.
    Off(Option<Span>),
    /// Not known.
    Unknown,
}

/// Every bucket of a configuration.
pub(super) fn all(root: &Root) -> Vec<Bucket<'_>> {
    let mut buckets: Vec<Bucket<'_>> = root
        .resources("aws_s3_bucket")
        .filter(|bucket| !bucket.from_summary)
        .map(|bucket| of_resource(root, bucket))
        .collect();
    buckets.extend(
        root.resources("google_storage_bucket")
            .filter(|bucket| !bucket.from_summary)
            .map(of_google),
    );
    for call in &root.calls {
        if call.registry.as_deref() != Some("terraform-aws-modules/s3-bucket/aws") {
            continue;
        }
        let arguments = &call.arguments;
        let lifecycle = arguments.get("lifecycle_rule");
        buckets.push(Bucket {
            address: &call.address,
            name: arguments
                .get("bucket")
                .or_else(|| arguments.get("bucket_prefix")),
            span: call.span,
            force_destroy: on(arguments.get("force_destroy")),
            versions: versions(arguments.get("versioning"), &["enabled", "status"]),
            expires: lifecycle.map_or_else(Vec::new, expirations),
            locked: on(arguments.get("object_lock_enabled")).is_some()
                || arguments.get("object_lock_configuration").is_some(),
            incomplete: arguments.is_unknown() || lifecycle.is_some_and(Value::is_unknown),
            kept_by_plan: false,
        });
    }
    buckets
}

fn of_resource<'a>(root: &'a Root, bucket: &'a Resource) -> Bucket<'a> {
    let about = |kind: &'static str| {
        root.resources(kind)
            .find(move |other| other.at("bucket").is_some_and(|value| names(value, bucket)))
    };
    let versioning = about("aws_s3_bucket_versioning");
    let lifecycle = about("aws_s3_bucket_lifecycle_configuration");
    let inline = bucket.at("lifecycle_rule");
    let rules = lifecycle.and_then(|lifecycle| lifecycle.at("rule"));
    let kept = bucket
        .meta
        .get("lifecycle")
        .and_then(|lifecycle| lifecycle.at("prevent_destroy"));
    Bucket {
        address: &bucket.address,
        name: bucket.at("bucket").or_else(|| bucket.at("bucket_prefix")),
        span: bucket.span,
        force_destroy: on(bucket.at("force_destroy")),
        versions: match versioning {
            Some(versioning) => versions(versioning.at("versioning_configuration"), &["status"]),
            None => versions(bucket.at("versioning"), &["enabled"]),
        },
        expires: rules
            .into_iter()
            .chain(inline)
            .flat_map(expirations)
            .collect(),
        locked: on(bucket.at("object_lock_enabled")).is_some()
            || about("aws_s3_bucket_object_lock_configuration").is_some(),
        incomplete: rules.is_some_and(Value::is_unknown),
        kept_by_plan: kept.and_then(Value::bool) == Some(true),
    }
}

fn of_google(bucket: &Resource) -> Bucket<'_> {
    let rules = bucket.at("lifecycle_rule").map_or(&[][..], Value::each);
    let expires = rules
        .iter()
        .filter(|rule| rule.at("action.type").and_then(Value::str) == Some("Delete"))
        .filter_map(|rule| rule.at("condition.age"))
        .filter_map(|age| Some((age.number()?, age.span)))
        .collect();
    Bucket {
        address: &bucket.address,
        name: bucket.at("name"),
        span: bucket.span,
        force_destroy: on(bucket.at("force_destroy")),
        versions: versions(bucket.at("versioning"), &["enabled"]),
        expires,
        locked: bucket.at("retention_policy").is_some(),
        incomplete: false,
        kept_by_plan: false,
    }
}

/// Whether a companion resource speaks of this bucket.
fn names(value: &Value, bucket: &Resource) -> bool {
    if let Some(unknown) = value.as_unknown() {
        let address = unknown.resource.as_deref();
        return address == Some(&*bucket.address) || address == Some(&*bucket.plain_address);
    }
    let own = bucket.at("bucket").and_then(Value::text);
    match (value.text(), own) {
        (Some(named), Some(own)) => named.same(&own) == Same::Always,
        _ => false,
    }
}

fn on(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| value.bool() == Some(true))
}

fn versions(block: Option<&Value>, keys: &[&str]) -> Versions {
    let Some(block) = block else {
        return Versions::Off(None);
    };
    let Some(value) = keys.iter().find_map(|key| block.at(key)) else {
        return match &block.data {
            Data::Map(map) if map.entries.is_empty() => Versions::Off(Some(block.span)),
            _ => Versions::Unknown,
        };
    };
    match (value.bool(), value.str()) {
        (Some(true), _) | (_, Some("Enabled")) => Versions::On,
        (Some(false), _) | (_, Some("Disabled" | "Suspended")) => Versions::Off(Some(value.span)),
        _ => Versions::Unknown,
    }
}

/// The days after which lifecycle rules take objects away; versions that are not current are another matter.
fn expirations(rules: &Value) -> Vec<(f64, Span)> {
    rules
        .each()
        .iter()
        .filter(|rule| {
            let off = rule.get("enabled").and_then(Value::bool) == Some(false)
                || rule.get("status").and_then(Value::str) == Some("Disabled");
            !off
        })
        .filter_map(|rule| rule.at("expiration.days"))
        .filter_map(|days| Some((days.number()?, days.span)))
        .collect()
}

const WORDS: [&str; 10] = [
    "backup",
    "backups",
    "dump",
    "dumps",
    "snapshot",
    "snapshots",
    "velero",
    "pgbackrest",
    "barman",
    "restic",
];

/// Whether a name speaks of backups.
pub(super) fn says_backup(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Why a bucket is held to have backups in it: the place, and words for it.
pub(super) fn holds_backups(world: &World, bucket: &Bucket<'_>) -> Option<(Span, String)> {
    let name = bucket.name.and_then(Value::text)?;
    if let Some(found) = written_by_job(world, &name) {
        return Some(found);
    }
    let known = name.to_string();
    if says_backup(&known) {
        return Some((
            bucket.name.map_or(bucket.span, |name| name.span),
            format!("`{known}` holds backups, by its name"),
        ));
    }
    let own = bucket.address.rsplit('.').next().unwrap_or(bucket.address);
    says_backup(own).then(|| (bucket.span, "it holds backups, by its name".to_owned()))
}

/// A job or a chart for backups that is told this bucket.
fn written_by_job(world: &World, name: &Text) -> Option<(Span, String)> {
    let literal = name.literal()?;
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            let carries = matches!(&*object.kind, "ConfigMap" | "CronJob" | "Job");
            if !carries || matches!(object.origin, Origin::Summary { .. }) {
                continue;
            }
            if !object.name().is_some_and(says_backup) {
                continue;
            }
            if let Some(span) = place_of(&object.body, literal) {
                let object = object.name().unwrap_or_default();
                return Some((span, format!("`{object}` writes backups there")));
            }
        }
        for release in &cluster.releases {
            if release.chart.str().is_some_and(says_backup)
                && let Some(span) = place_of(&release.values, literal)
            {
                return Some((span, "backups are written there".to_owned()));
            }
        }
    }
    None
}

fn place_of(value: &Value, text: &str) -> Option<Span> {
    let mut found = None;
    value.walk(&mut |value| {
        let is = value.str().is_some_and(|own| {
            own.strip_prefix("s3://").unwrap_or(own).split('/').next() == Some(text)
        });
        if is && found.is_none() {
            found = Some(value.span);
        }
    });
    found
}

/// Whether a configuration is for trying things out, where losing data is ordinary.
pub(super) fn is_for_trying(world: &World, root: &Root) -> bool {
    matches!(
        environment::of_root(root, &world.sources),
        Some("development" | "test" | "sandbox" | "preview" | "qa")
    )
}
