//! Reading folders from disk.

mod load;
