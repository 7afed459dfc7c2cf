//! Enrolment: from a key a person copied to a device the server knows.

use sekisho_link::{Bootstrap, Endpoint, LinkError, Proxy, UnverifiedLink};
use sekisho_model::Rng;
use sekisho_model::device::{DeviceState, EnrolmentRefusal, Platform};
use sekisho_model::id::DeviceId;
use sekisho_model::name::{DnsName, LoginName};
use sekisho_model::rng::random_bytes;
use sekisho_platform::host;
use sekisho_seal::bundle::{BundleError, Trust};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_seal::sign::IdentityKey;
use sekisho_seal::{SealError, message};
use sekisho_wire::enrolment::{Enrolment, EnrolmentOutcome, HostFacts};
use sekisho_wire::problem::ProblemCode;

use crate::state::{Enrolled, State, StateError};

/// Why an enrolment did not happen.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The server was not reached or did not understand.
    #[error(transparent)]
    Link(LinkError),
    /// The server is not the one that issued the key.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The answer cannot be believed.
    #[error("the server's answer cannot be believed: {0}")]
    Forged(#[from] SealError),
    /// The trust bundle lacks what an enrolment needs.
    #[error("the server's trust bundle names no receipt key")]
    NoReceiptKey,
    /// The server turned the device away.
    #[error("{}", .0.advice())]
    Refused(EnrolmentRefusal),
    /// The memory could not be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The certificate request could not be made.
    #[error("the certificate request cannot be made: {0}")]
    Request(String),
    /// The host is enrolled already.
    #[error(
        "this host is enrolled already, as device {0}; nothing was changed. `sekisho-agent update` \
         moves it to the owner of another key; to start over, `sekisho-agent remove` comes first"
    )]
    Already(DeviceId),
    /// `update` with a key of another site.
    #[error(
        "the key is of another site than the one this host is enrolled with; nothing was changed. \
         To move there, `sekisho-agent remove` comes first"
    )]
    OtherSite,
    /// `update` with a server that does not know it.
    #[error("the server is too old for `update`; nothing was changed. Upgrade the server first")]
    ServerTooOld,
}

impl From<LinkError> for EnrolError {
    fn from(error: LinkError) -> Self {
        match error.refusal() {
            Some(ProblemCode::UnknownKey) => Self::Refused(EnrolmentRefusal::UnknownKey),
            _ => Self::Link(error),
        }
    }
}

/// How an enrolment ended well.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was stored.
    pub enrolled: Enrolled,
    /// `pending` or `approved`.
    pub state: DeviceState,
    /// Why it is pending although the key approves in advance.
    pub remark: Option<EnrolmentRefusal>,
}

/// Enrols this host.
///
/// The server is believed only after its trust bundle fits the pin in the key;
/// the key's secret is proved and never sent. A try that got no answer may be
/// repeated: the identity key stays the same.
///
/// # Errors
/// Names what is wrong; nothing is stored but the identity key.
pub async fn enrol(
    (server, proxy): (&Endpoint, Option<Proxy>),
    key: &EnrolmentKeyText,
    owner: Option<LoginName>,
    state: &State,
    facts: HostFacts,
    rng: &dyn Rng,
) -> Result<Outcome, EnrolError> {
    let link = UnverifiedLink::new(server.clone())?.through(proxy);
    enrol_over((&link, server), key, owner, state, facts, rng).await
}

/// [`enrol`] over whatever leads to the server.
///
/// # Errors
/// Names what is wrong; nothing is stored but the identity key.
pub async fn enrol_over(
    (link, server): (&impl Bootstrap, &Endpoint),
    key: &EnrolmentKeyText,
    owner: Option<LoginName>,
    state: &State,
    facts: HostFacts,
    rng: &dyn Rng,
) -> Result<Outcome, EnrolError> {
    match state.enrolled() {
        Ok(enrolled) => return Err(EnrolError::Already(enrolled.device)),
        Err(StateError::NotEnrolled) => {}
        Err(error) => return Err(error.into()),
    }
    let asked = Asked { identity: state.identity_or_new()?, facts, owner, rehome: false };
    let trust = believe(link, key).await?;
    match ask(link, key, &trust, asked, rng).await? {
        EnrolmentOutcome::Refused { reason } => Err(EnrolError::Refused(reason)),
        EnrolmentOutcome::Accepted {
            device,
            state: approved,
            certificate,
            bundles,
            remark,
            ..
        } => {
            // The chain inside the sealed answer is the one that counts.
            Trust::from_chain(trust.anchor(), &bundles)?;
            let enrolled =
                Enrolled { device, anchor: trust.anchor().clone(), server: server.clone() };
            state.put_enrolled(&enrolled, &bundles, certificate.as_ref())?;
            Ok(Outcome { enrolled, state: approved, remark })
        }
    }
}

