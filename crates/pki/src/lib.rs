//! The site's certificate authority.
//!
//! A P-256 root (10 years) signs an issuing authority (1 year, no further
//! authority below it), which signs certificates of devices and of the
//! server's listeners (30 days). [`SiteCa`] issues, [`SiteTrust`] judges; the
//! clock is a parameter of both.
//!
//! A device is named by one URI, `spiffe://<site id>.sekisho/device/<device
//! id>`, which the authority sets itself: from a device's request only the
//! public key is used, after the request has proved possession of its private
//! half. An agent makes such a request with rcgen alone:
//! `CertificateParams::default().serialize_request(&key_pair)`; what it writes
//! into it beside the key has no effect.

mod authority;
mod ca;
mod device;
mod error;
mod foreign;
mod key;
pub mod pem;
mod pfx;
mod renewal;
mod time;
mod trust;

pub use ca::{IssuedCertificate, NewCa, NewIssuing, SiteCa, SubjectName};
pub use device::{DeviceCertificate, device_uri, trust_domain};
pub use error::{CertificateProblem, PkiError};
pub use foreign::{
    ServerCertificateFacts, ServerCertificateProblem, judge_server_chain, server_certificate_facts,
};
pub use key::{KeyPair, PublicKey, fingerprint};
pub use pfx::{MAX_PFX_BYTES, PfxContent, PfxProblem, read_pfx};
pub use renewal::{Jitter, renewal_at, renewal_due};
pub use trust::{Chain, DeviceIdentity, SiteTrust, Usage, verify_chain};
