//! What well-known actions do and put out, by their inputs. As of 2026-11-21.

use std::sync::Arc;

use seaworthy_diagnostics::Span;
use seaworthy_facts::delivery::What;
use seaworthy_facts::{Data, Text, Value};

use super::scope::{Outputs, Scope};
use super::step::lines;
use super::workflow::named;
use crate::deeds::split_commas;
use crate::fragment;

/// The input of an action that is a shell command.
pub(super) fn command_input(action: &str) -> Option<&'static str> {
    match action {
        "nick-fields/retry" | "nick-invision/retry" | "wandalen/wretry.action" => Some("command"),
        "mikefarah/yq" => Some("cmd"),
        "azure/cli" => Some("inlineScript"),
        _ => None,
    }
}

/// The environment that an action leaves behind.
pub(super) fn exported(uses: &Value, with: &Value) -> Vec<(Arc<str>, Value)> {
    let name = uses.str().unwrap_or_default();
    if name.starts_with("aws-actions/configure-aws-credentials") {
        return with
            .get("aws-region")
            .into_iter()
            .flat_map(|region| {
                ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name.into(), region.clone()))
            })
            .collect();
    }
    if !name.starts_with("rlespinasse/github-slug-action") {
        return Vec::new();
    }
    [
        ("GITHUB_REF", "github.ref_name"),
        ("GITHUB_REF_NAME", "github.ref_name"),
        ("GITHUB_HEAD_REF", "github.head_ref"),
        ("GITHUB_BASE_REF", "github.base_ref"),
    ]
    .into_iter()
    .flat_map(|(variable, of)| {
        ["_SLUG", "_SLUG_URL", "_SLUG_CS", "_SLUG_URL_CS"]
            .into_iter()
            .map(move |end| (format!("{variable}{end}").into(), of))
    })
    .chain([("GITHUB_SHA_SHORT".into(), "github.sha")])
    .map(|(variable, of)| {
        let text = named(&format!("slug({of})"));
        (variable, fragment::value(text, uses.span))
    })
    .collect()
}

/// What an action does.
pub(super) fn deeds(action: &str, with: &Value, span: Span) -> Vec<What> {
    let input = |key: &str| {
        with.get(key)
            .filter(|value| !value.is_null() && value.str() != Some(""))
            .cloned()
    };
    let is = |key: &str| with.get(key).and_then(Value::bool);
    match action {
        "docker/build-push-action" => {
            let outputs = with
                .get("outputs")
                .and_then(Value::text)
                .unwrap_or_default()
                .to_string();
            let push = match with.get("push") {
                // Where it depends, it happens.
                Some(push) => push.bool() != Some(false),
                None => outputs.contains("push=true") || outputs.contains("type=registry"),
            };
            vec![What::BuildImage {
                tags: list(with.get("tags")),
                context: Some(input("context").unwrap_or_else(|| Value::string(".", span))),
                dockerfile: input("file"),
                platforms: list(with.get("platforms")),
                push,
            }]
        }
        "redhat-actions/buildah-build" => vec![What::BuildImage {
            tags: image_with_tags(with.get("image"), with.get("tags")),
            context: Some(input("context").unwrap_or_else(|| Value::string(".", span))),
            dockerfile: input("containerfiles").or_else(|| input("dockerfiles")),
            platforms: list(with.get("platforms").or(with.get("archs"))),
            push: false,
        }],
        "redhat-actions/push-to-registry" => {
            let prefix = with.get("registry").and_then(Value::text);
            image_with_tags(with.get("image"), with.get("tags"))
                .into_iter()
                .map(|image| {
                    let mut text = Text::default();
                    if let Some(prefix) = &prefix {
                        text.push(prefix);
                        text.push_str("/");
                    }
                    text.push(&image.text().unwrap_or_default());
                    What::PushImage {
                        image: Value {
                            data: fragment::value(text, span).data,
                            ..image
                        },
                    }
                })
                .collect()
        }
        "aevea/action-kaniko" | "int128/kaniko-action" => vec![What::BuildImage {
            tags: list(with.get("tags")),
            context: Some(
                input("context")
                    .or_else(|| input("path"))
                    .unwrap_or_else(|| Value::string(".", span)),
            ),
            dockerfile: input("file").or_else(|| input("build_file")),
            platforms: Vec::new(),
            push: is("push") != Some(false),
        }],
        "aws-actions/configure-aws-credentials" => input("role-to-assume")
            .map(|role| What::AssumeRole {
                role,
                region: input("aws-region"),
            })
            .into_iter()
            .collect(),
        "azure/k8s-deploy" => {
            let mut what = vec![What::Apply {
                paths: list(with.get("manifests")),
                kustomize: false,
                namespace: input("namespace"),
                delete: false,
                text: None,
            }];
            what.extend(
                list(with.get("images"))
                    .into_iter()
                    .map(|image| What::SetImage {
                        target: with.get("manifests").cloned(),
                        image: Some(image),
                    }),
            );
            what
        }
        "azure/k8s-create-secret" => input("secret-name")
            .map(|name| What::CreateObject {
                kind: "Secret".into(),
                name,
                namespace: input("namespace"),
                keys: Vec::new(),
            })
            .into_iter()
            .collect(),
        "deliverybot/helm" | "wei/helm-action" | "vimeda/helm" => vec![What::InstallChart {
            release: input("release"),
            chart: input("chart"),
            repository: input("repository"),
            version: input("version"),
            namespace: input("namespace"),
            values_files: list(with.get("value-files")),
            sets: Vec::new(),
        }],
        _ => infrastructure(action, with, span),
    }
}

