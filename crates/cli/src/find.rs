//! Which object a person means: by its id, or by its exact name.

use sekisho_model::Id;
use sekisho_model::id::{AccountId, Kind, ResourceId, UserGroupId, UserId};
use serde::de::DeserializeOwned;

use crate::api::Api;
use crate::api::access::{Principal, Role, UserGroup};
use crate::api::agents::{Agent, Package};
use crate::api::gateways::{Gateway, Office};
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Account, Device, EnrolmentKey, Group, Policy, Resource, Token, User};
use crate::error::{CliError, Result};
use crate::output::text::safe;

/// An object with a name that people use.
pub(crate) trait Findable: DeserializeOwned {
    /// The kind of its id.
    type Kind: Kind;
    /// Where the list is.
    const PATH: &'static str;
    /// Its id.
    fn id(&self) -> Id<Self::Kind>;
    /// Whether the server can search the list, and by every name it goes by.
    const SEARCHABLE: bool;
    /// The names it goes by.
    fn names(&self) -> Vec<&str>;
}

macro_rules! findable {
    ($($type:ty, $kind:ident, $path:literal, $searchable:literal, |$it:ident| $names:expr;)*) => {$(
        impl Findable for $type {
            type Kind = sekisho_model::id::$kind;
            const PATH: &'static str = $path;
            const SEARCHABLE: bool = $searchable;
            fn id(&self) -> Id<Self::Kind> {
                self.id
            }
            fn names(&self) -> Vec<&str> {
                let $it = self;
                $names
            }
        }
    )*};
}

findable! {
    Resource, Resource, "/resources", true, |it| vec![it.name.as_str()];
    // A device also goes by the name of its resource.
    Device, Device, "/devices", false, |it| {
        let resource = it.resource.as_ref().map(|resource| resource.name.as_str());
        [Some(it.host_name.as_str()), resource].into_iter().flatten().collect()
    };
    EnrolmentKey, EnrolmentKey, "/enrolment-keys", false, |it| vec![it.label.as_str()];
    Group, ResourceGroup, "/resource-groups", true, |it| vec![it.name.as_str()];
    Policy, PasswordPolicy, "/password-policies", false, |it| vec![it.name.as_str()];
    UserGroup, UserGroup, "/user-groups", true, |it| vec![it.name.as_str()];
    User, User, "/users", false, |it| vec![it.name.as_str()];
    Token, ApiToken, "/tokens", false, |it| vec![it.name.as_str()];
    Gateway, Gateway, "/gateways", true, |it| vec![it.name.as_str()];
    Office, Office, "/offices", true, |it| vec![it.name.as_str()];
    Package, Package, "/packages", false, |it| vec![it.file.as_str()];
}

impl Findable for Agent {
    type Kind = sekisho_model::id::Device;
    const PATH: &'static str = "/agents";
    const SEARCHABLE: bool = false;
    fn id(&self) -> Id<Self::Kind> {
        self.0.id
    }
    fn names(&self) -> Vec<&str> {
        self.0.names()
    }
}

/// The id of the object that `text` names.
///
/// # Errors
/// None or several have that name; several are listed with their ids.
pub(crate) async fn find<T: Findable>(api: &mut Api, text: &str) -> Result<Id<T::Kind>> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let named: Vec<T> = exact(api, text).await?;
    let candidates = named
        .iter()
        .map(|one| (one.id(), one.names().first().copied().unwrap_or_default().to_owned()))
        .collect();
    one_of(T::Kind::NAME, text, candidates)
}

/// The user that `text` names, for who may share but not manage users.
pub(crate) async fn user(api: &mut Api, text: &str) -> Result<UserId> {
    principal(api, "user", text).await
}

/// The user group that `text` names, for who may share but not manage users.
pub(crate) async fn user_group(api: &mut Api, text: &str) -> Result<UserGroupId> {
    principal(api, "user_group", text).await
}

async fn principal<K: Kind>(api: &mut Api, kind: &str, text: &str) -> Result<Id<K>> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let query = Query::new("/principals").with("q", Some(text));
    let found: Vec<Principal> = api.list(query, &Paging::everything()).await?.items()?;
    let named = found.into_iter().filter(|one| one.kind == kind && one.name == text);
    let named = named.filter_map(|one| Some((one.id.parse().ok()?, one.name)));
    one_of(K::NAME, text, named.collect())
}

