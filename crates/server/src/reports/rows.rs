//! Where the rows of each report come from: the same lists as everywhere, in
//! the same sight.

use std::collections::BTreeMap;

use sekisho_model::Timestamp;
use sekisho_model::account::{Knowledge, Presence};
use sekisho_model::device::DeviceState;
use sekisho_model::id::ResourceId;
use sekisho_model::name::LoginName;
use sekisho_model::order::OrderState;
use sekisho_model::report::ReportName;
use sekisho_model::user::UserState;
use sekisho_store::{
    Access as _, AccountFilter, AuditFilter, DeviceFilter, OrderFilter, Page, PageEnd, Resource,
    StoreError, User, UserFilter,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Viewer, Wanted, entitlements};
use crate::app::App;
use crate::http::{Problem, Time};
use crate::resources::refs::Names;
use crate::roles::RoleTable;
use crate::users::UserView;
use crate::{accounts, audit, devices, orders, sharing};

/// So many rows are looked at for one page of a report that picks a few.
pub(super) const MAX_LOOKED_AT: usize = 2_000;

pub(super) type Rows = Result<(Vec<Value>, PageEnd), Problem>;

/// One page of a report.
pub(super) async fn page(app: &App, viewer: &Viewer, wanted: &Wanted, page: &Page) -> Rows {
    use ReportName as R;
    let asked = &wanted.asked;
    let known = |knowledge| AccountFilter { knowledge: Some(knowledge), ..Default::default() };
    match wanted.report {
        R::InstalledAgents => agents(app, viewer, wanted, asked.flag("active"), page).await,
        R::InactiveAgents => agents(app, viewer, wanted, Some(false), page).await,
        R::PendingDevices => pending(app, viewer, page).await,
        R::AccountsOutOfSync => accounts(app, viewer, known(Knowledge::OutOfSync), page).await,
        R::AccountsUnknown => accounts(app, viewer, known(Knowledge::Unknown), page).await,
        R::AccountsNeverVerified => {
            let never = AccountFilter { verified: Some(false), ..Default::default() };
            accounts(app, viewer, never, page).await
        }
        R::PasswordsPastAge => past_age(app, viewer, asked.flag("soon") == Some(true), page).await,
        R::FailedTasks => failed(app, viewer, wanted, page).await,
        R::UsersWithoutSecondFactor => without_second_factor(app, page).await,
        R::PasswordUses => lines(app, viewer, wanted, &[400, 401, 402], page).await,
        R::RefusedSignIns => lines(app, viewer, wanted, &[211, 688], page).await,
        R::RefusedAccess => lines(app, viewer, wanted, &[800], page).await,
        R::Entitlements => entitlements::page(app, viewer, wanted, page).await,
        R::AccessChanges => lines(app, viewer, wanted, ACCESS_CHANGES, page).await,
        R::Exports => lines(app, viewer, wanted, &[640, 702, 718], page).await,
    }
}

/// Events after which somebody may do more, or less.
const ACCESS_CHANGES: &[u16] = &[
    200, 201, 202, 203, 220, 221, 650, 651, 652, 653, 660, 661, 662, 663, 664, 665, 666, 670, 671,
    672, 673, 681, 682, 685, 686, 692, 694,
];

fn value(row: impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(row).map_err(Problem::internal)
}

/// agents on one's own resources, or all for who sees everything.
async fn agents(
    app: &App,
    viewer: &Viewer,
    wanted: &Wanted,
    active: Option<bool>,
    page: &Page,
) -> Rows {
    let states = match wanted.asked.text("state").and_then(|word| word.parse().ok()) {
        Some(state) => vec![state],
        None => vec![DeviceState::Pending, DeviceState::Approved, DeviceState::Blocked],
    };
    let filter = DeviceFilter {
        states,
        owner: (!viewer.subject.sees_everything()).then_some(viewer.subject.user),
        active: active.map(|active| (active, devices::activity(viewer.now))),
        ..DeviceFilter::default()
    };
    let reader = app.store.read();
    let (found, end) = reader.devices().list(&filter, page).await?.into_parts();
    let mut names = Names::new(reader);
    let mut resources: BTreeMap<ResourceId, Option<Resource>> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for device in found {
        let resource = match device.resource {
            Some(id) => match resources.get(&id) {
                Some(known) => known.clone(),
                None => {
                    let found = reader.resources().find(id).await?;
                    resources.insert(id, found.clone());
                    found
                }
            },
            None => None,
        };
        let owner = match &resource {
            Some(resource) => Some(names.user(resource.owner).await?.name),
            None => None,
        };
        let key = match device.enrolment_key {
            Some(key) => Some(names.enrolment_key(key).await?.name),
            None => None,
        };
        rows.push(json!({
            "resource": resource.as_ref().map(|resource| resource.name.as_str()),
            "dns_name": resource.as_ref().and_then(|one| one.dns_name.as_ref()).map(|n| n.as_str()),
            "owner": owner,
            "host_name": device.host,
            "platform": device.platform,
            "agent_version": device.agent_version,
            "state": device.state,
            "active": devices::is_active(&device, viewer.now),
            "association": match (device.resource, device.look_every_s) {
                (None, _) => "none",
                (Some(_), None) => "associated",
                (Some(_), Some(_)) => "dissociated",
            },
            "installed_at": Time(device.created_at),
            "enrolled_with": key,
            "last_seen_at": device.last_seen_at.map(Time),
        }));
    }
    Ok((rows, end))
}

