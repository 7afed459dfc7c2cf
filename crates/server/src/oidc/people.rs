//! From what a provider says to a user of this site.

use sekisho_model::Secret;
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::{IdentityId, UserId};
use sekisho_model::name::LoginName;
use sekisho_model::rng::random_bytes;
use sekisho_model::user::{ProofMethod, RoleRef, UserState};
use sekisho_store::{Access as _, Identity, OperationContext, PasswordHash, UnitOfWork, User};

use super::provider::Person;
use super::refusal::{Refusal, refuse};
use crate::app::App;
use crate::config::OidcConfig;
use crate::http::Problem;
use crate::sessions::{Attempt, Caller, SignedIn, insert_session_proved};
use crate::users::{self, keep_an_administrator};

impl Person {
    /// With what they proved who they are.
    pub(super) fn method(&self) -> ProofMethod {
        if self.multi_factor { ProofMethod::ProviderMfa } else { ProofMethod::Provider }
    }

    /// Them as an identity of a user.
    pub(super) fn identity(&self, app: &App, work: &UnitOfWork, user: UserId) -> Identity {
        Identity {
            id: IdentityId::at(work.now(), app.rng.as_ref()),
            user,
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            created_at: work.now(),
            last_used_at: None,
        }
    }

    /// The event of that.
    pub(super) fn linked(&self, user: UserId) -> Event {
        Event::IdentityLinked { user, issuer: self.issuer.clone(), subject: self.subject.clone() }
    }

    /// Them on record.
    pub(super) fn named(&self) -> (&str, Option<&str>) {
        (self.issuer.as_str(), Some(self.subject.as_str()))
    }
}

/// Signs a person of a provider in, with the role that their groups give now;
/// makes their user the first time.
///
/// # Errors
/// When the database fails.
pub(super) async fn sign_in(
    app: &App,
    config: &OidcConfig,
    caller: Caller<'_>,
    attempt: &Attempt,
    person: Person,
) -> Result<Result<SignedIn, Refusal>, Problem> {
    let from = caller.from;
    match try_sign_in(app, config, caller, &person).await? {
        Ok(signed_in) => {
            app.metrics.sign_in("ok");
            Ok(Ok(signed_in))
        }
        Err(refusal) => {
            let problem = match refusal {
                Refusal::NoRole => "none of the groups gives a role that is in force",
                Refusal::Unknown => "no user is linked to this identity",
                Refusal::Disabled => "the user is disabled",
                Refusal::LastAdministrator => {
                    "the groups give another role to the last administrator"
                }
                other => other.word(),
            };
            refuse(app, from, attempt, person.named(), problem).await?;
            Ok(Err(refusal))
        }
    }
}

async fn try_sign_in(
    app: &App,
    config: &OidcConfig,
    caller: Caller<'_>,
    person: &Person,
) -> Result<Result<SignedIn, Refusal>, Problem> {
    let from = caller.from;
    let roles = config.roles_of(&person.groups);
    if roles.is_empty() {
        return Ok(Err(Refusal::NoRole));
    }
    let known = app.store.read().identities().find(&person.issuer, &person.subject).await?;
    let hash = match known {
        Some(_) => None,
        None if !config.create_users => return Ok(Err(Refusal::Unknown)),
        None => Some(unknown_password(app).await?),
    };
    // Users and roles come from the provider; nobody of this site does it.
    let context = OperationContext { actor: Actor::System, ..from.context() };
    let mut work = app.store.begin(&context).await?;
    // Of two first sign-ins at the same time one makes the user.
    let found = work.identities().find(&person.issuer, &person.subject).await?;
    let user = match (found, hash) {
        (Some(identity), _) => {
            let user = work.users().lock(identity.user).await?.ok_or(Problem::Stale)?;
            if user.state == UserState::Disabled {
                return Ok(Err(Refusal::Disabled));
            }
            let Some(role) = role_in_force(&work, &roles).await? else {
                return Ok(Err(Refusal::NoRole));
            };
            match with_role(&mut work, user, role).await {
                Ok(user) => user,
                Err(Problem::Conflict { word: Some("last_administrator"), .. }) => {
                    return Ok(Err(Refusal::LastAdministrator));
                }
                Err(problem) => return Err(problem),
            }
        }
        (None, Some(hash)) => {
            let Some(role) = role_in_force(&work, &roles).await? else {
                return Ok(Err(Refusal::NoRole));
            };
            create(app, &mut work, person, role, hash).await?
        }
        (None, None) => return Err(Problem::Stale),
    };
    work.identities().used(&person.issuer, &person.subject).await?;
    let methods = vec![person.method()];
    // They may have signed in there this morning, and somebody else sits at
    // their desk now: that is no new proof.
    let proved_at = person.signed_in_at;
    let signed_in =
        insert_session_proved(app, &work, caller, user, methods.clone(), proved_at).await?;
    let user = signed_in.user.id;
    work.record_as(Actor::User(user), Event::SignedIn { user, with: methods });
    work.commit().await.map(drop)?;
    Ok(Ok(signed_in))
}

