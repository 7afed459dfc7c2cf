//! Requests to `/api/v1` and their answers.

pub(crate) mod access;
pub(crate) mod agents;
pub(crate) mod gateways;
pub(crate) mod list;
pub(crate) mod problem;
pub(crate) mod reports;
pub(crate) mod shapes;

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ETAG, HOST, IF_MATCH, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use hyper::body::Bytes;
use sekisho_model::Secret;
use sekisho_model::rng::{SystemRng, random_bytes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{CliError, Result};
use crate::net::connection::{Answer, Connection, NoAnswer};
use problem::Problem;

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Room for a request body that may hold a secret, so that it is not copied
/// while it is written.
const BODY_CAPACITY: usize = 16 * 1024;

/// The REST API of one server.
#[derive(Debug)]
pub(crate) struct Api {
    connection: Connection,
    proof: Proof,
}

/// Who asks.
#[derive(Debug)]
enum Proof {
    Nobody,
    Token(Secret),
    /// A session: the cookie, and the origin that state changes must name.
    Cookie(Secret),
}

/// What a request that was sent without an answer means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// It changes nothing, or has an idempotency key: it is sent once more.
    Safe,
    /// It may have happened.
    Never,
}

/// An answer whose status was a success.
#[derive(Debug)]
pub(crate) struct Body {
    /// The JSON, wiped when dropped.
    pub(crate) json: Zeroizing<Vec<u8>>,
    etag: Option<HeaderValue>,
    cookie: Option<Secret>,
}

impl Body {
    /// The JSON as a value of ours.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        read(&self.json)
    }
}

/// JSON of an answer as a value of ours.
pub(crate) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        // The message of serde may quote the text it did not like, which may
        // be a secret: only what kind of error and where.
        let kind = match error.classify() {
            serde_json::error::Category::Data => "is not of the expected form",
            _ => "is not JSON",
        };
        CliError::Failed(format!(
            "the server's answer {kind} (line {}, column {}); are the program and the server of \
             the same version?",
            error.line(),
            error.column()
        ))
    })
}

