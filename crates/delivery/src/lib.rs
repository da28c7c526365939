//! What workflows, scripts, Dockerfiles and Compose files do.
//!
//! [`read()`] fills [`seaworthy_facts::delivery`]. Nothing is run: scripts are parsed and followed as far as their text
//! says, and what is not known is a hole.

mod deeds;
mod documents;
mod files;
mod fragment;
mod github;
mod make;
mod scripts;
mod shell;

use seaworthy_facts::{Facts, Sources};

/// Reads everything that delivers, and notes what could not be read or seen.
pub fn read(sources: &Sources, facts: &mut Facts) {
    let files = files::Files::new(sources);
    let shells = shell::Shells::new(&files);
    let delivery = &mut facts.delivery;
    delivery.scripts.extend(scripts::scripts(sources, &shells));
    delivery.scripts.extend(shells.makefiles().scripts(&shells));
    delivery
        .scripts
        .extend(documents::scripts(sources, &shells));
    github::read(&files, &shells, delivery, &mut facts.unseen);
}
