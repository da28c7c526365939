//! From bytes to text: size, encoding, byte order mark.

use seaworthy_diagnostics::{Diagnostic, FileId, SourceFile};

/// The text of a file, with what is wrong about its bytes. Too large or not text: an empty or lossy text and a
/// diagnostic, and nothing is left to parse.
pub(crate) fn decode(
    file: FileId,
    path: &str,
    bytes: &[u8],
    max_bytes: usize,
) -> (SourceFile, Option<Diagnostic>) {
    if bytes.len() > max_bytes {
        let source = SourceFile::new(file, path, "");
        let message = format!(
            "the file is too large: {}, and at most {} are read",
            size(bytes.len()),
            size(max_bytes)
        );
        let diagnostic = Diagnostic::error("yaml/too-large", message)
            .primary(source.span(0..0), "")
            .hint("check that this is the file you mean");
        return (source, Some(diagnostic));
    }
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        let source = SourceFile::new(file, path, "");
        let diagnostic = Diagnostic::error("yaml/encoding", "the file is UTF-16, not UTF-8")
            .primary(source.span(0..0), "")
            .hint("save it as UTF-8; editors call this the file's encoding");
        return (source, Some(diagnostic));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let source = SourceFile::new(file, path, text);
            let control = text
                .char_indices()
                .find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'));
            let diagnostic = control.map(|(at, c)| {
                let message = format!("byte {at} is the control character U+{:04X}", u32::from(c));
                Diagnostic::error("yaml/control-character", message)
                    .primary(
                        source.span(at..at + c.len_utf8()),
                        "YAML does not allow it here",
                    )
                    .hint("remove it, or write it as an escape in double quotes, such as \"\\e\"")
            });
            (source, diagnostic)
        }
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes[at];
            // The text before the broken byte is the same, so the place is too.
            let source = SourceFile::new(file, path, String::from_utf8_lossy(bytes));
            let diagnostic = Diagnostic::error(
                "yaml/encoding",
                format!("the file is not UTF-8: byte {at} is 0x{byte:02x}"),
            )
            .primary(
                source.span(at..at + '\u{fffd}'.len_utf8()),
                "no UTF-8 character starts or continues so",
            )
            .hint("save the file as UTF-8; editors call this the file's encoding");
            (source, Some(diagnostic))
        }
    }
}

/// A size as people say it.
fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else if bytes >= 1 << 10 {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{bytes} bytes")
    }
}
