//! `/enrolment-keys`.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use sekisho_model::device::{KeyState, KeyUse, Platform};
use sekisho_model::id::{
    DeviceId, EnrolmentKey as EnrolmentKeyKind, EnrolmentKeyId, OfficeId, UserId,
};
use sekisho_model::name::Label;
use sekisho_model::{Secret, Timestamp};
use sekisho_policy::Facts;
use sekisho_policy::action::{
    CreateEnrolmentKey, CreatePreApprovedKey, ListEnrolmentKeys, RevokeEnrolmentKey,
    ViewEnrolmentKey,
};
use sekisho_store::{
    Access as _, ENROLMENT_KEY_SORTS, EnrolmentKey, EnrolmentKeyFilter, Page, PageEnd, StoreError,
};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::{MayCreate, NewKey};
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, CsvList, CsvQuery, Export, ItemList, Json, List, ListQuery, PathId, Problem,
    Routes, SecretText, SortQuery, Sorts, Time, csv, from_text,
};
use crate::resources::refs::{Named, Names, SecretJson};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_enrolment_keys))
        .signed_in(routes!(export_enrolment_keys))
        .with_secret(routes!(create_enrolment_key))
        .signed_in(routes!(show_enrolment_key))
        .signed_in(routes!(revoke_enrolment_key))
}

/// An enrolment key, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentKeyView {
    /// Its id.
    #[schema(value_type = String)]
    id: EnrolmentKeyId,
    /// What it is called.
    #[schema(value_type = String)]
    label: Label,
    /// For what kind of agent.
    #[schema(value_type = String)]
    platform: Platform,
    /// `once` or `window`.
    #[schema(value_type = String)]
    r#use: KeyUse,
    /// Who will own the resources of its devices.
    owner: Named,
    /// Whether its devices need no approval.
    pre_approved: bool,
    /// Who made it.
    created_by: Named,
    /// When.
    created_at: Time,
    /// Until when it may be used.
    expires_at: Time,
    /// How often it was used.
    uses: u32,
    /// When it was last used.
    last_used_at: Option<Time>,
    /// By which device.
    #[schema(value_type = Option<String>)]
    last_used_by: Option<DeviceId>,
    /// When it was revoked.
    revoked_at: Option<Time>,
    /// What can be done with it now: `active`, `used`, `expired`, `revoked`.
    #[schema(value_type = String)]
    state: KeyState,
}

/// A new enrolment key, with the text to copy. Shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedKeyView {
    /// What to copy to the endpoint.
    key: SecretText,
    /// The key as it is listed.
    #[serde(flatten)]
    view: EnrolmentKeyView,
}

/// A key to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEnrolmentKey {
    /// What it is called.
    #[schema(value_type = String, max_length = 100)]
    label: Label,
    /// For what kind of agent: `linux`, `windows`, `windows_domain`.
    #[schema(value_type = String)]
    platform: Platform,
    /// `once`, or `window` for any number of devices.
    #[schema(value_type = String)]
    r#use: KeyUse,
    /// For how long, in seconds; left out: a day for `once`, an hour for
    /// `window`.
    #[schema(minimum = 60, maximum = 86400)]
    #[serde(default)]
    valid_for_s: Option<u64>,
    /// Whether its devices need no approval; for administrators.
    #[serde(default)]
    pre_approved: bool,
    /// The id of the user who will own the resources of its devices; left
    /// out: the caller. Another one is for administrators.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    owner: Option<UserId>,
}

/// Which keys are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeyQuery {
    /// Only `active`, `used`, `expired` or `revoked` ones.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    state: Option<KeyState>,
    /// Only those that were made for the endpoints of this office.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    office: Option<OfficeId>,
}

struct KeySorts;

impl Sorts for KeySorts {
    const WORDS: &'static [&'static str] = ENROLMENT_KEY_SORTS;
}

/// List enrolment keys: one's own, or all for administrators. Newest first, or
/// by `sort`: `created_at`, `label`, `expires_at`, `last_used_at`.
#[utoipa::path(
    get, path = "/enrolment-keys", tag = "enrolment", params(ListQuery, SortQuery, KeyQuery),
    responses((status = 200, description = "A page of keys", body = ItemList<EnrolmentKeyView>)),
)]
async fn list_enrolment_keys(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<KeyQuery, KeySorts>,
) -> Result<Json<ItemList<EnrolmentKeyView>>, Problem> {
    caller.decide(ListEnrolmentKeys, Facts::nothing())?.into_row();
    let rows = KeyRows(wanted(&caller, &list));
    let (keys, end) = rows.page(&app, &caller, &list.page).await?;
    Ok(Json(ItemList::new(keys, end)))
}

