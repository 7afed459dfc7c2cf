//! What the gateway works by: the server's signed configuration, ready for use.

use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, GatewayId};
use sekisho_pki::{CertificateProblem, DeviceIdentity, SiteTrust};
use sekisho_seal::SealError;
use sekisho_seal::bundle::Trust;
use sekisho_seal::gateway::open_gateway_config;
use sekisho_wire::gateway::{GatewayConfig, GatewayTopic};

use crate::filter::routes::{BadRoute, Routes};
use crate::limits::Rules;

/// Names that may pass through, at most.
const MAX_NAMES: usize = 64;

/// What does not go as it should: what it is about, and a sentence.
pub(crate) type Remark = (GatewayTopic, String);

/// Sentences that are about one thing.
pub(crate) fn about(topic: GatewayTopic, sentences: Vec<String>) -> impl Iterator<Item = Remark> {
    sentences.into_iter().map(move |sentence| (topic, sentence))
}

/// Why a configuration is not worked by.
#[derive(Debug, thiserror::Error)]
pub enum NotBelieved {
    /// Not signed by an order key of the site, or unreadable.
    #[error("the configuration that the server sent cannot be believed: {0}")]
    Unsigned(#[from] SealError),
    /// For another gateway.
    #[error("the server sent the configuration of gateway {0}; this is another one")]
    OtherGateway(GatewayId),
    /// Older than the one in force.
    #[error(
        "the server sent configuration {found}, but {held} is in force; restart the gateway if the server was put back to an older copy"
    )]
    Older {
        /// In force.
        held: u64,
        /// Sent.
        found: u64,
    },
    /// It holds a route that this version cannot work by.
    #[error(transparent)]
    Route(#[from] BadRoute),
    /// No certificate authority, or one that cannot be read.
    #[error("the configuration that the server sent names no usable authority for devices: {0}")]
    Authority(String),
}

/// A configuration that is believed.
#[derive(Debug)]
pub struct Snapshot {
    /// As signed.
    pub config: GatewayConfig,
    /// SHA-256 of its signed bytes, in hexadecimal digits.
    pub hash: String,
    /// The routes.
    pub routes: Routes,
    /// The limits.
    pub rules: Rules,
    /// What in it this gateway cannot do.
    pub problems: Vec<Remark>,
    /// Per root of the site: what chains to it.
    trusts: Vec<SiteTrust>,
    /// Sorted.
    revoked: Vec<DeviceId>,
}

impl Snapshot {
    /// Checks a configuration and makes it ready for use.
    ///
    /// # Errors
    /// When it is not signed, for another gateway, older than `held`, or cannot
    /// be worked by. The one in force stays.
    pub fn believe(
        signed: &[u8],
        trust: &Trust,
        gateway: GatewayId,
        held: Option<u64>,
    ) -> Result<Self, NotBelieved> {
        let mut config = open_gateway_config(signed, trust)?;
        if config.gateway != gateway {
            return Err(NotBelieved::OtherGateway(config.gateway));
        }
        if let Some(held) = held
            && config.version < held
        {
            return Err(NotBelieved::Older { held, found: config.version });
        }
        let routes = Routes::new(&config.routes)?;
        let (rules, unusable) = Rules::new(config.limits.clone(), &config.offices);
        let mut problems: Vec<Remark> = about(GatewayTopic::Offices, unusable).collect();
        if let Some(pass_through) = &mut config.pass_through
            && pass_through.names.len() > MAX_NAMES
        {
            let sentence = format!("more than {MAX_NAMES} names are to pass; the rest do not");
            problems.push((GatewayTopic::PassThrough, sentence));
            pass_through.names.truncate(MAX_NAMES);
        }
        // Taken out: what is sorted is looked up, and nobody needs it twice.
        let mut revoked = std::mem::take(&mut config.revoked);
        revoked.sort_unstable();
        let hash = data_encoding::HEXLOWER.encode(&sekisho_seal::sha256(signed));
        let trusts = trusts(&config).map_err(NotBelieved::Authority)?;
        Ok(Self { hash, routes, rules, problems, trusts, revoked, config })
    }

    /// Whether a device's certificates count for nothing.
    pub fn is_revoked(&self, device: DeviceId) -> bool {
        self.revoked.binary_search(&device).is_ok()
    }

    /// Verifies a certificate that was shown as a device's.
    ///
    /// # Errors
    /// What the site's authorities have against it.
    pub fn verify_device(
        &self,
        leaf: &[u8],
        intermediates: &[&[u8]],
        now: Timestamp,
    ) -> Result<DeviceIdentity, CertificateProblem> {
        let mut problem = CertificateProblem::UnknownAuthority;
        for trust in &self.trusts {
            match trust.verify_device(leaf, intermediates, now) {
                Ok(identity) => return Ok(identity),
                Err(CertificateProblem::UnknownAuthority) => {}
                Err(other) => problem = other,
            }
        }
        Err(problem)
    }

    /// The distinguished names of the roots, DER: the hint for clients.
    pub fn root_subjects(&self) -> impl Iterator<Item = &[u8]> {
        self.trusts.iter().map(SiteTrust::root_subject)
    }

    /// Whether TLS for this server name passes through unopened.
    pub fn passes(&self, name: &str) -> bool {
        let pass_through = self.config.pass_through.as_ref();
        pass_through.is_some_and(|pass| pass.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
    }
}

/// An issuing certificate belongs to the root that signed it.
fn trusts(config: &GatewayConfig) -> Result<Vec<SiteTrust>, String> {
    let mut trusts = Vec::new();
    let mut problem = "there is none".to_owned();
    for root in &config.ca_roots {
        let of_root = |issuing: &&Vec<u8>| {
            SiteTrust::new(config.site, root, std::slice::from_ref(*issuing)).is_ok()
        };
        let issuing: Vec<Vec<u8>> =
            config.ca_issuing.iter().map(|der| der.to_vec()).collect::<Vec<_>>();
        let issuing: Vec<Vec<u8>> = issuing.iter().filter(of_root).cloned().collect();
        match SiteTrust::new(config.site, root, &issuing) {
            Ok(trust) => trusts.push(trust),
            Err(error) => problem = error.to_string(),
        }
    }
    if trusts.is_empty() { Err(problem) } else { Ok(trusts) }
}
