//! A small fuzzer for every run of the tests: the cases and examples, mutated, with a fixed seed. The long one is in
//! `fuzz/`.

use std::time::{Duration, Instant};

use crate::cases::cases;
use crate::examples::definitions;
use crate::properties::{Random, exercise};

/// What a mutation puts in: pieces that mean something to YAML or to the definition.
const PIECES: [&str; 34] = [
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "|",
    ">",
    "'",
    "\"",
    "#",
    "---\n",
    "...\n",
    "\u{feff}",
    "\u{0}",
    "${",
    "${counter.password}",
    "$${",
    "~",
    "null",
    "yes",
    "0755",
    "1e999",
    "999999999999999999999",
    "é",
    "x-a: ",
    "override:",
];

#[test]
fn mutated_definitions_never_panic() {
    let mut seeds: Vec<Vec<u8>> = cases().into_iter().map(|(_, _, bytes)| bytes).collect();
    seeds.extend(definitions().into_iter().map(|(_, text)| text.into_bytes()));
    let mut random = Random(0x5ea_2026);
    let mut slowest = (Duration::ZERO, Vec::new());
    // A fixed number, so that a failure comes again; a few seconds unoptimized.
    for _ in 0..1500 {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, &seeds, &mut random);
        }
        let started = Instant::now();
        assert!(
            std::panic::catch_unwind(|| exercise(&bytes)).is_ok(),
            "this panicked:\n{}",
            String::from_utf8_lossy(&bytes).escape_debug()
        );
        slowest = slowest.max((started.elapsed(), bytes));
    }
    assert!(
        slowest.0 < Duration::from_secs(5),
        "{:?} for:\n{}",
        slowest.0,
        String::from_utf8_lossy(&slowest.1)
    );
}

fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(20)).min(bytes.len());
    match random.below(6) {
        0 => drop(bytes.drain(at..end)),
        1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next().to_le_bytes()[0];
            }
        }
        3 => {
            let piece = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, piece));
        }
        4 => {
            // A line moves to another place.
            let lines: Vec<Vec<u8>> = bytes
                .split_inclusive(|b| *b == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
            if lines.len() > 1 {
                let mut lines = lines;
                let line = lines.remove(random.below(lines.len()));
                lines.insert(random.below(lines.len() + 1), line);
                *bytes = lines.concat();
            }
        }
        _ => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let to = (from + random.below(60)).min(other.len());
            drop(bytes.splice(at..at, other[from..to].iter().copied()));
        }
    }
}
