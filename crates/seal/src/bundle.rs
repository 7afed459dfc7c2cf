//! The chain of trust bundles: who signs, who follows whom, and the ratchet.

use std::collections::BTreeSet;

use sekisho_model::Timestamp;
use sekisho_wire::bundle::{Bundle, BundleChain, MAX_BUNDLE_BYTES, PublishedKey, SiteAnchor};
use sekisho_wire::cbor;

use crate::enrolment_key::Pin;
use crate::purpose::{Purpose, Scope};
use crate::sign::{self, SigningKey, VerifyKey};
use crate::{SealError, kid, sha256};

/// Why a chain of bundles was not believed.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The anchor is not the one the enrolment key pins.
    #[error("the server belongs to another site than the enrolment key; check the address")]
    WrongPin,
    /// A bundle was not signed by the site root key, or is malformed.
    #[error("a trust bundle cannot be believed: {0}")]
    Unsigned(#[from] SealError),
    /// A bundle does not follow the one before it.
    #[error(
        "trust bundle {found} does not follow bundle {held}: if the server was put back to an \
         older copy and published anew, restore its newest database or enrol this host again"
    )]
    Unlinked {
        /// Version held.
        held: u64,
        /// Version offered.
        found: u64,
    },
    /// The mode would go back.
    #[error("trust bundle {0} lowers the security mode; that is never accepted")]
    Lowered(u64),
    /// There is no bundle at all.
    #[error("the server sent no trust bundle")]
    Empty,
}

/// Signs a bundle.
pub fn sign_bundle(bundle: &Bundle, root: &SigningKey) -> Vec<u8> {
    root.sign(Purpose::Bundle, &Scope::site(bundle.site), cbor::encode(bundle))
}

/// The entry of a public key in a bundle.
pub fn published(
    key: [u8; 32],
    not_before: Timestamp,
    not_after: Option<Timestamp>,
) -> PublishedKey {
    PublishedKey { kid: kid(&key), key, not_before, not_after }
}

/// What is believed about a site: its anchor and the newest bundle of a chain
/// that was checked from the first one on.
#[derive(Clone, Debug)]
pub struct Trust {
    anchor: SiteAnchor,
    newest: Bundle,
    hash: [u8; 32],
    former: BTreeSet<String>,
}

impl Trust {
    /// Believes a whole chain, from version 1, of the site that `pin` names.
    ///
    /// # Errors
    /// When the anchor does not fit the pin or the chain is broken.
    pub fn first(chain: &BundleChain, pin: Pin) -> Result<Self, BundleError> {
        if Pin::of(&chain.anchor) != pin {
            return Err(BundleError::WrongPin);
        }
        Self::from_chain(&chain.anchor, &chain.bundles)
    }

    /// Believes a whole chain of a site whose anchor is known.
    ///
    /// # Errors
    /// When the chain is broken or empty.
    pub fn from_chain(
        anchor: &SiteAnchor,
        bundles: &[impl AsRef<[u8]>],
    ) -> Result<Self, BundleError> {
        let (first, rest) = bundles.split_first().ok_or(BundleError::Empty)?;
        let bundle = verify_one(anchor, first.as_ref())?;
        if bundle.version != 1 || bundle.previous.is_some() {
            return Err(BundleError::Unlinked { held: 0, found: bundle.version });
        }
        let (hash, former) = (sha256(first.as_ref()), BTreeSet::new());
        let mut trust = Self { anchor: anchor.clone(), newest: bundle, hash, former };
        trust.advance(rest)?;
        Ok(trust)
    }

