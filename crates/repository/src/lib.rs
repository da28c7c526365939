//! Reads folders of files into memory, as Git sees them.
//!
//! [`load()`] walks the folders that `check` is pointed at, tells kinds by name and content, and gives
//! [`Sources`](seaworthy_facts::Sources). It is the only part below the command line that touches the disk for
//! `check`.
