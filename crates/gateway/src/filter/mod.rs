//! What may pass at all: which bytes are a request ([`head`]), which request is
//! one ([`check`]), and which route it is for ([`routes`]).
//!
//! Nothing that a client sent goes on to the server but the path that was
//! matched, byte for byte, and the body. Every header upstream is made here.

pub mod head;
pub mod routes;

use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Version, header};

use crate::limits::Reason;

/// Most headers of a request.
pub const MAX_HEADERS: usize = 64;

/// Longest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Longest value of a header, in bytes (`trust.md` §4.3).
pub const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Checks a request as hyper read it. For HTTP/1.1 [`head::check`] has seen the
/// bytes before; this is the second look, and the only one for HTTP/2.
///
/// # Errors
/// Why it is no request: it is answered with 400, or 431.
pub fn check(request: &Parts) -> Result<(), Reason> {
    let headers = &request.headers;
    let too_long = |value: &HeaderValue| value.len() > MAX_VALUE_BYTES;
    if headers.len() > MAX_HEADERS || headers.values().any(too_long) {
        return Err(Reason::HeadersTooLong);
    }
    if headers.keys().any(|name| name.as_str().contains('_')) {
        return Err(Reason::Malformed);
    }
    for alone in [header::TRANSFER_ENCODING, header::UPGRADE] {
        if headers.contains_key(alone) {
            return Err(Reason::Malformed);
        }
    }
    content_length(headers)?;
    if request.version == Version::HTTP_2 {
        let scheme = request.uri.scheme().is_none_or(|scheme| *scheme == Scheme::HTTPS);
        let host = match (request.uri.authority(), only(headers, &header::HOST)?) {
            (Some(authority), Some(host)) => authority.as_str().as_bytes() == host,
            (Some(authority), None) => !authority.as_str().contains('@'),
            (None, host) => host.is_some(),
        };
        if scheme && host { Ok(()) } else { Err(Reason::Malformed) }
    } else {
        // The absolute form names a host twice, and which one counts is a
        // matter of opinion.
        let origin_form = request.uri.authority().is_none();
        let host = only(headers, &header::HOST)?.is_some_and(|host| !host.is_empty());
        if origin_form && host { Ok(()) } else { Err(Reason::Malformed) }
    }
}

/// The length that a request declares, if it does.
///
/// # Errors
/// When it is declared twice, or not in plain digits.
pub fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Reason> {
    only(headers, &header::CONTENT_LENGTH)?
        .map(|value| head::digits(value).ok_or(Reason::Malformed))
        .transpose()
}

fn only<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Result<Option<&'h [u8]>, Reason> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Reason::Malformed);
    }
    Ok(first.map(|value| value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(version: Version, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method("POST").version(version).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn requests_as_agents_send_them_pass() {
        let h1 = [("host", "gw.example.jp:8383"), ("content-length", "12")];
        assert_eq!(check(&parts(Version::HTTP_11, "/agent/v1/fetch", &h1)), Ok(()));
        let uri = "https://gw.example.jp:8383/agent/v1/fetch";
        assert_eq!(check(&parts(Version::HTTP_2, uri, &[("content-length", "0")])), Ok(()));
        let host = [("host", "gw.example.jp:8383")];
        assert_eq!(check(&parts(Version::HTTP_2, uri, &host)), Ok(()));
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_is_refused() {
        let uri = "https://gw.example.jp/agent/v1/fetch";
        for (version, uri, headers) in [
            (Version::HTTP_11, "/a", vec![]),
            (Version::HTTP_11, "/a", vec![("host", "")]),
            (Version::HTTP_11, "/a", vec![("host", "a"), ("host", "a")]),
            (Version::HTTP_11, uri, vec![("host", "gw.example.jp")]),
            (Version::HTTP_11, "/a", vec![("host", "a"), ("transfer-encoding", "chunked")]),
            (Version::HTTP_11, "/a", vec![("host", "a"), ("upgrade", "websocket")]),
            (Version::HTTP_11, "/a", vec![("host", "a"), ("x_agent_id", "1")]),
            (Version::HTTP_11, "/a", vec![("host", "a"), ("content-length", "+1")]),
            (Version::HTTP_2, uri, vec![("content-length", "1"), ("content-length", "1")]),
            (Version::HTTP_2, uri, vec![("content-length", "1,1")]),
            (Version::HTTP_2, uri, vec![("host", "other.example.jp")]),
            (Version::HTTP_2, "http://gw.example.jp/a", vec![]),
            (Version::HTTP_2, "https://u@gw.example.jp/a", vec![]),
            (Version::HTTP_2, "/a", vec![]),
        ] {
            let refused = check(&parts(version, uri, &headers));
            assert_eq!(refused, Err(Reason::Malformed), "{version:?} {uri} {headers:?}");
        }
        let many: Vec<_> = std::iter::repeat_n(("a", "b"), 65).collect();
        assert_eq!(check(&parts(Version::HTTP_2, uri, &many)), Err(Reason::HeadersTooLong));
        let with = |length| parts(Version::HTTP_2, uri, &[("a", &"b".repeat(length))]);
        assert_eq!(check(&with(MAX_VALUE_BYTES)), Ok(()));
        assert_eq!(check(&with(MAX_VALUE_BYTES + 1)), Err(Reason::HeadersTooLong));
    }
}
