//! `/witness`: this server as the witness of other sites.

use axum::extract::State;
use http::StatusCode;
use sekisho_model::event::Event;
use sekisho_model::id::{AuditChainId, Site as SiteKind, SiteId};
use sekisho_model::name::Label;
use sekisho_policy::{Facts, action};
use sekisho_seal::audit_head::{AuditKey, SignedHead};
use sekisho_store::{Access as _, StoreError, Unique, WitnessedSite};
use serde::{Deserialize, Serialize};

use super::{foreign_head, foreign_row};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, PathId, Problem, Query, Time, from_text};

/// The most heads of one request.
const MAX_HEADS: usize = 1000;

/// Another site whose heads are taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SiteView {
    /// The site.
    #[schema(value_type = String)]
    id: SiteId,
    /// What people call it.
    #[schema(value_type = String)]
    name: Label,
    /// The public half of its audit key, pinned.
    public: String,
    /// Since when.
    added_at: Time,
    /// Until when; nothing while it goes on.
    removed_at: Option<Time>,
}

impl From<WitnessedSite> for SiteView {
    fn from(site: WitnessedSite) -> Self {
        let public = site.public.0.try_into().map(AuditKey).map(|key| key.to_string());
        Self {
            id: site.id,
            name: site.name,
            public: public.unwrap_or_default(),
            added_at: site.added_at.into(),
            removed_at: site.removed_at.map(Time::from),
        }
    }
}

/// The other sites.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Sites {
    /// All of them, also those that were removed.
    items: Vec<SiteView>,
}

/// Lists the sites that this server witnesses.
#[utoipa::path(
    get, path = "/witness/sites", tag = "witness",
    responses(
        (status = 200, description = "The sites", body = Sites),
        (status = 403, description = "Only administrators and auditors see them"),
    ),
)]
pub(super) async fn list_witnessed_sites(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Sites>, Problem> {
    caller.decide(action::ViewWitness, Facts::nothing())?.into_row();
    let sites = app.store.read().audit_heads().witnessed_sites().await?;
    Ok(Json(Sites { items: sites.into_iter().map(SiteView::from).collect() }))
}

/// A site to be witnessed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSite {
    /// The site, as its own `sekisho audit key` shows it.
    #[schema(value_type = String)]
    site: SiteId,
    /// What people call it.
    #[schema(value_type = String)]
    name: Label,
    /// The public half of its audit key.
    public: String,
}

/// Begins to witness another site: its audit key is pinned.
#[utoipa::path(
    post, path = "/witness/sites", tag = "witness", request_body = NewSite,
    responses(
        (status = 201, description = "From now on its heads are taken", body = SiteView),
        (status = 403, description = "Only administrators"),
        (status = 409, description = "It is witnessed already, or it is this site"),
    ),
)]
pub(super) async fn add_witnessed_site(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(new): Json<NewSite>,
) -> Result<(StatusCode, Json<SiteView>), Problem> {
    caller.decide(action::ManageWitness, Facts::nothing())?.into_row();
    let key: AuditKey = new.public.parse().map_err(|error| Problem::invalid("public", error))?;
    if new.site == app.keys.site() {
        return Err(Problem::conflict_of(
            "witness_itself",
            "a site cannot witness itself; do this on another server",
        ));
    }
    let mut work = app.store.begin(&caller.context()).await?;
    let known = work.audit_heads().witnessed_site(new.site).await?;
    if known.is_some_and(|site| site.removed_at.is_none()) {
        return Err(Problem::conflict_of(
            "witnessed_already",
            "this site is witnessed already; remove it first",
        ));
    }
    let row = WitnessedSite {
        id: new.site,
        name: new.name,
        public: sekisho_store::Blob(key.0.to_vec()),
        added_by: caller.user.id,
        added_at: caller.now,
        removed_at: None,
    };
    work.audit_heads().put_witnessed_site(row.clone()).await?;
    work.record(Event::WitnessedSiteAdded {
        site: row.id,
        name: row.name.to_string(),
        public: key.to_string(),
    });
    work.commit().await.map(drop)?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Ends witnessing another site. The heads it sent are kept.
#[utoipa::path(
    delete, path = "/witness/sites/{id}", tag = "witness",
    params(("id" = String, Path, description = "The site")),
    responses(
        (status = 204, description = "Its heads are no longer taken"),
        (status = 403, description = "Only administrators"),
        (status = 404, description = "No such site"),
    ),
)]
pub(super) async fn remove_witnessed_site(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<SiteKind>,
) -> Result<StatusCode, Problem> {
    caller.decide(action::ManageWitness, Facts::of_site(()))?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    if !work.audit_heads().remove_witnessed_site(id).await? {
        return Err(Problem::NotFound { what: "witnessed site" });
    }
    work.record(Event::WitnessedSiteRemoved { site: id });
    work.commit().await.map(drop)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Heads that another site sends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SentHeads {
    /// Signed heads, oldest first; at most 1000.
    #[schema(value_type = Vec<Object>)]
    heads: Vec<SignedHead>,
}

/// What became of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Kept {
    /// How many are kept from now on.
    kept: usize,
    /// How many were there already.
    known: usize,
}

