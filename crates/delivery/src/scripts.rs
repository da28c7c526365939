//! Shell scripts that stand on their own.

use seaworthy_facts::delivery::{Script, ScriptKind};
use seaworthy_facts::{SourceKind, Sources, parent};

use crate::deeds::State;
use crate::shell::{Shells, Variables};

/// Goes through every shell script.
pub(crate) fn scripts(sources: &Sources, shells: &Shells<'_>) -> Vec<Script> {
    sources
        .of(SourceKind::Shell)
        .filter_map(|source| {
            let parsed = shells.get(source.file.path())?;
            let folder = shells.files.working_folder(source);
            let outcome = shells.run(
                parsed,
                Variables::default(),
                folder.into(),
                parent(source.file.path()),
                State::default(),
            );
            Some(Script {
                file: source.file.id(),
                kind: ScriptKind::Shell,
                target: None,
                span: source.file.span(0..source.file.line(1).end),
                deeds: outcome.deeds,
                commands: outcome.commands,
            })
        })
        .collect()
}
