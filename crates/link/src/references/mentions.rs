//! Whether a name stands anywhere else in the files: then somebody may make what it names.

use std::collections::HashSet;

use seaworthy_facts::{FileId, SourceKind, Span};

use crate::World;

/// Whether a name stands, as a whole word, on a line other than these. A word that people and programs may use for
/// anything is looked for only where things are named.
pub fn stands_elsewhere(world: &World, name: &str, known: &[Span]) -> bool {
    let known: HashSet<(FileId, usize)> = known
        .iter()
        .map(|span| (span.file, world.sources.line(*span)))
        .collect();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic());
    world.sources.iter().any(|source| {
        if plain && !names_things(source.kind) {
            return false;
        }
        let text = source.file.text();
        text.match_indices(name).any(|(at, _)| {
            is_word(text, at, name.len())
                && !known.contains(&(source.file.id(), source.file.position(at).line))
        })
    })
}

fn names_things(kind: SourceKind) -> bool {
    matches!(
        kind,
        SourceKind::Yaml
            | SourceKind::HelmTemplate
            | SourceKind::Terraform
            | SourceKind::TerraformVariables
            | SourceKind::Shell
            | SourceKind::Makefile
            | SourceKind::Dockerfile
            | SourceKind::Jenkinsfile
    )
}

fn is_word(text: &str, at: usize, length: usize) -> bool {
    let part = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let bytes = text.as_bytes();
    !part(at.checked_sub(1).and_then(|at| bytes.get(at).copied()))
        && !part(bytes.get(at + length).copied())
}

#[cfg(test)]
mod tests {
    use super::is_word;

    #[test]
    fn a_part_of_a_name_is_no_word() {
        assert!(is_word("name: api", 6, 3));
        assert!(is_word("ns/api.svc", 3, 3));
        assert!(!is_word("name: api-2", 6, 3));
        assert!(!is_word("my_api", 3, 3));
    }
}
