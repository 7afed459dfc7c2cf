//! Sharing, changing a share, taking it back.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::Event;
use sekisho_model::id::{ShareId, UserId};
use sekisho_model::share::{Level, Principal, Shareable};
use sekisho_model::user::UserState;
use sekisho_policy::action::ShareObject;
use sekisho_policy::sharing::prevailing;
use sekisho_policy::{Facts, Granted, Held};
use sekisho_store::{Access, MAX_GROUP_SHARES, OperationContext, Share, StoreError, UnitOfWork};

use crate::accounts::Target;
use crate::app::App;
use crate::http::{Authenticated, IfMatch, Problem};
use crate::{groups, resources};

/// The most shares of one object.
const MAX_SHARES: u64 = 500;

/// The most shares with one person or one group.
const MAX_SHARES_WITH: u64 = 10_000;

/// No share is said to end later.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

pub(super) const MISSING: Problem = Problem::NotFound { what: "share" };

/// Something that can be shared, with what a decision about it depends on.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// What it is.
    pub(super) id: Shareable,
    /// Who owns it, or the resource it is on.
    pub(super) owner: UserId,
    /// The shares that reach the one who asks.
    pub(super) held: Vec<Held>,
}

impl Object {
    /// Loads an object as the caller stands to it.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub(super) async fn find<A: Access>(
        at: &A,
        caller: &Authenticated,
        id: Shareable,
    ) -> Result<Self, Problem> {
        let (subject, now) = (&caller.subject, caller.now);
        Ok(match id {
            Shareable::ResourceGroup(group) => {
                let group = groups::find(at, group).await?;
                let held = super::on_group(at, subject, &group, now).await?;
                Self { id, owner: group.owner, held }
            }
            Shareable::Resource(resource) => {
                let resource = resources::find(at, resource).await?;
                let held = super::on_resource(at, subject, &resource, None, now).await?;
                Self { id, owner: resource.owner, held }
            }
            Shareable::Account(account) => {
                let Target { account, resource } = Target::find(at, account).await?;
                let held =
                    super::on_resource(at, subject, &resource, Some(account.id), now).await?;
                Self { id, owner: resource.owner, held }
            }
        })
    }

    /// The facts for a decision about it.
    pub(super) fn facts(self, now: Timestamp) -> Facts<Self> {
        Facts::shared(self.owner, self.held.clone(), now, self)
    }
}

/// How far, and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// How far.
    pub(super) level: Level,
    /// Until when; `None`: until it is taken back.
    pub(super) expires_at: Option<Timestamp>,
}

/// Shares something with somebody.
///
/// # Errors
/// A level or an end that is not possible, somebody who cannot be shared with,
/// a share that exists, too many shares.
pub(super) async fn share(
    app: &App,
    context: &OperationContext,
    granted: Granted<ShareObject, Object>,
    with: Principal,
    terms: Terms,
) -> Result<Share, Problem> {
    let by = granted.by();
    let object = granted.into_row();
    check_terms(&object, by, terms, context.now)?;
    check_person(&object, by, with)?;
    let share = Share {
        id: ShareId::at(context.now, app.rng.as_ref()),
        object: object.id,
        with,
        level: terms.level,
        expires_at: terms.expires_at,
        created_by: by,
        created_at: context.now,
        version: 1,
    };
    let mut work = app.store.begin(context).await?;
    lock_object(&work, &object).await?;
    check_exists(&work, with).await?;
    check_counts(&work, &share, context.now).await?;
    work.shares().insert(share.clone()).await?;
    work.record(Event::ShareCreated {
        share: share.id,
        object: share.object,
        with,
        level: share.level,
        expires_at: share.expires_at,
    });
    work.commit().await.map(drop)?;
    Ok(share)
}

/// What changes; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TermsChange {
    /// Another level.
    pub(super) level: Option<Level>,
    /// Another end, or none.
    pub(super) expires_at: Option<Option<Timestamp>>,
}

/// Changes a share.
///
/// # Errors
/// A level or an end that is not possible, a stale version.
pub(super) async fn change(
    app: &App,
    context: &OperationContext,
    granted: Granted<ShareObject, (Share, Object)>,
    read: IfMatch,
    change: TermsChange,
) -> Result<Share, Problem> {
    let by = granted.by();
    let (before, object) = granted.into_row();
    read.check(before.version)?;
    let terms = Terms {
        level: change.level.unwrap_or(before.level),
        expires_at: change.expires_at.unwrap_or(before.expires_at),
    };
    if (terms.level, terms.expires_at) == (before.level, before.expires_at) {
        return Ok(before);
    }
    check_terms(&object, by, terms, context.now)?;
    check_person(&object, by, before.with)?;
    let next = Share { level: terms.level, expires_at: terms.expires_at, ..before.clone() };
    let mut work = app.store.begin(context).await?;
    lock_object(&work, &object).await?;
    let share = work.shares().update(next, before.version).await?;
    work.record(Event::ShareChanged {
        share: share.id,
        object: share.object,
        with: share.with,
        level: share.level,
        expires_at: share.expires_at,
    });
    work.commit().await.map(drop)?;
    Ok(share)
}

