//! A function's program reads a variable that it is not given; one of nearly the name is given, and not read.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::code::Program;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Value, is_under, join, normalized, parent};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "function-variable-not-set",
    severity: Severity::Breaks,
    page: include_str!("function-variable-not-set.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for function in root.resources("aws_lambda_function") {
            findings.extend(judge(world, root, function));
        }
    }
}

fn judge(world: &World, root: &Root, function: &Resource) -> Option<Finding> {
    let program = program(world, root, function)?;
    let given = function.at("environment.variables")?.map()?;
    let is_given = |name: &str| given.get(name).is_some();
    let is_read = |name: &str| {
        program.reads.iter().any(|read| &*read.name == name)
            || program
                .files
                .iter()
                .any(|file| world.sources.get(*file).file.text().contains(name))
    };
    let unread: Vec<&str> = given
        .entries
        .iter()
        .map(|entry| &*entry.key)
        .filter(|name| !is_read(name))
        .collect();
    let (read, near) = program
        .reads
        .iter()
        .filter(|read| !is_given(&read.name) && !read.name.starts_with("AWS_"))
        .find_map(|read| Some((read, suggest(&read.name, unread.iter().copied())?)))?;
    let entry = given.entry(near)?;
    Some(
        Finding::new(format!(
            "function `{}` reads `{}` and is given `{near}`, which it never reads",
            function.plain_address, read.name
        ))
        .at(entry.key_span, "nothing in the program names this variable")
        .and(read.span, format!("the program reads `{}`", read.name))
        .confidence(Confidence::Likely)
        .hint(format!("did you mean `{}`?", read.name))
        .about([function.plain_address.to_string(), read.name.to_string()]),
    )
}

/// The program that a function is made of: the one in the folder of its archive, or in that which the archive is made
/// of; of an archive that a build puts into a folder of its own, the one around it.
fn program<'a>(world: &'a World, root: &Root, function: &Resource) -> Option<&'a Program> {
    let archives = root
        .data("archive_file")
        .chain(root.resources("archive_file"))
        .filter(|archive| function.body.refers_to(&archive.plain_address));
    let mut folders: Vec<String> = archives
        .filter_map(|archive| {
            archive.str("source_dir").map(str::to_owned).or_else(|| {
                archive
                    .str("source_file")
                    .map(|file| parent(file).to_owned())
            })
        })
        .collect();
    if let Some(file) = function.at("filename").and_then(Value::str) {
        folders.push(parent(file).to_owned());
    }
    folders.iter().find_map(|folder| {
        let mut folder = normalized(&if folder.starts_with(&root.folder) {
            folder.clone()
        } else {
            join(&root.folder, folder)
        });
        // `target`, `build/libs`, `dist` are not in the repository.
        for _ in 0..4 {
            if folder.is_empty() {
                return None;
            }
            let mut programs = world
                .facts
                .code
                .programs
                .iter()
                .filter(|program| is_under(&program.folder, &folder));
            match (programs.next(), programs.next()) {
                (Some(only), None) => return Some(only),
                (Some(_), Some(_)) => return None,
                _ => folder = parent(&folder).to_owned(),
            }
        }
        None
    })
}