async fn pending(app: &App, viewer: &Viewer, page: &Page) -> Rows {
    let filter = DeviceFilter { states: vec![DeviceState::Pending], ..DeviceFilter::default() };
    let (found, end) = app.store.read().devices().list(&filter, page).await?.into_parts();
    let views = devices::view::page(app, viewer.now, found).await?;
    Ok((views.into_iter().map(value).collect::<Result<_, _>>()?, end))
}

/// The present accounts of a filter that the viewer sees.
async fn seen(
    app: &App,
    viewer: &Viewer,
    more: AccountFilter,
) -> Result<AccountFilter, StoreError> {
    let seen_by = sharing::sight_of(app, &viewer.subject, viewer.now).await?;
    Ok(AccountFilter { seen_by, presence: Some(Presence::Present), ..more })
}

async fn accounts(app: &App, viewer: &Viewer, more: AccountFilter, page: &Page) -> Rows {
    let filter = seen(app, viewer, more).await?;
    let (found, end) = app.store.read().accounts().search(&filter, page).await?.into_parts();
    let views = accounts::view::page(app, found).await?;
    Ok((views.into_iter().map(value).collect::<Result<_, _>>()?, end))
}

/// Refuses to count what cannot be counted without making the whole report.
pub(super) fn not_counted(page: &Page) -> Result<(), Problem> {
    if page.count {
        let detail = "this report is not counted; leave 'count' out";
        return Err(Problem::invalid("count", detail));
    }
    Ok(())
}

/// When a password is due is worked out from rules at several places, so all
/// accounts are looked at, a bounded number for each page.
async fn past_age(app: &App, viewer: &Viewer, soon: bool, page: &Page) -> Rows {
    not_counted(page)?;
    let filter = seen(app, viewer, AccountFilter::default()).await?;
    let is_late = |row: &Value| {
        let text = |at: &str| row.pointer(at).and_then(Value::as_str);
        let due = text("/rotation/due_at").and_then(|due| due.parse::<Timestamp>().ok());
        due.is_some_and(|due| due <= viewer.now)
            || (soon && text("/rotation/state") == Some("due_soon"))
    };
    let mut rows = Vec::new();
    let mut looked_at = 0;
    let mut next_page = page.clone();
    loop {
        let left = usize::from(page.limit).saturating_sub(rows.len());
        next_page.limit = u16::try_from(left).unwrap_or(page.limit).max(1);
        let found = app.store.read().accounts().search(&filter, &next_page).await?;
        let (found, end) = found.into_parts();
        looked_at += found.len();
        for view in accounts::view::page(app, found).await? {
            let row = value(view)?;
            if is_late(&row) {
                rows.push(row);
            }
        }
        let is_full = rows.len() >= usize::from(page.limit) || looked_at >= MAX_LOOKED_AT;
        match end.next {
            Some(next) if !is_full => next_page.after = Some(next),
            next => return Ok((rows, PageEnd { next, count: None })),
        }
    }
}