impl Api {
    /// Asks as nobody.
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, proof: Proof::Nobody }
    }

    /// Asks with an API token.
    pub(crate) fn with_token(connection: Connection, token: Secret) -> Self {
        Self { connection, proof: Proof::Token(token) }
    }

    /// From now on asks with the session that `body` opened.
    ///
    /// # Errors
    /// When it opened none.
    pub(crate) fn use_session(&mut self, body: &mut Body) -> Result<()> {
        let cookie = body.cookie.take().ok_or_else(|| {
            CliError::Failed("the server took the password but opened no session".into())
        })?;
        self.proof = Proof::Cookie(cookie);
        Ok(())
    }

    /// From now on asks with an API token.
    pub(crate) fn use_token(&mut self, token: Secret) {
        self.proof = Proof::Token(token);
    }

    /// The server that is asked.
    pub(crate) fn server(&self) -> &crate::net::server::Server {
        self.connection.server()
    }

    /// Reads.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Body> {
        self.get_within(path, ANSWER_TIMEOUT).await
    }

    /// Reads something the server may wait for.
    pub(crate) async fn get_waiting(&mut self, path: &str, wait: Duration) -> Result<Body> {
        self.get_within(path, wait + ANSWER_TIMEOUT).await
    }

    async fn get_within(&mut self, path: &str, limit: Duration) -> Result<Body> {
        self.exchange(Method::GET, path, None, None, Repeat::Safe, limit).await
    }

    /// Creates or does something, at most once even when the connection breaks.
    pub(crate) async fn post<T: Serialize>(&mut self, path: &str, body: &T) -> Result<Body> {
        self.write(Method::POST, path, Some(body), None, Repeat::Safe).await
    }

    /// Like [`Api::post`] for answers with secrets, which the server does not
    /// keep for a repetition.
    pub(crate) async fn post_once<T: Serialize>(&mut self, path: &str, body: &T) -> Result<Body> {
        self.write(Method::POST, path, Some(body), None, Repeat::Never).await
    }

    /// Does something with an object in the very version that was read.
    pub(crate) async fn post_seen<T: Serialize>(
        &mut self,
        path: &str,
        seen: &Body,
        body: &T,
    ) -> Result<Body> {
        self.write(Method::POST, path, Some(body), seen.etag.clone(), Repeat::Safe).await
    }

    /// Sets.
    pub(crate) async fn put<T: Serialize>(&mut self, path: &str, body: &T) -> Result<Body> {
        self.write(Method::PUT, path, Some(body), None, Repeat::Never).await
    }

    /// Sets an object that people edit, in the version that was read.
    pub(crate) async fn put_seen<T: Serialize>(
        &mut self,
        path: &str,
        seen: &Body,
        body: &T,
    ) -> Result<Body> {
        self.write(Method::PUT, path, Some(body), seen.etag.clone(), Repeat::Never).await
    }

    /// Changes an object that people edit, in the version it has now.
    pub(crate) async fn patch<T: Serialize>(&mut self, path: &str, body: &T) -> Result<Body> {
        let etag = self.get(path).await?.etag;
        self.write(Method::PATCH, path, Some(body), etag, Repeat::Never).await
    }

    /// Removes something that is not edited.
    pub(crate) async fn delete(&mut self, path: &str) -> Result<Body> {
        self.write::<()>(Method::DELETE, path, None, None, Repeat::Never).await
    }

    /// Removes an object that people edit, in the version it has now.
    pub(crate) async fn delete_current(&mut self, path: &str) -> Result<Body> {
        let etag = self.get(path).await?.etag;
        self.write::<()>(Method::DELETE, path, None, etag, Repeat::Never).await
    }

    async fn write<T: Serialize>(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&T>,
        if_match: Option<HeaderValue>,
        repeat: Repeat,
    ) -> Result<Body> {
        let json = body.map(to_json).transpose()?;
        self.exchange(method, path, json, if_match, repeat, ANSWER_TIMEOUT).await
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        json: Option<Zeroizing<Vec<u8>>>,
        if_match: Option<HeaderValue>,
        repeat: Repeat,
        limit: Duration,
    ) -> Result<Body> {
        let body = json.map_or_else(Bytes::new, Bytes::from_owner);
        let key = (method == Method::POST)
            .then(|| data_encoding::HEXLOWER.encode(&random_bytes::<16>(&SystemRng)));
        let mut tries_left = if repeat == Repeat::Safe { 2 } else { 1 };
        let answer = loop {
            tries_left -= 1;
            let request =
                self.request(&method, path, body.clone(), if_match.as_ref(), key.as_deref())?;
            match self.connection.send(request, limit).await {
                Ok(answer) => break answer,
                Err(NoAnswer::NotSent(error)) => return Err(error),
                Err(NoAnswer::Lost(_)) if tries_left > 0 => {}
                Err(NoAnswer::Lost(problem)) if method == Method::GET => {
                    return Err(CliError::Unreachable(problem));
                }
                Err(NoAnswer::Lost(problem)) => {
                    return Err(CliError::Unknown(format!(
                        "{problem}; the request was sent, and whether it was carried out is not \
                         known: look before you repeat it"
                    )));
                }
            }
        };
        judge(answer)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: Bytes,
        if_match: Option<&HeaderValue>,
        idempotency_key: Option<&str>,
    ) -> Result<Request<Full<Bytes>>> {
        let server = self.connection.server();
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(HOST, server.authority())
            .header("accept", "application/json, application/problem+json")
            .header("user-agent", concat!("sekisho/", env!("CARGO_PKG_VERSION")));
        match &self.proof {
            Proof::Nobody => {}
            Proof::Token(token) => {
                let text = Zeroizing::new([b"Bearer ", token.expose()].concat());
                builder = builder.header(AUTHORIZATION, sensitive(&text)?);
            }
            Proof::Cookie(cookie) => {
                builder = builder
                    .header(COOKIE, sensitive(cookie.expose())?)
                    .header(ORIGIN, server.to_string());
            }
        }
        if !body.is_empty() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        if let Some(etag) = if_match {
            builder = builder.header(IF_MATCH, etag);
        }
        if let Some(key) = idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        builder
            .body(Full::new(body))
            .map_err(|error| CliError::Failed(format!("the request cannot be written: {error}")))
    }
}

fn to_json<T: Serialize>(body: &T) -> Result<Zeroizing<Vec<u8>>> {
    let mut json = Zeroizing::new(Vec::with_capacity(BODY_CAPACITY));
    serde_json::to_writer(&mut *json, body)
        .map_err(|error| CliError::Failed(format!("the request has no JSON form: {error}")))?;
    Ok(json)
}

fn sensitive(bytes: &[u8]) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_bytes(bytes)
        .map_err(|_| CliError::Failed("the stored token is damaged; sign in again".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A success, or the server's problem.
fn judge(answer: Answer) -> Result<Body> {
    if !answer.status.is_success() {
        return Err(CliError::Problem(Box::new(Problem::read(&answer))));
    }
    let cookie = answer
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next())
        .find(|pair| pair.starts_with("__Host-sekisho="))
        .map(Secret::from);
    Ok(Body { etag: answer.headers.get(ETAG).cloned(), cookie, json: answer.body })
}

/// Text as one part of a path or query: everything but unreserved characters
/// (RFC 3986 §2.3) percent-encoded.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place_in_a_query() {
        assert_eq!(encode("web-1_a.b~"), "web-1_a.b~");
        assert_eq!(encode("a&q=b/../ é"), "a%26q%3Db%2F..%2F%20%C3%A9");
    }

    #[test]
    fn an_answer_of_another_form_is_not_quoted() {
        let error = read::<u64>(br#""hunter2""#).expect_err("no number").to_string();
        assert!(error.contains("not of the expected form"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
