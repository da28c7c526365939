//! Functions that write values as text and read them back.
//!
//! JSON is kept as what it says: `jsonencode` gives the value itself, so that a policy reads the same whether it was
//! encoded, written as a heredoc or made by a data source. It becomes text where it is put into text.

use std::fmt::Write as _;

use data_encoding::BASE64;
use seaworthy_facts::{Data, Value};

use super::Arguments;
use crate::json;

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Value> {
    let value = arguments.get(0)?;
    match name {
        "jsonencode" | "yamlencode" => Some(match &value.data {
            Data::Map(_) | Data::List(_) => Value {
                span: arguments.span,
                ..value.clone()
            },
            _ => value.clone(),
        }),
        "jsondecode" => match &value.data {
            Data::Map(_) | Data::List(_) => Some(value.clone()),
            Data::Text(text) => {
                let text = text.literal()?;
                json::parse_text(text, arguments.span, arguments.evaluator.sources)
            }
            _ => None,
        },
        "yamldecode" => match &value.data {
            Data::Map(_) | Data::List(_) => Some(value.clone()),
            _ => None,
        },
        "base64encode" => Some(arguments.string(BASE64.encode(value.str()?.as_bytes()))),
        "base64decode" => {
            let bytes = BASE64.decode(value.str()?.trim().as_bytes()).ok()?;
            Some(arguments.string(String::from_utf8(bytes).ok()?))
        }
        "urlencode" => {
            let mut text = String::new();
            for byte in value.str()?.bytes() {
                if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                    text.push(char::from(byte));
                } else if byte == b' ' {
                    text.push('+');
                } else {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            Some(arguments.string(text))
        }
        _ => None,
    }
}
