//! How the rotation of an account is shown.

use std::collections::BTreeMap;

use sekisho_model::Timestamp;
use sekisho_model::id::AccountId;
use sekisho_model::rotation::{Age, AgeSource, RotationHold, RotationState};
use sekisho_store::{Account, Reader, StoreError};
use serde::Serialize;

use super::book::{self, Planned};
use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// When an account is reset by itself, and which rule says so.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RotationView {
    /// The maximum age that holds, in days, or `off`; `null`: no level says
    /// one.
    #[schema(value_type = Option<serde_json::Value>)]
    max_age_days: Option<Age>,
    /// Which level it is of: `account`, `group`, `policy`, `none`.
    #[schema(value_type = String)]
    source: AgeSource,
    /// The group or policy, if it is one's.
    source_object: Option<Named>,
    /// The account's own maximum age; `null`: it has none.
    #[schema(value_type = Option<serde_json::Value>)]
    own_max_age_days: Option<Age>,
    /// When it is to be reset.
    due_at: Option<Time>,
    /// When that is announced.
    announce_at: Option<Time>,
    /// `off`, `scheduled`, `due_soon`, `due`, `held`.
    #[schema(value_type = String)]
    state: RotationState,
    /// What stands in the way: `gone`, `directory`, `unknown_password`,
    /// `no_agent`, `agent_not_approved`,
    /// `agent_dissociated`, `agent_away`, `paused`,
    /// `in_progress`, `retry_later`.
    #[schema(value_type = Option<String>)]
    held_by: Option<RotationHold>,
    /// Nothing is reset by itself before.
    paused_until: Option<Time>,
    /// Why it is paused.
    pause_reason: Option<String>,
    /// After a failure: not tried again before.
    retry_at: Option<Time>,
    /// When its password is to be checked by itself.
    check_at: Option<Time>,
    /// Since when checks find that the known password does not work.
    out_of_sync_since: Option<Time>,
    /// Whether two checks in a row found that, so that it was told.
    out_of_sync_confirmed: bool,
}

/// What else is known of the newest check.
#[derive(Clone, Debug, Default)]
pub struct CheckFacts {
    /// How it was made.
    pub method: Option<String>,
    /// The version of the agent that made it.
    pub agent_version: Option<String>,
}

/// The rotations of a page of accounts.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    reader: &Reader,
    names: &mut Names<'_>,
    accounts: &[Account],
    now: Timestamp,
) -> Result<BTreeMap<AccountId, (RotationView, CheckFacts)>, StoreError> {
    let mut views = BTreeMap::new();
    for (account, planned) in book::plans(reader, accounts, now).await? {
        views.insert(account, one(names, planned, now).await?);
    }
    Ok(views)
}

async fn one(
    names: &mut Names<'_>,
    planned: Planned,
    now: Timestamp,
) -> Result<(RotationView, CheckFacts), StoreError> {
    let Planned { plan, own, group_name } = planned;
    let source_object = match (plan.rule.group, plan.rule.policy) {
        (Some(group), _) => Some(Named::new(group, group_name.unwrap_or_default())),
        (None, Some(policy)) => Some(names.policy(policy).await?),
        (None, None) => None,
    };
    let to_come = |at: Option<Timestamp>| at.filter(|at| *at > now).map(Time::from);
    let paused_until = to_come(own.paused_until);
    let view = RotationView {
        max_age_days: plan.rule.max_age,
        source: plan.rule.source,
        source_object,
        own_max_age_days: own.max_age,
        due_at: plan.due_at.map(Time::from),
        announce_at: plan.announce_at.map(Time::from),
        state: plan.state,
        held_by: plan.held_by,
        pause_reason: own.pause_reason.filter(|_| paused_until.is_some()),
        paused_until,
        retry_at: to_come(own.retry_at),
        check_at: plan.check_at.map(Time::from),
        out_of_sync_since: own.out_of_sync_since.map(Time::from),
        out_of_sync_confirmed: own.out_of_sync_told,
    };
    let facts = CheckFacts { method: own.verify_method, agent_version: own.verify_agent };
    Ok((view, facts))
}
