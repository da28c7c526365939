//! What a name was before it was renamed, or became.

use seaworthy_diagnostics::suggest;

/// The candidate that `word` most likely was or became, where whole words of it were put in, left out or changed:
/// `helm_values_file` for `values_file`, `imageRegistry` for `registry`. The nearest spelling comes first; then the one
/// that alone shares the most words, if that is at least half of the longer.
///
/// Farther than [`suggest`]: ask it only where other evidence says that something was renamed.
pub(crate) fn akin<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = suggest(word, candidates.iter().copied()) {
        return Some(near);
    }
    let own = words(word);
    let mut best: Option<(usize, &str)> = None;
    let mut is_tied = false;
    for candidate in candidates {
        let other = words(candidate);
        let shared = own.iter().filter(|word| other.contains(word)).count();
        if shared == 0 || shared * 2 < own.len().max(other.len()) {
            continue;
        }
        match best {
            Some((most, _)) if shared < most => {}
            Some((most, name)) if shared == most => is_tied |= name != candidate,
            _ => (best, is_tied) = (Some((shared, candidate)), false),
        }
    }
    best.filter(|_| !is_tied).map(|(_, candidate)| candidate)
}

/// The words of a name in any of the usual ways to join them, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars().take(128) {
        if !c.is_alphanumeric() || c.is_uppercase() && was_lower {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::akin;

    #[test]
    fn finds_what_became_of_a_name_and_no_stranger() {
        for (word, candidates, expected) in [
            (
                "helm_values_file",
                ["values_file", "name"],
                Some("values_file"),
            ),
            ("registry", ["imageRegistry", "tags"], Some("imageRegistry")),
            (
                "node_group_sg_id",
                ["node_sg_id", "oidc_url"],
                Some("node_sg_id"),
            ),
            ("readyness", ["liveness", "readiness"], Some("readiness")),
            // Two share as much: neither is meant more than the other.
            ("ecr-credentials", ["ecr-login", "ecr-token"], None),
            ("zone", ["network", "subnet"], None),
            ("", ["a", "b"], None),
        ] {
            assert_eq!(akin(word, candidates), expected, "{word}");
        }
    }
}
