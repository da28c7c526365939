//! What a command does to the world.

mod cloud;
mod edits;
mod helm;
mod images;
mod kubernetes;
mod options;
mod terraform;

use std::collections::HashMap;

pub(crate) use images::{split_commas, with_tag};

use seaworthy_facts::delivery::{Command, What};
use seaworthy_facts::{Value, file_name};

/// What earlier commands of the same script made known.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Chart repositories by the name that `helm repo add` gave.
    pub(crate) chart_repositories: HashMap<String, Value>,
    /// Files that a command wrote, with the manifests in them, by path: `kustomize build > all.yaml`.
    pub(crate) written: HashMap<String, Written>,
}

/// What was written to a file in sight.
#[derive(Debug, Clone)]
pub(crate) enum Written {
    /// The output of a kustomization.
    Kustomization(Value),
    /// Text.
    Text(Value),
    /// A file, filled.
    File(Value),
}

/// A command with its program and arguments, wrappers such as `sudo` left out.
#[derive(Debug, Clone, Copy)]
struct Line<'c> {
    commands: &'c [Command],
    command: &'c Command,
    program: &'c str,
    arguments: &'c [Value],
}

/// What the command at a place does.
pub(crate) fn of_command(commands: &[Command], at: usize, state: &mut State) -> Vec<What> {
    let Some(command) = commands.get(at) else {
        return Vec::new();
    };
    let Some(line) = line(commands, command) else {
        return Vec::new();
    };
    edits::remember(&line, state);
    match line.program {
        "docker" | "podman" | "nerdctl" | "buildah" | "docker-compose" | "img" | "finch" => {
            images::docker(&line)
        }
        "kaniko" | "executor" | "ko" | "crane" | "skopeo" | "pack" | "regctl" | "oras" => {
            images::others(&line)
        }
        "kubectl" | "oc" | "k" | "kubectl.exe" => kubernetes::kubectl(&line, state),
        "kustomize" => kubernetes::kustomize(&line),
        "kapp" => kubernetes::kapp(&line),
        "helm" | "helm3" => helm::helm(&line, state),
        "terraform" | "tofu" | "terragrunt" => terraform::terraform(&line),
        "aws" | "awslocal" => cloud::aws(&line),
        "eksctl" | "flux" | "argocd" | "gcloud" | "az" => cloud::others(&line),
        "git" | "gh" | "goreleaser" => cloud::host(&line),
        "sed" | "yq" | "envsubst" | "perl" | "gsed" => edits::edit(&line),
        "make" | "gmake" | "just" | "bash" | "sh" | "zsh" | "dash" | "task" => edits::call(&line),
        "curl" | "wget" | "apt-get" | "apt" | "yum" | "dnf" | "apk" | "brew" | "snap" | "pip"
        | "pip3" | "npm" | "asdf" | "mise" | "tfenv" | "tofuenv" | "go" | "choco" => {
            edits::install(&line)
        }
        program if program.contains('/') => edits::script(&line),
        _ => Vec::new(),
    }
}

/// The program that really runs.
fn line<'c>(commands: &'c [Command], command: &'c Command) -> Option<Line<'c>> {
    let mut words = command.words.as_slice();
    for _ in 0..6 {
        let first = words.first()?.str()?;
        let skip = match file_name(first) {
            "sudo" | "time" | "nohup" | "exec" | "command" | "nice" | "env" | "xargs" | "retry"
            | "builtin" | "stdbuf" | "winpty" => 1,
            "timeout" => 2,
            "aws-vault" | "chamber" | "doppler" | "op" | "sops" | "direnv" | "nix-shell" => {
                words.iter().position(|word| word.str() == Some("--"))? + 1
            }
            _ => {
                return Some(Line {
                    commands,
                    command,
                    program: if first.starts_with("./")
                        || first.starts_with("../")
                        || first.rsplit_once('.').is_some_and(|(_, end)| end == "sh")
                    {
                        first
                    } else {
                        let name = file_name(first);
                        if is_known_by_path(first) { name } else { first }
                    },
                    arguments: &words[1..],
                });
            }
        };
        words = words.get(skip..)?;
        // Options and settings of the wrapper.
        while let Some(word) = words.first().and_then(Value::str) {
            let is_setting =
                !word.starts_with('/') && word.contains('=') && !word.starts_with("--");
            if word.starts_with('-') || is_setting || word.parse::<u32>().is_ok() {
                words = &words[1..];
            } else {
                break;
            }
        }
    }
    None
}

fn is_known_by_path(program: &str) -> bool {
    !program.contains('/')
        || program.starts_with("/usr/")
        || program.starts_with("/bin/")
        || program.starts_with("/opt/")
        || program.starts_with("/kaniko/")
}

impl Line<'_> {
    /// The command whose output this one reads.
    fn before(&self) -> Option<Line<'_>> {
        let command = self.commands.get(self.command.reads_from?)?;
        line(self.commands, command)
    }
}
