//! What credentials look like. Only shapes that nothing else has; entropy alone is no evidence.

use std::sync::LazyLock;

use regex::Regex;

/// What every credential that is known here begins with: lines without any need no closer look.
pub(super) fn marks() -> &'static Regex {
    static FOUND: LazyLock<Regex> = LazyLock::new(|| {
        let mut known: Vec<String> = MARKS.iter().map(|(mark, ..)| regex::escape(mark)).collect();
        known.extend(
            [
                r"PRIVATE KEY-----",
                r"hooks\.slack\.com/services/",
                r"/api/webhooks/",
                r"\bs\.[A-Za-z0-9]{24}\b",
            ]
            .map(str::to_owned),
        );
        Regex::new(&known.join("|")).expect("the marks are escaped")
    });
    &FOUND
}

/// What a text is, if it has the shape of a credential.
pub(super) fn credential(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    text.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | ',' | ';' | '<' | '>' | '(' | ')' | '|'
            )
    })
    .find_map(word)
}

/// The same, for one word: `export TOKEN=…` counts from its `=`.
fn word(word: &str) -> Option<&'static str> {
    if word.len() < 20 || word.len() > 4_096 {
        return None;
    }
    let value = word.rsplit_once('=').map_or(word, |(_, value)| value);
    url(word)
        .or_else(|| prefixed(value))
        .or_else(|| prefixed(word))
}

fn url(word: &str) -> Option<&'static str> {
    if let Some((_, path)) = word.split_once("hooks.slack.com/services/") {
        let mut parts = path.split('/');
        let workspace = parts
            .next()
            .is_some_and(|part| part.len() >= 8 && part.starts_with('T'));
        let channel = parts
            .next()
            .is_some_and(|part| part.len() >= 8 && part.starts_with('B'));
        let secret = parts
            .next()
            .is_some_and(|part| part.len() >= 20 && is_random(part));
        return (workspace && channel && secret).then_some("a Slack webhook");
    }
    for host in ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"] {
        if let Some((_, path)) = word.split_once(host) {
            let secret = path.split('/').nth(1)?;
            return (secret.len() >= 50 && is_random(secret)).then_some("a Discord webhook");
        }
    }
    None
}

/// Tokens that begin with a mark of whoever gives them out: mark, length at least, what it is.
const MARKS: [(&str, usize, &str); 19] = [
    ("ghp_", 40, "a GitHub token"),
    ("gho_", 40, "a GitHub token"),
    ("ghs_", 40, "a GitHub token"),
    ("github_pat_", 60, "a GitHub token"),
    ("glpat-", 26, "a GitLab token"),
    ("xoxb-", 40, "a Slack token"),
    ("xoxp-", 40, "a Slack token"),
    ("hvs.", 90, "a Vault token"),
    ("sk_live_", 24, "a Stripe key"),
    ("rk_live_", 24, "a Stripe key"),
    ("SG.", 60, "a SendGrid key"),
    ("AIza", 39, "a Google API key"),
    ("npm_", 40, "an npm token"),
    ("dop_v1_", 64, "a DigitalOcean token"),
    ("sk-ant-", 60, "an Anthropic key"),
    ("sk-proj-", 60, "an OpenAI key"),
    ("dckr_pat_", 32, "a Docker token"),
    ("AGE-SECRET-KEY-1", 60, "an age key"),
    ("pul-", 44, "a Pulumi token"),
];

fn prefixed(value: &str) -> Option<&'static str> {
    let found = MARKS.iter().find(|(mark, length, _)| {
        value.len() >= *length && value.strip_prefix(mark).is_some_and(is_random)
    });
    if let Some((.., what)) = found {
        return Some(what);
    }
    // Vault's older service tokens.
    if let Some(rest) = value.strip_prefix("s.")
        && rest.len() == 24
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && is_random(rest)
    {
        return Some("a Vault token");
    }
    // An access key's id is no secret; AWS's examples end in EXAMPLE.
    None
}

/// Whether letters and digits are mixed as a generator mixes them: no words, no runs, no placeholders.
pub(super) fn is_random(text: &str) -> bool {
    // `change-me` and `change_me` are `changeme`.
    let lower = text.to_ascii_lowercase().replace(['-', '_'], "");
    if [
        "example",
        "xxxx",
        "your",
        "token",
        "placeholder",
        "changeme",
        "12345",
        "abcde",
        "00000",
        "...",
        "redacted",
    ]
    .iter()
    .any(|word| lower.contains(word))
    {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let distinct = text.bytes().collect::<std::collections::HashSet<_>>().len();
    let allowed = text.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'=')
    });
    allowed && digits >= 1 && letters >= 4 && distinct >= 9
}

/// What base64 stands for, if it is text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let clean: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if clean.is_empty() || clean.len() > 64 * 1024 || !clean.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(clean.len() / 4 * 3);
    for group in clean.chunks(4) {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 {
            return None;
        }
        let mut number = 0u32;
        for byte in group {
            number = number << 6 | u32::from(digit(*byte)?);
        }
        let [_, first, second, third] = number.to_be_bytes();
        bytes.push(first);
        if padding < 2 {
            bytes.push(second);
        }
        if padding < 1 {
            bytes.push(third);
        }
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => 0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        // Put together here, so that no scanner takes this file for a leak.
        let slack = format!(
            "https://hooks.slack.com/services/T01ABCDEF23/B04GHIJKL56/{}",
            "q8Zr2mVx7Lw9Kp3Ns6Td1Yc4"
        );
        assert_eq!(credential(&slack), Some("a Slack webhook"));
        assert_eq!(
            credential(&format!(
                "export VAULT_TOKEN=\"s.{}\"",
                "q8Zr2mVx7Lw9Kp3Ns6Td1Yc4"
            )),
            Some("a Vault token")
        );
        assert_eq!(
            credential(&format!(
                "token: ghp_{}",
                "q8Zr2mVx7Lw9Kp3Ns6Td1Yc4Ab5Ee6Gg7Hh8"
            )),
            Some("a GitHub token")
        );
        for harmless in [
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "s.example",
            "${VAULT_TOKEN}",
            "-----BEGIN CERTIFICATE-----",
            "settings.production.database.url",
        ] {
            assert_eq!(credential(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn base64_is_read() {
        assert_eq!(decoded("aGVsbG8=").as_deref(), Some("hello"));
        assert_eq!(decoded("aGVsbG8h").as_deref(), Some("hello!"));
        assert_eq!(decoded("no base64!"), None);
        assert_eq!(decoded("===="), None);
    }
}
