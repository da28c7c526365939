//! Findings against a list of defects.
//!
//! A label touches a side if it lies in one of the side's files, at most three lines outside one of its ranges; of
//! several sides within reach only the nearest counts. A defect is *found* when a finding of one of its rules touches
//! a side, and found *in full* when such findings, of one rule, touch two different sides with two different labels
//! (the only side, if there is one).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::truth::{Defect, Place, Truth};

const NEAR: usize = 3;
/// A label over more lines points at its first only.
const LONGEST: usize = 60;

/// A finding: its rule, its places, its headline.
pub(super) struct Found {
    rule: String,
    message: String,
    labels: Vec<Label>,
}

#[derive(Clone, PartialEq, Eq)]
struct Label {
    file: String,
    first: usize,
    last: usize,
}

/// What was found of a list.
pub(super) struct Score {
    /// For each defect the findings of its rules at its places.
    found: Vec<Vec<usize>>,
    full: Vec<bool>,
    /// Findings that belong to no defect.
    unmatched: Vec<usize>,
    /// Agreements that a finding contradicts.
    touched: Vec<(String, usize)>,
}

/// The findings of a report.
pub(super) fn findings(report: &Value) -> Vec<Found> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let label = |value: &Value| {
        let first = number(&value["line"])?;
        let last = number(&value["end_line"]).unwrap_or(first).max(first);
        Some(Label {
            file: value["file"].as_str()?.to_owned(),
            first,
            last: if last - first >= LONGEST { first } else { last },
        })
    };
    list(&report["diagnostics"])
        .iter()
        .map(|finding| Found {
            rule: finding["rule"].as_str().unwrap_or_default().to_owned(),
            message: finding["message"].as_str().unwrap_or_default().to_owned(),
            labels: list(&finding["labels"]).iter().filter_map(label).collect(),
        })
        .collect()
}

/// Compares findings with a list.
pub(super) fn score(truth: &Truth, findings: &[Found]) -> Score {
    let found: Vec<Vec<usize>> = truth
        .defects
        .iter()
        .map(|defect| {
            let touches = |finding: &Found| {
                defect.rules.contains(&finding.rule)
                    && finding
                        .labels
                        .iter()
                        .any(|label| !touched(label, defect).is_empty())
            };
            (0..findings.len())
                .filter(|n| touches(&findings[*n]))
                .collect()
        })
        .collect();
    let full = truth
        .defects
        .iter()
        .zip(&found)
        .map(|(defect, found)| is_full(defect, found, findings))
        .collect();
    let named: BTreeSet<usize> = found.iter().flatten().copied().collect();
    let by_place = |finding: &Found| {
        truth.defects.iter().any(|defect| match defect.sides.len() {
            1 => finding.labels.iter().any(|label| {
                distance(label, &defect.sides[0]).is_some_and(|distance| distance <= 1)
            }),
            _ => on_two_sides(&finding.labels.iter().collect::<Vec<_>>(), defect),
        })
    };
    Score {
        unmatched: (0..findings.len())
            .filter(|n| !named.contains(n) && !by_place(&findings[*n]))
            .collect(),
        touched: truth
            .agreements
            .iter()
            .flat_map(|agreement| {
                let contradicts = |n: &usize| {
                    let finding = &findings[*n];
                    !named.contains(n)
                        && agreement.rules.contains(&finding.rule)
                        && finding
                            .labels
                            .iter()
                            .any(|label| agreement.files.contains(&label.file))
                };
                (0..findings.len())
                    .filter(contradicts)
                    .map(|n| (agreement.id.clone(), n))
                    .collect::<Vec<_>>()
            })
            .collect(),
        found,
        full,
    }
}

fn is_full(defect: &Defect, found: &[usize], findings: &[Found]) -> bool {
    if defect.sides.len() == 1 {
        return !found.is_empty();
    }
    defect.rules.iter().any(|rule| {
        let labels: Vec<&Label> = found
            .iter()
            .filter(|n| findings[**n].rule == *rule)
            .flat_map(|n| &findings[*n].labels)
            .collect();
        on_two_sides(&labels, defect)
    })
}

/// Whether two different labels touch two different sides.
fn on_two_sides(labels: &[&Label], defect: &Defect) -> bool {
    let touches: Vec<(&Label, BTreeSet<usize>)> = labels
        .iter()
        .map(|label| (*label, touched(label, defect)))
        .filter(|(_, sides)| !sides.is_empty())
        .collect();
    touches.iter().enumerate().any(|(n, (one, sides))| {
        touches[n + 1..]
            .iter()
            .any(|(other, more)| one != other && sides.union(more).count() > 1)
    })
}

