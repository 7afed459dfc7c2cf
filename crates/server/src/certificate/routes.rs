//! `/system/certificate`.

use axum::extract::State;
use sekisho_model::Secret;
use sekisho_model::event::Event;
use sekisho_model::id::ServerCertificateId;
use sekisho_pki::ServerCertificateFacts;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, Blob, ServerCertificate};
use serde::{Deserialize, Serialize};

use super::expiry::uploaded_facts;
use super::uploaded::{ChainAndKey, Uploaded, open_pfx};
use super::{kept_names, read_names};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, Json, Problem, SecretText, Time};
use crate::resources::refs::{Named, Names};
use crate::secrets;
use crate::sessions::require_recent_proof;

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CertificateSource {
    /// The site's own authority issues it, with a new key at each start.
    SiteCa,
    /// Somebody uploaded it.
    Uploaded,
}

impl CertificateSource {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SiteCa => "site_ca",
            Self::Uploaded => "uploaded",
        }
    }
}

/// The certificate that browsers and the command line see.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ServerCertificateView {
    /// Where it comes from.
    source: CertificateSource,
    /// The server's own name or address (`public_name`).
    public_name: String,
    /// Every name and address it is for.
    names: Vec<String>,
    /// The further names that somebody chose.
    more_names: Vec<String>,
    /// Who issued it.
    issuer: String,
    /// Its serial number, lower-case hexadecimal digits.
    serial: String,
    /// Its SHA-256, lower-case hexadecimal digits.
    fingerprint: String,
    /// Its first instant.
    not_before: Time,
    /// Its last instant. The site's own is renewed by itself.
    not_after: Time,
    /// The last instant of the uploaded one; when it is over, the site's own is
    /// shown in its place, and this stays. `null`: none was uploaded.
    uploaded_not_after: Option<Time>,
    /// When somebody chose it; `null`: nobody has, and the site's own is shown.
    chosen_at: Option<Time>,
    /// Who that was.
    chosen_by: Option<Named>,
}

/// Which certificate is to be shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChosenCertificate {
    /// Where it comes from.
    source: CertificateSource,
    /// With `site_ca`: DNS names and addresses beside the server's own, by which
    /// people reach it.
    #[serde(default)]
    names: Vec<String>,
    /// With `uploaded`: the certificate and what it hangs on, PEM, the server's
    /// own first.
    chain: Option<String>,
    /// With `uploaded`: its private key, PEM, not encrypted.
    key: Option<SecretText>,
    /// With `uploaded`, in the place of `chain` and `key`: a PKCS#12 file (`.pfx`,
    /// `.p12`) in base64 that holds both, at most 40 KiB before.
    pfx: Option<SecretText>,
    /// With `pfx`: its password. It is not kept.
    password: Option<SecretText>,
    /// Only judge it; nothing is changed.
    #[serde(default)]
    dry_run: bool,
}

/// Shows the certificate that browsers and the command line see.
#[utoipa::path(
    get, path = "/system/certificate", tag = "system",
    responses(
        (status = 200, description = "The certificate", body = ServerCertificateView),
        (status = 403, description = "Only administrators and auditors see it"),
    ),
)]
pub(super) async fn show_certificate(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ServerCertificateView>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    Ok(Json(view(&app).await?))
}

