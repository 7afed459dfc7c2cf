//! The gateway's half of pairing: a string that a person carries to the
//! server, and the one answer to whoever proves to have it.
//!
//! The string names the key of this gateway's link, so that the server knows
//! whom it dialled. Its secret is the pre-shared key of the HPKE seal around the
//! pairing, so that the gateway knows who dialled. The secret itself is never
//! sent, and no key is ever copied.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_link::Endpoint;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_pki::{
    Chain, Jitter, KeyPair, LinkCertificate, Usage, renewal_at, server_certificate_facts,
    verify_chain,
};
use sekisho_seal::gateway::{PairingText, open_pairing, seal_pairing_answer};
use sekisho_seal::sealing::OpeningKey;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    LINK_MAJOR, MAX_PAIRING_BYTES, PAIRING_PATH, PAIRING_TTL_S, Pairing, PairingAnswer,
    PairingEnvelope, PairingOffer,
};
use zeroize::Zeroizing;

use crate::parts::PrivateAnswer;
use crate::state::{Membership, Open, State, StateError};

/// Tries with the right string and a wrong secret or content, at most. Who does
/// not have the string has no try: without its id nothing is opened.
pub const MAX_WRONG: u32 = 5;

/// How long a pairing string is good for.
const LIFE: Duration = Duration::from_secs(PAIRING_TTL_S);

/// Longest name of a gateway, in characters.
const MAX_NAME_CHARS: usize = 200;

/// An instant by two clocks. Neither setting the clock back nor restarting the
/// machine makes a pairing string live longer.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By the clock that people set.
    pub wall: Timestamp,
    /// Since the start of the machine, sleep included.
    pub up: Duration,
}

impl Moment {
    /// Now.
    ///
    /// # Errors
    /// When the system does not say how long it runs.
    pub fn read(clock: &dyn Clock) -> Result<Self, sekisho_platform::PlatformError> {
        Ok(Self { wall: clock.now(), up: sekisho_platform::host::since_boot()? })
    }

    fn up_ms(self) -> u64 {
        u64::try_from(self.up.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Open {
    /// What is left of its time.
    fn left(&self, now: Moment) -> Option<Duration> {
        // Before its own beginning: the clock was set back, or the machine was
        // started anew.
        if now.wall < self.made || now.up_ms() < self.made_up_ms {
            return None;
        }
        let age =
            now.wall.since(self.made).max(Duration::from_millis(now.up_ms() - self.made_up_ms));
        LIFE.checked_sub(age).filter(|left| !left.is_zero())
    }

    fn text(&self, key_sha256: [u8; 32], address: &Endpoint) -> PairingText {
        PairingText {
            id: self.id,
            secret: Secret::new(self.secret.to_vec()),
            key_sha256,
            address: address.to_string(),
        }
    }
}

/// Opens a pairing, and closes the one before, if there was one.
///
/// # Errors
/// When the gateway's memory fails.
pub fn begin(
    state: &State,
    address: &Endpoint,
    now: Moment,
    rng: &dyn Rng,
) -> Result<PairingText, StateError> {
    let (key, _) = state.link_key_or_new()?;
    let opening = OpeningKey::generate(rng).to_secret();
    let open = Open {
        id: random_bytes(rng),
        secret: random_bytes(rng),
        opening: opening.expose().try_into().expect("an X25519 key has 32 bytes"),
        made: now.wall,
        made_up_ms: now.up_ms(),
        wrong: 0,
    };
    state.put_pairing(&open)?;
    Ok(open.text(key_sha256(&key), address))
}

/// How long the pairing that waits for its server still waits; one whose time
/// is over is forgotten.
///
/// # Errors
/// When the gateway's memory fails.
pub fn waiting(state: &State, now: Moment) -> Result<Option<Duration>, StateError> {
    leaving_nothing(|| Ok(current(state, now)?.map(|(_, left)| left)))
}

/// What reading a pairing may take of the stack, and more, in bytes.
const STACK_BYTES: usize = 256 * 1024;

/// Does what reads the secret of a pairing, and writes over what that left on
/// this thread's stack: a secret that is moved is copied, and the copies are
/// nobody's to wipe (INV-3).
fn leaving_nothing<T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn below<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    #[inline(never)]
    fn wipe() {
        let mut stack = [0_u8; STACK_BYTES];
        std::hint::black_box(&mut stack);
    }
    let done = below(work);
    wipe();
    done
}

fn current(state: &State, now: Moment) -> Result<Option<(Open, Duration)>, StateError> {
    let Some(open) = state.pairing()? else { return Ok(None) };
    match open.left(now) {
        Some(left) => Ok(Some((open, left))),
        None => {
            state.remove_pairing()?;
            Ok(None)
        }
    }
}

/// What the pairing string pins: SHA-256 of the link's public key.
pub(crate) fn key_sha256(key: &KeyPair) -> [u8; 32] {
    sekisho_seal::sha256(key.public_key().spki())
}

/// A certificate request made with the key: PKCS#10, DER. It carries the public
/// key and nothing else.
pub(crate) fn certificate_request(key: &KeyPair) -> Result<Vec<u8>, StateError> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    let request = parameters.serialize_request(key);
    Ok(request.map_err(|error| StateError::Key(error.to_string()))?.der().to_vec())
}

/// Why a pairing was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// None waits, or its time is over.
    #[error("no pairing is open here; run `sekisho-gateway pair` on the gateway")]
    NotOpen,
    /// The body is no envelope.
    #[error("the request is not a pairing")]
    Malformed,
    /// The string is another one, or its secret is.
    #[error("the pairing string is not the one this gateway printed last")]
    Wrong,
    /// The one who dialled has the secret, but what it brought is not usable.
    #[error("the gateway does not accept what it was given: {0}")]
    Unusable(String),
    /// The gateway's memory failed.
    #[error("the gateway cannot remember its pairing: {0}")]
    State(#[from] StateError),
}

impl Refusal {
    /// The HTTP status.
    const fn status(&self) -> u16 {
        match self {
            Self::NotOpen => 404,
            Self::Malformed => 400,
            Self::Wrong => 403,
            Self::Unusable(_) => 422,
            Self::State(_) => 500,
        }
    }
}

/// Where pairings arrive: the private listener of the running gateway.
pub struct Desk {
    state: State,
    /// Where agents are answered, as it was configured.
    agents: String,
    clock: Arc<dyn Clock>,
    /// One pairing at a time.
    one: Mutex<()>,
}

impl Desk {
    /// A desk for this memory.
    pub fn new(state: State, agents: String, clock: Arc<dyn Clock>) -> Self {
        Self { state, agents, clock, one: Mutex::new(()) }
    }

