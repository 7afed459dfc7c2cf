//! Why a call did not get an answer.

use std::time::Duration;

use sekisho_wire::problem::ProblemCode;

use crate::ProxyError;

/// What is wrong with the peer's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsProblem {
    /// Its time is over, or has not come: often it is our clock.
    OutsideValidity,
    /// It is not from the site's CA, or not the pinned one.
    UnknownIssuer,
    /// It is for another name.
    WrongName,
    /// The peer refused us.
    RefusedUs,
    /// Something else.
    Other,
}

/// Why a call did not get an answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The name could not be resolved.
    #[error("the name '{host}' cannot be resolved; check the server setting and DNS")]
    Dns {
        /// The name.
        host: String,
    },
    /// No TCP connection.
    #[error("cannot connect to {endpoint}: {source}")]
    Tcp {
        /// Where to.
        endpoint: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No way through the proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// No TLS connection.
    #[error("no trusted TLS connection with {endpoint}: {sentence}")]
    Tls {
        /// Where to.
        endpoint: String,
        /// Which kind of problem.
        problem: TlsProblem,
        /// What to look at.
        sentence: String,
    },
    /// The connection broke during a call. Whether the call arrived is not
    /// known.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// No answer in time. Whether the call arrived is not known.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The peer refused the call.
    #[error("{}", .code.sentence())]
    Refused {
        /// Why.
        code: ProblemCode,
        /// Not before this wait.
        retry_after: Option<Duration>,
    },
    /// The peer answered with something that is not an answer.
    #[error("the answer is not one of Sekisho's (status {status}); is something else in between?")]
    Strange {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is longer than the route allows.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The client could not be set up.
    #[error("the TLS client cannot be set up: {0}")]
    Setup(String),
}

impl LinkError {
    /// Whether the certificate was refused only for its dates.
    pub const fn is_outside_validity(&self) -> bool {
        matches!(self, Self::Tls { problem: TlsProblem::OutsideValidity, .. })
    }

    /// Whether the certificate is from a CA that is not the site's, as far as
    /// this device knows.
    pub const fn is_unknown_issuer(&self) -> bool {
        matches!(self, Self::Tls { problem: TlsProblem::UnknownIssuer, .. })
    }

    /// The peer's refusal, if it is one.
    pub const fn refusal(&self) -> Option<ProblemCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}