/// The role that `text` names: by its word, its id or its name.
pub(crate) async fn role(api: &mut Api, text: &str) -> Result<Role> {
    let roles: Vec<Role> = api.list(Query::new("/roles"), &Paging::everything()).await?.items()?;
    roles.into_iter().find(|role| role.role == text || role.name == text).ok_or_else(|| {
        CliError::Failed(format!("there is no role '{}'; sekisho roles list", safe(text)))
    })
}

/// Every object with exactly this name.
async fn exact<T: Findable>(api: &mut Api, name: &str) -> Result<Vec<T>> {
    let query = Query::new(T::PATH).with("q", T::SEARCHABLE.then_some(name));
    let mut found: Vec<T> = api.list(query, &Paging::everything()).await?.items()?;
    found.retain(|one| one.names().contains(&name));
    Ok(found)
}

/// The account that `text` names: an id, `resource/name`, or a name that only
/// one account has. As both names may hold `/`, every way to split is tried.
pub(crate) async fn account(api: &mut Api, text: &str) -> Result<AccountId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut found: Vec<(AccountId, String)> = Vec::new();
    for (resource, name) in splits(text) {
        for resource in exact::<Resource>(api, resource).await? {
            found.extend(accounts_named(api, Some(resource.id), name).await?);
        }
    }
    if found.is_empty() {
        found = accounts_named(api, None, text).await?;
    }
    found.sort();
    found.dedup();
    one_of("account", text, found)
}

async fn accounts_named(
    api: &mut Api,
    resource: Option<ResourceId>,
    name: &str,
) -> Result<Vec<(AccountId, String)>> {
    let resource = resource.map(|id| id.to_string());
    let query = Query::new("/accounts").with("resource", resource.as_deref()).with("q", Some(name));
    let accounts: Vec<Account> = api.list(query, &Paging::everything()).await?.items()?;
    Ok(accounts
        .into_iter()
        .filter(|account| account.name == name)
        .map(|account| (account.id, account.path()))
        .collect())
}

/// Every way to read a text as `resource/name`.
fn splits(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices('/')
        .map(|(at, _)| (&text[..at], &text[at + 1..]))
        .filter(|(resource, name)| !resource.is_empty() && !name.is_empty())
}

fn one_of<K: Kind>(kind: &str, text: &str, found: Vec<(Id<K>, String)>) -> Result<Id<K>> {
    match found.as_slice() {
        [(id, _)] => Ok(*id),
        [] => {
            let hint = if kind == "account" { "; write it like resource/name" } else { "" };
            Err(CliError::Failed(format!(
                "there is no {kind} '{}' that you may see{hint}",
                safe(text)
            )))
        }
        several => {
            let mut message = format!(
                "'{}' names {} {kind}s; say which one by its id:",
                safe(text),
                several.len()
            );
            for (id, name) in several {
                message.push_str(&format!("\n  {id}  {}", safe(name)));
            }
            Err(CliError::Usage(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slash_may_be_the_one() {
        let all: Vec<_> = splits("dc/web/1/root").collect();
        assert_eq!(all, [("dc", "web/1/root"), ("dc/web", "1/root"), ("dc/web/1", "root")]);
        assert_eq!(splits("/root").count(), 0);
        assert_eq!(splits("web/").count(), 0);
    }

    #[test]
    fn none_is_a_failure_and_several_a_usage_error() {
        let id: AccountId = "0193e4a0-7c1b-7000-8000-000000000000".parse().expect("valid");
        let other: AccountId = "0193e4a0-7c1b-7000-8000-000000000001".parse().expect("valid");
        let none = one_of::<sekisho_model::id::Account>("account", "x\x07", Vec::new());
        let error = none.expect_err("none");
        assert_eq!(error.exit().code(), 1);
        assert!(error.to_string().contains("x\\u{7}"), "{error}");
        let both = vec![(id, "a/root".to_owned()), (other, "b/root".to_owned())];
        let error = one_of("account", "root", both).expect_err("several");
        assert_eq!(error.exit().code(), 2);
        assert!(error.to_string().contains(&format!("{other}  b/root")), "{error}");
    }
}