    /// Answers a request on the private listener. `None`: there is no such path,
    /// which holds for this one while no pairing is open. The second value is
    /// what this gateway is from now on.
    pub fn answer(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Option<(PrivateAnswer, Option<Membership>)> {
        if path != PAIRING_PATH {
            return None;
        }
        let done = Moment::read(self.clock.as_ref())
            .map_err(|error| Refusal::Unusable(error.to_string()))
            .and_then(|now| match method {
                "GET" => self.offer(now).map(|offer| (offer, None)),
                "POST" => self.take(body, now).map(|(answer, member)| (answer, Some(member))),
                _ => Err(Refusal::NotOpen),
            });
        match done {
            Ok((body, member)) => {
                let content_type = "application/octet-stream";
                Some((PrivateAnswer { status: 200, content_type, body }, member))
            }
            Err(Refusal::NotOpen) => None,
            Err(refusal) => {
                tracing::warn!(%refusal, "a pairing was refused");
                let body = refusal.to_string().into_bytes();
                let content_type = "text/plain; charset=utf-8";
                Some((PrivateAnswer { status: refusal.status(), content_type, body }, None))
            }
        }
    }

    /// What a gateway that waits for its pairing says.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`], or the gateway's memory fails.
    pub fn offer(&self, now: Moment) -> Result<Vec<u8>, Refusal> {
        leaving_nothing(|| self.offer_once(now))
    }

    fn offer_once(&self, now: Moment) -> Result<Vec<u8>, Refusal> {
        let _one = self.one.lock().expect("no holder panics");
        let (open, _) = current(&self.state, now)?.ok_or(Refusal::NotOpen)?;
        let (key, _) = self.state.link_key_or_new()?;
        let offer = PairingOffer {
            link_major: LINK_MAJOR,
            version: crate::VERSION.to_owned(),
            key: opening_key(&open)?.public(),
            request: certificate_request(&key)?,
        };
        Ok(cbor::encode(&offer))
    }

    /// Takes a pairing: once, from whoever has the secret. It is durable before
    /// the answer exists.
    ///
    /// # Errors
    /// Says why not. The fifth wrong try closes the pairing.
    pub fn take(&self, body: &[u8], now: Moment) -> Result<(Vec<u8>, Membership), Refusal> {
        leaving_nothing(|| self.take_once(body, now))
    }

    fn take_once(&self, body: &[u8], now: Moment) -> Result<(Vec<u8>, Membership), Refusal> {
        let _one = self.one.lock().expect("no holder panics");
        let (open, _) = current(&self.state, now)?.ok_or(Refusal::NotOpen)?;
        let envelope: PairingEnvelope =
            cbor::decode(body, MAX_PAIRING_BYTES).map_err(|_| Refusal::Malformed)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(&envelope.id[..], &open.id[..])) {
            return Err(Refusal::Wrong);
        }
        let (key, _) = self.state.link_key_or_new()?;
        // The address is no part of what the two ends must agree on.
        let address = Endpoint { host: "gateway".to_owned(), port: 1 };
        let text = open.text(key_sha256(&key), &address);
        let judged = open_pairing(&envelope, &text, &opening_key(&open)?)
            .map_err(|_| Refusal::Wrong)
            .and_then(|(pairing, exporter)| {
                let member = judge(pairing, &key, now.wall).map_err(Refusal::Unusable)?;
                Ok((member, exporter))
            });
        let (member, exporter) = match judged {
            Ok(judged) => judged,
            Err(refusal) => {
                self.count_wrong(open)?;
                return Err(refusal);
            }
        };
        // First the string dies, then the gateway becomes one of the site: a
        // crash in between costs another `pair`, never a second use.
        self.state.remove_pairing()?;
        self.state.put_membership(&member)?;
        tracing::info!(gateway = %member.gateway, name = member.name, "paired");
        let answer = PairingAnswer { gateway: member.gateway, agents: self.agents.clone() };
        Ok((seal_pairing_answer(&answer, &exporter), member))
    }

