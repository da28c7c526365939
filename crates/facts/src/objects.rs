//! The objects of a cluster by kind, by name, and by the labels and accounts of their pods, so that a reference is followed without
//! looking at every object.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::kubernetes::{Object, PodTemplate};
use crate::{Text, Value};

/// Where objects stand in their list. It is made when it is first asked for; the list may not change after that.
#[derive(Debug, Default)]
pub struct ObjectIndex(OnceLock<Table>);

#[derive(Debug, Default)]
struct Table {
    by_kind: HashMap<Arc<str>, Vec<usize>>,
    /// Kind and name, where the name is known.
    by_name: HashMap<Arc<str>, HashMap<String, Vec<usize>>>,
    /// By kind, where the name is not known.
    nameless: HashMap<Arc<str>, Vec<usize>>,
    workloads: Vec<usize>,
    /// A label of the pods and its value.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    /// Workloads with labels that are not known.
    open: Vec<usize>,
    /// The service account that pods name, where it is known.
    by_account: HashMap<String, Vec<usize>>,
    /// Workloads whose service account is named and not known.
    some_account: Vec<usize>,
}

impl ObjectIndex {
    /// The objects of a kind.
    pub(crate) fn of(&self, objects: &[Object], kind: &str) -> &[usize] {
        self.table(objects)
            .by_kind
            .get(kind)
            .map_or(&[], Vec::as_slice)
    }

    /// The objects of a kind that can have this name.
    pub(crate) fn named(&self, objects: &[Object], kind: &str, name: &Text) -> Vec<usize> {
        let table = self.table(objects);
        let Some(name) = name.literal() else {
            return self.of(objects, kind).to_vec();
        };
        let known = table.by_name.get(kind).and_then(|names| names.get(name));
        merged(known, table.nameless.get(kind))
    }

    /// The objects that make pods.
    pub(crate) fn workloads(&self, objects: &[Object]) -> &[usize] {
        &self.table(objects).workloads
    }

    /// The workloads whose pods can have the labels of a selector: all that do, and perhaps more.
    pub(crate) fn selectable(&self, objects: &[Object], selector: &Value) -> Vec<usize> {
        let table = self.table(objects);
        let known = selector
            .entries()
            .iter()
            .find_map(|entry| Some((&entry.key, entry.value.scalar()?)));
        let Some((key, value)) = known else {
            return table.workloads.clone();
        };
        let labelled = table.by_label.get(&**key);
        merged(
            labelled.and_then(|values| values.get(&value)),
            Some(&table.open),
        )
    }

    /// The workloads whose pods name a service account that can be this one: all that do, and perhaps more.
    pub(crate) fn running_as(&self, objects: &[Object], account: &Text) -> Vec<usize> {
        let table = self.table(objects);
        let Some(account) = account.literal() else {
            return table.workloads.clone();
        };
        merged(table.by_account.get(account), Some(&table.some_account))
    }

    fn table(&self, objects: &[Object]) -> &Table {
        self.0.get_or_init(|| Table::of(objects))
    }
}

impl Table {
    fn of(objects: &[Object]) -> Self {
        let mut table = Self::default();
        for (at, object) in objects.iter().enumerate() {
            let kind = || object.kind.clone();
            table.by_kind.entry(kind()).or_default().push(at);
            match object.name.text().as_ref().map(Text::literal) {
                Some(Some(name)) => {
                    let names = table.by_name.entry(kind()).or_default();
                    names.entry(name.to_owned()).or_default().push(at);
                }
                _ => table.nameless.entry(kind()).or_default().push(at),
            }
            let Some(pods) = object.pods() else { continue };
            table.workloads.push(at);
            table.add_account(at, pods);
            table.add_labels(at, pods);
        }
        table
    }

    fn add_account(&mut self, at: usize, pods: PodTemplate<'_>) {
        let Some(account) = pods.service_account().and_then(Value::text) else {
            return;
        };
        match account.literal() {
            Some(account) => {
                let running = self.by_account.entry(account.to_owned()).or_default();
                running.push(at);
            }
            None => self.some_account.push(at),
        }
    }

    fn add_labels(&mut self, at: usize, pods: PodTemplate<'_>) {
        let Some(labels) = pods.labels() else { return };
        let unknown = |value: &Value| value.is_unknown() || value.scalar().is_none();
        if labels.is_unknown() || labels.entries().iter().any(|entry| unknown(&entry.value)) {
            self.open.push(at);
            return;
        }
        for entry in labels.entries() {
            let values = self.by_label.entry(entry.key.to_string()).or_default();
            let value = entry.value.scalar().unwrap_or_default();
            values.entry(value).or_default().push(at);
        }
    }
}

/// Two lists in order as one.
fn merged(a: Option<&Vec<usize>>, b: Option<&Vec<usize>>) -> Vec<usize> {
    let mut all: Vec<usize> = a.into_iter().chain(b).flatten().copied().collect();
    all.sort_unstable();
    all
}
