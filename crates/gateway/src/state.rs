//! What the gateway remembers: its two keys, whom it belongs to, whom it
//! believes. The configuration is not part of it: without a server a gateway
//! relays nothing.
//!
//! Every file is replaced as a whole and durable before anybody hears of it.
//! What belongs together stands in one file, so that no crash can part it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sekisho_model::id::GatewayId;
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::KeyPair;
use sekisho_platform::PlatformError;
use sekisho_platform::disk::{Disk, RealDisk};
use sekisho_seal::bundle::{BundleError, Trust};
use sekisho_wire::bundle::SiteAnchor;
use sekisho_wire::cbor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const LINK_KEY: &str = "link.key";
const MEMBERSHIP: &str = "gateway.cbor";
const PAIRING: &str = "pairing.cbor";
const SITE_CERTIFICATE: &str = "public.cbor";
const IMPORTED: &str = "imported.cbor";

/// The files of a gateway's memory, for its backups. The pairing is not one: it
/// is good for half an hour.
pub const FILES: [&str; 4] = [LINK_KEY, MEMBERSHIP, SITE_CERTIFICATE, IMPORTED];

/// Longest file of the memory, in bytes.
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// Why the gateway's memory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk failed.
    #[error("the gateway's memory cannot be {doing} ({name}): {source}")]
    Disk {
        /// `read` or `written`.
        doing: &'static str,
        /// Which file.
        name: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file is damaged.
    #[error(
        "the gateway's memory is damaged ({name}); restore it from a backup, or run \
         `sekisho-gateway unpair` and pair this gateway again"
    )]
    Damaged {
        /// Which file.
        name: &'static str,
    },
    /// A key could not be made.
    #[error("no key could be made: {0}")]
    Key(String),
    /// It belongs to no site yet.
    #[error("this gateway is not paired; run `sekisho-gateway pair`")]
    NotPaired,
    /// The bundles cannot be believed.
    #[error(transparent)]
    Bundles(#[from] BundleError),
}

/// What a pairing left behind, with what came since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Who this gateway is.
    pub gateway: GatewayId,
    /// Its name at the site.
    pub name: String,
    /// The site.
    pub anchor: SiteAnchor,
    /// All signed trust bundles, from version 1.
    pub bundles: Vec<ByteBuf>,
    /// The link certificate, leaf first, DER.
    pub chain: Vec<ByteBuf>,
    /// When the link certificate is to be renewed.
    pub renew_at: Timestamp,
    /// The classic direction: where this gateway dials its server.
    pub dial: Option<String>,
    /// When it was paired.
    pub paired_at: Timestamp,
}

impl Membership {
    /// Whom to believe: the whole chain, checked again from the anchor.
    ///
    /// # Errors
    /// When it cannot be believed.
    pub fn trust(&self) -> Result<Trust, BundleError> {
        Trust::from_chain(&self.anchor, &self.bundles)
    }
}

/// A pairing that waits for its server. It holds a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Open {
    #[serde(with = "serde_bytes")]
    pub(crate) id: [u8; 16],
    #[serde(with = "serde_bytes")]
    pub(crate) secret: [u8; 32],
    /// The private half of the offered key, X25519.
    #[serde(with = "serde_bytes")]
    pub(crate) opening: [u8; 32],
    /// By the clock that people set.
    #[zeroize(skip)]
    pub(crate) made: Timestamp,
    /// By the clock that nobody sets, in milliseconds since the machine's start.
    pub(crate) made_up_ms: u64,
    pub(crate) wrong: u32,
}

/// A certificate of the public listeners with its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct KeptCertificate {
    /// The private key, PKCS#8.
    #[serde(with = "serde_bytes")]
    pub(crate) key: Vec<u8>,
    /// Leaf first, DER.
    #[zeroize(skip)]
    pub chain: Vec<ByteBuf>,
    /// When the site renews it. For an imported one its end: that one is renewed
    /// by whoever imported it.
    #[zeroize(skip)]
    pub renew_at: Timestamp,
}

impl std::fmt::Debug for KeptCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptCertificate").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

/// The gateway's memory.
#[derive(Clone)]
pub struct State {
    disk: Arc<dyn Disk>,
    /// One change of the membership at a time: a renewed certificate must not
    /// undo newer bundles.
    changing: Arc<Mutex<()>>,
}

