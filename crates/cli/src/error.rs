//! Why a command ended without its result.

use crate::api::problem::Problem;
use crate::exit::Exit;

/// Why a command ended without its result. Each kind has its exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// What was typed cannot be carried out.
    #[error("{0}")]
    Usage(String),
    /// No credentials, or the server does not take them any more.
    #[error("{0}")]
    NotSignedIn(String),
    /// Nothing was done, because the server cannot be reached or trusted.
    #[error("{0}")]
    Unreachable(String),
    /// The server answered with a problem.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// Something failed on this computer, or the answer makes no sense.
    #[error("{0}")]
    Failed(String),
    /// It is not known whether what was asked for happened.
    #[error("{0}")]
    Unknown(String),
}

/// The result of everything that can end a command.
pub(crate) type Result<T, E = CliError> = std::result::Result<T, E>;

impl CliError {
    /// The exit code of this kind.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::NotSignedIn(_) => Exit::NotSignedIn,
            Self::Unreachable(_) => Exit::Unreachable,
            Self::Problem(problem) => problem.exit(),
            Self::Failed(_) => Exit::Refused,
            Self::Unknown(_) => Exit::Unknown,
        }
    }

    /// The error as one JSON object for `--json`: a problem as the server
    /// wrote it, the program's own errors in the same form.
    pub(crate) fn to_json(&self) -> String {
        let code = match self {
            Self::Problem(problem) => return problem.to_json(),
            Self::Usage(_) => "usage",
            Self::NotSignedIn(_) => "not_signed_in",
            Self::Unreachable(_) => "unreachable",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "outcome_unknown",
        };
        serde_json::json!({"code": code, "title": self.to_string()}).to_string()
    }
}

/// For `map_err` on files: what was done, to what, and why it failed.
pub(crate) fn failed(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> CliError {
    move |error| CliError::Failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_exit_code_of_the_contract() {
        let text = || "x".to_owned();
        for (error, code) in [
            (CliError::Failed(text()), 1),
            (CliError::Usage(text()), 2),
            (CliError::NotSignedIn(text()), 3),
            (CliError::Unreachable(text()), 4),
            (CliError::Unknown(text()), 5),
        ] {
            assert_eq!(error.exit().code(), code, "{error:?}");
        }
    }
}
