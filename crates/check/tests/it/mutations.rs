//! Every example, broken in many small ways: the whole way from text to findings never panics and ends soon. The long
//! form is `fuzz/`.

use seaworthy_check::page::Example;
use seaworthy_link::World;

/// For each example.
const MUTATIONS: u64 = 3;
/// What is put in: what means something to one of the readers.
const WORDS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "${",
    "}}",
    "{{",
    "$((",
    "\n",
    "\t",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<",
    "|",
    "\u{feff}",
    "é",
    "%{ for x in y }",
    "<<<<<<< HEAD\n",
];

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit.max(1)).expect("it is small");
        usize::try_from(self.0 % limit).expect("it is below a usize")
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn mutated(text: &str, numbers: &mut Numbers) -> String {
    let at = boundary(text, numbers.below(text.len() + 1));
    let to = boundary(text, (at + numbers.below(30)).min(text.len()));
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    match numbers.below(7) {
        0 => text[..at].to_owned(),
        1 => format!("{}{}", &text[..at], &text[to..]),
        2 | 3 => {
            let word = WORDS[numbers.below(WORDS.len())];
            format!("{}{word}{}", &text[..at], &text[at..])
        }
        4 => {
            let n = numbers.below(lines.len());
            if n < lines.len() {
                lines.remove(n);
            }
            lines.concat()
        }
        5 => {
            let n = numbers.below(lines.len());
            if n < lines.len() {
                lines.insert(n, lines[n]);
            }
            lines.concat()
        }
        _ => {
            let (a, b) = (numbers.below(lines.len()), numbers.below(lines.len()));
            if a < lines.len() && b < lines.len() {
                lines.swap(a, b);
            }
            lines.concat()
        }
    }
}

#[test]
fn a_broken_example_panics_nowhere() {
    let today = "2026-11-21".parse().expect("it is a date");
    for (seed, rule) in (1_u64..).zip(seaworthy_check::all()) {
        let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..MUTATIONS {
            let Some(mut example) = Example::of(rule.page, "Failing") else {
                continue;
            };
            for _ in 0..=numbers.below(3) {
                let n = numbers.below(example.files.len());
                if let Some(file) = example.files.get_mut(n) {
                    file.text = mutated(&file.text, &mut numbers);
                }
            }
            let world = World::new(example.sources(), today);
            for finding in seaworthy_check::check(&world) {
                for label in &finding.diagnostic.labels {
                    let text = world.sources.get(label.span.file).file.text();
                    assert!(
                        text.get(label.span.range()).is_some(),
                        "{} points outside of its file, or into a character",
                        finding.rule
                    );
                }
            }
        }
    }
}