    fn count_wrong(&self, mut open: Open) -> Result<(), StateError> {
        open.wrong += 1;
        if open.wrong < MAX_WRONG {
            return self.state.put_pairing(&open);
        }
        tracing::warn!(
            tries = open.wrong,
            "the pairing is closed; run `sekisho-gateway pair` again"
        );
        self.state.remove_pairing()
    }
}

fn opening_key(open: &Open) -> Result<OpeningKey, StateError> {
    let secret = Zeroizing::new(open.opening);
    OpeningKey::from_secret(&Secret::new(secret.to_vec()))
        .map_err(|_| StateError::Damaged { name: "pairing.cbor" })
}

/// Whether a gateway can be what the pairing says: the bundles follow the
/// anchor, and the certificate is for this gateway's key and by the site.
fn judge(pairing: Pairing, key: &KeyPair, now: Timestamp) -> Result<Membership, String> {
    let Pairing { anchor, bundles, gateway, name, chain, dial } = pairing;
    let member =
        Membership { gateway, name, anchor, bundles, renew_at: now, chain, dial, paired_at: now };
    let roots = member.trust().map_err(|error| error.to_string())?.bundle().ca_roots.clone();
    let roots: Vec<&[u8]> = roots.iter().map(|root| root.as_slice()).collect();
    let renew_at = judge_link_chain(&member, &roots, key, now)?;
    if member.name.is_empty()
        || member.name.chars().count() > MAX_NAME_CHARS
        || member.name.chars().any(char::is_control)
    {
        return Err("the gateway's name is empty, too long, or not a name".to_owned());
    }
    if let Some(dial) = &member.dial {
        dial.parse::<Endpoint>().map_err(|error| error.to_string())?;
    }
    Ok(Membership { renew_at, ..member })
}

/// Whether the chain in it is a link certificate of this gateway, made for this
/// key by the site; when it should be renewed.
pub(crate) fn judge_link_chain(
    member: &Membership,
    roots: &[&[u8]],
    key: &KeyPair,
    now: Timestamp,
) -> Result<Timestamp, String> {
    let (leaf, rest) = member.chain.split_first().ok_or("there is no link certificate")?;
    let certificate = LinkCertificate::parse(leaf).map_err(|error| error.to_string())?;
    if certificate.site != member.anchor.site || certificate.gateway != Some(member.gateway) {
        return Err("the link certificate is for another gateway".to_owned());
    }
    if certificate.key != *key.public_key() {
        return Err("the link certificate is for another key".to_owned());
    }
    let rest: Vec<&[u8]> = rest.iter().map(|der| der.as_slice()).collect();
    let mut problem = "the trust bundle names no certificate authority".to_owned();
    for root in roots {
        match verify_chain(leaf, &rest, root, Usage::Client, now) {
            Ok(Chain::Valid) => {
                let facts = server_certificate_facts(leaf).ok_or("it cannot be read")?;
                let jitter = Jitter::of(&facts.serial);
                return Ok(renewal_at(facts.not_before, facts.not_after, jitter));
            }
            Ok(Chain::Expired { since }) => {
                problem = format!("the link certificate expired at {since}; check this clock");
            }
            Err(error) => problem = error.to_string(),
        }
    }
    Err(problem)
}

#[cfg(test)]
pub(crate) mod testing {
    //! A site as the gateway meets it.