/// Write enrolment keys as a file: everything of the list, without secrets. On
/// record.
#[utoipa::path(
    get, path = "/enrolment-keys.csv", tag = "enrolment", params(CsvQuery, SortQuery, KeyQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
async fn export_enrolment_keys(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: CsvList<KeyQuery, KeySorts>,
) -> Result<Response, Problem> {
    caller.decide(ListEnrolmentKeys, Facts::nothing())?.into_row();
    let (list, file) = list.into_parts();
    let rows = KeyRows(wanted(&caller, &list));
    csv(app, caller, rows, file).await
}

fn wanted(caller: &Authenticated, list: &List<KeyQuery, KeySorts>) -> EnrolmentKeyFilter {
    EnrolmentKeyFilter {
        owner: (!super::sees_all(&caller.subject)).then_some(caller.user.id),
        text: list.q.clone(),
        state: list.filter.state.map(|state| (state, caller.now)),
        office: list.filter.office,
    }
}

/// The keys of a filter.
struct KeyRows(EnrolmentKeyFilter);

impl Export for KeyRows {
    type Row = EnrolmentKeyView;

    const NAME: &'static str = "enrolment-keys";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("id", "/id"),
        ("label", "/label"),
        ("state", "/state"),
        ("platform", "/platform"),
        ("use", "/use"),
        ("owner", "/owner/name"),
        ("pre_approved", "/pre_approved"),
        ("created_by", "/created_by/name"),
        ("created_at", "/created_at"),
        ("expires_at", "/expires_at"),
        ("uses", "/uses"),
        ("last_used_at", "/last_used_at"),
        ("revoked_at", "/revoked_at"),
    ];

    async fn page(
        &self,
        app: &App,
        caller: &Authenticated,
        page: &Page,
    ) -> Result<(Vec<EnrolmentKeyView>, PageEnd), Problem> {
        let found = app.store.read().enrolment_keys().search(&self.0, page).await?;
        let (keys, end) = found.into_parts();
        let mut names = Names::new(app.store.read());
        let mut views = Vec::with_capacity(keys.len());
        for key in keys {
            views.push(view(&mut names, caller.now, key).await?);
        }
        Ok((views, end))
    }
}

/// Make an enrolment key. Its text is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/enrolment-keys", tag = "enrolment", request_body = NewEnrolmentKey,
    responses((status = 201, description = "The key", body = CreatedKeyView)),
)]
async fn create_enrolment_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(body): Json<NewEnrolmentKey>,
) -> Result<SecretJson<CreatedKeyView>, Problem> {
    let new = NewKey {
        label: body.label,
        platform: body.platform,
        use_kind: body.r#use,
        valid_for: body.valid_for_s.map(Duration::from_secs),
        pre_approved: body.pre_approved,
        owner: body.owner,
        office: None,
    };
    let own = caller.decide(CreateEnrolmentKey, Facts::nothing())?;
    let may = if new.needs_administrator(caller.user.id) {
        MayCreate::Any(caller.decide(CreatePreApprovedKey, Facts::nothing())?)
    } else {
        MayCreate::Own(own)
    };
    let created = super::create(&app, &caller.context(), may, new).await?;
    let key = SecretText(Secret::from(created.text.as_str()));
    let view = one(&app, caller.now, created.key).await?;
    Ok(SecretJson { status: StatusCode::CREATED, body: CreatedKeyView { key, view } })
}

/// See an enrolment key, without its secret.
#[utoipa::path(
    get, path = "/enrolment-keys/{id}", tag = "enrolment",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The key", body = EnrolmentKeyView),
        (status = 404, description = "No such key, or you may not see it"),
    ),
)]
async fn show_enrolment_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<EnrolmentKeyKind>,
) -> Result<Json<EnrolmentKeyView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(ViewEnrolmentKey, super::facts(&caller.subject, found))?;
    Ok(Json(one(&app, caller.now, granted.into_row()).await?))
}

/// Revoke an enrolment key. Devices it has admitted stay.
#[utoipa::path(
    post, path = "/enrolment-keys/{id}/revoke", tag = "enrolment",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The key, revoked", body = EnrolmentKeyView),
        (status = 404, description = "No such key, or you may not see it"),
    ),
)]
async fn revoke_enrolment_key(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<EnrolmentKeyKind>,
) -> Result<Json<EnrolmentKeyView>, Problem> {
    let found = super::find(&app, id).await?;
    let granted = caller.decide(RevokeEnrolmentKey, super::facts(&caller.subject, found))?;
    let key = super::revoke(&app, &caller.context(), granted).await?;
    Ok(Json(one(&app, caller.now, key).await?))
}

async fn one(app: &App, now: Timestamp, key: EnrolmentKey) -> Result<EnrolmentKeyView, StoreError> {
    view(&mut Names::new(app.store.read()), now, key).await
}

async fn view(
    names: &mut Names<'_>,
    now: Timestamp,
    key: EnrolmentKey,
) -> Result<EnrolmentKeyView, StoreError> {
    let state = super::state(&key, now);
    Ok(EnrolmentKeyView {
        id: key.id,
        label: key.label,
        platform: key.platform,
        r#use: key.use_kind,
        owner: names.user(key.owner).await?,
        pre_approved: key.pre_approved,
        created_by: names.user(key.created_by).await?,
        created_at: key.created_at.into(),
        expires_at: key.expires_at.into(),
        uses: key.uses,
        last_used_at: key.last_used_at.map(Time),
        last_used_by: key.last_used_by,
        revoked_at: key.revoked_at.map(Time),
        state,
    })
}
