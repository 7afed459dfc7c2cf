//! Refusals, and how they look on the wire (RFC 9457).

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sekisho_model::id::{OrderId, RequestId};
use sekisho_model::name::InvalidName;
use sekisho_model::user::ProofMethod;
use sekisho_model::{Secret, Timestamp};
use sekisho_policy::Denied;
use sekisho_store::{InvalidCursor, StoreError, Unique};
use sekisho_vault::VaultError;
use serde::Serialize;

use super::dto::{SecretText, Time};

/// Why a request was not carried out. Use-cases return it, too; it knows
/// nothing of HTTP but its status.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A field is missing, unknown or malformed.
    #[error("{detail}")]
    InvalidInput {
        /// The field, if one is to blame.
        field: Option<String>,
        /// Field, found, expected, as a sentence.
        detail: String,
    },
    /// Every field is well formed, but they cannot be satisfied together.
    #[error("{detail}")]
    Unsatisfiable {
        /// The field or rule to blame.
        field: Option<String>,
        /// What cannot be, as a sentence.
        detail: String,
    },
    /// The caller has not proved who they are. Never says which part failed.
    #[error("{detail}")]
    Unauthenticated {
        /// What to do.
        detail: &'static str,
    },
    /// The password was right; the sign-in goes on with a second factor.
    #[error("the password is right; go on with a second factor")]
    SecondFactorNeeded {
        /// With what it can go on.
        methods: Vec<ProofMethod>,
        /// What the next step names.
        pending: Secret,
        /// Until when it can go on.
        expires_at: Timestamp,
    },
    /// The caller's role needs a second factor, and the session has none.
    #[error(
        "your role needs a second factor; set one up, or sign in with it, before anything else"
    )]
    SecondFactorRequired,
    /// The last proof of who the caller is is too old for this.
    #[error("this needs a new proof that it is you; give it at POST /session/prove and try again")]
    ReauthenticationNeeded {
        /// With what it can be given.
        methods: Vec<ProofMethod>,
    },
    /// Refused before any object was looked at (scope, cross-site).
    #[error("{detail}")]
    Forbidden {
        /// Why.
        detail: String,
    },
    /// The policy said no. Invisible objects look like missing ones.
    #[error("{0}")]
    Denied(Denied),
    /// No such object, or none the caller may see.
    #[error("there is no such {what}, or you may not see it")]
    NotFound {
        /// The kind of object.
        what: &'static str,
    },
    /// The path exists, the method does not.
    #[error("this path does not take that method; the API description lists what it takes")]
    MethodNotAllowed,
    /// The state of something forbids it.
    #[error("{detail}")]
    Conflict {
        /// What is in the way, as a sentence.
        detail: String,
        /// The same as a word that programs look at.
        word: Option<&'static str>,
    },
    /// A reset of the account is open (RST-3).
    #[error("order {order} on this account is not finished; wait for it or look at it")]
    InProgress {
        /// The open order.
        order: OrderId,
    },
    /// `If-Match` does not match any more.
    #[error("it was changed since you read it; read it again and repeat your change")]
    Stale,
    /// `If-Match` is missing.
    #[error("send If-Match with the ETag of what you read, so that no change is lost")]
    PreconditionRequired,
    /// The server does not know the account's password.
    #[error("the password of this account is not known; reset it or store it first")]
    UnknownPassword,
    /// Too many tries.
    #[error("too many tries; wait {} s and try again", retry_after.as_secs().max(1))]
    Throttled {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The caller, or all together, watch events too often at once.
    #[error("{limit} event streams are open, which is the most; close one first")]
    TooManyStreams {
        /// How many may be open.
        limit: usize,
    },
    /// The database or capacity is missing for now; nothing is half-done.
    #[error("the server cannot answer now, nothing was changed; try again")]
    Unavailable {
        /// For the log.
        reason: String,
    },
    /// The server does not do its work, and a probe asks why.
    #[error("{}", cause.sentence())]
    NotReady {
        /// What anybody may know.
        cause: NotReady,
        /// For the log.
        reason: String,
    },
    /// The database did not confirm a change.
    #[error(
        "the database did not confirm it, so it may or may not have been done; look at it, or at \
         the audit log, before you try again"
    )]
    Undecided {
        /// For the log.
        reason: String,
    },
    /// What cannot be recorded is not done.
    #[error("the audit log cannot be written, so nothing was done; an operator must look")]
    AuditUnavailable {
        /// For the log.
        reason: String,
    },
    /// A required witness has not seen the audit log for too long.
    #[error("nothing was done: {reason}")]
    AuditHeld {
        /// Which witness, and since when.
        reason: String,
    },
    /// A head of another site contradicts one that is held.
    #[error(
        "the head of line {seq} contradicts the one that was received at {received_at}: the audit \
         log of that site was rewritten, or its server runs on a restored copy"
    )]
    HeadContradicted {
        /// The line.
        seq: u64,
        /// When the other head came.
        received_at: sekisho_model::Timestamp,
    },
    /// A head of another site that its pinned key did not sign.
    #[error("the head of line {seq} is not signed by the audit key that is pinned for {site}")]
    HeadForged {
        /// The line.
        seq: u64,
        /// The name of the site.
        site: String,
    },
    /// The server waits for the key that opens the vault.
    #[error("the server is sealed: {reason}")]
    Sealed {
        /// What is the matter and what to do.
        reason: &'static str,
    },
    /// The site is in recovery and does not do this until it is over.
    #[error("the site is in recovery: {reason}")]
    Recovery {
        /// Why it is.
        reason: String,
    },
    /// The body is too long.
    #[error("the body is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The body is not JSON.
    #[error("the body is '{found}'; send application/json")]
    UnsupportedMediaType {
        /// What the request said it is.
        found: String,
    },
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request; use a new key")]
    IdempotencyMismatch,
    /// The set-up token is right, and its time is over.
    #[error(
        "the set-up token has expired; run 'sekisho-server setup-token' on the server's machine \
         and use the one that it prints"
    )]
    SetupTokenExpired,
    /// The first administrator exists.
    #[error("the site is set up already; sign in, or ask an administrator for a user")]
    SetupDone,
    /// A bug or a damaged database. Details only in the log.
    #[error("something is wrong inside the server; its log says more under this request id")]
    Internal(anyhow::Error),
}