    use super::*;
    use sekisho_model::id::{GatewayId, SiteId};
    use sekisho_model::rng::SeededRng;
    use sekisho_pki::{SiteCa, SiteTrust};
    use sekisho_seal::bundle::sign_bundle;
    use sekisho_seal::sign::SigningKey;
    use sekisho_wire::bundle::{Bundle, Mode, SiteAnchor, TlsCheck};
    use serde_bytes::ByteBuf;

    pub(crate) fn moment() -> Moment {
        let wall = "2026-11-22T12:00:00Z".parse().expect("a time");
        Moment { wall, up: Duration::from_secs(1000) }
    }

    pub(crate) fn later(by: Duration) -> Moment {
        Moment { wall: moment().wall.plus(by), up: moment().up + by }
    }

    pub(crate) struct Site {
        pub(crate) anchor: SiteAnchor,
        pub(crate) bundles: Vec<ByteBuf>,
        pub(crate) ca: SiteCa,
        pub(crate) gateway: GatewayId,
        pub(crate) rng: SeededRng,
        root: SigningKey,
    }

    impl Site {
        /// One with two bundles.
        pub(crate) fn new(seed: u64) -> Self {
            let rng = SeededRng::new(seed);
            let root = SigningKey::generate(&rng);
            let site = SiteId::at(moment().wall, &rng);
            let new = SiteCa::create(site, moment().wall, &rng).expect("made");
            let trust =
                SiteTrust::new(site, &new.root, &[new.issuing.certificate]).expect("its own");
            let ca = SiteCa::load(trust, &new.issuing.key).expect("its own");
            let anchor = SiteAnchor { site, root_key: root.public() };
            let gateway = GatewayId::at(moment().wall, &rng);
            let mut made = Self { anchor, bundles: Vec::new(), ca, gateway, rng, root };
            made.publish();
            made.publish();
            made
        }

        pub(crate) fn publish(&mut self) {
            let bundle = Bundle {
                protocol: sekisho_wire::PROTOCOL,
                site: self.anchor.site,
                version: self.bundles.len() as u64 + 1,
                previous: self.bundles.last().map(|last| sekisho_seal::sha256(last).into()),
                issued: moment().wall,
                min_mode: Mode::Certificate,
                order_keys: vec![],
                receipt_keys: vec![],
                recovery_keys: vec![],
                ca_roots: vec![ByteBuf::from(self.ca.trust().root().to_vec())],
                server_tls: TlsCheck::SiteCa,
                gateways: vec![],
                min_protocol: 1,
            };
            self.bundles.push(ByteBuf::from(sign_bundle(&bundle, &self.root)));
        }

        pub(crate) fn pairing(&self, request: &[u8]) -> Pairing {
            let now = moment().wall;
            let issued = self.ca.issue_gateway(request, self.gateway, now, &self.rng);
            let issued = issued.expect("a good request");
            let chain = [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from);
            Pairing {
                anchor: self.anchor.clone(),
                bundles: self.bundles.clone(),
                gateway: self.gateway,
                name: "dmz-1".to_owned(),
                chain: chain.collect(),
                dial: None,
            }
        }

        pub(crate) fn membership(&self, key: &KeyPair) -> Membership {
            let request = certificate_request(key).expect("a request");
            judge(self.pairing(&request), key, moment().wall).expect("a good pairing")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Site, later, moment};
    use super::*;
    use sekisho_model::rng::SeededRng;
    use sekisho_platform::disk::{Disk, MemoryDisk};
    use sekisho_seal::gateway::{open_pairing_answer, seal_pairing};
    use sekisho_seal::sealing::Exporter;

