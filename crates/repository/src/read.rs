//! Reading many files: which of them, and what is text.

use std::fs::File;
use std::io::Read;

use seaworthy_facts::Unread;

use crate::Text;
use crate::walk::Found;

/// Fewer files than this are read without a second thread.
const WORTH_A_THREAD: usize = 64;
/// How many bytes are looked at to tell text from the rest.
const LOOKED_AT: usize = 8 * 1024;

/// Why each file is not read; nothing for those that are. It depends on a file's size and on those before it, never on
/// the time that reading takes.
pub(crate) fn plan(found: &[Found], largest: u64, budget: &mut u64) -> Vec<Option<Unread>> {
    found
        .iter()
        .map(|file| {
            if file.unread.is_some() {
                return file.unread;
            }
            if file.size > largest || file.size > *budget {
                return Some(Unread::TooLarge);
            }
            *budget -= file.size;
            None
        })
        .collect()
}

/// Reads the planned files from disk, in their order.
pub(crate) fn from_disk(found: &[Found], planned: &[Option<Unread>], largest: u64) -> Vec<Text> {
    let one = |n: usize| match planned[n] {
        Some(why) => Err(why),
        None => text(&found[n], largest),
    };
    if found.len() < WORTH_A_THREAD {
        return (0..found.len()).map(one).collect();
    }
    let (first, second) = (found.len() / 2, found.len());
    std::thread::scope(|scope| {
        let other = scope.spawn(move || (first..second).map(one).collect::<Vec<_>>());
        let mut texts: Vec<Text> = (0..first).map(one).collect();
        texts.extend(other.join().expect("reading a file does not panic"));
        texts
    })
}

fn text(file: &Found, largest: u64) -> Text {
    let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or(0).saturating_add(1));
    // The file may have grown since its size was seen.
    File::open(&file.open)
        .and_then(|open| open.take(largest + 1).read_to_end(&mut bytes))
        .map_err(|_| Unread::Refused)?;
    if bytes.len() as u64 > largest {
        return Err(Unread::TooLarge);
    }
    decoded(bytes)
}

/// Bytes as text.
pub(crate) fn decoded(bytes: Vec<u8>) -> Text {
    if bytes[..bytes.len().min(LOOKED_AT)].contains(&0) {
        return Err(Unread::Binary);
    }
    String::from_utf8(bytes).map_err(|_| Unread::Binary)
}
