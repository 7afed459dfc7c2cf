//! JSON bodies, with errors that name the field.

use axum::body::Bytes;
use axum::body::HttpBody as _;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The longest request body, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A JSON body. Give request types `#[serde(deny_unknown_fields)]`: a typing
/// error is then told to the caller, with the field that was probably meant.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_json(kind) {
            let found = kind.chars().take(100).collect();
            return Err(Problem::UnsupportedMediaType { found });
        }
        let body = read_body(request.into_body()).await?;
        parse(&body).map(Self)
    }
}

/// A request without a body and without a type has no value.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.body().is_end_stream() && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Reads a body of bounded length.
pub(super) async fn read_body(body: axum::body::Body) -> Result<Bytes, Problem> {
    // Said before the first byte is read: a client that asked first sends none.
    if hyper::body::Body::size_hint(&body).lower() > MAX_BODY_BYTES as u64 {
        return Err(Problem::TooLarge { limit_bytes: MAX_BODY_BYTES });
    }
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::TooLarge { limit_bytes: MAX_BODY_BYTES })
        }
        Err(_) => Err(Problem::InvalidInput {
            field: None,
            detail: "the body ended early; send all of it".to_owned(),
        }),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        if error.is_data() {
            let field = field_before(body, error.line(), error.column());
            sentence(message, field, &[])
        } else {
            Problem::InvalidInput {
                field: None,
                detail: format!("the body is not JSON: {message}"),
            }
        }
    })
}

/// Turns serde's message into a sentence with a suggestion, also from among
/// `more` known fields.
pub(super) fn sentence(message: &str, field: Option<String>, more: &[&str]) -> Problem {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field")
        && let Some((found, known)) = quoted.split_first()
    {
        let found: String = found.chars().take(64).collect();
        let known = [known, more].concat();
        let hint = match crate::config::suggest::nearest(&found, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None if known.is_empty() => "no field is expected here".to_owned(),
            None => format!("expected one of: {}", known.join(", ")),
        };
        let detail = format!("'{found}' is not a known field; {hint}");
        return Problem::InvalidInput { field: Some(found), detail };
    }
    if message.starts_with("missing field")
        && let Some(missing) = quoted.first()
    {
        let detail = format!("'{missing}' is missing; it is required");
        return Problem::InvalidInput { field: Some((*missing).to_owned()), detail };
    }
    if message.starts_with("unknown variant")
        && let Some((found, known)) = quoted.split_first()
    {
        let found: String = found.chars().take(64).collect();
        let hint = match crate::config::suggest::nearest(&found, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("expected one of: {}", known.join(", ")),
        };
        let subject = field.as_deref().map_or(String::new(), |field| format!("'{field}': "));
        let detail = format!("{subject}'{found}' is not a known word; {hint}");
        return Problem::InvalidInput { field, detail };
    }
    match field {
        Some(field) if is_secret(&field) => Problem::InvalidInput {
            detail: format!("'{field}' is not a text; send it as a JSON string"),
            field: Some(field),
        },
        Some(field) => {
            Problem::InvalidInput { detail: format!("'{field}': {message}"), field: Some(field) }
        }
        None => Problem::InvalidInput { field: None, detail: message.to_owned() },
    }
}

/// Fields whose wrong value must not be repeated in an error.
fn is_secret(field: &str) -> bool {
    matches!(
        field,
        "password"
            | "current"
            | "new"
            | "value"
            | "token"
            | "secret"
            | "key"
            | "pending"
            | "code"
            | "proof"
    )
}

/// The name of the last member that began before the place of an error.
fn field_before(body: &[u8], line: usize, column: usize) -> Option<String> {
    let begin: usize =
        body.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let text = &body[..(begin + column).min(body.len())];
    let mut last = None;
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'"' {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while at < text.len() && text[at] != b'"' {
            at += if text[at] == b'\\' { 2 } else { 1 };
        }
        at += 1;
        let is_name = text
            .get(at..)
            .is_some_and(|rest| rest.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':'));
        if is_name {
            last = serde_json::from_slice::<String>(&text[start..at]).ok();
        }
    }
    last.map(|name| name.chars().take(64).collect())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::http::SecretText;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct NewThing {
        display_name: String,
        length: u16,
        password: Option<SecretText>,
        owner: Option<sekisho_model::name::LoginName>,
    }

    fn refusal(body: &str) -> (Option<String>, String) {
        match parse::<NewThing>(body.as_bytes()).expect_err("refused") {
            Problem::InvalidInput { field, detail } => (field, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_typing_error_is_told_with_what_was_meant() {
        let (field, detail) = refusal(r#"{"dispaly_name":"x","length":1}"#);
        assert_eq!(field.as_deref(), Some("dispaly_name"));
        assert_eq!(detail, "'dispaly_name' is not a known field; did you mean 'display_name'?");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(refusal(r#"{"display_name":"x"}"#).1, "'length' is missing; it is required");
        let (field, detail) = refusal("{\"display_name\":\"a:b\",\n \"length\":\"x\"}");
        assert_eq!(field.as_deref(), Some("length"));
        assert_eq!(detail, "'length': invalid type: string \"x\", expected u16");
        let (field, detail) = refusal(r#"{"display_name":"x","length":1,"owner":"Ann"}"#);
        assert_eq!(field.as_deref(), Some("owner"));
        assert!(detail.contains("user name contains 'A'"), "{detail}");
        assert!(refusal("{").1.starts_with("the body is not JSON: "));
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let (_, detail) = refusal(r#"{"display_name":"x","length":1,"password":987654}"#);
        assert_eq!(detail, "'password' is not a text; send it as a JSON string");
    }
}
