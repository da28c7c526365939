//! Commands that build, name and push images.

use seaworthy_facts::delivery::What;
use seaworthy_facts::{Text, Value};

use super::Line;
use super::options::Options;

/// Options of `docker build`, `buildah bud` and their kin that take a value.
const BUILD: &[&str] = &[
    "t",
    "tag",
    "f",
    "file",
    "platform",
    "build-arg",
    "target",
    "label",
    "cache-from",
    "cache-to",
    "network",
    "secret",
    "ssh",
    "output",
    "o",
    "progress",
    "builder",
    "iidfile",
    "metadata-file",
    "format",
    "arch",
    "os",
    "isolation",
    "add-host",
    "memory",
    "m",
    "build-context",
    "attest",
    "annotation",
    "ulimit",
    "shm-size",
    "allow",
    "sbom",
    "provenance",
    "jobs",
    "v",
    "volume",
    "creds",
    "authfile",
    "layers-from",
    "namespace",
    "n",
    "H",
    "host",
    "context",
    "c",
];

pub(super) fn docker(line: &Line<'_>) -> Vec<What> {
    let mut arguments = line.arguments;
    // Global options, and `docker buildx`, `docker image`.
    while let Some(word) = arguments.first().and_then(Value::str) {
        match word {
            "buildx" | "image" | "builder" | "manifest" | "container" => {
                arguments = &arguments[1..];
            }
            "--context" | "-c" | "-H" | "--host" | "--config" | "--namespace" | "-n"
            | "--storage-driver"
                if arguments.len() > 2 =>
            {
                arguments = &arguments[2..];
            }
            word if word.starts_with('-') => arguments = &arguments[1..],
            _ => break,
        }
    }
    let Some((verb, rest)) = arguments.split_first() else {
        return Vec::new();
    };
    match verb.str().unwrap_or_default() {
        "build" | "bud" | "build-using-dockerfile" => {
            let options = Options::new(rest, BUILD);
            let outputs_registry = options.all(&["output", "o"]).any(|value| {
                value.text().is_some_and(|text| {
                    let text = text.to_string();
                    text.contains("type=registry") || text.contains("push=true")
                })
            });
            let platforms = options
                .all(&["platform", "arch"])
                .flat_map(split_commas)
                .collect();
            vec![What::BuildImage {
                tags: options.all(&["t", "tag"]).cloned().collect(),
                context: options.rest.last().cloned().or_else(|| {
                    (line.program == "buildah").then(|| Value::string(".", line.command.span))
                }),
                dockerfile: options.one(&["f", "file"]),
                platforms,
                push: options.has(&["push"]) || outputs_registry,
            }]
        }
        "push" => {
            let options = Options::new(rest, &["authfile", "creds", "format", "f", "platform"]);
            // `buildah push LOCAL DESTINATION`
            let image = options
                .rest
                .get(1)
                .filter(|_| matches!(line.program, "buildah" | "podman"))
                .or(options.rest.first());
            image
                .map(|image| What::PushImage {
                    image: without_transport(image),
                })
                .into_iter()
                .collect()
        }
        "tag" => match rest {
            [from, tos @ ..] => tos
                .iter()
                .map(|to| What::TagImage {
                    from: from.clone(),
                    to: to.clone(),
                })
                .collect(),
            [] => Vec::new(),
        },
        "imagetools" | "create" => {
            let options = Options::new(rest, &["t", "tag", "f", "file"]);
            options
                .all(&["t", "tag"])
                .map(|image| What::PushImage {
                    image: image.clone(),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn others(line: &Line<'_>) -> Vec<What> {
    match line.program {
        "kaniko" | "executor" => {
            let options = Options::new(
                line.arguments,
                &[
                    "destination",
                    "d",
                    "context",
                    "c",
                    "dockerfile",
                    "f",
                    "build-arg",
                    "customPlatform",
                ],
            );
            let tags: Vec<Value> = options.all(&["destination", "d"]).cloned().collect();
            vec![What::BuildImage {
                push: !tags.is_empty() && !options.has(&["no-push"]),
                tags,
                context: options.one(&["context", "c"]),
                dockerfile: options.one(&["dockerfile", "f"]),
                platforms: options.all(&["customPlatform"]).cloned().collect(),
            }]
        }
        "pack" if line.arguments.first().and_then(Value::str) == Some("build") => {
            let options = Options::new(
                &line.arguments[1..],
                &[
                    "builder",
                    "B",
                    "path",
                    "p",
                    "env",
                    "e",
                    "tag",
                    "t",
                    "buildpack",
                    "b",
                ],
            );
            vec![What::BuildImage {
                tags: options
                    .rest
                    .iter()
                    .take(1)
                    .chain(options.all(&["tag", "t"]))
                    .cloned()
                    .collect(),
                context: options.one(&["path", "p"]),
                dockerfile: None,
                platforms: Vec::new(),
                push: options.has(&["publish"]),
            }]
        }
        "crane" | "regctl" | "skopeo" => copied(line),
        _ => Vec::new(),
    }
}

/// `crane copy a b`, `crane tag image tag`, `skopeo copy docker://a docker://b`.
fn copied(line: &Line<'_>) -> Vec<What> {
    let options = Options::new(
        line.arguments,
        &[
            "platform",
            "src-creds",
            "dest-creds",
            "authfile",
            "t",
            "new_tag",
            "f",
        ],
    );
    let verb = match options.word(0) {
        "image" => options.word(1),
        verb => verb,
    };
    let rest: Vec<Value> = options
        .rest
        .iter()
        .filter(|word| word.str() != Some("image"))
        .skip(1)
        .map(without_transport)
        .collect();
    match (verb, rest.as_slice()) {
        ("copy" | "cp", [from, to, ..]) => vec![
            What::TagImage {
                from: from.clone(),
                to: to.clone(),
            },
            What::PushImage { image: to.clone() },
        ],
        ("tag", [image, tag, ..]) => {
            let to = with_tag(image, tag);
            vec![
                What::TagImage {
                    from: image.clone(),
                    to: to.clone(),
                },
                What::PushImage { image: to },
            ]
        }
        ("push", [_, image, ..]) => vec![What::PushImage {
            image: image.clone(),
        }],
        _ => Vec::new(),
    }
}

/// The image with another tag.
pub(crate) fn with_tag(image: &Value, tag: &Value) -> Value {
    let (Some(image_text), Some(tag_text)) = (image.text(), tag.text()) else {
        return image.clone();
    };
    let mut name = match image_text.rsplit_once(':') {
        Some((name, rest)) if !rest.to_string().contains('/') => name,
        _ => image_text,
    };
    name.push_str(":");
    name.push(&tag_text);
    Value {
        data: crate::fragment::value(name, image.span).data,
        span: tag.span,
        trail: tag.trail.clone(),
    }
}

fn without_transport(image: &Value) -> Value {
    let Some(text) = image.text() else {
        return image.clone();
    };
    let Some(rest) = text.known_prefix().strip_prefix("docker://") else {
        return image.clone();
    };
    let mut plain = Text::from(rest);
    for part in text.parts().iter().skip(1) {
        match part {
            seaworthy_facts::Part::Literal(literal) => plain.push_str(literal),
            seaworthy_facts::Part::Hole(hole) => plain.push_hole(hole.clone()),
        }
    }
    Value {
        data: crate::fragment::value(plain, image.span).data,
        ..image.clone()
    }
}

/// The parts of `linux/amd64,linux/arm64`.
pub(crate) fn split_commas(value: &Value) -> Vec<Value> {
    match value.str() {
        Some(text) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Value {
                data: seaworthy_facts::Data::Text(part.into()),
                ..value.clone()
            })
            .collect(),
        None => vec![value.clone()],
    }
}
