//! What ends a turn of the agent before its end.

use std::time::Duration;

use sekisho_link::LinkError;
use sekisho_wire::problem::ProblemCode;

use crate::run::{BACKOFF_CAP, RunError};
use crate::session::SessionError;
use crate::state::StateError;
use crate::ways::{self, Blame};

/// Why a turn ended early.
pub(crate) enum Trouble {
    /// The agent itself cannot go on.
    Fatal(RunError),
    /// Try again later.
    Again {
        error: String,
        at_least: Duration,
        blame: Blame,
        /// Somebody had no time for the call. The connection is as good as before, and
        /// a new one would only be more work for whoever has too much.
        connected: bool,
    },
}

impl Trouble {
    /// Try again later, over the same way.
    pub(crate) const fn again(error: String, at_least: Duration) -> Self {
        Self::Again { error, at_least, blame: Blame::Nobody, connected: false }
    }
}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        Self::Fatal(error)
    }
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        match error {
            // A full or broken disk may recover; until then nothing is started.
            StateError::Disk { .. } => Self::again(error.to_string(), Duration::from_secs(5)),
            // The server may send a better chain next time.
            StateError::Bundles(_) => Self::again(error.to_string(), BACKOFF_CAP),
            StateError::Damaged { .. } | StateError::NotEnrolled => Self::Fatal(error.into()),
        }
    }
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        let (at_least, blame) = (ways::at_least(&error), Blame::of(&error));
        let connected = matches!(
            &error,
            SessionError::Link(LinkError::Refused {
                code: ProblemCode::Unavailable | ProblemCode::TooMany,
                ..
            })
        );
        Self::Again { error: error.to_string(), at_least, blame, connected }
    }
}

impl From<LinkError> for Trouble {
    fn from(error: LinkError) -> Self {
        SessionError::from(error).into()
    }
}

/// Trouble inside a session: of the session itself, or of anything else.
pub(crate) enum SessionOr {
    Session(SessionError),
    Trouble(Trouble),
}

impl From<SessionError> for SessionOr {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<Trouble> for SessionOr {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<SessionOr> for Trouble {
    fn from(error: SessionOr) -> Self {
        match error {
            SessionOr::Session(error) => error.into(),
            SessionOr::Trouble(trouble) => trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_had_no_time_is_kept_connected() {
        let connected = |error: LinkError| match Trouble::from(error) {
            Trouble::Again { connected, .. } => connected,
            Trouble::Fatal(error) => panic!("{error}"),
        };
        let refused = |code| LinkError::Refused { code, retry_after: None };
        assert!(connected(refused(ProblemCode::Unavailable)));
        assert!(connected(refused(ProblemCode::TooMany)));
        assert!(!connected(refused(ProblemCode::SessionUnknown)));
        assert!(!connected(LinkError::TimedOut(Duration::ZERO)));
    }
}
