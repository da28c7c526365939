//! A dashboard asks for a metric that is one slip away from one that a program registers, and that nobody registers.
//! Metrics that are not like one of the platform's own are somebody else's and left alone.

use std::collections::HashMap;

use seaworthy_facts::{SourceKind, Span};
use seaworthy_link::World;

use super::promql;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "dashboard-metric-not-exported",
    severity: Severity::Breaks,
    page: include_str!("dashboard-metric-not-exported.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut own: HashMap<&str, Span> = HashMap::new();
    for (name, span) in world
        .facts
        .code
        .programs
        .iter()
        .flat_map(|program| &program.metrics)
    {
        match name.literal() {
            Some(name) => {
                own.entry(name).or_insert(*span);
            }
            // A name that is put together when the program runs may be any.
            None => return,
        }
    }
    if own.is_empty() {
        return;
    }
    for dashboard in &world.facts.documents.dashboards {
        for query in &dashboard.queries {
            let Some(text) = query.str() else { continue };
            for metric in promql::metrics(text) {
                let base = promql::base(&metric);
                let with_total = |name: &str| own.contains_key(name.trim_end_matches("_total"));
                if own.contains_key(metric.as_str()) || own.contains_key(base) || with_total(base) {
                    continue;
                }
                let near = own
                    .iter()
                    .filter(|(name, _)| is_slip(base, name))
                    .min_by_key(|(name, span)| (distance(base, name), **span))
                    .or_else(|| renamed(world, &own, base));
                let Some((name, span)) = near else { continue };
                findings.push(
                    Finding::new(format!(
                        "the dashboard asks for `{metric}`, and what is exported is called `{name}`"
                    ))
                    .at(query.span, format!("no program registers `{metric}`"))
                    .and(*span, format!("registers `{name}`"))
                    .confidence(Confidence::Likely)
                    .about([metric.clone(), (*name).to_owned()]),
                );
            }
        }
    }
}

/// The metric that differs in one word from what is asked for, and that no query, rule or dashboard asks for.
fn renamed<'o, 'a>(
    world: &World,
    own: &'o HashMap<&'a str, Span>,
    asked: &str,
) -> Option<(&'o &'a str, &'o Span)> {
    let mut found = own.iter().filter(|(name, _)| {
        is_a_word_off(asked, name)
            && !world.sources.iter().any(|source| {
                let asks = [SourceKind::Yaml, SourceKind::Json, SourceKind::HelmTemplate];
                asks.contains(&source.kind) && source.file.text().contains(**name)
            })
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Whether one word of two long names was put in, left out or changed; the first is whose metric it is.
fn is_a_word_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('_').collect(), b.split('_').collect());
    let (short, long) = if a.len() < b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    if short.len() < 3 || long.len() - short.len() > 1 || a[0] != b[0] {
        return false;
    }
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let rest = short.len() - start;
    let end = short.iter().rev().zip(long.iter().rev()).take(rest);
    let same = start + end.take_while(|(a, b)| a == b).count();
    same + 1 == long.len() && same >= 3
}

/// Whether a name is another's with a slip: a letter, a plural, a unit that is written out or left out.
fn is_slip(asked: &str, own: &str) -> bool {
    let short = asked.len().min(own.len());
    if short < 8 {
        return false;
    }
    let (asked_end, own_end) = (last(asked), last(own));
    // Two names that differ in a number or in their first word are two names.
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    if digits(asked) != digits(own) || first(asked) != first(own) {
        return false;
    }
    let unit = |word: &str| matches!(word, "total" | "seconds" | "bytes" | "count" | "ratio");
    let same_stem = |a: &str, b: &str, end: &str| {
        a.strip_suffix(end)
            .is_some_and(|stem| stem.trim_end_matches('_') == b)
    };
    (unit(asked_end) && same_stem(asked, own, asked_end) && asked_end != "total")
        || (unit(own_end) && same_stem(own, asked, own_end))
        || (short >= 12 && distance(asked, own) <= 2)
}

fn last(name: &str) -> &str {
    name.rsplit('_').next().unwrap_or(name)
}

fn first(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// How many letters are other, missing or too many; 9 for what is far away.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 || a.len() > 120 {
        return 9;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let other = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = other.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_other_names() {
        assert!(is_slip("orders_recieved", "orders_received"));
        assert!(is_slip("order_latency", "order_latency_seconds"));
        assert!(is_slip("http_request_total", "http_requests_total"));
        assert!(!is_slip("http_requests_2xx", "http_requests_5xx"));
        assert!(!is_slip("node_load", "mode_load"));
        assert!(!is_slip("orders_failed_total", "orders_filled"));
        assert!(is_a_word_off(
            "shop_worker_last_success_seconds",
            "shop_worker_last_success_timestamp_seconds"
        ));
        assert!(is_a_word_off(
            "shop_mail_sent_total",
            "shop_mail_delivered_total"
        ));
        assert!(!is_a_word_off(
            "shop_mail_sent_total",
            "shop_orders_received_total"
        ));
        assert!(!is_a_word_off("shop_mail_sent_total", "mail_sent_total"));
        assert!(!is_a_word_off("shop_errors_total", "shop_orders_total"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
