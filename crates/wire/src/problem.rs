//! Refusals outside any session: hints, because anybody on the way could
//! have made them. An agent never gives up an identity because of one.

use serde::{Deserialize, Serialize};

/// What the server says when it cannot answer inside a sealed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// No such route.
    NotFound,
    /// The request could not be read, opened or verified.
    Unreadable,
    /// The enrolment key is not known, or its secret is wrong.
    UnknownKey,
    /// The session is unknown, over or replaced: say Hello again.
    SessionUnknown,
    /// The frame's counter was used before, or its MAC is wrong.
    Replayed,
    /// A device certificate is needed.
    CertificateNeeded,
    /// The device certificate has expired: renew it first.
    CertificateExpired,
    /// The certificate is not one of this site's.
    CertificateUnknown,
    /// The body is longer than the route allows.
    TooLong,
    /// Too many requests: come back later.
    TooMany,
    /// The server cannot work at the moment; nothing was done.
    Unavailable,
    /// The site is in recovery and gives no orders.
    Recovery,
}

impl ProblemCode {
    /// The HTTP status it is sent with.
    pub const fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Unreadable => 400,
            Self::UnknownKey => 403,
            Self::SessionUnknown | Self::Replayed => 409,
            Self::CertificateNeeded | Self::CertificateExpired | Self::CertificateUnknown => 401,
            Self::TooLong => 413,
            Self::TooMany => 429,
            Self::Unavailable | Self::Recovery => 503,
        }
    }

    /// A sentence for a log.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "the server has no such route",
            Self::Unreadable => "the server could not read the request",
            Self::UnknownKey => "the server does not know this enrolment key",
            Self::SessionUnknown => "the session is over; a new one is needed",
            Self::Replayed => "the server has seen this request before",
            Self::CertificateNeeded => "the server asks for a device certificate",
            Self::CertificateExpired => "the device certificate has expired; it must be renewed",
            Self::CertificateUnknown => "the device certificate is not one of this site",
            Self::TooLong => "the request is too long",
            Self::TooMany => "too many requests; trying again later",
            Self::Unavailable => "the server cannot work at the moment",
            Self::Recovery => "the site is in recovery and gives no orders",
        }
    }
}

/// The body of such a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub code: ProblemCode,
}

/// Longest problem body, in bytes.
pub const MAX_PROBLEM_BYTES: usize = 256;
