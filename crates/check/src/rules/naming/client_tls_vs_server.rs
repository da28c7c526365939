//! A client insists on TLS where its server has none, or refuses it where the server insists.

use seaworthy_facts::code::{Connection, Program};
use seaworthy_facts::delivery::{Compose, ComposeService};
use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{ImageReference, Span, Text, Value, is_under, join};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{From, of};
use seaworthy_link::exposure;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "client-tls-vs-server",
    severity: Severity::Breaks,
    page: include_str!("client-tls-vs-server.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for compose in &world.facts.delivery.compose {
        for service in &compose.services {
            findings.extend(in_compose(world, compose, service));
        }
    }
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            findings.extend(in_cluster(world, cluster, workload));
        }
    }
    forced(world, findings);
}

/// A client that wants TLS.
struct Client {
    span: Span,
    says: String,
    host: Option<Text>,
}

fn insists(mode: &str) -> bool {
    matches!(mode, "require" | "verify-ca" | "verify-full")
}

fn clients_of_code(program: &Program) -> impl Iterator<Item = (&Connection, Client)> {
    program.connections.iter().filter_map(|connection| {
        let mode = connection.tls.as_ref()?.literal()?;
        (&*connection.scheme == "postgres" && insists(mode)).then(|| {
            let client = Client {
                span: connection.span,
                says: format!("the program asks for `sslmode={mode}`"),
                host: connection.host.clone(),
            };
            (connection, client)
        })
    })
}

/// A connection string in a variable.
fn client_of_value(value: &Value) -> Option<Client> {
    let text = value.text()?;
    let start = text.known_prefix();
    if !start.starts_with("postgres://") && !start.starts_with("postgresql://") {
        return None;
    }
    let shown = text.to_string();
    let mode = shown
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("sslmode="))?;
    let host = shown
        .split_once("://")?
        .1
        .rsplit_once('@')
        .map_or(shown.split_once("://")?.1, |(_, host)| host);
    let host = host.split([':', '/', '?']).next()?;
    insists(mode).then(|| Client {
        span: value.span,
        says: format!("this asks for `sslmode={mode}`"),
        host: Some(Text::from(host)),
    })
}

fn in_compose(world: &World, compose: &Compose, service: &ComposeService) -> Option<Finding> {
    let servers: Vec<&ComposeService> = compose
        .services
        .iter()
        .filter(|service| is_plain_postgres(service.body.get("image"), &service.body))
        .collect();
    let [server] = servers.as_slice() else {
        return None;
    };
    let of_values = service
        .environment
        .iter()
        .find_map(|(_, value)| client_of_value(value));
    let client = of_values.or_else(|| {
        let build = service.body.get("build")?;
        let context = build.get("context").unwrap_or(build).str()?;
        let folder = join(world.sources.folder(compose.file), context);
        world
            .facts
            .code
            .programs
            .iter()
            .filter(|program| is_under(&program.folder, &folder) || *program.folder == *folder)
            .find_map(|program| clients_of_code(program).next())
            .map(|(_, client)| client)
    })?;
    // A host of its own is another server than the project's.
    if client
        .host
        .as_ref()
        .and_then(Text::literal)
        .is_some_and(|host| *host != *server.name)
    {
        return None;
    }
    Some(report(
        &client,
        server
            .body
            .get("image")
            .map_or(server.span, |image| image.span),
        &service.name,
        &server.name,
    ))
}

fn report(client: &Client, server: Span, name: &str, server_name: &str) -> Finding {
    Finding::new(format!(
        "`{name}` insists on TLS and the Postgres of `{server_name}` has none: it never connects"
    ))
    .at(client.span, client.says.clone())
    .and(
        server,
        "the image serves no TLS unless it is given a certificate and `ssl=on`",
    )
    .hint("take the mode from the environment, or give the server a certificate")
    .about([name.to_owned(), server_name.to_owned()])
}

/// The official image, with nothing that turns TLS on.
fn is_plain_postgres(image: Option<&Value>, body: &Value) -> bool {
    let Some(text) = image.and_then(Value::text) else {
        return false;
    };
    let reference = ImageReference::parse(&text);
    let Some(repository) = reference.repository.literal() else {
        return false;
    };
    if !matches!(
        repository,
        "postgres" | "library/postgres" | "postgis/postgis" | "pgvector/pgvector"
    ) {
        return false;
    }
    let mut tls = false;
    body.walk(&mut |value| {
        tls |= match value.text() {
            Some(text) => {
                let text = text.to_string();
                text.contains("ssl") || text.contains("postgresql.conf") || text.contains("tls")
            }
            None => false,
        };
    });
    !tls
}

