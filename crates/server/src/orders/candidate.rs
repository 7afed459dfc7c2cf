//! A new candidate by the account's policy.

use sekisho_model::Secret;
use sekisho_model::account::{SecretOrigin, SecretState};
use sekisho_model::id::{OrderId, SecretVersionId};
use sekisho_model::password::PasswordRules;
use sekisho_store::{Access, Account, SecretVersion, UnitOfWork};

use super::OrderError;
use crate::app::App;
use crate::{policies, secrets};

/// So often a value that was used before is drawn again. With 40 bits of
/// choice and 256 remembered values one more draw is all but never needed.
const DRAWS: u32 = 16;

/// Generates a candidate and stores it, sealed, with the rules it was made by.
pub(super) async fn generate(
    app: &App,
    uow: &UnitOfWork,
    account: &Account,
    order: OrderId,
) -> Result<SecretVersionId, OrderError> {
    let resource = uow.resources().find(account.resource).await?;
    let policy = policies::policy_of(uow, account, resource.as_ref()).await?;
    let rules = policy.as_ref().map_or_else(PasswordRules::default, |policy| policy.rules.clone());
    let generator = rules.generator()?;
    let former = former_values(app, uow, account, rules.history).await?;
    let mut value = generator.generate(app.rng.as_ref());
    for _ in 0..DRAWS {
        if !former.contains(&value) {
            break;
        }
        value = generator.generate(app.rng.as_ref());
    }
    let now = uow.now();
    let id = SecretVersionId::at(now, app.rng.as_ref());
    let (sealed, vault_key_version) = secrets::seal_version(app, &id, &value)?;
    let version = SecretVersion {
        id,
        account: account.id,
        number: uow.secret_versions().next_number(account.id).await?,
        state: SecretState::Candidate,
        origin: SecretOrigin::Generated,
        sealed,
        vault_key_version,
        policy: policy.as_ref().map(|policy| policy.id),
        policy_version: policy.as_ref().map(|policy| policy.version),
        order: Some(order),
        created_at: now,
        state_changed_at: now,
        evidence: "generated for an order".to_owned(),
    };
    uow.secret_versions().insert(version).await?;
    Ok(id)
}

async fn former_values(
    app: &App,
    uow: &UnitOfWork,
    account: &Account,
    history: u16,
) -> Result<Vec<Secret>, OrderError> {
    let versions = uow.secret_versions().newest(account.id, u64::from(history)).await?;
    let values = versions.iter().map(|version| secrets::open_version(app, version));
    Ok(values.collect::<Result<_, _>>()?)
}
