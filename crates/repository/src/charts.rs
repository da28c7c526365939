//! What the files around a file say about it: templates of a chart, and charts that are somebody else's.

use std::ops::Range;

use seaworthy_facts::{file_name, parent};

use crate::walk::Found;

/// Marks what lies in `charts/NAME/` of a chart that declares NAME to come from a repository: it was fetched. A chart
/// in `charts/` that is declared nowhere is the author's own.
///
/// `found` is sorted by path.
pub(crate) fn mark_vendored(found: &mut [Found], mut text: impl FnMut(&Found) -> Option<String>) {
    let mut fetched = Vec::new();
    for file in found.iter() {
        if file_name(&file.path) != "Chart.yaml" || file.unread.is_some() || file.size > LARGEST {
            continue;
        }
        let charts = match parent(&file.path) {
            "" => "charts/".to_owned(),
            folder => format!("{folder}/charts/"),
        };
        if below(found, &charts).is_empty() {
            continue;
        }
        let text = text(file).unwrap_or_default();
        fetched.extend(
            dependencies(&text)
                .into_iter()
                .map(|name| format!("{charts}{name}/")),
        );
    }
    for folder in fetched {
        let inside = below(found, &folder);
        for file in &mut found[inside] {
            file.vendored = true;
        }
    }
}

/// No `Chart.yaml` is larger, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The places of the files whose paths start so.
fn below(found: &[Found], start: &str) -> Range<usize> {
    let first = found.partition_point(|file| file.path.as_str() < start);
    let n = found[first..].partition_point(|file| file.path.starts_with(start));
    first..first + n
}

/// The names of a chart's dependencies that have a repository elsewhere. Only the usual one-key-a-line form is read:
/// in any other the chart counts as the author's own.
fn dependencies(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = None;
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with("dependencies:"))
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with([' ', '-', '#']));
    for line in lines {
        let line = line.trim();
        let (starts, line) = match line.strip_prefix("- ") {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if starts {
            name = None;
        }
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        match key {
            "name" => name = Some(value.to_owned()),
            "repository"
                if ["http", "oci:", "@", "alias:"]
                    .iter()
                    .any(|s| value.starts_with(s)) =>
            {
                names.extend(name.clone());
            }
            _ => {}
        }
    }
    names
}

/// Whether the root itself is a chart, so that its folder `templates` is a chart's.
pub(crate) fn is_chart(found: &[Found]) -> bool {
    found
        .binary_search_by(|file| file.path.as_str().cmp("Chart.yaml"))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_from_elsewhere_is_fetched() {
        let chart = "\
apiVersion: v2
name: shop
dependencies:
  - name: postgresql
    version: 16.0.1
    repository: oci://registry.example/charts
  - name: common
    version: 1.0.0
    repository: file://../common
  - version: 2.0.0
    name: own
maintainers:
  - name: someone
    repository: https://example.com
";
        assert_eq!(dependencies(chart), ["postgresql"]);
    }

    #[test]
    fn the_order_of_keys_does_not_matter_but_the_list_does() {
        // A repository before the name is not read: the chart then counts as the author's own.
        let chart = "dependencies:\n- name: a\n  repository: \"https://example.com\"\n- name: b\n";
        assert_eq!(dependencies(chart), ["a"]);
    }
}
