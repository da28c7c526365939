//! Commands that change files, install tools, and run other scripts.

use seaworthy_facts::delivery::What;
use seaworthy_facts::{Text, Value, file_name};

use super::options::Options;
use super::{Line, State, Written};

/// Notes what a command writes to a file, for those that apply that file later.
pub(super) fn remember(line: &Line<'_>, state: &mut State) {
    if state.written.len() > 500 {
        return;
    }
    let tee = || {
        (line.program == "tee")
            .then(|| {
                line.arguments
                    .iter()
                    .find(|word| word.str().is_some_and(|word| !word.starts_with('-')))
            })
            .flatten()
    };
    let Some(file) = line
        .command
        .output
        .as_ref()
        .or_else(tee)
        .and_then(Value::str)
    else {
        return;
    };
    let written = match line.program {
        "kustomize" => {
            let options = Options::new(line.arguments, &["o", "output"]);
            (options.word(0) == "build").then(|| {
                Written::Kustomization(
                    options
                        .rest
                        .get(1)
                        .cloned()
                        .unwrap_or_else(|| Value::string(".", line.command.span)),
                )
            })
        }
        "cat" | "tee" => match &line.command.input {
            Some(text) => Some(Written::Text(text.clone())),
            None => line.arguments.first().cloned().map(Written::File),
        },
        "sed" | "yq" => line
            .arguments
            .last()
            .filter(|_| line.arguments.len() > 1)
            .cloned()
            .map(Written::File),
        "envsubst" => line
            .before()
            .filter(|before| before.program == "cat")
            .and_then(|before| before.arguments.first().cloned())
            .map(Written::File),
        _ => None,
    };
    if let Some(written) = written {
        state.written.insert(file.to_owned(), written);
    }
}