/// Chooses the certificate that browsers and the command line see: the site's
/// own, for further names, or an uploaded one. It is judged first, and shown from
/// the next connection on. Agents see the site's own in any case.
#[utoipa::path(
    put, path = "/system/certificate", tag = "system", request_body = ChosenCertificate,
    responses(
        (status = 200, description = "The certificate that is shown from now on; with `dry_run` \
            the one that would be", body = ServerCertificateView),
        (status = 400, description = "A name is none, or a part is missing"),
        (status = 403, description = "Not allowed; `reauthentication_needed`"),
        (status = 409, description = "It is not usable; `conflict` says why: \
            `certificate_unreadable`, `certificate_name_missing`, `certificate_expired`, \
            `certificate_not_yet_valid`, `certificate_weak`, `certificate_wrong_use`, \
            `certificate_chain_broken`, `certificate_key_mismatch`, `key_unreadable`, \
            `key_encrypted`, `pfx_unreadable`, `pfx_wrong_password`, `pfx_too_slow`, \
            `pfx_unsupported`, `pfx_no_key`, `pfx_several_keys`, `pfx_no_certificate`"),
    ),
)]
pub(super) async fn put_certificate(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(chosen): Json<ChosenCertificate>,
) -> Result<Json<ServerCertificateView>, Problem> {
    caller.decide(action::ChangeCertificate, Facts::nothing())?.into_row();
    require_recent_proof(&app, &caller).await?;
    let id = ServerCertificateId::at(caller.now, app.rng.as_ref());
    let mut row = ServerCertificate {
        id,
        names: String::new(),
        chain: None,
        sealed_key: None,
        vault_key_version: None,
        user: caller.user.id,
        created_at: caller.now,
        warned_days: None,
    };
    let facts = match chosen.source {
        CertificateSource::SiteCa => {
            let ChosenCertificate { chain, key, pfx, password, .. } = &chosen;
            if chain.is_some() || [key, pfx, password].iter().any(|part| part.is_some()) {
                let detail = "'chain', 'key', 'pfx' and 'password' go with the source 'uploaded'";
                return Err(Problem::invalid("source", detail));
            }
            let names = read_names(&chosen.names)?;
            row.names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            app.certificate.preview(&app, &names).map_err(Problem::Internal)?
        }
        CertificateSource::Uploaded => {
            if !chosen.names.is_empty() {
                let detail = "'names' goes with the source 'site_ca'; an uploaded certificate has \
                              its own";
                return Err(Problem::invalid("names", detail));
            }
            let ChainAndKey { chain, key } =
                parts(chosen.chain, chosen.key, chosen.pfx, chosen.password).await?;
            let judged = Uploaded::judge(&chain, &key, &app.config.public_name, caller.now)?;
            let (sealed, version) = secrets::seal(&app, secrets::certificate_place(&id), &key)?;
            row.chain = Some(Blob(chain.into_bytes()));
            row.sealed_key = Some(sealed);
            row.vault_key_version = Some(version);
            judged.facts
        }
    };
    if chosen.dry_run {
        return Ok(Json(shown(&app, facts, Some(row)).await?));
    }
    let mut work = app.store.begin(&caller.context()).await?;
    let serial = row.chain.is_some().then(|| facts.serial.clone());
    let names = match chosen.source {
        CertificateSource::SiteCa => {
            kept_names(&row.names).iter().map(ToString::to_string).collect()
        }
        CertificateSource::Uploaded => facts.names,
    };
    work.server_certificates().put(row).await?;
    let source = chosen.source.as_str().to_owned();
    work.record(Event::ServerCertificateChanged { source, names, serial });
    work.commit().await.map(drop)?;
    // What is committed is shown at once; the hourly look would find it, too.
    app.certificate.renew(&app).await.map_err(Problem::Internal)?;
    Ok(Json(view(&app).await?))
}

/// What was uploaded: two PEM texts, or one PKCS#12 file.
async fn parts(
    chain: Option<String>,
    key: Option<SecretText>,
    pfx: Option<SecretText>,
    password: Option<SecretText>,
) -> Result<ChainAndKey, Problem> {
    let missing = |field: &'static str| Problem::invalid(field, format!("'{field}' is missing"));
    if let Some(pfx) = pfx {
        if chain.is_some() || key.is_some() {
            let detail = "'pfx' takes the place of 'chain' and 'key'; give one or the other";
            return Err(Problem::invalid("pfx", detail));
        }
        let none = || Secret::new(Vec::new());
        return open_pfx(pfx.0, password.map_or_else(none, |text| text.0)).await;
    }
    if password.is_some() {
        let detail = "'password' goes with 'pfx'; a key in PEM must not be encrypted";
        return Err(Problem::invalid("password", detail));
    }
    let chain = chain.ok_or_else(|| missing("chain"))?;
    let key = key.ok_or_else(|| missing("key"))?.0;
    Ok(ChainAndKey { chain, key })
}

async fn view(app: &App) -> Result<ServerCertificateView, Problem> {
    let chosen = app.store.read().server_certificates().find().await?;
    let facts = match app.certificate.facts() {
        Some(facts) => facts,
        // No listener was started: in tests, and for what only answers.
        None => app
            .certificate
            .preview(app, &chosen.as_ref().map_or_else(Vec::new, |row| kept_names(&row.names)))
            .map_err(Problem::Internal)?,
    };
    shown(app, facts, chosen).await
}

async fn shown(
    app: &App,
    facts: ServerCertificateFacts,
    chosen: Option<ServerCertificate>,
) -> Result<ServerCertificateView, Problem> {
    let ServerCertificateFacts { names, issuer, serial, fingerprint, not_before, not_after } =
        facts;
    let source = match &chosen {
        Some(row) if row.chain.is_some() => CertificateSource::Uploaded,
        Some(_) | None => CertificateSource::SiteCa,
    };
    let chosen_by = match &chosen {
        Some(row) => Some(Names::new(app.store.read()).user(row.user).await?),
        None => None,
    };
    let more_names = chosen.as_ref().map_or_else(Vec::new, |row| {
        kept_names(&row.names).iter().map(ToString::to_string).collect()
    });
    Ok(ServerCertificateView {
        source,
        public_name: app.config.public_name.to_string(),
        names,
        more_names,
        issuer,
        serial,
        fingerprint,
        not_before: not_before.into(),
        not_after: not_after.into(),
        uploaded_not_after: chosen
            .as_ref()
            .and_then(uploaded_facts)
            .map(|facts| facts.not_after.into()),
        chosen_at: chosen.map(|row| row.created_at.into()),
        chosen_by,
    })
}