    struct Gateway {
        disk: Arc<MemoryDisk>,
        state: State,
        desk: Desk,
        rng: SeededRng,
    }

    impl Gateway {
        fn new() -> Self {
            let disk = Arc::new(MemoryDisk::new());
            let state = State::new(disk.clone());
            let clock = Arc::new(sekisho_model::clock::SystemClock);
            let desk = Desk::new(state.clone(), "0.0.0.0:8383".to_owned(), clock);
            Self { disk, state, desk, rng: SeededRng::new(9) }
        }

        fn begin(&self) -> PairingText {
            let address = "10.0.1.5:8363".parse().expect("an address");
            begin(&self.state, &address, moment(), &self.rng).expect("begun")
        }

        fn offer(&self) -> PairingOffer {
            let offer = self.desk.offer(moment()).expect("open");
            cbor::decode(&offer, MAX_PAIRING_BYTES).expect("an offer")
        }

        /// What a server with this string sends.
        fn envelope(&self, text: &PairingText, pairing: &Pairing) -> (Vec<u8>, Exporter) {
            let (envelope, exporter) =
                seal_pairing(pairing, text, &self.offer().key, &self.rng).expect("sealed");
            (cbor::encode(&envelope), exporter)
        }

        fn is_open(&self) -> bool {
            waiting(&self.state, moment()).expect("read").is_some()
        }
    }

    #[test]
    fn who_has_the_string_makes_the_gateway_one_of_its_site_once() {
        let (gateway, site) = (Gateway::new(), Site::new(1));
        let text = gateway.begin();
        // The string survives its way through a person's hands.
        let text = PairingText::parse(&text.to_text()).expect("readable");
        assert_eq!(text.address, "10.0.1.5:8363");
        let (sent, exporter) = gateway.envelope(&text, &site.pairing(&gateway.offer().request));
        let (answer, member) = gateway.desk.take(&sent, moment()).expect("taken");
        let answer = open_pairing_answer(&answer, &exporter).expect("by who has the secret");
        assert_eq!((answer.gateway, answer.agents.as_str()), (site.gateway, "0.0.0.0:8383"));
        assert_eq!(member.trust().expect("believed").bundle().version, 2);
        let life = member.renew_at.since(moment().wall).as_secs() / 86_400;
        assert!((7..=12).contains(&life), "renewed after {life} days");
        gateway.disk.crash();
        assert_eq!(gateway.state.membership().expect("read"), Some(member));
        // Used up: neither a replay nor another server gets a word.
        assert!(matches!(gateway.desk.take(&sent, moment()), Err(Refusal::NotOpen)));
        assert!(matches!(gateway.desk.offer(moment()), Err(Refusal::NotOpen)));
    }

    #[test]
    fn a_wrong_secret_is_counted_and_the_fifth_closes_the_pairing() {
        let (gateway, site) = (Gateway::new(), Site::new(1));
        let text = gateway.begin();
        let pairing = site.pairing(&gateway.offer().request);
        let wrong = PairingText { secret: Secret::new(vec![7; 32]), ..text.clone() };
        let (guess, _) = gateway.envelope(&wrong, &pairing);
        let (right, _) = gateway.envelope(&text, &pairing);
        for _ in 0..MAX_WRONG {
            assert!(gateway.is_open());
            assert!(matches!(gateway.desk.take(&guess, moment()), Err(Refusal::Wrong)));
        }
        assert!(matches!(gateway.desk.take(&right, moment()), Err(Refusal::NotOpen)));
        assert_eq!(gateway.state.membership().expect("read"), None);
    }

    #[test]
    fn who_does_not_have_the_string_cannot_use_its_tries_up() {
        let (gateway, site) = (Gateway::new(), Site::new(1));
        let text = gateway.begin();
        let pairing = site.pairing(&gateway.offer().request);
        let stranger = PairingText { id: [0; 16], ..text };
        let (sent, _) = gateway.envelope(&stranger, &pairing);
        for _ in 0..3 * MAX_WRONG {
            assert!(matches!(gateway.desk.take(&sent, moment()), Err(Refusal::Wrong)));
            assert!(matches!(gateway.desk.take(b"\xff", moment()), Err(Refusal::Malformed)));
        }
        assert!(gateway.is_open());
    }

