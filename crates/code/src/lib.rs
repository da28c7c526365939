//! What programs read, listen on and serve, by their syntax trees; what prose and dashboards say.
//!
//! [`read()`] fills [`seaworthy_facts::code`] and [`seaworthy_facts::documents`]. Every language's tree is brought to a
//! common one (`syntax`, `lower`, `languages`), which is gone through once with what each name stands for (`reader`);
//! what is met on the way goes to those who know about it: `environment`, `listens`, `routes`, `logs`, `metrics`,
//! `connections`, `settings`, `cloud`, `health`, `shutdown`.

mod cloud;
mod connections;
mod dashboards;
mod env_files;
mod environment;
mod health;
mod languages;
mod listens;
mod logs;
mod lower;
mod metrics;
mod names;
mod notes;
mod packages;
mod parse;
mod programs;
mod prose;
mod reader;
mod routes;
mod settings;
mod shutdown;
mod spring;
mod syntax;
mod text;

use seaworthy_facts::{Facts, Source, SourceKind, Sources};

use crate::reader::{File, Reader};

/// Reads programs, prose, dashboards and settings files, and notes what could not be read.
pub fn read(sources: &Sources, facts: &mut Facts) {
    let packages = packages::by_folder(sources);
    for mut program in programs::group(sources) {
        let files: Vec<File<'_>> = program
            .files
            .iter()
            .filter_map(|id| file(sources.get(*id)))
            .collect();
        packages::read(&packages, &mut program);
        Reader::read(&mut program, &files);
        spring::read(sources, &mut program);
        facts.code.programs.push(program);
    }
    for source in sources.iter().filter(|source| !source.vendored) {
        match source.kind {
            SourceKind::Document => prose::read(sources, source, &mut facts.documents),
            SourceKind::Json => dashboards::read(source, &mut facts.documents),
            _ => {}
        }
        env_files::read(source, &mut facts.documents);
    }
}

fn file(source: &Source) -> Option<File<'_>> {
    let SourceKind::Code(language) = source.kind else {
        return None;
    };
    Some(File {
        language,
        path: source.file.path(),
        text: source.file.text(),
        body: parse::file(source)?,
    })
}
