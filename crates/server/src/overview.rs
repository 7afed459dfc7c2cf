//! `GET /overview`: what is to be done, in numbers.

use std::time::Duration;

use axum::extract::State;
use sekisho_model::account::{Knowledge, Presence};
use sekisho_model::device::DeviceState;
use sekisho_model::order::OrderState;
use sekisho_policy::action::{
    ListAccounts, ListAgents, ListDevices, ListEnrolmentKeys, ListOrders, ViewOverview, ViewSystem,
};
use sekisho_policy::{ActionType, Facts};
use sekisho_store::{
    Access as _, AccountFilter, DeviceFilter, EnrolmentKeyFilter, OrderFilter, Page, StoreError,
};
use serde::Serialize;
use utoipa_axum::routes;

use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem, Routes, Time};
use crate::sessions::second_factors;
use crate::{certificate, devices, enrolment_keys, recovery_key, sharing};

/// The endpoint.
pub fn routes() -> Routes {
    Routes::new().signed_in(routes!(show_overview))
}

/// What failed longer ago is history.
const RECENT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How the tasks end that somebody should look at.
const FAILED: [OrderState; 4] =
    [OrderState::NotApplied, OrderState::OutOfSync, OrderState::Expired, OrderState::Indeterminate];

/// What is to be done. Each number is of what the caller may see, and counted
/// up to 10,000; what their role does not show is `null`.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct Overview {
    /// Devices that wait for approval.
    pending_devices: Option<u64>,
    /// Approved agents on one's own resources that were silent for long
    ///
    inactive_agents: Option<u64>,
    /// Accounts whose known password did not work.
    out_of_sync: Option<u64>,
    /// Accounts.
    accounts: Option<u64>,
    /// Of these, those whose password is known.
    known_accounts: Option<u64>,
    /// One's own tasks that are not finished.
    my_open_tasks: Option<u64>,
    /// One's own tasks of the last seven days that failed, or whose outcome is
    /// open.
    my_failed_tasks: Option<u64>,
    /// Whether there is an enrolment key, of whatever state.
    has_key: Option<bool>,
    /// Whether there is an approved agent on one's own resources.
    has_agent: Option<bool>,
    /// Whether one has a second factor of one's own.
    second_factor: bool,
    /// Whether somebody has chosen which certificate the server shows.
    certificate_chosen: Option<bool>,
    /// The last instant of the uploaded certificate, also a former one; `null`:
    /// none was uploaded.
    certificate_ends_at: Option<Time>,
    /// Whether somebody has shown that they hold the recovery key.
    recovery_key_proved: Option<bool>,
}

/// See what is to be done, in numbers.
#[utoipa::path(
    get, path = "/overview", tag = "session",
    responses((status = 200, description = "The numbers", body = Overview)),
)]
async fn show_overview(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Overview>, Problem> {
    caller.decide(ViewOverview, Facts::nothing())?.into_row();
    let reader = app.store.read();
    let mut shown = Overview::default();
    if may(&caller, ListDevices) {
        let states = vec![DeviceState::Pending];
        let filter = DeviceFilter { states, ..DeviceFilter::default() };
        shown.pending_devices = Some(reader.devices().count(&filter).await?.count);
    }
    if may(&caller, ListAgents) {
        let agents = DeviceFilter {
            owner: Some(caller.user.id),
            states: vec![DeviceState::Approved],
            ..DeviceFilter::default()
        };
        let active = Some((false, devices::activity(caller.now)));
        let inactive = DeviceFilter { active, ..agents.clone() };
        shown.inactive_agents = Some(reader.devices().count(&inactive).await?.count);
        let first = reader.devices().list(&agents, &Page::first(1)).await?;
        shown.has_agent = Some(!first.items.is_empty());
    }
    let seen_by = sharing::sight(&app, &caller).await?;
    if may(&caller, ListAccounts) {
        let count = async |knowledge| {
            let presence = Some(Presence::Present);
            let seen_by = seen_by.clone();
            let filter = AccountFilter { seen_by, presence, knowledge, ..AccountFilter::default() };
            Ok::<_, StoreError>(Some(reader.accounts().count(&filter).await?.count))
        };
        shown.accounts = count(None).await?;
        shown.known_accounts = count(Some(Knowledge::Known)).await?;
        shown.out_of_sync = count(Some(Knowledge::OutOfSync)).await?;
    }
    if may(&caller, ListOrders) {
        let mine = |states| OrderFilter {
            seen_by: seen_by.clone(),
            initiator: Some(caller.user.id),
            states,
            ..OrderFilter::default()
        };
        let open = OrderState::ALL.iter().copied().filter(|state| !state.is_terminal());
        shown.my_open_tasks = Some(reader.orders().count(&mine(open.collect())).await?);
        let since = Some(caller.now.minus(RECENT));
        let failed = OrderFilter { since, ..mine(FAILED.to_vec()) };
        shown.my_failed_tasks = Some(reader.orders().count(&failed).await?);
    }
    shown.second_factor = !second_factors(reader, caller.user.id).await?.is_empty();
    if may(&caller, ViewSystem) {
        shown.certificate_chosen = Some(reader.server_certificates().find().await?.is_some());
        shown.certificate_ends_at = certificate::uploaded_end(&app).await?.map(Time);
        let kid = recovery_key::kid(&recovery_key::newest(&app)?);
        shown.recovery_key_proved = Some(reader.recovery_proofs().find(&kid).await?.is_some());
    }
    if may(&caller, ListEnrolmentKeys) {
        let owner = (!enrolment_keys::sees_all(&caller.subject)).then_some(caller.user.id);
        let filter = EnrolmentKeyFilter { owner, ..EnrolmentKeyFilter::default() };
        let first = reader.enrolment_keys().search(&filter, &Page::first(1)).await?;
        shown.has_key = Some(!first.items.is_empty());
    }
    Ok(Json(shown))
}

/// Whether a part is shown. What is not shown is no refusal.
fn may<A: ActionType>(caller: &Authenticated, action: A) -> bool {
    caller.decide(action, Facts::nothing()).is_ok()
}
