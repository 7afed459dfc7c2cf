//! `/offices`: places whose devices share few public addresses.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sekisho_model::Secret;
use sekisho_model::device::{KeyUse, Platform};
use sekisho_model::event::Event;
use sekisho_model::id::{GatewayId, Office as OfficeKind, OfficeId};
use sekisho_model::name::Label;
use sekisho_policy::{Facts, action};
use sekisho_store::{
    Access, Device, Gateway, OFFICE_SORTS, Office, StoreError, UnitOfWork, folded,
};
use serde::{Deserialize, Serialize};

use super::configure::OfficeLimits;
use crate::app::{App, SharedApp};
use crate::enrolment_keys::{self, MayCreate, NewKey};
use crate::http::{
    Authenticated, IfMatch, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, SecretText,
    SortQuery, Sorts, Tagged, Time,
};
use crate::resources::refs::{Named, SecretJson};

const MISSING: Problem = Problem::NotFound { what: "office" };

/// Networks of one office, at most.
const MAX_NETWORKS: usize = 50;

/// Most gateways an office names; a site has no more.
const MAX_GATEWAYS: usize = 64;

/// Remarks are so long at most, in characters.
const MAX_REMARKS: usize = 1000;

pub(super) struct OfficeSorts;

impl Sorts for OfficeSorts {
    const WORDS: &'static [&'static str] = OFFICE_SORTS;
}

/// An office.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OfficeView {
    /// Its id.
    #[schema(value_type = String)]
    id: OfficeId,
    /// What it is called.
    #[schema(value_type = String)]
    name: Label,
    /// Its public networks in CIDR notation.
    networks: Vec<String>,
    /// The gateways its agents use, best first; empty: all of them.
    gateways: Vec<Named>,
    /// Its limits instead of those for one address.
    limits: OfficeLimits,
    /// What people should know of it.
    remarks: String,
    /// When it was added.
    created_at: Time,
    /// Counts changes.
    version: i64,
}

/// An office as it is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfficeBody {
    /// What it is called.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// Its public networks in CIDR notation, e.g. `198.51.100.0/24`.
    #[serde(default)]
    #[schema(max_items = 50)]
    networks: Vec<String>,
    /// The ids of the gateways its agents use, best first; empty: all of them.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 64)]
    gateways: Vec<GatewayId>,
    /// Its limits instead of those for one address.
    #[serde(default)]
    limits: OfficeLimits,
    /// What people should know of it.
    #[serde(default)]
    #[schema(max_length = 1000)]
    remarks: String,
}

/// For whom an install line is made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallLineBody {
    /// `once`, or `window` for any number of devices.
    #[schema(value_type = String)]
    r#use: KeyUse,
    /// For how long the key counts, in seconds; left out: a day for `once`, an
    /// hour for `window`.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 86400)]
    valid_for_s: Option<u64>,
}

/// What is typed at an endpoint of an office. Shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InstallLineView {
    /// The enrolment key; it is asked for, so that it stands in no list of
    /// processes.
    key: SecretText,
    /// Its id.
    key_id: String,
    /// The gateway or server the line names, `host:port`.
    address: String,
    /// The line to run at the endpoint; it asks for the key.
    command: String,
    /// Until when the key counts.
    expires_at: Time,
}

/// List offices. By name, or by `sort`: `name`, `created_at`.
#[utoipa::path(
    get, path = "/offices", tag = "gateways", params(ListQuery, SortQuery),
    responses((status = 200, description = "A page", body = ItemList<OfficeView>)),
)]
pub(super) async fn list_offices(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter, OfficeSorts>,
) -> Result<Json<ItemList<OfficeView>>, Problem> {
    caller.decide(action::ViewGateways, Facts::nothing())?.into_row();
    let found = app.store.read().offices().list(list.q.as_deref(), &list.page).await?;
    let (rows, end) = found.into_parts();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(view(&app, row).await?);
    }
    Ok(Json(ItemList::new(items, end)))
}

/// Add an office.
#[utoipa::path(
    post, path = "/offices", tag = "gateways", request_body = OfficeBody,
    responses(
        (status = 201, description = "Added", body = OfficeView),
        (status = 400, description = "A network is none, or a limit is outside of its bounds"),
        (status = 409, description = "`conflict`: `name_taken`, `too_many`"),
    ),
)]
pub(super) async fn create_office(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<OfficeBody>,
) -> Result<Response, Problem> {
    caller.decide(action::ManageOffice, Facts::nothing())?.into_row();
    let id = OfficeId::at(caller.now, app.rng.as_ref());
    let mut work = app.store.begin(&caller.context()).await?;
    if work.offices().all().await?.len() as u64 >= sekisho_store::Offices::<UnitOfWork>::MAX {
        return Err(Problem::conflict_of("too_many", "there are 1,000 offices, which is the most"));
    }
    let office = Office { version: 1, ..read(&work, id, body).await? };
    work.offices().insert(office.clone()).await?;
    work.record(Event::OfficeCreated { office: id, name: office.name.to_string() });
    work.commit().await.map(drop)?;
    let tagged = Tagged { version: office.version, body: view(&app, office).await? };
    Ok((StatusCode::CREATED, tagged).into_response())
}

