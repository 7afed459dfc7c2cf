//! Recovery: a server restored from an old backup learns from its agents what
//! it forgot.
//!
//! A device that knows more than the database puts the site into recovery. In
//! recovery no order is given, and agents hand in their escrows: candidates
//! sealed to the recovery key, which the server does not have. An operator
//! enters it (`sekisho-server recover`); the values are taken over, checked on
//! their hosts, and the one that works becomes the current one.

pub mod fence;

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::account::{AccountSource, Presence, SecretOrigin, SecretState};
use sekisho_model::device::DeviceState;
use sekisho_model::event::Event;
use sekisho_model::id::{AccountId, DeviceId, OrderId, ResourceId, SecretVersionId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_seal::SealError;
use sekisho_seal::escrow::{self, MAX_ESCROW_BYTES, SealedEscrow};
use sekisho_seal::sealing::OpeningKey;
use sekisho_store::{
    Access, Account, Device, Escrow as Row, MAX_PAGE, OperationContext, OrderFilter, Page,
    SecretVersion, StoreError, UnitOfWork,
};
use sekisho_vault::VaultError;
use sekisho_wire::cbor;
use serde::Serialize;

use crate::app::App;
use crate::keys::{self, RotateError};
use crate::orders::{self, OrderError};
use crate::secrets;

/// Escrows taken over in one transaction.
const BATCH: u64 = 200;

/// Values of an account that are checked afterwards.
const CHECKED: u64 = 16;

/// What a recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Values that the database did not know.
    pub recovered: u32,
    /// Values that it knew already.
    pub known: u32,
    /// Escrows of devices that serve no resource, or of accounts on somebody
    /// else's; they stay.
    pub skipped: u32,
    /// Escrows that cannot be opened; they stay, and the log names each. They
    /// hold nobody else's recovery up.
    pub unreadable: u32,
    /// The trust bundle that brings new keys in place of those that were lost
    /// with the database. Then nothing else was done: agents could not hand
    /// anything in before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_replaced_in: Option<u64>,
}

/// Why a recovery did not end.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The site works as it should.
    #[error("the site is not in recovery; nothing was done")]
    NotInRecovery,
    /// The recovery key is not this site's.
    #[error("the recovery key does not fit this site; nothing was done")]
    WrongKey,
    /// The vault cannot seal.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A check could not be queued.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Lost keys of the site could not be replaced.
    #[error(transparent)]
    Keys(#[from] RotateError),
}

/// What a device knows and this database does not, in words. `newest` is the
/// newest order that the device says it has accepted: its seq and, if it names
/// it, its id. A higher seq was given before the database was put back. So was
/// an order that never had this seq here: a call that somebody recorded and
/// repeats to the restored server uses the numbers up a second time.
///
/// # Errors
/// When the database fails.
pub async fn forgotten(
    at: &impl Access,
    device: &Device,
    newest: (u64, Option<OrderId>),
) -> Result<Option<String>, StoreError> {
    let (seq, order) = newest;
    if seq > device.last_seq {
        return Ok(Some(format!("order seq {seq} (here: {})", device.last_seq)));
    }
    match order {
        Some(order) if !at.orders().was_delivered(order, seq).await? => {
            Ok(Some(format!("order {order} with seq {seq}, which was not given here")))
        }
        Some(_) | None => Ok(None),
    }
}

/// A device knows more than this database: the site goes into recovery, inside
/// the caller's unit of work. `more` says what it knows. All sessions end: in
/// their next Hello the agents are asked for their escrows.
///
/// # Errors
/// When the database fails.
pub async fn enter(uow: &mut UnitOfWork, device: DeviceId, more: &str) -> Result<(), StoreError> {
    let reason = format!("device {device} knows {more}");
    if uow.site().enter_recovery(&reason).await? {
        tracing::error!(reason, "the site enters recovery");
        uow.device_sessions().end_everybodys().await?;
        uow.record(Event::RecoveryEntered { device, reason });
    }
    Ok(())
}