/// Takes a share back.
///
/// # Errors
/// A stale version.
pub(super) async fn end(
    app: &App,
    context: &OperationContext,
    granted: Granted<ShareObject, (Share, Object)>,
    read: IfMatch,
) -> Result<(), Problem> {
    let (decided, _) = granted.into_row();
    let mut work = app.store.begin(context).await?;
    let share = work.shares().lock(decided.id).await?.ok_or(MISSING)?;
    read.check(share.version)?;
    work.shares().delete(share.id).await?;
    work.record(Event::ShareEnded { share: share.id, object: share.object, with: share.with });
    work.commit().await.map(drop)?;
    Ok(())
}

fn check_terms(object: &Object, by: UserId, terms: Terms, now: Timestamp) -> Result<(), Problem> {
    if matches!(object.id, Shareable::Account(_)) && terms.level > Level::Modify {
        let detail = "'level' is 'full'; an account is shared to view or modify";
        return Err(Problem::invalid("level", detail));
    }
    if let Some(end) = terms.expires_at {
        if end <= now {
            let detail = format!("'expires_at' is {end}, which has passed; give a time to come");
            return Err(Problem::invalid("expires_at", detail));
        }
        if end > now.plus(LONGEST) {
            let detail = format!(
                "'expires_at' is {end}, more than ten years ahead; leave it out for a share \
                 without end"
            );
            return Err(Problem::invalid("expires_at", detail));
        }
    }
    // Who was given something for a time gives it on for no longer.
    let own = prevailing(&object.held, now).and_then(|held| held.expires_at);
    if let Some(own) = own
        && object.owner != by
        && terms.expires_at.is_none_or(|end| end > own)
    {
        let detail = format!("'expires_at' must be {own} at the latest: your own share ends then");
        return Err(Problem::invalid("expires_at", detail));
    }
    Ok(())
}

fn check_person(object: &Object, by: UserId, with: Principal) -> Result<(), Problem> {
    if with == Principal::User(object.owner) {
        return Err(Problem::invalid("user", "'user' owns it already"));
    }
    if with == Principal::User(by) {
        return Err(Problem::invalid("user", "'user' is you; nobody shares with himself"));
    }
    Ok(())
}

/// The object must still be there, and still be its owner's.
async fn lock_object(work: &UnitOfWork, object: &Object) -> Result<(), Problem> {
    let owner = match object.id {
        Shareable::ResourceGroup(id) => {
            work.resource_groups().lock(id).await?.map(|group| group.owner)
        }
        Shareable::Resource(id) => {
            work.resources().lock(id).await?;
            Some(resources::find(work, id).await?.owner)
        }
        Shareable::Account(id) => {
            let Target { resource, .. } = Target::find(work, id).await?;
            work.resources().lock(resource.id).await?;
            Some(resources::find(work, resource.id).await?.owner)
        }
    };
    if owner == Some(object.owner) {
        return Ok(());
    }
    Err(Problem::conflict("it was given to somebody else at this moment; look at it again"))
}

async fn check_exists(work: &UnitOfWork, with: Principal) -> Result<(), Problem> {
    match with {
        Principal::User(id) => match work.users().lock(id).await? {
            Some(user) if user.state == UserState::Active => Ok(()),
            Some(_) => Err(Problem::invalid("user", "'user' is disabled; enable them first")),
            None => Err(Problem::invalid("user", "'user' is nobody there is")),
        },
        Principal::UserGroup(id) => match work.user_groups().lock(id).await? {
            Some(_) => Ok(()),
            None => Err(Problem::invalid("user_group", "'user_group' is no group there is")),
        },
    }
}

async fn check_counts(work: &UnitOfWork, share: &Share, now: Timestamp) -> Result<(), Problem> {
    let shares = work.shares();
    let full = |what: &str, most: u64| {
        Problem::conflict(format!("{what} has {most} shares, which is the most; end one first"))
    };
    if shares.count_of_object(share.object).await? >= MAX_SHARES {
        return Err(full("it", MAX_SHARES));
    }
    let of_groups = async |with| -> Result<u64, StoreError> {
        Ok(shares.of_groups(&[with], now).await?.len() as u64)
    };
    if shares.count_with(share.with).await? >= MAX_SHARES_WITH {
        return Err(full("the user or group", MAX_SHARES_WITH));
    }
    let is_group = matches!(share.object, Shareable::ResourceGroup(_));
    if is_group && of_groups(share.with).await? >= MAX_GROUP_SHARES {
        let detail = format!(
            "{MAX_GROUP_SHARES} resource groups are shared with them, which is the most; put some \
             into one group"
        );
        return Err(Problem::conflict(detail));
    }
    Ok(())
}
