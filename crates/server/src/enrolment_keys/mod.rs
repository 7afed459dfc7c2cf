//! Enrolment keys: what a person copies to an endpoint to admit its agent.

mod routes;

use std::time::Duration;

use sekisho_model::device::{KeyState, KeyUse, Platform};
use sekisho_model::event::Event;
use sekisho_model::id::{EnrolmentKeyId, OfficeId, UserId};
use sekisho_model::name::Label;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Secret, Timestamp};
use sekisho_policy::action::{CreateEnrolmentKey, CreatePreApprovedKey, RevokeEnrolmentKey};
use sekisho_policy::{Facts, Granted, Permission, Subject};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_store::{Access as _, EnrolmentKey, OperationContext};
use zeroize::Zeroizing;

use crate::app::App;
use crate::http::Problem;
use crate::{secrets, users};

pub use routes::routes;

/// No key is valid for longer.
pub const MAX_VALID: Duration = Duration::from_secs(24 * 3600);

/// How long a key for a window is valid if nothing else is said.
pub const DEFAULT_WINDOW: Duration = Duration::from_secs(3600);

/// Nobody types a key faster.
const MIN_VALID: Duration = Duration::from_secs(60);

const MISSING: Problem = Problem::NotFound { what: "enrolment key" };

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is called.
    pub label: Label,
    /// For what kind of agent.
    pub platform: Platform,
    /// How often it may be used.
    pub use_kind: KeyUse,
    /// How long; `None`: the longest for one use, an hour for a window.
    pub valid_for: Option<Duration>,
    /// Whether its devices need no approval.
    pub pre_approved: bool,
    /// Who will own the resources of its devices; `None`: its maker.
    pub owner: Option<UserId>,
    /// For the endpoints of which office it is.
    pub office: Option<OfficeId>,
}

/// The right to make a key: for oneself, or with what only administrators
/// give away (approval in advance, another owner).
#[derive(Debug)]
pub enum MayCreate {
    /// For oneself, with approval later.
    Own(Granted<CreateEnrolmentKey, ()>),
    /// Anything.
    Any(Granted<CreatePreApprovedKey, ()>),
}

/// A key and the text that a person copies; the text exists only here.
pub struct CreatedKey {
    /// The row.
    pub key: EnrolmentKey,
    /// The text.
    pub text: Zeroizing<String>,
}

impl NewKey {
    /// Whether only an administrator may make it.
    pub fn needs_administrator(&self, maker: UserId) -> bool {
        self.pre_approved || self.owner.is_some_and(|owner| owner != maker)
    }
}

/// Makes a key. Its secret is sealed at once and shown once.
///
/// # Errors
/// A time that is too short or too long; an owner who is not there.
pub async fn create(
    app: &App,
    context: &OperationContext,
    may: MayCreate,
    new: NewKey,
) -> Result<CreatedKey, Problem> {
    // What only administrators give away cannot come from the other proof.
    let (maker, owner, pre_approved) = match may {
        MayCreate::Own(granted) => (granted.by(), granted.by(), false),
        MayCreate::Any(granted) => {
            (granted.by(), new.owner.unwrap_or(granted.by()), new.pre_approved)
        }
    };
    let valid_for = valid_for(new.use_kind, new.valid_for)?;
    let id = EnrolmentKeyId::at(context.now, app.rng.as_ref());
    let bytes = Zeroizing::new(random_bytes::<32>(app.rng.as_ref()));
    let secret = Secret::new(bytes.to_vec());
    let (sealed, vault_key_version) =
        secrets::seal(app, secrets::enrolment_key_place(&id), &secret)
            .map_err(Problem::internal)?;
    let key = EnrolmentKey {
        id,
        sealed_secret: Some(sealed),
        vault_key_version,
        use_kind: new.use_kind,
        platform: new.platform,
        owner,
        label: new.label,
        pre_approved,
        created_by: maker,
        created_at: context.now,
        expires_at: context.now.plus(valid_for),
        uses: 0,
        last_used_at: None,
        last_used_by: None,
        identity_hash: None,
        revoked_at: None,
        office: new.office,
    };
    let mut work = app.store.begin(context).await?;
    let found = work.users().find(owner).await?;
    let may_own = match &found {
        Some(user) => users::may_own(&work, user).await?,
        None => false,
    };
    if !may_own {
        let detail = "'owner' must be an active user who may own resources";
        return Err(Problem::invalid("owner", detail));
    }
    work.enrolment_keys().insert(key.clone()).await?;
    work.record(Event::EnrolmentKeyCreated { key: id, r#use: key.use_kind, owner, pre_approved });
    work.commit().await.map(drop)?;
    let text = EnrolmentKeyText { id, secret, pin: app.keys.pin() }.to_text();
    Ok(CreatedKey { key, text })
}

fn valid_for(use_kind: KeyUse, asked: Option<Duration>) -> Result<Duration, Problem> {
    let valid_for = asked.unwrap_or(match use_kind {
        KeyUse::Once => MAX_VALID,
        KeyUse::Window => DEFAULT_WINDOW,
    });
    if (MIN_VALID..=MAX_VALID).contains(&valid_for) {
        return Ok(valid_for);
    }
    Err(Problem::invalid(
        "valid_for_s",
        format!(
            "'valid_for_s' is {}; give {} to {} seconds (24 hours)",
            valid_for.as_secs(),
            MIN_VALID.as_secs(),
            MAX_VALID.as_secs(),
        ),
    ))
}

/// One key.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find(app: &App, id: EnrolmentKeyId) -> Result<EnrolmentKey, Problem> {
    app.store.read().enrolment_keys().find(id).await?.ok_or(MISSING)
}

/// The facts for a decision about a key: administrators of devices see all
/// keys, others their own.
pub fn facts(subject: &Subject, key: EnrolmentKey) -> Facts<EnrolmentKey> {
    if sees_all(subject) { Facts::of_site(key) } else { Facts::owned_by(key.owner, key) }
}

/// Whether a caller sees everybody's keys.
pub(crate) fn sees_all(subject: &Subject) -> bool {
    subject.has(Permission::ManageDevices)
}

/// Revokes a key. Devices it has admitted stay.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(
    app: &App,
    context: &OperationContext,
    granted: Granted<RevokeEnrolmentKey, EnrolmentKey>,
) -> Result<EnrolmentKey, Problem> {
    let key = granted.into_row();
    let mut work = app.store.begin(context).await?;
    if work.enrolment_keys().revoke(key.id).await? {
        work.record(Event::EnrolmentKeyRevoked { key: key.id });
        work.commit().await.map(drop)?;
    }
    find(app, key.id).await
}

/// The state of a key at an instant.
pub fn state(key: &EnrolmentKey, now: Timestamp) -> KeyState {
    let used = key.use_kind == KeyUse::Once && key.uses > 0;
    match key {
        key if key.revoked_at.is_some() => KeyState::Revoked,
        _ if used => KeyState::Used,
        key if key.expires_at <= now => KeyState::Expired,
        _ => KeyState::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_valid_for_24_hours_at_most() {
        let asked = |seconds| valid_for(KeyUse::Window, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(86_400).expect("24 hours"), MAX_VALID);
        let error = asked(86_401).expect_err("too long").to_string();
        assert_eq!(error, "'valid_for_s' is 86401; give 60 to 86400 seconds (24 hours)");
        assert!(asked(59).is_err());
        assert_eq!(valid_for(KeyUse::Once, None).expect("default"), MAX_VALID);
        assert_eq!(valid_for(KeyUse::Window, None).expect("default"), DEFAULT_WINDOW);
    }
}
