//! A volume names a class that nobody makes.

use seaworthy_diagnostics::suggest;
use seaworthy_link::references::near_name;
use seaworthy_link::{World, volumes};

use super::eks;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "storage-class-missing",
    severity: Severity::Breaks,
    page: include_str!("storage-class-missing.md"),
    check,
};

/// The class that EKS makes.
const BUILT_IN: &str = "gp2";

/// The class that the EBS driver's add-on makes where its configuration asks for one.
const OF_DRIVER: &str = "ebs-csi-default-sc";

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let resource = eks::under(world, cluster)
            .map(|(_, resource)| resource)
            .filter(|_| !cluster.incomplete);
        let all = volumes::asked(cluster);
        for asked in &all {
            let Some(class) = asked.class else { continue };
            let Some(name) = class.str().filter(|name| !name.is_empty()) else {
                continue;
            };
            if name == BUILT_IN || made(world, name) || (name == OF_DRIVER && driver_makes(world)) {
                continue;
            }
            let names: Vec<&str> = cluster
                .of("StorageClass")
                .filter_map(|class| class.name())
                .collect();
            // One of nearly the name that nobody asks for says enough where not everything is in sight.
            let unused: Vec<&str> = names
                .iter()
                .filter(|name| {
                    !all.iter()
                        .any(|other| other.class.is_some_and(|class| class.str() == Some(name)))
                })
                .copied()
                .collect();
            let near = near_name(name, &unused)
                .or_else(|| resource.and_then(|_| suggest(name, names.iter().copied())))
                .and_then(|near| cluster.of("StorageClass").find(|c| c.name() == Some(near)));
            if near.is_none() && resource.is_none() {
                continue;
            }
            let mut finding = Finding::new(format!(
                "{} names storage class `{name}`, which nothing makes: the claim stays pending",
                asked.who
            ))
            .at(class.span, "no such class is made here")
            .about([asked.who.clone(), name.to_owned()]);
            finding = match near {
                Some(near) => finding.and(
                    near.name.span,
                    format!("there is `{}`", near.name().unwrap_or_default()),
                ),
                None => finding.and_maybe(resource.map(|resource| {
                    (
                        eks::place(resource),
                        format!("EKS itself makes only `{BUILT_IN}`"),
                    )
                })),
            };
            findings.push(finding);
        }
    }
}

/// Whether the EBS driver is told to make its class, anywhere.
fn driver_makes(world: &World) -> bool {
    world
        .sources
        .iter()
        .any(|source| source.file.text().contains("defaultStorageClass"))
}

/// Whether anything makes a class of this name: an object, OpenTofu, or text that a tool fills in.
fn made(world: &World, name: &str) -> bool {
    let in_clusters = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| cluster.of("StorageClass"))
        .any(|class| class.name.text().is_some_and(|own| own.can_be(name)));
    in_clusters
        || world.sources.iter().any(|source| {
            let text = source.file.text();
            // Charts make classes from their values; scripts and templates make them from text.
            (text.contains("StorageClass")
                || text.contains("storageClasses")
                || text.contains("storage_class"))
                && text.lines().any(|line| {
                    let line = line.trim().trim_start_matches("- ");
                    line.starts_with("name")
                        && line
                            .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
                            .any(|word| word == name)
                })
        })
}
