//! The keys of a public route.

use super::form;
use super::{Object, Shape, key, stranger};

pub(crate) static ROUTE: Object = Object {
    name: "route",
    doc: "A public route. `route: host.example.com` is short for `route: { host: host.example.com }`.",
    one_of: &[],
    keys: &[
        key("host", &Shape::Text(&form::HOST), "The host name.").required(),
        key(
            "path",
            &Shape::Text(&form::URL_PATH),
            "The path prefix, of whole segments.",
        )
        .default("/"),
        key(
            "timeout",
            &Shape::Text(&form::DURATION),
            "How long the whole request may take.",
        )
        .default("60s"),
    ],
    strangers: &[
        stranger("hosts", "Kubernetes", "write `host:` with one name"),
        stranger("hostname", "Gateway API", "write `host:`"),
        stranger("hostnames", "Gateway API", "write `host:` with one name"),
        stranger("domain", "other tools", "write `host:`"),
        stranger(
            "port",
            "Kubernetes",
            "leave it out: a route leads to the port named `http`, else the first",
        ),
        stranger(
            "tls",
            "Kubernetes",
            "leave it out: every route has a certificate",
        ),
    ],
};
