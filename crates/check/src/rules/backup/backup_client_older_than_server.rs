//! `pg_dump` refuses a server of a newer major version than its own. Held against each other are the client's image,
//! or what its Dockerfile installs, and the databases that are made here.

use seaworthy_facts::{ImageReference, Span, Value};
use seaworthy_link::{World, built};

use super::databases::{self, Engine};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "backup-client-older-than-server",
    severity: Severity::Breaks,
    page: include_str!("backup-client-older-than-server.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let Some(made) = databases::all(world) else {
        return;
    };
    for (cluster, dump) in databases::dumps(world) {
        if dump.engine != Engine::Postgres {
            continue;
        }
        let Some((client, place)) = dump
            .container
            .get("image")
            .and_then(|image| of_image(image).or_else(|| installed(world, image)))
        else {
            continue;
        };
        let servers: Option<Vec<(u32, Span, &str)>> = made
            .iter()
            .filter(|database| database.engine == Engine::Postgres && dump.may_be_of(database))
            .map(|database| {
                let version = database.version?;
                Some((major(&version.scalar()?)?, version.span, database.address))
            })
            .collect();
        // One server that the client can dump may be the one that is meant.
        let Some(servers) = servers else { continue };
        let Some((server, span, address)) = servers.iter().min_by_key(|(major, ..)| *major) else {
            continue;
        };
        if *server <= client || databases::runs_inside(cluster, Engine::Postgres) {
            continue;
        }
        let name = dump.object.name().unwrap_or_default();
        findings.push(
            Finding::new(format!(
                "`{}` {client} of `{name}` refuses a server of version {server}: no backup is made",
                dump.tool
            ))
            .at(place, format!("client {client}"))
            .and(*span, format!("`{address}` is version {server}"))
            .hint(format!("dump with a client of version {server}"))
            .link(dump.span, "the dump")
            .about([name.to_owned(), (*address).to_owned()]),
        );
    }
}

/// The major version of an image of PostgreSQL.
fn of_image(image: &Value) -> Option<(u32, Span)> {
    let reference = ImageReference::parse(&image.text()?);
    let repository = reference.repository.literal()?;
    let known = matches!(
        repository.rsplit('/').next()?,
        "postgres" | "postgresql" | "postgresql-client" | "postgres-client"
    );
    known.then_some(())?;
    Some((major(reference.tag?.literal()?)?, image.span))
}

/// The client that the Dockerfile of an image installs: `postgresql-client-15`, `postgresql15-client`.
fn installed(world: &World, image: &Value) -> Option<(u32, Span)> {
    let dockerfile = built::dockerfile(world, image)?;
    let stage = dockerfile.stages.last()?;
    let by_run = stage
        .instructions
        .iter()
        .filter(|instruction| &*instruction.word == "RUN")
        .find_map(|instruction| {
            let client = instruction
                .arguments
                .iter()
                .filter_map(Value::text)
                .find_map(|text| {
                    text.to_string().split_whitespace().find_map(|word| {
                        let rest = word
                            .strip_prefix("postgresql-client-")
                            .or_else(|| word.strip_prefix("postgresql")?.strip_suffix("-client"))?;
                        rest.parse().ok()
                    })
                })?;
            Some((client, instruction.span))
        });
    by_run.or_else(|| of_image(&stage.from))
}

/// The major version of `17.6-alpine`, `16`; before 10 it had two parts, and nobody has those.
fn major(version: &str) -> Option<u32> {
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    let end = version[digits.len()..].chars().next();
    let major = digits
        .parse()
        .ok()
        .filter(|major| (10..100).contains(major))?;
    matches!(end, None | Some('.' | '-')).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn major_versions_are_read_from_tags() {
        assert_eq!(major("17.6-alpine"), Some(17));
        assert_eq!(major("16"), Some(16));
        assert_eq!(major("latest"), None);
        assert_eq!(major("9.6"), None);
        assert_eq!(major("20240101"), None);
    }
}
