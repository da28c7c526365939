//! What a file is written in.

use crate::{file_name, parent};

/// What a file is written in, by its name and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// OpenTofu or Terraform: `.tf`, `.tofu`.
    Terraform,
    /// `.tfvars`.
    TerraformVariables,
    /// `.terraform.lock.hcl`.
    TerraformLock,
    /// YAML of any meaning: objects, values, workflows, Compose.
    Yaml,
    /// JSON: dashboards, policies, package files.
    Json,
    /// A file of a Helm chart's `templates/`.
    HelmTemplate,
    /// A shell script, by its name or its first line.
    Shell,
    /// `Makefile`, `*.mk`, `justfile`, `Taskfile` is YAML.
    Makefile,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A Jenkinsfile or another pipeline in Groovy.
    Jenkinsfile,
    /// Program text.
    Code(Language),
    /// Prose: Markdown, text.
    Document,
    /// Anything else that is text: `.env`, `requirements.txt`, `go.mod`, templates.
    Text,
}

/// A language whose programs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Go.
    Go,
    /// Python.
    Python,
    /// JavaScript.
    JavaScript,
    /// TypeScript, also with JSX.
    TypeScript,
    /// Rust.
    Rust,
    /// Java.
    Java,
    /// C#.
    CSharp,
}

impl SourceKind {
    /// Tells by the path, and where that says nothing, by the text.
    pub fn of(path: &str, text: &str) -> Self {
        let name = file_name(path);
        let lower = name.to_ascii_lowercase();
        let extension = lower
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension);
        if name == ".terraform.lock.hcl" {
            return Self::TerraformLock;
        }
        if is_template_of_a_chart(path, extension) {
            return Self::HelmTemplate;
        }
        if is_dockerfile(&lower) {
            return Self::Dockerfile;
        }
        if lower == "makefile" || lower == "gnumakefile" || lower == "justfile" || extension == "mk"
        {
            return Self::Makefile;
        }
        if lower.starts_with("jenkinsfile") || extension == "jenkinsfile" {
            return Self::Jenkinsfile;
        }
        match extension {
            "tf" | "tofu" => Self::Terraform,
            "tfvars" => Self::TerraformVariables,
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "sh" | "bash" | "zsh" | "ksh" => Self::Shell,
            "go" => Self::Code(Language::Go),
            "py" => Self::Code(Language::Python),
            "js" | "mjs" | "cjs" | "jsx" => Self::Code(Language::JavaScript),
            "ts" | "mts" | "cts" | "tsx" => Self::Code(Language::TypeScript),
            "rs" => Self::Code(Language::Rust),
            "java" => Self::Code(Language::Java),
            "cs" => Self::Code(Language::CSharp),
            "md" | "markdown" | "rst" | "adoc" => Self::Document,
            "txt" if lower.starts_with("readme") => Self::Document,
            "groovy" if text.contains("pipeline {") || text.contains("node(") => Self::Jenkinsfile,
            _ => Self::by_content(text),
        }
    }

    fn by_content(text: &str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        if let Some(interpreter) = first.strip_prefix("#!") {
            let program = interpreter
                .split_whitespace()
                .map(file_name)
                .find(|word| *word != "env" && !word.starts_with('-'))
                .unwrap_or_default();
            return match program {
                "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" => Self::Shell,
                "node" => Self::Code(Language::JavaScript),
                name if name.starts_with("python") => Self::Code(Language::Python),
                _ => Self::Text,
            };
        }
        let says = |start: &str| text.lines().take(60).any(|line| line.starts_with(start));
        // A script or a mail may hold an object in quotes; what is YAML begins as YAML.
        let begins = text
            .lines()
            .map(str::trim_end)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .is_some_and(|line| {
                ["apiVersion:", "kind:", "metadata:", "---"]
                    .iter()
                    .any(|start| line.starts_with(start))
                    && !line.starts_with("----")
                    && !(line.starts_with("---") && line.len() > 3 && !line.starts_with("--- "))
            });
        if begins && says("apiVersion:") && says("kind:") {
            return Self::Yaml;
        }
        Self::Text
    }
}

fn is_dockerfile(lower: &str) -> bool {
    ["dockerfile", "containerfile"].into_iter().any(|word| {
        lower == word
            || lower.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with(['.', '-']) && !rest.ends_with(".dockerignore")
            })
            || lower
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with(['.', '-']))
    })
}

/// Below a folder called `templates` that is not the top, in a form that Helm renders. Whether a chart is really
/// there tells the reader of charts, which sees `Chart.yaml`; a lone manifest in such a folder is rare enough.
fn is_template_of_a_chart(path: &str, extension: &str) -> bool {
    matches!(extension, "yaml" | "yml" | "tpl" | "txt")
        && parent(path)
            .split('/')
            .skip(1)
            .any(|folder| folder == "templates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for (path, kind) in [
            ("iac/main.tf", SourceKind::Terraform),
            ("iac/prod.tfvars", SourceKind::TerraformVariables),
            ("iac/.terraform.lock.hcl", SourceKind::TerraformLock),
            (
                "charts/api/templates/deployment.yaml",
                SourceKind::HelmTemplate,
            ),
            ("charts/api/values.yaml", SourceKind::Yaml),
            ("apps/api/Containerfile", SourceKind::Dockerfile),
            ("apps/api/Dockerfile.dev", SourceKind::Dockerfile),
            ("apps/api/api.Dockerfile", SourceKind::Dockerfile),
            ("apps/api/Dockerfile.dockerignore", SourceKind::Text),
            ("Makefile", SourceKind::Makefile),
            ("ci/Jenkinsfile.release", SourceKind::Jenkinsfile),
            ("src/app.tsx", SourceKind::Code(Language::TypeScript)),
            ("README.md", SourceKind::Document),
            (".env", SourceKind::Text),
        ] {
            assert_eq!(SourceKind::of(path, ""), kind, "{path}");
        }
    }

    #[test]
    fn where_names_do_not_tell_the_text_does() {
        for (text, kind) in [
            ("#!/usr/bin/env -S bash -e\n", SourceKind::Shell),
            ("#!/usr/bin/python3\n", SourceKind::Code(Language::Python)),
            ("# ours\napiVersion: v1\nkind: Service\n", SourceKind::Yaml),
            ("kind regards\n", SourceKind::Text),
            (
                "$object = @\"\napiVersion: v1\nkind: Service\n\"@\n",
                SourceKind::Text,
            ),
            (
                "--BOUNDARY\napiVersion: v1\nkind: NodeConfig\n",
                SourceKind::Text,
            ),
        ] {
            assert_eq!(SourceKind::of("deploy", text), kind, "{text}");
        }
    }
}
