//! Taking a discovery over.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::account::{AccountSource, DiscoveredAccount, Presence};
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{AccountId, ResourceId};
use sekisho_model::order::OrderState;
use sekisho_store::{Access, Account, MAX_PAGE, Page, UnitOfWork};
use serde_json::json;

use super::OrderError;
use super::receipt::Given;
use crate::app::App;

/// Most accounts of one resource, present and gone.
const MAX_KNOWN: usize = 20_000;

/// What an agent found.
pub(super) struct Found<'a> {
    /// The accounts that pass its filter.
    pub(super) accounts: &'a [DiscoveredAccount],
    /// The ids of those that exist and do not.
    pub(super) left_out: &'a [String],
    /// Lines that could not be read.
    pub(super) warnings: &'a [String],
    /// There are more than fit: nothing may be called gone.
    pub(super) truncated: bool,
}

/// What a discovery changed.
#[derive(Clone, Copy, Debug, Default)]
struct Changes {
    added: u32,
    returned: u32,
    gone: u32,
}

/// Takes a discovery over: new accounts start *unknown*, known ones get their
/// new facts, vanished ones become *gone* and keep their passwords.
///
/// An account is the same as before when its id on the host is the same; its
/// name may change. The same name with another id is another account.
pub(super) async fn take_over(
    app: &App,
    uow: &mut UnitOfWork,
    given: &Given,
    found: &Found<'_>,
) -> Result<(), OrderError> {
    let resource = given.order.resource;
    let known = known_accounts(uow, resource).await?;
    let mut by_native: BTreeMap<&str, &Account> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, &Account> = BTreeMap::new();
    for account in &known {
        let present = account.presence == Presence::Present;
        if let Some(native) = &account.native_id
            && (present || !by_native.contains_key(native.as_str()))
        {
            by_native.insert(native, account);
        }
        if present {
            by_name.insert(account.name.as_str(), account);
        }
    }
    let mut changes = Changes::default();
    let mut seen: BTreeSet<AccountId> = BTreeSet::new();
    let mut inserts = Vec::new();
    let mut updates = Vec::new();
    for one in found.accounts {
        let same_id = by_native.get(one.native_id.as_str()).filter(|a| !seen.contains(&a.id));
        // An account a person typed in has no id yet: the name must do.
        let typed = by_name.get(one.name.as_str()).filter(|a| a.native_id.is_none());
        match same_id.or(typed) {
            Some(account) => {
                seen.insert(account.id);
                if account.presence == Presence::Gone {
                    changes.returned += 1;
                }
                updates.push(with_facts((*account).clone(), one));
            }
            None => {
                changes.added += 1;
                inserts.push(new_account(app, uow, resource, one));
            }
        }
    }
    let left_out: BTreeSet<&str> = found.left_out.iter().map(String::as_str).collect();
    if !found.truncated {
        for account in &known {
            let vanished = account.presence == Presence::Present
                && account.native_id.as_deref().is_some_and(|id| !left_out.contains(id))
                && !seen.contains(&account.id);
            if vanished {
                changes.gone += 1;
                let gone = Account { presence: Presence::Gone, ..account.clone() };
                uow.accounts().update(gone, account.version).await?;
            }
        }
    }
    // Names are unique among present accounts: those that leave go first.
    for account in updates {
        let version = account.version;
        uow.accounts().update(account, version).await?;
    }
    for account in inserts {
        uow.accounts().insert(account).await?;
    }
    let total = u32::try_from(found.accounts.len()).unwrap_or(u32::MAX);
    let result = json!({
        "found": total,
        "added": changes.added,
        "returned": changes.returned,
        "gone": changes.gone,
        "truncated": found.truncated,
        "warnings": found.warnings,
    });
    let (from, to) = (given.order.state, OrderState::Committed);
    uow.orders().settle(given.order.id, from, to, result, Some(given.hash)).await?;
    uow.record_as(
        Actor::Device(given.device.id),
        Event::AccountsDiscovered {
            resource,
            added: changes.added,
            returned: changes.returned,
            gone: changes.gone,
            total,
        },
    );
    Ok(())
}

async fn known_accounts(
    uow: &UnitOfWork,
    resource: ResourceId,
) -> Result<Vec<Account>, OrderError> {
    let mut known = Vec::new();
    let mut page = Page::first(MAX_PAGE);
    loop {
        let some = uow.accounts().list(resource, true, &page).await?;
        known.extend(some.items);
        match some.next {
            Some(next) if known.len() < MAX_KNOWN => page = Page::after(next, MAX_PAGE),
            Some(_) | None => return Ok(known),
        }
    }
}

fn with_facts(account: Account, one: &DiscoveredAccount) -> Account {
    Account {
        name: one.name.clone(),
        native_id: Some(one.native_id.clone()),
        presence: Presence::Present,
        source: one.source,
        facts: Some(one.clone()),
        ..account
    }
}

fn new_account(
    app: &App,
    uow: &UnitOfWork,
    resource: ResourceId,
    one: &DiscoveredAccount,
) -> Account {
    let now = uow.now();
    let blank = Account {
        id: AccountId::at(now, app.rng.as_ref()),
        resource,
        name: one.name.clone(),
        native_id: None,
        presence: Presence::Present,
        source: AccountSource::Local,
        facts: None,
        policy: None,
        current_version: None,
        last_verify_result: None,
        last_verified_at: None,
        created_at: now,
        version: 0,
    };
    with_facts(blank, one)
}
