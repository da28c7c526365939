//! Charts whose files are here, expanded for a release.

mod eval;
mod functions;
mod rope;
mod template;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use seaworthy_facts::kubernetes::{Chart, Origin, Release};
use seaworthy_facts::{
    Data, Span, Subject, Trail, Unknown, UnknownKind, Unseen, Value, file_name, is_under, join,
    parent, yaml,
};

use crate::files::Files;
use crate::kinds;
use crate::manifest::Manifest;
use crate::releases::{empty, merge_values};
use eval::{Evaluator, Template};
use rope::Rope;
use value::{NOWHERE, V};

/// The charts that are here, parsed once.
pub(crate) struct Charts<'f, 's> {
    files: &'f Files<'s>,
    folders: Vec<String>,
    parsed: HashMap<String, Rc<ChartFiles>>,
}

/// A chart's own files.
struct ChartFiles {
    /// Templates that print objects: path and tree.
    printing: Vec<(String, Template)>,
    /// Templates by name.
    defined: Vec<(String, Template)>,
    /// What could not be parsed.
    errors: Vec<(String, String)>,
    crds: Vec<Manifest>,
    metadata: Value,
    values: Value,
    texts: HashMap<String, Rc<str>>,
}

/// What a chart prints for a release.
#[derive(Default)]
pub(crate) struct Expanded {
    /// The objects.
    pub(crate) objects: Vec<Manifest>,
    /// Charts it depends on that are not here.
    pub(crate) releases: Vec<Release>,
    /// Something could not be expanded.
    pub(crate) incomplete: bool,
    /// What.
    pub(crate) unseen: Vec<Unseen>,
}

impl<'f, 's> Charts<'f, 's> {
    /// Finds the charts.
    pub(crate) fn new(files: &'f Files<'s>) -> Self {
        let mut folders: Vec<String> = files
            .sources
            .iter()
            .filter(|source| file_name(source.file.path()) == "Chart.yaml")
            .map(|source| parent(source.file.path()).to_owned())
            .collect();
        folders.sort();
        Self {
            files,
            folders,
            parsed: HashMap::new(),
        }
    }

    /// The folders of all charts, also of those inside others.
    pub(crate) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// Whether a chart lies inside another.
    pub(crate) fn is_part(&self, folder: &str) -> bool {
        self.folders
            .iter()
            .any(|other| other != folder && is_under(folder, other))
    }

    /// What the contract says of every chart.
    pub(crate) fn facts(&mut self) -> Vec<Chart> {
        let folders = self.folders.clone();
        folders
            .into_iter()
            .filter_map(|folder| {
                let chart = self.chart(&folder)?;
                let vendored = self
                    .files
                    .by_path(&join(&folder, "Chart.yaml"))
                    .is_some_and(|source| source.vendored)
                    || folder.contains("/charts/")
                        && self.is_part(&folder)
                        && !is_file_dependency(&chart.metadata);
                let mut reads = Vec::new();
                for (_, template) in chart.printing.iter().chain(&chart.defined) {
                    value_reads(&template.text, template.file, &mut reads);
                }
                reads.sort();
                reads.dedup();
                Some(Chart {
                    folder: folder.into(),
                    metadata: chart.metadata.clone(),
                    values: chart.values.clone(),
                    vendored,
                    reads,
                })
            })
            .collect()
    }

