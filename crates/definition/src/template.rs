//! `${name.attribute}` in texts: finding the pieces, and what each kind of thing can be asked.

use std::ops::Range;

use crate::model::{BucketAttribute, DatabaseAttribute, Reference, ServiceAttribute};

/// A piece of a text, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it stands; `$${` is already `${`.
    Literal(String),
    /// `${name.attribute}`.
    Reference {
        name: String,
        attribute: String,
        at: Range<usize>,
    },
    /// `${…}` that is no reference.
    Other { inside: String, at: Range<usize> },
    /// `${` without an end.
    Unclosed { at: Range<usize> },
}

/// Cuts a text into its pieces.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if text[at..start].ends_with('$') {
            literal.push_str(&text[at..start]);
            literal.push('{');
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let Some(length) = text[start..].find('}') else {
            pieces.push(Piece::Unclosed {
                at: start..text.len(),
            });
            return pieces;
        };
        let end = start + length + 1;
        let inside = &text[start + 2..end - 1];
        let piece = match inside.split_once('.') {
            Some((name, attribute)) if is_word(name) && is_word(attribute) => Piece::Reference {
                name: name.to_owned(),
                attribute: attribute.to_owned(),
                at: start..end,
            },
            _ => Piece::Other {
                inside: inside.to_owned(),
                at: start..end,
            },
        };
        pieces.push(piece);
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The kinds of things that share one namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Service,
    Database,
    Secret,
    Bucket,
    Job,
}

impl Thing {
    /// Each with the key of the definition that declares it.
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Service, "services"),
        (Self::Database, "databases"),
        (Self::Secret, "secrets"),
        (Self::Bucket, "buckets"),
        (Self::Job, "jobs"),
    ];

    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Database => "database",
            Self::Secret => "secret",
            Self::Bucket => "bucket",
            Self::Job => "job",
        }
    }

    /// What it can be asked.
    pub(crate) fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Service => &["host", "port", "url"],
            Self::Database => &[
                "host",
                "port",
                "name",
                "user",
                "password",
                "url",
                "sslrootcert",
            ],
            Self::Secret => &["value"],
            Self::Bucket => &["name", "region"],
            Self::Job => &[],
        }
    }

    /// The reference of an attribute; `None` where it does not have it.
    pub(crate) fn reference(self, name: &str, attribute: &str) -> Option<Reference> {
        use crate::model::{BucketName, DatabaseName, SecretName, ServiceName};
        Some(match (self, attribute) {
            (Self::Service, _) => Reference::Service(
                ServiceName::new(name),
                match attribute {
                    "host" => ServiceAttribute::Host,
                    "port" => ServiceAttribute::Port,
                    "url" => ServiceAttribute::Url,
                    _ => return None,
                },
            ),
            (Self::Database, _) => Reference::Database(
                DatabaseName::new(name),
                match attribute {
                    "host" => DatabaseAttribute::Host,
                    "port" => DatabaseAttribute::Port,
                    "name" => DatabaseAttribute::Name,
                    "user" => DatabaseAttribute::User,
                    "password" => DatabaseAttribute::Password,
                    "url" => DatabaseAttribute::Url,
                    "sslrootcert" => DatabaseAttribute::Sslrootcert,
                    _ => return None,
                },
            ),
            (Self::Secret, "value") => Reference::Secret(SecretName::new(name)),
            (Self::Bucket, "name") => {
                Reference::Bucket(BucketName::new(name), BucketAttribute::Name)
            }
            (Self::Bucket, "region") => {
                Reference::Bucket(BucketName::new(name), BucketAttribute::Region)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_texts_into_pieces() {
        let reference = |name: &str, attribute: &str, at| Piece::Reference {
            name: name.into(),
            attribute: attribute.into(),
            at,
        };
        let literal = |text: &str| Piece::Literal(text.into());
        assert_eq!(pieces("plain"), [literal("plain")]);
        assert_eq!(pieces(""), []);
        assert_eq!(
            pieces("postgres://${db.host}:${db.port}/x"),
            [
                literal("postgres://"),
                reference("db", "host", 11..21),
                literal(":"),
                reference("db", "port", 22..32),
                literal("/x")
            ]
        );
        assert_eq!(pieces("$${db.host}"), [literal("${db.host}")]);
        assert_eq!(
            pieces("a$$ ${b.c}"),
            [literal("a$$ "), reference("b", "c", 4..10)]
        );
        assert_eq!(
            pieces("${PORT}"),
            [Piece::Other {
                inside: "PORT".into(),
                at: 0..7
            }]
        );
        assert_eq!(
            pieces("x${db.host"),
            [literal("x"), Piece::Unclosed { at: 1..10 }]
        );
        assert_eq!(pieces("$x $"), [literal("$x $")]);
    }
}
