//! From what the rules find to what is shown: selection, allowances, the baseline, and what was there before.

use std::collections::HashSet;

use seaworthy_diagnostics::{Diagnostic, SourceFile};
use seaworthy_link::World;

use crate::allow::{Allowance, inline};
use crate::report::Hidden;
use crate::{Deny, Finding, SYNTAX, Selection, Settings, fingerprint, is_archived, is_for_show};

/// What a root's files are held to.
#[derive(Debug, Default)]
pub struct Policy {
    /// The settings file of the root's repository.
    pub settings: Settings,
    /// Its text, for messages about it.
    pub source: Option<SourceFile>,
}

/// What is known already.
#[derive(Debug, Default)]
pub struct Known {
    /// Fingerprints of the baseline.
    pub baseline: HashSet<String>,
    /// Fingerprints of what was there before the change that is looked at.
    pub before: Option<HashSet<String>>,
}

/// What is shown and why the rest is not.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Findings, in the order of their places.
    pub findings: Vec<Judged>,
    /// Files that cannot be read, and allowances that are wrong or allow nothing.
    pub problems: Vec<Judged>,
    /// The same about settings files: the root's place, and the problem.
    pub settings: Vec<(usize, Diagnostic)>,
    /// How many are not shown.
    pub hidden: Hidden,
    /// How many entries of the baseline are found no more.
    pub n_gone: usize,
}

/// A finding or a problem, by its place in its list, that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The finding; for problems the diagnostic stands beside.
    pub subject: Subject,
    /// What it is known by.
    pub fingerprint: String,
    /// It makes the run fail.
    pub denied: bool,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A finding, by its place in the list that was judged.
    Finding(usize),
    /// What no rule made.
    Problem(Box<Diagnostic>),
}

/// Everything that a run is told on the command line about what it shows.
#[derive(Debug, Default)]
pub struct Wishes {
    /// Added to what the settings select and ignore.
    pub selection: Selection,
    /// In the place of what the settings deny.
    pub deny: Option<Deny>,
}

/// Fingerprints of everything that is wrong, allowed or not: what a later run compares with.
pub fn fingerprints(world: &World, findings: &[Finding], policies: &[Policy]) -> HashSet<String> {
    let verdict = judge(
        world,
        findings,
        policies,
        &Wishes::default(),
        &Known::default(),
    );
    let problems = verdict
        .problems
        .into_iter()
        .map(|judged| judged.fingerprint);
    fingerprint::of_findings(findings, &world.sources)
        .into_iter()
        .chain(problems)
        .collect()
}

/// Judges findings. `policies` has one for each root of the world's files.
pub fn judge(
    world: &World,
    findings: &[Finding],
    policies: &[Policy],
    wishes: &Wishes,
    known: &Known,
) -> Verdict {
    let selections: Vec<Selection> = policies
        .iter()
        .map(|policy| selection(&policy.settings.selection, &wishes.selection))
        .collect();
    let (comments, mut problems) = inline::read(&world.sources);
    let mut allowances = Used::new(world, policies, &comments);
    let mut verdict = Verdict::default();
    let mut seen = HashSet::new();

    let fingerprints = fingerprint::of_findings(findings, &world.sources);
    for (n, (finding, fingerprint)) in findings.iter().zip(fingerprints).enumerate() {
        let root = root_of(world, &finding.diagnostic);
        let allowed = allowances.allow(root, |allowance| allowance.allows(finding, &world.sources));
        if !selections
            .get(root)
            .is_none_or(|s| s.takes_finding(finding))
        {
            continue;
        }
        if allowed {
            verdict.hidden.allowed += 1;
        } else if let Some(fingerprint) = known.news(fingerprint, &mut seen, &mut verdict.hidden) {
            let deny = wishes
                .deny
                .as_ref()
                .or_else(|| policies.get(root)?.settings.deny.as_ref());
            verdict.findings.push(Judged {
                subject: Subject::Finding(n),
                fingerprint,
                denied: match deny {
                    Some(deny) => deny.takes(finding),
                    None => Deny::default().takes(finding),
                },
            });
        }
    }

    let broken = broken(world);
    let unreadable: Vec<Diagnostic> = broken
        .into_iter()
        .filter(|diagnostic| {
            let root = root_of(world, diagnostic);
            let allowed = allowances.allow(root, |allowance| {
                allowance.allows_syntax(diagnostic, &world.sources)
            });
            let shown = selections.get(root).is_none_or(Selection::takes_syntax);
            verdict.hidden.allowed += usize::from(allowed && shown);
            shown && !allowed
        })
        .collect();
    // A run that only looks at some rules cannot say that an allowance of another allows nothing.
    let ran = |root: usize, rule: &str| {
        selections
            .get(root)
            .is_none_or(|selection| rule == SYNTAX || selection.takes_rule(rule))
    };
    problems.extend(
        allowances
            .unused_comments()
            .filter(|allowance| ran(root_of_span(world, allowance), allowance.rule))
            .map(unmatched),
    );
    verdict.settings = allowances
        .unused_settings()
        .filter(|(root, allowance)| ran(*root, allowance.rule))
        .map(|(root, allowance)| (root, unmatched(allowance)))
        .collect();
    problems.extend(unreadable);
    seaworthy_diagnostics::sort(&mut problems);
    let fingerprints = fingerprint::of_diagnostics(placed(world, &problems));
    for (problem, fingerprint) in problems.into_iter().zip(fingerprints) {
        let never = wishes.deny.as_ref().is_some_and(|deny| deny.0.is_empty());
        let denied = !never && problem.severity == seaworthy_diagnostics::Severity::Error;
        if let Some(fingerprint) = known.news(fingerprint, &mut seen, &mut verdict.hidden) {
            verdict.problems.push(Judged {
                subject: Subject::Problem(Box::new(problem)),
                fingerprint,
                denied,
            });
        }
    }
    verdict.n_gone = known.baseline.difference(&seen).count();
    verdict
}

