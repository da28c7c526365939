//! Grafana's dashboards.

use seaworthy_facts::documents::{Dashboard, Documents};
use seaworthy_facts::{Source, Value, yaml};

/// Reads a file of JSON, if it is a dashboard.
pub(crate) fn read(source: &Source, documents: &mut Documents) {
    let text = source.file.text();
    if !text.contains("\"panels\"")
        || !(text.contains("\"schemaVersion\"") || text.contains("\"templating\""))
    {
        return;
    }
    let Some(document) = yaml::read(&source.file).documents.into_iter().next() else {
        return;
    };
    let mut body = document.value;
    // Exported over the API, it stands in `dashboard`.
    if body.get("panels").is_none()
        && let Some(inner) = body
            .get("dashboard")
            .filter(|inner| inner.get("panels").is_some())
    {
        body = inner.clone();
    }
    if body.get("panels").is_none() {
        return;
    }
    let mut queries = Vec::new();
    collect(&body, &mut queries, 0);
    let variables = body
        .at("templating.list")
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(|variable| Some((variable.get("name")?.str()?.into(), variable.clone())))
        .collect();
    documents.dashboards.push(Dashboard {
        file: source.file.id(),
        body,
        queries,
        variables,
    });
}

/// Expressions of all panels, rows' panels too.
fn collect(value: &Value, queries: &mut Vec<Value>, depth: usize) {
    if depth > 6 {
        return;
    }
    for panel in value.get("panels").map_or(&[][..], Value::items) {
        for target in panel.get("targets").map_or(&[][..], Value::items) {
            let query = ["expr", "query", "rawSql", "expression"]
                .iter()
                .find_map(|key| {
                    target
                        .get(key)
                        .filter(|value| value.str().is_some_and(|text| !text.is_empty()))
                });
            queries.extend(query.cloned());
        }
        collect(panel, queries, depth + 1);
    }
}