/// See an office.
#[utoipa::path(
    get, path = "/offices/{id}", tag = "gateways",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The office", body = OfficeView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn show_office(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OfficeKind>,
) -> Result<Tagged<OfficeView>, Problem> {
    let found = app.store.read().offices().find(id).await?.ok_or(MISSING)?;
    let office = caller.decide(action::ViewGateways, Facts::of_site(found))?.into_row();
    Ok(Tagged { version: office.version, body: view(&app, office).await? })
}

/// Change an office. Gateways work by it within seconds.
#[utoipa::path(
    put, path = "/offices/{id}", tag = "gateways", request_body = OfficeBody,
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = OfficeView),
        (status = 400, description = "A network is none, or a limit is outside of its bounds"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: `name_taken`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
pub(super) async fn change_office(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OfficeKind>,
    read_at: IfMatch,
    Json(body): Json<OfficeBody>,
) -> Result<Tagged<OfficeView>, Problem> {
    let found = app.store.read().offices().find(id).await?.ok_or(MISSING)?;
    caller.decide(action::ManageOffice, Facts::of_site(()))?.into_row();
    read_at.check(found.version)?;
    let mut work = app.store.begin(&caller.context()).await?;
    let before = work.offices().lock(id).await?.ok_or(MISSING)?;
    read_at.check(before.version)?;
    let wanted = read(&work, id, body).await?;
    let after = Office { created_at: before.created_at, version: before.version, ..wanted };
    let fields = [
        ("name", before.name != after.name),
        ("networks", before.networks != after.networks),
        ("gateways", before.gateways != after.gateways),
        ("limits", before.limits != after.limits),
        ("remarks", before.remarks != after.remarks),
    ];
    let fields: Vec<String> =
        fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()).collect();
    if fields.is_empty() {
        work.rollback().await?;
        return Ok(Tagged { version: before.version, body: view(&app, before).await? });
    }
    let after = work.offices().update(after, before.version).await?;
    work.record(Event::OfficeChanged { office: id, fields });
    work.commit().await.map(drop)?;
    Ok(Tagged { version: after.version, body: view(&app, after).await? })
}

/// Remove an office. Its devices are limited by their address like others.
#[utoipa::path(
    delete, path = "/offices/{id}", tag = "gateways",
    params(
        ("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The ETag of what you read"),
    ),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
pub(super) async fn delete_office(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OfficeKind>,
    read_at: IfMatch,
) -> Result<StatusCode, Problem> {
    let found = app.store.read().offices().find(id).await?.ok_or(MISSING)?;
    caller.decide(action::ManageOffice, Facts::of_site(found))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    let office = work.offices().lock(id).await?.ok_or(MISSING)?;
    read_at.check(office.version)?;
    work.offices().delete(id).await?;
    work.record(Event::OfficeDeleted { office: id, name: office.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make what is typed at an endpoint of an office: an enrolment key for oneself
/// and the line that installs the agent with it, by the office's gateway.
#[utoipa::path(
    post, path = "/offices/{id}/install-line", tag = "gateways", request_body = InstallLineBody,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 201, description = "The line and its key", body = InstallLineView),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`conflict`: `no_gateway`"),
    ),
)]
pub(super) async fn make_install_line(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<OfficeKind>,
    Json(body): Json<InstallLineBody>,
) -> Result<SecretJson<InstallLineView>, Problem> {
    let found = app.store.read().offices().find(id).await?.ok_or(MISSING)?;
    let office = caller.decide(action::ViewGateways, Facts::of_site(found))?.into_row();
    let granted = caller.decide(action::CreateEnrolmentKey, Facts::nothing())?;
    let active = app.store.read().gateways().active().await?;
    let address = address_for(&office, &active).ok_or_else(|| {
        Problem::conflict_of(
            "no_gateway",
            "no gateway that counts is for this office; pair one first, or name another",
        )
    })?;
    let new = NewKey {
        label: office.name.clone(),
        platform: Platform::Linux,
        use_kind: body.r#use,
        valid_for: body.valid_for_s.map(Duration::from_secs),
        pre_approved: false,
        owner: None,
        office: Some(office.id),
    };
    let created =
        enrolment_keys::create(&app, &caller.context(), MayCreate::Own(granted), new).await?;
    let body = InstallLineView {
        key: SecretText(Secret::from(created.text.as_str())),
        key_id: created.key.id.to_string(),
        command: format!(
            "sudo sekisho-agent install --server {address} && sudo sekisho-agent start"
        ),
        address,
        expires_at: created.key.expires_at.into(),
    };
    Ok(SecretJson { status: StatusCode::CREATED, body })
}

