//! Who is on the other end of a call that a gateway relays.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use sekisho_model::id::GatewayId;
use sekisho_wire::gateway::{CLIENT_CERT_HEADER, FORWARDED_HEADER};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::relayed::{read_client_cert, read_forwarded};

use super::Peer;
use crate::app::App;

/// Reads what a gateway says of whoever called it. Only for requests on a
/// connection whose TLS peer is this gateway: from anybody else these headers
/// mean nothing and are not looked at.
///
/// The certificate is judged here once more; the gateway's judgement counts for
/// nothing.
///
/// # Errors
/// A header that a gateway does not write, or writes twice; a certificate that
/// is not one of this site's devices.
pub(crate) fn hints(app: &App, via: GatewayId, headers: &HeaderMap) -> Result<Peer, ProblemCode> {
    let address = forwarded(headers)?;
    let identity = match only(headers, CLIENT_CERT_HEADER)? {
        None => None,
        Some(value) => {
            let der = read_client_cert(value).ok_or(ProblemCode::Unreadable)?;
            let judged = app.keys.ca().trust().verify_device(&der, &[], app.clock.now());
            Some(judged.map_err(|problem| {
                tracing::info!(%via, %address, %problem, "a gateway passes a certificate on");
                ProblemCode::CertificateUnknown
            })?)
        }
    };
    Ok(Peer { address, identity, via: Some(via) })
}

fn forwarded(headers: &HeaderMap) -> Result<IpAddr, ProblemCode> {
    let value = only(headers, FORWARDED_HEADER)?.ok_or(ProblemCode::Unreadable)?;
    read_forwarded(value).ok_or(ProblemCode::Unreadable)
}

/// The one value of a header.
fn only<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h [u8]>, ProblemCode> {
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(ProblemCode::Unreadable),
        (value, _) => Ok(value.map(http::HeaderValue::as_bytes)),
    }
}
