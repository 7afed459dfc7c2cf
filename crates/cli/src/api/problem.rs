//! `application/problem+json` (RFC 9457) as an error a person can act on.

use std::collections::BTreeMap;
use std::fmt;

use sekisho_model::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exit::Exit;
use crate::net::connection::Answer;
use crate::output::text::safe;

/// A refusal of the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

impl Problem {
    /// Reads the problem in an answer; one that holds none is told by its
    /// status.
    pub(super) fn read(answer: &Answer) -> Self {
        let header = |name: &str| {
            answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut problem: Self = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Self {
            title: answer.status.canonical_reason().unwrap_or("the server refused").to_owned(),
            status: 0,
            code: String::new(),
            detail: Some("the answer did not come in the form of a Sekisho server".to_owned()),
            field: None,
            request_id: None,
            more: BTreeMap::new(),
        });
        problem.status = answer.status.as_u16();
        problem.request_id = problem.request_id.or_else(|| header("x-request-id"));
        if let Some(seconds) = header("retry-after") {
            problem.more.entry("retry_after".to_owned()).or_insert(seconds.into());
        }
        problem
    }

    /// The status of HTTP.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Whether it has this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether it blames this field.
    pub(crate) fn blames(&self, field: &str) -> bool {
        self.field.as_deref() == Some(field)
    }

    /// What the second step of signing in names, taken out: it is a secret.
    pub(crate) fn take_pending(&mut self) -> Option<Secret> {
        match self.more.remove("pending") {
            Some(Value::String(text)) => Some(Secret::from(text)),
            _ => None,
        }
    }

    /// The exit code: a missing sign-in and an absent database have their own.
    pub(crate) fn exit(&self) -> Exit {
        match (self.code.as_str(), self.status) {
            ("unauthenticated", _) | (_, 401) => Exit::NotSignedIn,
            ("undecided", _) => Exit::Unknown,
            ("unavailable", _) | (_, 502..=504) => Exit::Unreachable,
            _ => Exit::Refused,
        }
    }

    /// The problem as JSON.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The order that stands in the way, if the problem names one.
    fn order(&self) -> Option<&str> {
        let named = |key: &str| self.more.get(key);
        let order = named("order_id").or_else(|| named("open_order")).or_else(|| named("order"))?;
        order.as_str().or_else(|| order.get("id")?.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&safe(&self.title))?;
        if let Some(detail) = &self.detail {
            write!(f, ": {}", safe(detail))?;
        }
        if let Some(field) = &self.field {
            write!(f, "\n  field    {}", safe(field))?;
        }
        if let Some(order) = self.order() {
            write!(f, "\n  order    {0} (look at it: sekisho orders show {0})", safe(order))?;
        }
        if let Some(Value::String(seconds)) = self.more.get("retry_after") {
            write!(f, "\n  again in {} s", safe(seconds))?;
        }
        if self.exit() == Exit::NotSignedIn {
            write!(f, "\n  sign in  sekisho login")?;
        }
        if !self.code.is_empty() {
            write!(f, "\n  code     {}", safe(&self.code))?;
        }
        if let Some(request) = &self.request_id {
            write!(f, "\n  request  {}", safe(request))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use zeroize::Zeroizing;

    fn problem(status: StatusCode, body: &str) -> Problem {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "r-1".parse().expect("valid"));
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Problem::read(&Answer { status, headers, body })
    }

    #[test]
    fn a_problem_says_what_where_and_which_request() {
        let text = problem(
            StatusCode::BAD_REQUEST,
            r#"{"type":"t","title":"invalid input","status":400,"code":"invalid_input",
               "detail":"name is empty\u001b[2J","field":"name","request_id":"r-2"}"#,
        )
        .to_string();
        assert_eq!(
            text,
            "invalid input: name is empty\\u{1b}[2J\n  field    name\n  code     invalid_input\n  \
             request  r-2"
        );
    }

    #[test]
    fn an_open_order_is_named() {
        let text = problem(
            StatusCode::CONFLICT,
            r#"{"title":"a reset is open","code":"in_progress","order":"o-1"}"#,
        )
        .to_string();
        assert!(text.contains("sekisho orders show o-1"), "{text}");
    }

    #[test]
    fn foreign_answers_and_special_states_have_their_exit_codes() {
        let exit = |status, body| problem(status, body).exit();
        assert_eq!(exit(StatusCode::NOT_FOUND, "<html>"), Exit::Refused);
        assert_eq!(exit(StatusCode::UNAUTHORIZED, "{}"), Exit::NotSignedIn);
        assert_eq!(exit(StatusCode::SERVICE_UNAVAILABLE, "{}"), Exit::Unreachable);
        let undecided = r#"{"code":"undecided"}"#;
        assert_eq!(exit(StatusCode::SERVICE_UNAVAILABLE, undecided), Exit::Unknown);
        let foreign = problem(StatusCode::BAD_GATEWAY, "<html>").to_string();
        assert!(foreign.starts_with("Bad Gateway: the answer did not come"), "{foreign}");
        assert!(foreign.ends_with("request  r-1"), "{foreign}");
    }
}
