//! The end of an uploaded certificate. Nobody renews it but people: they are told
//! 30 and 7 days before and when it is over, each once, by an event and by mail to
//! whoever may change it and has given an address.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::RequestId;
use sekisho_model::mail::MailKind;
use sekisho_model::user::{Role, RoleRef, UserState};
use sekisho_pki::{ServerCertificateFacts, pem, server_certificate_facts};
use sekisho_policy::Permission;
use sekisho_store::{
    Access as _, MAX_PAGE, OperationContext, Page, ServerCertificate, StoreError, UserFilter,
};

use crate::app::App;
use crate::mail::{self, Draft, OutboxFull, text};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many days before its end people are told; at 0 it is over.
const STEPS: [u16; 3] = [0, 7, 30];

/// What an uploaded certificate says, also one that is over.
pub(crate) fn uploaded_facts(chosen: &ServerCertificate) -> Option<ServerCertificateFacts> {
    let text = std::str::from_utf8(&chosen.chain.as_ref()?.0).ok()?;
    server_certificate_facts(pem::read_certificates(text).ok()?.first()?)
}

/// The last instant of the certificate that was uploaded; `None`: the site's own
/// is shown, which renews itself.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn uploaded_end(app: &App) -> Result<Option<Timestamp>, StoreError> {
    let chosen = app.store.read().server_certificates().find().await?;
    Ok(chosen.as_ref().and_then(uploaded_facts).map(|facts| facts.not_after))
}

/// Notes for `/metrics` when the certificate ends that browsers see. Without an
/// answer of the database the last one stands.
pub async fn note_end(app: &App) {
    if let Ok(uploaded) = uploaded_end(app).await {
        let own = || app.certificate.facts().map(|facts| facts.not_after);
        app.metrics.certificate_ends(uploaded.or_else(own));
    }
}

/// Which of the steps is reached.
fn reached(end: Timestamp, now: Timestamp) -> Option<u16> {
    STEPS.into_iter().find(|days| now >= end.minus(DAY * u32::from(*days)))
}

/// Tells of the end of the uploaded certificate, if a step is reached of which
/// nobody has told. Returns whether it did.
///
/// # Errors
/// When the database does not answer, or the outbox has no room: then nothing was
/// told, and the next round does.
pub async fn round(app: &App) -> Result<bool, OutboxFull> {
    let now = app.clock.now();
    let Some(chosen) = app.store.read().server_certificates().find().await? else {
        return Ok(false);
    };
    let Some(facts) = uploaded_facts(&chosen) else { return Ok(false) };
    let Some(days) = reached(facts.not_after, now) else { return Ok(false) };
    if chosen.warned_days.is_some_and(|told| told <= i64::from(days)) {
        return Ok(false);
    }
    let drafts =
        if app.config.mail.is_some() { drafts(app, &facts, now).await? } else { Vec::new() };
    let request = RequestId::at(now, app.rng.as_ref());
    let origin = Origin { request, address: None };
    let context = OperationContext { actor: Actor::System, origin, now };
    let mut work = app.store.begin(&context).await?;
    if !work.server_certificates().warned(chosen.id, i64::from(days)).await? {
        return Ok(false);
    }
    for draft in drafts {
        mail::queue(&work, app.rng.as_ref(), draft).await?;
    }
    let ServerCertificateFacts { serial, not_after, .. } = facts;
    work.record(Event::ServerCertificateEnds { serial, not_after, days });
    work.commit().await.map(drop)?;
    app.mail.wake();
    Ok(true)
}

/// A mail for each active person who may change the certificate and has an
/// address, in their language.
async fn drafts(
    app: &App,
    facts: &ServerCertificateFacts,
    now: Timestamp,
) -> Result<Vec<Draft>, StoreError> {
    let reader = app.store.read();
    let mut drafts = Vec::new();
    for role in roles(app).await? {
        let filter = UserFilter {
            role: Some(role),
            state: Some(UserState::Active),
            ..UserFilter::default()
        };
        let found = reader.users().search(&filter, &Page::first(MAX_PAGE)).await?;
        for user in found.items {
            let told = reader.user_mail().find(user.id).await?;
            let Some(address) = told.and_then(|mail| mail.address) else { continue };
            let language = mail::language_of(reader, app, user.id).await?;
            let ending = text::Ending {
                names: &facts.names,
                end: facts.not_after,
                is_over: now >= facts.not_after,
                link: &mail::console(app, "/first-run?step=certificate"),
            };
            let (subject, body) = text::certificate(language, &ending);
            let (user, kind) = (Some(user.id), MailKind::Certificate);
            drafts.push(Draft { user, address, kind, subject, body, attachment: None });
        }
    }
    Ok(drafts)
}

/// The roles that may change the certificate.
async fn roles(app: &App) -> Result<BTreeSet<RoleRef>, StoreError> {
    let word = Permission::ManageServer.as_str();
    let built_in = Role::ALL.iter().filter(|role| Permission::ManageServer.is_of(**role));
    let mut roles: BTreeSet<RoleRef> = built_in.map(|role| RoleRef::from(*role)).collect();
    for custom in app.store.read().custom_roles().list().await? {
        let permissions = custom.permissions.unwrap_or_default();
        if permissions.iter().any(|permission| permission == word) {
            roles.insert(RoleRef::Custom(custom.id));
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_step_counts() {
        let end: Timestamp = "2027-01-31T00:00:00Z".parse().expect("a time");
        for (now, expected) in [
            ("2026-12-31T23:59:59Z", None),
            ("2027-01-01T00:00:00Z", Some(30)),
            ("2027-01-23T23:59:59Z", Some(30)),
            ("2027-01-24T00:00:00Z", Some(7)),
            ("2027-01-31T00:00:00Z", Some(0)),
            ("2028-01-01T00:00:00Z", Some(0)),
        ] {
            assert_eq!(reached(end, now.parse().expect("a time")), expected, "{now}");
        }
    }
}
