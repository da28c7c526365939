//! Reading folders from disk.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where by its line"
)]

mod load;
