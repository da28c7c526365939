//! What is found in small programs of every language, and what is not.

mod documents;
mod hostile;
mod languages;
mod leaks;

use seaworthy_facts::code::Program;
use seaworthy_facts::{Facts, SourceKind, SourceRoot, Sources, Text};

/// Reads files: path and text.
fn read(files: &[(&str, &str)]) -> (Sources, Facts) {
    let mut sources = Sources::default();
    sources.add_root(SourceRoot::default());
    for (path, text) in files {
        sources.add(0, *path, *text, SourceKind::of(path, text), false);
    }
    let mut facts = Facts::default();
    seaworthy_code::read(&sources, &mut facts);
    (sources, facts)
}

/// Reads one file and gives its program.
fn program(path: &str, text: &str) -> Program {
    read(&[(path, text)]).1.code.programs.remove(0)
}

/// `NAME!` for required, `NAME=default`, `NAME` else; in order.
fn reads(program: &Program) -> Vec<String> {
    program
        .reads
        .iter()
        .map(|read| match (&read.default, read.required) {
            (Some(default), _) => format!("{}={default}", read.name),
            (None, true) => format!("{}!", read.name),
            (None, false) => read.name.to_string(),
        })
        .collect()
}

/// Ports; `${env.PORT}|8080` where there is a choice.
fn ports(program: &Program) -> Vec<String> {
    program
        .listens
        .iter()
        .filter_map(|listen| listen.port.text())
        .map(|text| {
            let choices: Vec<String> = text
                .holes()
                .flat_map(|hole| &hole.choices)
                .map(Text::to_string)
                .collect();
            if choices.is_empty() {
                text.to_string()
            } else {
                format!("{text}|{}", choices.join("|"))
            }
        })
        .collect()
}

/// `GET /users`, `* /static/`, prefixes with `…`.
fn routes(program: &Program) -> Vec<String> {
    program
        .routes
        .iter()
        .map(|route| {
            let method = route.method.as_deref().unwrap_or("*");
            format!(
                "{method} {}{}",
                route.path,
                if route.prefix { "…" } else { "" }
            )
        })
        .collect()
}

fn metrics(program: &Program) -> Vec<String> {
    program
        .metrics
        .iter()
        .map(|(name, _)| name.to_string())
        .collect()
}

fn connections(program: &Program) -> Vec<String> {
    let show = |text: &Option<Text>| {
        text.as_ref()
            .map_or_else(|| "-".to_owned(), Text::to_string)
    };
    program
        .connections
        .iter()
        .map(|connection| {
            format!(
                "{} {} {} {}",
                connection.scheme,
                show(&connection.host),
                show(&connection.port),
                show(&connection.tls)
            )
        })
        .collect()
}
