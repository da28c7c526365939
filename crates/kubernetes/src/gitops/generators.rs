//! Generators of Argo CD's ApplicationSet, as far as files decide what they give.

use std::collections::BTreeMap;

use globset::Glob;
use seaworthy_facts::{Data, FileId, Part, Text, Unknown, UnknownKind, Value, file_name, is_under};

use crate::files::Files;
use crate::manifest::Manifest;
use crate::repositories::Repositories;

/// The parameters of one Application: dotted names with values.
pub(crate) type Parameters = BTreeMap<String, Value>;

/// More than an ApplicationSet of files has.
const MOST: usize = 500;

/// What the generators of a set give; `None` stands for those that files do not decide.
pub(crate) fn parameters(
    set: &Manifest,
    files: &Files<'_>,
    repositories: &mut Repositories<'_, '_>,
) -> Vec<Option<Parameters>> {
    let mut all = Vec::new();
    for generator in set
        .body
        .at("spec.generators")
        .into_iter()
        .flat_map(Value::items)
    {
        all.extend(of_generator(generator, set.file, files, repositories, 0));
    }
    all.truncate(MOST);
    all
}

fn of_generator(
    generator: &Value,
    near: FileId,
    files: &Files<'_>,
    repositories: &mut Repositories<'_, '_>,
    depth: usize,
) -> Vec<Option<Parameters>> {
    if let Some(elements) = generator.at("list.elements") {
        return elements
            .items()
            .iter()
            .map(|element| {
                let mut parameters = Parameters::new();
                flatten(&mut parameters, "", element);
                Some(parameters)
            })
            .collect();
    }
    if let Some(git) = generator.get("git") {
        return of_git(git, near, files, repositories).unwrap_or_else(|| vec![None]);
    }
    if let Some(clusters) = generator
        .get("clusters")
        .or_else(|| generator.get("clusterDecisionResource"))
    {
        return vec![Some(of_clusters(clusters))];
    }
    if let Some(merge) = generator.get("merge")
        && depth < 2
    {
        return of_merge(merge, near, files, repositories, depth);
    }
    if let Some(matrix) = generator.at("matrix.generators")
        && depth < 2
        && let [first, second] = matrix.items()
    {
        let first = of_generator(first, near, files, repositories, depth + 1);
        let second = of_generator(second, near, files, repositories, depth + 1);
        let mut all = Vec::new();
        for a in &first {
            for b in &second {
                if all.len() >= MOST {
                    return all;
                }
                all.push(match (a, b) {
                    (Some(a), Some(b)) => {
                        let mut both = a.clone();
                        both.extend(b.clone());
                        Some(both)
                    }
                    // What one side gives is known of every Application.
                    (Some(one), None) | (None, Some(one)) => Some(one.clone()),
                    (None, None) => None,
                });
            }
        }
        return all;
    }
    vec![None]
}

/// What is known of every cluster that a generator takes: the labels it selects by, and its own values. The clusters
/// themselves are registered in Argo CD, so that their names and servers are holes; what is applied to them does not
/// depend on those.
fn of_clusters(clusters: &Value) -> Parameters {
    let mut parameters = Parameters::new();
    if let Some(labels) = clusters
        .at("selector.matchLabels")
        .or_else(|| clusters.at("labelSelector.matchLabels"))
    {
        flatten(&mut parameters, "metadata.labels", labels);
    }
    if let Some(values) = clusters.get("values") {
        flatten(&mut parameters, "values", values);
    }
    parameters
}

/// The first generator's sets of parameters, each with those that the others give for the same keys. Where it is not
/// known whether they are the same, what the others would change is a hole.
fn of_merge(
    merge: &Value,
    near: FileId,
    files: &Files<'_>,
    repositories: &mut Repositories<'_, '_>,
    depth: usize,
) -> Vec<Option<Parameters>> {
    let keys: Vec<&str> = merge
        .get("mergeKeys")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(Value::str)
        .collect();
    let mut generators = merge
        .get("generators")
        .into_iter()
        .flat_map(Value::items)
        .map(|generator| of_generator(generator, near, files, repositories, depth + 1))
        .collect::<Vec<_>>()
        .into_iter();
    let mut base = generators.next().unwrap_or_default();
    for parameters in base.iter_mut().flatten() {
        for other in generators.as_slice().iter().flatten() {
            let Some(other) = other else { continue };
            let same = keys.iter().all(|key| {
                matches!((parameters.get(*key), other.get(*key)),
                    (Some(own), Some(theirs)) if own.text().is_some() && own.text() == theirs.text())
            });
            let differs = keys.iter().any(|key| {
                matches!((parameters.get(*key).and_then(Value::str), other.get(*key).and_then(Value::str)),
                    (Some(own), Some(theirs)) if own != theirs)
            });
            for (name, value) in other {
                if same {
                    parameters.insert(name.clone(), value.clone());
                } else if !differs {
                    parameters.remove(name);
                }
            }
        }
    }
    base
}

