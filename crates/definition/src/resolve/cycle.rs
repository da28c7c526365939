//! Cycles in `uses` between services: nobody could start first.

use std::collections::BTreeSet;

use seaworthy_diagnostics::{Diagnostic, Span};

use super::Resolver;
use crate::model::{Platform, ServiceName};

impl Resolver<'_> {
    /// Reports each cycle once, with every place that makes it.
    pub(super) fn cycles(&mut self, platform: &Platform) {
        let mut reported: BTreeSet<BTreeSet<ServiceName>> = BTreeSet::new();
        let services: Vec<ServiceName> = platform.services.keys().cloned().collect();
        for start in &services {
            let Some(cycle) = self.cycle_from(start) else {
                continue;
            };
            let members: BTreeSet<ServiceName> =
                cycle.iter().map(|(name, _)| name.clone()).collect();
            if !reported.insert(members) {
                continue;
            }
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
    fn cycle_from(&self, start: &ServiceName) -> Option<Vec<(ServiceName, Span)>> {
        let mut paths: Vec<Vec<(ServiceName, Span)>> = vec![Vec::new()];
        let mut seen: BTreeSet<&ServiceName> = BTreeSet::new();
        while let Some(path) = (!paths.is_empty()).then(|| paths.remove(0)) {
            let here = path.last().map_or(start, |(name, _)| name).clone();
            let here = if path.is_empty() { start.clone() } else { here };
            for (from, to, span) in &self.edges {
                let at = if path.is_empty() { start } else { &here };
                if from != at {
                    continue;
                }
                let mut next = path.clone();
                next.push((to.clone(), *span));
                if to == start {
                    // Each entry holds the target of an edge and its place: shift the names by one.
                    let mut cycle = Vec::with_capacity(next.len());
                    let mut from = start.clone();
                    for (to, span) in next {
                        cycle.push((from, span));
                        from = to;
                    }
                    return Some(cycle);
                }
                if seen.insert(to) {
                    paths.push(next);
                }
            }
        }
        None
    }
}
