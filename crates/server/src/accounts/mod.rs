//! Accounts on resources, and the one way to their passwords.

mod reveal;
mod reveal_routes;
mod routes;
mod typed;
pub(crate) mod view;

use sekisho_model::account::{AccountSource, Presence};
use sekisho_model::event::Event;
use sekisho_model::id::{AccountId, PasswordPolicyId};
use sekisho_model::name::AccountName;
use sekisho_model::rotation::Age;
use sekisho_policy::action::{AddAccount, EditAccount};
use sekisho_policy::{ActionType, Facts, Granted};
use sekisho_store::{Access, Account, AccountRotation, OperationContext, Resource, UnitOfWork};

use crate::app::App;
use crate::http::{Authenticated, IfMatch, Problem};
use crate::{policies, resources, sharing};

pub use reveal::{Purpose, Revealed, RevealedValue, reveal, reveal_former};
pub(crate) use reveal_routes::HIDE_AFTER_S;
pub use routes::routes;
pub use typed::{MAX_TYPED_CHARS, store_typed};

/// An account together with the resource that decides who may use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The account.
    pub account: Account,
    /// Where it is.
    pub resource: Resource,
}

impl Target {
    /// Loads an account of a resource that is not deleted.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn find<A: Access>(at: &A, id: AccountId) -> Result<Self, Problem> {
        let account = at.accounts().find(id).await?.ok_or(MISSING)?;
        let resource = at.resources().find(account.resource).await?;
        let resource = resource.filter(|found| found.deleted_at.is_none()).ok_or(MISSING)?;
        Ok(Self { account, resource })
    }

    /// The facts for a decision about the account: who owns its resource, and
    /// what is shared with the caller.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn facts(self, app: &App, caller: &Authenticated) -> Result<Facts<Self>, Problem> {
        let (subject, now) = (&caller.subject, caller.now);
        let account = Some(self.account.id);
        let reader = app.store.read();
        let held = sharing::on_resource(reader, subject, &self.resource, account, now).await?;
        Ok(Facts::shared(self.resource.owner, held, now, self))
    }

    /// Spends a proof inside a unit of work: locks the account, and checks
    /// that the decision still stands on the facts it was made on.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when account or resource are gone meanwhile, a
    /// conflict when the resource has another owner meanwhile.
    pub(crate) async fn spend<P: ActionType>(
        work: &UnitOfWork,
        granted: Granted<P, Self>,
    ) -> Result<Self, Problem> {
        let decided = granted.into_row();
        let account = work.accounts().lock(decided.account.id).await?.ok_or(MISSING)?;
        let now = Self::find(work, account.id).await?;
        if now.resource.owner != decided.resource.owner || account.resource != decided.resource.id {
            return Err(Problem::conflict_of(
                "changed_meanwhile",
                "the resource was given to somebody else at this moment; look at it again",
            ));
        }
        Ok(now)
    }
}

const MISSING: Problem = Problem::NotFound { what: "account" };

/// Adds an account by hand. Its password is not known.
///
/// # Errors
/// A conflict when the resource has a present account of this name.
pub async fn add(
    app: &App,
    context: &OperationContext,
    granted: Granted<AddAccount, Resource>,
    name: AccountName,
) -> Result<Target, Problem> {
    let decided = granted.into_row();
    let account = Account {
        id: AccountId::at(context.now, app.rng.as_ref()),
        resource: decided.id,
        name,
        native_id: None,
        presence: Presence::Present,
        source: AccountSource::Local,
        facts: None,
        policy: None,
        current_version: None,
        last_verify_result: None,
        last_verified_at: None,
        created_at: context.now,
        version: 1,
    };
    let mut work = app.store.begin(context).await?;
    work.resources().lock(decided.id).await?;
    let resource = resources::find(&work, decided.id).await?;
    work.accounts().insert(account.clone()).await?;
    work.record(Event::AccountAdded {
        account: account.id,
        resource: resource.id,
        name: account.name.to_string(),
    });
    work.commit().await.map(drop)?;
    Ok(Target { account, resource })
}

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// Another policy, or that of the resource.
    pub policy: Option<Option<PasswordPolicyId>>,
    /// Another maximum age of its own, or none.
    pub max_age: Option<Option<Age>>,
}

/// Changes the policy or the maximum age of an account.
///
/// # Errors
/// A policy that does not exist; a stale version.
pub async fn edit(
    app: &App,
    context: &OperationContext,
    granted: Granted<EditAccount, Target>,
    read: IfMatch,
    change: AccountChange,
) -> Result<Target, Problem> {
    let before = granted.row().account.clone();
    read.check(before.version)?;
    let mut work = app.store.begin(context).await?;
    let Target { account, resource } = Target::spend(&work, granted).await?;
    let own = work.rotation().of_account(account.id).await?;
    let policy = change.policy.unwrap_or(account.policy);
    let max_age = change.max_age.unwrap_or(own.max_age);
    let fields: Vec<String> =
        [("policy", policy != account.policy), ("max_age_days", max_age != own.max_age)]
            .into_iter()
            .filter(|(_, changed)| *changed)
            .map(|(field, _)| field.to_owned())
            .collect();
    if fields.is_empty() {
        return Ok(Target { account, resource });
    }
    policies::check_exists(&work, policy).await?;
    let next = Account { policy, ..account };
    let account = work.accounts().update(next, before.version).await?;
    work.rotation().put_account(AccountRotation { max_age, ..own }).await?;
    work.record(Event::AccountChanged { account: account.id, fields });
    work.commit().await.map(drop)?;
    Ok(Target { account, resource })
}
