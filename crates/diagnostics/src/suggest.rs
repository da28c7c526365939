//! The nearest spelling.

/// The candidate that `word` most likely means, where one is near enough; of equally near ones the first.
///
/// ```
/// use seaworthy_diagnostics::suggest;
///
/// assert_eq!(suggest("readyness", ["liveness", "readiness"]), Some("readiness"));
/// assert_eq!(suggest("Services", ["services"]), Some("services"));
/// assert_eq!(suggest("volumes", ["services", "databases"]), None);
/// ```
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let n_chars = folded.len();
    // One slip in a short word, a third of a long one: farther is guessing.
    let limit = match n_chars {
        0..=1 => 0,
        2..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = fold(candidate);
            let distance = distance(&folded, &other);
            // `mem` for `memory`, `environment` for `environments`.
            let begins = n_chars >= 3
                && (other.starts_with(&folded[..]) || folded.starts_with(&other[..]))
                && other.len() >= 3;
            (distance <= limit || begins).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Lower case without `-` and `_`, so that `stopGrace` and `stop-grace` find `stop_grace`.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .take(64)
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edits between two words; two neighbours swapped are one edit.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut before = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; width];
        for j in 1..width {
            let substitution = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitution.min(previous[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_not_strangers() {
        let keys = [
            "services",
            "scale",
            "resources",
            "stop_grace",
            "env",
            "seed",
        ];
        for (word, expected) in [
            ("sevices", Some("services")),
            ("serivces", Some("services")),
            ("scael", Some("scale")),
            ("stopGrace", Some("stop_grace")),
            ("ENV", Some("env")),
            ("resource", Some("resources")),
            ("replicas", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(suggest(word, keys), expected, "{word}");
        }
    }
}