    /// Takes over newer bundles. Those already known are skipped; when one is
    /// refused, the ones before it stay believed.
    ///
    /// # Errors
    /// When a bundle is not signed, does not follow, or lowers the mode.
    pub fn advance(&mut self, bundles: &[impl AsRef<[u8]>]) -> Result<(), BundleError> {
        for signed in bundles {
            let bundle = verify_one(&self.anchor, signed.as_ref())?;
            if bundle.version <= self.newest.version {
                continue;
            }
            let follows = bundle.version == self.newest.version + 1
                && bundle.previous.is_some_and(|previous| *previous == self.hash);
            if !follows {
                return Err(BundleError::Unlinked {
                    held: self.newest.version,
                    found: bundle.version,
                });
            }
            if bundle.min_mode < self.newest.min_mode {
                return Err(BundleError::Lowered(bundle.version));
            }
            self.hash = sha256(signed.as_ref());
            let before = std::mem::replace(&mut self.newest, bundle).gateways;
            self.former.extend(before.into_iter().map(|gateway| gateway.address));
            for gateway in &self.newest.gateways {
                self.former.remove(&gateway.address);
            }
        }
        Ok(())
    }

    /// The site's anchor.
    pub const fn anchor(&self) -> &SiteAnchor {
        &self.anchor
    }

    /// The newest bundle.
    pub const fn bundle(&self) -> &Bundle {
        &self.newest
    }

    /// The addresses of gateways that the newest bundle names no more.
    pub const fn former_gateways(&self) -> &BTreeSet<String> {
        &self.former
    }

    /// The hash that the next bundle must name.
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The order key with this id, if it may be used at `now` (server time).
    pub fn order_key(&self, kid: &[u8], now: Timestamp) -> Option<&[u8; 32]> {
        usable(&self.newest.order_keys, now).find(|key| key.kid == kid).map(|key| &key.key)
    }

    /// The receipt key to seal to: the newest that may be used at `now`.
    /// Without a usable one the newest of all: a device with a wrong clock must
    /// still be able to speak.
    pub fn receipt_key(&self, now: Timestamp) -> Option<&PublishedKey> {
        usable(&self.newest.receipt_keys, now)
            .max_by_key(|key| key.not_before)
            .or_else(|| self.newest.receipt_keys.iter().max_by_key(|key| key.not_before))
    }

    /// The recovery key to seal escrows to: the newest.
    pub fn recovery_key(&self) -> Option<&PublishedKey> {
        self.newest.recovery_keys.iter().max_by_key(|key| key.not_before)
    }
}

fn usable(keys: &[PublishedKey], now: Timestamp) -> impl Iterator<Item = &PublishedKey> {
    keys.iter().filter(move |key| {
        key.not_before <= now && key.not_after.is_none_or(|not_after| now < not_after)
    })
}

/// Reads one bundle of a site, whatever it follows.
///
/// # Errors
/// When the site root key has not signed it.
pub fn read(anchor: &SiteAnchor, signed: &[u8]) -> Result<Bundle, BundleError> {
    Ok(verify_one(anchor, signed)?)
}