    fn chart(&mut self, folder: &str) -> Option<Rc<ChartFiles>> {
        if let Some(chart) = self.parsed.get(folder) {
            return Some(chart.clone());
        }
        let metadata_source = self.files.by_path(&join(folder, "Chart.yaml"))?;
        let metadata_file = metadata_source.file.id();
        let start = Span::new(metadata_file, 0..0);
        let first = |path: &str| {
            let source = self.files.by_path(path)?;
            let documents = self.files.documents(source.file.id())?;
            Some(documents.documents.first()?.value.clone())
        };
        let mut chart = ChartFiles {
            printing: Vec::new(),
            defined: Vec::new(),
            errors: Vec::new(),
            crds: Vec::new(),
            metadata: first(&join(folder, "Chart.yaml")).unwrap_or_else(|| empty(start)),
            values: first(&join(folder, "values.yaml"))
                .filter(|value| value.map().is_some())
                .unwrap_or_else(|| empty(start)),
            texts: HashMap::new(),
        };
        let inside = join(folder, "charts");
        for source in self.files.under(folder) {
            let path = source.file.path();
            if is_under(path, &inside) {
                continue;
            }
            let relative = if folder.is_empty() {
                path
            } else {
                &path[folder.len() + 1..]
            };
            if relative.starts_with("templates/") && !relative.starts_with("templates/tests/") {
                if relative.ends_with("NOTES.txt") {
                    continue;
                }
                let text: Rc<str> = source.file.text().into();
                match template::parse(&text) {
                    Ok(parsed) => {
                        let file = source.file.id();
                        let as_template = |nodes| Template {
                            nodes,
                            file,
                            text: text.clone(),
                        };
                        for (name, nodes) in parsed.defined {
                            chart.defined.push((name, as_template(nodes)));
                        }
                        if !file_name(relative).starts_with('_') {
                            chart
                                .printing
                                .push((relative.to_owned(), as_template(parsed.body)));
                        }
                    }
                    Err(error) => chart.errors.push((path.to_owned(), error)),
                }
            } else if relative.starts_with("crds/") {
                chart
                    .crds
                    .extend(crate::kustomize::manifests_of(self.files, source.file.id()));
            } else {
                chart
                    .texts
                    .insert(relative.to_owned(), source.file.text().into());
            }
        }
        let chart = Rc::new(chart);
        self.parsed.insert(folder.to_owned(), chart.clone());
        Some(chart)
    }

    /// What a chart prints for a release.
    pub(crate) fn expand(&mut self, folder: &str, release: &Release) -> Expanded {
        let mut out = Expanded::default();
        let Some(chart) = self.chart(folder) else {
            out.incomplete = true;
            return out;
        };
        let mut values = chart.values.clone();
        merge_values(&mut values, &release.values);
        let mut templates = HashMap::new();
        self.collect(folder, &mut templates, 0);
        let context = Context { release, templates };
        self.print(folder, values, &context, &mut out, 0);
        let origin = Origin::Chart {
            release: release.name.text().unwrap_or_default(),
        };
        for object in &mut out.objects {
            object.origin = origin.clone();
            if object.namespace().is_none()
                && !kinds::is_cluster_wide(&object.kind)
                && let Some(namespace) = &release.namespace
                && let Some(metadata) =
                    crate::places::ensure(&mut object.body, &["metadata"], namespace.span)
            {
                metadata.set("namespace", namespace.span, namespace.clone());
            }
        }
        out
    }

    /// The named templates of a chart and of those inside it. The outer ones win.
    fn collect(&mut self, folder: &str, templates: &mut HashMap<String, Template>, depth: usize) {
        let Some(chart) = self.chart(folder) else {
            return;
        };
        if depth < 5 {
            for (_, sub) in self.subcharts(folder, &chart) {
                if let Some(sub) = sub {
                    self.collect(&sub, templates, depth + 1);
                }
            }
        }
        for (name, template) in &chart.defined {
            templates.insert(name.clone(), template.clone());
        }
    }

