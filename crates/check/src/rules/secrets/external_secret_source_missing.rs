//! What is synced into a cluster is not what OpenTofu keeps in the store: another name, or a field that is not there.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Same, Span, Text, Value, yaml};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "external-secret-source-missing",
    severity: Severity::Breaks,
    page: include_str!("external-secret-source-missing.md"),
    check,
};

/// A secret of a store that OpenTofu makes.
struct Kept<'a> {
    name: Text,
    span: Span,
    /// Its fields, where its value is a map that is known.
    fields: Option<Vec<(Text, Span)>>,
    kind: &'static str,
    resource: &'a Resource,
}

/// What a cluster asks a store for.
struct Asked<'a> {
    name: Value,
    field: Option<Value>,
    object: &'a Object,
    kind: Option<&'static str>,
    /// What the store puts before every name.
    prefix: Option<&'a Value>,
}

impl Asked<'_> {
    /// The name in the store.
    fn full(&self) -> Option<Text> {
        let mut name = match self.prefix {
            Some(prefix) => prefix.text()?,
            None => Text::default(),
        };
        name.push(&self.name.text()?);
        Some(name)
    }
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let kept: Vec<Kept<'_>> = world.facts.terraform.roots.iter().flat_map(kept).collect();
    if kept.is_empty() {
        return;
    }
    // A module that was not seen may keep secrets, too.
    let unseen = world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .any(|call| {
            call.folder.is_none()
                && call
                    .registry
                    .as_deref()
                    .is_none_or(|name| name.contains("secret") || name.contains("rds"))
        });
    for cluster in &world.facts.kubernetes.clusters {
        let asked = asked(world, cluster);
        for one in &asked {
            findings.extend(judge(one, &asked, &kept, unseen));
        }
    }
}

fn kept(root: &Root) -> Vec<Kept<'_>> {
    let mut found = Vec::new();
    for resource in root.resources("aws_secretsmanager_secret") {
        let Some(name) = resource.at("name") else {
            continue;
        };
        let Some(text) = name.text() else { continue };
        found.push(Kept {
            name: text,
            span: name.span,
            fields: fields(root, resource),
            kind: "secretsmanager",
            resource,
        });
    }
    for resource in root.resources("aws_ssm_parameter") {
        let Some(name) = resource.at("name") else {
            continue;
        };
        let Some(text) = name.text() else { continue };
        found.push(Kept {
            name: text,
            span: name.span,
            fields: None,
            kind: "ssm",
            resource,
        });
    }
    found
}

/// The fields of the JSON that is written to a secret, if that is done once and in sight.
fn fields(root: &Root, secret: &Resource) -> Option<Vec<(Text, Span)>> {
    let mut versions = root
        .resources("aws_secretsmanager_secret_version")
        .filter(|version| {
            version.at("secret_id").is_some_and(|id| {
                id.refers_to(&secret.address) || id.refers_to(&secret.plain_address)
            })
        });
    let (version, None) = (versions.next()?, versions.next()) else {
        return None;
    };
    // What is changed elsewhere may have other fields.
    if version.meta.get("lifecycle").is_some() {
        return None;
    }
    // `jsonencode` is read as what it encodes.
    let map = version
        .at("secret_string")
        .or_else(|| version.at("secret_string_wo"))?
        .map()?;
    Some(
        map.entries
            .iter()
            .map(|entry| (Text::from(&*entry.key), entry.key_span))
            .collect(),
    )
}

fn asked<'a>(world: &World, cluster: &'a Cluster) -> Vec<Asked<'a>> {
    let mut found = Vec::new();
    for object in cluster.of("ExternalSecret") {
        let kind = store_kind(cluster, object);
        if kind == Some("other") {
            continue;
        }
        let prefix = prefix(cluster, object);
        for item in object.at("spec.data").map_or(&[][..], Value::items) {
            if let Some(name) = item.at("remoteRef.key") {
                found.push(Asked {
                    name: name.clone(),
                    field: item.at("remoteRef.property").cloned(),
                    object,
                    kind,
                    prefix,
                });
            }
        }
        for item in object.at("spec.dataFrom").map_or(&[][..], Value::items) {
            if let Some(name) = item.at("extract.key") {
                found.push(Asked {
                    name: name.clone(),
                    field: None,
                    object,
                    kind,
                    prefix,
                });
            }
        }
    }
    for object in cluster.of("SecretProviderClass") {
        if object.at("spec.provider").and_then(Value::str) == Some("aws") {
            found.extend(of_class(world, object));
        }
    }
    found
}

