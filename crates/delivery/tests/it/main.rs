//! What readers make of small sources.

mod github;
mod hostile;
mod images;
mod pipelines;
mod shell;

use seaworthy_facts::delivery::{Deed, What};
use seaworthy_facts::{Facts, SourceKind, SourceRoot, Sources, Value};

/// Reads files given as path and text.
pub(crate) fn read(files: &[(&str, &str)]) -> (Sources, Facts) {
    let mut sources = Sources::default();
    sources.add_root(SourceRoot::default());
    for (path, text) in files {
        sources.add(0, *path, *text, SourceKind::of(path, text), false);
    }
    let mut facts = Facts::default();
    seaworthy_delivery::read(&sources, &mut facts);
    (sources, facts)
}

pub(crate) fn text(value: &Value) -> String {
    value
        .text()
        .map_or_else(|| "-".to_owned(), |text| text.to_string())
}

/// A deed on one line, with the line it stands on.
pub(crate) fn shown(sources: &Sources, deed: &Deed) -> String {
    let what = match &deed.what {
        What::BuildImage {
            tags,
            context,
            push,
            ..
        } => format!(
            "build {} from {}{}",
            tags.iter().map(text).collect::<Vec<_>>().join(","),
            context.as_ref().map_or("-".to_owned(), text),
            if *push { " and push" } else { "" }
        ),
        What::PushImage { image } => format!("push {}", text(image)),
        What::TagImage { from, to } => format!("tag {} as {}", text(from), text(to)),
        What::Apply {
            paths,
            kustomize,
            delete,
            text: given,
            ..
        } => format!(
            "{}{} {}{}",
            if *delete { "delete" } else { "apply" },
            if *kustomize { " -k" } else { "" },
            paths.iter().map(text).collect::<Vec<_>>().join(","),
            given
                .as_ref()
                .map_or(String::new(), |given| format!(" {:?}", text(given)))
        ),
        What::InstallChart {
            release,
            chart,
            repository,
            sets,
            ..
        } => format!(
            "chart {} {} of {} {}",
            release.as_ref().map_or("-".to_owned(), text),
            chart.as_ref().map_or("-".to_owned(), text),
            repository.as_ref().map_or("-".to_owned(), text),
            sets.iter()
                .map(|(path, value)| format!("{path}={}", text(value)))
                .collect::<Vec<_>>()
                .join(",")
        ),
        What::Terraform { verb, folder, .. } => format!("{verb} {folder}"),
        What::Call { name, file } => format!(
            "call {} {}",
            text(name),
            if file.is_some() { "here" } else { "-" }
        ),
        What::CreateObject {
            kind, name, keys, ..
        } => format!(
            "create {kind} {} {}",
            text(name),
            keys.iter()
                .map(|(key, _)| key.to_string())
                .collect::<Vec<_>>()
                .join(",")
        ),
        What::SetImage { target, image } => format!(
            "set image of {} to {}",
            target.as_ref().map_or("-".to_owned(), text),
            image.as_ref().map_or("-".to_owned(), text)
        ),
        What::AssumeRole { role, .. } => format!("role {}", text(role)),
        What::EditFile { file, .. } => format!("edit {}", text(file)),
        What::CloudCall {
            service, operation, ..
        } => format!("{service} {operation}"),
        other => format!("{other:?}"),
    };
    let ignored = if deed.failure_ignored {
        " (ignored)"
    } else {
        ""
    };
    let called: Vec<String> = deed
        .called_at
        .iter()
        .map(|span| format!(" < {}:{}", sources.path(span.file), sources.line(*span)))
        .collect();
    format!(
        "{}:{} {what}{ignored}{}",
        sources.path(deed.span.file),
        sources.line(deed.span),
        called.concat()
    )
}

/// Every deed of a run, one a line.
pub(crate) fn deeds(files: &[(&str, &str)]) -> String {
    let (sources, facts) = read(files);
    let lines: Vec<String> = facts
        .delivery
        .deeds()
        .map(|(_, deed)| shown(&sources, deed))
        .collect();
    lines.join("\n")
}
