//! Passkeys (WebAuthn): keys in people's authenticators, which sign in alone.
//!
//! An authenticator unlocks a passkey only for its person (a fingerprint, a
//! PIN), and this server asks for that each time: whoever signs in with one
//! has shown something they have and something they are or know. A passkey
//! counts as both factors.
//!
//! Each ceremony begins with a challenge that this server keeps in memory
//! ([`challenges`]), and ends with it: an answer is good once and for a few
//! minutes.

mod ceremony;
mod challenges;
mod own;
mod register;
mod sign_in;

pub use challenges::Challenges;

use sekisho_pki::SubjectName;
use utoipa_axum::routes;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::http::{Problem, Routes};

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        // The answer may hold recovery codes.
        .own_secret(routes!(own::list_passkeys, register::finish_registration))
        .own_secret(routes!(register::start_registration))
        .own(routes!(own::rename_passkey, own::remove_passkey))
        .open(routes!(sign_in::start_passkey))
        .open(routes!(sign_in::post_passkey))
        .own_secret(routes!(sign_in::prove_with_passkey))
}

/// What checks passkeys, and the challenges that wait for an answer.
pub struct Passkeys {
    webauthn: Option<Webauthn>,
    /// Challenges that wait for an answer.
    pub challenges: Challenges,
}

impl Passkeys {
    /// For the name that people reach this server by. Browsers bind passkeys
    /// to a name: a server that is reached by an address has none.
    ///
    /// # Errors
    /// When the name can be part of no address.
    pub fn new(public_name: &SubjectName) -> anyhow::Result<Self> {
        let webauthn = match public_name {
            SubjectName::Ip(_) => None,
            SubjectName::Dns(name) => {
                let origin = Url::parse(&format!("https://{}", name.as_str()))?;
                let built = WebauthnBuilder::new(name.as_str(), &origin)
                    .map(|builder| builder.rp_name("Sekisho").allow_any_port(true))
                    .and_then(WebauthnBuilder::build);
                Some(built.map_err(|error| {
                    anyhow::anyhow!(
                        "passkeys cannot be bound to the name {}: {error}",
                        name.as_str()
                    )
                })?)
            }
        };
        Ok(Self { webauthn, challenges: Challenges::default() })
    }

    /// Whether there can be passkeys here.
    pub fn are_possible(&self) -> bool {
        self.webauthn.is_some()
    }

    /// What checks them.
    ///
    /// # Errors
    /// A conflict when this server is reached by an address.
    fn webauthn(&self) -> Result<&Webauthn, Problem> {
        self.webauthn.as_ref().ok_or_else(|| {
            Problem::conflict(
                "browsers bind passkeys to a name, and this server is reached by an address; set \
                 'public_name' to its DNS name",
            )
        })
    }
}
