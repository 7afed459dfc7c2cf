//! What checks find, and the alert after two bad ones in a row.

use sekisho_model::account::VerifyResult;
use sekisho_model::event::Event;
use sekisho_model::id::AccountId;
use sekisho_store::{Access as _, AccountRotation, Device, StoreError, UnitOfWork};

/// How a check was made: by the agent on the host itself, without a login.
const BY_AGENT: &str = "agent";

/// So many checks in a row must find a password wrong before it is told.
const IN_A_ROW: u32 = 2;

/// Notes what an agent's check of the current value found. Call it after
/// [`note_verify`](sekisho_store::Accounts::note_verify) said that the value
/// still is the current one: that holds the account's row.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn note_check(
    uow: &mut UnitOfWork,
    device: &Device,
    account: AccountId,
    result: VerifyResult,
) -> Result<(), StoreError> {
    let own = uow.rotation().of_account(account).await?;
    let mut next = AccountRotation {
        verify_method: Some(BY_AGENT.to_owned()),
        verify_agent: Some(device.agent_version.clone()),
        ..own
    };
    match result {
        VerifyResult::OutOfSync => {
            next.out_of_sync_seen = next.out_of_sync_seen.saturating_add(1);
            let since = *next.out_of_sync_since.get_or_insert(uow.now());
            if next.out_of_sync_seen >= IN_A_ROW && !next.out_of_sync_told {
                next.out_of_sync_told = true;
                uow.record(Event::PasswordOutOfSync { account, since });
            }
        }
        VerifyResult::InSync | VerifyResult::Expired => {
            next.out_of_sync_seen = 0;
            next.out_of_sync_since = None;
            next.out_of_sync_told = false;
        }
        // Nothing was found out: neither the same again nor its end.
        VerifyResult::Unreachable
        | VerifyResult::Locked
        | VerifyResult::Disabled
        | VerifyResult::Unknown => {}
    }
    uow.rotation().put_account(next).await
}
