//! AWS for the few things that OpenTofu cannot do for us: who am I, the bucket that holds the states, what is left of a
//! platform, and what controllers made beside OpenTofu.
//!
//! A [`Client`] signs requests with the credentials that every other tool of AWS would use ([`Settings`],
//! [`Credentials`]) and knows the three ways in which services answer: XML of a query, JSON, and XML of S3. Each service
//! has a file with the calls we make and nothing more. It knows no platform, reads no variable itself, and never prints.
//!
//! The official SDKs are not used: that of EC2 alone takes six minutes and eight gigabytes to build.

mod client;
mod credentials;
mod ecr;
mod element;
mod endpoint;
mod error;
pub mod inventory;
mod profile;
mod s3;
mod settings;
mod sign;
mod sts;
pub mod sweep;

pub use client::{Answer, Client, RestRequest};
pub use credentials::{Credentials, Keys};
pub use element::Element;
pub use endpoint::Service;
pub use error::Error;
pub use s3::{Bucket, Object};
pub use settings::Settings;
pub use sts::Identity;