/// The public address that an install line names: of the office's best gateway that
/// counts, of any when it names none.
fn address_for(office: &Office, active: &[Gateway]) -> Option<String> {
    if office.gateways.is_empty() {
        let all = active.iter().flat_map(|gateway| &gateway.public);
        return all.max_by_key(|public| public.weight).map(|public| public.address.clone());
    }
    addresses(office, active).next().and_then(|addresses| addresses.into_iter().next())
}

/// The public addresses of the office's gateways that count, best first. Of a gateway
/// that has others, those of weight 0 stay what they are: for when nothing else
/// answers.
fn addresses<'a>(
    office: &'a Office,
    active: &'a [Gateway],
) -> impl Iterator<Item = Vec<String>> + 'a {
    let named = office.gateways.iter();
    named.filter_map(|id| active.iter().find(|gateway| gateway.id == *id)).map(|gateway| {
        let mut public: Vec<_> = gateway.public.iter().collect();
        public.sort_by_key(|public| std::cmp::Reverse(public.weight));
        let is_last = public.iter().all(|public| public.weight == 0);
        let taken = public.into_iter().filter(|public| is_last || public.weight > 0);
        taken.map(|public| public.address.clone()).collect()
    })
}

/// The gateways that a device takes before others, by their addresses: those of the
/// office whose key it enrolled with.
///
/// # Errors
/// When the database fails.
pub(crate) async fn gateways_first(
    at: &impl Access,
    device: &Device,
) -> Result<Vec<Vec<String>>, StoreError> {
    let Some(key) = device.enrolment_key else { return Ok(Vec::new()) };
    let Some(office) = at.offices().of_key(key).await? else { return Ok(Vec::new()) };
    if office.gateways.is_empty() {
        return Ok(Vec::new());
    }
    let active = at.gateways().active().await?;
    Ok(addresses(&office, &active).collect())
}

/// Reads an office as somebody wants it; time and version are the caller's.
async fn read(work: &UnitOfWork, id: OfficeId, body: OfficeBody) -> Result<Office, Problem> {
    let OfficeBody { name, networks, gateways, limits, remarks } = body;
    if networks.len() > MAX_NETWORKS {
        let found = networks.len();
        let detail = format!("'networks' has {found} networks, expected at most {MAX_NETWORKS}");
        return Err(Problem::invalid("networks", detail));
    }
    let networks: Result<Vec<String>, Problem> =
        networks.iter().map(|text| network(text)).collect();
    let networks = networks?;
    once("networks", &networks)?;
    if gateways.len() > MAX_GATEWAYS {
        let found = gateways.len();
        let detail = format!("'gateways' has {found} gateways, expected at most {MAX_GATEWAYS}");
        return Err(Problem::invalid("gateways", detail));
    }
    once("gateways", &gateways)?;
    for gateway in &gateways {
        if work.gateways().find(*gateway).await?.is_none() {
            let detail = format!("'gateways' has {gateway}, and there is no such gateway");
            return Err(Problem::invalid("gateways", detail));
        }
    }
    for (field, found, most) in [
        ("connections", limits.connections, 100_000),
        ("handshakes_per_s", limits.handshakes_per_s, 10_000),
        ("enrolments_per_s", limits.enrolments_per_s, 1_000),
    ] {
        if !(1..=most).contains(&found) {
            let detail = format!("'limits.{field}' is {found}; give 1 to {most}");
            return Err(Problem::invalid(format!("limits.{field}"), detail));
        }
    }
    let remarks = remarks.trim().to_owned();
    if remarks.chars().count() > MAX_REMARKS {
        let detail = format!("'remarks' is longer than {MAX_REMARKS} characters");
        return Err(Problem::invalid("remarks", detail));
    }
    Ok(Office {
        id,
        folded_name: folded(&name),
        name,
        networks,
        gateways,
        limits: serde_json::to_value(limits).map_err(Problem::internal)?,
        remarks,
        created_at: work.now(),
        version: 0,
    })
}

/// Nothing stands in a list more than once.
fn once<T: Ord + Display>(field: &str, list: &[T]) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    match list.iter().find(|one| !seen.insert(*one)) {
        None => Ok(()),
        Some(again) => {
            let detail = format!("'{field}' has {again} more than once; name it once");
            Err(Problem::invalid(field, detail))
        }
    }
}

