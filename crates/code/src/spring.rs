//! Spring's settings files: `application.yml`, `application.properties`.

use seaworthy_facts::code::{EnvRead, Listen, Program, Route};
use seaworthy_facts::{Data, Language, Sources, Span, Text, Value, file_name, is_under, yaml};

use crate::reader::Seen;
use crate::text::variable;

/// Adds to a program what its settings files say.
pub(crate) fn read(sources: &Sources, program: &mut Program) {
    let is_spring = program
        .dependencies
        .iter()
        .any(|(name, _, _)| name.starts_with("spring-boot"));
    if !is_spring && !program.languages.contains(&Language::Java) {
        return;
    }
    let mut settings: Vec<(String, Value)> = Vec::new();
    let mut seen = false;
    for source in sources
        .iter()
        .filter(|source| !source.vendored && is_under(source.file.path(), &program.folder))
    {
        let path = source.file.path();
        let name = file_name(path);
        if !path.contains("src/main/resources/") {
            continue;
        }
        match name {
            "application.yml" | "application.yaml" => {
                for document in yaml::read(&source.file).documents {
                    // What holds for one profile only need not be there.
                    let of_profile = document
                        .value
                        .at("spring.config.activate.on-profile")
                        .is_some()
                        || document.value.at("spring.profiles").is_some();
                    if of_profile {
                        continue;
                    }
                    flat(String::new(), &document.value, &mut settings, 0);
                }
                seen = true;
            }
            "application.properties" => {
                let mut at = 0;
                for line in source.file.text().split_inclusive('\n') {
                    if let Some((key, value)) = line.split_once('=')
                        && !key.trim_start().starts_with('#')
                    {
                        let start = at + key.len() + 1;
                        let span = source.file.span(start..start + value.trim_end().len());
                        settings.push((key.trim().to_owned(), Value::string(value.trim(), span)));
                    }
                    at += line.len();
                }
                seen = true;
            }
            _ => {}
        }
    }
    if !is_spring && !seen {
        return;
    }
    // Every setting can be overridden by a variable of its name.
    program.reads_others = true;
    program.routes_others = true;
    for (key, value) in &settings {
        let Some(text) = value.scalar() else { continue };
        let filled = placeholders(program, &text, value.span);
        match key.as_str() {
            "server.port" | "management.server.port" => {
                let port = Value::new(Data::Text(filled.clone()), value.span);
                program.listens.push(Listen {
                    port,
                    address: None,
                    span: value.span,
                });
            }
            _ => note_connection(program, &filled, value.span),
        }
    }
    let has_port = settings.iter().any(|(key, _)| key == "server.port");
    let main = program.dependencies.iter().find(|(name, _, _)| {
        matches!(
            &**name,
            "spring-boot-starter-web" | "spring-boot-starter-webflux"
        )
    });
    if let (false, Some((_, _, span))) = (has_port, main) {
        let port = Seen::either(
            Seen::of(variable("SERVER_PORT")),
            Seen::of(Text::from("8080")),
        )
        .text;
        let port = Value::new(Data::Text(port.unwrap_or_default()), *span);
        program.listens.push(Listen {
            port,
            address: None,
            span: *span,
        });
    }
    let actuator = program
        .dependencies
        .iter()
        .find(|(name, _, _)| &**name == "spring-boot-starter-actuator");
    if let Some((_, _, span)) = actuator {
        let base = settings
            .iter()
            .find(|(key, _)| key == "management.endpoints.web.base-path")
            .and_then(|(_, value)| value.scalar())
            .unwrap_or_else(|| "/actuator".to_owned());
        let context = settings
            .iter()
            .find(|(key, _)| key == "server.servlet.context-path")
            .and_then(|(_, value)| value.scalar())
            .unwrap_or_default();
        for path in [
            "health",
            "health/liveness",
            "health/readiness",
            "info",
            "prometheus",
            "metrics",
        ] {
            let path = Text::from(format!(
                "{}{}/{path}",
                context.trim_end_matches('/'),
                base.trim_end_matches('/')
            ));
            program.routes.push(Route {
                method: None,
                path,
                prefix: false,
                span: *span,
                port: None,
            });
        }
    }
}

fn note_connection(program: &mut Program, text: &Text, span: Span) {
    if let Some(connection) = crate::connections::url(text, span) {
        program.connections.push(connection);
    }
}

fn flat(prefix: String, value: &Value, settings: &mut Vec<(String, Value)>, depth: usize) {
    if depth > 20 || settings.len() > 10_000 {
        return;
    }
    match &value.data {
        Data::Map(map) => {
            for entry in &map.entries {
                let key = if prefix.is_empty() {
                    entry.key.to_string()
                } else {
                    format!("{prefix}.{}", entry.key)
                };
                flat(key, &entry.value, settings, depth + 1);
            }
        }
        Data::List(_) => {}
        _ => settings.push((prefix, value.clone())),
    }
}

/// `${NAME:default}` in a value, as holes; the variables are noted.
fn placeholders(program: &mut Program, text: &str, span: Span) -> Text {
    let mut whole = Seen::of(Text::default());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push(Seen::of(Text::from(before)), "text");
        let Some(end) = closing(after) else {
            rest = after;
            continue;
        };
        let inner = &after[..end];
        let (name, default) = match inner.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let is_variable = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if is_variable {
            let default = default.map(Text::from);
            if program
                .reads
                .iter()
                .all(|read| &*read.name != name || read.span != span)
            {
                program.reads.push(EnvRead {
                    name: name.into(),
                    span,
                    required: default.is_none(),
                    default: default.clone(),
                });
            }
            let hole = Seen::of(variable(name));
            whole.push(
                match default {
                    Some(default) => Seen::either(hole, Seen::of(default)),
                    None => hole,
                },
                name,
            );
        } else {
            whole.push(Seen::default(), name);
        }
        rest = &after[end + 1..];
    }
    whole.push(Seen::of(Text::from(rest)), "text");
    whole.text.unwrap_or_default()
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}
