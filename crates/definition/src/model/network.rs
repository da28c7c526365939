//! The network that an environment runs in.

/// The VPC, where none is adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its IPv4 range; default `10.0.0.0/16`.
    pub range: String,
    /// How what is inside reaches the internet.
    pub nat: Nat,
    /// AWS services that are reached without the internet, by their names (`ecr.api`); S3 always is.
    pub endpoints: Vec<String>,
}

/// How what is inside reaches the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// A gateway in each zone, so that a zone can fail alone.
    PerZone,
    /// One gateway: cheaper, and its zone's failure cuts all off.
    Single,
    /// None: only endpoints.
    None,
}
