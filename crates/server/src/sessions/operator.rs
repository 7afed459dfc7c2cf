//! What the operator of the machine does when nobody is left who could sign in.

use sekisho_model::event::Event;
use sekisho_model::name::LoginName;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_store::{Access as _, Hash, Store};
use sekisho_vault::token;

use super::setup::{SETUP_TOKEN_LIFE, SETUP_TOKEN_PREFIX};
use crate::run::console;

/// A set-up token in the place of one that was lost or has expired.
#[derive(Debug)]
pub struct NewSetupToken {
    /// The token; it is kept nowhere.
    pub token: Secret,
    /// Until when it is taken.
    pub expires_at: Timestamp,
}

/// Makes another set-up token, at the database itself; the former one is void.
/// `None` when the site is set up already.
///
/// # Errors
/// When the database fails.
pub async fn renew_setup_token(
    store: &Store,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<Option<NewSetupToken>> {
    let token = token::generate(SETUP_TOKEN_PREFIX, rng);
    let mut work = store.begin(&console(clock, rng)).await?;
    let expires_at = work.now().plus(SETUP_TOKEN_LIFE);
    if !work.site().renew_setup_token(Hash(token::hash(&token)), expires_at).await? {
        work.rollback().await?;
        return Ok(None);
    }
    work.record(Event::SetupTokenRenewed { expires_at });
    work.commit().await.map(drop)?;
    Ok(Some(NewSetupToken { token, expires_at }))
}

/// Takes away all second factors of a user and ends their sessions, at the
/// database itself. Returns whether there were any; `None` when nobody has the
/// name.
///
/// # Errors
/// When the database fails.
pub async fn reset_second_factor_of(
    store: &Store,
    name: &LoginName,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<Option<bool>> {
    let mut work = store.begin(&console(clock, rng)).await?;
    let Some(user) = work.users().find_by_name(name).await? else { return Ok(None) };
    let user = user.id;
    let apps = work.totp_factors().delete_of_user(user).await?;
    let passkeys = work.passkeys().delete_of_user(user).await?;
    let codes = work.recovery_codes().delete_of_user(user).await?;
    if apps + passkeys + codes == 0 {
        return Ok(Some(false));
    }
    work.login_sessions().delete_of_user(user, None).await?;
    work.pending_sign_ins().delete_of_user(user).await?;
    work.record(Event::SecondFactorReset { user });
    work.commit().await.map(drop)?;
    Ok(Some(true))
}
