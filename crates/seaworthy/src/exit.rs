//! How a command ends: the kinds of errors, and the one table from kind to exit code.

use std::process::ExitCode;

use seaworthy_local::Failure;
use seaworthy_local::control::ControlError;

use crate::printer;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The definition has errors; they were printed.
    Definition,
    /// `check` found what makes it fail; it was printed.
    Findings,
    /// Something on this machine did not work.
    Failure(Failure),
    /// Like `Failure`, and it was printed as it happened.
    Told,
    /// Refused, and nothing was changed.
    Refused(Failure),
    /// The arguments fit the grammar and make no sense together.
    Usage(Failure),
    /// AWS is not as it was applied; what differs was printed.
    Drift,
    /// The reader of our output went away, which is no error.
    BrokenPipe,
    /// The user interrupted it.
    Interrupted,
}

/// The result of a command.
pub(crate) type CommandResult = Result<(), CommandError>;

impl CommandError {
    fn code(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Failure(_) | Self::Told | Self::Findings => 1,
            Self::Usage(_) => 2,
            Self::Definition => 3,
            Self::Refused(_) => 4,
            Self::Drift => 5,
            Self::Interrupted => 130,
        }
    }

    /// A failure of the system while doing `what`.
    pub(crate) fn system(what: impl Into<String>, error: &dyn std::error::Error) -> Self {
        Self::Failure(failure(what, error))
    }

    /// A failure of a program that we started, with what it said.
    pub(crate) fn failed(what: impl Into<String>, said: Vec<String>) -> Self {
        let mut failure = plain(what);
        failure.log = said;
        Self::Failure(failure)
    }

    /// A refusal with a way out.
    pub(crate) fn refused(what: impl Into<String>, hint: impl Into<String>) -> Self {
        let mut failure = plain(what);
        failure.hints.push(hint.into());
        Self::Refused(failure)
    }

    /// A wrong use of the command line.
    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        let mut failure = plain(what);
        failure.hints.push(hint.into());
        Self::Usage(failure)
    }
}

fn plain(what: impl Into<String>) -> Failure {
    Failure {
        subject: String::new(),
        what: what.into(),
        why: Vec::new(),
        log: Vec::new(),
        hints: Vec::new(),
    }
}

/// A failure with an error's chain of causes as reasons.
pub(crate) fn failure(what: impl Into<String>, error: &dyn std::error::Error) -> Failure {
    let mut failure = plain(what);
    let mut cause = Some(error);
    while let Some(error) = cause {
        failure.why.push(error.to_string());
        cause = error.source();
    }
    failure
}

impl From<std::io::Error> for CommandError {
    /// Only for writing to stdout; elsewhere the place matters and is named.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::system("the output could not be written", &error)
        }
    }
}

impl From<ControlError> for CommandError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotRunning => Self::refused(
                "the platform is not running",
                "start it with `seaworthy up`",
            ),
            ControlError::Refused(failure) => Self::Refused(failure),
            broken @ ControlError::Connection(_) => {
                Self::system("the running platform did not answer", &broken)
            }
        }
    }
}

/// Prints what is left to say, and gives the exit code.
pub(crate) fn finish(result: CommandResult) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    match &error {
        CommandError::Failure(failure)
        | CommandError::Refused(failure)
        | CommandError::Usage(failure) => {
            printer::failure(failure);
        }
        CommandError::Definition
        | CommandError::Drift
        | CommandError::Findings
        | CommandError::Told
        | CommandError::BrokenPipe
        | CommandError::Interrupted => {}
    }
    ExitCode::from(error.code())
}