fn infrastructure(action: &str, with: &Value, span: Span) -> Vec<What> {
    let input = |key: &str| with.get(key).filter(|value| !value.is_null()).cloned();
    let is = |key: &str| with.get(key).and_then(Value::bool);
    let tool = |tool: &str, version: Option<Value>| {
        vec![What::InstallTool {
            tool: tool.into(),
            version,
        }]
    };
    match action {
        "hashicorp/setup-terraform" => tool("terraform", input("terraform_version")),
        "opentofu/setup-opentofu" => tool("opentofu", input("tofu_version")),
        "autero1/action-terragrunt" => tool(
            "terragrunt",
            input("terragrunt_version").or_else(|| input("terragrunt-version")),
        ),
        "azure/setup-helm" => tool("helm", input("version")),
        "azure/setup-kubectl" => tool("kubectl", input("version")),
        "imranismail/setup-kustomize" | "multani/action-setup-kustomize" => tool(
            "kustomize",
            input("kustomize-version").or_else(|| input("version")),
        ),
        "fluxcd/flux2/action" => tool("flux", input("version")),
        "terraform-linters/setup-tflint" => tool("tflint", input("tflint_version")),
        "gruntwork-io/terragrunt-action" => {
            let command = with
                .get("tg_command")
                .and_then(Value::text)
                .unwrap_or_default();
            let text = command.to_string();
            let verb = text
                .split_whitespace()
                .find(|word| matches!(*word, "plan" | "apply" | "destroy" | "init"));
            verb.map(|verb| What::Terraform {
                verb: verb.into(),
                folder: folder(with.get("tg_dir")),
                arguments: vec![Value::string("-auto-approve", span)],
            })
            .into_iter()
            .collect()
        }
        _ if action.starts_with("dflook/") => {
            let verb = action.rsplit('-').next().unwrap_or_default();
            if !matches!(verb, "plan" | "apply" | "destroy") {
                return Vec::new();
            }
            let approved = is("auto_approve") == Some(true) || verb == "destroy";
            vec![What::Terraform {
                verb: verb.into(),
                folder: folder(with.get("path")),
                arguments: approved
                    .then(|| Value::string("-auto-approve", span))
                    .into_iter()
                    .collect(),
            }]
        }
        "release-drafter/release-drafter" => vec![What::PublishRelease {
            draft: is("publish") != Some(true),
        }],
        "softprops/action-gh-release" | "ncipollo/release-action" | "actions/create-release" => {
            vec![What::PublishRelease {
                draft: is("draft") == Some(true),
            }]
        }
        "googleapis/release-please-action"
        | "google-github-actions/release-please-action"
        | "cycjimmy/semantic-release-action"
        | "changesets/action"
        | "goreleaser/goreleaser-action"
        | "helm/chart-releaser-action" => vec![What::PublishRelease { draft: false }],
        "stefanzweifel/git-auto-commit-action"
        | "endbug/add-and-commit"
        | "ad-m/github-push-action"
        | "peter-evans/create-pull-request"
        | "mathieudutour/github-tag-action"
        | "anothrnick/github-tag-action" => vec![What::PushCommits],
        "fjogeleit/yaml-update-action" => vec![What::SetImage {
            target: input("valueFile"),
            image: input("value"),
        }],
        _ => Vec::new(),
    }
}

