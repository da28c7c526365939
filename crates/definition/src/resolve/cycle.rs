//! Cycles in `uses` between services: nobody could start first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use seaworthy_diagnostics::{Diagnostic, Span};

use super::Resolver;
use crate::model::{Platform, ServiceName};

impl Resolver<'_> {
    /// Reports each cycle once, with every place that makes it.
    pub(super) fn cycles(&mut self, platform: &Platform) {
        let edges = std::mem::take(&mut self.edges);
        let mut uses: BTreeMap<&ServiceName, Vec<(&ServiceName, Span)>> = BTreeMap::new();
        for (from, to, span) in &edges {
            uses.entry(from).or_default().push((to, *span));
        }
        // A service of a cycle that was reported is not looked at again.
        let mut reported: BTreeSet<ServiceName> = BTreeSet::new();
        for start in platform.services.keys() {
            if reported.contains(start) {
                continue;
            }
            let Some(cycle) = Self::cycle_from(start, &uses) else {
                continue;
            };
            reported.extend(cycle.iter().map(|(name, _)| name.clone()));
            let mut chain: Vec<String> =
                cycle.iter().map(|(name, _)| format!("`{name}`")).collect();
            chain.push(chain[0].clone());
            let mut diagnostic = Diagnostic::error(
                "definition/cycle",
                format!("services use each other in a circle: {}", chain.join(" → ")),
            );
            for (at, (name, span)) in cycle.iter().enumerate() {
                let next = &cycle[(at + 1) % cycle.len()].0;
                let words = format!("`{name}` uses `{next}`");
                diagnostic = if at == 0 {
                    diagnostic.primary(*span, words)
                } else {
                    diagnostic.secondary(*span, words)
                };
            }
            let diagnostic = diagnostic
                .note("a service starts when what it uses is ready, so none of these could start first")
                .hint("leave one of the references out, or write that address as a text");
            self.report(diagnostic);
        }
    }

    /// The shortest cycle through a service: each member, and the place where it uses the next.
    fn cycle_from(
        start: &ServiceName,
        uses: &BTreeMap<&ServiceName, Vec<(&ServiceName, Span)>>,
    ) -> Option<Vec<(ServiceName, Span)>> {
        // Who was reached from whom, and where that is said.
        let mut reached: BTreeMap<&ServiceName, (&ServiceName, Span)> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            for &(next, span) in uses.get(here).map_or(&[][..], Vec::as_slice) {
                if next == start {
                    let mut cycle = vec![(here.clone(), span)];
                    let mut member = here;
                    while member != start {
                        let (from, span) = reached[member];
                        cycle.push((from.clone(), span));
                        member = from;
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if !reached.contains_key(next) {
                    reached.insert(next, (here, span));
                    queue.push_back(next);
                }
            }
        }
        None
    }
}