    /// The dependencies with the folder of each that is here.
    fn subcharts(&self, folder: &str, chart: &ChartFiles) -> Vec<(Value, Option<String>)> {
        let mut all: Vec<(Value, Option<String>)> = Vec::new();
        for dependency in chart
            .metadata
            .get("dependencies")
            .into_iter()
            .flat_map(Value::items)
        {
            let Some(name) = dependency.get("name").and_then(Value::str) else {
                continue;
            };
            let local = dependency
                .get("repository")
                .and_then(Value::str)
                .and_then(|repository| repository.strip_prefix("file://"))
                .map(|path| join(folder, path));
            let inside = join(folder, &format!("charts/{name}"));
            let found = [Some(inside), local]
                .into_iter()
                .flatten()
                .find(|folder| self.folders.contains(folder));
            all.push((dependency.clone(), found));
        }
        let prefix = join(folder, "charts");
        for other in &self.folders {
            if parent(other) == prefix
                && !all.iter().any(|(_, found)| found.as_ref() == Some(other))
            {
                let name = Value::string(file_name(other), chart.metadata.span);
                let mut map = seaworthy_facts::Map::default();
                map.set("name", name.span, name);
                all.push((
                    Value::new(Data::Map(map), chart.metadata.span),
                    Some(other.clone()),
                ));
            }
        }
        all
    }

    fn print(
        &mut self,
        folder: &str,
        values: Value,
        context: &Context<'_>,
        out: &mut Expanded,
        depth: usize,
    ) {
        let Some(chart) = self.chart(folder) else {
            return;
        };
        for (path, error) in &chart.errors {
            out.incomplete = true;
            out.unseen.push(unseen(self.files, path, error));
        }
        // Charts inside first: they may be switched off, and see the values under their name.
        if depth < 5 {
            for (dependency, sub) in self.subcharts(folder, &chart) {
                self.print_inner(&dependency, sub, &values, context, out, depth);
            }
        }
        let values = Rc::new(values);
        let dot = root(&chart, context.release, &values, folder);
        let mut evaluator = Evaluator::new(context.templates.clone(), chart.texts.clone());
        for (relative, template) in &chart.printing {
            let path = join(folder, relative);
            evaluator.steps = 0;
            match evaluator.run(template, dot.clone()) {
                Ok(rope) => {
                    let objects = objects(&rope, template);
                    match objects {
                        Ok(objects) => out.objects.extend(objects),
                        Err(error) => {
                            out.incomplete = true;
                            out.unseen.push(unseen(self.files, &path, &error));
                        }
                    }
                }
                Err(error) => {
                    out.incomplete = true;
                    out.unseen.push(unseen(self.files, &path, &error));
                }
            }
        }
        out.incomplete |= evaluator.uncertain;
        out.objects.extend(chart.crds.iter().cloned());
    }

    fn print_inner(
        &mut self,
        dependency: &Value,
        sub: Option<String>,
        values: &Value,
        context: &Context<'_>,
        out: &mut Expanded,
        depth: usize,
    ) {
        let Some(name) = dependency
            .get("alias")
            .or_else(|| dependency.get("name"))
            .and_then(Value::str)
        else {
            return;
        };
        if let Some(condition) = dependency.get("condition").and_then(Value::str) {
            let off = condition
                .split(',')
                .find_map(|path| values.at(path.trim())?.bool())
                == Some(false);
            if off {
                return;
            }
        }
        let own = values.get(name).cloned();
        let Some(sub) = sub else {
            let span = dependency
                .get("name")
                .map_or(dependency.span, |name| name.span);
            let Some(chart) = dependency.get("name").cloned() else {
                return;
            };
            out.releases.push(Release {
                name: context.release.name.clone(),
                namespace: context.release.namespace.clone(),
                chart,
                repository: dependency.get("repository").cloned(),
                version: dependency.get("version").cloned(),
                values: own.unwrap_or_else(|| empty(span)),
                unseen_values: context.release.unseen_values,
                folder: None,
                span,
                applied_by: context.release.applied_by.clone(),
                object: None,
            });
            return;
        };
        let Some(chart) = self.chart(&sub) else {
            return;
        };
        if chart.metadata.get("type").and_then(Value::str) == Some("library") {
            return;
        }
        let mut inner = chart.values.clone();
        if let Some(own) = own
            && own.map().is_some()
        {
            merge_values(&mut inner, &own);
        }
        if let Some(global) = values.get("global")
            && let Data::Map(map) = &mut inner.data
        {
            let mut merged = map
                .get("global")
                .cloned()
                .unwrap_or_else(|| empty(global.span));
            merge_values(&mut merged, global);
            map.set("global", global.span, merged);
        }
        self.print(&sub, inner, context, out, depth + 1);
    }
}

