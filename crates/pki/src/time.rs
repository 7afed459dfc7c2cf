//! Our instants and those of certificates, which count whole seconds.

use std::time::Duration;

use rustls_pki_types::UnixTime;
use sekisho_model::Timestamp;
use x509_parser::time::ASN1Time;

use crate::error::PkiError;

/// 9999-12-31T23:59:59Z, the last instant of RFC 5280.
const LAST_SECOND: i64 = 253_402_300_799;

pub(crate) fn to_asn1(at: Timestamp) -> Result<ASN1Time, PkiError> {
    if !(0..=LAST_SECOND).contains(&at.as_secs()) {
        return Err(PkiError::Clock(at));
    }
    ASN1Time::from_timestamp(at.as_secs()).map_err(|_| PkiError::Clock(at))
}

pub(crate) fn from_asn1(at: ASN1Time) -> Timestamp {
    Timestamp::from_millis(at.timestamp().saturating_mul(1000))
}

/// Instants before 1970 become 1970: no certificate is valid then either.
pub(crate) fn to_unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_secs()).unwrap_or(0)))
}

pub(crate) fn from_unix(at: UnixTime) -> Timestamp {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_millis(seconds.saturating_mul(1000))
}
