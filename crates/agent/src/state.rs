//! What the agent remembers besides its journal: who it is, whom it believes,
//! and the numbers that must never go back.

use std::io;
use std::sync::Arc;

use crate::journal::FOLDERS;
use sekisho_link::Endpoint;
use sekisho_model::Secret;
use sekisho_model::id::{AccountId, DeviceId, OrderId, SecretVersionId};
use sekisho_platform::disk::Disk;
use sekisho_seal::bundle::{BundleError, Trust};
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::bundle::SiteAnchor;
use sekisho_wire::cbor;
use sekisho_wire::certificate::IssuedCertificate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

const IDENTITY: &str = "identity.key";
const ENROLMENT: &str = "enrolment.cbor";
const BUNDLES: &str = "bundles.cbor";
const CERTIFICATE: &str = "certificate.cbor";
const COUNTERS: &str = "counters.cbor";
const HELD: &str = "held.cbor";
const GATEWAYS_FIRST: &str = "gateways_first.cbor";

/// Longest file of the agent's memory, in bytes.
const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// Why the agent's memory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk failed.
    #[error("the agent's memory cannot be {doing} ({name}): {source}")]
    Disk {
        /// `read` or `written`.
        doing: &'static str,
        /// Which file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is damaged.
    #[error(
        "the agent's memory is damaged ({name}); restore it, or enrol this host again with a new key"
    )]
    Damaged {
        /// Which file.
        name: String,
    },
    /// There is no enrolment yet.
    #[error("this host is not enrolled; run `sekisho-agent enroll`")]
    NotEnrolled,
    /// The bundles cannot be believed.
    #[error(transparent)]
    Bundles(#[from] BundleError),
}

/// What an enrolment left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// This device.
    pub device: DeviceId,
    /// Its site.
    pub anchor: SiteAnchor,
    /// Where it enrolled.
    pub server: Endpoint,
}

/// Numbers that only rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Hellos said.
    pub hello: u64,
    /// The highest order seq accepted.
    pub seq: u64,
    /// The order that had it, until the server was told everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<OrderId>,
}

/// The agent's memory.
#[derive(Clone)]
pub struct State {
    disk: Arc<dyn Disk>,
}

impl State {
    /// The memory on a disk.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// The disk below.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// The identity key; made and stored first if there is none.
    ///
    /// # Errors
    /// When the disk fails or the key is damaged.
    pub fn identity_or_new(&self) -> Result<IdentityKey, StateError> {
        if let Some(key) = self.identity()? {
            return Ok(key);
        }
        let key = IdentityKey::generate();
        self.put_bytes(IDENTITY, key.pkcs8().expose())?;
        Ok(key)
    }

    /// The identity key, if there is one.
    ///
    /// # Errors
    /// When the disk fails or the key is damaged.
    pub fn identity(&self) -> Result<Option<IdentityKey>, StateError> {
        match self.bytes(IDENTITY)? {
            None => Ok(None),
            Some(bytes) => IdentityKey::from_pkcs8(Secret::new(bytes))
                .map(Some)
                .map_err(|_| StateError::Damaged { name: IDENTITY.to_owned() }),
        }
    }

    /// What the enrolment left behind.
    ///
    /// # Errors
    /// [`StateError::NotEnrolled`] when there was none.
    pub fn enrolled(&self) -> Result<Enrolled, StateError> {
        self.find(ENROLMENT)?.ok_or(StateError::NotEnrolled)
    }

