//! Files that are written into a team's repository.
//!
//! A [`FileTree`] is what should stand there. [`Changes`] is how that differs from the disk and from what was written
//! last ([`Manifest`]), so that a file that a hand has edited is seen before anything is overwritten. Only [`Folder`]
//! touches the disk. What the files are is not known here.

mod changes;
mod diff;
mod folder;
mod manifest;
mod tree;

pub use changes::{Change, Changes, Conflict, Reason, compare};
pub use diff::unified_diff;
pub use folder::{Folder, FolderError};
pub use manifest::{MANIFEST, Manifest, hash};
pub use tree::{File, FileTree, Ownership};
