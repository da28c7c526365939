//! Clouds, GitOps tools and the code host.

use seaworthy_facts::Value;
use seaworthy_facts::delivery::What;

use super::Line;
use super::options::Options;

pub(super) fn aws(line: &Line<'_>) -> Vec<What> {
    let mut words = line.arguments;
    while let Some(word) = words.first().and_then(Value::text) {
        if !word.known_prefix().starts_with("--") {
            break;
        }
        let alone = word.to_string().contains('=')
            || matches!(
                word.literal(),
                Some("--no-cli-pager" | "--debug" | "--no-verify-ssl" | "--no-paginate")
            );
        words = words.get(if alone { 1 } else { 2 }..).unwrap_or_default();
    }
    let [service, operation, arguments @ ..] = words else {
        return Vec::new();
    };
    let (Some(service), Some(operation)) = (service.str(), operation.str()) else {
        return Vec::new();
    };
    let mut what = vec![What::CloudCall {
        service: service.into(),
        operation: operation.into(),
        arguments: arguments.to_vec(),
    }];
    if (service, operation) == ("sts", "assume-role")
        || (service, operation) == ("sts", "assume-role-with-web-identity")
    {
        let options = Options::new(arguments, &["role-arn", "role-session-name", "region"]);
        if let Some(role) = options.one(&["role-arn"]) {
            what.push(What::AssumeRole {
                role,
                region: options.one(&["region"]),
            });
        }
    }
    what
}

pub(super) fn others(line: &Line<'_>) -> Vec<What> {
    let [group, operation, arguments @ ..] = line.arguments else {
        return Vec::new();
    };
    let (Some(group), Some(operation)) = (group.str(), operation.str()) else {
        return Vec::new();
    };
    vec![What::CloudCall {
        service: line.program.into(),
        operation: format!("{group} {operation}").into(),
        arguments: arguments.to_vec(),
    }]
}

pub(super) fn host(line: &Line<'_>) -> Vec<What> {
    let options = Options::new(
        line.arguments,
        &[
            "C",
            "c",
            "R",
            "repo",
            "t",
            "title",
            "n",
            "notes",
            "F",
            "notes-file",
            "target",
            "o",
            "m",
        ],
    );
    match (line.program, options.word(0), options.word(1)) {
        ("git", "push", _) => vec![What::PushCommits],
        ("gh", "release", "create") => vec![What::PublishRelease {
            draft: options.has(&["draft", "d"]),
        }],
        ("goreleaser", "release", _) if !options.has(&["snapshot", "skip-publish"]) => {
            vec![What::PublishRelease { draft: false }]
        }
        _ => Vec::new(),
    }
}
