//! The authority that issues.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyUsagePurpose, SanType, SerialNumber,
};
use sekisho_model::id::{DeviceId, GatewayId, SiteId};
use sekisho_model::name::DnsName;
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret, Timestamp};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use crate::authority::Authority;
use crate::device::{device_uri, gateway_uri, server_uri};
use crate::error::{CertificateProblem, PkiError};
use crate::key::{KeyPair, PublicKey};
use crate::time::{from_asn1, to_asn1};
use crate::trust::{DeviceIdentity, SiteTrust};

const ROOT_LIFE: Duration = Duration::from_hours(24 * 3652);
const ISSUING_LIFE: Duration = Duration::from_hours(24 * 365);
const LEAF_LIFE: Duration = Duration::from_hours(24 * 30);

/// Certificates begin a little in the past, for clocks that are behind
/// (`trust.md` §3.10).
const BACKDATED: Duration = Duration::from_mins(5);

/// The AlgorithmIdentifier ecdsa-with-SHA256 in DER (RFC 5758).
const ECDSA_WITH_SHA256: &[u8] =
    &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// Certificate requests hold a key, a name and a signature.
const MAX_REQUEST_BYTES: usize = 8 * 1024;

/// A certificate and how it chains to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// The certificates between it and the root, in DER, in the order in which
    /// TLS sends them. The root is not among them: who verifies has it.
    pub chain: Vec<Vec<u8>>,
    /// The serial number, lower-case hexadecimal digits.
    pub serial: String,
    /// First instant.
    pub not_before: Timestamp,
    /// Last instant.
    pub not_after: Timestamp,
}

/// A new authority. The keys are PKCS#8, to be sealed by the vault; the
/// root's is needed again only for a new issuing authority.
#[derive(Debug)]
pub struct NewCa {
    /// The root certificate in DER.
    pub root: Vec<u8>,
    /// The root's private key.
    pub root_key: Secret,
    /// The first issuing authority.
    pub issuing: NewIssuing,
}

/// A new issuing authority.
#[derive(Debug)]
pub struct NewIssuing {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Its private key as PKCS#8.
    pub key: Secret,
}

/// A name of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectName {
    /// A DNS name.
    Dns(DnsName),
    /// An IP address.
    Ip(IpAddr),
}

impl std::fmt::Display for SubjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name.as_str()),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// The issuing authority of a site, ready to sign.
pub struct SiteCa {
    trust: SiteTrust,
    issuer: Issuer<'static, KeyPair>,
}

impl SiteCa {
    /// Makes the authority of a new site.
    pub fn create(site: SiteId, now: Timestamp, rng: &dyn Rng) -> Result<NewCa, PkiError> {
        let key = KeyPair::generate()?;
        let mut params = authority_params(now, ROOT_LIFE, BasicConstraints::Constrained(1), rng)?;
        params.distinguished_name = subject(&format!("Sekisho site {} root", short_id(site)));
        let root = params.self_signed(&key).map_err(library)?.der().to_vec();
        let root_key = key.to_pkcs8()?;
        let issuing = Self::renew_issuing(site, &root, &root_key, now, rng)?;
        Ok(NewCa { root, root_key, issuing })
    }