fn verify_one(anchor: &SiteAnchor, signed: &[u8]) -> Result<Bundle, SealError> {
    let scope = Scope::site(anchor.site);
    let key = VerifyKey::Ed25519(&anchor.root_key);
    let payload = sign::verify(Purpose::Bundle, &scope, key, signed)?;
    let bundle: Bundle = cbor::decode(&payload, MAX_BUNDLE_BYTES)?;
    cbor::check_version(bundle.protocol)?;
    if bundle.site != anchor.site {
        return Err(SealError::OtherContext("site"));
    }
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::id::SiteId;
    use sekisho_model::rng::SeededRng;
    use sekisho_wire::bundle::{Mode, PublishedGateway, TlsCheck};
    use serde_bytes::ByteBuf;

    struct Site {
        root: SigningKey,
        anchor: SiteAnchor,
        chain: Vec<ByteBuf>,
    }

    impl Site {
        fn new(seed: u64) -> Self {
            let rng = SeededRng::new(seed);
            let root = SigningKey::generate(&rng);
            let anchor =
                SiteAnchor { site: SiteId::at(Timestamp::EPOCH, &rng), root_key: root.public() };
            Self { root, anchor, chain: Vec::new() }
        }

        fn publish(&mut self, min_mode: Mode) {
            self.publish_with(min_mode, &[]);
        }

        fn publish_with(&mut self, min_mode: Mode, gateways: &[&str]) {
            let previous = self.chain.last().map(|last| sha256(last).into());
            let bundle = Bundle {
                protocol: sekisho_wire::PROTOCOL,
                site: self.anchor.site,
                version: self.chain.len() as u64 + 1,
                previous,
                issued: Timestamp::EPOCH,
                min_mode,
                order_keys: vec![],
                receipt_keys: vec![],
                recovery_keys: vec![],
                ca_roots: vec![],
                server_tls: TlsCheck::SiteCa,
                gateways: gateways
                    .iter()
                    .map(|address| PublishedGateway {
                        address: (*address).to_owned(),
                        weight: 1,
                        tls: TlsCheck::SiteCa,
                    })
                    .collect(),
                min_protocol: 1,
            };
            self.chain.push(ByteBuf::from(sign_bundle(&bundle, &self.root)));
        }

        fn chain(&self) -> BundleChain {
            BundleChain { anchor: self.anchor.clone(), bundles: self.chain.clone(), newest: None }
        }
    }

    #[test]
    fn believes_a_whole_chain_and_only_of_the_pinned_site() {
        let mut site = Site::new(1);
        site.publish(Mode::Compat);
        site.publish(Mode::Certificate);
        let trust = Trust::first(&site.chain(), Pin::of(&site.anchor)).expect("valid");
        assert_eq!(trust.bundle().version, 2);
        let other = Pin::of(&Site::new(2).anchor);
        assert!(matches!(Trust::first(&site.chain(), other), Err(BundleError::WrongPin)));
    }

    #[test]
    fn never_goes_back_skips_or_lowers() {
        let mut site = Site::new(1);
        site.publish(Mode::Certificate);
        site.publish(Mode::Certificate);
        let mut trust = Trust::from_chain(&site.anchor, &site.chain).expect("valid");
        trust.advance(&site.chain[..1]).expect("an old bundle is skipped");
        assert_eq!(trust.bundle().version, 2);

        site.publish(Mode::Compat);
        assert!(matches!(trust.advance(&site.chain), Err(BundleError::Lowered(3))));
        assert_eq!(trust.bundle().version, 2);

        let mut gap = Trust::from_chain(&site.anchor, &site.chain[..1]).expect("valid");
        assert!(matches!(
            gap.advance(&site.chain[2..]),
            Err(BundleError::Unlinked { held: 1, found: 3 })
        ));
    }

    #[test]
    fn a_gateway_is_former_from_when_it_is_named_no_more_until_it_is_named_again() {
        let mut site = Site::new(1);
        for gateways in [&["a:8383", "b:8383"][..], &["b:8383"], &[], &["a:8383"]] {
            site.publish_with(Mode::Certificate, gateways);
        }
        let former = |versions: usize| {
            let trust = Trust::from_chain(&site.anchor, &site.chain[..versions]).expect("valid");
            trust.former_gateways().iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(former(1), Vec::<String>::new());
        assert_eq!(former(2), ["a:8383"]);
        assert_eq!(former(3), ["a:8383", "b:8383"]);
        assert_eq!(former(4), ["b:8383"]);
    }

    #[test]
    fn a_bundle_of_another_root_is_refused() {
        let (mut site, mut thief) = (Site::new(1), Site::new(2));
        thief.anchor.site = site.anchor.site;
        site.publish(Mode::Certificate);
        thief.publish(Mode::Certificate);
        assert!(Trust::from_chain(&site.anchor, &thief.chain).is_err());
        assert!(matches!(
            Trust::from_chain(&site.anchor, &site.chain[..0]),
            Err(BundleError::Empty)
        ));
    }
}