/// Why the server does not do its work, for whoever looks after it. It says
/// nothing that a stranger could use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// The database does not answer.
    Database,
    /// The database is an older copy than the one that was worked with.
    Older,
    /// The site was moved to another database.
    Moved,
    /// Commits wait for a synchronous standby.
    Standby,
    /// There is no site in the database.
    Empty,
}

impl NotReady {
    /// As programs read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Older => "older",
            Self::Moved => "moved",
            Self::Standby => "standby",
            Self::Empty => "empty",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Database => "the database does not answer; the log says more",
            Self::Older => {
                "the database is older than it was, so nothing is written to it; bring back the \
                 newer one"
            }
            Self::Moved => {
                "the site was moved to another database; name it in the settings and restart"
            }
            Self::Standby => {
                "commits wait for a synchronous standby of the database; bring it back, or take its \
                 name out of synchronous_standby_names"
            }
            Self::Empty => "the site is not initialised",
        }
    }
}

impl Problem {
    /// A malformed field.
    pub fn invalid(field: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::InvalidInput { field: Some(field.into()), detail: detail.to_string() }
    }

    /// Something that is in the way.
    pub fn conflict(detail: impl std::fmt::Display) -> Self {
        Self::Conflict { detail: detail.to_string(), word: None }
    }

    /// Something that is in the way and that programs tell apart. The words are
    /// in `docs/*/problems.md`.
    pub fn conflict_of(word: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Conflict { detail: detail.to_string(), word: Some(word) }
    }

    /// A bug, for the log.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }

