//! The page that every address of the console answers with.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response};
use rust_embed::RustEmbed;

use crate::{Body, Web};

pub(crate) const INDEX: &str = "index.html";

/// Stands in the page where the nonce goes.
const NONCE_HERE: &str = "__CSP_NONCE__";

/// Random text of one answer: styles that carry it are allowed. Scripts come
/// from files only, so it is of no use to who can write into the page.
#[derive(Clone, Debug)]
pub struct Nonce(String);

impl Nonce {
    /// From 16 random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Said when the console was not built.
const NOT_BUILT: &str = include_str!("not_built.html");

/// The answer to any address of the console.
pub fn page(nonce: &Nonce) -> Response<Body> {
    from::<Web>(nonce)
}

fn from<Files: RustEmbed>(Nonce(nonce): &Nonce) -> Response<Body> {
    let found = Files::get(INDEX);
    let text = match &found {
        Some(file) => String::from_utf8_lossy(&file.data),
        None => NOT_BUILT.into(),
    };
    let text = text.replace(NONCE_HERE, nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' \
         data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; object-src 'none'"
    );
    let mut response = Response::new(Body::Owned(text.into_bytes()));
    let answer = response.headers_mut();
    for (name, value) in HEADERS {
        answer.insert(name, value);
    }
    let policy = HeaderValue::try_from(policy).expect("hexadecimal digits in a fixed text");
    answer.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "clipboard-write=(self), publickey-credentials-get=(self), \
             publickey-credentials-create=(self), camera=(), display-capture=(), geolocation=(), \
             microphone=(), payment=(), usb=()",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(RustEmbed)]
    #[folder = "fixture"]
    struct Fixture;

    #[derive(RustEmbed)]
    #[folder = "no-such-folder"]
    #[allow_missing = true]
    struct Nothing;

    fn text(response: &Response<Body>) -> String {
        String::from_utf8(response.body().to_vec()).expect("UTF-8")
    }

    #[test]
    fn the_nonce_is_in_the_page_and_in_the_policy() {
        let answer = from::<Fixture>(&Nonce::new([0xab; 16]));
        let nonce = "ab".repeat(16);
        assert!(text(&answer).contains(&format!("content=\"{nonce}\"")));
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.contains(&format!("style-src 'self' 'nonce-{nonce}'")), "{policy}");
        assert!(policy.contains("script-src 'self';"), "no nonce for scripts: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn the_page_is_never_kept() {
        let answer = from::<Fixture>(&Nonce::new([0; 16]));
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn without_the_console_the_page_says_how_to_build_it() {
        let answer = from::<Nothing>(&Nonce::new([1; 16]));
        assert!(text(&answer).contains("npm run build"));
        assert!(!text(&answer).contains(NONCE_HERE));
    }
}
