//! What goes wrong between us and AWS.

use std::path::PathBuf;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody said who we are.
    #[error("no credentials for AWS were found; looked at: {}", tried.join("; "))]
    FindCredentials {
        /// Each place, and what was there.
        tried: Vec<String>,
    },
    /// A file of settings is not as it should be.
    #[error("{} cannot be read: {why}", path.display())]
    ReadProfiles {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A profile is named that no file has.
    #[error("there is no profile `{profile}` in the shared configuration of AWS")]
    FindProfile {
        /// Its name.
        profile: String,
    },
    /// A program that gives credentials did not.
    #[error("`{command}` gave no credentials: {why}")]
    RunCredentialProcess {
        /// What was run; never its output, which may hold a secret.
        command: String,
        /// How it failed.
        why: String,
    },
    /// The request did not arrive, or no answer did.
    #[error("{asked} got no answer from {host}")]
    Connect {
        /// The service and the action.
        asked: String,
        /// The host that was asked.
        host: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// AWS said no.
    #[error("{asked} was refused: {code}{}{message}", if message.is_empty() { "" } else { ": " })]
    Call {
        /// The service and the action.
        asked: String,
        /// The status of the answer.
        status: u16,
        /// The code of AWS, such as `AccessDenied`.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// The answer is not what the documentation says.
    #[error("the answer to {asked} cannot be read: {why}")]
    ReadAnswer {
        /// The service and the action.
        asked: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    /// The code of AWS, when it refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether what was asked about does not exist.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Call { status: 404, .. } => true,
            Self::Call { code, .. } => {
                code.contains("NotFound") || code.starts_with("NoSuch") || code == "404"
            }
            _ => false,
        }
    }

    /// Whether we may not ask this.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Call { status: 403, .. } => true,
            Self::Call { code, .. } => {
                code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
            }
            _ => false,
        }
    }

    /// Whether somebody was there first: a condition on an object did not hold.
    pub fn is_precondition_failed(&self) -> bool {
        matches!(
            self,
            Self::Call {
                status: 412 | 409,
                ..
            }
        )
    }
}