/// What a class of the CSI driver asks for: a list in a text.
fn of_class<'a>(world: &World, object: &'a Object) -> Vec<Asked<'a>> {
    let Some(objects) = object.at("spec.parameters.objects") else {
        return Vec::new();
    };
    let Some(text) = objects.text().filter(|text| text.literal().is_some()) else {
        return Vec::new();
    };
    let list = yaml::read_text(&text, &|_| objects.span)
        .documents
        .into_iter()
        .next();
    let Some(list) = list.filter(|list| !list.broken) else {
        return Vec::new();
    };
    // Places within the text are those of its lines in the file.
    let placed = |value: &Value| {
        let mut value = value.clone();
        let whole = world.sources.slice(objects.span);
        if let Some(at) = value.str().and_then(|text| whole.find(text)) {
            let length = value.str().map_or(0, str::len);
            value.span = objects.span.part(at..at + length);
        }
        value
    };
    let mut found = Vec::new();
    for item in list.value.items() {
        let Some(name) = item.get("objectName") else {
            continue;
        };
        let kind = match item.get("objectType").and_then(Value::str) {
            Some("secretsmanager") => Some("secretsmanager"),
            Some("ssmparameter") => Some("ssm"),
            _ => None,
        };
        let paths: Vec<&Value> = item
            .get("jmesPath")
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(|path| path.get("path"))
            .collect();
        if paths.is_empty() {
            found.push(Asked {
                name: placed(name),
                field: None,
                object,
                kind,
                prefix: None,
            });
        }
        for path in paths {
            found.push(Asked {
                name: placed(name),
                field: Some(placed(path)),
                object,
                kind,
                prefix: None,
            });
        }
    }
    found
}

/// What the store of an ExternalSecret puts before every name.
fn prefix<'a>(cluster: &'a Cluster, object: &Object) -> Option<&'a Value> {
    let name = object.at("spec.secretStoreRef.name")?.text()?;
    let kind = object
        .at("spec.secretStoreRef.kind")
        .and_then(Value::str)
        .unwrap_or("SecretStore");
    let namespace = object.namespace.as_ref().and_then(Value::text);
    let namespace = namespace.filter(|_| kind == "SecretStore");
    cluster
        .find(kind, namespace.as_ref(), &name)?
        .at("spec.provider.aws.prefix")
}

/// Which of AWS's stores an ExternalSecret reads; `other` for another provider's.
fn store_kind(cluster: &Cluster, object: &Object) -> Option<&'static str> {
    let name = object.at("spec.secretStoreRef.name")?.text()?;
    let kind = object
        .at("spec.secretStoreRef.kind")
        .and_then(Value::str)
        .unwrap_or("SecretStore");
    let store = cluster.find(kind, None, &name)?;
    let provider = store.at("spec.provider")?;
    let Some(aws) = provider.get("aws") else {
        return Some("other");
    };
    match aws.get("service").and_then(Value::str) {
        Some("ParameterStore") => Some("ssm"),
        Some("SecretsManager") | None => Some("secretsmanager"),
        Some(_) => None,
    }
}