/// Takes over every escrow that was handed in and ends the recovery. May be
/// run again after it was interrupted. If this server holds no keys that its
/// agents believe, it gets new ones first, and the recovery goes on.
///
/// # Errors
/// When the key does not fit or the database fails. What was taken over by
/// then stays.
pub async fn recover(
    app: &App,
    ctx: &OperationContext,
    key: &OpeningKey,
) -> Result<Recovered, RecoveryError> {
    let site = app.store.read().site().find().await?;
    if site.is_none_or(|site| site.recovery_reason.is_none()) {
        return Err(RecoveryError::NotInRecovery);
    }
    if !app.keys.recovery_keys().iter().any(|published| published.key == key.public()) {
        return Err(RecoveryError::WrongKey);
    }
    let ring = app.vault.ring();
    if let Some(bundle) = keys::replace_lost(&app.store, &ring, ctx, &app.rng).await? {
        return Ok(Recovered { keys_replaced_in: Some(bundle), ..Recovered::default() });
    }
    let mut done = Recovered::default();
    let mut left: BTreeSet<(DeviceId, SecretVersionId)> = BTreeSet::new();
    loop {
        let mut uow = app.store.begin(ctx).await?;
        let rows = uow.escrows().open(BATCH + left.len() as u64).await?;
        let rows: Vec<Row> =
            rows.into_iter().filter(|row| !left.contains(&(row.device, row.version))).collect();
        if rows.is_empty() {
            doubt_open_resets(&mut uow).await?;
            uow.site().end_recovery().await?;
            uow.record(Event::RecoveryEnded {});
            let committed = uow.commit().await?;
            orders::tell(app, &committed, &[]);
            return Ok(done);
        }
        let mut touched: BTreeMap<AccountId, DeviceId> = BTreeMap::new();
        for row in rows {
            let taken = take_over(app, &mut uow, key, &row).await?;
            match taken {
                Taken::Recovered(account) => {
                    done.recovered += 1;
                    touched.insert(account, row.device);
                }
                Taken::Doubtful(account) => {
                    done.known += 1;
                    touched.insert(account, row.device);
                }
                Taken::Known => done.known += 1,
                Taken::NotItsAccount | Taken::Unreadable => {
                    let count = match taken {
                        Taken::Unreadable => &mut done.unreadable,
                        _ => &mut done.skipped,
                    };
                    *count += 1;
                    left.insert((row.device, row.version));
                    continue;
                }
            }
            uow.escrows().imported(row.device, row.version).await?;
        }
        for (account, device) in touched {
            check(app, &mut uow, account, device).await?;
        }
        let committed = if uow.has_events() {
            uow.commit().await?
        } else {
            uow.commit_unaudited("every escrow of this batch was known").await?
        };
        orders::tell(app, &committed, &[]);
    }
}

enum Taken {
    Recovered(AccountId),
    /// It is known, but not as one that may work.
    Doubtful(AccountId),
    Known,
    /// The device serves no resource, or the account is not on it: nobody says
    /// what the password of somebody else's account is.
    NotItsAccount,
    /// It was damaged, or made for another device or key.
    Unreadable,
}

async fn take_over(
    app: &App,
    uow: &mut UnitOfWork,
    key: &OpeningKey,
    row: &Row,
) -> Result<Taken, RecoveryError> {
    let device = uow.devices().find(row.device).await?;
    let Some(resource) = device.and_then(|device| device.resource) else {
        return Ok(Taken::NotItsAccount);
    };
    if let Some(known) = uow.secret_versions().find(row.version).await? {
        let account = uow.accounts().find(known.account).await?;
        if account.is_none_or(|account| account.resource != resource) {
            return Ok(Taken::NotItsAccount);
        }
        return known_again(uow, &known).await;
    }
    let opened = cbor::decode::<SealedEscrow>(&row.sealed.0, MAX_ESCROW_BYTES)
        .map_err(SealError::Malformed)
        .and_then(|sealed| escrow::open(&sealed, key, app.keys.site(), row.device));
    let opened = match opened {
        Ok(opened) if opened.version == row.version => opened,
        Ok(_) => return Ok(unreadable(row, &SealError::OtherContext("version"))),
        Err(error) => return Ok(unreadable(row, &error)),
    };
    let Some(account) = account_of(uow, resource, &opened).await? else {
        return Ok(Taken::NotItsAccount);
    };
    let (blob, vault_key_version) = secrets::seal_version(app, &row.version, &opened.value.0)?;
    let version = SecretVersion {
        id: row.version,
        account: account.id,
        number: uow.secret_versions().next_number(account.id).await?,
        state: SecretState::Indeterminate,
        origin: SecretOrigin::Recovered,
        sealed: blob,
        vault_key_version,
        policy: None,
        policy_version: None,
        order: None,
        created_at: uow.now(),
        state_changed_at: uow.now(),
        evidence: format!("read back from the agent's escrow of {}", opened.at),
    };
    uow.secret_versions().insert(version).await?;
    uow.record(Event::PasswordRecovered {
        account: account.id,
        version: row.version,
        device: row.device,
    });
    Ok(Taken::Recovered(account.id))
}