    #[test]
    fn a_string_dies_after_half_an_hour_by_either_clock_and_with_a_restart() {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        let end = later(minutes(30));
        for (now, open) in [
            (later(minutes(29)), true),
            (end, false),
            // Somebody sets the clock back, or lets it run ahead.
            (Moment { wall: moment().wall, ..end }, false),
            (Moment { up: moment().up, ..end }, false),
            (Moment { wall: moment().wall.minus(minutes(1)), ..moment() }, false),
            // The machine was started anew.
            (Moment { wall: moment().wall, up: minutes(1) }, false),
        ] {
            let gateway = Gateway::new();
            gateway.begin();
            let left = waiting(&gateway.state, now).expect("read");
            assert_eq!(left.is_some(), open, "{now:?}");
            let kept = gateway.disk.read("pairing.cbor").expect("read");
            assert_eq!(kept.is_some(), open, "a dead secret is not kept");
        }
    }

    #[test]
    fn a_new_string_closes_the_one_before() {
        let (gateway, site) = (Gateway::new(), Site::new(1));
        let first = gateway.begin();
        let second = gateway.begin();
        let pairing = site.pairing(&gateway.offer().request);
        let (sent, _) = gateway.envelope(&first, &pairing);
        assert!(matches!(gateway.desk.take(&sent, moment()), Err(Refusal::Wrong)));
        let (sent, _) = gateway.envelope(&second, &pairing);
        assert!(gateway.desk.take(&sent, moment()).is_ok());
    }

    #[test]
    fn what_does_not_hang_together_is_refused_and_nothing_is_stored() {
        let (gateway, site, other) = (Gateway::new(), Site::new(1), Site::new(2));
        let text = gateway.begin();
        let request = gateway.offer().request;
        let good = site.pairing(&request);
        let foreign = other.pairing(&request);
        let key = KeyPair::generate().expect("a key");
        let for_another_key = site.pairing(&certificate_request(&key).expect("a request"));
        for (pairing, part) in [
            (Pairing { chain: foreign.chain, ..good.clone() }, "for another gateway"),
            (Pairing { chain: for_another_key.chain, ..good.clone() }, "for another key"),
            (Pairing { bundles: foreign.bundles, ..good.clone() }, "cannot be believed"),
            (Pairing { dial: Some("a b".to_owned()), ..good.clone() }, "is not a server address"),
        ] {
            let (sent, _) = gateway.envelope(&text, &pairing);
            let refusal = gateway.desk.take(&sent, moment()).expect_err(part);
            assert!(matches!(refusal, Refusal::Unusable(_)), "{refusal:?}");
            assert!(refusal.to_string().contains(part), "{refusal}");
        }
        assert_eq!(gateway.state.membership().expect("read"), None);
        let (sent, _) = gateway.envelope(&text, &good);
        assert!(gateway.desk.take(&sent, moment()).is_ok(), "four of five tries were used");
    }

    #[test]
    fn a_certificate_of_a_clock_that_is_ahead_is_named() {
        let (gateway, site) = (Gateway::new(), Site::new(1));
        let (key, _) = gateway.state.link_key_or_new().expect("made");
        let pairing = site.pairing(&certificate_request(&key).expect("a request"));
        let early = moment().wall.minus(Duration::from_hours(1));
        let refused = judge(pairing.clone(), &key, early).expect_err("not valid yet");
        assert!(refused.contains("check the clocks of both machines"), "{refused}");
        let late = moment().wall.plus(Duration::from_hours(24 * 40));
        let refused = judge(pairing, &key, late).expect_err("expired");
        assert!(refused.contains("expired"), "{refused}");
    }

    #[test]
    fn on_the_wire_nothing_is_there_while_no_pairing_is_open() {
        let gateway = Gateway::new();
        assert_eq!(gateway.desk.answer("GET", PAIRING_PATH, b""), None);
        assert_eq!(gateway.desk.answer("POST", PAIRING_PATH, b""), None);
        // By the clocks of this machine, which the desk reads itself.
        let now = Moment::read(&sekisho_model::clock::SystemClock).expect("read");
        let address = "10.0.1.5:8363".parse().expect("an address");
        begin(&gateway.state, &address, now, &gateway.rng).expect("begun");
        let status =
            |method, path| gateway.desk.answer(method, path, b"").map(|(answer, _)| answer.status);
        assert_eq!(status("GET", PAIRING_PATH), Some(200));
        assert_eq!(status("POST", PAIRING_PATH), Some(400));
        assert_eq!(status("DELETE", PAIRING_PATH), None);
        assert_eq!(status("GET", "/gateway/v1/pairing/"), None);
    }
}