/// Takes heads of another site: all of them or none. A head that contradicts
/// one that is held, or that the pinned key did not sign, is refused and
/// becomes an event here.
#[utoipa::path(
    post, path = "/witness/heads", tag = "witness", request_body = SentHeads,
    responses(
        (status = 200, description = "Held from now on", body = Kept),
        (status = 403, description = "Needs an API token with the scope `witness`"),
        (status = 404, description = "The site is not witnessed here"),
        (status = 409, description = "`head_contradicted`, `head_forged`"),
    ),
)]
pub(super) async fn take_heads(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(sent): Json<SentHeads>,
) -> Result<Json<Kept>, Problem> {
    caller.decide(action::SendHeads, Facts::nothing())?.into_row();
    if sent.heads.len() > MAX_HEADS {
        let detail = format!("'heads' has {}; give at most {MAX_HEADS}", sent.heads.len());
        return Err(Problem::invalid("heads", detail));
    }
    match take(&app, &caller, &sent.heads).await? {
        Ok(kept) => Ok(Json(kept)),
        Err((head, problem)) => {
            let mut work = app.store.begin(&caller.context()).await?;
            work.record(Event::WitnessedHeadRefused {
                site: head.head.site,
                chain: head.head.chain,
                seq: head.head.seq,
                problem: problem.to_string(),
            });
            work.commit().await.map(drop)?;
            Err(problem)
        }
    }
}

type Refused<'a> = (&'a SignedHead, Problem);

async fn take<'a>(
    app: &App,
    caller: &Authenticated,
    heads: &'a [SignedHead],
) -> Result<Result<Kept, Refused<'a>>, Problem> {
    let work = app.store.begin(&caller.context()).await?;
    let mut kept = Kept { kept: 0, known: 0 };
    for signed in heads {
        let head = &signed.head;
        let site = work.audit_heads().witnessed_site(head.site).await?;
        let site = site.filter(|site| site.removed_at.is_none());
        let site = site.ok_or(Problem::NotFound { what: "witnessed site" })?;
        let key = site.public.0.try_into().map(AuditKey);
        if !key.is_ok_and(|key| signed.verify(&key).is_ok()) {
            let (seq, name) = (head.seq, site.name);
            return Ok(Err((signed, Problem::HeadForged { seq, site: name.to_string() })));
        }
        match work.audit_heads().witnessed(head.site, head.chain, head.seq).await? {
            Some(held) if held.hash.0 != head.hash.0 => {
                let (seq, at) = (head.seq, held.received_at);
                return Ok(Err((signed, Problem::HeadContradicted { seq, received_at: at })));
            }
            Some(_) => kept.known += 1,
            None => {
                let row = foreign_row(signed, caller.now);
                match work.audit_heads().keep_witnessed(row).await {
                    Ok(()) => kept.kept += 1,
                    // Two deliveries at once; the other one has it.
                    Err(StoreError::Conflict { what: Unique::Key }) => {
                        return Err(Problem::Stale);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    let done = work.commit_unaudited(
        "a head is evidence itself; two sites that witness each other would never come to rest",
    );
    done.await.map(drop)?;
    Ok(Ok(kept))
}

/// Which heads are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterQuery {
    /// Together with `after_seq`: heads after this chain's.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    after_chain: Option<AuditChainId>,
    /// Together with `after_chain`: heads after this line.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>)]
    after_seq: Option<u64>,
}

/// Heads of another site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WitnessedHeads {
    /// Each is a line of a witness file.
    #[schema(value_type = Vec<Object>)]
    heads: Vec<SignedHead>,
    /// Whether there may be more.
    more: bool,
}

/// Gives the heads that another site has sent, 1000 at a time.
#[utoipa::path(
    get, path = "/witness/sites/{id}/heads", tag = "witness",
    params(("id" = String, Path, description = "The site"), AfterQuery),
    responses(
        (status = 200, description = "The heads", body = WitnessedHeads),
        (status = 403, description = "Only administrators and auditors see them"),
        (status = 404, description = "No such site"),
    ),
)]
pub(super) async fn list_witnessed_heads(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<SiteKind>,
    Query(query): Query<AfterQuery>,
) -> Result<Json<WitnessedHeads>, Problem> {
    caller.decide(action::ViewWitness, Facts::of_site(()))?.into_row();
    let heads = app.store.read();
    let heads = heads.audit_heads();
    heads.witnessed_site(id).await?.ok_or(Problem::NotFound { what: "witnessed site" })?;
    let after = query.after_chain.zip(query.after_seq);
    let rows = heads.witnessed_after(id, after, MAX_HEADS as u64).await?;
    let more = rows.len() == MAX_HEADS;
    Ok(Json(WitnessedHeads { heads: rows.iter().filter_map(foreign_head).collect(), more }))
}
