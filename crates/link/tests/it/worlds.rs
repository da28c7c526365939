//! Small repositories to read and link.

use seaworthy_facts::{SourceKind, SourceRoot, Sources, Span};
use seaworthy_link::World;

/// A repository `acme/shop` of these files.
pub(crate) fn world(files: &[(&str, &str)]) -> World {
    let mut sources = Sources::default();
    let root = sources.add_root(SourceRoot {
        remote: Some("acme/shop".to_owned()),
        default_branch: Some("main".to_owned()),
        ..SourceRoot::default()
    });
    for (path, text) in files {
        sources.add(root, *path, *text, SourceKind::of(path, text), false);
    }
    World::new(sources, "2026-11-21".parse().expect("it is a date"))
}

/// `file:line` of a place.
pub(crate) fn line(world: &World, span: Span) -> String {
    format!(
        "{}:{}",
        world.sources.path(span.file),
        world.sources.line(span)
    )
}
