//! Dockerfiles, Compose, Skaffold.

use crate::{read, text};

#[test]
fn stages_arguments_and_both_forms_of_commands() {
    let dockerfile = "# syntax=docker/dockerfile:1
ARG VERSION=3.12
FROM --platform=$BUILDPLATFORM python:${VERSION}-slim AS build
ARG PORT=8000
ENV A=1 \\
    # why
    B=\"two words\"
ENV OLD style value
RUN <<EOF
echo FROM nothing
EOF
FROM build
EXPOSE $PORT 9090/tcp
COPY --from=build /a b /dst/
CMD [\"gunicorn\", \"-b\", \":8000\"]
";
    let (sources, facts) = read(&[("Dockerfile", dockerfile)]);
    let stages = &facts.delivery.dockerfiles[0].stages;
    assert_eq!(stages.len(), 2);
    assert_eq!(text(&stages[0].from), "python:3.12-slim");
    assert_eq!(stages[0].name.as_deref(), Some("build"));
    let env: Vec<_> = stages[0].instructions[1]
        .arguments
        .iter()
        .map(text)
        .collect();
    assert_eq!(env, ["A=1", "B=two words"]);
    assert_eq!(sources.line(stages[0].instructions[1].arguments[1].span), 7);
    assert_eq!(
        text(&stages[0].instructions[2].arguments[0]),
        "OLD=style value"
    );
    let words: Vec<_> = stages[1]
        .instructions
        .iter()
        .map(|line| &*line.word)
        .collect();
    assert_eq!(words, ["EXPOSE", "COPY", "CMD"]);
    assert_eq!(stages[1].instructions[2].arguments.len(), 3);
    assert_eq!(text(&stages[1].instructions[1].flags[0]), "--from=build");
}

#[test]
fn compose_is_merged_and_its_env_file_put_in() {
    let (_, facts) = read(&[
        (
            "docker-compose.yml",
            "services:\n  db:\n    image: postgres:${PG:-16}\n    environment:\n      - POSTGRES_DB=${NAME}\n  api:\n    extends: {service: db}\n    build: .\n    env_file: api.env\n",
        ),
        (
            "docker-compose.override.yml",
            "services:\n  db:\n    ports: ['5432:5432']\n",
        ),
        (".env", "NAME=notes\n"),
        ("api.env", "# c\nURL='http://x'\n"),
    ]);
    let project = &facts.delivery.compose[0];
    assert_eq!(facts.delivery.compose.len(), 1);
    assert_eq!(
        text(project.services[0].body.get("image").expect("it has one")),
        "postgres:16"
    );
    assert!(project.services[0].body.get("ports").is_some());
    assert_eq!(text(&project.services[0].environment[0].1), "notes");
    let names: Vec<_> = project.services[1]
        .environment
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(names, ["URL", "POSTGRES_DB"]);
}

#[test]
fn other_yaml_with_services_is_no_project() {
    let (_, facts) = read(&[("values.yaml", "services:\n  api:\n    port: 80\n")]);
    assert!(facts.delivery.compose.is_empty());
}

#[test]
fn skaffold_names_contexts() {
    let (_, facts) = read(&[(
        "skaffold.yaml",
        "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: api\n      context: src/api\n",
    )]);
    assert_eq!(text(&facts.delivery.builds[0].context), "src/api");
}