fn of_git(
    git: &Value,
    near: FileId,
    files: &Files<'_>,
    repositories: &mut Repositories<'_, '_>,
) -> Option<Vec<Option<Parameters>>> {
    let url = git.get("repoURL")?.text()?.to_string();
    for entry in git
        .get("directories")
        .into_iter()
        .chain(git.get("files"))
        .flat_map(Value::items)
    {
        if let Some(path) = entry.get("path").and_then(Value::str) {
            let fixed: Vec<&str> = path
                .split('/')
                .take_while(|part| !part.contains(['*', '{', '?']))
                .collect();
            repositories.note(&url, &fixed.join("/"));
        }
    }
    let base = repositories.folder(&url, near)?;
    let mut all = Vec::new();
    if let Some(directories) = git.get("directories") {
        let mut wanted = Vec::new();
        let mut refused = Vec::new();
        for entry in directories.items() {
            let Some(path) = entry.get("path").and_then(Value::str) else {
                continue;
            };
            let Ok(glob) = globset::GlobBuilder::new(path)
                .literal_separator(true)
                .build()
            else {
                continue;
            };
            if entry.get("exclude").and_then(Value::bool) == Some(true) {
                refused.push(glob.compile_matcher());
            } else {
                wanted.push((glob.compile_matcher(), entry));
            }
        }
        let mut folders: Vec<&str> = files
            .all_folders()
            .filter(|folder| is_under(folder, &base))
            .map(|folder| {
                if base.is_empty() {
                    folder
                } else {
                    folder.get(base.len() + 1..).unwrap_or_default()
                }
            })
            .filter(|folder| !folder.is_empty())
            .collect();
        folders.sort_unstable();
        for folder in folders {
            if let Some((_, entry)) = wanted.iter().find(|(glob, _)| glob.is_match(folder))
                && !refused.iter().any(|glob| glob.is_match(folder))
            {
                let span = entry.get("path").map_or(entry.span, |path| path.span);
                all.push(Some(path_parameters(folder, span)));
            }
        }
    }
    if let Some(list) = git.get("files") {
        for entry in list.items() {
            let Some(path) = entry.get("path").and_then(Value::str) else {
                continue;
            };
            let Ok(glob) = Glob::new(path) else { continue };
            let glob = glob.compile_matcher();
            for source in files.under(&base) {
                let own = source.file.path();
                let relative = if base.is_empty() {
                    own
                } else {
                    own.get(base.len() + 1..).unwrap_or_default()
                };
                if !glob.is_match(relative) {
                    continue;
                }
                let Some(document) = files
                    .documents(source.file.id())
                    .and_then(|documents| documents.documents.first())
                else {
                    continue;
                };
                let mut parameters = path_parameters(
                    seaworthy_facts::parent(relative),
                    entry.get("path").map_or(entry.span, |path| path.span),
                );
                flatten(&mut parameters, "", &document.value);
                all.push(Some(parameters));
            }
        }
    }
    Some(all)
}

fn path_parameters(folder: &str, span: seaworthy_facts::Span) -> Parameters {
    let mut parameters = Parameters::new();
    let mut put = |key: String, text: String| {
        parameters.insert(key, Value::string(text, span));
    };
    let base = file_name(folder);
    put("path".into(), folder.into());
    put("path.path".into(), folder.into());
    put("path.basename".into(), base.into());
    put(
        "path.basenameNormalized".into(),
        base.to_ascii_lowercase()
            .replace(|c: char| !(c.is_ascii_alphanumeric() || c == '.'), "-"),
    );
    for (index, part) in folder.split('/').enumerate() {
        put(format!("path[{index}]"), part.into());
        put(format!("path.segments.{index}"), part.into());
    }
    parameters
}

fn flatten(into: &mut Parameters, prefix: &str, value: &Value) {
    let name = |key: &str| {
        if prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{prefix}.{key}")
        }
    };
    match &value.data {
        Data::Map(map) => {
            for entry in &map.entries {
                flatten(into, &name(&entry.key), &entry.value);
            }
        }
        Data::List(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(into, &name(&index.to_string()), item);
            }
        }
        _ => {
            into.insert(prefix.to_owned(), value.clone());
        }
    }
}

/// The template with its parameters put in. What has no parameter is a hole.
pub(crate) fn render(value: &mut Value, parameters: &Parameters) {
    match &mut value.data {
        Data::Text(text) => {
            let Some(literal) = text.literal().filter(|literal| literal.contains("{{")) else {
                return;
            };
            let (new, used) = filled(literal, parameters);
            if let Some(used) = used {
                value.trail = value.trail.via(used, "what the generator gives");
            }
            value.data = match new.parts() {
                [Part::Hole(unknown)] => Data::Unknown(unknown.clone()),
                _ => Data::Text(new),
            };
        }
        Data::List(items) => items.iter_mut().for_each(|item| render(item, parameters)),
        Data::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| render(&mut entry.value, parameters)),
        _ => {}
    }
}

fn filled(literal: &str, parameters: &Parameters) -> (Text, Option<seaworthy_facts::Span>) {
    let mut text = Text::default();
    let mut used = None;
    let mut rest = literal;
    while let Some(at) = rest.find("{{") {
        text.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let Some(end) = inner.find("}}") else {
            rest = &rest[at..];
            break;
        };
        let expression = inner[..end].trim().trim_matches('-').trim();
        // `{{ `{{` }}` is how a template writes braces.
        if let Some(quoted) = quoted(expression) {
            text.push_str(quoted);
            rest = &inner[end + 2..];
            continue;
        }
        let name = expression.strip_prefix('.').unwrap_or(expression);
        let name = match name.strip_prefix("index .") {
            // `index .path.segments 1`
            Some(rest) => rest
                .split_whitespace()
                .map(|word| word.trim_matches('"'))
                .collect::<Vec<_>>()
                .join("."),
            None => name.to_owned(),
        };
        match parameters
            .get(&name)
            .and_then(|value| Some((value.text()?, value.span)))
        {
            Some((value, span)) => {
                text.push(&value);
                used.get_or_insert(span);
            }
            None => text.push_hole(Unknown::new(UnknownKind::Template, expression)),
        }
        rest = &inner[end + 2..];
    }
    text.push_str(rest);
    (text, used)
}

/// The text of an expression that is nothing but one.
fn quoted(expression: &str) -> Option<&str> {
    ['`', '"', '\''].into_iter().find_map(|quote| {
        expression
            .strip_prefix(quote)?
            .strip_suffix(quote)
            .filter(|inner| !inner.contains(quote))
    })
}
