//! Storing a password that a person typed.

use sekisho_model::Secret;
use sekisho_model::account::{Presence, SecretOrigin, SecretState};
use sekisho_model::event::Event;
use sekisho_model::id::SecretVersionId;
use sekisho_policy::Granted;
use sekisho_policy::action::StorePassword;
use sekisho_store::{
    Access as _, Account, OperationContext, SecretVersion, StoreError, UnitOfWork,
};

use super::Target;
use crate::app::App;
use crate::http::Problem;
use crate::{policies, secrets};

/// The longest typed password, in characters.
pub const MAX_TYPED_CHARS: usize = 256;

/// The states of values that the account had, or may have.
const USED: &[SecretState] =
    &[SecretState::Current, SecretState::Superseded, SecretState::Indeterminate];

/// Stores a typed value as the current one, unverified. The former value is
/// superseded, never deleted (RST-2). Nothing happens on the host.
///
/// # Errors
/// A value that cannot be a password or was used before; an open reset
/// (RST-3); an account that is gone.
pub async fn store_typed(
    app: &App,
    context: &OperationContext,
    granted: Granted<StorePassword, Target>,
    value: &Secret,
    reason: &str,
) -> Result<Target, Problem> {
    check(value)?;
    let mut work = app.store.begin(context).await?;
    let Target { account, resource } = Target::spend(&work, granted).await?;
    if account.presence == Presence::Gone {
        return Err(Problem::conflict_of(
            "account_gone",
            "the account is gone from its resource; run a discovery if it is back",
        ));
    }
    if let Some(order) = work.orders().open_reset(account.id).await? {
        return Err(Problem::InProgress { order: order.id });
    }
    let policy = policies::policy_of(&work, &account, Some(&resource)).await?;
    let rules = policy.map(|policy| policy.rules).unwrap_or_default();
    refuse_former(app, &work, &account, value, rules.history).await?;

    let base = account.current_version;
    if let Some(base) = base {
        let (from, to) = (SecretState::Current, SecretState::Superseded);
        moved(
            work.secret_versions().move_state(base, from, to, "a typed value replaced it").await?,
        )?;
    }
    let version = SecretVersionId::at(context.now, app.rng.as_ref());
    let (sealed, vault_key_version) = secrets::seal_version(app, &version, value)?;
    work.secret_versions()
        .insert(SecretVersion {
            id: version,
            account: account.id,
            number: work.secret_versions().next_number(account.id).await?,
            state: SecretState::Current,
            origin: SecretOrigin::Typed,
            sealed,
            vault_key_version,
            policy: None,
            policy_version: None,
            order: None,
            created_at: context.now,
            state_changed_at: context.now,
            evidence: evidence(reason),
        })
        .await?;
    moved(work.accounts().move_current(account.id, base, version).await?)?;
    work.record(Event::PasswordStored { account: account.id, version });
    let account = work.accounts().find(account.id).await?.unwrap_or(account);
    work.commit().await.map(drop)?;
    Ok(Target { account, resource })
}

/// A compare-and-set that found another value (RST-6).
fn moved(done: bool) -> Result<(), StoreError> {
    if done { Ok(()) } else { Err(StoreError::Stale { table: "accounts" }) }
}

fn evidence(reason: &str) -> String {
    let typed = "typed by a person, not verified";
    if reason.is_empty() { typed.to_owned() } else { format!("{typed}: {reason}") }
}

/// What the host's tools could misread is no password. The sentences never
/// hold the value.
fn check(value: &Secret) -> Result<(), Problem> {
    let refuse = |detail: String| Err(Problem::invalid("value", detail));
    let Some(text) = value.expose_str() else {
        return refuse("'value' is not UTF-8 text".to_owned());
    };
    let length = text.chars().count();
    if length == 0 {
        return refuse("'value' is empty; type the password of the account".to_owned());
    }
    if length > MAX_TYPED_CHARS {
        return refuse(format!(
            "'value' has {length} characters; at most {MAX_TYPED_CHARS} are allowed"
        ));
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return refuse(format!(
            "'value' has a control character at position {}; a password cannot hold one",
            at + 1
        ));
    }
    Ok(())
}

/// The policy's history holds for typed values, too. Every value that counts
/// is opened and compared in constant time, whichever one matches.
async fn refuse_former(
    app: &App,
    work: &UnitOfWork,
    account: &Account,
    value: &Secret,
    history: u16,
) -> Result<(), Problem> {
    let former = work.secret_versions().in_states(account.id, USED).await?;
    let mut same = false;
    for version in former.iter().take(usize::from(history)) {
        let opened = secrets::open_version(app, version)?;
        same |= opened == *value;
    }
    if same {
        return Err(Problem::invalid(
            "value",
            format!(
                "'value' is one of the last {history} passwords of this account, which its policy \
                 does not allow again"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(value: &str) -> String {
        check(&Secret::from(value)).expect_err("refused").to_string()
    }

    #[test]
    fn what_cannot_be_a_password_is_refused_without_repeating_it() {
        assert_eq!(refusal(""), "'value' is empty; type the password of the account");
        assert_eq!(
            refusal("hunter2\nroot:x"),
            "'value' has a control character at position 8; a password cannot hold one"
        );
        assert_eq!(
            refusal(&"é".repeat(257)),
            "'value' has 257 characters; at most 256 are allowed"
        );
        for good in [" blank ends ", "パスワード", &"x".repeat(256), "a:b$(id)'\""] {
            assert!(check(&Secret::from(good)).is_ok(), "{good}");
        }
    }
}
