//! Runs of OpenTofu in configurations, and the paths that start workflows.

use seaworthy_facts::delivery::{Deed, Doer, What};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Text, Value, normalized};
use seaworthy_link::World;

/// Every run of a verb in a configuration's folder, those of documents left out.
pub(crate) fn of<'a>(
    world: &'a World,
    root: &Root,
    verbs: &'static [&'static str],
) -> Vec<(Doer<'a>, &'a Deed)> {
    let wanted = Text::from(normalized(&root.folder));
    world
        .facts
        .delivery
        .deeds()
        .filter(|(doer, deed)| {
            !doer.is_document()
                && matches!(&deed.what, What::Terraform { verb, folder, .. }
                    if verbs.contains(&&**verb) && *folder == wanted)
        })
        .collect()
}

/// Whether nobody is asked before it happens.
pub(crate) fn approves_itself(deed: &Deed) -> bool {
    let What::Terraform { arguments, .. } = &deed.what else {
        return false;
    };
    arguments.iter().any(|argument| {
        matches!(
            argument.str(),
            Some(
                "-auto-approve"
                    | "--auto-approve"
                    | "-auto-approve=true"
                    | "--terragrunt-non-interactive"
                    | "--non-interactive"
            )
        )
    })
}

/// The place of a run that its own file has: of a script that is called, the call.
pub(crate) fn place(doer: Doer<'_>, deed: &Deed) -> Span {
    let own = doer.file();
    if deed.span.file == own {
        return deed.span;
    }
    deed.called_at
        .iter()
        .find(|span| span.file == own)
        .copied()
        .unwrap_or(deed.span)
}

/// Whether a list of patterns such as `paths` takes a path: the last pattern that fits decides, `!` takes out.
pub(crate) fn paths_take(patterns: &[Value], path: &str) -> bool {
    let mut taken = false;
    for pattern in patterns {
        let Some(pattern) = pattern.str() else {
            // What is not known may take anything.
            taken = true;
            continue;
        };
        match pattern.strip_prefix('!') {
            Some(pattern) if fits(pattern, path) => taken = false,
            None if fits(pattern, path) => taken = true,
            _ => {}
        }
    }
    taken
}

/// Whether a pattern of GitHub fits: `*` stops at `/`, `**` does not.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.trim_start_matches('/').chars().collect();
    let text: Vec<char> = text.chars().collect();
    if pattern.len() > 500 || text.len() > 1000 {
        return true;
    }
    // Which lengths of the text the pattern so far can end at.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let double = pattern[at] == '*' && pattern.get(at + 1) == Some(&'*');
        let mut next = vec![false; text.len() + 1];
        match pattern[at] {
            '*' => {
                let mut open = false;
                for end in 0..=text.len() {
                    if end > 0 && !double && text[end - 1] == '/' {
                        open = false;
                    }
                    open |= ends[end];
                    next[end] = open;
                }
                // `**/x` also fits `x`.
                if double && pattern.get(at + 2) == Some(&'/') {
                    for end in 0..=text.len() {
                        if ends[end] && (end == 0 || text[end - 1] == '/') {
                            let rest: String = pattern[at + 3..].iter().collect();
                            let tail: String = text[end..].iter().collect();
                            if !rest.contains("**/") && fits(&rest, &tail) {
                                return true;
                            }
                        }
                    }
                }
            }
            '?' => {
                // The character before is there or not: rare, so anything goes.
                next.copy_from_slice(&ends);
                for end in 1..=text.len() {
                    next[end] |= ends[end - 1];
                }
            }
            character => {
                for end in 1..=text.len() {
                    next[end] = ends[end - 1] && text[end - 1] == character;
                }
            }
        }
        ends = next;
        at += if double { 2 } else { 1 };
    }
    ends[text.len()]
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_are_those_of_github() {
        assert!(fits("iac/**/*.tf", "iac/permanent/main.tf"));
        assert!(fits("iac/**/*.tf", "iac/main.tf"));
        assert!(fits("**/*.tf", "main.tf"));
        assert!(fits("iac/**", "iac/a/b"));
        assert!(!fits("iac/*.tf", "iac/permanent/main.tf"));
        assert!(!fits("infra/**", "iac/main.tf"));
        assert!(fits("**", "a/b"));
    }
}
