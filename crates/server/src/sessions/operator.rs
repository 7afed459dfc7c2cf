//! What the operator of the machine does when nobody is left who could sign in.

use sekisho_model::event::Event;
use sekisho_model::name::LoginName;
use sekisho_model::{Clock, Rng};
use sekisho_store::{Access as _, Store};

use crate::run::console;

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
