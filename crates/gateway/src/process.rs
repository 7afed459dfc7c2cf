//! What stands between files and data plane while a gateway runs: the process
//! keeps what the server sends, renews certificates, and tells the data plane
//! when something in the memory was changed.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use sekisho_model::id::GatewayId;
use sekisho_model::{Clock, Timestamp};
use sekisho_pki::{KeyPair, SubjectName, server_certificate_facts};
use sekisho_wire::gateway::{GatewayConfig, GatewayStatus, LINK_MAJOR};
use serde_bytes::ByteBuf;
use tokio::sync::Notify;

use crate::certificate::{shown, subject_names};
use crate::pairing::{self, Desk, Moment, certificate_request, judge_link_chain};
use crate::parts::{Classic, Identity, Issued, Keeper, Paired, PrivateAnswer, PublicCertificate};
use crate::report::{Belongs, Listening, Report};
use crate::state::{KeptCertificate, Membership, State, StateError};

/// What the process asks of a data plane that works.
pub trait Plane: Send + Sync {
    /// From now on the public listeners are answered. Before, only the private
    /// one is: a successor proves itself first.
    fn open(&self);

    /// Holds the private listener back, or answers it again: while a successor
    /// proves itself, the server must reach that one.
    fn hold_private(&self, held: bool);

    /// What the gateway shows to its server from the next connection on.
    fn identify(&self, identity: Identity);

    /// Whom the gateway belongs to from now on; what came from its former site is
    /// forgotten, and its links are closed.
    fn belong(&self, paired: Option<Paired>);

    /// The certificate that agents see from now on.
    fn show(&self, public: PublicCertificate);

    /// Asks the server for a certificate. The answer comes to
    /// [`Keeper::issued`]; without a link there is none, and it is asked again.
    fn request_certificate(&self, for_link: bool, request: Vec<u8>);

    /// Has the server dial again: a successor answers. Without a link nothing
    /// happens; the server dials by itself then.
    fn dial_again(&self);

    /// How it is.
    fn status(&self) -> GatewayStatus;

    /// Connections of the link.
    fn links(&self) -> u64;

    /// When something was last heard of the server; `None`: never since the start.
    fn server_heard(&self) -> Option<Timestamp>;

    /// The socket of the pass-through listener, while it is open.
    fn pass_through(&self) -> Option<TcpListener>;

    /// Sends a request through this very process, from its own agent plane to
    /// the server and back.
    ///
    /// # Errors
    /// Says what did not work.
    fn check_itself(&self, patience: Duration) -> Result<(), String>;

    /// Stops accepting, lets connections go one after the other over `spread`,
    /// finishes what has begun, and ends. Returns when nothing is left, at the
    /// latest after `spread` and `grace`.
    fn drain(&self, spread: Duration, grace: Duration);
}

/// What the memory says, as far as the data plane must know.
pub struct Memory {
    /// What the gateway shows to its server.
    pub identity: Identity,
    /// Whom it belongs to.
    pub paired: Option<Paired>,
    paired_at: Option<Timestamp>,
}

/// What the data plane was told last, to see what has changed: belonging anew
/// closes every link.
struct Told {
    chain: Vec<Vec<u8>>,
    gateway: Option<(GatewayId, Option<Timestamp>)>,
}

impl Told {
    fn of(memory: &Memory) -> Self {
        let gateway = memory.paired.as_ref().map(|paired| (paired.gateway, memory.paired_at));
        Self { chain: memory.identity.chain.clone(), gateway }
    }
}

/// The certificate of the public listeners that was asked for.
struct Asked {
    key: KeyPair,
    names: Vec<String>,
}

/// How long an answer to a request for a certificate is waited for.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// What the data plane tells, kept.
pub struct Process {
    state: State,
    desk: Desk,
    clock: Arc<dyn Clock>,
    plane: OnceLock<Arc<dyn Plane>>,
    told: Mutex<Option<Told>>,
    /// The names that the site's certificate should be for.
    names: Mutex<Vec<String>>,
    asked: Mutex<Option<Asked>>,
    /// The memory was changed, and the data plane was not told yet.
    again: AtomicBool,
    /// Rung when there is something to do.
    changed: Notify,
}

