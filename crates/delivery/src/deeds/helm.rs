//! `helm`.

use std::sync::Arc;

use seaworthy_facts::delivery::What;
use seaworthy_facts::{Text, Value};

use super::options::Options;
use super::{Line, State};

const HELM: &[&str] = &[
    "n",
    "namespace",
    "f",
    "values",
    "set",
    "set-string",
    "set-file",
    "set-json",
    "set-literal",
    "version",
    "repo",
    "timeout",
    "kube-context",
    "kubeconfig",
    "username",
    "password",
    "ca-file",
    "description",
    "history-max",
    "post-renderer",
    "post-renderer-args",
    "labels",
    "l",
    "o",
    "output",
    "d",
    "destination",
    "name-template",
    "max-history",
    "keyring",
    "registry-config",
    "s",
    "show-only",
    "api-versions",
    "a",
    "kube-version",
];

pub(super) fn helm(here: &Line<'_>, state: &mut State) -> Vec<What> {
    let options = Options::new(here.arguments, HELM);
    match (options.word(0), options.word(1)) {
        ("repo", "add") => {
            if let (Some(name), Some(url)) = (
                options.rest.get(2).and_then(Value::str),
                options.rest.get(3),
            ) {
                state
                    .chart_repositories
                    .insert(name.to_owned(), url.clone());
            }
            Vec::new()
        }
        ("install" | "upgrade", _) if !options.has(&["dry-run"]) => {
            vec![install(&options, 1, Some(state), None)]
        }
        ("uninstall" | "delete" | "del" | "un", _) => options
            .rest
            .iter()
            .skip(1)
            .map(|release| What::UninstallChart {
                release: release.clone(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `helm template … | kubectl apply -f -`.
pub(super) fn template(source: &Line<'_>, namespace: Option<Value>) -> Vec<What> {
    let options = Options::new(source.arguments, HELM);
    if options.word(0) != "template" {
        return Vec::new();
    }
    vec![install(&options, 1, None, namespace)]
}

fn install(options: &Options, at: usize, state: Option<&State>, namespace: Option<Value>) -> What {
    let (release, chart) = match &options.rest[at.min(options.rest.len())..] {
        [chart] => (None, Some(chart.clone())),
        [release, chart, ..] => (Some(release.clone()), Some(chart.clone())),
        [] => (None, None),
    };
    let named = chart.as_ref().and_then(Value::text).and_then(|text| {
        text.known_prefix()
            .split_once('/')
            .map(|(name, _)| name.to_owned())
    });
    let repository = options
        .one(&["repo"])
        .or_else(|| state?.chart_repositories.get(named?.as_str()).cloned());
    let mut sets: Vec<(Arc<str>, Value)> = Vec::new();
    for (option, value) in &options.given {
        if let Some(value) = value
            && matches!(
                option.as_str(),
                "set" | "set-string" | "set-file" | "set-json" | "set-literal"
            )
        {
            set(value, option != "set-json", &mut sets);
        }
    }
    What::InstallChart {
        release,
        chart,
        repository,
        version: options.one(&["version"]),
        namespace: options.one(&["n", "namespace"]).or(namespace),
        values_files: options
            .all(&["f", "values"])
            .flat_map(super::images::split_commas)
            .collect(),
        sets,
    }
}

/// `a.b=1,c=2`; a comma in braces or behind a backslash does not part.
fn set(value: &Value, parts: bool, sets: &mut Vec<(Arc<str>, Value)>) {
    let Some(text) = value.text() else { return };
    let mut pieces: Vec<Text> = vec![Text::default()];
    let mut depth = 0_usize;
    for part in text.parts() {
        match part {
            seaworthy_facts::Part::Hole(hole) => {
                if let Some(last) = pieces.last_mut() {
                    last.push_hole(hole.clone());
                }
            }
            seaworthy_facts::Part::Literal(literal) => {
                let mut from = 0;
                let mut before = '\0';
                for (index, character) in literal.char_indices() {
                    match character {
                        '{' | '[' => depth += 1,
                        '}' | ']' => depth = depth.saturating_sub(1),
                        ',' if parts && depth == 0 && before != '\\' => {
                            if let Some(last) = pieces.last_mut() {
                                last.push_str(&literal[from..index]);
                            }
                            pieces.push(Text::default());
                            from = index + 1;
                        }
                        _ => {}
                    }
                    before = character;
                }
                if let Some(last) = pieces.last_mut() {
                    last.push_str(&literal[from..]);
                }
            }
        }
    }
    for piece in pieces {
        let Some((path, text)) = piece.split_once('=') else {
            continue;
        };
        let value = Value {
            data: crate::fragment::value(text, value.span).data,
            ..value.clone()
        };
        sets.push((path.to_string().trim().into(), value));
    }
}
