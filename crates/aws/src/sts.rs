//! Security Token Service: who the caller is, and keys against a web identity.

use crate::client::{Sent, agent};
use crate::credentials::Wire;
use crate::sign::query_string;
use crate::{Client, Element, Error, Service, Settings};

const VERSION: &str = "2011-06-15";

/// Who AWS takes the caller for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account, twelve digits.
    pub account: String,
    /// The user or assumed role.
    pub arn: String,
}

impl Client {
    /// Asks who the caller is.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn identity(&self) -> Result<Identity, Error> {
        let answer = self.query(Service::Sts, ("GetCallerIdentity", VERSION), &[])?;
        let text = |path: &str| {
            let path = format!("GetCallerIdentityResult/{path}");
            answer.text(&path).to_owned()
        };
        Ok(Identity {
            account: text("Account"),
            arn: text("Arn"),
        })
    }
}

/// Keys of a role against a token. It is the one call that is not signed: the token is the proof.
pub(crate) fn assume_role_with_web_identity(
    settings: &Settings,
    region: &str,
    role: &str,
    session: &str,
    token: &str,
) -> Result<Wire, Error> {
    let endpoint = Service::Sts.endpoint(settings, region)?;
    let parameters = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", VERSION),
        ("RoleArn", role),
        ("RoleSessionName", session),
        ("WebIdentityToken", token),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = "sts:AssumeRoleWithWebIdentity";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let answer = Sent {
        agent: &agent(settings)?,
        asked: asked.to_owned(),
        host: &endpoint.host,
    }
    .exchange(
        "POST",
        &format!(
            "{}://{}{}/",
            endpoint.scheme, endpoint.host, endpoint.prefix
        ),
        &[("content-type".to_owned(), kind.to_owned())],
        query_string(&parameters).as_bytes(),
    )?;
    let answer = Element::read(&answer.text(), asked)?;
    let text = |name: &str| {
        let path = format!("AssumeRoleWithWebIdentityResult/Credentials/{name}");
        answer.text(&path).to_owned()
    };
    Ok(Wire {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
        expiration: Some(text("Expiration")),
    })
}
