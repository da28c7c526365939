//! The graph as DOT, as a picture and as JSON.

use std::fmt::Write as _;

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use petgraph::visit::EdgeRef as _;

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

    /// As a picture. Drawing takes time with the square of the nodes; a few hundred are what an eye can follow.
    pub fn svg(&self) -> String {
        let mut picture = VisualGraph::new(Orientation::LeftToRight);
        let handles: Vec<_> = self
            .nodes()
            .map(|(_, node)| {
                let text = format!("{}\n{}", node.kind.as_str(), node.name);
                // The library does not measure text; a character of its font is about half as wide as high.
                let longest = text.lines().map(|line| line.chars().count()).max();
                let size = Point::new(longest.unwrap_or(0) as f64 * 8.0 + 16.0, 48.0);
                let mut style = StyleAttr::simple();
                style.font_size = 13;
                let shape = ShapeKind::new_box(&markup(&text));
                let element = Element::create(shape, style, Orientation::LeftToRight, size);
                picture.add_node(element)
            })
            .collect();
        for edge in self.graph.edge_references() {
            let arrow = Arrow::simple(edge.weight().relation.as_str());
            let (from, to) = (edge.source().index(), edge.target().index());
            picture.add_edge(arrow, handles[from], handles[to]);
        }
        let mut writer = SVGWriter::new();
        picture.do_it(false, false, false, &mut writer);
        writer.finalize()
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

/// The library writes text into the picture as it is.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
