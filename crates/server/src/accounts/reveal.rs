//! The one way to a clear password.
//!
//! Who gets one has a proof ([`Granted`]) for this account. The proof is spent
//! in a unit of work that also records the audit event, and the value leaves
//! this module only after that was committed: what is not on record was not
//! revealed.

use sekisho_model::Timestamp;
use sekisho_model::account::{Knowledge, SecretOrigin, SecretState};
use sekisho_model::event::Event;
use sekisho_model::id::SecretVersionId;
use sekisho_policy::Granted;
use sekisho_policy::action::{RevealFormer, RevealPassword};
use sekisho_store::{Access as _, OperationContext, SecretVersion, UnitOfWork};

use super::Target;
use crate::app::App;
use crate::http::{Problem, SecretText};
use crate::secrets;

/// What a value is wanted for; audited under its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be shown.
    Show,
    /// To be copied without being shown.
    Copy,
}

/// Clear values of one account.
#[derive(Debug)]
pub struct Revealed {
    /// The account.
    pub target: Target,
    /// What is known of its password.
    pub knowledge: Knowledge,
    /// Normally one; while a reset's outcome is open every value that may
    /// work, the newest first.
    pub values: Vec<RevealedValue>,
}

/// One clear value, with what is known of it.
#[derive(Debug)]
pub struct RevealedValue {
    /// Which version.
    pub version: SecretVersionId,
    /// Its number for people.
    pub number: i64,
    /// Whether it works.
    pub state: SecretState,
    /// Where it came from.
    pub origin: SecretOrigin,
    /// The value.
    pub value: SecretText,
    /// Why it has its state.
    pub evidence: String,
    /// Since when.
    pub since: Timestamp,
}

/// Reveals what the password of an account is, as far as the server knows.
///
/// # Errors
/// [`Problem::UnknownPassword`]; and whenever the event could not be
/// committed, in which case nothing is revealed.
pub async fn reveal(
    app: &App,
    context: &OperationContext,
    granted: Granted<RevealPassword, Target>,
    purpose: Purpose,
    reason: String,
) -> Result<Revealed, Problem> {
    let mut work = app.store.begin(context).await?;
    let target = Target::spend(&work, granted).await?;
    let mut versions = work.secret_versions().in_states(target.account.id, MAY_WORK).await?;
    if versions.is_empty() {
        return Err(Problem::UnknownPassword);
    }
    // A value whose reset is open comes before the one that worked until then.
    versions.sort_by_key(|version| (version.state == SecretState::Current, -version.number));
    let values = open(app, versions)?;
    let account = target.account.id;
    let knowledge = knowledge(&work, &target).await?;
    let versions = values.iter().map(|value| value.version).collect();
    work.record(match purpose {
        Purpose::Show => Event::PasswordRevealed { account, versions, reason },
        Purpose::Copy => Event::PasswordCopied { account, versions, reason },
    });
    work.commit().await.map(drop)?;
    Ok(Revealed { target, knowledge, values })
}

/// Reveals one value of an account's history.
///
/// # Errors
/// [`Problem::NotFound`] when the version is not one of this account; a
/// conflict for a value that no device has seen; and whenever the event could
/// not be committed, in which case nothing is revealed.
pub async fn reveal_former(
    app: &App,
    context: &OperationContext,
    granted: Granted<RevealFormer, Target>,
    version: SecretVersionId,
    reason: String,
) -> Result<Revealed, Problem> {
    let mut work = app.store.begin(context).await?;
    let target = Target::spend(&work, granted).await?;
    let account = target.account.id;
    let found = work.secret_versions().find(version).await?;
    let found = found
        .filter(|found| found.account == account)
        .ok_or(Problem::NotFound { what: "secret version" })?;
    let event = match found.state {
        SecretState::Current | SecretState::Indeterminate => {
            Event::PasswordRevealed { account, versions: vec![version], reason }
        }
        SecretState::Superseded | SecretState::Rejected => {
            Event::FormerPasswordRevealed { account, version, reason }
        }
        SecretState::Candidate => {
            return Err(Problem::conflict_of(
                "reset_open",
                "this value belongs to a reset that has no outcome yet; wait for its order",
            ));
        }
    };
    let values = open(app, vec![found])?;
    let knowledge = knowledge(&work, &target).await?;
    work.record(event);
    work.commit().await.map(drop)?;
    Ok(Revealed { target, knowledge, values })
}

async fn knowledge(work: &UnitOfWork, target: &Target) -> Result<Knowledge, Problem> {
    let known = work.accounts().knowledge(std::slice::from_ref(&target.account)).await?;
    Ok(known.get(&target.account.id).copied().unwrap_or(Knowledge::Unknown))
}

/// The states of values that may work on the host.
const MAY_WORK: &[SecretState] = &[SecretState::Current, SecretState::Indeterminate];

fn open(app: &App, versions: Vec<SecretVersion>) -> Result<Vec<RevealedValue>, Problem> {
    versions
        .into_iter()
        .map(|version| {
            let value = secrets::open_version(app, &version)?;
            Ok(RevealedValue {
                version: version.id,
                number: version.number,
                state: version.state,
                origin: version.origin,
                value: SecretText(value),
                evidence: version.evidence,
                since: version.state_changed_at,
            })
        })
        .collect()
}
