//! `--fix`: putting right what has exactly one way to be put right.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use seaworthy_check::Finding;
use seaworthy_check::verdict::{Subject, Verdict};
use seaworthy_diagnostics::{Diagnostic, Edit, FileId, SourceFile};
use seaworthy_link::World;

use crate::exit::CommandError;
use crate::printer;

/// Applies the fixes of everything that is shown, and says so. A file that is not as it was read is left alone, and so
/// is a fix that touches what another one has changed. Whether anything was changed.
pub(super) fn apply(
    world: &World,
    findings: &[Finding],
    verdict: &Verdict,
) -> Result<bool, CommandError> {
    let mut planned: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut said = Vec::new();
    for diagnostic in verdict
        .findings
        .iter()
        .chain(&verdict.problems)
        .map(|judged| match &judged.subject {
            Subject::Finding(n) => &findings[*n].diagnostic,
            Subject::Problem(problem) => problem,
        })
    {
        let Some(fix) = &diagnostic.fix else {
            continue;
        };
        let overlaps = fix.edits.iter().any(|edit| {
            let file = planned.get(&edit.span.file);
            file.is_some_and(|edits| edits.iter().any(|other| touch(edit, other)))
        });
        let vendored = fix
            .edits
            .iter()
            .any(|edit| world.sources.get(edit.span.file).vendored);
        if overlaps || vendored || fix.edits.is_empty() {
            continue;
        }
        for edit in &fix.edits {
            planned.entry(edit.span.file).or_default().push(edit);
        }
        said.push((diagnostic, fix.title.as_str()));
    }
    let mut left = Vec::new();
    for file in planned.keys() {
        let source = &world.sources.get(*file).file;
        let on_disk = std::fs::read(source.path()).map_err(|error| {
            CommandError::system(format!("`{}` cannot be read", source.path()), &error)
        })?;
        if on_disk != source.text().as_bytes() {
            left.push(*file);
            printer::note(&format!(
                "`{}` has changed since it was read, and is left as it is",
                source.path()
            ));
        }
    }
    // A fix over several files is applied whole or not at all.
    let said: Vec<(&Diagnostic, &str)> = said
        .into_iter()
        .filter(|(diagnostic, _)| !edits(diagnostic).any(|edit| left.contains(&edit.span.file)))
        .collect();
    let mut changes: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for (diagnostic, _) in &said {
        for edit in edits(diagnostic) {
            changes.entry(edit.span.file).or_default().push(edit);
        }
    }
    for (file, edits) in &mut changes {
        let source = &world.sources.get(*file).file;
        write(source, edits).map_err(|error| {
            CommandError::system(format!("`{}` could not be written", source.path()), &error)
        })?;
    }
    for (diagnostic, title) in &said {
        let place = diagnostic.place().map(|place| {
            let source = &world.sources.get(place.file).file;
            format!("{}:{}", source.path(), source.position(place.start).line)
        });
        printer::say(&format!(
            "fixed {}: {title} [{}]",
            place.unwrap_or_default(),
            diagnostic.code
        ));
    }
    Ok(!said.is_empty())
}

fn edits(diagnostic: &Diagnostic) -> impl Iterator<Item = &Edit> {
    diagnostic.fix.iter().flat_map(|fix| &fix.edits)
}

/// Two edits of one file that cannot both be made; two insertions at one place have no order.
fn touch(a: &Edit, b: &Edit) -> bool {
    a.span.start == b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)
}

/// Writes a file with its edits: beside it first, so that it is never half.
fn write(source: &SourceFile, edits: &mut [&Edit]) -> std::io::Result<()> {
    edits.sort_by_key(|edit| edit.span.start);
    let text = source.text();
    let (mut changed, mut at) = (String::with_capacity(text.len()), 0);
    // A place that is none in this text must not cost a part of it.
    let nowhere = || std::io::Error::other("the fix points at no place of the file");
    for edit in edits.iter() {
        changed.push_str(text.get(at..edit.span.start).ok_or_else(nowhere)?);
        changed.push_str(&edit.replacement);
        at = edit.span.end;
    }
    changed.push_str(text.get(at..).ok_or_else(nowhere)?);
    // A link stays a link: what it points at is changed.
    let path = Path::new(source.path()).canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(changed.as_bytes())?;
    beside
        .as_file()
        .set_permissions(path.metadata()?.permissions())?;
    beside.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use seaworthy_check::verdict::Judged;
    use seaworthy_facts::{Source, Sources};
    use seaworthy_repository::{Limits, load};

    use super::*;

    /// A repository of one file, and findings whose fixes replace the first `from` by `to`.
    fn fixed(text: &str, fixes: &[(&str, &str)], meanwhile: Option<&str>) -> (bool, String) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("a.yaml");
        std::fs::write(&path, text).expect("a file can be written");
        let sources: Sources =
            load(&[folder.path().to_owned()], &Limits::default()).expect("it can be read");
        let today = "2026-11-21".parse().expect("it is a date");
        let world = World::new(sources, today);
        let source: &Source = world.sources.iter().next().expect("it is there");
        let findings: Vec<Finding> = fixes
            .iter()
            .map(|(from, to)| {
                let at = text.find(from).expect("it is there");
                let span = source.file.span(at..at + from.len());
                Finding::new("wrong")
                    .at(span, "")
                    .fix("put it right", span, *to)
            })
            .collect();
        let verdict = Verdict {
            findings: (0..findings.len())
                .map(|n| Judged {
                    subject: Subject::Finding(n),
                    fingerprint: n.to_string(),
                    denied: false,
                })
                .collect(),
            ..Verdict::default()
        };
        if let Some(other) = meanwhile {
            std::fs::write(&path, other).expect("a file can be written");
        }
        let Ok(changed) = apply(&world, &findings, &verdict) else {
            panic!("it could not be applied");
        };
        let text = std::fs::read_to_string(&path).expect("a file can be read");
        (changed, text)
    }

    #[test]
    fn every_fix_is_applied_whatever_its_order() {
        assert_eq!(
            fixed(
                "a: one\nb: two\n",
                &[("two", "zwei"), ("one", "eins")],
                None
            ),
            (true, "a: eins\nb: zwei\n".to_owned())
        );
        assert_eq!(
            fixed("a: é\n", &[("é", "e")], None),
            (true, "a: e\n".to_owned())
        );
    }

    #[test]
    fn of_two_that_overlap_the_first_is_applied() {
        assert_eq!(
            fixed("a: one\n", &[("one", "eins"), ("ne", "x")], None),
            (true, "a: eins\n".to_owned())
        );
    }

    #[test]
    fn a_file_that_has_changed_is_left_alone() {
        assert_eq!(
            fixed("a: one\n", &[("one", "eins")], Some("b: one\n")),
            (false, "b: one\n".to_owned())
        );
    }
}
