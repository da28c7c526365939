//! Two secrets that are to hold one half each of a credential and both hold the whole of it.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Data, Same, Span, Text, Value, yaml};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "secret-key-in-both-halves",
    severity: Severity::Insecure,
    page: include_str!("secret-key-in-both-halves.md"),
    check,
};

/// A secret with what is stored in it.
struct Stored<'a> {
    secret: &'a Resource,
    name: Text,
    value: &'a Value,
}

/// A key that somebody takes from a secret.
struct Taken {
    secret: Text,
    key: String,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let taken = taken(world);
    for root in &world.facts.terraform.roots {
        let stored = stored(root);
        for (index, first) in stored.iter().enumerate() {
            let second = stored[index + 1..].iter().find(|second| {
                second.secret.address != first.secret.address && same(first.value, second.value)
            });
            let Some(second) = second else { continue };
            let keys: Vec<&str> = first.value.entries().iter().map(|e| &*e.key).collect();
            let halves = by_use(&taken, first, second).or_else(|| by_name(first, second));
            let Some(halves) = halves else { continue };
            let (ours, theirs) = (first.secret.name.as_ref(), second.secret.name.as_ref());
            let mut finding = Finding::new(format!(
                "secrets `{ours}` and `{theirs}` each hold both halves of one credential: {}",
                keys.iter()
                    .map(|key| format!("`{key}`"))
                    .collect::<Vec<_>>()
                    .join(" and ")
            ))
            .at(second.value.span, "stores the whole credential")
            .and(first.value.span, "and so does this")
            .hint("store in each secret only the key that is taken from it, or keep one secret")
            .trail(second.value)
            .about([
                first.secret.address.to_string(),
                second.secret.address.to_string(),
            ]);
            for (span, key) in halves {
                finding = finding.link(span, format!("only `{key}` is taken here"));
            }
            findings.push(finding);
        }
    }
}

fn stored(root: &Root) -> Vec<Stored<'_>> {
    root.resources("aws_secretsmanager_secret_version")
        .filter_map(|version| {
            let value = version.at("secret_string")?;
            if value.entries().len() < 2 {
                return None;
            }
            let id = version.at("secret_id")?.as_unknown()?;
            let secret = root.find(id.resource.as_deref()?)?;
            Some(Stored {
                secret,
                name: secret.at("name").and_then(Value::text)?,
                value,
            })
        })
        .collect()
}

/// Whether two values are the same for sure, wherever they are written.
fn same(first: &Value, second: &Value) -> bool {
    match (&first.data, &second.data) {
        (Data::Map(ours), Data::Map(theirs)) => {
            ours.entries.len() == theirs.entries.len()
                && ours.entries.iter().all(|entry| {
                    theirs
                        .get(&entry.key)
                        .is_some_and(|other| same(&entry.value, other))
                })
        }
        (Data::List(ours), Data::List(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b))
        }
        _ => match (first.text(), second.text()) {
            (Some(ours), Some(theirs)) => ours.same(&theirs) == Same::Always,
            _ => false,
        },
    }
}

/// Each is read, and no key is taken from both.
fn by_use(taken: &[Taken], first: &Stored<'_>, second: &Stored<'_>) -> Option<Vec<(Span, String)>> {
    let of = |stored: &Stored<'_>| -> Vec<&Taken> {
        taken
            .iter()
            .filter(|taken| taken.secret.same(&stored.name) != Same::Never)
            .collect()
    };
    let (ours, theirs) = (of(first), of(second));
    let apart = ours
        .iter()
        .all(|ours| theirs.iter().all(|theirs| theirs.key != ours.key));
    (!ours.is_empty() && !theirs.is_empty() && apart).then(|| {
        ours.iter()
            .chain(&theirs)
            .map(|taken| (taken.span, taken.key.clone()))
            .collect()
    })
}

const HALVES: [(&str, &str); 9] = [
    ("ak", "sk"),
    ("accesskey", "secretkey"),
    ("accesskeyid", "secretaccesskey"),
    ("id", "secret"),
    ("keyid", "secretkey"),
    ("user", "password"),
    ("user", "pass"),
    ("username", "password"),
    ("publickey", "privatekey"),
];

/// The names say which half each is.
fn by_name(first: &Stored<'_>, second: &Stored<'_>) -> Option<Vec<(Span, String)>> {
    let plain = |stored: &Stored<'_>| -> String {
        let name = stored.name.known_suffix();
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let (ours, theirs) = (plain(first), plain(second));
    HALVES
        .iter()
        .any(|(one, other)| {
            let split = |a: &str, b: &str| match (a.strip_suffix(one), b.strip_suffix(other)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            };
            split(&ours, &theirs) || split(&theirs, &ours)
        })
        .then(Vec::new)
}

/// What pods' secrets take, by ExternalSecrets and by classes of the secrets-store driver.
fn taken(world: &World) -> Vec<Taken> {
    let mut taken = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for external in cluster.of("ExternalSecret") {
            for data in external.at("spec.data").map_or(&[][..], Value::items) {
                let secret = data.at("remoteRef.key").and_then(Value::text);
                let key = data.at("remoteRef.property");
                if let (Some(secret), Some(key)) = (secret, key)
                    && let Some(name) = key.str()
                {
                    taken.push(Taken {
                        secret,
                        key: name.to_owned(),
                        span: key.span,
                    });
                }
            }
        }
        for class in cluster.of("SecretProviderClass") {
            let Some(objects) = class.at("spec.parameters.objects") else {
                continue;
            };
            let Some(text) = objects.text() else { continue };
            for document in yaml::read_text(&text, &|_| objects.span).documents {
                for object in document.value.items() {
                    let secret = object.get("objectName").and_then(Value::text);
                    let paths = object.get("jmesPath").map_or(&[][..], Value::items);
                    for path in paths {
                        let key = path.get("path").and_then(Value::str);
                        if let (Some(secret), Some(key)) = (secret.clone(), key) {
                            taken.push(Taken {
                                secret,
                                key: key.to_owned(),
                                span: objects.span,
                            });
                        }
                    }
                }
            }
        }
    }
    taken
}
