//! What variables hold, along the branches of a script.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use seaworthy_facts::{Data, Part, Text, Unknown, UnknownKind, Value};

/// Variables, with a journal so that a branch can be taken back.
#[derive(Debug, Default, Clone)]
pub(crate) struct Variables {
    values: HashMap<Arc<str>, Value>,
    exported: HashSet<Arc<str>>,
    journal: Vec<(Arc<str>, Option<Value>)>,
}

/// What a branch left behind.
pub(crate) type Changes = HashMap<Arc<str>, Option<Value>>;

/// Texts heavier than this become one hole.
const HEAVIEST: usize = 64;
const LONGEST: usize = 16 << 10;

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let name: Arc<str> = name.into();
        let value = bounded(value, &name);
        let before = self.values.insert(name.clone(), value);
        self.journal.push((name, before));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        if let Some(before) = self.values.remove(name) {
            self.journal.push((name.into(), Some(before)));
        }
    }

    pub(crate) fn export(&mut self, name: &str) {
        self.exported.insert(name.into());
    }

    /// What a child process sees.
    pub(crate) fn for_child(&self) -> Self {
        let values: HashMap<_, _> = self
            .values
            .iter()
            .filter(|(name, _)| self.exported.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self {
            values,
            exported: self.exported.clone(),
            journal: Vec::new(),
        }
    }

    pub(crate) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes back everything since a mark, and gives what it was.
    pub(crate) fn rollback(&mut self, mark: usize) -> Changes {
        let mut changes = Changes::new();
        while self.journal.len() > mark {
            let Some((name, before)) = self.journal.pop() else {
                break;
            };
            let now = match before {
                Some(before) => self.values.insert(name.clone(), before),
                None => self.values.remove(&name),
            };
            changes.entry(name).or_insert(now);
        }
        changes
    }

    /// Goes on with one of several branches, not known which.
    pub(crate) fn merge(&mut self, branches: &[Changes]) {
        let mut names: Vec<Arc<str>> = branches
            .iter()
            .flat_map(|changes| changes.keys().cloned())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let alternatives: Vec<Option<&Value>> = branches
                .iter()
                .map(|changes| match changes.get(&name) {
                    Some(value) => value.as_ref(),
                    None => self.values.get(&name),
                })
                .collect();
            let value = one_of(&name, &alternatives);
            match value {
                Some(value) => self.set(&name, value),
                None => self.unset(&name),
            }
        }
    }
}

/// A value that is one of several.
fn one_of(name: &Arc<str>, alternatives: &[Option<&Value>]) -> Option<Value> {
    let first = alternatives.iter().flatten().next()?;
    let same = |other: Option<&Value>| other.is_some_and(|other| other.data == first.data);
    if alternatives.iter().copied().all(same) {
        return Some((*first).clone());
    }
    let mut unknown = Unknown::new(UnknownKind::Shell, name.clone());
    for alternative in alternatives {
        let text = match alternative {
            Some(value) => value.text(),
            None => Some(Text::hole(Unknown::new(UnknownKind::Shell, name.clone()))),
        };
        let Some(text) = text else {
            unknown.choices.clear();
            break;
        };
        if !unknown.choices.contains(&text) {
            unknown.choices.push(text);
        }
    }
    Some(Value {
        data: Data::Unknown(unknown),
        span: first.span,
        trail: first.trail.clone(),
    })
}

fn bounded(value: Value, name: &Arc<str>) -> Value {
    let too_much = |text: &Text| weight(text, 0) > HEAVIEST || length(text) > LONGEST;
    let heavy = match &value.data {
        Data::Text(text) => too_much(text),
        Data::Unknown(unknown) => too_much(&Text::hole(unknown.clone())),
        Data::List(items) => items.len() > 256,
        _ => false,
    };
    if heavy {
        Value {
            data: Data::Unknown(Unknown::new(UnknownKind::Computed, name.clone())),
            ..value
        }
    } else {
        value
    }
}

fn weight(text: &Text, depth: usize) -> usize {
    if depth > 6 {
        return HEAVIEST + 1;
    }
    let mut sum = 0;
    for part in text.parts() {
        sum += 1;
        if let Part::Hole(unknown) = part {
            for choice in &unknown.choices {
                sum += weight(choice, depth + 1);
                if sum > HEAVIEST {
                    return sum;
                }
            }
        }
    }
    sum
}

fn length(text: &Text) -> usize {
    text.parts()
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.len(),
            Part::Hole(unknown) => unknown.name.len(),
        })
        .sum()
}
