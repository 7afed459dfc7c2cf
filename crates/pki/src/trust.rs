//! Who is believed: everything that chains to the site's root.

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor};
use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, SiteId};
use webpki::{EndEntityCert, Error as ChainError, KeyUsage, anchor_from_trusted_cert};

use crate::authority::Authority;
use crate::device::{DeviceCertificate, LinkCertificate, read};
use crate::error::{CertificateProblem, PkiError};
use crate::time::{from_asn1, from_unix, to_unix};

/// The one algorithm of the site's certificates; nothing is negotiated.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[webpki::aws_lc_rs::ECDSA_P256_SHA256];

/// The public side of the site's authority.
#[derive(Clone, Debug)]
pub struct SiteTrust {
    site: SiteId,
    root: Authority,
    /// Newest first, never empty.
    issuing: Vec<Authority>,
}

/// Who a verified certificate belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// The device.
    pub device: DeviceId,
    /// The site, which is the one that verified.
    pub site: SiteId,
    /// The device's public key as SubjectPublicKeyInfo in DER.
    pub spki: Vec<u8>,
    /// The certificate's serial number, lower-case hexadecimal digits.
    pub serial: String,
    /// The certificate's first instant.
    pub not_before: Timestamp,
    /// The certificate's last instant.
    pub not_after: Timestamp,
    /// Only the certificate's time is over: good for asking for a new one and
    /// for nothing else.
    pub expired: bool,
}

impl SiteTrust {
    /// From the store: the root and the issuing certificates that ever were,
    /// the one in use first. A peer that shows its leaf only is matched with
    /// them.
    pub fn new(site: SiteId, root: &[u8], issuing: &[Vec<u8>]) -> Result<Self, PkiError> {
        let root = Authority::root(root)?;
        let issuing = issuing
            .iter()
            .map(|der| Authority::issuing(der, &root))
            .collect::<Result<Vec<_>, _>>()?;
        if issuing.is_empty() {
            return Err(PkiError::Authority { which: "issuing", problem: "is missing" });
        }
        Ok(Self { site, root, issuing })
    }

    /// The site.
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// The root certificate in DER: what agents pin and `ca.pem` holds.
    pub fn root(&self) -> &[u8] {
        &self.root.der
    }

    /// The root's distinguished name in DER: the hint that a TLS server gives
    /// when it asks for a certificate.
    pub fn root_subject(&self) -> &[u8] {
        &self.root.subject
    }

    /// The issuing certificate in use, in DER.
    pub fn issuing(&self) -> &[u8] {
        &self.issuing_authority().der
    }

    /// Every issuing certificate that ever was, in DER, the one in use first.
    pub fn issuing_chain(&self) -> impl Iterator<Item = &[u8]> {
        self.issuing.iter().map(|authority| authority.der.as_slice())
    }

    /// Whether the issuing authority needs a successor: 60 days before its end.
    pub fn issuing_renewal_due(&self, now: Timestamp) -> bool {
        now >= self.issuing_authority().not_after.minus(crate::renewal::ISSUING_OVERLAP)
    }

    pub(crate) fn issuing_authority(&self) -> &Authority {
        self.issuing.first().expect("checked when made")
    }

    /// Verifies a certificate that a peer showed as a device's, together with
    /// the intermediates it sent. Judged at `now`, the server's clock; a
    /// certificate of which only the time is over gives an identity that is
    /// marked as expired.
    pub fn verify_device(
        &self,
        leaf: &[u8],
        intermediates: &[&[u8]],
        now: Timestamp,
    ) -> Result<DeviceIdentity, CertificateProblem> {
        let chain = self.chain(leaf, intermediates, now)?;
        let certificate = DeviceCertificate::parse(leaf)?;
        if certificate.site != self.site {
            return Err(CertificateProblem::OtherSite(certificate.site));
        }
        Ok(DeviceIdentity {
            device: certificate.device,
            site: certificate.site,
            spki: certificate.key.spki().to_vec(),
            serial: certificate.serial,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            expired: match chain {
                Chain::Valid => false,
                Chain::Expired { .. } => true,
            },
        })
    }
}

impl SiteTrust {
    /// Verifies a certificate that a peer of the link between server and
    /// gateway showed, at `now`. One that has expired is refused.
    pub fn verify_link(
        &self,
        leaf: &[u8],
        intermediates: &[&[u8]],
        now: Timestamp,
    ) -> Result<LinkCertificate, CertificateProblem> {
        let chain = self.chain(leaf, intermediates, now)?;
        let certificate = LinkCertificate::parse(leaf)?;
        if certificate.site != self.site {
            return Err(CertificateProblem::OtherSite(certificate.site));
        }
        match chain {
            Chain::Valid => Ok(certificate),
            Chain::Expired { since } => Err(CertificateProblem::Expired { since }),
        }
    }

    fn chain(
        &self,
        leaf: &[u8],
        intermediates: &[&[u8]],
        now: Timestamp,
    ) -> Result<Chain, CertificateProblem> {
        if let Some(chain) = self.chain_of_known(leaf, now) {
            return Ok(chain);
        }
        let known = self.issuing.iter().map(|authority| authority.der.as_slice());
        let known: Vec<_> = known.chain(intermediates.iter().copied()).collect();
        verify_chain(leaf, &known, &self.root.der, Usage::Client, now)
    }

