//! `cargo xtask slips`: whether `check` notices small slips in public repositories, and stays silent on harmless edits.
//!
//! `xtask/data/slips/<name>.toml` lists edits of one repository at one commit. Each is made alone, in memory, and
//! `check` runs before and after. A slip is *found* when a new finding has a label at every side, *half* found when at
//! one. A harmless edit must bring no finding. The edits were written before the rules, by someone who had not read
//! them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use seaworthy_check::Finding;
use seaworthy_facts::{FileId, Sources, Span};
use seaworthy_link::World;
use seaworthy_repository::Limits;
use serde::Deserialize;

use crate::{Failure, root};

/// As near as a label must be to a side, in lines.
const NEAR: usize = 3;
/// A label over more lines than this points at its first line only: a whole file is not a place.
const MAX_LINES: usize = 60;
/// The day that the findings are of.
const TODAY: &str = "2026-11-21";

#[derive(Args)]
pub(crate) struct Options {
    /// The folder with the repositories, each in a folder of the name of its file in xtask/data/slips
    #[arg(long, value_name = "FOLDER")]
    repositories: PathBuf,
    /// Only this repository
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Print what is new after each edit
    #[arg(long)]
    verbose: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    repository: String,
    commit: String,
    slip: Vec<Slip>,
}

/// An edit and where its two ends are, as texts of the edited files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slip {
    id: String,
    what: String,
    #[serde(default)]
    harmless: bool,
    /// Each side, as the places that would do for it.
    #[serde(default)]
    sides: Vec<Vec<Place>>,
    edit: Vec<Edit>,
}

/// A text of a file, wherever it stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    file: String,
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    find: String,
    replace: String,
    /// Replace it wherever it stands; else it stands once.
    #[serde(default)]
    every: bool,
}