/// The sides that a label touches.
fn touched(label: &Label, defect: &Defect) -> BTreeSet<usize> {
    let near: Vec<(usize, usize)> = defect
        .sides
        .iter()
        .enumerate()
        .filter_map(|(n, side)| Some((n, distance(label, side).filter(|gap| *gap <= NEAR)?)))
        .collect();
    let nearest = near.iter().map(|(_, gap)| *gap).min();
    near.into_iter()
        .filter(|(_, gap)| Some(*gap) == nearest)
        .map(|(n, _)| n)
        .collect()
}

/// Lines between a label and the nearest place of a side; nothing in other files.
fn distance(label: &Label, side: &[Place]) -> Option<usize> {
    side.iter()
        .filter(|place| place.file == label.file)
        .map(|place| {
            let before = place.from.saturating_sub(label.last);
            before.max(label.first.saturating_sub(place.to))
        })
        .min()
}

impl Score {
    /// The numbers, by class and weight.
    pub(super) fn table(&self, truth: &Truth, findings: &[Found], verbose: bool) -> String {
        let mut text = format!(
            "{} at {}: {} defects, {} findings\n\nclass weight  found   full  total\n",
            truth.repository,
            truth.commit,
            truth.defects.len(),
            findings.len()
        );
        let mut row = |class: &str, weight: &str| {
            let fits = |defect: &Defect| {
                (class == "all" || defect.class == class)
                    && (weight == "all" || defect.weight == weight)
            };
            let of: Vec<usize> = (0..truth.defects.len())
                .filter(|n| fits(&truth.defects[*n]))
                .collect();
            if of.is_empty() {
                return;
            }
            let found = of.iter().filter(|n| !self.found[**n].is_empty()).count();
            let full = of.iter().filter(|n| self.full[**n]).count();
            let _ = writeln!(
                text,
                "{class:<5} {weight:<6} {found:>6} {full:>6} {:>6}",
                of.len()
            );
        };
        for class in ["1", "L", "X", "all"] {
            for weight in ["H", "M", "L", "all"] {
                row(class, weight);
            }
        }
        let _ = writeln!(
            text,
            "\nbeside the list: {}; agreements touched: {}",
            self.unmatched.len(),
            self.touched.len()
        );
        if verbose {
            for (defect, found) in truth.defects.iter().zip(&self.found) {
                if found.is_empty() {
                    let Defect {
                        id,
                        class,
                        weight,
                        summary,
                        ..
                    } = defect;
                    let _ = writeln!(text, "not found: {id} {class} {weight} {summary}");
                }
            }
            let mut say = |what: &str, n: usize| {
                let place = findings[n].labels.first();
                let place = place.map_or(String::new(), |label| {
                    format!(" {}:{}", label.file, label.first)
                });
                let Found { rule, message, .. } = &findings[n];
                let _ = writeln!(text, "{what}: {rule}{place} {message}");
            };
            for (id, n) in &self.touched {
                say(&format!("against {id}"), *n);
            }
            for n in &self.unmatched {
                say("beside the list", *n);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(file: &str, first: usize) -> Label {
        Label {
            file: file.to_owned(),
            first,
            last: first,
        }
    }

    fn place(file: &str, from: usize, to: usize) -> Place {
        Place {
            file: file.to_owned(),
            from,
            to,
        }
    }

    fn truth() -> Truth {
        Truth {
            repository: "o/r".to_owned(),
            commit: "0".to_owned(),
            defects: vec![Defect {
                id: "T-1".to_owned(),
                class: "X".to_owned(),
                weight: "H".to_owned(),
                rules: vec!["tag".to_owned()],
                sides: vec![
                    vec![place("a", 10, 10), place("c", 5, 5)],
                    vec![place("b", 20, 30)],
                ],
                summary: String::new(),
            }],
            agreements: Vec::new(),
        }
    }

    fn of(rule: &str, labels: &[(&str, usize)]) -> (bool, bool, usize) {
        let found = [Found {
            rule: rule.to_owned(),
            message: String::new(),
            labels: labels
                .iter()
                .map(|(file, line)| label(file, *line))
                .collect(),
        }];
        let score = score(&truth(), &found);
        (
            !score.found[0].is_empty(),
            score.full[0],
            score.unmatched.len(),
        )
    }

    #[test]
    fn both_sides_make_it_full() {
        assert_eq!(of("tag", &[("a", 13)]), (true, false, 0));
        assert_eq!(of("tag", &[("a", 14)]), (false, false, 1));
        assert_eq!(of("tag", &[("a", 10), ("c", 5)]), (true, false, 0));
        assert_eq!(of("tag", &[("a", 10), ("b", 33)]), (true, true, 0));
        // Another rule at both places is no stranger, and does not count.
        assert_eq!(of("other", &[("a", 10), ("b", 20)]), (false, false, 0));
    }
}