async fn failed(app: &App, viewer: &Viewer, wanted: &Wanted, page: &Page) -> Rows {
    let filter = OrderFilter {
        seen_by: sharing::sight_of(app, &viewer.subject, viewer.now).await?,
        states: vec![
            OrderState::NotApplied,
            OrderState::OutOfSync,
            OrderState::Expired,
            OrderState::Indeterminate,
            OrderState::Reconciling,
        ],
        since: Some(wanted.asked.span(viewer.now).0),
        ..OrderFilter::default()
    };
    let (found, end) = app.store.read().orders().list(&filter, page).await?.into_parts();
    let views = orders::routes::views(app, found).await?;
    Ok((views.into_iter().map(value).collect::<Result<_, _>>()?, end))
}

async fn without_second_factor(app: &App, page: &Page) -> Rows {
    let filter = UserFilter {
        state: Some(UserState::Active),
        second_factor: Some(false),
        ..UserFilter::default()
    };
    let reader = app.store.read();
    let (found, end) = reader.users().search(&filter, page).await?.into_parts();
    let table = RoleTable::load(reader).await?;
    let needing = reader.sign_in_rules().roles_with_second_factor().await?;
    let mut rows = Vec::with_capacity(found.len());
    for user in found {
        let role = user.role;
        let mut row = value(UserView::from(user))?;
        row["role_name"] = table.name(role).into();
        row["required"] = needing.contains(&role).into();
        rows.push(row);
    }
    Ok((rows, end))
}

/// Lines of the audit log, newest first.
async fn lines(app: &App, viewer: &Viewer, wanted: &Wanted, codes: &[u16], page: &Page) -> Rows {
    let (from, to) = wanted.asked.span(viewer.now);
    let actor = match wanted.asked.text("user") {
        Some(name) => Some(actor(app, name).await?),
        None => None,
    };
    let filter =
        AuditFilter { codes: codes.to_vec(), from: Some(from), to, actor, ..Default::default() };
    let (found, end) = audit::lines(app, &filter, page).await?;
    let rows = found.into_iter().map(|line| value(line).map(told));
    Ok((rows.collect::<Result<_, _>>()?, end))
}

/// What the actor's JSON holds for this person.
async fn actor(app: &App, name: &str) -> Result<String, Problem> {
    Ok(person(app, name).await?.id.to_string())
}

/// The person that a parameter `user` names.
pub(super) async fn person(app: &App, name: &str) -> Result<User, Problem> {
    let wrong = || Problem::invalid("user", format!("'user' is '{name}'; nobody is called so"));
    let name: LoginName = name.parse().map_err(|_| wrong())?;
    app.store.read().users().find_by_name(&name).await?.ok_or_else(wrong)
}

/// A line with names for its ids: `by`, `who`, `account` and `details`.
fn told(mut line: Value) -> Value {
    let named = |at: &Value| {
        // A reference is an id, or an object with a kind and an id.
        let id = at.as_str().or_else(|| at.get("id")?.as_str())?;
        let name = line["names"].get(id).and_then(Value::as_str);
        Some(name.unwrap_or(id).to_owned())
    };
    let by = named(&line["actor"]["id"])
        .or_else(|| line["actor"]["kind"].as_str().map(str::to_owned))
        .unwrap_or_default();
    let who =
        line["event"]["name"].as_str().map(str::to_owned).or_else(|| named(&line["event"]["user"]));
    let account = named(&line["event"]["account"]);
    let fields = line["event"].as_object().into_iter().flatten();
    let details: Vec<String> = fields
        .filter(|(field, value)| field.as_str() != "event" && !value.is_null())
        .map(|(field, value)| {
            let shown = named(value).unwrap_or_else(|| value.to_string());
            format!("{field}={shown}")
        })
        .collect();
    let details = details.join(" ");
    line["by"] = by.into();
    line["who"] = who.into();
    line["account"] = account.into();
    line["details"] = details.into();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_with_names() {
        let id = "01a2015a-c083-78b9-bf67-2b24cdb84124";
        let account = "01a2015a-c083-78b9-bf67-2b24cdb84125";
        let row = told(json!({
            "actor": { "kind": "user", "id": id },
            "event": { "event": "password_revealed", "account": account, "reason": "fix",
                       "versions": ["x"], "nothing": null },
            "names": { id: "ann", account: "web/root" },
        }));
        assert_eq!((&row["by"], &row["account"]), (&json!("ann"), &json!("web/root")));
        assert_eq!(row["details"], "account=web/root reason=fix versions=[\"x\"]");
        let row = told(json!({ "actor": { "kind": "system" }, "event": {}, "names": {} }));
        assert_eq!((&row["by"], &row["who"]), (&json!("system"), &Value::Null));
    }
}