/// Nobody knows this password: it only keeps the column from being empty.
async fn unknown_password(app: &App) -> Result<PasswordHash, Problem> {
    let unknown = data_encoding::HEXLOWER.encode(&random_bytes::<32>(app.rng.as_ref()));
    app.hasher.hash(Secret::from(unknown)).await
}

/// The first of the roles that can be had now. A custom one is kept from being
/// deleted until this unit of work ends.
async fn role_in_force(work: &UnitOfWork, roles: &[RoleRef]) -> Result<Option<RoleRef>, Problem> {
    for role in roles {
        let is_in_force = match role {
            RoleRef::BuiltIn(_) => true,
            RoleRef::Custom(id) => {
                let found = work.custom_roles().lock(*id).await?;
                found.is_some_and(|role| role.permissions.is_some())
            }
        };
        if is_in_force {
            return Ok(Some(*role));
        }
        tracing::warn!(%role, "groups of the OpenID provider give a role that is not in force");
    }
    Ok(None)
}

async fn create(
    app: &App,
    work: &mut UnitOfWork,
    person: &Person,
    role: RoleRef,
    hash: PasswordHash,
) -> Result<User, Problem> {
    let id = UserId::at(work.now(), app.rng.as_ref());
    let name = free_name(work, person).await?;
    let shown = person.name.as_deref().and_then(|name| users::display_name(name).ok());
    let shown = shown.unwrap_or_else(|| name.to_string());
    let user = users::insert(work, id, (name, shown), role, hash).await?;
    work.identities().insert(person.identity(app, work, id)).await?;
    work.record(person.linked(id));
    Ok(user)
}

/// The name the provider gives, if it can be one here and nobody has it: whoever
/// has it is somebody else, whatever the provider calls them.
async fn free_name(work: &UnitOfWork, person: &Person) -> Result<LoginName, Problem> {
    let hash = sekisho_seal::sha256(format!("{}\n{}", person.issuer, person.subject).as_bytes());
    let mark = data_encoding::HEXLOWER.encode(&hash[..6]);
    let given = person.username.as_deref().unwrap_or_default().to_lowercase();
    for text in [given.clone(), format!("{given}.{}", &mark[..6]), format!("oidc.{mark}")] {
        let Ok(name) = text.parse::<LoginName>() else { continue };
        if work.users().find_by_name(&name).await?.is_none() {
            return Ok(name);
        }
    }
    Err(Problem::conflict("no free user name for this identity"))
}

async fn with_role(work: &mut UnitOfWork, user: User, role: RoleRef) -> Result<User, Problem> {
    if user.role == role {
        return Ok(user);
    }
    let after = User { role, ..user.clone() };
    keep_an_administrator(work, &user, &after).await?;
    work.record(Event::UserRoleChanged { user: user.id, from: user.role, to: role });
    Ok(work.users().update(after, user.version).await?)
}
