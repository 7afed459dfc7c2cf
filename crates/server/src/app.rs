//! What every part of the server shares.

use std::sync::Arc;

use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_store::Store;
use tokio::sync::Semaphore;

use crate::bus::Bus;
use crate::config::Config;
use crate::gateways::Gateways;
use crate::keys::SiteKeys;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::passkeys::Passkeys;
use crate::recovery_key::Challenges;
use crate::run::Certificate;
use crate::sessions::PasswordHasher;
use crate::shutdown::Tasks;
use crate::vault::Vault;

/// The server's parts, wired. Nothing else knows them all.
pub struct App {
    /// The database.
    pub store: Store,
    /// Seals and opens what the database must not show.
    pub vault: Vault,
    /// The site's keys.
    pub keys: SiteKeys,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Wake-ups inside this server.
    pub bus: Bus,
    /// The gateways that are connected.
    pub gateways: Gateways,
    /// What was committed lately, for who watches.
    pub live: Live,
    /// What the server was told.
    pub config: Arc<Config>,
    /// What the server counts.
    pub metrics: Arc<Metrics>,
    /// What the server knows of the audit log's way out.
    pub audit: crate::audit::AuditState,
    /// What the server knows of its mail.
    pub mail: crate::mail::MailState,
    /// Whose messages came with another device's certificate lately.
    pub swapped: crate::agents::Swapped,
    /// When the server started.
    pub started: Timestamp,
    /// Bounds the requests to the REST API.
    pub request_slots: Semaphore,
    /// Bounds the exports of lists that run at once.
    pub export_slots: Arc<Semaphore>,
    /// Bounds and runs password hashes.
    pub hasher: PasswordHasher,
    /// The OpenID provider.
    pub oidc: Oidc,
    /// Checks passkeys.
    pub passkeys: Passkeys,
    /// What holders of the recovery key were asked.
    pub recovery_challenges: Challenges,
    /// What the listeners show.
    pub certificate: Certificate,
    /// Work that outlives the request that began it.
    pub tasks: Tasks,
}

/// The router's state.
pub type SharedApp = Arc<App>;
