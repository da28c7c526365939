//! Keys that one object gives twice. OpenTofu takes the last one; the parser refuses them, so they are found in the
//! text first and made different for it.

use std::collections::HashMap;
use std::ops::Range;

/// A key and where it stands before.
pub(super) struct Twice {
    pub(super) first: Range<usize>,
    pub(super) second: Range<usize>,
}

/// Every key that its object gave before.
pub(super) fn given_twice(text: &str) -> Vec<Twice> {
    Scan {
        text,
        bytes: text.as_bytes(),
        frames: Vec::new(),
        found: Vec::new(),
    }
    .run()
}

/// The text with earlier ones of equal keys made different, at equal length.
pub(super) fn made_different(text: &str, twice: &[Twice]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (index, one) in twice.iter().enumerate() {
        // A word of the same length that nobody writes, and that differs from its neighbours.
        let mut number = index;
        let mut range = match bytes[one.first.start] {
            b'"' => one.first.start + 1..one.first.end - 1,
            _ => one.first.clone(),
        };
        // What is filled in stays; the letters before it are enough.
        if let Some(length) = text[range.clone()].find("${") {
            range.end = range.start + length;
        }
        for (at, byte) in bytes[range].iter_mut().enumerate() {
            *byte = if at == 0 {
                b'_'
            } else {
                let letter = b"abcdefghijklmnopqrstuvwxyz"[number % 26];
                number /= 26;
                letter
            };
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// What an open bracket holds.
enum Frame<'a> {
    /// Keys with values.
    Object(HashMap<&'a str, Range<usize>>),
    /// A block's body, a list, an argument list.
    Other,
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    frames: Vec<Frame<'a>>,
    found: Vec<Twice>,
}

impl<'a> Scan<'a> {
    fn run(mut self) -> Vec<Twice> {
        let (mut at, mut expecting, mut last) = (0, false, b'\n');
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            match byte {
                b'#' => {
                    at = self.end_of_line(at);
                    continue;
                }
                b'/' if self.bytes.get(at + 1) == Some(&b'/') => {
                    at = self.end_of_line(at);
                    continue;
                }
                b'/' if self.bytes.get(at + 1) == Some(&b'*') => {
                    at = self.text[at + 2..]
                        .find("*/")
                        .map_or(self.bytes.len(), |end| at + 2 + end + 2);
                    continue;
                }
                b'<' if self.bytes.get(at + 1) == Some(&b'<') => {
                    at = self.end_of_heredoc(at);
                    last = b'"';
                    continue;
                }
                b'"' => {
                    let end = self.end_of_quote(at);
                    if expecting && self.followed_by_value(end) {
                        self.key(at..end);
                    }
                    expecting = false;
                    last = b'"';
                    at = end;
                    continue;
                }
                b'{' | b'[' | b'(' => {
                    // A block's brace follows its kind or a label, an object's an operator or a comma.
                    let object = byte == b'{'
                        && matches!(last, b'=' | b',' | b'(' | b'[' | b':' | b'?' | b'>');
                    self.frames.push(if object {
                        Frame::Object(HashMap::new())
                    } else {
                        Frame::Other
                    });
                    expecting = object;
                    last = byte;
                }
                b'}' | b']' | b')' => {
                    self.frames.pop();
                    expecting = false;
                    last = byte;
                }
                b',' | b'\n' => {
                    expecting = matches!(self.frames.last(), Some(Frame::Object(_)));
                    if byte == b',' {
                        last = byte;
                    }
                }
                _ if byte.is_ascii_whitespace() => {}
                _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let end = self.bytes[at..]
                        .iter()
                        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
                        .map_or(self.bytes.len(), |length| at + length);
                    if expecting && self.followed_by_value(end) {
                        self.key(at..end);
                    }
                    expecting = false;
                    last = b'a';
                    at = end;
                    continue;
                }
                _ => {
                    expecting = false;
                    last = byte;
                }
            }
            at += 1;
        }
        self.found
    }

    fn key(&mut self, range: Range<usize>) {
        let text: &'a str = &self.text[range.clone()];
        let name = text.trim_matches('"');
        // Nothing in it could be made different.
        if name.is_empty() || name.starts_with("${") || !name.is_ascii() {
            return;
        }
        if let Some(Frame::Object(seen)) = self.frames.last_mut()
            && let Some(first) = seen.insert(name, range.clone())
        {
            self.found.push(Twice {
                first,
                second: range,
            });
        }
    }

    fn end_of_line(&self, at: usize) -> usize {
        self.bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
            .map_or(self.bytes.len(), |length| at + length)
    }

    fn end_of_heredoc(&self, at: usize) -> usize {
        let line = self.end_of_line(at);
        let word = self.text[at + 2..line].trim_start_matches('-').trim();
        let is_word = !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !is_word {
            return at + 2;
        }
        let mut next = line;
        while next < self.bytes.len() {
            let end = self.end_of_line(next + 1);
            if self.text[next..end].trim() == word {
                return end;
            }
            next = end;
        }
        next
    }

    /// The byte after the closing quote of the string that opens at `at`.
    fn end_of_quote(&self, mut at: usize) -> usize {
        at += 1;
        let mut depth = 0usize;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'"' if depth == 0 => return at + 1,
                b'\n' if depth == 0 => return at,
                b'{' if depth > 0 || matches!(self.bytes[at - 1], b'$' | b'%') => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    fn followed_by_value(&self, mut at: usize) -> bool {
        while self
            .bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            at += 1;
        }
        match self.bytes.get(at) {
            Some(b'=') => !matches!(self.bytes.get(at + 1), Some(b'=' | b'>')),
            Some(b':') => true,
            _ => false,
        }
    }
}