    /// Remembers an enrolment: first whom to believe, then who we are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_enrolled(
        &self,
        enrolled: &Enrolled,
        bundles: &[ByteBuf],
        certificate: Option<&IssuedCertificate>,
    ) -> Result<(), StateError> {
        self.put(BUNDLES, &bundles)?;
        if let Some(certificate) = certificate {
            self.put(CERTIFICATE, certificate)?;
        }
        self.put(ENROLMENT, enrolled)
    }

    /// Whom to believe: the whole chain, checked again from the anchor.
    ///
    /// # Errors
    /// When it is missing or cannot be believed.
    pub fn trust(&self, anchor: &SiteAnchor) -> Result<Trust, StateError> {
        Ok(Trust::from_chain(anchor, &self.bundles()?)?)
    }

    /// The signed bundles, from version 1.
    ///
    /// # Errors
    /// When they are missing or cannot be read.
    pub fn bundles(&self) -> Result<Vec<ByteBuf>, StateError> {
        self.find(BUNDLES)?.ok_or(StateError::NotEnrolled)
    }

    /// Takes over newer bundles and remembers them before they are used.
    ///
    /// # Errors
    /// When the disk fails or a bundle cannot be believed.
    pub fn advance(&self, trust: &mut Trust, newer: &[ByteBuf]) -> Result<(), StateError> {
        let mut advanced = trust.clone();
        advanced.advance(newer)?;
        if advanced.bundle().version > trust.bundle().version {
            let mut bundles = self.bundles()?;
            let held = bundles.len() as u64;
            // Versions have no gaps, so the chain's length is its version.
            let before = advanced.bundle().version.saturating_sub(newer.len() as u64);
            let skip = held.saturating_sub(before);
            bundles.extend(newer.iter().skip(usize::try_from(skip).unwrap_or(0)).cloned());
            // What is written must be believed when it is read again.
            *trust = Trust::from_chain(trust.anchor(), &bundles)?;
            self.put(BUNDLES, &bundles)?;
        }
        Ok(())
    }

    /// The device's certificate, once it has one.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn certificate(&self) -> Result<Option<IssuedCertificate>, StateError> {
        self.find(CERTIFICATE)
    }

    /// Remembers a certificate.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_certificate(&self, certificate: &IssuedCertificate) -> Result<(), StateError> {
        self.put(CERTIFICATE, certificate)
    }

    /// The numbers that only rise.
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn counters(&self) -> Result<Counters, StateError> {
        Ok(self.find(COUNTERS)?.unwrap_or_default())
    }

    /// Remembers higher numbers.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_counters(&self, counters: &Counters) -> Result<(), StateError> {
        self.put(COUNTERS, counters)
    }

    /// The version of each account that this agent last knew to work (the
    /// fence of RST-4).
    ///
    /// # Errors
    /// When the disk fails or the file is damaged.
    pub fn held(&self) -> Result<BTreeMap<AccountId, SecretVersionId>, StateError> {
        Ok(self.find(HELD)?.unwrap_or_default())
    }

    /// Remembers the fences.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_held(&self, held: &BTreeMap<AccountId, SecretVersionId>) -> Result<(), StateError> {
        self.put(HELD, held)
    }

    /// The gateways that the server told this agent to take before the others, best
    /// first, by their addresses. None when that cannot be read: the next fetch
    /// tells it again.
    pub fn gateways_first(&self) -> Vec<Vec<String>> {
        self.find(GATEWAYS_FIRST).unwrap_or_else(warned).unwrap_or_default()
    }

    /// Remembers the gateways to take first, if the disk lets it.
    pub fn put_gateways_first(&self, gateways: &[Vec<String>]) {
        self.put(GATEWAYS_FIRST, &gateways).unwrap_or_else(warned);
    }

    /// Forgets everything: who this host is, whom it believes, what it did.
    ///
    /// The enrolment goes first, so that nothing runs with half a memory, and
    /// the identity key last. A stop in between is finished by trying again.
    ///
    /// # Errors
    /// When the disk fails; what was not removed is still there.
    pub fn erase(&self) -> Result<(), StateError> {
        self.remove(ENROLMENT)?;
        for folder in FOLDERS {
            for name in self.list(folder)? {
                self.remove(&format!("{folder}/{name}"))?;
            }
        }
        for name in [BUNDLES, CERTIFICATE, COUNTERS, HELD, GATEWAYS_FIRST, IDENTITY] {
            self.remove(name)?;
        }
        Ok(())
    }

    /// Reads a file as CBOR.
    pub(crate) fn find<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateError> {
        match self.bytes(name)? {
            None => Ok(None),
            Some(bytes) => cbor::decode(&bytes, MAX_FILE_BYTES)
                .map(Some)
                .map_err(|_| StateError::Damaged { name: name.to_owned() }),
        }
    }

    /// Writes a file as CBOR; durable on return, its name too.
    pub(crate) fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StateError> {
        self.put_bytes(name, &cbor::encode(value))
    }

    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.disk.read(name).map_err(|source| StateError::Disk {
            doing: "read",
            name: name.to_owned(),
            source,
        })
    }

    fn put_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let written =
            self.disk.write_atomic(name, bytes).and_then(|()| self.disk.sync_dir(parent(name)));
        written.map_err(|source| StateError::Disk {
            doing: "written",
            name: name.to_owned(),
            source,
        })
    }

    /// Makes a folder, durable on return.
    pub(crate) fn make_dir(&self, name: &str) -> Result<(), StateError> {
        let made = self.disk.create_dir(name).and_then(|()| self.disk.sync_dir(parent(name)));
        made.map_err(|source| StateError::Disk { doing: "written", name: name.to_owned(), source })
    }

    /// Removes a file, durable on return.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StateError> {
        let removed = self.disk.remove(name).and_then(|()| self.disk.sync_dir(parent(name)));
        removed.map_err(|source| StateError::Disk {
            doing: "written",
            name: name.to_owned(),
            source,
        })
    }

    /// The names in a folder.
    pub(crate) fn list(&self, dir: &str) -> Result<Vec<String>, StateError> {
        self.disk.list(dir).map_err(|source| StateError::Disk {
            doing: "read",
            name: dir.to_owned(),
            source,
        })
    }
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// For what the agent does without.
fn warned<T: Default>(error: StateError) -> T {
    tracing::warn!(%error, "the gateways to take first cannot be read or kept");
    T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_platform::disk::MemoryDisk;

    #[test]
    fn the_gateways_to_take_first_outlive_the_program_and_no_damage_stops_it() {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
        let state = || State::new(disk.clone());
        assert_eq!(state().gateways_first(), Vec::<Vec<String>>::new());
        let named = vec![vec!["gw.example.jp:8383".to_owned()]];
        state().put_gateways_first(&named);
        assert_eq!(state().gateways_first(), named);
        disk.write_atomic(GATEWAYS_FIRST, b"damaged").expect("written");
        assert_eq!(state().gateways_first(), Vec::<Vec<String>>::new());
        state().put_gateways_first(&named);
        state().erase().expect("erased");
        assert_eq!(state().gateways_first(), Vec::<Vec<String>>::new());
    }
}