    /// Makes the next issuing authority. It is put in front of the former ones
    /// in the store; their certificates stay valid until their own end.
    pub fn renew_issuing(
        site: SiteId,
        root: &[u8],
        root_key: &Secret,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<NewIssuing, PkiError> {
        let root = Authority::root(root)?;
        check_valid(&root, now)?;
        let issuer = issuer(&root, "root", root_key)?;
        let key = KeyPair::generate()?;
        let life = ISSUING_LIFE.min(root.not_after.since(now));
        let mut params = authority_params(now, life, BasicConstraints::Constrained(0), rng)?;
        params.use_authority_key_identifier_extension = true;
        // Two issuing authorities of a site have different names, so that a
        // path has no choice to make.
        let serial = params.serial_number.as_ref().map(SerialNumber::to_bytes).unwrap_or_default();
        let number = HEXLOWER.encode(&serial);
        params.distinguished_name =
            subject(&format!("Sekisho site {} issuing {}", short_id(site), &number[..8]));
        let certificate = params.signed_by(&key, &issuer).map_err(library)?.der().to_vec();
        Ok(NewIssuing { certificate, key: key.to_pkcs8()? })
    }

    /// The authority from the store. The key must be the one of the first
    /// issuing certificate that `trust` holds.
    pub fn load(trust: SiteTrust, issuing_key: &Secret) -> Result<Self, PkiError> {
        let issuer = issuer(trust.issuing_authority(), "issuing", issuing_key)?;
        Ok(Self { trust, issuer })
    }

    /// The public side.
    pub fn trust(&self) -> &SiteTrust {
        &self.trust
    }

    /// Issues a device's certificate for the key of its request (PKCS#10, DER).
    /// Everything else in the request is ignored; the request's signature
    /// must prove that its sender holds the key.
    pub fn issue_device(
        &self,
        request: &[u8],
        device: DeviceId,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedCertificate, PkiError> {
        let key = requested_key(request)?;
        let uri = device_uri(self.trust.site(), device);
        let names = vec![SanType::URI(uri.try_into().map_err(library)?)];
        let common_name = format!("Sekisho device {device}");
        self.issue(&key, &common_name, names, ExtendedKeyUsagePurpose::ClientAuth, now, rng)
    }

    /// Issues a gateway's certificate for the link, for the key of its request
    /// (PKCS#10, DER). The server pins its key besides.
    pub fn issue_gateway(
        &self,
        request: &[u8],
        gateway: GatewayId,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedCertificate, PkiError> {
        let key = requested_key(request)?;
        let uri = gateway_uri(self.trust.site(), gateway);
        let names = vec![SanType::URI(uri.try_into().map_err(library)?)];
        let common_name = format!("Sekisho gateway {gateway}");
        self.issue(&key, &common_name, names, ExtendedKeyUsagePurpose::ClientAuth, now, rng)
    }

    /// Issues the certificate that the server shows to gateways it dials.
    pub fn issue_link_server(
        &self,
        key: &PublicKey,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedCertificate, PkiError> {
        let uri = server_uri(self.trust.site());
        let names = vec![SanType::URI(uri.try_into().map_err(library)?)];
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        self.issue(key, "Sekisho server link", names, usage, now, rng)
    }

    /// The public key of a request (PKCS#10, DER) whose sender proved to hold
    /// the private half; everything else in it has no effect.
    pub fn key_of_request(request: &[u8]) -> Result<PublicKey, PkiError> {
        requested_key(request)
    }

    /// Issues a certificate for a TLS server of the site.
    pub fn issue_server(
        &self,
        names: &[SubjectName],
        key: &PublicKey,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedCertificate, PkiError> {
        if names.is_empty() {
            return Err(PkiError::NoNames);
        }
        let names = names
            .iter()
            .map(|name| match name {
                SubjectName::Dns(name) => {
                    name.as_str().try_into().map(SanType::DnsName).map_err(library)
                }
                SubjectName::Ip(address) => Ok(SanType::IpAddress(*address)),
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.issue(key, "Sekisho server", names, ExtendedKeyUsagePurpose::ServerAuth, now, rng)
    }

    /// [`SiteTrust::verify_device`].
    pub fn verify_device(
        &self,
        leaf: &[u8],
        intermediates: &[&[u8]],
        now: Timestamp,
    ) -> Result<DeviceIdentity, CertificateProblem> {
        self.trust.verify_device(leaf, intermediates, now)
    }

    fn issue(
        &self,
        key: &PublicKey,
        common_name: &str,
        names: Vec<SanType>,
        usage: ExtendedKeyUsagePurpose,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedCertificate, PkiError> {
        let authority = self.trust.issuing_authority();
        check_valid(authority, now)?;
        // A leaf never outlives its issuer: what is expired is renewed, what
        // has no valid issuer is a puzzle.
        let life = LEAF_LIFE.min(authority.not_after.since(now));
        let serial = new_serial(rng);
        let (not_before, not_after) = (to_asn1(now.minus(BACKDATED))?, to_asn1(now.plus(life))?);
        let mut params = CertificateParams::default();
        params.not_before = not_before.to_datetime();
        params.not_after = not_after.to_datetime();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.distinguished_name = subject(common_name);
        params.subject_alt_names = names;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(key, &self.issuer).map_err(library)?;
        Ok(IssuedCertificate {
            der: certificate.der().to_vec(),
            chain: vec![authority.der.clone()],
            serial: HEXLOWER.encode(&serial),
            not_before: from_asn1(not_before),
            not_after: from_asn1(not_after),
        })
    }
}

impl fmt::Debug for SiteCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteCa").field("site", &self.trust.site()).finish_non_exhaustive()
    }
}

/// The P-256 key of a request that is signed with it.
fn requested_key(request: &[u8]) -> Result<PublicKey, PkiError> {
    if request.len() > MAX_REQUEST_BYTES {
        return Err(PkiError::UnreadableRequest);
    }
    let Ok(([], parsed)) = X509CertificationRequest::from_der(request) else {
        return Err(PkiError::UnreadableRequest);
    };
    let info = &parsed.certification_request_info;
    let key = PublicKey::from_spki(info.subject_pki.raw)?;
    let signature = &*parsed.signature_value.data;
    // The parser is lenient about what is not signed; DER has one way to write it.
    let body =
        [info.raw, ECDSA_WITH_SHA256, &der_header(0x03, signature.len() + 1), &[0], signature];
    let body = body.concat();
    let canonical = request.strip_prefix(&*der_header(0x30, body.len())) == Some(&body);
    if canonical && key.verifies(info.raw, signature) {
        Ok(key)
    } else {
        Err(PkiError::RequestSignature)
    }
}

/// Tag and length of a DER element of less than 64 KiB.
fn der_header(tag: u8, length: usize) -> Vec<u8> {
    match length.to_be_bytes() {
        [.., 0, short @ 0..0x80] => vec![tag, short],
        [.., 0, long] => vec![tag, 0x81, long],
        [.., high, low] => vec![tag, 0x82, high, low],
    }
}

fn issuer(
    authority: &Authority,
    which: &'static str,
    key: &Secret,
) -> Result<Issuer<'static, KeyPair>, PkiError> {
    let key = KeyPair::from_pkcs8(key)?;
    if *key.public_key() != authority.key {
        return Err(PkiError::Authority { which, problem: "does not belong to the private key" });
    }
    Issuer::from_ca_cert_der(&authority.der.as_slice().into(), key).map_err(library)
}

fn check_valid(authority: &Authority, now: Timestamp) -> Result<(), PkiError> {
    if authority.is_valid_at(now) {
        return Ok(());
    }
    Err(PkiError::AuthorityNotValid {
        not_before: authority.not_before,
        not_after: authority.not_after,
        now,
    })
}

fn authority_params(
    now: Timestamp,
    life: Duration,
    constraints: BasicConstraints,
    rng: &dyn Rng,
) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.not_before = to_asn1(now.minus(BACKDATED))?.to_datetime();
    params.not_after = to_asn1(now.plus(life))?.to_datetime();
    params.serial_number = Some(SerialNumber::from_slice(&new_serial(rng)));
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn subject(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Sekisho");
    name.push(DnType::CommonName, common_name);
    name
}

/// The random end of the id: its beginning is the time, which sites that were
/// made on one day share.
fn short_id(site: SiteId) -> String {
    HEXLOWER.encode(&site.as_bytes()[12..])
}

/// 126 random bits in 16 bytes: positive, and never shorter when written.
fn new_serial(rng: &dyn Rng) -> [u8; 16] {
    let mut serial: [u8; 16] = random_bytes(rng);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn library(error: impl Into<rcgen::Error>) -> PkiError {
    PkiError::Library(error.into().to_string())
}