fn unreadable(row: &Row, error: &SealError) -> Taken {
    let (device, version) = (row.device, row.version);
    tracing::warn!(%device, %version, %error, "an escrow cannot be opened; it is left as it is");
    Taken::Unreadable
}

/// A value that the database knows and an agent began to set. If the database
/// thinks that it never left, or that it was withdrawn, it forgot what came of
/// it: the host will say.
async fn known_again(uow: &UnitOfWork, known: &SecretVersion) -> Result<Taken, RecoveryError> {
    let evidence = "an agent keeps it in escrow, so it may have been set";
    for from in [SecretState::Candidate, SecretState::Rejected] {
        let to = SecretState::Indeterminate;
        if uow.secret_versions().move_state(known.id, from, to, evidence).await? {
            return Ok(Taken::Doubtful(known.account));
        }
    }
    Ok(Taken::Known)
}

/// A reset that the database thinks is on its way may have been carried out
/// long ago, and others after it. It is not given again: the host is asked what
/// works.
async fn doubt_open_resets(uow: &mut UnitOfWork) -> Result<(), RecoveryError> {
    let open = OrderFilter {
        operation: Some(Operation::Reset),
        states: vec![OrderState::Staged, OrderState::Queued, OrderState::Delivered],
        ..OrderFilter::default()
    };
    loop {
        let some = uow.orders().list(&open, &Page::first(MAX_PAGE)).await?.items;
        if some.is_empty() {
            return Ok(());
        }
        for order in some {
            let detail = "the database was put back to an older copy";
            let to = OrderState::Indeterminate;
            uow.orders().move_state(order.id, order.state, to).await?;
            orders::mark_indeterminate(uow, order.device, &order, detail).await?;
        }
    }
}

/// The account of an escrow: by its id, or by its name, on the device's
/// resource; made anew when the database forgot it. `None`: it is another
/// resource's.
async fn account_of(
    uow: &mut UnitOfWork,
    resource: ResourceId,
    opened: &escrow::Escrow,
) -> Result<Option<Account>, RecoveryError> {
    if let Some(account) = uow.accounts().lock(opened.account).await? {
        return Ok((account.resource == resource).then_some(account));
    }
    if let Some(account) = uow.accounts().find_present(resource, &opened.name).await? {
        return Ok(Some(account));
    }
    let account = Account {
        id: opened.account,
        resource,
        name: opened.name.clone(),
        native_id: opened.native_id.clone(),
        presence: Presence::Present,
        source: AccountSource::Local,
        facts: None,
        policy: None,
        current_version: None,
        last_verify_result: None,
        last_verified_at: None,
        created_at: uow.now(),
        version: 1,
    };
    uow.accounts().insert(account.clone()).await?;
    uow.record(Event::AccountAdded {
        account: account.id,
        resource,
        name: account.name.to_string(),
    });
    Ok(Some(account))
}

/// Queues the check that tells which value works.
async fn check(
    app: &App,
    uow: &mut UnitOfWork,
    account: AccountId,
    device: DeviceId,
) -> Result<(), RecoveryError> {
    let Some(account) = uow.accounts().find(account).await? else { return Ok(()) };
    let Some(device) = uow.devices().find(device).await? else { return Ok(()) };
    if device.state != DeviceState::Approved {
        return Ok(());
    }
    let newest = uow.secret_versions().newest(account.id, CHECKED).await?;
    let versions = newest.into_iter().map(|version| version.id).collect();
    orders::queue_check_of_all(app, uow, &device, &account, versions).await?;
    Ok(())
}
