//! As much of Prometheus' queries as rules need: the metrics they name, and the variables they follow.

const FUNCTIONS: [&str; 12] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "bool",
    "and",
    "or",
    "unless",
    "le",
];

/// The metrics that a query names.
pub(super) fn metrics(query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = query;
    let mut in_labels = false;
    while let Some(c) = rest.chars().next() {
        match c {
            '"' | '\'' => {
                let after = &rest[1..];
                let mut escaped = false;
                let end = after.find(|d: char| {
                    let close = d == c && !escaped;
                    escaped = d == '\\' && !escaped;
                    close
                });
                rest = end.map_or("", |end| &after[end + 1..]);
            }
            '{' => {
                in_labels = true;
                rest = &rest[1..];
            }
            '}' => {
                in_labels = false;
                rest = &rest[1..];
            }
            // A variable is no metric, and what is in brackets is a duration.
            '$' => {
                rest = rest[1..].trim_start_matches(|d: char| {
                    d.is_ascii_alphanumeric() || matches!(d, '_' | '{' | '}' | ':')
                });
            }
            '[' => rest = rest.split_once(']').map_or("", |(_, after)| after),
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest
                    .find(|d: char| !(d.is_ascii_alphanumeric() || matches!(d, '_' | ':')))
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                rest = &rest[end..];
                let next = rest.trim_start();
                if FUNCTIONS.contains(&word) && next.starts_with('(') {
                    // A list of labels.
                    rest = next.split_once(')').map_or("", |(_, after)| after);
                    continue;
                }
                let called = next.starts_with('(') || FUNCTIONS.contains(&word);
                // `sum by (le) (…)`: an aggregation with its labels in front.
                let aggregates = next.starts_with("by") || next.starts_with("without");
                if !(in_labels || called || aggregates) && word.contains('_') {
                    found.push(word.to_owned());
                }
            }
            c if c.is_ascii_digit() => {
                rest = rest.trim_start_matches(|d: char| d.is_ascii_alphanumeric() || d == '.');
            }
            c => rest = &rest[c.len_utf8()..],
        }
    }
    found
}

/// The name that a program registers, for a series that a histogram or counter makes of it.
pub(super) fn base(metric: &str) -> &str {
    ["_bucket", "_count", "_sum", "_created"]
        .iter()
        .find_map(|end| metric.strip_suffix(end))
        .unwrap_or(metric)
}

/// Whether a query follows a variable: `$name`, `${name}`, `${name:regex}`, `[[name]]`.
pub(super) fn uses(query: &str, name: &str) -> bool {
    query.contains(&format!("${{{name}}}"))
        || query.contains(&format!("${{{name}:"))
        || query.contains(&format!("[[{name}]]"))
        || query.match_indices(&format!("${name}")).any(|(at, found)| {
            query[at + found.len()..]
                .chars()
                .next()
                .is_none_or(|next| !(next.is_ascii_alphanumeric() || next == '_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_from_functions_and_labels() {
        assert_eq!(
            metrics(
                "histogram_quantile(0.95, sum by(le) (rate(http_seconds_bucket{a_b=\"x_y\"}[5m])))"
            ),
            ["http_seconds_bucket"]
        );
        assert_eq!(
            metrics("sum(rate(a_total[$__rate_interval])) by (job_name) / on(x_y) b_total * 100"),
            ["a_total", "b_total"]
        );
        assert!(metrics("label_values(up, job)").is_empty());
        assert!(metrics("\"unterminated").is_empty());
        assert_eq!(base("http_seconds_bucket"), "http_seconds");
    }

    #[test]
    fn variables_have_three_forms() {
        assert!(uses("a{b=\"$pod\"}", "pod"));
        assert!(uses("a{b=~\"${pod:regex}\"}", "pod"));
        assert!(uses("a{b=\"[[pod]]\"}", "pod"));
        assert!(!uses("a{b=\"$pods\"}", "pod"));
    }
}