fn folder(value: Option<&Value>) -> Text {
    value
        .and_then(Value::text)
        .and_then(|text| {
            text.literal()
                .map(|path| seaworthy_facts::normalized(path).into())
                .or(Some(text))
        })
        .unwrap_or_default()
}

/// What an action puts out.
pub(super) fn outputs(action: &str, with: &Value, id: &str, scope: &Scope, span: Span) -> Outputs {
    let mut outputs = Outputs::new();
    let mut put = |name: &str, text: Text| {
        outputs.insert(name.to_owned(), fragment::value(text, span));
    };
    match action {
        "aws-actions/amazon-ecr-login" => {
            let public = with.get("registry-type").and_then(Value::str) == Some("public");
            if public {
                put("registry", "public.ecr.aws".into());
            } else {
                let mut text = match with.get("registries").and_then(Value::text) {
                    Some(accounts) if accounts.literal().is_none_or(|text| !text.contains(',')) => {
                        accounts
                    }
                    _ => named("aws.account_id"),
                };
                text.push_str(".dkr.ecr.");
                match scope.env.get("AWS_REGION").and_then(Value::text) {
                    Some(region) => text.push(&region),
                    None => text.push(&named("aws.region")),
                }
                text.push_str(".amazonaws.com");
                put("registry", text);
            }
        }
        "aws-actions/configure-aws-credentials" => put("aws-account-id", named("aws.account_id")),
        "docker/metadata-action" => return metadata(with, id, span),
        "tj-actions/branch-names" => {
            put("current_branch", named("github.head_ref"));
            put("head_ref_branch", named("github.head_ref"));
            put("base_ref_branch", named("github.base_ref"));
            put("ref_branch", named("github.ref_name"));
        }
        "release-drafter/release-drafter" => {
            put("tag_name", named("release.tag_name"));
        }
        _ => {}
    }
    outputs
}

/// The tags that `docker/metadata-action` makes of `images` and `tags`.
fn metadata(with: &Value, id: &str, span: Span) -> Outputs {
    let images = list(with.get("images"));
    let rules: Vec<Text> = with
        .get("tags")
        .and_then(Value::text)
        .map(|text| lines(&text))
        .unwrap_or_default()
        .into_iter()
        .filter(|line| {
            let line = line.to_string();
            !line.trim().is_empty() && !line.trim_start().starts_with('#')
        })
        .collect();
    let flavor = with
        .get("flavor")
        .and_then(Value::text)
        .unwrap_or_default()
        .to_string();
    let mut tags: Vec<Text> = Vec::new();
    if rules.is_empty() {
        tags.extend([named("slug(github.ref_name on push)"), pull_request()]);
    }
    for rule in rules.iter().take(32) {
        tags.extend(of_rule(rule));
    }
    let releases = rules.iter().any(|rule| {
        let rule = rule.to_string();
        rule.contains("type=semver") || rule.contains("type=pep440") || rule.contains("event=tag")
    });
    if !flavor.contains("latest=false") && releases || flavor.contains("latest=true") {
        tags.push("latest".into());
    }
    let mut references = Vec::new();
    for image in &images {
        for tag in &tags {
            let mut text = image.text().unwrap_or_default();
            text.push_str(":");
            text.push(tag);
            references.push(Value {
                data: fragment::value(text, span).data,
                span: with.get("tags").map_or(image.span, |tags| tags.span),
                trail: image
                    .trail
                    .via(image.span, "`images` of docker/metadata-action"),
            });
        }
    }
    let mut outputs = Outputs::new();
    outputs.insert("tags".to_owned(), Value::new(Data::List(references), span));
    let mut version = seaworthy_facts::Unknown::new(
        seaworthy_facts::UnknownKind::Expression,
        format!("steps.{id}.outputs.version"),
    );
    version.choices = tags;
    outputs.insert("version".to_owned(), Value::unknown(version, span));
    outputs
}

