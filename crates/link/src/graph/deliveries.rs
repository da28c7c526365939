//! Nodes and relations of pipelines, scripts and builds.

use petgraph::graph::NodeIndex;
use seaworthy_facts::delivery::{Deed, ScriptKind, What};
use seaworthy_facts::{Text, Value, join};

use super::clusters::add_tag;
use super::{LinkGraph, NodeKind, Relation};
use crate::World;

pub(super) fn add(graph: &mut LinkGraph, world: &World) {
    for workflow in &world.facts.delivery.workflows {
        let file = world.sources.path(workflow.file);
        let whole = world.sources.get(workflow.file).file.span(0..0);
        let pipeline = graph.add(NodeKind::Pipeline, "", file, Some(whole));
        for job in &workflow.jobs {
            let node = graph.add(
                NodeKind::Job,
                file,
                format!("{file}:{}", job.id),
                Some(job.span),
            );
            graph.relate(pipeline, Relation::Uses, node, Some(job.span));
            for deed in job.steps.iter().flat_map(|step| &step.deeds) {
                does(graph, world, node, deed);
            }
        }
    }
    for pipeline in &world.facts.delivery.pipelines {
        let file = world.sources.path(pipeline.file);
        let whole = world.sources.get(pipeline.file).file.span(0..0);
        let node = graph.add(NodeKind::Pipeline, "", file, Some(whole));
        for deed in &pipeline.deeds {
            does(graph, world, node, deed);
        }
    }
    for script in &world.facts.delivery.scripts {
        if script.kind == ScriptKind::Document {
            continue;
        }
        let file = world.sources.path(script.file);
        let name = match &script.target {
            Some(target) => format!("{file}:{target}"),
            None => file.to_owned(),
        };
        let node = graph.add(NodeKind::Script, "", name, Some(script.span));
        for deed in &script.deeds {
            does(graph, world, node, deed);
        }
    }
}

fn does(graph: &mut LinkGraph, world: &World, node: NodeIndex, deed: &Deed) {
    match &deed.what {
        What::PushImage { image } => push(graph, node, image, deed),
        What::BuildImage {
            tags,
            push: true,
            context,
            ..
        } => {
            for tag in tags {
                push(graph, node, tag, deed);
            }
            if let Some(folder) = context.as_ref().and_then(Value::str) {
                let path = graph.add(NodeKind::Path, "", below(deed, folder), None);
                graph.relate(node, Relation::Uses, path, Some(deed.span));
            }
        }
        What::AssumeRole { role, .. } => {
            let Some(text) = role.text() else { return };
            let name = text
                .rsplit_once('/')
                .map_or_else(|| text.to_string(), |(_, name)| name.to_string());
            let declared = world
                .facts
                .terraform
                .resources("aws_iam_role")
                .find(|(_, role)| role.str("name") == Some(&name))
                .map(|(root, role)| (root.folder.as_str(), role.span));
            let scope = declared.map_or("", |(folder, _)| folder);
            let target = graph.add(NodeKind::Role, scope, name, declared.map(|(_, span)| span));
            graph.relate(node, Relation::Assumes, target, Some(role.span));
        }
        What::Terraform { verb, folder, .. } if &**verb == "apply" => {
            let name = folder.to_string();
            let name = if name.is_empty() {
                ".".to_owned()
            } else {
                name
            };
            let state = graph.add(NodeKind::State, "", name, None);
            graph.relate(node, Relation::Applies, state, Some(deed.span));
        }
        What::Apply {
            paths,
            delete: false,
            ..
        } => {
            for path in paths
                .iter()
                .filter_map(Value::str)
                .filter(|path| *path != "-")
            {
                let path = graph.add(NodeKind::Path, "", below(deed, path), None);
                graph.relate(node, Relation::Applies, path, Some(deed.span));
            }
        }
        What::InstallChart {
            release: Some(release),
            ..
        } => {
            if let Some(name) = release.text() {
                let target = graph
                    .nodes()
                    .find(|(_, node)| {
                        node.kind == NodeKind::Release && *node.name == *name.to_string()
                    })
                    .map(|(index, _)| index);
                let target = target
                    .unwrap_or_else(|| graph.add(NodeKind::Release, "", name.to_string(), None));
                graph.relate(node, Relation::Applies, target, Some(deed.span));
            }
        }
        What::Call {
            file: Some(file), ..
        } => {
            let script = graph.add(NodeKind::Script, "", world.sources.path(*file), None);
            graph.relate(node, Relation::Uses, script, Some(deed.span));
        }
        _ => {}
    }
}

fn push(graph: &mut LinkGraph, node: NodeIndex, image: &Value, deed: &Deed) {
    let texts: Vec<Text> = image.text().map(|text| text.expanded()).unwrap_or_default();
    for text in texts {
        let tag = add_tag(graph, &text);
        graph.relate(node, Relation::Pushes, tag, Some(deed.span));
    }
}

fn below(deed: &Deed, path: &str) -> String {
    let path = join(deed.folder.literal().unwrap_or_default(), path);
    if path.is_empty() {
        ".".to_owned()
    } else {
        path
    }
}
