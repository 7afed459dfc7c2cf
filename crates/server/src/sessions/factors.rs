//! A user's second factors at the database: which there are, and whether a
//! typed code is one of them.

use sekisho_model::event::Event;
use sekisho_model::id::{RecoveryCodeId, UserId};
use sekisho_model::user::ProofMethod;
use sekisho_store::{Access, LoginSession, RecoveryCode, StoreError, UnitOfWork, User};

use super::codes;
use crate::app::App;
use crate::http::{Problem, SecretText};
use crate::secrets;

/// With what a user can prove more than knowledge of the password; empty when
/// they have no second factor.
///
/// # Errors
/// When the database fails.
pub(crate) async fn second_factors(
    at: &impl Access,
    user: UserId,
) -> Result<Vec<ProofMethod>, StoreError> {
    let mut methods = Vec::new();
    if at.totp_factors().confirmed(user).await?.is_some() {
        methods.push(ProofMethod::Totp);
    }
    if at.passkeys().count_of_user(user).await? > 0 {
        methods.push(ProofMethod::Passkey);
    }
    if !methods.is_empty() && at.recovery_codes().left(user).await? > 0 {
        methods.push(ProofMethod::RecoveryCode);
    }
    Ok(methods)
}

/// Whether a session lacks a second factor: the one that its user's role
/// needs, or the one that its user has set up.
///
/// # Errors
/// When the database fails.
pub async fn second_factor_is_missing(
    at: &impl Access,
    session: &LoginSession,
    user: &User,
) -> Result<bool, StoreError> {
    if session.has_second_factor() {
        return Ok(false);
    }
    if at.sign_in_rules().needs_second_factor(user.role).await? {
        return Ok(true);
    }
    Ok(!factors_to_show(at, session).await?.is_empty())
}

/// The second factors of a user that their session has yet to show. After a
/// password they are asked for before there is a session; whom a provider
/// names is signed in already, and is asked now.
///
/// # Errors
/// When the database fails.
pub(super) async fn factors_to_show(
    at: &impl Access,
    session: &LoginSession,
) -> Result<Vec<ProofMethod>, StoreError> {
    let by_provider =
        session.methods.iter().flatten().any(|method| *method == ProofMethod::Provider);
    if session.has_second_factor() || !by_provider {
        return Ok(Vec::new());
    }
    second_factors(at, session.user).await
}

/// Whether a typed code proves a second factor of a user. A code that does is
/// used up within this unit of work: nobody uses it again.
///
/// # Errors
/// When the database or the vault fails.
pub(super) async fn take_code(
    app: &App,
    work: &mut UnitOfWork,
    user: UserId,
    method: ProofMethod,
    code: &SecretText,
) -> Result<bool, Problem> {
    match method {
        ProofMethod::Totp => {
            let Some(factor) = work.totp_factors().confirmed(user).await? else {
                return Ok(false);
            };
            let place = secrets::totp_place(&factor.id);
            let secret = secrets::open(app, place, &factor.sealed_secret)?;
            match codes::matching_step(&secret, code, work.now())? {
                Some(step) => Ok(work.totp_factors().take_step(factor.id, step).await?),
                None => Ok(false),
            }
        }
        ProofMethod::RecoveryCode => {
            let Some(hash) = codes::recovery_hash(user, code) else { return Ok(false) };
            if !work.recovery_codes().use_up(user, hash).await? {
                return Ok(false);
            }
            let left = work.recovery_codes().left(user).await?;
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            work.record(Event::RecoveryCodeUsed { user, left });
            Ok(true)
        }
        // None of these is a code; they have endpoints of their own.
        ProofMethod::Password
        | ProofMethod::Passkey
        | ProofMethod::Provider
        | ProofMethod::ProviderMfa => Ok(false),
    }
}

/// Gives a user new recovery codes and returns them; all former ones are void.
///
/// # Errors
/// When the database fails.
pub(crate) async fn give_recovery_codes(
    app: &App,
    work: &mut UnitOfWork,
    user: UserId,
) -> Result<Vec<SecretText>, Problem> {
    let now = work.now();
    let mut shown = Vec::with_capacity(codes::RECOVERY_CODES);
    let mut kept = Vec::with_capacity(codes::RECOVERY_CODES);
    for _ in 0..codes::RECOVERY_CODES {
        let code = codes::new_recovery_code(app.rng.as_ref());
        let hash = codes::recovery_hash(user, &code)
            .ok_or_else(|| Problem::internal(anyhow::anyhow!("a new recovery code is none")))?;
        kept.push(RecoveryCode {
            id: RecoveryCodeId::at(now, app.rng.as_ref()),
            user,
            code_hash: hash,
            created_at: now,
            used_at: None,
        });
        shown.push(code);
    }
    let count = u32::try_from(kept.len()).unwrap_or(u32::MAX);
    work.recovery_codes().replace(user, kept).await?;
    work.record(Event::RecoveryCodesMade { user, count });
    Ok(shown)
}