pub(super) fn edit(line: &Line<'_>) -> Vec<What> {
    match line.program {
        "sed" | "gsed" | "perl" => sed(line),
        "yq" => yq(line),
        "envsubst" => line
            .command
            .output
            .clone()
            .map(|file| What::EditFile {
                file,
                from: None,
                to: None,
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

fn sed(line: &Line<'_>) -> Vec<What> {
    let in_place = line.arguments.iter().any(|word| {
        word.text().is_some_and(|text| {
            let start = text.known_prefix();
            start.starts_with("-i")
                || start == "-pi"
                || start.starts_with("--in-place")
                || start == "-ie"
                || start == "-ri"
                || start == "-Ei"
        })
    });
    if !in_place {
        return Vec::new();
    }
    let mut scripts: Vec<&Value> = Vec::new();
    let mut files: Vec<&Value> = Vec::new();
    let mut next_is_script = false;
    for word in line.arguments {
        let text = word.text().unwrap_or_default();
        let start = text.known_prefix();
        if next_is_script {
            scripts.push(word);
            next_is_script = false;
        } else if matches!(
            text.literal(),
            Some("-e" | "--expression" | "-ie" | "-pe" | "-pie")
        ) {
            next_is_script = true;
        } else if text.is_empty() || start.starts_with('-') {
            // `-i ''` of BSD
        } else if scripts.is_empty() {
            scripts.push(word);
        } else {
            files.push(word);
        }
    }
    let mut what = Vec::new();
    for file in files {
        for script in &scripts {
            let (from, to) = substitution(&script.text().unwrap_or_default());
            if to.as_ref().is_some_and(|to| names_image(from.as_ref(), to)) {
                what.push(What::SetImage {
                    target: Some(file.clone()),
                    image: to.clone().map(|to| Value {
                        data: crate::fragment::value(to, script.span).data,
                        ..(*script).clone()
                    }),
                });
            }
            what.push(What::EditFile {
                file: file.clone(),
                from,
                to,
            });
        }
    }
    what
}

fn names_image(from: Option<&Text>, to: &Text) -> bool {
    let both = format!("{} {to}", from.map(ToString::to_string).unwrap_or_default());
    both.contains("image:") || both.contains("newTag") || both.contains("tag:")
}

/// `s|from|to|g`.
fn substitution(script: &Text) -> (Option<Text>, Option<Text>) {
    let prefix = script.known_prefix();
    let Some(at) = prefix
        .find('s')
        .filter(|at| *at == 0 || prefix[..*at].ends_with(['/', ' ', ';', '}']))
    else {
        return (None, None);
    };
    let Some(mark) = prefix[at + 1..]
        .chars()
        .next()
        .filter(|mark| !mark.is_alphanumeric() && !mark.is_whitespace())
    else {
        return (None, None);
    };
    let Some((_, rest)) = script
        .split_once(mark)
        .filter(|(before, _)| before.to_string().len() == at + 1)
    else {
        return (None, None);
    };
    let Some((from, rest)) = rest.split_once(mark) else {
        return (None, None);
    };
    let to = rest.rsplit_once(mark).map_or(rest, |(to, _)| to);
    (Some(from), Some(to))
}

fn yq(line: &Line<'_>) -> Vec<What> {
    let options = Options::new(line.arguments, &["i-none"]);
    let in_place = options.has(&["i", "inplace"]);
    let mut rest = options.rest.iter();
    let mut expression = rest.next();
    // Version 3: `yq w -i file path value`.
    let old = expression.is_some_and(|word| matches!(word.str(), Some("w" | "write")));
    if old && line.arguments.len() >= 4 {
        let words: Vec<&Value> = rest.collect();
        let [file, path, value, ..] = words.as_slice() else {
            return Vec::new();
        };
        return written(
            file,
            &path.text().unwrap_or_default(),
            Some((*value).clone()),
        );
    }
    if matches!(expression.and_then(Value::str), Some("e" | "eval")) {
        expression = rest.next();
    }
    let (Some(expression), Some(file)) = (expression, rest.next()) else {
        return Vec::new();
    };
    if !in_place {
        return Vec::new();
    }
    let text = expression.text().unwrap_or_default();
    let (path, value) = match text.split_once('=') {
        Some((path, value)) => (path, Some(value)),
        None => (text, None),
    };
    let value = value.map(|value| Value {
        data: crate::fragment::value(unquoted(&value), expression.span).data,
        ..expression.clone()
    });
    written(file, &path, value)
}

fn written(file: &Value, path: &Text, value: Option<Value>) -> Vec<What> {
    let last = path.to_string();
    let mut what = Vec::new();
    let field = last.trim().rsplit('.').next();
    if last.contains("image") || matches!(field, Some("newTag" | "tag")) {
        what.push(What::SetImage {
            target: Some(file.clone()),
            image: value.clone(),
        });
    }
    what.push(What::EditFile {
        file: file.clone(),
        from: Some(path.clone()),
        to: value.and_then(|value| value.text()),
    });
    what
}

fn unquoted(text: &Text) -> Text {
    let mut result = Text::default();
    let last = text.parts().len().saturating_sub(1);
    for (index, part) in text.parts().iter().enumerate() {
        match part {
            seaworthy_facts::Part::Literal(literal) => {
                let mut literal: &str = literal;
                if index == 0 {
                    literal = literal.trim_start().trim_start_matches('"');
                }
                if index == last {
                    literal = literal.trim_end().trim_end_matches('"');
                }
                result.push_str(literal);
            }
            seaworthy_facts::Part::Hole(hole) => result.push_hole(hole.clone()),
        }
    }
    result
}

pub(super) fn call(line: &Line<'_>) -> Vec<What> {
    match line.program {
        "make" | "gmake" | "just" | "task" => {
            let options = Options::new(
                line.arguments,
                &["C", "directory", "f", "file", "j", "d", "justfile"],
            );
            let targets: Vec<Value> = options
                .rest
                .iter()
                .filter(|word| {
                    word.text()
                        .is_some_and(|text| text.split_once('=').is_none())
                })
                .cloned()
                .collect();
            if targets.is_empty() && line.program == "make" {
                return vec![What::Call {
                    file: None,
                    name: Value::string("", line.command.span),
                }];
            }
            targets
                .into_iter()
                .map(|name| What::Call { file: None, name })
                .collect()
        }
        // `bash -eu script.sh`; `-c` is followed elsewhere.
        _ => {
            let mut words = line.arguments.iter();
            while let Some(word) = words.next() {
                let Some(text) = word.text() else {
                    return Vec::new();
                };
                match text.known_prefix() {
                    "-c" | "-lc" | "-ec" | "-s" => return Vec::new(),
                    "-o" | "+o" => {
                        words.next();
                    }
                    start if start.starts_with(['-', '+']) => {}
                    _ => {
                        return vec![What::Call {
                            file: None,
                            name: word.clone(),
                        }];
                    }
                }
            }
            Vec::new()
        }
    }
}

/// `./deploy.sh`.
pub(super) fn script(line: &Line<'_>) -> Vec<What> {
    let at = line.command.words.len() - line.arguments.len() - 1;
    line.command
        .words
        .get(at)
        .map(|name| What::Call {
            file: None,
            name: name.clone(),
        })
        .into_iter()
        .collect()
}

/// Tools whose version matters to others, by what is fetched or installed.
const TOOLS: &[&str] = &[
    "opentofu",
    "terraform",
    "terragrunt",
    "kubectl",
    "helm",
    "kustomize",
    "eksctl",
    "flux",
    "argocd",
    "awscli",
    "aws-cli",
    "yq",
    "jq",
    "tflint",
    "trivy",
    "checkov",
    "kubeval",
    "kubeconform",
    "sops",
    "kind",
    "k3d",
    "skaffold",
];

pub(super) fn install(line: &Line<'_>) -> Vec<What> {
    match line.program {
        "curl" | "wget" => {
            let Some(url) = line.arguments.iter().find_map(|word| {
                let text = word.text()?;
                text.known_prefix()
                    .starts_with("http")
                    .then_some((word, text))
            }) else {
                return Vec::new();
            };
            let shown = url.1.to_string();
            let path = shown.split('?').next().unwrap_or(&shown);
            TOOLS
                .iter()
                .find(|tool| is_tool(path, tool))
                .map(|tool| What::InstallTool {
                    tool: (*tool).into(),
                    version: version_in(url.0),
                })
                .into_iter()
                .collect()
        }
        "tfenv" | "tofuenv" | "asdf" | "mise" => {
            let words: Vec<&str> = line.arguments.iter().filter_map(Value::str).collect();
            let tool = match line.program {
                "tfenv" => "terraform",
                "tofuenv" => "opentofu",
                _ => words.get(1).copied().unwrap_or_default(),
            };
            if words.first() != Some(&"install") || tool.is_empty() {
                return Vec::new();
            }
            vec![What::InstallTool {
                tool: tool.split('@').next().unwrap_or(tool).into(),
                version: line.arguments.last().filter(|_| words.len() > 1).cloned(),
            }]
        }
        _ => {
            if !line
                .arguments
                .iter()
                .any(|word| matches!(word.str(), Some("install" | "add" | "i")))
            {
                return Vec::new();
            }
            line.arguments
                .iter()
                .filter_map(|word| {
                    let text = word.str()?;
                    let name = text.split(['=', '@', ':', '<', '>', '~']).next()?;
                    let tool = TOOLS.iter().find(|tool| **tool == file_name(name))?;
                    Some(What::InstallTool {
                        tool: (*tool).into(),
                        version: (name.len() < text.len()).then(|| word.clone()),
                    })
                })
                .collect()
        }
    }
}

fn is_tool(path: &str, tool: &str) -> bool {
    path.match_indices(tool).any(|(at, _)| {
        let before = path[..at].chars().next_back();
        let after = path[at + tool.len()..].chars().next();
        let parts = |character: Option<char>| {
            character.is_none_or(|character| matches!(character, '/' | '_' | '-' | '.'))
        };
        parts(before) && parts(after)
    })
}

/// The version in an address: what looks like `v1.2.3` or `1.2.3` between slashes, underscores and dashes.
fn version_in(word: &Value) -> Option<Value> {
    let text = word.str()?;
    text.split(['/', '_', '-'])
        .find(|part| {
            let part = part.trim_start_matches('v');
            part.split('.').count() >= 2
                && part.chars().all(|c| c.is_ascii_digit() || c == '.')
                && !part.is_empty()
        })
        .map(|part| Value {
            data: seaworthy_facts::Data::Text(part.trim_start_matches('v').into()),
            ..word.clone()
        })
}