    /// The stable code, the status and the title.
    pub fn kind(&self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as S;
        const NOT_FOUND: (&str, StatusCode, &str) = ("not_found", S::NOT_FOUND, "Not found");
        match self {
            Self::InvalidInput { .. } => ("invalid_input", S::BAD_REQUEST, "Invalid input"),
            Self::Unsatisfiable { .. } => {
                ("invalid_input", S::UNPROCESSABLE_ENTITY, "Cannot be satisfied")
            }
            Self::Unauthenticated { .. } => ("unauthenticated", S::UNAUTHORIZED, "Not signed in"),
            Self::SecondFactorNeeded { .. } => {
                ("second_factor_needed", S::UNAUTHORIZED, "Second factor needed")
            }
            Self::SecondFactorRequired => {
                ("second_factor_required", S::FORBIDDEN, "Second factor must be set up")
            }
            Self::ReauthenticationNeeded { .. } => {
                ("reauthentication_needed", S::FORBIDDEN, "Prove again who you are")
            }
            Self::Forbidden { .. } => ("forbidden", S::FORBIDDEN, "Not allowed"),
            Self::Denied(denied) if denied.visible => ("forbidden", S::FORBIDDEN, "Not allowed"),
            Self::Denied(_) | Self::NotFound { .. } => NOT_FOUND,
            Self::MethodNotAllowed => {
                ("method_not_allowed", S::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Self::Conflict { .. } => ("conflict", S::CONFLICT, "Conflict"),
            Self::InProgress { .. } => ("in_progress", S::CONFLICT, "In progress"),
            Self::Stale => ("stale", S::PRECONDITION_FAILED, "Changed meanwhile"),
            Self::PreconditionRequired => {
                ("precondition_required", S::PRECONDITION_REQUIRED, "If-Match is missing")
            }
            Self::UnknownPassword => ("unknown_password", S::CONFLICT, "Password not known"),
            Self::Throttled { .. } => ("throttled", S::TOO_MANY_REQUESTS, "Too many tries"),
            Self::TooManyStreams { .. } => {
                ("too_many_streams", S::TOO_MANY_REQUESTS, "Too many event streams")
            }
            Self::Unavailable { .. } | Self::NotReady { .. } => {
                ("unavailable", S::SERVICE_UNAVAILABLE, "Unavailable")
            }
            Self::Undecided { .. } => ("undecided", S::SERVICE_UNAVAILABLE, "Not confirmed"),
            Self::AuditUnavailable { .. } => {
                ("audit_unavailable", S::SERVICE_UNAVAILABLE, "Audit log not writable")
            }
            Self::AuditHeld { .. } => {
                ("audit_held", S::SERVICE_UNAVAILABLE, "Audit witness missing")
            }
            Self::HeadContradicted { .. } => {
                ("head_contradicted", S::CONFLICT, "Contradicting head")
            }
            Self::HeadForged { .. } => ("head_forged", S::CONFLICT, "Forged head"),
            Self::Sealed { .. } => ("sealed", S::SERVICE_UNAVAILABLE, "Sealed"),
            Self::Recovery { .. } => ("recovery", S::SERVICE_UNAVAILABLE, "In recovery"),
            Self::TooLarge { .. } => ("too_large", S::PAYLOAD_TOO_LARGE, "Too large"),
            Self::UnsupportedMediaType { .. } => {
                ("unsupported_media_type", S::UNSUPPORTED_MEDIA_TYPE, "Not JSON")
            }
            Self::IdempotencyMismatch => {
                ("idempotency_mismatch", S::UNPROCESSABLE_ENTITY, "Another request")
            }
            Self::SetupTokenExpired => {
                ("setup_token_expired", S::UNAUTHORIZED, "Set-up token expired")
            }
            Self::SetupDone => ("setup_done", S::CONFLICT, "Already set up"),
            Self::Internal(_) => ("internal", S::INTERNAL_SERVER_ERROR, "Internal error"),
        }
    }

    /// What is in the way, as a word, if it is a conflict that has one.
    pub fn conflict_word(&self) -> Option<&'static str> {
        match self {
            Self::Conflict { word, .. } => *word,
            _ => None,
        }
    }

    /// The field to blame.
    fn field(&self) -> Option<&str> {
        match self {
            Self::InvalidInput { field, .. } | Self::Unsatisfiable { field, .. } => {
                field.as_deref()
            }
            _ => None,
        }
    }

    /// The sentence for the caller. An object that may not be seen must look
    /// exactly like one that does not exist.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::NotFound { .. } => INVISIBLE.to_owned(),
            Self::Denied(denied) if !denied.visible => INVISIBLE.to_owned(),
            other => other.to_string(),
        }
    }

    /// Logged once, here, with nothing a client sent.
    pub(super) fn log(&self, request: RequestId) {
        let (code, status, _) = self.kind();
        match self {
            Self::Internal(error) => {
                tracing::error!(%request, code, error = format!("{error:#}"), "request failed");
            }
            Self::Unavailable { reason }
            | Self::NotReady { reason, .. }
            | Self::Undecided { reason } => {
                tracing::warn!(%request, code, reason, "request failed")
            }
            Self::AuditUnavailable { reason } => {
                tracing::error!(%request, code, reason, "request failed");
            }
            Self::AuditHeld { reason } => tracing::warn!(%request, code, reason, "request held"),
            Self::Denied(denied) => {
                tracing::info!(%request, code, action = %denied.action, "request denied");
            }
            _ => tracing::debug!(%request, code, status = status.as_u16(), "request refused"),
        }
    }

    pub(super) fn render(&self, request: RequestId) -> Response {
        let (code, status, title) = self.kind();
        let body = ProblemBody {
            r#type: format!("https://sekisho.invalid/problems/{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: self.detail(),
            field: self.field().map(str::to_owned),
            conflict: self.conflict_word(),
            cause: match self {
                Self::NotReady { cause, .. } => Some(cause.word()),
                _ => None,
            },
            order: match self {
                Self::InProgress { order } => Some(order.to_string()),
                _ => None,
            },
            methods: match self {
                Self::SecondFactorNeeded { methods, .. }
                | Self::ReauthenticationNeeded { methods } => Some(methods.clone()),
                _ => None,
            },
            pending: match self {
                Self::SecondFactorNeeded { pending, .. } => Some(SecretText(pending.clone())),
                _ => None,
            },
            expires_at: match self {
                Self::SecondFactorNeeded { expires_at, .. } => Some((*expires_at).into()),
                _ => None,
            },
            request_id: request.to_string(),
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Throttled { retry_after } => {
                headers.insert(header::RETRY_AFTER, retry_after.as_secs().max(1).into());
            }
            Self::Unavailable { .. }
            | Self::NotReady { .. }
            | Self::Sealed { .. }
            | Self::AuditUnavailable { .. }
            | Self::AuditHeld { .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::Unauthenticated { .. } | Self::SecondFactorNeeded { .. } => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

/// The answer of a server that has no envelope yet.
pub(crate) fn sealed_answer(problem: &Problem, request: RequestId) -> Response {
    problem.render(request)
}

const INVISIBLE: &str = "there is no such object, or you may not see it";

/// A problem on its way out: the envelope adds the request id and the body.
#[derive(Clone)]
pub(super) struct Carried(pub(super) Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind().1.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

/// The body of every refusal: `application/problem+json`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// A constant per code.
    r#type: String,
    /// The kind of problem, in English.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code that programs look at.
    code: &'static str,
    /// A sentence for a person.
    detail: String,
    /// The field to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What is in the way, as a word (`conflict`).
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<&'static str>,
    /// Why the server does not do its work (`/readyz`): `database`, `older`,
    /// `moved`, `standby` or `empty`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// The order in the way (`in_progress`).
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    /// With what the caller can prove who they are (`second_factor_needed`,
    /// `reauthentication_needed`): `password`, `totp`, `recovery_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    methods: Option<Vec<ProofMethod>>,
    /// What the second step of signing in names (`second_factor_needed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<SecretText>,
    /// Until when the second step is waited for (`second_factor_needed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Time>,
    /// The id of this request, also in the server's log.
    request_id: String,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } => Self::Unavailable { reason },
            StoreError::Undecided { reason } => Self::Undecided { reason },
            StoreError::Behind { .. } => Self::Unavailable { reason: error.to_string() },
            StoreError::NotRecorded { reason } => Self::AuditUnavailable { reason },
            StoreError::Held { reason } => Self::AuditHeld { reason },
            StoreError::Conflict { what } => Self::conflict_of(word_of(what), what),
            StoreError::Referenced { .. } => {
                Self::conflict_of("in_use", "something else still refers to it; remove that first")
            }
            StoreError::Stale { .. } => Self::Stale,
            StoreError::InvalidCursor(error) => error.into(),
            StoreError::Unaudited
            | StoreError::Spent
            | StoreError::Corrupt { .. }
            | StoreError::Internal { .. } => Self::internal(error),
        }
    }
}

