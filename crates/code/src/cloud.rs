//! Calls of cloud services through their SDKs.

use seaworthy_facts::Language;

use crate::reader::{Reader, Seen};
use crate::syntax::{Call, Expr};

/// A name that becomes the client of a service.
pub(crate) fn assigned<'p>(reader: &mut Reader<'p>, name: &str, value: &'p Expr) {
    let Some(call) = value.call() else { return };
    let service = match reader.file.language {
        Language::Python
            if matches!(call.last(), "client" | "resource")
                && (call.receiver() == "boto3" || call.receiver().ends_with("session")) =>
        {
            call.arguments.first().and_then(Expr::literal)
        }
        Language::Go
            if call.last() == "NewFromConfig"
                || (call.last() == "New" && reader.file.text.contains("aws-sdk-go")) =>
        {
            let service = call.receiver();
            (!service.is_empty() && !service.contains('.') && service != "session")
                .then_some(service)
        }
        _ => None,
    };
    if let Some(service) = service {
        reader.clients.insert(name.to_owned(), service);
        if let Some(last) = name.rsplit('.').next() {
            reader.clients.insert(last.to_owned(), service);
        }
    }
}

/// A call on such a client, or a command of JavaScript's SDK.
pub(crate) fn call<'p>(
    reader: &mut Reader<'p>,
    expr: &'p Expr,
    call: &'p Call,
    arguments: &[Seen],
) {
    let _ = arguments;
    match reader.file.language {
        Language::JavaScript | Language::TypeScript => {
            let Some(operation) = call
                .path()
                .strip_suffix("Command")
                .filter(|operation| !operation.is_empty() && !operation.contains('.'))
            else {
                return;
            };
            let mut services = reader
                .file
                .text
                .split("@aws-sdk/client-")
                .skip(1)
                .map(|rest| rest.split(['"', '\'', '/', '`']).next().unwrap_or_default());
            if let (Some(service), None) = (services.next(), services.next()) {
                reader
                    .program
                    .cloud_calls
                    .push((service.into(), operation.into(), expr.span));
            }
        }
        Language::Python | Language::Go => {
            let receiver = call.receiver();
            let service = reader
                .clients
                .get(receiver)
                .or_else(|| {
                    reader
                        .clients
                        .get(receiver.rsplit('.').next().unwrap_or(receiver))
                })
                .copied();
            let Some(service) = service else { return };
            let operation = if reader.file.language == Language::Python {
                capitals(call.last())
            } else {
                call.last().to_owned()
            };
            let operation = operation.strip_suffix("WithContext").unwrap_or(&operation);
            reader
                .program
                .cloud_calls
                .push((service.into(), operation.into(), expr.span));
        }
        _ => {}
    }
}

/// `put_object` as `PutObject`.
fn capitals(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect()
}