/// Moves this host, which is enrolled, to the owner of another key:
/// the server adds its resource anew under that owner. Nothing is stored here,
/// so that an agent that runs meanwhile goes on undisturbed.
///
/// # Errors
/// Names what is wrong; nothing was changed.
pub async fn rehome(
    (server, proxy): (&Endpoint, Option<Proxy>),
    key: &EnrolmentKeyText,
    owner: Option<LoginName>,
    state: &State,
    facts: HostFacts,
    rng: &dyn Rng,
) -> Result<DeviceState, EnrolError> {
    let link = UnverifiedLink::new(server.clone())?.through(proxy);
    rehome_over(&link, key, owner, state, facts, rng).await
}

/// [`rehome`] over whatever leads to the server.
///
/// # Errors
/// Names what is wrong; nothing was changed.
pub async fn rehome_over(
    link: &impl Bootstrap,
    key: &EnrolmentKeyText,
    owner: Option<LoginName>,
    state: &State,
    facts: HostFacts,
    rng: &dyn Rng,
) -> Result<DeviceState, EnrolError> {
    let enrolled = state.enrolled()?;
    let identity = state.identity()?.ok_or(StateError::NotEnrolled)?;
    let trust = believe(link, key).await?;
    if *trust.anchor() != enrolled.anchor {
        return Err(EnrolError::OtherSite);
    }
    let asked = Asked { identity, facts, owner, rehome: true };
    match ask(link, key, &trust, asked, rng).await? {
        EnrolmentOutcome::Refused { reason } => Err(EnrolError::Refused(reason)),
        EnrolmentOutcome::Accepted { rehomed: false, .. } => Err(EnrolError::ServerTooOld),
        EnrolmentOutcome::Accepted { state: approved, .. } => Ok(approved),
    }
}

/// What a host asks of the server with a key.
struct Asked {
    identity: IdentityKey,
    facts: HostFacts,
    owner: Option<LoginName>,
    rehome: bool,
}

/// Reads the trust bundles and believes them if they fit the pin in the key.
async fn believe(link: &impl Bootstrap, key: &EnrolmentKeyText) -> Result<Trust, EnrolError> {
    let chain = link.bundle(0).await?;
    let mut trust = Trust::first(&chain, key.pin)?;
    // A long chain comes in portions.
    while chain.newest > Some(trust.bundle().version) {
        let before = trust.bundle().version;
        let more = link.bundle(before).await?;
        trust.advance(&more.bundles)?;
        if trust.bundle().version == before {
            break;
        }
    }
    Ok(trust)
}

/// Sends the request and opens its answer.
async fn ask(
    link: &impl Bootstrap,
    key: &EnrolmentKeyText,
    trust: &Trust,
    asked: Asked,
    rng: &dyn Rng,
) -> Result<EnrolmentOutcome, EnrolError> {
    let Asked { identity, facts, owner, rehome } = asked;
    let site = trust.anchor().site;
    let newest = |key: &&sekisho_wire::bundle::PublishedKey| key.not_before;
    let receipt_key =
        trust.bundle().receipt_keys.iter().max_by_key(newest).ok_or(EnrolError::NoReceiptKey)?;
    let nonce = random_bytes(rng);
    let enrolment = Enrolment {
        protocol: sekisho_wire::PROTOCOL,
        csr: certificate_request(&identity)?,
        identity_key: identity.public(),
        platform: Platform::Linux,
        agent_version: crate::VERSION.to_owned(),
        facts,
        owner,
        rehome,
        nonce,
    };
    let (envelope, exporter) =
        message::seal_enrolment(&enrolment, &identity, key, site, &receipt_key.key, rng)?;
    let sealed = link.enrol(&envelope).await?;
    Ok(message::open_enrolment_answer(&sealed, &exporter, &nonce)?.outcome)
}

/// A certificate request that carries the public key and nothing else.
///
/// # Errors
/// When the key cannot be used for it.
pub fn certificate_request(identity: &IdentityKey) -> Result<Vec<u8>, EnrolError> {
    let fail = |error: rcgen::Error| EnrolError::Request(error.to_string());
    let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from(identity.pkcs8().expose());
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(fail)?;
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    Ok(parameters.serialize_request(&key).map_err(fail)?.der().to_vec())
}

/// What this host says about itself.
///
/// # Errors
/// When the system does not say.
pub fn host_facts() -> Result<HostFacts, sekisho_platform::PlatformError> {
    let facts = host::facts()?;
    let dns_name = facts.hostname.to_ascii_lowercase().parse::<DnsName>().ok();
    Ok(HostFacts {
        host_name: facts.hostname,
        dns_name,
        system: facts.os,
        kernel: facts.kernel,
        architecture: facts.architecture,
        machine: facts.machine.unwrap_or_default(),
    })
}