/// How far a slip was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Score {
    Missed,
    Elsewhere,
    Half,
    Found,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("xtask/data/slips"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let mut left_out = Vec::new();
    println!("| repository | found | half | missed | harmless edits with findings |");
    println!("| --- | --- | --- | --- | --- |");
    for file in files {
        let name = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        if options.only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let data: Data = toml::from_str(&std::fs::read_to_string(&file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let folder = options.repositories.join(&name);
        if folder.is_dir() {
            repository(&name, &data, &folder, options.verbose)?;
        } else {
            left_out.push(format!(
                "{name}: {} at {} is not in {}",
                data.repository,
                data.commit,
                options.repositories.display()
            ));
        }
    }
    for line in left_out {
        println!("left out: {line}");
    }
    Ok(())
}

fn repository(name: &str, data: &Data, folder: &Path, verbose: bool) -> Result<(), Failure> {
    let original = seaworthy_repository::load(&[folder.to_owned()], &Limits::default())?;
    let before = Run::of(copy(&original, &BTreeMap::new()));
    let mut scores: Vec<(&Slip, Score, Vec<String>)> = Vec::new();
    let mut alarms: Vec<(&Slip, Vec<String>)> = Vec::new();
    for slip in &data.slip {
        let edited =
            edited(&original, slip).map_err(|why| format!("{name}: {}: {why}", slip.id))?;
        let after = Run::of(copy(&original, &edited));
        let new = after.new_since(&before);
        let lines: Vec<String> = new.iter().map(|index| after.line_of(*index)).collect();
        if slip.harmless {
            alarms.push((slip, after.surplus(&before, &new)));
        } else {
            let sides = after
                .sides(slip)
                .map_err(|why| format!("{name}: {}: {why}", slip.id))?;
            let score = new
                .iter()
                .map(|index| after.score(*index, &sides))
                .max()
                .unwrap_or(Score::Missed);
            scores.push((slip, score, lines));
        }
    }
    let count = |wanted: fn(Score) -> bool| scores.iter().filter(|(_, s, _)| wanted(*s)).count();
    println!(
        "| {name} | {} of {} | {} | {} | {} of {} |",
        count(|score| score == Score::Found),
        scores.len(),
        count(|score| score == Score::Half),
        count(|score| score < Score::Half),
        alarms.iter().filter(|(_, new)| !new.is_empty()).count(),
        alarms.len(),
    );
    for (slip, score, lines) in &scores {
        if *score != Score::Found {
            let says = match score {
                Score::Half => "half",
                Score::Elsewhere => "elsewhere",
                _ => "missed",
            };
            println!("  {says}: {}: {}", slip.id, slip.what);
        } else if verbose {
            println!("  found: {}", slip.id);
        }
        if verbose || *score == Score::Elsewhere || *score == Score::Half {
            for line in lines {
                println!("    {line}");
            }
        }
    }
    for (slip, new) in &alarms {
        for line in new {
            println!("  false alarm: {}: {}: {line}", slip.id, slip.what);
        }
    }
    Ok(())
}

/// The edited files' texts, by path as `check` shows it.
fn edited(sources: &Sources, slip: &Slip) -> Result<BTreeMap<String, String>, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for edit in &slip.edit {
        let path = path_of(sources, &edit.file);
        let text = match texts.get(&path) {
            Some(text) => text.clone(),
            None => sources
                .by_path(&path)
                .ok_or_else(|| format!("{} is not there", edit.file))?
                .file
                .text()
                .to_owned(),
        };
        let times = text.matches(&edit.find).count();
        if times == 0 || (times > 1 && !edit.every) {
            return Err(format!(
                "`{}` stands {times} times in {}",
                edit.find, edit.file
            ));
        }
        texts.insert(path, text.replace(&edit.find, &edit.replace));
    }
    Ok(texts)
}

/// The same files, with some texts replaced.
fn copy(sources: &Sources, texts: &BTreeMap<String, String>) -> Sources {
    let mut made = Sources::default();
    for root in sources.roots() {
        made.add_root(root.clone());
    }
    for source in sources.iter() {
        let path = source.file.path();
        let text = texts
            .get(path)
            .map_or_else(|| source.file.text(), String::as_str);
        made.add(source.root, path, text, source.kind, source.vendored);
    }
    for (path, why) in sources.unread() {
        made.add_unread(path, why);
    }
    made
}

/// A file of the repository as `check` shows it.
fn path_of(sources: &Sources, file: &str) -> String {
    let top = sources
        .roots()
        .first()
        .map_or("", |root| root.path.as_str());
    if top.is_empty() {
        file.to_owned()
    } else {
        format!("{top}/{file}")
    }
}

/// What `check` says of files.
struct Run {
    world: World,
    findings: Vec<Finding>,
    fingerprints: Vec<String>,
}

impl Run {
    fn of(sources: Sources) -> Self {
        let world = World::new(sources, TODAY.parse().expect("it is a date"));
        let findings = seaworthy_check::check(&world);
        let fingerprints = seaworthy_check::fingerprint::of_findings(&findings, &world.sources);
        Self {
            world,
            findings,
            fingerprints,
        }
    }

    /// The findings that were not there before, by fingerprint and by rule with message.
    fn new_since(&self, before: &Self) -> Vec<usize> {
        let fingerprints: HashSet<&str> = before.fingerprints.iter().map(String::as_str).collect();
        let known: HashSet<(&str, &str)> = before.findings.iter().map(said).collect();
        (0..self.findings.len())
            .filter(|index| {
                !fingerprints.contains(self.fingerprints[*index].as_str())
                    && !known.contains(&said(&self.findings[*index]))
            })
            .collect()
    }

    /// Of new findings, those that are more than a known one in other words: a rule says more than before.
    fn surplus(&self, before: &Self, new: &[usize]) -> Vec<String> {
        let count = |run: &Self, rule: &str| {
            run.findings
                .iter()
                .filter(|finding| finding.rule == rule)
                .count()
        };
        new.iter()
            .filter(|index| {
                let rule = self.findings[**index].rule;
                count(self, rule) > count(before, rule)
            })
            .map(|index| self.line_of(*index))
            .collect()
    }

    /// Where the sides of a slip are now: file and line, by side.
    fn sides(&self, slip: &Slip) -> Result<Vec<Vec<(FileId, usize)>>, String> {
        let lines = |place: &Place| {
            let path = path_of(&self.world.sources, &place.file);
            let file = &self
                .world
                .sources
                .by_path(&path)
                .ok_or_else(|| format!("{} is not there", place.file))?
                .file;
            let lines: Vec<(FileId, usize)> = file
                .text()
                .match_indices(&place.at)
                .map(|(at, _)| (file.id(), file.position(at).line))
                .collect();
            if lines.is_empty() {
                return Err(format!("`{}` is not in {}", place.at, place.file));
            }
            Ok(lines)
        };
        slip.sides
            .iter()
            .map(|side| {
                let places: Result<Vec<_>, String> = side.iter().map(lines).collect();
                places.map(|places| places.concat())
            })
            .collect()
    }

    fn score(&self, finding: usize, sides: &[Vec<(FileId, usize)>]) -> Score {
        let labels = &self.findings[finding].diagnostic.labels;
        let touched: HashSet<usize> = (0..sides.len())
            .filter(|side| {
                sides[*side].iter().any(|(file, line)| {
                    labels
                        .iter()
                        .any(|label| label.span.file == *file && self.reaches(label.span, *line))
                })
            })
            .collect();
        if touched.len() == sides.len() {
            Score::Found
        } else if touched.is_empty() {
            Score::Elsewhere
        } else {
            Score::Half
        }
    }

    fn reaches(&self, span: Span, line: usize) -> bool {
        let file = &self.world.sources.get(span.file).file;
        let first = file.position(span.start).line;
        let mut last = file.position(span.end).line;
        if last.saturating_sub(first) > MAX_LINES {
            last = first;
        }
        first.saturating_sub(NEAR) <= line && line <= last + NEAR
    }

    /// A finding in one line.
    fn line_of(&self, finding: usize) -> String {
        let finding = &self.findings[finding];
        let places: Vec<String> = finding
            .diagnostic
            .labels
            .iter()
            .map(|label| {
                let path = seaworthy_check::fingerprint::path_in_repository(
                    &self.world.sources,
                    label.span.file,
                );
                format!("{path}:{}", self.world.sources.line(label.span))
            })
            .collect();
        format!(
            "{}: {} ({})",
            finding.rule,
            finding.diagnostic.message,
            places.join(", ")
        )
    }
}

fn said(finding: &Finding) -> (&str, &str) {
    (finding.rule, &finding.diagnostic.message)
}
