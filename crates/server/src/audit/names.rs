//! Names for the ids in a page of audit lines, as they are when it is read.
//! The lines themselves hold ids, which never change.

use std::collections::BTreeMap;

use sekisho_model::id::{
    AccountId, ApiTokenId, CustomRoleId, DeviceId, EnrolmentKeyId, GatewayId, OfficeId,
    PasswordPolicyId, ResourceGroupId, ResourceId, UserGroupId, UserId,
};
use sekisho_store::{Access as _, Reader, StoreError};
use serde_json::Value;

/// What the fields of events that hold an id are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    User,
    Resource,
    Account,
    Device,
    EnrolmentKey,
    Gateway,
    Office,
    Policy,
    Group,
    UserGroup,
    Token,
    Role,
    /// A person, a resource or a role: `from` and `to` are of what changed.
    Any,
}

fn about(field: &str) -> Option<About> {
    Some(match field {
        "user" | "owner" | "proposed_by" => About::User,
        "resource" => About::Resource,
        "account" => About::Account,
        "device" | "shown" => About::Device,
        "key" => About::EnrolmentKey,
        "gateway" => About::Gateway,
        "office" => About::Office,
        "policy" => About::Policy,
        "group" | "inner" | "resource_group" => About::Group,
        "user_group" => About::UserGroup,
        "token" => About::Token,
        "role" => About::Role,
        "from" | "to" => About::Any,
        _ => return None,
    })
}

/// What a field is about, and its id: a text, or an object that says of what
/// kind it is.
fn reference<'v>(field: &str, value: &'v Value) -> Option<(About, &'v str)> {
    if let Some(id) = value.as_str() {
        return about(field).map(|about| (about, id));
    }
    let (kind, id) = (value.get("kind")?.as_str()?, value.get("id")?.as_str()?);
    about(kind).map(|about| (about, id))
}

/// Finds names, each once per page. What is not there any more has none.
pub(super) struct IdNames<'a> {
    reader: &'a Reader,
    known: BTreeMap<(About, String), Option<String>>,
}

impl<'a> IdNames<'a> {
    pub(super) fn new(reader: &'a Reader) -> Self {
        Self { reader, known: BTreeMap::new() }
    }

    /// The names of an actor and of the ids in an event, by id.
    pub(super) async fn of(
        &mut self,
        actor: &Value,
        event: &Value,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let mut wanted: Vec<(About, &str)> = Vec::new();
        if let Some(id) = actor["id"].as_str() {
            let kind = if actor["kind"] == "device" { About::Device } else { About::User };
            wanted.push((kind, id));
        }
        for (field, value) in event.as_object().into_iter().flatten() {
            wanted.extend(reference(field, value));
        }
        let mut names = BTreeMap::new();
        for (about, id) in wanted {
            let key = (about, id.to_owned());
            if !self.known.contains_key(&key) {
                let name = self.find(about, id).await?;
                self.known.insert(key.clone(), name);
            }
            if let Some(name) = &self.known[&key] {
                names.insert(id.to_owned(), name.clone());
            }
        }
        Ok(names)
    }

    async fn find(&self, about: About, id: &str) -> Result<Option<String>, StoreError> {
        let reader = self.reader;
        // A damaged line may hold anything.
        macro_rules! parsed {
            ($kind:ty) => {
                match id.parse::<$kind>() {
                    Ok(id) => id,
                    Err(_) => return Ok(None),
                }
            };
        }
        Ok(match about {
            About::User => {
                reader.users().find(parsed!(UserId)).await?.map(|user| user.name.to_string())
            }
            About::Resource => self.resource(parsed!(ResourceId)).await?,
            About::Account => match reader.accounts().find(parsed!(AccountId)).await? {
                Some(account) => {
                    let resource = self.resource(account.resource).await?.unwrap_or_default();
                    Some(format!("{resource}/{}", account.name))
                }
                None => None,
            },
            About::Device => {
                reader.devices().find(parsed!(DeviceId)).await?.map(|device| device.host)
            }
            About::EnrolmentKey => {
                let found = reader.enrolment_keys().find(parsed!(EnrolmentKeyId)).await?;
                found.map(|key| key.label.to_string())
            }
            About::Gateway => {
                let found = reader.gateways().find(parsed!(GatewayId)).await?;
                found.map(|gateway| gateway.name.to_string())
            }
            About::Office => {
                let found = reader.offices().find(parsed!(OfficeId)).await?;
                found.map(|office| office.name.to_string())
            }
            About::Policy => {
                let found = reader.password_policies().find(parsed!(PasswordPolicyId)).await?;
                found.map(|policy| policy.name.to_string())
            }
            About::Group => {
                let found = reader.resource_groups().find(parsed!(ResourceGroupId)).await?;
                found.map(|group| group.name.to_string())
            }
            About::UserGroup => {
                let found = reader.user_groups().find(parsed!(UserGroupId)).await?;
                found.map(|group| group.name.to_string())
            }
            About::Role => {
                let found = reader.custom_roles().find(parsed!(CustomRoleId)).await?;
                found.map(|role| role.name.to_string())
            }
            About::Any => {
                if let Some(user) = reader.users().find(parsed!(UserId)).await? {
                    return Ok(Some(user.name.to_string()));
                }
                if let Some(name) = self.resource(parsed!(ResourceId)).await? {
                    return Ok(Some(name));
                }
                let found = reader.custom_roles().find(parsed!(CustomRoleId)).await?;
                found.map(|role| role.name.to_string())
            }
            About::Token => {
                let found = reader.api_tokens().find(parsed!(ApiTokenId)).await?;
                found.map(|token| token.name.to_string())
            }
        })
    }

    async fn resource(&self, id: ResourceId) -> Result<Option<String>, StoreError> {
        Ok(self.reader.resources().find(id).await?.map(|resource| resource.name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use sekisho_model::event::Event;

    use super::*;

    /// A new field that holds an id must get a name, or be named here as one
    /// that has none.
    #[test]
    fn every_id_in_an_event_has_a_name_or_a_reason_why_not() {
        // What has no name of its own, or is gone when one reads of it.
        let nameless = [
            "order",
            "site",
            "version",
            "chain",
            "former_chain",
            "schedule",
            "mail",
            "share",
            "package",
            "link",
            "view",
            "passkey",
        ];
        for event in Event::samples() {
            let json = serde_json::to_value(&event).expect("JSON");
            for (field, value) in json.as_object().expect("an object") {
                let is_id = value.as_str().is_some_and(|text| text.parse::<UserId>().is_ok());
                let known = about(field).is_some() || nameless.contains(&field.as_str());
                assert!(!is_id || known, "{field} of {json}");
            }
        }
    }
}
