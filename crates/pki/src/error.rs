//! What can go wrong: in our own hands ([`PkiError`]) and with a certificate
//! that somebody shows ([`CertificateProblem`]).

use sekisho_model::Timestamp;
use sekisho_model::id::SiteId;

/// The authority cannot do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    /// The request is not a PKCS#10 request (RFC 2986).
    #[error("the certificate request cannot be read; expected PKCS#10 in DER")]
    UnreadableRequest,
    /// The requester did not prove that it holds the private key.
    #[error("the certificate request is not signed by the key it names")]
    RequestSignature,
    /// Another kind of key than the one that is used everywhere.
    #[error("the key is not a P-256 key; make an identity key on the curve P-256")]
    KeyType,
    /// A private key cannot be read.
    #[error("the private key cannot be read; expected a P-256 key as PKCS#8 in DER")]
    UnreadableKey,
    /// A stored certificate of the authority cannot be used.
    #[error("the {which} certificate of the site {problem}; restore it from a backup")]
    Authority {
        /// `root` or `issuing`.
        which: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// The issuing authority's time has not come or is over.
    #[error(
        "the site's issuing certificate is valid from {not_before} to {not_after}, but it is {now} here; check the clock or renew it"
    )]
    AuthorityNotValid {
        /// First instant.
        not_before: Timestamp,
        /// Last instant.
        not_after: Timestamp,
        /// The server's clock.
        now: Timestamp,
    },
    /// A server certificate needs a name.
    #[error("a server certificate needs at least one DNS name or IP address")]
    NoNames,
    /// The clock shows an instant that certificates cannot hold.
    #[error("the clock shows {0}, which a certificate cannot hold; set the clock")]
    Clock(Timestamp),
    /// A PEM text cannot be read.
    #[error(
        "the text holds no certificate; expected PEM, beginning with -----BEGIN CERTIFICATE-----"
    )]
    Pem,
    /// The cryptographic library refused.
    #[error("the certificate could not be made: {0}")]
    Library(String),
}

/// Why a certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Not an X.509 version 3 certificate in DER.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Readable, but not of the form that the site gives its devices.
    #[error("the certificate is not one of a device: {0}")]
    NotADevice(&'static str),
    /// Readable, but neither a gateway's nor the server's.
    #[error("the certificate is neither one of a gateway nor one of the server")]
    NotOfTheLink,
    /// A device of another site.
    #[error("the certificate is one of the site {0}")]
    OtherSite(SiteId),
    /// Does not chain to the root of the site.
    #[error("the certificate was not issued by this site")]
    UnknownAuthority,
    /// Its time has not come: most often a clock that is wrong.
    #[error("the certificate is not valid before {from}; check the clocks of both machines")]
    NotYetValid {
        /// First instant.
        from: Timestamp,
    },
    /// Its time is over.
    #[error("the certificate expired at {since}; renew it, or check the clocks of both machines")]
    Expired {
        /// Its last instant.
        since: Timestamp,
    },
    /// The authority above the certificate has expired.
    #[error("the site's authority expired at {since}; renew it, or check the clock of the server")]
    AuthorityExpired {
        /// Its last instant.
        since: Timestamp,
    },
    /// The certificate may not be used for this.
    #[error("the certificate is for another use")]
    WrongUsage,
    /// Refused by the path validation of RFC 5280 for another reason.
    #[error("the certificate's chain is refused: {0}")]
    Chain(String),
}
