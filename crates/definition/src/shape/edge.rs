//! The keys of the edge.

use super::{Choice, Object, Shape, choice, key, stranger};

pub(crate) static EDGE: Object = Object {
    name: "edge",
    doc: "What stands between the internet and the routes.",
    one_of: &[],
    keys: &[
        key(
            "kind",
            &Shape::Choice(KIND),
            "What takes traffic from the internet.",
        )
        .default("alb"),
        key(
            "waf",
            &Shape::Boolean,
            "A web application firewall in front.",
        )
        .computed("true with `alb`, else false"),
        key("cdn", &Shape::Boolean, "A CDN in front.").default("false"),
        key(
            "rate_limit",
            &Shape::Integer {
                min: 10,
                max: 2_000_000_000,
            },
            "Requests that one address may send in five minutes before the firewall refuses it.",
        )
        .computed("the renderer's dated default"),
    ],
    strangers: &[
        stranger("type", "other tools", "write `kind:`"),
        stranger(
            "ingress",
            "Kubernetes",
            "write `kind: alb` or `kind: envoy-gateway`",
        ),
    ],
};

static KIND: &[Choice] = &[
    choice("alb", "An AWS Application Load Balancer."),
    choice(
        "envoy-gateway",
        "Envoy Gateway behind a network load balancer.",
    ),
    choice("cloudflare-tunnel", "A Cloudflare tunnel."),
];
