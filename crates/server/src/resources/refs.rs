//! What the features of resources, accounts, devices and orders share in their
//! answers: references by name, reasons, and answers that hold a secret.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sekisho_model::Id;
use sekisho_model::id::{
    AccountId, DeviceId, EnrolmentKeyId, GatewayId, Kind, PasswordPolicyId, ResourceGroupId,
    ResourceId, UserGroupId, UserId,
};
use sekisho_store::{Access as _, Reader, StoreError};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use crate::http::Problem;

/// Another object: its id and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Named {
    /// A reference.
    pub fn new<K: Kind>(id: Id<K>, name: impl Into<String>) -> Self {
        Self { id: id.to_string(), name: name.into() }
    }
}

/// Finds names, each once per answer.
pub struct Names<'a> {
    reader: &'a Reader,
    // By kind and id: ids of different kinds never meet.
    known: BTreeMap<(&'static str, [u8; 16]), Named>,
}

impl<'a> Names<'a> {
    /// Knows none yet.
    pub fn new(reader: &'a Reader) -> Self {
        Self { reader, known: BTreeMap::new() }
    }

    /// A user.
    pub async fn user(&mut self, id: UserId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.users().find(id).await?.map(|user| user.name.to_string()))
        })
        .await
    }

    /// A resource, also a deleted one.
    pub async fn resource(&mut self, id: ResourceId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.resources().find(id).await?.map(|resource| resource.name.to_string()))
        })
        .await
    }

    /// A resource group.
    pub async fn resource_group(&mut self, id: ResourceGroupId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.resource_groups().find(id).await?.map(|group| group.name.to_string()))
        })
        .await
    }

    /// A user group.
    pub async fn user_group(&mut self, id: UserGroupId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.user_groups().find(id).await?.map(|group| group.name.to_string()))
        })
        .await
    }

    /// A password policy.
    pub async fn policy(&mut self, id: PasswordPolicyId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.password_policies().find(id).await?.map(|policy| policy.name.to_string()))
        })
        .await
    }

    /// An account.
    pub async fn account(&mut self, id: AccountId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.accounts().find(id).await?.map(|account| account.name.to_string()))
        })
        .await
    }

    /// A device, by its host name.
    pub async fn device(&mut self, id: DeviceId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async { Ok(reader.devices().find(id).await?.map(|device| device.host)) })
            .await
    }

    /// A gateway, also a revoked one.
    pub async fn gateway(&mut self, id: GatewayId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.gateways().find(id).await?.map(|gateway| gateway.name.to_string()))
        })
        .await
    }

    /// An enrolment key, by its label.
    pub async fn enrolment_key(&mut self, id: EnrolmentKeyId) -> Result<Named, StoreError> {
        let reader = self.reader;
        self.named(id, async {
            Ok(reader.enrolment_keys().find(id).await?.map(|key| key.label.to_string()))
        })
        .await
    }

    async fn named<K: Kind>(
        &mut self,
        id: Id<K>,
        find: impl Future<Output = Result<Option<String>, StoreError>>,
    ) -> Result<Named, StoreError> {
        let key = (K::NAME, *id.as_bytes());
        if let Some(named) = self.known.get(&key) {
            return Ok(named.clone());
        }
        let name = find.await?.unwrap_or_else(|| id.to_string());
        let named = Named::new(id, name);
        self.known.insert(key, named.clone());
        Ok(named)
    }
}

/// A member of a PATCH that is there, even if it is `null`: `None` means
/// *leave it*, `Some(None)` *remove it*.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The longest reason, in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// Checks what a person gave as a reason; it goes into the audit log.
///
/// # Errors
/// [`Problem::InvalidInput`] naming the field `reason`.
pub fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    if length > MAX_REASON_CHARS {
        let detail =
            format!("'reason' has {length} characters; at most {MAX_REASON_CHARS} are allowed");
        return Err(Problem::invalid("reason", detail));
    }
    if let Some(found) = text.chars().find(|c| c.is_control()) {
        let detail = format!(
            "'reason' has the control character U+{:04X}; write it on one line",
            u32::from(found)
        );
        return Err(Problem::invalid("reason", detail));
    }
    Ok(text.to_owned())
}

/// As [`reason`], and it must not be empty.
///
/// # Errors
/// [`Problem::InvalidInput`] naming the field `reason`.
pub fn required_reason(text: &str) -> Result<String, Problem> {
    let text = reason(text)?;
    if text.is_empty() {
        let detail = "'reason' is empty; say in a few words why, it goes into the audit log";
        return Err(Problem::invalid("reason", detail));
    }
    Ok(text)
}

/// A JSON answer that holds a clear secret: written once into a buffer that is
/// wiped when it was sent.
#[derive(Debug)]
pub struct SecretJson<T> {
    /// The status.
    pub status: StatusCode,
    /// The answer.
    pub body: T,
}

/// Longer than every answer that holds a secret, so that the buffer is never
/// copied into a bigger one.
const SECRET_ANSWER_BYTES: usize = 16 * 1024;

impl<T: Serialize> IntoResponse for SecretJson<T> {
    fn into_response(self) -> Response {
        let mut buffer = Zeroizing::new(Vec::with_capacity(SECRET_ANSWER_BYTES));
        if let Err(error) = serde_json::to_writer(&mut *buffer, &self.body) {
            return Problem::internal(error).into_response();
        }
        let json = HeaderValue::from_static("application/json");
        let body = Body::from(Bytes::from_owner(buffer));
        (self.status, [(header::CONTENT_TYPE, json)], body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_one_line_of_bounded_length() {
        assert_eq!(reason("  fix  ").expect("valid"), "fix");
        assert_eq!(reason("").expect("may be empty"), "");
        assert!(required_reason(" ").is_err());
        assert!(reason("a\nb").is_err());
        assert!(reason(&"x".repeat(MAX_REASON_CHARS)).is_ok());
        let error = reason(&"x".repeat(MAX_REASON_CHARS + 1)).expect_err("too long").to_string();
        assert_eq!(error, "'reason' has 501 characters; at most 500 are allowed");
    }

    #[test]
    fn a_member_that_is_null_is_told_from_one_that_is_missing() {
        #[derive(Deserialize)]
        struct Patch {
            #[serde(default, deserialize_with = "given")]
            policy: Option<Option<u8>>,
        }
        let read = |text| serde_json::from_str::<Patch>(text).expect("valid").policy;
        assert_eq!((read("{}"), read(r#"{"policy":null}"#)), (None, Some(None)));
        assert_eq!(read(r#"{"policy":3}"#), Some(Some(3)));
    }
}