/// What a broken rule of uniqueness is called.
const fn word_of(what: Unique) -> &'static str {
    match what {
        Unique::LoginName
        | Unique::PolicyName
        | Unique::GroupName
        | Unique::UserGroupName
        | Unique::RoleName
        | Unique::PackageFile
        | Unique::ViewName
        | Unique::GatewayName
        | Unique::OfficeName
        | Unique::AccountName => "name_taken",
        Unique::GatewayKey => "gateway_paired_already",
        Unique::Share => "shared_already",
        Unique::DefaultPolicy => "default_policy",
        Unique::OpenReset => "reset_open",
        Unique::Key
        | Unique::Token
        | Unique::VersionNumber
        | Unique::CurrentVersion
        | Unique::DeviceIdentity
        | Unique::LiveSession
        | Unique::SecondFactor
        | Unique::Passkey
        | Unique::Identity
        | Unique::ActiveVaultKey => "changed_meanwhile",
    }
}

impl From<VaultError> for Problem {
    /// Another process has made a data key that this one reads in a moment;
    /// everything else is damage.
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::UnknownKeyVersion { .. } => Self::Unavailable { reason: error.to_string() },
            other => Self::internal(other),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<InvalidCursor> for Problem {
    fn from(error: InvalidCursor) -> Self {
        Self::invalid("after", error)
    }
}

impl From<InvalidName> for Problem {
    fn from(error: InvalidName) -> Self {
        Self::invalid(error.field.replace(' ', "_"), &error)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use sekisho_model::Timestamp;
    use sekisho_model::rng::SystemRng;

    use super::*;

    #[tokio::test]
    async fn a_change_that_was_not_confirmed_is_not_called_undone() {
        let problem = Problem::from(StoreError::Undecided { reason: "silence".to_owned() });
        let response = problem.render(RequestId::at(Timestamp::EPOCH, &SystemRng));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!response.headers().contains_key(header::RETRY_AFTER), "first look, then repeat");
        let body = response.into_body().collect().await.expect("whole").to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(r#""code":"undecided""#), "{body}");
        assert!(body.contains("may or may not have been done"), "{body}");
        assert!(!body.contains("nothing was"), "{body}");
    }
}
