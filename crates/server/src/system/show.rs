//! `GET /system` and `GET /system/public`.

use axum::extract::State;
use sekisho_model::id::SiteId;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, StoreUrl};
use serde::Serialize;

use crate::app::SharedApp;
use crate::audit::ReaderState;
use crate::http::{Authenticated, Json, Problem, Time};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What anybody may know, so that a client can say what it reached.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PublicSystem {
    /// Always `sekisho`.
    product: &'static str,
    /// The version.
    version: &'static str,
    /// The site.
    #[schema(value_type = Option<String>)]
    site: Option<SiteId>,
    /// Whether `init` has run.
    initialised: bool,
    /// Whether the first administrator is missing.
    setup_needed: bool,
    /// Whether that waits for another set-up token, because the one there is has
    /// expired: `sekisho-server setup-token` makes one.
    setup_token_expired: bool,
    /// The name or address that people use (`public_name`). Passkeys are bound
    /// to it.
    public_name: String,
    /// Where agents enrol and report: the site's public name and the port of
    /// the agent plane, as this server listens. What stands before it (a
    /// gateway, another port outside) it does not know.
    agents_address: String,
    /// A revealed password is hidden after so many seconds.
    hide_after_s: u32,
    /// Whether people can sign in with passkeys: browsers bind them to a name,
    /// and a server that is reached by an address has none.
    passkeys: bool,
    /// What the OpenID provider is called that people can sign in through;
    /// `null`: there is none.
    oidc: Option<String>,
}

/// Says what this is and whether it must be set up.
#[utoipa::path(
    get, path = "/system/public", tag = "system", security(()),
    responses((status = 200, description = "What anybody may know", body = PublicSystem)),
)]
pub(super) async fn show_public_system(
    State(app): State<SharedApp>,
) -> Result<Json<PublicSystem>, Problem> {
    let site = app.store.read().site().find().await?;
    Ok(Json(PublicSystem {
        product: "sekisho",
        version: VERSION,
        site: site.as_ref().map(|site| site.id),
        initialised: site.is_some(),
        setup_needed: site.as_ref().is_some_and(|site| site.setup_token_hash.is_some()),
        setup_token_expired: site
            .and_then(|site| site.setup_token_expires_at)
            .is_some_and(|end| app.clock.now() >= end),
        public_name: app.config.public_name.to_string(),
        agents_address: format!("{}:{}", app.config.public_name, app.config.listen.agents.port()),
        hide_after_s: crate::accounts::HIDE_AFTER_S,
        passkeys: app.passkeys.are_possible(),
        oidc: app.oidc.name().map(str::to_owned),
    }))
}

/// The state of the server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct System {
    /// The version.
    version: &'static str,
    /// The site.
    #[schema(value_type = String)]
    site: SiteId,
    /// The pin of the site, in every enrolment key.
    site_fingerprint: String,
    /// `sqlite` or `postgresql`.
    database: &'static str,
    /// The version of the newest trust bundle.
    bundle_version: i64,
    /// Set while the site is in recovery.
    recovery: Option<RecoveryInfo>,
    /// When the last backup was made, as far as the audit log knows.
    last_backup_at: Option<Time>,
    /// When the last drill of a backup passed.
    last_drill_at: Option<Time>,
    /// Seconds since the server started.
    uptime_s: u64,
    /// Witnesses and export targets of the audit log.
    audit_readers: Vec<ReaderState>,
    /// Why secrets and changes wait for a witness, while they do.
    audit_held: Option<String>,
}

/// Recovery: a device knows more than the database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecoveryInfo {
    /// Why.
    reason: String,
}

/// Shows the state of the server.
#[utoipa::path(
    get, path = "/system", tag = "system",
    responses(
        (status = 200, description = "The state", body = System),
        (status = 403, description = "Only administrators and auditors see it"),
    ),
)]
pub(super) async fn show_system(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<System>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    let reader = app.store.read();
    let site = reader.site().find().await?.ok_or(Problem::NotFound { what: "site" })?;
    let bundle = reader.bundles().newest().await?;
    let last = super::last_backups(&app.store).await?;
    Ok(Json(System {
        version: VERSION,
        site: site.id,
        site_fingerprint: hex(&app.keys.pin().0),
        database: match app.config.database.url {
            StoreUrl::Sqlite(_) => "sqlite",
            StoreUrl::Postgres(_) => "postgresql",
        },
        bundle_version: bundle.map_or(0, |bundle| bundle.version),
        recovery: site.recovery_reason.map(|reason| RecoveryInfo { reason }),
        last_backup_at: last.backup.map(Time),
        last_drill_at: last.drill.map(Time),
        uptime_s: app.clock.now().since(app.started).as_secs(),
        audit_readers: app.audit.readers(),
        audit_held: app.store.gate().reason(),
    }))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
