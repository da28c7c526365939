//! What stands between the internet and the routes.

/// The edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What takes traffic from the internet.
    pub kind: EdgeKind,
    /// A web application firewall in front; default true with `alb`.
    pub waf: bool,
    /// A CDN in front; default false.
    pub cdn: bool,
    /// Requests that one address may send in five minutes before the firewall refuses it; `None`: the dated default.
    pub rate_limit: Option<u32>,
}

/// What takes traffic from the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// An AWS Application Load Balancer.
    Alb,
    /// Envoy Gateway behind a network load balancer.
    EnvoyGateway,
    /// A Cloudflare tunnel.
    CloudflareTunnel,
}
