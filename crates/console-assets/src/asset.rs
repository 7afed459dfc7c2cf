//! Files with a hash in their name.

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response};
use rust_embed::RustEmbed;

use crate::{Body, Web};

/// A year: the name changes with the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What is served, by the ending of its name. Anything else is not.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
];

/// The answer to `GET /assets/{name}`; `None` when there is no such file.
pub fn asset(name: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    find::<Web>(name, headers)
}

fn find<Files: RustEmbed>(name: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (_, kind) = TYPES.iter().find(|(known, _)| *known == ending)?;
    // One name, no folders: nothing that the file system would understand.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if stem.is_empty() || stem.starts_with('.') || !stem.chars().all(is_plain) {
        return None;
    }
    let path = format!("assets/{name}");
    let compressed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(headers, encoding))
        .find_map(|(encoding, end)| {
            Files::get(&format!("{path}{end}")).map(|file| (encoding, file.data))
        });
    let (encoding, data) = match compressed {
        Some((encoding, data)) => (Some(encoding), data),
        None => (None, Files::get(&path)?.data),
    };
    let mut response = Response::new(data);
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.insert(CACHE_CONTROL, FOR_EVER);
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = encoding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// Whether the client takes a coding: named, and not with a weight of zero.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .any(|one| {
            let mut parts = one.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|q| q > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(RustEmbed)]
    #[folder = "fixture"]
    struct Fixture;

    fn ask(name: &str, accept_encoding: &'static str) -> Option<Response<Body>> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accept_encoding));
        find::<Fixture>(name, &headers)
    }

    #[test]
    fn the_best_coding_that_the_client_takes_is_sent() {
        for (accepted, coding, body) in [
            ("gzip, deflate, br", Some("br"), "brotli"),
            ("gzip", Some("gzip"), "gzip"),
            ("br;q=0, gzip;q=0.5", Some("gzip"), "gzip"),
            ("br;q=nonsense", None, "identity"),
            ("", None, "identity"),
        ] {
            let answer = ask("app-1a2b.js", accepted).expect("there");
            let sent = answer.headers().get(CONTENT_ENCODING).map(|v| v.to_str().expect("text"));
            assert_eq!(sent, coding, "{accepted}");
            assert_eq!(String::from_utf8_lossy(answer.body()).trim(), body, "{accepted}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(answer.headers()[VARY], "accept-encoding");
            assert_eq!(answer.headers()[CACHE_CONTROL], FOR_EVER);
        }
    }

    #[test]
    fn only_files_of_known_kinds_by_their_own_name() {
        for name in [
            "",
            "app-1a2b.js.br",
            "app-1a2b.js.gz",
            "other.js",
            "../index.html",
            "..%2findex.html",
            "a/app-1a2b.js",
            ".js",
            "notes.md",
            "app-1a2b",
        ] {
            assert!(ask(name, "br").is_none(), "{name}");
        }
    }
}
