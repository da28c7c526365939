//! Which ports a container's program listens on, from its command, its environment and its text.

use seaworthy_facts::{ImageReference, Span, Text, Value, file_name};
use seaworthy_link::World;
use seaworthy_link::built;
use seaworthy_link::containers::{self, Container};

/// A port that is listened on.
#[derive(Debug, Clone)]
pub(super) struct Listens {
    pub port: i64,
    /// Where that is said.
    pub span: Span,
    /// In words: "the command listens on".
    pub says: &'static str,
}

/// Ports that official images listen on.
const IMAGES: [(&str, i64); 8] = [
    ("postgres", 5432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("redis", 6379),
    ("mongo", 27017),
    ("rabbitmq", 5672),
    ("nats", 4222),
    ("memcached", 11211),
];

/// The port that an official image listens on, whoever carries a copy of it.
pub(super) fn port_of_image(image: &Text) -> Option<i64> {
    let reference = ImageReference::parse(image);
    let repository = reference.repository.to_string();
    let name = file_name(&repository);
    IMAGES
        .iter()
        .find_map(|(own, port)| (*own == name).then_some(*port))
}

/// Whether it is the port of some official image.
pub(super) fn is_of_an_image(port: i64) -> bool {
    IMAGES.iter().any(|(_, own)| *own == port)
}

/// The ports, if all of them are known; `None` where there may be others.
pub(super) fn ports(world: &World, container: &Container<'_>) -> Option<Vec<Listens>> {
    if let Some(by_command) = by_command(container) {
        return Some(vec![by_command]);
    }
    // Another command than the image's may run anything.
    if container.body.get("command").is_some() || container.body.get("args").is_some() {
        return None;
    }
    let image = container.image()?;
    if let Some(by_image) = by_image(world, image) {
        return Some(vec![by_image]);
    }
    let program = built::program(world, image)?;
    if program.listens_others || program.listens.is_empty() {
        return None;
    }
    let environment = container.environment();
    let set = |name: &str| {
        environment
            .variables
            .iter()
            .find(|variable| variable.name.literal() == Some(name))
            .map(|variable| match variable.from {
                containers::From::Value(value) | containers::From::ConfigMap(Some(value)) => {
                    value.int().into()
                }
                _ => Set::Unknown,
            })
            .or_else(|| image_sets(world, image, name))
            .or(environment.open.then_some(Set::Unknown))
    };
    let mut found = Vec::new();
    for listen in &program.listens {
        let text = listen.port.text()?;
        let port = resolved(&text, &set)?;
        found.push(Listens {
            port,
            span: listen.span,
            says: "the program listens on",
        });
    }
    Some(found)
}

/// The port of a text: literal, or of the variable that it is, or what it is without it.
fn resolved(text: &Text, set: &dyn Fn(&str) -> Option<Set>) -> Option<i64> {
    if let Some(literal) = text.literal() {
        return literal.parse().ok();
    }
    let [seaworthy_facts::Part::Hole(hole)] = text.parts() else {
        return None;
    };
    let name = hole.name.strip_prefix("env.")?;
    match set(name) {
        Some(Set::To(port)) => Some(port),
        Some(Set::Unknown) => None,
        None => match hole.choices.as_slice() {
            [one] => one.literal()?.parse().ok(),
            _ => None,
        },
    }
}

/// What a variable is set to.
#[derive(Debug, Clone, Copy)]
enum Set {
    To(i64),
    /// To something that is no port, or is not known.
    Unknown,
}

impl From<Option<i64>> for Set {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Unknown, Self::To)
    }
}

/// What the image's Dockerfile sets a variable to.
fn image_sets(world: &World, image: &Value, name: &str) -> Option<Set> {
    let dockerfile = built::dockerfile(world, image)?;
    let stage = dockerfile.stages.last()?;
    stage
        .instructions
        .iter()
        .filter(|instruction| &*instruction.word == "ENV")
        .flat_map(|instruction| &instruction.arguments)
        .filter_map(Value::str)
        .filter_map(|argument| argument.split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value.trim_matches('"').parse().ok().into())
}

/// The port that the command of an image's Dockerfile says.
fn by_image(world: &World, image: &Value) -> Option<Listens> {
    let stage = built::dockerfile(world, image)?.stages.last()?;
    let mut words: Vec<(String, Span)> = Vec::new();
    for instruction in stage
        .instructions
        .iter()
        .filter(|instruction| matches!(&*instruction.word, "ENTRYPOINT" | "CMD"))
    {
        for argument in &instruction.arguments {
            let text = argument.text()?.to_string();
            // A variable may be anything when it runs.
            if text.contains('$') {
                return None;
            }
            words.extend(
                text.split_whitespace()
                    .map(|word| (word.trim_matches(['"', '\'']).to_owned(), argument.span)),
            );
        }
    }
    by_words(&words)
}

/// The port that a container's own command says.
pub(super) fn by_command(container: &Container<'_>) -> Option<Listens> {
    let mut words: Vec<(String, Span)> = Vec::new();
    for key in ["command", "args"] {
        for item in container.body.get(key).map_or(&[][..], Value::items) {
            let text = item.text()?;
            for word in text.to_string().split_whitespace() {
                words.push((word.trim_matches(['"', '\'']).to_owned(), item.span));
            }
        }
    }
    by_words(&words)
}

/// The port that the words of a command say.
fn by_words(words: &[(String, Span)]) -> Option<Listens> {
    for (at, (word, span)) in words.iter().enumerate() {
        let next = words.get(at + 1).map(|(word, _)| word.as_str());
        let port = match word.as_str() {
            "runserver" => next.and_then(after_colon).or(Some(8000)),
            "--port" | "--http-port" | "--listen-port" => next.and_then(|next| next.parse().ok()),
            "--bind" | "-b" if runs(words, "gunicorn") || runs(words, "hypercorn") => {
                next.and_then(after_colon)
            }
            "-p" if runs(words, "flask") || runs(words, "puma") || runs(words, "rails") => {
                next.and_then(|next| next.parse().ok())
            }
            word => word
                .strip_prefix("--port=")
                .and_then(|port| port.parse().ok())
                .or_else(|| word.strip_prefix("--bind=").and_then(after_colon)),
        };
        if let Some(port) = port {
            return Some(Listens {
                port,
                span: *span,
                says: "the command listens on",
            });
        }
    }
    None
}

fn runs(words: &[(String, Span)], program: &str) -> bool {
    words
        .iter()
        .any(|(word, _)| word.rsplit('/').next() == Some(program))
}

fn after_colon(address: &str) -> Option<i64> {
    match address.rsplit_once(':') {
        Some((_, port)) => port.parse().ok(),
        None => address.parse().ok(),
    }
}