struct Context<'r> {
    release: &'r Release,
    templates: HashMap<String, Template>,
}

fn is_file_dependency(_metadata: &Value) -> bool {
    false
}

fn unseen(files: &Files<'_>, path: &str, error: &str) -> Unseen {
    Unseen {
        subject: Subject::Template,
        name: path.into(),
        why: error.into(),
        span: files
            .by_path(path)
            .map(|source| Span::new(source.file.id(), 0..0)),
    }
}

/// `.`: values, release, chart and the rest.
fn root(chart: &ChartFiles, release: &Release, values: &Rc<Value>, folder: &str) -> V {
    let value =
        |value: Option<&Value>| value.map_or_else(V::nil, |value| V::Value(Rc::new(value.clone())));
    let namespace = release.namespace.as_ref().map_or_else(
        || {
            V::data(Data::Unknown(Unknown::new(
                UnknownKind::Variable,
                ".Release.Namespace",
            )))
        },
        |namespace| V::Value(Rc::new(namespace.clone())),
    );
    let chart_name = chart
        .metadata
        .get("name")
        .and_then(Value::str)
        .unwrap_or_default();
    V::dict(vec![
        ("Values".into(), V::Value(values.clone())),
        (
            "Release".into(),
            V::dict(vec![
                ("Name".into(), V::Value(Rc::new(release.name.clone()))),
                ("Namespace".into(), namespace),
                ("Service".into(), V::text("Helm")),
                ("IsInstall".into(), V::bool(true)),
                ("IsUpgrade".into(), V::bool(false)),
                ("Revision".into(), V::number(1.0)),
            ]),
        ),
        (
            "Chart".into(),
            V::dict(vec![
                ("Name".into(), value(chart.metadata.get("name"))),
                ("Version".into(), value(chart.metadata.get("version"))),
                ("AppVersion".into(), value(chart.metadata.get("appVersion"))),
                ("Type".into(), value(chart.metadata.get("type"))),
                (
                    "Description".into(),
                    value(chart.metadata.get("description")),
                ),
                (
                    "Annotations".into(),
                    value(chart.metadata.get("annotations")),
                ),
                ("IsRoot".into(), V::bool(true)),
            ]),
        ),
        (
            "Capabilities".into(),
            V::dict(vec![
                (
                    "KubeVersion".into(),
                    V::dict(vec![
                        ("Version".into(), V::text("v1.33.0")),
                        ("GitVersion".into(), V::text("v1.33.0")),
                        ("Major".into(), V::text("1")),
                        ("Minor".into(), V::text("33")),
                    ]),
                ),
                ("APIVersions".into(), V::ApiVersions),
                (
                    "HelmVersion".into(),
                    V::dict(vec![("Version".into(), V::text("v3.19.0"))]),
                ),
            ]),
        ),
        (
            "Template".into(),
            V::dict(vec![
                ("Name".into(), V::text(format!("{chart_name}/templates"))),
                (
                    "BasePath".into(),
                    V::text(format!("{chart_name}/templates")),
                ),
            ]),
        ),
        ("Files".into(), V::Files),
        ("Subcharts".into(), V::unknown("Subcharts")),
        ("\u{0}folder".into(), V::text(folder)),
    ])
}

