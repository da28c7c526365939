//! A database has a volume, and not where it keeps its data.

use seaworthy_facts::{ImageReference, Span, Value};
use seaworthy_link::World;
use seaworthy_link::containers::containers;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "volume-misses-data-directory",
    severity: Severity::Unreliable,
    page: include_str!("volume-misses-data-directory.md"),
    check,
};

/// Where official images keep their data, and the variable that moves it.
const DIRECTORIES: [(&str, &str, &str); 9] = [
    ("postgres", "/var/lib/postgresql", "PGDATA"),
    ("mysql", "/var/lib/mysql", ""),
    ("mariadb", "/var/lib/mysql", ""),
    ("mongo", "/data/db", ""),
    ("redis", "/data", ""),
    ("rabbitmq", "/var/lib/rabbitmq", "RABBITMQ_MNESIA_BASE"),
    ("influxdb", "/var/lib/influxdb", ""),
    ("elasticsearch", "/usr/share/elasticsearch/data", ""),
    ("neo4j", "/data", ""),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for compose in &world.facts.delivery.compose {
        for service in &compose.services {
            let mounts: Vec<(String, Span)> = service
                .body
                .get("volumes")
                .map_or(&[][..], Value::items)
                .iter()
                .filter_map(compose_target)
                .collect();
            let names: Vec<&str> = service
                .environment
                .iter()
                .map(|(name, _)| &**name)
                .collect();
            findings.extend(one(
                &service.name,
                service.body.get("image"),
                service.body.get("command"),
                &names,
                &mounts,
            ));
        }
    }
    for container in containers(world) {
        let Some(name) = container.workload.name() else {
            continue;
        };
        let kept: Vec<&str> = container
            .pods
            .spec
            .get("volumes")
            .map_or(&[][..], Value::items)
            .iter()
            .filter(|volume| {
                volume.get("persistentVolumeClaim").is_some() || volume.get("hostPath").is_some()
            })
            .filter_map(|volume| volume.get("name")?.str())
            .chain(
                container
                    .workload
                    .at("spec.volumeClaimTemplates")
                    .map_or(&[][..], Value::items)
                    .iter()
                    .filter_map(|claim| claim.at("metadata.name")?.str()),
            )
            .collect();
        let mounts: Vec<(String, Span)> = container
            .body
            .get("volumeMounts")
            .map_or(&[][..], Value::items)
            .iter()
            .filter(|mount| {
                mount
                    .get("name")
                    .and_then(Value::str)
                    .is_some_and(|name| kept.contains(&name))
            })
            .filter_map(|mount| {
                let path = mount.get("mountPath")?;
                Some((path.str()?.to_owned(), path.span))
            })
            .collect();
        let environment = container.environment();
        let names: Vec<&str> = environment
            .variables
            .iter()
            .filter_map(|variable| variable.name.literal())
            .collect();
        let command = container
            .body
            .get("command")
            .or_else(|| container.body.get("args"));
        findings.extend(one(name, container.image(), command, &names, &mounts));
    }
}

/// The path in the container of a volume of Compose that outlives it.
fn compose_target(volume: &Value) -> Option<(String, Span)> {
    if let Some(target) = volume.get("target") {
        let kind = volume.get("type").and_then(Value::str);
        return (kind != Some("tmpfs")).then_some((target.str()?.to_owned(), target.span));
    }
    let text = volume.str()?;
    let (source, rest) = text.split_once(':')?;
    // A single file is a setting.
    if source
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.') && name.len() > 1 && source.contains('/'))
    {
        return None;
    }
    Some((rest.split(':').next()?.to_owned(), volume.span))
}

fn one(
    name: &str,
    image: Option<&Value>,
    command: Option<&Value>,
    variables: &[&str],
    mounts: &[(String, Span)],
) -> Option<Finding> {
    let image = image?;
    let reference = ImageReference::parse(&image.text()?);
    let repository = reference.repository.literal()?;
    let own = repository.strip_prefix("library/").unwrap_or(repository);
    let (_, directory, moved) = DIRECTORIES.iter().find(|(known, ..)| *known == own)?;
    if command.is_some() || variables.contains(moved) {
        return None;
    }
    let data: Vec<String> = match own {
        // 18 keeps its data in a folder of its version, below the volume.
        "postgres" => {
            let major = reference
                .tag
                .as_ref()
                .and_then(|tag| tag.literal().map(str::to_owned))
                .and_then(|tag| {
                    tag.split(['.', '-'])
                        .next()
                        .and_then(|major| major.parse::<u32>().ok())
                });
            match major {
                Some(major) if major < 18 => vec![format!("{directory}/data")],
                Some(major) => vec![format!("{directory}/{major}/docker")],
                None => vec![
                    format!("{directory}/data"),
                    format!("{directory}/18/docker"),
                ],
            }
        }
        _ => vec![(*directory).to_owned()],
    };
    let covers = |mount: &str| {
        let mount = mount.trim_end_matches('/');
        data.iter().any(|data| {
            data == mount
                || seaworthy_facts::is_under(data, mount)
                || seaworthy_facts::is_under(mount, data)
        })
    };
    if mounts.is_empty() || mounts.iter().any(|(mount, _)| covers(mount)) {
        return None;
    }
    // Only a volume that is plainly meant for the data: near it, and not for scripts or settings.
    let parent = seaworthy_facts::parent(directory);
    let (mount, span) = mounts.iter().find(|(mount, _)| {
        let last = mount.rsplit('/').next().unwrap_or_default();
        (mount.starts_with(directory)
            || (parent.len() > 1 && mount.starts_with(parent))
            || last.contains("data")
            || last == own)
            && !mount.contains("initdb")
            && !mount.starts_with("/etc")
            && !mount.contains("conf")
    })?;
    Some(
        Finding::new(format!(
            "`{name}` keeps its data in `{}` and its volume is at `{mount}`: nothing survives the container",
            data[0]
        ))
        .at(*span, "the volume is not where the data are")
        .and(image.span, format!("this image keeps its data in `{}`", data[0]))
        .assume(format!("image `{own}` keeps its data in `{}` (read 2026-11-21)", data[0]))
        .hint(format!("mount it at `{}`", data[0]))
        .about([name.to_owned()]),
    )
}