fn in_cluster(world: &World, cluster: &Cluster, workload: &Object) -> Option<Finding> {
    let namespace = workload.namespace.as_ref().and_then(Value::text);
    let server_at = |host: &Text| -> Option<(&Object, Span)> {
        let first = host
            .split_once('.')
            .map_or(host.clone(), |(first, _)| first);
        first.literal()?;
        let service = cluster.find("Service", namespace.as_ref(), &first)?;
        let server = exposure::selected(cluster, service).into_iter().next()?;
        let container = server.pods()?.containers().next()?;
        let image = container.get("image")?;
        is_plain_postgres(Some(image), &server.body).then_some((server, image.span))
    };
    for container in of(cluster, workload) {
        let environment = container.environment();
        let by_value = environment
            .variables
            .iter()
            .find_map(|variable| match variable.from {
                From::Value(value) | From::ConfigMap(Some(value)) => client_of_value(value),
                _ => None,
            });
        let by_code = || {
            let program = built::program(world, container.image()?)?;
            let (_, mut client) = clients_of_code(program).next()?;
            // A host of the environment is what the container sets it to.
            let hole = client
                .host
                .as_ref()?
                .holes()
                .next()
                .map(|hole| hole.name.clone());
            if let Some(name) = hole {
                let name = name.strip_prefix("env.")?;
                client.host = environment
                    .variables
                    .iter()
                    .find(|variable| variable.name.literal() == Some(name))
                    .and_then(|variable| match variable.from {
                        From::Value(value) | From::ConfigMap(Some(value)) => value.text(),
                        _ => None,
                    });
            }
            Some(client)
        };
        let Some(client) = by_value.or_else(by_code) else {
            continue;
        };
        let Some((server, span)) = client.host.as_ref().and_then(server_at) else {
            continue;
        };
        let name = workload.name.text()?.to_string();
        let other = server.name.text()?.to_string();
        return Some(report(&client, span, &name, &other));
    }
    None
}

/// RDS for Postgres 15 and later refuses clients without TLS unless a parameter group says otherwise.
fn forced(world: &World, findings: &mut Vec<Finding>) {
    let databases: Vec<_> = world
        .facts
        .terraform
        .resources("aws_db_instance")
        .filter(|(_, database)| !database.from_summary)
        .collect();
    let [(root, database)] = databases.as_slice() else {
        return;
    };
    let major = database
        .at("engine_version")
        .and_then(Value::scalar)
        .and_then(|version| {
            version
                .split('.')
                .next()
                .and_then(|major| major.parse::<u32>().ok())
        });
    if database.str("engine") != Some("postgres") || major.is_none_or(|major| major < 15) {
        return;
    }
    let mut off = root
        .calls
        .iter()
        .any(|call| call.folder.is_none() && !call.summarised);
    for group in root.resources("aws_db_parameter_group") {
        group.body.walk(&mut |value| {
            off |= value.get("name").and_then(Value::str) == Some("rds.force_ssl");
        });
    }
    if off
        || (database.at("parameter_group_name").is_some()
            && root.resources("aws_db_parameter_group").next().is_none())
    {
        return;
    }
    for program in &world.facts.code.programs {
        let deployed = seaworthy_link::containers::containers(world).any(|container| {
            container
                .image()
                .and_then(|image| built::program(world, image))
                .is_some_and(|own| std::ptr::eq(own, program))
        });
        let plain = program.connections.iter().find(|connection| {
            &*connection.scheme == "postgres"
                && connection.tls.as_ref().and_then(Text::literal) == Some("disable")
                && connection
                    .host
                    .as_ref()
                    .is_none_or(|host| host.literal().is_none())
        });
        let (true, Some(connection)) = (deployed, plain) else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "the program in `{}` refuses TLS and `{}` insists on it: it never connects",
                program.folder, database.address
            ))
            .at(connection.span, "`sslmode=disable`")
            .and(
                database
                    .at("engine_version")
                    .map_or(database.span, |version| version.span),
                "Postgres 15 and later on RDS forces TLS",
            )
            .assume("RDS sets `rds.force_ssl` to 1 for Postgres 15 and later (read 2026-11-21)")
            .about([program.folder.to_string(), database.address.to_string()]),
        );
    }
}
