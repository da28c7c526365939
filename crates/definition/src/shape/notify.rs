//! The keys of a notify target.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static NOTIFY: Object = Object {
    name: "notify target",
    doc: "A place that alerts and budget alarms are sent to, by exactly one of its keys.",
    one_of: &["teams", "slack", "webhook", "mail"],
    keys: &[
        key(
            "teams",
            &Shape::Text(&form::SECRET_NAME_IN),
            "Microsoft Teams: the name of the secret that holds the workflow's URL.",
        ),
        key(
            "slack",
            &Shape::Text(&form::SECRET_NAME_IN),
            "Slack: the name of the secret that holds the incoming webhook's URL.",
        ),
        key(
            "webhook",
            &Shape::Text(&form::SECRET_NAME_IN),
            "Any webhook: the name of the secret that holds its URL.",
        ),
        key("mail", &Shape::Text(&form::MAIL), "A mail address."),
    ],
    strangers: &[
        stranger("email", "other tools", "write `mail:`"),
        stranger(
            "url",
            "other tools",
            "write `webhook:` with the name of the secret that holds the URL",
        ),
    ],
};
