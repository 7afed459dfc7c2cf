//! A site with its keys.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use sekisho_model::clock::SystemClock;
use sekisho_model::id::{DeviceId, GatewayId, SiteId};
use sekisho_model::rng::SystemRng;
use sekisho_model::{Clock, Secret, Timestamp};
use sekisho_pki::{IssuedCertificate, KeyPair, SiteCa, SiteTrust, SubjectName};
use sekisho_seal::bundle::{Trust, published, sign_bundle};
use sekisho_seal::gateway::sign_gateway_config;
use sekisho_seal::sign::SigningKey;
use sekisho_wire::bundle::{Bundle, Mode, SiteAnchor, TlsCheck};
use sekisho_wire::gateway::{GatewayConfig, Limits, TlsPolicy, ToGateway, route_lines};
use serde_bytes::ByteBuf;

/// The server name that agents use.
pub const NAME: &str = "gw.example.jp";

/// A site that has one gateway.
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its certificate authority.
    pub ca: SiteCa,
    /// What signs its trust bundles.
    pub root: SigningKey,
    /// What signs configurations.
    pub order: SigningKey,
    /// Its trust bundles, signed, oldest first.
    pub bundles: Vec<Vec<u8>>,
    /// Its gateway.
    pub gateway: GatewayId,
    /// The certificate of the issuing authority.
    pub issuing: Vec<u8>,
    /// The key of the issuing authority, PKCS#8.
    pub issuing_key: Secret,
}

/// A key with its certificate.
pub struct Certified {
    /// Leaf first, DER.
    pub chain: Vec<Vec<u8>>,
    /// The private key, PKCS#8.
    pub key: Secret,
    /// The certificate's end.
    pub not_after: Timestamp,
    /// SHA-256 of the public key.
    pub key_sha256: [u8; 32],
}

impl Certified {
    fn new(key: Secret, spki: &[u8], issued: IssuedCertificate) -> Self {
        let chain = std::iter::once(issued.der).chain(issued.chain).collect();
        let key_sha256 = sekisho_seal::sha256(spki);
        Self { chain, key, not_after: issued.not_after, key_sha256 }
    }