fn judge(asked: &Asked<'_>, all: &[Asked<'_>], kept: &[Kept<'_>], unseen: bool) -> Option<Finding> {
    let name = asked.full()?;
    let literal = name.literal()?;
    let of_kind: Vec<&Kept<'_>> = kept
        .iter()
        .filter(|kept| asked.kind.is_none_or(|kind| kind == kept.kind))
        .collect();
    let own = asked.object.name().unwrap_or("an ExternalSecret");
    let fitting: Vec<&&Kept<'_>> = of_kind
        .iter()
        .filter(|kept| kept.name.same(&name) != Same::Never)
        .collect();
    if let Some(first) = fitting.first() {
        let field = asked.field.as_ref()?;
        let wanted = field.str()?;
        let fields: Vec<(Text, Span)> = fitting
            .iter()
            .map(|kept| kept.fields.as_deref())
            .collect::<Option<Vec<_>>>()?
            .concat();
        // A path into the JSON starts with a field.
        let head = wanted.split('.').next()?;
        if fields.is_empty()
            || fields
                .iter()
                .any(|(field, _)| field.can_be(head) || field.can_be(wanted))
        {
            return None;
        }
        let near = suggest(head, fields.iter().filter_map(|(field, _)| field.literal()));
        let finding = Finding::new(format!(
            "secret `{literal}` has no field `{wanted}`: `{own}` cannot be synced"
        ))
        .at(field.span, "no such field is kept")
        .and(fields[0].1, "these fields are kept")
        .link(first.span, format!("`{}` keeps it", first.resource.address))
        .about([own.to_owned(), literal.to_owned(), wanted.to_owned()]);
        return Some(match near {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        });
    }
    // A name that nothing keeps may be made by hand; one that is nearly another's, which nobody asks for, is a slip.
    if unseen
        || literal.starts_with("arn:")
        || of_kind.iter().any(|kept| kept.name.literal().is_none())
    {
        return None;
    }
    let wanted_by_others = |kept: &Kept<'_>| {
        all.iter().any(|other| {
            other
                .full()
                .is_some_and(|other| other.same(&kept.name) != Same::Never)
        })
    };
    let free: Vec<&&Kept<'_>> = of_kind
        .iter()
        .filter(|kept| !wanted_by_others(kept))
        .collect();
    if let Some(finding) = beside_it(asked, all, &of_kind, literal) {
        return Some(finding);
    }
    let near = suggest(literal, free.iter().filter_map(|kept| kept.name.literal()))?;
    let candidate = free.iter().find(|kept| kept.name.literal() == Some(near))?;
    Some(
        Finding::new(format!(
            "nothing keeps secret `{literal}`, which `{own}` asks for; `{near}` is kept and nobody asks for it"
        ))
        .at(asked.name.span, "no secret of this name is made")
        .and(candidate.span, format!("`{}` makes `{near}`", candidate.resource.address))
        .and_maybe(asked.prefix.map(|prefix| (prefix.span, "the store puts this before it".to_owned())))
        .hint(format!("did you mean `{near}`?"))
        .about([own.to_owned(), literal.to_owned()]),
    )
}

/// The same object asks for the rest of a secret of nearly this name, which is kept.
fn beside_it(
    asked: &Asked<'_>,
    all: &[Asked<'_>],
    kept: &[&Kept<'_>],
    literal: &str,
) -> Option<Finding> {
    let siblings: Vec<(&Kept<'_>, &str)> = all
        .iter()
        .filter(|other| std::ptr::eq(other.object, asked.object) && other.name != asked.name)
        .filter_map(|other| {
            let name = other.full()?;
            let kept = kept
                .iter()
                .find(|kept| kept.name.same(&name) == Same::Always)?;
            Some((*kept, kept.name.literal()?))
        })
        .collect();
    let near = suggest(literal, siblings.iter().map(|(_, name)| *name))?;
    let (candidate, _) = siblings.iter().find(|(_, name)| *name == near)?;
    let own = asked.object.name().unwrap_or("an ExternalSecret");
    Some(
        Finding::new(format!(
            "nothing keeps secret `{literal}`, which `{own}` asks for; it asks for the rest of `{near}`"
        ))
        .at(asked.name.span, "no secret of this name is made")
        .and(
            candidate.span,
            format!("`{}` makes `{near}`", candidate.resource.address),
        )
        .hint(format!("did you mean `{near}`?"))
        .about([own.to_owned(), literal.to_owned()]),
    )
}
