//! Removes what nobody needs any more: ended sessions, forgotten failures,
//! old idempotency keys. Nothing depends on it: expiry is judged at each use.

use std::time::Duration;

use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::RequestId;
use sekisho_model::mail::MailState;
use sekisho_store::{Access as _, OperationContext, StoreError};

use crate::app::{App, SharedApp};
use crate::orders::rediscover;
use crate::sessions::{ENROLMENT_LIFE, FORGET_AFTER};
use crate::shutdown::Shutdown;
use crate::{http, mail, notifications, packages, rotation};

const EVERY: Duration = Duration::from_secs(600);
const WARN_EVERY: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(15);

pub(super) async fn run(app: SharedApp, shutdown: Shutdown) {
    while shutdown.sleep(EVERY).await {
        if let Err(error) = tidy(&app).await {
            tracing::warn!(%error, "housekeeping will be tried again");
        }
    }
}

/// Orders whose time is over are told so soon.
pub(super) async fn sweep_orders(app: SharedApp, shutdown: Shutdown) {
    while shutdown.sleep(SWEEP_EVERY).await {
        if let Err(error) = crate::orders::sweep::round(&app).await {
            tracing::warn!(%error, "the sweep of orders will be tried again");
        }
    }
}

/// People are told of the end of an uploaded certificate.
pub(super) async fn warn_of_certificate(app: SharedApp, shutdown: Shutdown) {
    while shutdown.sleep(WARN_EVERY).await {
        if let Err(error) = crate::certificate::round(&app).await {
            tracing::warn!(%error, "people will be told of the certificate in the next round");
        }
    }
}

/// Passwords whose time has come are changed, and checked, by themselves.
pub(super) async fn rotate(app: SharedApp, shutdown: Shutdown) {
    let mut walk = rotation::sweep::Walk::default();
    let mut devices = rediscover::Walk::default();
    while shutdown.sleep(SWEEP_EVERY).await {
        match rotation::sweep::round(&app, &mut walk).await {
            Ok(done) => tracing::trace!(?done, "a round of rotation"),
            Err(error) => tracing::warn!(%error, "the rotation will go on in the next round"),
        }
        if let Err(error) = rediscover::round(&app, &mut devices).await {
            tracing::warn!(%error, "discoveries will be given in the next round");
        }
    }
}

async fn tidy(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    };
    let work = app.store.begin(&context).await?;
    work.login_sessions().purge(now).await?;
    work.pending_sign_ins().purge(now).await?;
    work.totp_factors().purge(now.minus(ENROLMENT_LIFE)).await?;
    work.sign_in_attempts().purge(now.minus(FORGET_AFTER), now).await?;
    work.idempotency_keys().purge(http::forgotten_before(now)).await?;
    work.notifications().purge(now.minus(notifications::KEPT)).await?;
    work.packages().purge_links(now.minus(packages::links::MAX_VALID)).await?;
    work.mails().purge(MailState::Sent, now.minus(mail::KEPT_SENT)).await?;
    work.mails().purge(MailState::Dead, now.minus(mail::KEPT_DEAD)).await?;
    work.commit_unaudited("housekeeping").await.map(drop)
}