/// A network in CIDR notation, without bits behind its length.
fn network(text: &str) -> Result<String, Problem> {
    let wrong = || {
        let detail = format!(
            "'networks' has '{text}', expected a public network like 198.51.100.0/24 or \
             2001:db8:7::/48, with no bits behind its length"
        );
        Problem::invalid("networks", detail)
    };
    let (address, length) = text.trim().split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let length: u32 = length.parse().map_err(|_| wrong())?;
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let behind = if length >= 128 { 0 } else { bits << length };
    // The whole internet is no office.
    if length > width || length < 8 || behind != 0 {
        return Err(wrong());
    }
    Ok(format!("{address}/{length}"))
}

async fn view(app: &App, office: Office) -> Result<OfficeView, StoreError> {
    let mut gateways = Vec::with_capacity(office.gateways.len());
    for id in office.gateways {
        let found = app.store.read().gateways().find(id).await?;
        gateways
            .push(Named::new(id, found.map_or_else(|| id.to_string(), |it| it.name.to_string())));
    }
    Ok(OfficeView {
        id: office.id,
        name: office.name,
        networks: office.networks,
        gateways,
        limits: serde_json::from_value(office.limits).unwrap_or_default(),
        remarks: office.remarks,
        created_at: office.created_at.into(),
        version: office.version,
    })
}

#[cfg(test)]
mod tests {
    use sekisho_model::Timestamp;
    use sekisho_model::gateway::{GatewayState, GatewayTls, LinkDirection, PublicAddress};
    use sekisho_model::id::UserId;
    use sekisho_model::rng::SeededRng;
    use sekisho_store::Hash;

    use super::*;

    fn gateway(seed: u64, public: &[(&str, u16)]) -> Gateway {
        let at = Timestamp::EPOCH;
        let public = public.iter().map(|(address, weight)| PublicAddress {
            address: (*address).to_owned(),
            weight: *weight,
            tls: GatewayTls::SiteCa,
        });
        Gateway {
            id: GatewayId::at(at, &SeededRng::new(seed)),
            name: "dmz".parse().expect("a name"),
            folded_name: "dmz".to_owned(),
            state: GatewayState::Active,
            direction: LinkDirection::ServerDials,
            address: "dmz.example.jp:8363".to_owned(),
            agents: "0.0.0.0:8383".to_owned(),
            public: public.collect(),
            key_sha256: Hash([0; 32]),
            pass_through: false,
            pass_through_names: Vec::new(),
            dry_run: false,
            software: String::new(),
            link_major: 1,
            status: None,
            last_contact_at: None,
            paired_by: UserId::at(at, &SeededRng::new(seed)),
            paired_at: at,
            revoked_by: None,
            revoked_at: None,
            revoked_reason: None,
            version: 1,
        }
    }

    #[test]
    fn agents_of_an_office_take_those_of_its_gateways_that_count_in_its_order() {
        let [revoked, second, first] = [
            gateway(1, &[("revoked:1", 9)]),
            gateway(2, &[("second:1", 1), ("second:0", 0), ("second:9", 9)]),
            gateway(3, &[("first:0", 0)]),
        ];
        let name: Label = "Osaka".parse().expect("a name");
        let office = Office {
            id: OfficeId::at(Timestamp::EPOCH, &SeededRng::new(9)),
            folded_name: folded(&name),
            name,
            networks: Vec::new(),
            gateways: vec![revoked.id, first.id, second.id],
            limits: serde_json::Value::Null,
            remarks: String::new(),
            created_at: Timestamp::EPOCH,
            version: 1,
        };
        let active = [second, first];
        let found: Vec<Vec<String>> = addresses(&office, &active).collect();
        assert_eq!(found, [vec!["first:0"], vec!["second:9", "second:1"]]);
        assert_eq!(address_for(&office, &active).as_deref(), Some("first:0"));
        let any = Office { gateways: Vec::new(), ..office.clone() };
        assert_eq!(address_for(&any, &active).as_deref(), Some("second:9"));
        assert_eq!(addresses(&any, &active).count(), 0);
        assert_eq!(address_for(&office, &[]), None);
    }

    #[test]
    fn what_is_named_twice_is_refused_with_its_field() {
        once("networks", &["198.51.100.0/24", "192.0.2.0/24"]).expect("two networks");
        let refused = once("networks", &["192.0.2.0/24", "::/9", "192.0.2.0/24"]);
        let refused = refused.expect_err("the same one twice");
        let said = format!("{refused:?}");
        assert!(said.contains("'networks' has 192.0.2.0/24 more than once"), "{said}");
    }

    #[test]
    fn networks_are_read_strictly() {
        for good in ["198.51.100.0/24", "192.0.2.7/32", "2001:db8:7::/48", "10.0.0.0/8"] {
            assert_eq!(network(good).expect("a network"), good);
        }
        for bad in [
            "",
            "198.51.100.0",
            "198.51.100.1/24",
            "198.51.100.0/33",
            "0.0.0.0/0",
            "2001:db8::1/48",
            "2001:db8::/129",
            "198.51.100.0/x",
            "office/24",
        ] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}