impl State {
    /// The memory on a disk.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, changing: Arc::default() }
    }

    /// The memory in a folder, which is made if it is missing: 0700, with files
    /// 0600.
    ///
    /// # Errors
    /// When it cannot be made, or others may enter it.
    pub fn open(folder: &Path) -> Result<Self, PlatformError> {
        Ok(Self::new(Arc::new(RealDisk::open(folder)?)))
    }

    /// The key of the link; made and stored first if there is none.
    ///
    /// # Errors
    /// When the disk fails or the key is damaged.
    pub fn link_key_or_new(&self) -> Result<(KeyPair, Secret), StateError> {
        let _one = self.changing.lock().expect("no holder panics");
        if let Some(bytes) = self.bytes(LINK_KEY)? {
            let pkcs8 = Secret::new(bytes);
            let key = KeyPair::from_pkcs8(&pkcs8);
            return key.map(|key| (key, pkcs8)).map_err(|_| StateError::Damaged { name: LINK_KEY });
        }
        let made = KeyPair::generate().and_then(|key| Ok((key.to_pkcs8()?, key)));
        let (pkcs8, key) = made.map_err(|error| StateError::Key(error.to_string()))?;
        self.put_bytes(LINK_KEY, pkcs8.expose())?;
        Ok((key, pkcs8))
    }

    /// What the pairing left behind; `None`: not paired.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn membership(&self) -> Result<Option<Membership>, StateError> {
        self.find(MEMBERSHIP)
    }

    /// Remembers a pairing. Its certificate of the public listeners, if there
    /// was one of another site, goes first.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn put_membership(&self, membership: &Membership) -> Result<(), StateError> {
        let _one = self.changing.lock().expect("no holder panics");
        let former: Option<Membership> = self.find(MEMBERSHIP)?;
        if former.is_none_or(|former| former.gateway != membership.gateway) {
            self.remove(SITE_CERTIFICATE)?;
        }
        self.put(MEMBERSHIP, membership)
    }

    /// Remembers newer bundles, after they were checked to follow what is held.
    ///
    /// # Errors
    /// When they do not follow, or the disk fails.
    pub fn keep_bundles(&self, newer: &[ByteBuf]) -> Result<(), StateError> {
        let _one = self.changing.lock().expect("no holder panics");
        let mut membership = self.membership()?.ok_or(StateError::NotPaired)?;
        let mut trust = membership.trust()?;
        let before = membership.bundles.len();
        for bundle in newer {
            let held = trust.bundle().version;
            trust.advance(std::slice::from_ref(bundle))?;
            if trust.bundle().version > held {
                membership.bundles.push(bundle.clone());
            }
        }
        if membership.bundles.len() > before {
            self.put(MEMBERSHIP, &membership)?;
        }
        Ok(())
    }

    /// Remembers a renewed link certificate.
    ///
    /// # Errors
    /// When the disk fails, or the gateway is not paired any more.
    pub fn keep_link_chain(
        &self,
        chain: Vec<ByteBuf>,
        renew_at: Timestamp,
    ) -> Result<(), StateError> {
        let _one = self.changing.lock().expect("no holder panics");
        let mut membership = self.membership()?.ok_or(StateError::NotPaired)?;
        membership.chain = chain;
        membership.renew_at = renew_at;
        self.put(MEMBERSHIP, &membership)
    }

    /// The pairing that waits for its server, expired or not.
    pub(crate) fn pairing(&self) -> Result<Option<Open>, StateError> {
        self.find(PAIRING)
    }

    pub(crate) fn put_pairing(&self, open: &Open) -> Result<(), StateError> {
        self.put(PAIRING, open)
    }

    pub(crate) fn remove_pairing(&self) -> Result<(), StateError> {
        self.remove(PAIRING)
    }

    /// The certificate that the site issued for the public listeners.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn site_certificate(&self) -> Result<Option<KeptCertificate>, StateError> {
        self.find(SITE_CERTIFICATE)
    }

    pub(crate) fn put_site_certificate(&self, kept: &KeptCertificate) -> Result<(), StateError> {
        self.put(SITE_CERTIFICATE, kept)
    }

    /// The certificate that an administrator brought, which goes before the
    /// site's.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn imported(&self) -> Result<Option<KeptCertificate>, StateError> {
        self.find(IMPORTED)
    }

    pub(crate) fn put_imported(&self, kept: &KeptCertificate) -> Result<(), StateError> {
        self.put(IMPORTED, kept)
    }

    pub(crate) fn remove_imported(&self) -> Result<(), StateError> {
        self.remove(IMPORTED)
    }

    /// Forgets the site, and the key it knows: the next pairing makes another.
    /// An imported certificate stays; it is not the site's.
    ///
    /// The membership goes first, so that nothing runs with half a memory. A
    /// stop in between is finished by trying again.
    ///
    /// # Errors
    /// When the disk fails; what was not removed is still there.
    pub fn forget_site(&self) -> Result<(), StateError> {
        let _one = self.changing.lock().expect("no holder panics");
        for name in [MEMBERSHIP, PAIRING, SITE_CERTIFICATE, LINK_KEY] {
            self.remove(name)?;
        }
        Ok(())
    }

    fn find<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, StateError> {
        match self.bytes(name)?.map(Zeroizing::new) {
            None => Ok(None),
            Some(bytes) => cbor::decode(&bytes, MAX_FILE_BYTES)
                .map(Some)
                .map_err(|_| StateError::Damaged { name }),
        }
    }

    fn put<T: Serialize>(&self, name: &'static str, value: &T) -> Result<(), StateError> {
        self.put_bytes(name, &Zeroizing::new(cbor::encode(value)))
    }

    fn bytes(&self, name: &'static str) -> Result<Option<Vec<u8>>, StateError> {
        self.disk.read(name).map_err(|source| StateError::Disk { doing: "read", name, source })
    }

    fn put_bytes(&self, name: &'static str, bytes: &[u8]) -> Result<(), StateError> {
        let written = self.disk.write_atomic(name, bytes).and_then(|()| self.disk.sync_dir(""));
        written.map_err(|source| StateError::Disk { doing: "written", name, source })
    }

    fn remove(&self, name: &'static str) -> Result<(), StateError> {
        let removed = self.disk.remove(name).and_then(|()| self.disk.sync_dir(""));
        removed.map_err(|source| StateError::Disk { doing: "written", name, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::testing::{Site, moment};
    use sekisho_platform::disk::MemoryDisk;

    fn state() -> (Arc<MemoryDisk>, State) {
        let disk = Arc::new(MemoryDisk::new());
        (disk.clone(), State::new(disk))
    }

    #[test]
    fn what_was_stored_survives_a_power_cut() {
        let (disk, state) = state();
        let (key, _) = state.link_key_or_new().expect("made");
        let site = Site::new(2);
        let membership = site.membership(&key);
        state.put_membership(&membership).expect("stored");
        disk.crash();
        let state = State::new(disk);
        assert_eq!(state.membership().expect("read"), Some(membership));
        let (again, _) = state.link_key_or_new().expect("read");
        assert_eq!(again.public_key(), key.public_key());
    }

    #[test]
    fn bundles_are_kept_only_when_they_follow() {
        let (_, state) = state();
        let (key, _) = state.link_key_or_new().expect("made");
        let mut site = Site::new(2);
        assert!(matches!(state.keep_bundles(&site.bundles), Err(StateError::NotPaired)));
        state.put_membership(&site.membership(&key)).expect("stored");
        site.publish();
        site.publish();
        let version = || {
            let membership = state.membership().expect("read").expect("paired");
            membership.trust().expect("believed").bundle().version
        };
        let skipping = state.keep_bundles(&site.bundles[3..]);
        assert!(matches!(skipping, Err(StateError::Bundles(BundleError::Unlinked { .. }))));
        assert_eq!(version(), 2);
        // Known ones among them are passed over.
        state.keep_bundles(&site.bundles[1..]).expect("they follow");
        assert_eq!(version(), 4);
        let mut other = Site::new(7);
        other.publish();
        assert!(state.keep_bundles(&other.bundles).is_err(), "another site's");
        assert_eq!(version(), 4);
    }

    #[test]
    fn a_renewed_link_certificate_undoes_no_bundle() {
        let (_, state) = state();
        let (key, _) = state.link_key_or_new().expect("made");
        let mut site = Site::new(2);
        state.put_membership(&site.membership(&key)).expect("stored");
        site.publish();
        state.keep_bundles(&site.bundles).expect("they follow");
        let chain = vec![ByteBuf::from(vec![1])];
        state.keep_link_chain(chain.clone(), moment().wall).expect("stored");
        let membership = state.membership().expect("read").expect("paired");
        assert_eq!((membership.chain, membership.bundles.len()), (chain, 3));
    }

    #[test]
    fn a_forgotten_site_takes_its_key_along_and_leaves_what_was_imported() {
        let (_, state) = state();
        let (key, _) = state.link_key_or_new().expect("made");
        state.put_membership(&Site::new(2).membership(&key)).expect("stored");
        let kept = KeptCertificate { key: vec![1], chain: Vec::new(), renew_at: moment().wall };
        state.put_imported(&kept).expect("stored");
        state.put_site_certificate(&kept).expect("stored");
        state.forget_site().expect("forgotten");
        assert_eq!(state.membership().expect("read"), None);
        assert!(state.site_certificate().expect("read").is_none());
        assert!(state.imported().expect("read").is_some());
        let (other, _) = state.link_key_or_new().expect("made");
        assert_ne!(other.public_key(), key.public_key());
    }

    #[test]
    fn another_site_does_not_inherit_the_public_certificate() {
        let (_, state) = state();
        let (key, _) = state.link_key_or_new().expect("made");
        let membership = Site::new(2).membership(&key);
        state.put_membership(&membership).expect("stored");
        let kept = KeptCertificate { key: vec![1], chain: Vec::new(), renew_at: moment().wall };
        state.put_site_certificate(&kept).expect("stored");
        state.put_membership(&membership).expect("the same");
        assert!(state.site_certificate().expect("read").is_some());
        state.put_membership(&Site::new(5).membership(&key)).expect("another");
        assert!(state.site_certificate().expect("read").is_none());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let (disk, state) = state();
        disk.write_atomic(MEMBERSHIP, b"\xff").expect("written");
        let error = state.membership().expect_err("damaged").to_string();
        assert!(error.contains("gateway.cbor"), "{error}");
    }
}