impl Known {
    /// The fingerprint, where it is news.
    fn news(
        &self,
        fingerprint: String,
        seen: &mut HashSet<String>,
        hidden: &mut Hidden,
    ) -> Option<String> {
        seen.insert(fingerprint.clone());
        if self.baseline.contains(&fingerprint) {
            hidden.baseline += 1;
            return None;
        }
        if self
            .before
            .as_ref()
            .is_some_and(|before| before.contains(&fingerprint))
        {
            hidden.before += 1;
            return None;
        }
        Some(fingerprint)
    }
}

/// Every allowance, with whether it allowed something.
struct Used<'a> {
    settings: Vec<(usize, &'a Allowance, bool)>,
    comments: Vec<(&'a Allowance, bool)>,
}

impl<'a> Used<'a> {
    fn new(world: &World, policies: &'a [Policy], comments: &'a [Allowance]) -> Self {
        let roots = 0..world.sources.roots().len().min(policies.len());
        Self {
            settings: roots
                .flat_map(|root| {
                    let allow = policies[root].settings.allow.iter();
                    allow.map(move |allowance| (root, allowance, false))
                })
                .collect(),
            comments: comments.iter().map(|comment| (comment, false)).collect(),
        }
    }

    /// Whether one of them allows; all that do are used.
    fn allow(&mut self, root: usize, allows: impl Fn(&Allowance) -> bool) -> bool {
        let mut allowed = false;
        for (of, allowance, used) in &mut self.settings {
            if *of == root && allows(allowance) {
                *used = true;
                allowed = true;
            }
        }
        for (allowance, used) in &mut self.comments {
            if allows(allowance) {
                *used = true;
                allowed = true;
            }
        }
        allowed
    }

    fn unused_comments(&self) -> impl Iterator<Item = &'a Allowance> {
        let unused = self.comments.iter().filter(|(_, used)| !used);
        unused.map(|(allowance, _)| *allowance)
    }

    fn unused_settings(&self) -> impl Iterator<Item = (usize, &'a Allowance)> {
        let unused = self.settings.iter().filter(|(_, _, used)| !used);
        unused.map(|(root, allowance, _)| (*root, *allowance))
    }
}

fn selection(settings: &Selection, wishes: &Selection) -> Selection {
    Selection {
        select: if wishes.select.is_empty() {
            settings.select.clone()
        } else {
            wishes.select.clone()
        },
        ignore: settings
            .ignore
            .iter()
            .chain(&wishes.ignore)
            .copied()
            .collect(),
    }
}

fn unmatched(allowance: &Allowance) -> Diagnostic {
    Diagnostic::warning(
        "check/unmatched-allowance",
        format!(
            "`{}` is allowed here, and finds nothing here",
            allowance.rule
        ),
    )
    .primary(allowance.span, "allows nothing")
    .hint("take it away, or put it where the finding is")
}

/// Whether a file's name says that something fills it in first.
fn is_template(path: &str) -> bool {
    [".template", ".tmpl", ".tpl", ".j2"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// What cannot be read and is ours.
fn broken(world: &World) -> Vec<Diagnostic> {
    let mut broken: Vec<Diagnostic> = world
        .facts
        .broken
        .iter()
        .filter(|diagnostic| {
            diagnostic.place().is_none_or(|place| {
                let source = world.sources.get(place.file);
                let path = source.file.path();
                !source.vendored && !is_archived(path) && !is_for_show(path) && !is_template(path)
            })
        })
        .cloned()
        .collect();
    seaworthy_diagnostics::sort(&mut broken);
    broken
}

fn placed<'a>(
    world: &'a World,
    diagnostics: &'a [Diagnostic],
) -> impl Iterator<Item = (&'a Diagnostic, Option<&'a str>)> {
    diagnostics.iter().map(|diagnostic| {
        let place = diagnostic.place();
        let path = place.map(|place| fingerprint::path_in_repository(&world.sources, place.file));
        (diagnostic, path)
    })
}

fn root_of(world: &World, diagnostic: &Diagnostic) -> usize {
    diagnostic
        .place()
        .map_or(0, |place| world.sources.get(place.file).root)
}

fn root_of_span(world: &World, allowance: &Allowance) -> usize {
    world.sources.get(allowance.span.file).root
}
