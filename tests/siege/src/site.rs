//! A site with its keys, as the gateway and its agents meet it.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use sekisho_model::id::{DeviceId, GatewayId, SiteId};
use sekisho_model::rng::SystemRng;
use sekisho_pki::{KeyPair, SiteCa, SiteTrust, SubjectName};
use sekisho_seal::bundle::{published, sign_bundle};
use sekisho_seal::gateway::sign_gateway_config;
use sekisho_seal::sign::SigningKey;
use sekisho_wire::bundle::{Bundle, Mode, SiteAnchor, TlsCheck};
use sekisho_wire::gateway::{GatewayConfig, Limits, RouteLine, TlsPolicy, ToGateway};
use serde_bytes::ByteBuf;

/// The gateway's public name.
pub const NAME: &str = "gw.example.jp";

/// A device with its certificate.
pub struct Device {
    /// Which.
    pub id: DeviceId,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Device {
    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What TLS shows.
    pub(crate) fn shown(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        (vec![CertificateDer::from(self.certificate.clone())], key)
    }
}

/// See the module.
pub struct Site {
    pub(crate) id: SiteId,
    pub(crate) ca: SiteCa,
    pub(crate) anchor: SiteAnchor,
    pub(crate) bundles: Vec<ByteBuf>,
    pub(crate) gateway: GatewayId,
    issuing: Vec<u8>,
    order: SigningKey,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A new one.
    pub fn new() -> Self {
        let now = SystemClock.now();
        let begun = now.minus(Duration::from_secs(3600));
        let id = SiteId::new(&SystemClock, &SystemRng);
        let new = SiteCa::create(id, now, &SystemRng).expect("created");
        let issuing = new.issuing.certificate.clone();
        let trust = SiteTrust::new(id, &new.root, std::slice::from_ref(&issuing)).expect("its own");
        let ca = SiteCa::load(trust, &new.issuing.key).expect("its own");
        let (root, order) = (SigningKey::generate(&SystemRng), SigningKey::generate(&SystemRng));
        let bundle = Bundle {
            protocol: sekisho_wire::PROTOCOL,
            site: id,
            version: 1,
            previous: None,
            issued: begun,
            min_mode: Mode::Certificate,
            order_keys: vec![published(order.public(), begun, None)],
            receipt_keys: Vec::new(),
            recovery_keys: Vec::new(),
            ca_roots: vec![ByteBuf::from(new.root)],
            server_tls: TlsCheck::SiteCa,
            gateways: Vec::new(),
            min_protocol: sekisho_wire::PROTOCOL_MIN,
        };
        Self {
            id,
            ca,
            anchor: SiteAnchor { site: id, root_key: root.public() },
            bundles: vec![ByteBuf::from(sign_bundle(&bundle, &root))],
            gateway: GatewayId::new(&SystemClock, &SystemRng),
            issuing,
            order,
        }
    }

    /// A new device.
    pub fn device(&self) -> Device {
        let id = DeviceId::new(&SystemClock, &SystemRng);
        let key = rcgen::KeyPair::generate().expect("a key");
        let request = rcgen::CertificateParams::default().serialize_request(&key);
        let request = request.expect("a request");
        let now = SystemClock.now();
        let issued = self.ca.issue_device(request.der(), id, now, &SystemRng).expect("issued");
        Device { id, certificate: issued.der, key: key.serialize_der() }
    }

    /// The root that agents believe, DER.
    pub fn root(&self) -> &[u8] {
        self.ca.trust().root()
    }

    /// The chain and key with which the server dials.
    pub(crate) fn link_identity(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().expect("a key");
        let now = SystemClock.now();
        let issued = self.ca.issue_link_server(key.public_key(), now, &SystemRng).expect("issued");
        let chain = [issued.der].into_iter().chain(issued.chain).map(CertificateDer::from);
        let key = PrivatePkcs8KeyDer::from(key.to_pkcs8().expect("a key").expose().to_vec());
        (chain.collect(), PrivateKeyDer::Pkcs8(key))
    }

    /// The certificate that a gateway asks for.
    pub(crate) fn issue(&self, for_link: bool, request: &[u8]) -> ToGateway {
        let now = SystemClock.now();
        let issued = if for_link {
            self.ca.issue_gateway(request, self.gateway, now, &SystemRng)
        } else {
            let key = SiteCa::key_of_request(request).expect("signed");
            let names = [SubjectName::Dns(NAME.parse().expect("a name"))];
            self.ca.issue_server(&names, &key, now, &SystemRng)
        };
        let issued = issued.expect("issued");
        ToGateway::Certificate {
            for_link,
            chain: [issued.der].into_iter().chain(issued.chain).map(ByteBuf::from).collect(),
            renew_at: now.plus(Duration::from_secs(864_000)),
            not_after: issued.not_after,
        }
    }

    /// The signed configuration with these limits and routes.
    pub(crate) fn configuration(
        &self,
        version: u64,
        limits: &Limits,
        routes: &[RouteLine],
    ) -> ToGateway {
        let config = GatewayConfig {
            site: self.id,
            gateway: self.gateway,
            version,
            issued: SystemClock.now(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            routes: routes.to_vec(),
            tls: TlsPolicy {
                versions: vec![0x0304],
                suites: vec![0x1301, 0x1302, 0x1303],
                groups: vec![0x11ec, 0x001d, 0x0017],
            },
            limits: limits.clone(),
            offices: Vec::new(),
            ca_roots: vec![ByteBuf::from(self.root().to_vec())],
            ca_issuing: vec![ByteBuf::from(self.issuing.clone())],
            revoked: Vec::new(),
            public_names: vec![NAME.to_owned()],
            pass_through: None,
        };
        ToGateway::Config(ByteBuf::from(sign_gateway_config(&config, &self.order)))
    }
}