/// The objects of a printed file.
fn objects(rope: &Rope, template: &Template) -> Result<Vec<Manifest>, String> {
    let text = rope.text();
    if text.literal().is_some_and(|text| text.trim().is_empty()) {
        return Ok(Vec::new());
    }
    // For each piece, where it starts in the text.
    let mut starts = Vec::with_capacity(rope.pieces.len());
    let mut at = 0;
    for piece in &rope.pieces {
        starts.push(at);
        at += piece.text.len();
    }
    let from: RefCell<HashMap<Span, (Span, bool)>> = RefCell::new(HashMap::new());
    let whole = Span::new(template.file, 0..0);
    let place = |range: std::ops::Range<usize>| {
        let mut index = starts
            .partition_point(|start| *start <= range.start)
            .saturating_sub(1);
        // Of pieces that start at one byte, holes and empty ones come first.
        while index > 0
            && starts[index] == range.start
            && rope.pieces[index - 1].hole.is_some()
            && starts[index - 1] == range.start
        {
            index -= 1;
        }
        // What stands in quotes, or behind them, came from the piece inside.
        let Some(mut piece) = rope.pieces.get(index) else {
            return whole;
        };
        if piece.text.trim_matches(['"', '\'', ' ']).is_empty()
            && piece.hole.is_none()
            && let Some(next) = rope.pieces.get(index + 1)
            && starts[index + 1] < range.end
        {
            piece = next;
        }
        let offset = range.start.saturating_sub(starts[index]);
        let span = match piece.at {
            Some(at) if piece.verbatim && std::ptr::eq(piece, &raw const rope.pieces[index]) => {
                at.part(offset..offset + (range.end - range.start))
            }
            Some(at) => at,
            None => piece.from.unwrap_or(whole),
        };
        match (piece.from, piece.printed) {
            (Some(source), true) => {
                from.borrow_mut().insert(source, (span, true));
                source
            }
            (Some(source), false) => {
                from.borrow_mut().insert(span, (source, false));
                span
            }
            _ => {
                // A value that only contains what was put in: `{{ x }}-suffix`, `prefix-{{ x }}`.
                if let Some(inner) = rope.pieces[index..]
                    .iter()
                    .zip(&starts[index..])
                    .take_while(|(_, start)| **start < range.end)
                    .find_map(|(piece, _)| piece.from)
                    && range.end - range.start < 300
                {
                    from.borrow_mut().entry(span).or_insert((inner, false));
                }
                span
            }
        }
    };
    let documents = yaml::read_text(&text, &place);
    if let Some(broken) = documents.broken.first() {
        return Err(format!("what it prints is no YAML: {}", broken.message));
    }
    let from = from.into_inner();
    let mut all = Vec::new();
    for document in documents.documents {
        let mut value = document.value;
        trails(&mut value, &from);
        all.extend(Manifest::all(&value, document.span, template.file));
    }
    for object in &mut all {
        if object.span.file != template.file {
            object.span = Span::new(template.file, object.span.start..object.span.start);
        }
        if object.block.file == NOWHERE.file || object.block.file != template.file {
            object.block = object.span;
        }
        if object.span.file == NOWHERE.file {
            object.span = whole;
        }
    }
    Ok(all)
}

fn trails(value: &mut Value, from: &HashMap<Span, (Span, bool)>) {
    match &mut value.data {
        Data::List(items) => items.iter_mut().for_each(|item| trails(item, from)),
        Data::Map(map) => {
            for entry in &mut map.entries {
                trails(&mut entry.value, from);
            }
        }
        _ => {
            if let Some((other, printed)) = from.get(&value.span) {
                let says = if *printed {
                    "the template prints it here"
                } else {
                    "the chart's value"
                };
                value.trail = Trail::default().via(*other, says);
            }
        }
    }
}

/// Every path of `.Values` that a text reads.
fn value_reads(text: &str, file: seaworthy_facts::FileId, reads: &mut Vec<(Arc<str>, Span)>) {
    for (at, found) in text.match_indices(".Values.") {
        let start = at + found.len();
        let end = text[start..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .map_or(text.len(), |end| start + end);
        let path = text[start..end].trim_end_matches('.');
        if !path.is_empty() {
            reads.push((path.into(), Span::new(file, at..start + path.len())));
        }
    }
}
