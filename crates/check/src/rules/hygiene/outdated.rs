//! Images that no longer get fixes.

use seaworthy_facts::ImageReference;
use seaworthy_knowledge::images::Ended;
use seaworthy_link::World;

/// What of an image ended, a year ago or longer.
pub(super) fn ended(world: &World, reference: &ImageReference) -> Option<Ended> {
    let hub = reference.registry.as_ref().is_none_or(|registry| {
        matches!(
            registry.literal(),
            Some("docker.io" | "index.docker.io" | "public.ecr.aws")
        )
    });
    let name = reference.repository.literal()?;
    let name = name.strip_prefix("docker/library/").unwrap_or(name);
    let tag = reference.tag.as_ref()?.literal()?;
    if !hub {
        return None;
    }
    let ended = world.knowledge.image_ended(name, tag)?;
    let mut year_ago = world.today;
    year_ago.year -= 1;
    (ended.on <= year_ago).then_some(ended)
}
