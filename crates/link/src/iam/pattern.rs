//! Patterns of IAM: `*` and `?` in actions and resources, held against texts of which parts may be unknown.

use seaworthy_facts::{Part, Same, Text};

/// Whether a pattern of actions takes an action; services and actions are the same in any case.
pub fn takes_action(pattern: &str, action: &str) -> bool {
    glob(
        &pattern.to_ascii_lowercase().chars().collect::<Vec<_>>(),
        &action.to_ascii_lowercase().chars().collect::<Vec<_>>(),
    )
}

/// Whether a pattern takes a text: `arn:aws:s3:::logs/*`. A hole holds the same wherever it has the same name.
pub fn takes(pattern: &Text, text: &Text) -> Same {
    // ARNs are compared part by part: a region that is not known says nothing about the resource behind it.
    if let (Some(pattern), Some(text)) = (parts_of_arn(pattern), parts_of_arn(text)) {
        let each = pattern
            .iter()
            .zip(&text)
            .map(|(pattern, text)| part_takes(pattern, text));
        return each.fold(Same::Always, |all, part| match (all, part) {
            (Same::Never, _) | (_, Same::Never) => Same::Never,
            (Same::Always, Same::Always) => Same::Always,
            _ => Same::Maybe,
        });
    }
    part_takes(pattern, text)
}

/// `arn`, partition, service, region, account, and the resource with its own colons.
fn parts_of_arn(text: &Text) -> Option<Vec<Text>> {
    if !text.known_prefix().starts_with("arn:") {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text.clone();
    for _ in 0..5 {
        let (part, after) = rest.split_once(':')?;
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    Some(parts)
}

fn part_takes(pattern: &Text, text: &Text) -> Same {
    let mut names = Vec::new();
    let (pattern_chars, text_chars) = (spell(pattern, &mut names), spell(text, &mut names));
    if glob(&pattern_chars, &text_chars) {
        return Same::Always;
    }
    let loose = |text: &Text| text.holes().next().is_some();
    if !loose(pattern) && !loose(text) {
        return Same::Never;
    }
    // What is known at both ends must not contradict; a wildcard ends what a pattern knows.
    let until_wildcard = |text: &str| -> String {
        text.chars()
            .take_while(|c| !matches!(c, '*' | '?'))
            .collect()
    };
    let from_wildcard = |text: &str| -> String {
        text.rsplit(['*', '?'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (start, other) = (
        until_wildcard(pattern.known_prefix()),
        text.known_prefix().to_owned(),
    );
    let (end, other_end) = (
        from_wildcard(pattern.known_suffix()),
        text.known_suffix().to_owned(),
    );
    let fits = (start.starts_with(&other) || other.starts_with(&start))
        && (end.ends_with(&other_end) || other_end.ends_with(&end));
    if fits { Same::Maybe } else { Same::Never }
}

/// A text as characters, each hole as one of a private plane, the same for the same name.
fn spell(text: &Text, names: &mut Vec<String>) -> Vec<char> {
    let mut spelled = Vec::new();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => spelled.extend(literal.chars()),
            Part::Hole(unknown) => {
                let at = names
                    .iter()
                    .position(|name| **name == *unknown.name)
                    .unwrap_or_else(|| {
                        names.push(unknown.name.to_string());
                        names.len() - 1
                    });
                let at = u32::try_from(at).unwrap_or(0) % 0xfff0;
                spelled.push(char::from_u32(0xf_0000 + at).unwrap_or('\u{f0000}'));
            }
        }
    }
    spelled
}

/// `*` takes any characters, `?` one. Each `*` is tried at its first place and moved on: quadratic at worst.
fn glob(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                in_text = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use seaworthy_facts::{Unknown, UnknownKind};

    use super::*;

    fn text(start: &str, name: &str, end: &str) -> Text {
        let mut text = Text::from(start);
        text.push_hole(Unknown::new(UnknownKind::Attribute, name));
        text.push_str(end);
        text
    }

    #[test]
    fn actions_match_in_any_case() {
        assert!(takes_action("ec2:Describe*", "ec2:DescribeInstances"));
        assert!(takes_action("*", "s3:GetObject"));
        assert!(takes_action("S3:getobject", "s3:GetObject"));
        assert!(takes_action("s3:*Object*", "s3:PutObjectAcl"));
        assert!(!takes_action("s3:Get*", "s3:PutObject"));
        assert!(!takes_action("ec2:*", "ecr:PutImage"));
    }

    #[test]
    fn resources_match_as_far_as_they_are_known() {
        let bucket = text("", "aws_s3_bucket.logs.arn", "");
        let below = text("", "aws_s3_bucket.logs.arn", "/*");
        let object = text("", "aws_s3_bucket.logs.arn", "/a/b");
        assert_eq!(takes(&below, &object), Same::Always);
        assert_eq!(takes(&bucket, &bucket), Same::Always);
        assert_eq!(takes(&"*".into(), &object), Same::Always);
        assert_eq!(
            takes(&"arn:aws:s3:::logs".into(), &"arn:aws:s3:::data".into()),
            Same::Never
        );
        let secret = text("arn:aws:secretsmanager:", "var.region", ":1:secret:db-*");
        assert_eq!(
            takes(
                &secret,
                &"arn:aws:secretsmanager:eu-west-1:1:secret:db-x".into()
            ),
            Same::Maybe
        );
        assert_eq!(takes(&secret, &"arn:aws:s3:::db-x".into()), Same::Never);
    }
}