impl Process {
    /// For a gateway with this memory that answers agents at `agents`.
    pub fn new(state: State, agents: String, clock: Arc<dyn Clock>) -> Self {
        let desk = Desk::new(state.clone(), agents, clock.clone());
        Self {
            state,
            desk,
            clock,
            plane: OnceLock::new(),
            told: Mutex::default(),
            names: Mutex::default(),
            asked: Mutex::default(),
            again: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// The data plane, once it works by `memory`.
    pub fn attach(&self, plane: Arc<dyn Plane>, told: &Memory) {
        *self.told.lock().expect("no holder panics") = Some(Told::of(told));
        if self.plane.set(plane).is_err() {
            unreachable!("a process has one data plane");
        }
        self.changed.notify_one();
    }

    pub(crate) fn plane(&self) -> Option<&Arc<dyn Plane>> {
        self.plane.get()
    }

    /// Whom the gateway belongs to, and what it shows to the server.
    ///
    /// # Errors
    /// When the memory fails, is damaged, or holds what cannot be believed.
    pub fn memory(&self) -> Result<Memory, StateError> {
        let (key, pkcs8) = self.state.link_key_or_new()?;
        let Some(membership) = self.state.membership()? else {
            let identity = Identity { chain: self_signed(&key)?, key: pkcs8 };
            return Ok(Memory { identity, paired: None, paired_at: None });
        };
        let trust = membership.trust()?;
        let chain = membership.chain.iter().map(|der| der.to_vec()).collect();
        let classic = membership.dial.map(|dial| Classic { dial });
        Ok(Memory {
            identity: Identity { chain, key: pkcs8 },
            paired: Some(Paired { gateway: membership.gateway, trust, classic }),
            paired_at: Some(membership.paired_at),
        })
    }

    /// Tells the data plane what of the memory is new to it.
    fn tell(&self) -> Result<(), StateError> {
        let Some(plane) = self.plane() else { return Ok(()) };
        // Until it is told: what somebody else reads later is told later.
        let mut told = self.told.lock().expect("no holder panics");
        let memory = self.memory()?;
        let new = Told::of(&memory);
        let former = told.replace(new);
        let new = Told::of(&memory);
        let is_other = former.as_ref().is_none_or(|former| former.gateway != new.gateway);
        if is_other || former.is_none_or(|former| former.chain != new.chain) {
            plane.identify(memory.identity);
        }
        if is_other {
            plane.belong(memory.paired);
        }
        Ok(())
    }

    /// What agents see: what was imported, or else what the site issued.
    ///
    /// # Errors
    /// When the memory fails. What cannot be used is passed over, and said.
    pub fn public(&self) -> Result<Option<PublicCertificate>, StateError> {
        let kept = [(self.state.imported()?, true), (self.state.site_certificate()?, false)];
        for (kept, imported) in kept {
            let Some(kept) = kept else { continue };
            match shown(&kept, imported) {
                Ok(public) => return Ok(Some(public)),
                Err(error) => {
                    tracing::error!(%error, imported, "a kept certificate cannot be used");
                }
            }
        }
        Ok(None)
    }

    /// Reads the memory again and tells the data plane.
    ///
    /// # Errors
    /// When the memory fails; the data plane goes on as it is.
    pub fn look_again(&self) -> Result<(), StateError> {
        self.tell()?;
        if let (Some(public), Some(plane)) = (self.public()?, self.plane()) {
            plane.show(public);
        }
        self.renew();
        Ok(())
    }

    /// Asks the server for what is due: the certificate of the link, and the one
    /// of the public listeners while the site issues it.
    pub fn renew(&self) {
        if let Err(error) = self.try_renew() {
            tracing::error!(%error, "certificates cannot be renewed");
        }
    }

    fn try_renew(&self) -> Result<(), StateError> {
        let Some(plane) = self.plane() else { return Ok(()) };
        let Some(membership) = self.state.membership()? else { return Ok(()) };
        let now = self.clock.now();
        if now >= membership.renew_at {
            let (key, _) = self.state.link_key_or_new()?;
            plane.request_certificate(true, certificate_request(&key)?);
        }
        let names = self.names.lock().expect("no holder panics").clone();
        if names.is_empty() || self.state.imported()?.is_some() {
            return Ok(());
        }
        let kept = self.state.site_certificate()?;
        if kept.is_some_and(|kept| now < kept.renew_at && is_for(&kept, &names)) {
            return Ok(());
        }
        let mut asked = self.asked.lock().expect("no holder panics");
        // The answer to an earlier request is still good if it was for the same.
        let asked = match asked.take() {
            Some(before) if before.names == names => asked.insert(before),
            Some(_) | None => {
                let key = KeyPair::generate().map_err(|e| StateError::Key(e.to_string()))?;
                asked.insert(Asked { key, names })
            }
        };
        plane.request_certificate(false, certificate_request(&asked.key)?);
        Ok(())
    }

    /// Renews now and then until the process ends, and tells the data plane of
    /// a pairing.
    pub(crate) async fn keep_fresh(&self) {
        loop {
            let _ = tokio::time::timeout(ASK_AGAIN, self.changed.notified()).await;
            if !self.again.swap(false, Ordering::SeqCst) {
                self.renew();
            } else if let Err(error) = self.look_again() {
                tracing::error!(%error, "a change of the gateway's memory takes a restart to work");
            }
        }
    }

    fn take_link_certificate(&self, issued: Issued) -> Result<(), String> {
        let text = |error: StateError| error.to_string();
        let membership = self.state.membership().map_err(text)?.ok_or("not paired any more")?;
        let (key, _) = self.state.link_key_or_new().map_err(text)?;
        let chain: Vec<ByteBuf> = issued.chain.into_iter().map(ByteBuf::from).collect();
        let trust = membership.trust().map_err(|error| error.to_string())?;
        let roots: Vec<&[u8]> = trust.bundle().ca_roots.iter().map(|root| &***root).collect();
        let candidate = Membership { chain, ..membership };
        judge_link_chain(&candidate, &roots, &key, self.clock.now())?;
        self.state.keep_link_chain(candidate.chain, issued.renew_at).map_err(text)?;
        self.tell().map_err(text)?;
        tracing::info!(until = %issued.not_after, "the certificate of the link was renewed");
        Ok(())
    }

    fn take_public_certificate(&self, issued: Issued) -> Result<(), String> {
        let asked = self.asked.lock().expect("no holder panics").take();
        let asked = asked.ok_or("nobody asked for it")?;
        let pkcs8 = asked.key.to_pkcs8().map_err(|error| error.to_string())?;
        let kept = KeptCertificate {
            key: pkcs8.expose().to_vec(),
            chain: issued.chain.into_iter().map(ByteBuf::from).collect(),
            renew_at: issued.renew_at,
        };
        let public = shown(&kept, false).map_err(|error| error.to_string())?;
        self.state.put_site_certificate(&kept).map_err(|error| error.to_string())?;
        let names = public.status.names.join(", ");
        let is_imported = self.state.imported().map_err(|error| error.to_string())?.is_some();
        if let (Some(plane), false) = (self.plane(), is_imported) {
            plane.show(public);
        }
        tracing::info!(names, until = %issued.not_after, "the public certificate was renewed");
        Ok(())
    }

    /// How this gateway is.
    ///
    /// # Errors
    /// When the memory fails.
    pub(crate) fn report(
        &self,
        listening: Listening,
        notes: &[String],
    ) -> Result<Report, StateError> {
        let belongs = match self.state.membership()? {
            None => None,
            Some(membership) => Some(Belongs {
                gateway: membership.gateway,
                site: membership.anchor.site,
                paired_at: membership.paired_at,
                bundle_version: membership.trust()?.bundle().version,
                name: membership.name,
                dial: membership.dial,
            }),
        };
        let now = Moment::read(self.clock.as_ref()).map_err(|error| StateError::Disk {
            doing: "read",
            name: "the time since the start",
            source: std::io::Error::other(error),
        })?;
        let left = pairing::waiting(&self.state, now)?;
        Ok(Report {
            version: crate::VERSION.to_owned(),
            pid: std::process::id(),
            link_major: LINK_MAJOR,
            belongs,
            pairing_left_s: left.map(|left| left.as_secs()),
            listening,
            links: self.plane().map_or(0, |plane| plane.links()),
            server_heard: self.plane().and_then(|plane| plane.server_heard()),
            notes: notes.to_owned(),
            status: self.plane().map(|plane| plane.status()).unwrap_or_default(),
        })
    }
}

impl Keeper for Process {
    fn keep_bundles(&self, bundles: &[ByteBuf]) -> Result<(), String> {
        self.state.keep_bundles(bundles).map_err(|error| error.to_string())
    }

    fn issued(&self, issued: Issued) {
        let for_link = issued.for_link;
        let taken = match for_link {
            true => self.take_link_certificate(issued),
            false => self.take_public_certificate(issued),
        };
        if let Err(problem) = taken {
            tracing::error!(problem, for_link, "the certificate that came is not used");
        }
    }

    fn configured(&self, config: &GatewayConfig) {
        let mut names = config.public_names.clone();
        names.sort_unstable();
        names.dedup();
        *self.names.lock().expect("no holder panics") = names;
        self.changed.notify_one();
    }

    fn answer(&self, method: &str, path: &str, body: &[u8]) -> Option<PrivateAnswer> {
        let (answer, member) = self.desk.answer(method, path, body)?;
        if member.is_some() {
            // Not from here: the answer must still go out by what there is.
            self.again.store(true, Ordering::SeqCst);
            self.changed.notify_one();
        }
        Some(answer)
    }
}

/// Whether a certificate is for these names and no others.
fn is_for(kept: &KeptCertificate, names: &[String]) -> bool {
    let facts = kept.chain.first().and_then(|leaf| server_certificate_facts(leaf));
    let known = |names: &[String]| {
        let names = subject_names(names.iter().map(String::as_str));
        let mut names: Vec<String> = names.iter().map(SubjectName::to_string).collect();
        names.sort_unstable();
        names
    };
    facts.is_some_and(|facts| known(&facts.names) == known(names))
}

/// What an unpaired gateway shows on its private listener. Nobody checks more
/// of it than its key.
fn self_signed(key: &KeyPair) -> Result<Vec<Vec<u8>>, StateError> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Sekisho gateway");
    let made = parameters.self_signed(key).map_err(|error| StateError::Key(error.to_string()))?;
    Ok(vec![made.der().to_vec()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::testing::{Site, moment};
    use sekisho_model::clock::ManualClock;
    use sekisho_pki::SiteCa;
    use sekisho_platform::disk::MemoryDisk;
    use sekisho_wire::gateway::{Limits, TlsPolicy};

    /// A data plane that remembers what it was told.
    #[derive(Default)]
    struct Double {
        requests: Mutex<Vec<(bool, Vec<u8>)>>,
        shown: Mutex<Vec<PublicCertificate>>,
        identities: Mutex<Vec<Identity>>,
        belongs: Mutex<Vec<Option<GatewayId>>>,
    }

    impl Plane for Double {
        fn open(&self) {}
        fn hold_private(&self, _held: bool) {}
        fn identify(&self, identity: Identity) {
            self.identities.lock().expect("whole").push(identity);
        }
        fn belong(&self, paired: Option<Paired>) {
            self.belongs.lock().expect("whole").push(paired.map(|paired| paired.gateway));
        }
        fn show(&self, public: PublicCertificate) {
            self.shown.lock().expect("whole").push(public);
        }
        fn request_certificate(&self, for_link: bool, request: Vec<u8>) {
            self.requests.lock().expect("whole").push((for_link, request));
        }
        fn dial_again(&self) {}
        fn status(&self) -> GatewayStatus {
            GatewayStatus::default()
        }
        fn links(&self) -> u64 {
            0
        }
        fn server_heard(&self) -> Option<Timestamp> {
            None
        }
        fn pass_through(&self) -> Option<TcpListener> {
            None
        }
        fn check_itself(&self, _patience: Duration) -> Result<(), String> {
            Ok(())
        }
        fn drain(&self, _spread: Duration, _grace: Duration) {}
    }

    struct Gateway {
        clock: Arc<ManualClock>,
        state: State,
        process: Process,
        plane: Arc<Double>,
        site: Site,
    }

    impl Gateway {
        /// A paired one.
        fn new() -> Self {
            let clock = Arc::new(ManualClock::new(moment().wall));
            let state = State::new(Arc::new(MemoryDisk::new()));
            let site = Site::new(3);
            let (key, _) = state.link_key_or_new().expect("made");
            state.put_membership(&site.membership(&key)).expect("stored");
            let process = Process::new(state.clone(), "0.0.0.0:8383".to_owned(), clock.clone());
            let plane = Arc::new(Double::default());
            process.attach(plane.clone(), &process.memory().expect("read"));
            Self { clock, state, process, plane, site }
        }

        fn configure(&self, names: &[&str]) {
            let rates = Limits::default();
            self.process.configured(&GatewayConfig {
                site: self.site.anchor.site,
                gateway: self.site.gateway,
                version: 1,
                issued: moment().wall,
                server_version: "1".to_owned(),
                routes: vec![],
                tls: TlsPolicy { versions: vec![], suites: vec![], groups: vec![] },
                limits: rates,
                offices: vec![],
                ca_roots: vec![],
                ca_issuing: vec![],
                revoked: vec![],
                public_names: names.iter().map(|name| (*name).to_owned()).collect(),
                pass_through: None,
            });
            self.process.renew();
        }

        fn asked(&self) -> Vec<(bool, Vec<u8>)> {
            std::mem::take(&mut self.plane.requests.lock().expect("whole"))
        }

        /// The server answers the request.
        fn issue(&self, for_link: bool, request: &[u8], names: &[&str]) {
            let (ca, rng, now) = (&self.site.ca, &self.site.rng, self.clock.now());
            let issued = if for_link {
                ca.issue_gateway(request, self.site.gateway, now, rng)
            } else {
                let key = SiteCa::key_of_request(request).expect("signed");
                ca.issue_server(&subject_names(names.iter().copied()), &key, now, rng)
            };
            let issued = issued.expect("issued");
            let chain = [issued.der].into_iter().chain(issued.chain).collect();
            let renew_at = now.plus(Duration::from_hours(240));
            let not_after = issued.not_after;
            self.process.issued(Issued { for_link, chain, renew_at, not_after });
        }

        fn shown_names(&self) -> Vec<Vec<String>> {
            let shown = self.plane.shown.lock().expect("whole");
            shown.iter().map(|public| public.status.names.clone()).collect()
        }
    }

    #[test]
    fn the_sites_certificate_follows_the_names_and_its_time() {
        let gateway = Gateway::new();
        gateway.process.renew();
        assert!(gateway.asked().is_empty(), "nobody has said for which names");
        gateway.configure(&["dmz.example.jp"]);
        let asked = gateway.asked();
        let [(false, request)] = asked.as_slice() else { panic!("{asked:?}") };
        // Asked again before the answer, it is the same key: either answer fits.
        gateway.process.renew();
        let again = SiteCa::key_of_request(&gateway.asked()[0].1).expect("signed");
        assert_eq!(again, SiteCa::key_of_request(request).expect("signed"));
        gateway.issue(false, request, &["dmz.example.jp"]);
        assert_eq!(gateway.shown_names(), [["dmz.example.jp"]]);
        gateway.configure(&["dmz.example.jp"]);
        assert!(gateway.asked().is_empty(), "it has it");
        gateway.configure(&["dmz.example.jp", "192.0.2.1"]);
        assert_eq!(gateway.asked().len(), 1, "another name");
        gateway.configure(&["dmz.example.jp"]);
        gateway.asked();
        gateway.clock.advance(Duration::from_hours(241));
        gateway.process.renew();
        assert!(gateway.asked().iter().any(|(for_link, _)| !for_link), "its time has come");
        // After a restart it is there without a server.
        let process = Process::new(gateway.state.clone(), String::new(), gateway.clock.clone());
        let public = process.public().expect("read").expect("kept");
        assert_eq!(public.status.names, ["dmz.example.jp"]);
    }

    #[test]
    fn an_imported_certificate_goes_before_the_sites() {
        let gateway = Gateway::new();
        gateway.configure(&["dmz.example.jp"]);
        let (_, request) = gateway.asked().remove(0);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = rcgen::CertificateParams::new(vec!["gw.example.com".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("signed");
        let kept = KeptCertificate {
            key: key.serialize_der(),
            chain: vec![ByteBuf::from(made.der().to_vec())],
            renew_at: moment().wall,
        };
        gateway.state.put_imported(&kept).expect("stored");
        gateway.process.look_again().expect("read");
        assert!(gateway.asked().is_empty(), "nothing is asked of the site");
        gateway.issue(false, &request, &["dmz.example.jp"]);
        assert_eq!(gateway.shown_names(), [["gw.example.com"]]);
        gateway.state.remove_imported().expect("removed");
        gateway.process.look_again().expect("read");
        assert_eq!(gateway.shown_names()[1], ["dmz.example.jp"], "what came meanwhile was kept");
    }

    #[test]
    fn the_certificate_of_the_link_is_renewed_with_its_own_key_only() {
        let gateway = Gateway::new();
        gateway.clock.advance(Duration::from_hours(24 * 15));
        gateway.process.renew();
        let asked = gateway.asked();
        let [(true, request)] = asked.as_slice() else { panic!("{asked:?}") };
        let other = certificate_request(&KeyPair::generate().expect("a key")).expect("signed");
        let before = gateway.state.membership().expect("read");
        gateway.issue(true, &other, &[]);
        assert_eq!(gateway.state.membership().expect("read"), before, "another key's");
        assert!(gateway.plane.identities.lock().expect("whole").is_empty());
        gateway.issue(true, request, &[]);
        let after = gateway.state.membership().expect("read").expect("paired");
        assert_ne!(Some(&after.chain), before.as_ref().map(|before| &before.chain));
        let told = gateway.plane.identities.lock().expect("whole");
        assert_eq!(told[0].chain[0], *after.chain[0]);
        let links = gateway.plane.belongs.lock().expect("whole");
        assert!(links.is_empty(), "no link is closed for it");
        gateway.process.renew();
        assert!(gateway.asked().is_empty());
    }

    #[test]
    fn links_are_closed_only_when_the_gateway_belongs_to_somebody_else() {
        let gateway = Gateway::new();
        gateway.process.look_again().expect("read");
        let told = || std::mem::take(&mut *gateway.plane.belongs.lock().expect("whole"));
        assert!(told().is_empty() && gateway.plane.identities.lock().expect("whole").is_empty());
        gateway.state.forget_site().expect("forgotten");
        gateway.process.look_again().expect("read");
        assert_eq!(told(), [None]);
        let other = Site::new(8);
        let (key, _) = gateway.state.link_key_or_new().expect("made");
        gateway.state.put_membership(&other.membership(&key)).expect("stored");
        gateway.process.look_again().expect("read");
        assert_eq!(told(), [Some(other.gateway)]);
        let identities = gateway.plane.identities.lock().expect("whole");
        assert_eq!(identities.len(), 2, "of nobody, and of the other site");
    }

    #[test]
    fn a_certificate_that_nobody_asked_for_is_not_shown() {
        let gateway = Gateway::new();
        let key = KeyPair::generate().expect("a key");
        let request = certificate_request(&key).expect("signed");
        gateway.issue(false, &request, &["evil.example.com"]);
        gateway.configure(&["dmz.example.jp"]);
        gateway.issue(false, &request, &["dmz.example.jp"]);
        assert!(gateway.shown_names().is_empty());
        assert!(gateway.state.site_certificate().expect("read").is_none());
    }

    #[test]
    fn a_damaged_certificate_is_passed_over() {
        let gateway = Gateway::new();
        let kept = KeptCertificate { key: vec![1], chain: vec![], renew_at: moment().wall };
        gateway.state.put_imported(&kept).expect("stored");
        assert!(gateway.process.public().expect("read").is_none());
    }
}
