//! What documents promise of the platform as a whole.

use seaworthy_facts::documents::{Claim, ClaimKind};
use seaworthy_facts::file_name;
use seaworthy_link::World;

/// Names of documents that describe the platform; records of decisions, proposals and guides speak of other things.
const DESCRIBE: [&str; 5] = [
    "readme",
    "overview",
    "architecture",
    "requirements",
    "design",
];

/// The first promise of one of these kinds, in their order.
pub(super) fn promised<'a>(world: &'a World, kinds: &[ClaimKind]) -> Option<&'a Claim> {
    kinds.iter().find_map(|kind| {
        world.facts.documents.claims.iter().find(|claim| {
            let name = file_name(world.sources.path(claim.span.file)).to_ascii_lowercase();
            claim.about == *kind && DESCRIBE.iter().any(|word| name.starts_with(word))
        })
    })
}