fn pull_request() -> Text {
    let mut text = Text::from("pr-");
    text.push(&named("github.event.number"));
    text
}

/// The tag of one line such as `type=ref,event=branch,prefix=x`.
fn of_rule(rule: &Text) -> Vec<Text> {
    let mut settings: Vec<(String, Text)> = Vec::new();
    let mut rest = rule.clone();
    for _ in 0..16 {
        let (part, after) = match rest.split_once(',') {
            Some((part, after)) => (part, Some(after)),
            None => (rest.clone(), None),
        };
        match part.split_once('=') {
            Some((name, value)) => settings.push((name.to_string().trim().to_owned(), value)),
            None => settings.push(("value".to_owned(), part)),
        }
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    let setting = |name: &str| {
        settings
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let literal = |name: &str| {
        setting(name)
            .map(|text| text.to_string().trim().to_owned())
            .unwrap_or_default()
    };
    if literal("enable") == "false" {
        return Vec::new();
    }
    let kind = literal("type");
    let middle = match (kind.as_str(), literal("event").as_str()) {
        ("ref", "branch") => named("slug(github.ref_name on push)"),
        ("ref", "tag") => named("github.ref_name (tag)"),
        ("ref", "pr") => pull_request(),
        ("sha", _) => {
            let mut text = if setting("prefix").is_some() {
                Text::default()
            } else {
                "sha-".into()
            };
            text.push(&named("github.sha"));
            text
        }
        ("semver" | "pep440" | "match", _) => named("version of github.ref_name"),
        ("raw" | "", _) => setting("value").unwrap_or_default(),
        ("edge", _) => "edge".into(),
        ("schedule", _) => setting("pattern")
            .filter(|text| !text.to_string().contains("{{"))
            .unwrap_or_else(|| "nightly".into()),
        _ => named(&kind),
    };
    let mut tag = Text::default();
    if let Some(prefix) = setting("prefix") {
        tag.push(&prefix);
    }
    let handlebars = middle.to_string().contains("{{");
    if handlebars {
        tag.push(&named(&middle.to_string()));
    } else {
        tag.push(&middle);
    }
    if let Some(suffix) = setting("suffix") {
        tag.push(&suffix);
    }
    vec![tag]
}

/// The items of an input that is a list, lines, or a line with commas.
fn list(value: Option<&Value>) -> Vec<Value> {
    let Some(value) = value else {
        return Vec::new();
    };
    if let Data::List(items) = &value.data {
        return items.clone();
    }
    let Some(text) = value.text() else {
        return Vec::new();
    };
    lines(&text)
        .into_iter()
        .map(|line| Value {
            data: fragment::value(trim(&line), value.span).data,
            ..value.clone()
        })
        .flat_map(|line| split_commas(&line))
        .filter(|line| line.str() != Some(""))
        .collect()
}

fn trim(text: &Text) -> Text {
    let mut result = Text::default();
    let last = text.parts().len().saturating_sub(1);
    for (index, part) in text.parts().iter().enumerate() {
        match part {
            seaworthy_facts::Part::Literal(literal) => {
                let mut literal: &str = literal;
                if index == 0 {
                    literal = literal.trim_start();
                }
                if index == last {
                    literal = literal.trim_end();
                }
                result.push_str(literal);
            }
            seaworthy_facts::Part::Hole(hole) => result.push_hole(hole.clone()),
        }
    }
    result
}

fn image_with_tags(image: Option<&Value>, tags: Option<&Value>) -> Vec<Value> {
    let Some(image) = image else {
        return list(tags);
    };
    let tags: Vec<Value> = tags
        .and_then(Value::text)
        .map(|text| text.to_string())
        .filter(|text| !text.contains('$'))
        .map_or_else(
            || list(tags),
            |text| {
                text.split([' ', ',', '\n'])
                    .filter(|tag| !tag.is_empty())
                    .map(|tag| Value::string(tag, image.span))
                    .collect()
            },
        );
    if tags.is_empty() {
        return vec![image.clone()];
    }
    tags.iter()
        .map(|tag| {
            let full = tag
                .text()
                .is_some_and(|tag| tag.to_string().contains(['/', ':']));
            if full {
                tag.clone()
            } else {
                crate::deeds::with_tag(image, tag)
            }
        })
        .collect()
}
