//! Roots meet by the outputs of their states: what one reads another gives, and comes before it.

use std::collections::BTreeMap;

use seaworthy_render::opentofu::{Root, roots};
use seaworthy_render::{Input, Rendered};

use crate::platforms::{all, definition};

#[test]
fn what_a_root_reads_of_another_is_an_output_there() {
    let mut seen = 0;
    for platform in all() {
        let rendered = platform.render();
        let definition = definition(&platform.name, &platform.text);
        let roots = roots(&Input::new(&definition, &[]));
        let known: BTreeMap<&str, &Root> = roots
            .iter()
            .map(|root| (root.folder.as_str(), root))
            .collect();
        for root in &roots {
            for (of, output) in remote_outputs(&rendered, root) {
                let read = root
                    .reads
                    .iter()
                    .find(|folder| folder.rsplit('/').next() == Some(of.as_str()));
                let read = read.unwrap_or_else(|| {
                    panic!("{}: {} does not read `{of}`", platform.name, root.folder)
                });
                let read = known.get(read.as_str()).unwrap_or_else(|| {
                    panic!(
                        "{}: {} reads {read}, which is not rendered",
                        platform.name, root.folder
                    )
                });
                seen += 1;
                let outputs = text(&rendered, read, "outputs.tf");
                assert!(
                    outputs.contains(&format!("output \"{output}\"")),
                    "{}: {} reads `{output}`, which is no output of {}",
                    platform.name,
                    root.folder,
                    read.folder
                );
            }
        }
    }
    assert!(seen > 10, "only {seen} outputs are read");
}

#[test]
fn a_root_comes_after_those_it_reads() {
    for platform in all() {
        let definition = definition(&platform.name, &platform.text);
        let roots = roots(&Input::new(&definition, &[]));
        let folders: Vec<&str> = roots.iter().map(|root| root.folder.as_str()).collect();
        for (place, root) in roots.iter().enumerate() {
            for read in &root.reads {
                let at = folders.iter().position(|folder| folder == read);
                assert!(
                    at.is_some_and(|at| at < place),
                    "{}: {read} comes after {}",
                    platform.name,
                    root.folder
                );
            }
        }
    }
}

fn text<'a>(rendered: &'a Rendered, root: &Root, file: &str) -> &'a str {
    rendered
        .tree
        .get(&format!("{}/{file}", root.folder))
        .map_or("", |file| file.text.as_str())
}

/// Every `data.terraform_remote_state.ROOT.outputs.NAME` in a root.
fn remote_outputs(rendered: &Rendered, root: &Root) -> Vec<(String, String)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    ["main.tf", "outputs.tf", "providers.tf"]
        .iter()
        .flat_map(|file| {
            text(rendered, root, file)
                .split("data.terraform_remote_state.")
                .skip(1)
        })
        .filter_map(|rest| {
            let (of, rest) = rest.split_once(".outputs.")?;
            let output = rest.split(|c| !is_name(c)).next()?;
            Some((of.to_owned(), output.to_owned()))
        })
        .collect()
}