    /// The usual case: an issuing authority that was known before signed the leaf.
    /// That the root signed the authority was checked when this was made, and is
    /// not checked anew in each handshake. `None`: look at the whole chain.
    fn chain_of_known(&self, leaf: &[u8], now: Timestamp) -> Option<Chain> {
        if now.as_secs() > self.root.not_after.as_secs() {
            return None;
        }
        let (chain, at) = judged_at(leaf, now).ok()?;
        let in_use = self.issuing.iter().filter(|authority| authority.is_valid_at(at));
        let anchors: Vec<_> = in_use.map(|authority| authority.anchor.clone()).collect();
        verify(leaf, &[], &anchors, Usage::Client, at).ok().map(|()| chain)
    }
}

/// What a certificate is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A TLS client.
    Client,
    /// A TLS server. Whether it is the wanted one is the caller's question.
    Server,
}

/// A chain that is in order, but for the time perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an expired chain is good for a renewal only"]
pub enum Chain {
    /// Valid now.
    Valid,
    /// It was valid until `since`.
    Expired {
        /// The leaf's last instant.
        since: Timestamp,
    },
}

/// Verifies that the leaf chains to the root (RFC 5280 §6, done by webpki).
///
/// The chain of an expired leaf is judged at the leaf's last instant, when its
/// issuer was in use; the root is judged at `now` in any case.
pub fn verify_chain(
    leaf: &[u8],
    intermediates: &[&[u8]],
    root: &[u8],
    usage: Usage,
    now: Timestamp,
) -> Result<Chain, CertificateProblem> {
    let root_validity = read(root)?.validity().clone();
    if now.as_secs() > root_validity.not_after.timestamp() {
        return Err(CertificateProblem::AuthorityExpired {
            since: from_asn1(root_validity.not_after),
        });
    }
    let (chain, at) = judged_at(leaf, now)?;
    let root = CertificateDer::from(root);
    let anchor = anchor_from_trusted_cert(&root).map_err(problem)?;
    verify(leaf, intermediates, &[anchor], usage, at)?;
    Ok(chain)
}

/// Whether a leaf's time is over, and the instant at which its chain is judged.
fn judged_at(leaf: &[u8], now: Timestamp) -> Result<(Chain, Timestamp), CertificateProblem> {
    let since = from_asn1(read(leaf)?.validity().not_after);
    Ok(match now.as_secs() > since.as_secs() {
        true => (Chain::Expired { since }, since),
        false => (Chain::Valid, now),
    })
}

fn verify(
    leaf: &[u8],
    intermediates: &[&[u8]],
    anchors: &[TrustAnchor<'_>],
    usage: Usage,
    at: Timestamp,
) -> Result<(), CertificateProblem> {
    let intermediates: Vec<_> =
        intermediates.iter().map(|der| CertificateDer::from(*der)).collect();
    let usage = match usage {
        Usage::Client => KeyUsage::client_auth(),
        Usage::Server => KeyUsage::server_auth(),
    };
    let leaf = CertificateDer::from(leaf);
    let leaf = EndEntityCert::try_from(&leaf).map_err(problem)?;
    leaf.verify_for_usage(ALGORITHMS, anchors, &intermediates, to_unix(at), usage, None, None)
        .map(drop)
        .map_err(problem)
}

fn problem(error: ChainError) -> CertificateProblem {
    match error {
        ChainError::BadDer | ChainError::BadDerTime | ChainError::UnsupportedCertVersion => {
            CertificateProblem::Unreadable
        }
        ChainError::UnknownIssuer | ChainError::InvalidSignatureForPublicKey => {
            CertificateProblem::UnknownAuthority
        }
        ChainError::CertNotValidYet { not_before, .. } => {
            CertificateProblem::NotYetValid { from: from_unix(not_before) }
        }
        // The leaf is judged at an instant at which it had not expired.
        ChainError::CertExpired { not_after, .. } => {
            CertificateProblem::AuthorityExpired { since: from_unix(not_after) }
        }
        ChainError::CaUsedAsEndEntity => {
            CertificateProblem::NotADevice("it is one of an authority")
        }
        ChainError::RequiredEkuNotFoundContext(_) => CertificateProblem::WrongUsage,
        other => CertificateProblem::Chain(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sekisho_model::rng::SeededRng;

    use super::*;
    use crate::{NewCa, SiteCa};

    #[test]
    fn a_leaf_of_a_known_authority_needs_no_look_at_the_chain() {
        let (rng, now) = (SeededRng::new(1), Timestamp::from_millis(1_772_000_000_000));
        let site = SiteId::at(now, &rng);
        let NewCa { root, issuing, .. } = SiteCa::create(site, now, &rng).expect("created");
        let certificate = issuing.certificate.clone();
        let trust = SiteTrust::new(site, &root, &[certificate]).expect("in order");
        let ca = SiteCa::load(trust.clone(), &issuing.key).expect("loaded");
        let key = rcgen::KeyPair::generate().expect("a key");
        let request = rcgen::CertificateParams::default().serialize_request(&key).expect("one");
        let device = DeviceId::at(now, &rng);
        let leaf = ca.issue_device(request.der(), device, now, &rng).expect("issued").der;
        assert_eq!(trust.chain_of_known(&leaf, now), Some(Chain::Valid));
        let mut broken = leaf.clone();
        *broken.last_mut().expect("a signature") ^= 1;
        assert_eq!(trust.chain_of_known(&broken, now), None);
        // Nothing counts when the root is over.
        let later = now.plus(Duration::from_hours(24 * 4000));
        assert_eq!(trust.chain_of_known(&leaf, later), None);
    }
}
