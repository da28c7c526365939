//! The graph as DOT and as JSON.

use std::fmt::Write as _;

use seaworthy_facts::{Sources, Span};
use serde_json::{Value, json};

use super::LinkGraph;

impl LinkGraph {
    /// For Graphviz.
    pub fn dot(&self) -> String {
        let mut text = String::from(
            "digraph platform {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
        );
        for (index, node) in self.nodes() {
            let scope = if node.scope.is_empty() {
                String::new()
            } else {
                format!("\\n{}", escaped(&node.scope))
            };
            let style = if node.span.is_none() {
                ", style=dashed"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "  n{} [label=\"{}\\n{}{scope}\"{style}];",
                index.index(),
                node.kind.as_str(),
                escaped(&node.name),
            );
        }
        for edge in self.graph.edge_references() {
            use petgraph::visit::EdgeRef as _;
            let _ = writeln!(
                text,
                "  n{} -> n{} [label=\"{}\"];",
                edge.source().index(),
                edge.target().index(),
                edge.weight().relation.as_str(),
            );
        }
        text.push_str("}\n");
        text
    }

    /// `{"nodes": [{id, kind, name, scope, file, line}], "edges": [{from, to, relation, file, line}]}`; file and line
    /// are null for what is only referred to.
    pub fn json(&self, sources: &Sources) -> Value {
        let place = |span: Option<Span>| {
            span.map_or((Value::Null, Value::Null), |span| {
                (json!(sources.path(span.file)), json!(sources.line(span)))
            })
        };
        let nodes: Vec<Value> = self
            .nodes()
            .map(|(index, node)| {
                let (file, line) = place(node.span);
                json!({
                    "id": index.index(),
                    "kind": node.kind.as_str(),
                    "name": &*node.name,
                    "scope": &*node.scope,
                    "file": file,
                    "line": line,
                })
            })
            .collect();
        let edges: Vec<Value> = self
            .graph
            .edge_references()
            .map(|edge| {
                use petgraph::visit::EdgeRef as _;
                let (file, line) = place(edge.weight().span);
                json!({
                    "from": edge.source().index(),
                    "to": edge.target().index(),
                    "relation": edge.weight().relation.as_str(),
                    "file": file,
                    "line": line,
                })
            })
            .collect();
        json!({ "nodes": nodes, "edges": edges })
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