    /// The chain as TLS takes it.
    pub fn tls_chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect()
    }

    /// The key as TLS takes it.
    pub fn tls_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.expose().to_vec()))
    }

    /// Both, ready to sign.
    ///
    /// # Panics
    /// Never: the key is one of ours.
    pub fn ready(&self) -> Arc<CertifiedKey> {
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&self.tls_key());
        Arc::new(CertifiedKey::new(self.tls_chain(), key.expect("a key of ours")))
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A new one, with one bundle.
    ///
    /// # Panics
    /// When keys cannot be made.
    pub fn new() -> Self {
        let now = SystemClock.now();
        let id = SiteId::new(&SystemClock, &SystemRng);
        let new = SiteCa::create(id, now, &SystemRng).expect("created");
        let issuing = new.issuing.certificate.clone();
        let trust =
            SiteTrust::new(id, &new.root, std::slice::from_ref(&issuing)).expect("in order");
        let ca = SiteCa::load(trust, &new.issuing.key).expect("loaded");
        let (root, order) = (SigningKey::generate(&SystemRng), SigningKey::generate(&SystemRng));
        let gateway = GatewayId::new(&SystemClock, &SystemRng);
        let (bundles, issuing_key) = (Vec::new(), new.issuing.key);
        let mut site = Self { id, ca, root, order, bundles, gateway, issuing, issuing_key };
        site.publish();
        site
    }

    /// Signs the next bundle, with the order key of this moment.
    pub fn publish(&mut self) {
        let begun = SystemClock.now().minus(Duration::from_secs(3600));
        let previous = self.bundles.last().map(|signed| sekisho_seal::sha256(signed).into());
        let bundle = Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site: self.id,
            version: self.bundles.len() as u64 + 1,
            previous,
            issued: begun,
            min_mode: Mode::Certificate,
            order_keys: vec![published(self.order.public(), begun, None)],
            receipt_keys: Vec::new(),
            recovery_keys: Vec::new(),
            ca_roots: vec![ByteBuf::from(self.ca.trust().root())],
            server_tls: TlsCheck::SiteCa,
            gateways: Vec::new(),
            min_protocol: sekisho_wire::PROTOCOL_MIN,
        };
        self.bundles.push(sign_bundle(&bundle, &self.root));
    }

    /// What a gateway is told at its pairing.
    pub fn anchor(&self) -> SiteAnchor {
        SiteAnchor { site: self.id, root_key: self.root.public() }
    }

    /// What is believed about the site by who has all bundles.
    ///
    /// # Panics
    /// Never: they are a chain.
    pub fn trust(&self) -> Trust {
        Trust::from_chain(&self.anchor(), &self.bundles).expect("a chain")
    }

    /// A configuration as this version's server makes it.
    pub fn config(&self, version: u64) -> GatewayConfig {
        GatewayConfig {
            site: self.id,
            gateway: self.gateway,
            version,
            issued: SystemClock.now(),
            server_version: "0.1.0".to_owned(),
            routes: route_lines(),
            tls: TlsPolicy {
                versions: vec![0x0304],
                suites: vec![0x1301, 0x1302, 0x1303],
                groups: vec![0x11ec, 0x001d, 0x0017],
            },
            limits: Limits::default(),
            offices: Vec::new(),
            ca_roots: vec![ByteBuf::from(self.ca.trust().root())],
            ca_issuing: vec![ByteBuf::from(self.issuing.clone())],
            revoked: Vec::new(),
            public_names: vec![NAME.to_owned()],
            pass_through: None,
        }
    }

    /// A configuration as it goes over the control stream.
    pub fn signed(&self, config: &GatewayConfig) -> ToGateway {
        ToGateway::Config(ByteBuf::from(sign_gateway_config(config, &self.order)))
    }

    /// A new device's certificate for the key of a [`request`].
    ///
    /// # Panics
    /// When the request is none.
    pub fn device(&self, request: &[u8]) -> (DeviceId, Vec<u8>) {
        let id = DeviceId::new(&SystemClock, &SystemRng);
        let now = SystemClock.now();
        (id, self.ca.issue_device(request, id, now, &SystemRng).expect("issued").der)
    }

    /// A TLS server of the site, by this name.
    ///
    /// # Panics
    /// When it is no name.
    pub fn tls_server(&self, name: &str) -> Certified {
        let key = KeyPair::generate().expect("a key");
        let names = [SubjectName::Dns(name.parse().expect("a name"))];
        let now = SystemClock.now();
        let issued = self.ca.issue_server(&names, key.public_key(), now, &SystemRng);
        let pkcs8 = key.to_pkcs8().expect("a key");
        Certified::new(pkcs8, key.public_key().spki(), issued.expect("issued"))
    }

    /// The server, on the link.
    ///
    /// # Panics
    /// When keys cannot be made.
    pub fn link_server(&self) -> Certified {
        let key = KeyPair::generate().expect("a key");
        let now = SystemClock.now();
        let issued = self.ca.issue_link_server(key.public_key(), now, &SystemRng);
        let pkcs8 = key.to_pkcs8().expect("a key");
        Certified::new(pkcs8, key.public_key().spki(), issued.expect("issued"))
    }

    /// The gateway, on the link.
    ///
    /// # Panics
    /// When keys cannot be made.
    pub fn link_gateway(&self) -> Certified {
        let key = rcgen::KeyPair::generate().expect("a key");
        let now = SystemClock.now();
        let issued = self.ca.issue_gateway(&request(&key), self.gateway, now, &SystemRng);
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        Certified::new(Secret::new(key.serialize_der()), &spki, issued.expect("issued"))
    }
}

/// A request for a certificate.
///
/// # Panics
/// Never: the key signs.
pub fn request(key: &rcgen::KeyPair) -> Vec<u8> {
    rcgen::CertificateParams::default().serialize_request(key).expect("a request").der().to_vec()
}
