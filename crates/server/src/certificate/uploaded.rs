//! A certificate of another authority, with its key.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::{
    ServerCertificateFacts, ServerCertificateProblem, SubjectName, judge_server_chain, pem,
};

use crate::http::Problem;

/// Certificates of a chain, at most.
const MAX_CHAIN: usize = 10;

/// A judged certificate, ready for the listener.
#[derive(Clone, Debug)]
pub(crate) struct Uploaded {
    /// Chain and key.
    pub(crate) certified: Arc<CertifiedKey>,
    /// What it says.
    pub(crate) facts: ServerCertificateFacts,
}

impl Uploaded {
    /// Reads and judges a chain and its key, both PEM. Everything that is wrong
    /// with it has a word (`conflict`) that the console has a text for.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn judge(
        chain: &str,
        key: &Secret,
        needed: &SubjectName,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let ders = pem::read_certificates(chain).map_err(|_| {
            refused(
                "certificate_unreadable",
                "'chain' holds no certificate; expected PEM, the server's certificate first, \
                 beginning with -----BEGIN CERTIFICATE-----",
            )
        })?;
        if ders.len() > MAX_CHAIN {
            let detail = format!("'chain' has {} certificates; expected at most 10", ders.len());
            return Err(refused("certificate_unreadable", detail));
        }
        let facts = judge_server_chain(&ders, std::slice::from_ref(needed), now)
            .map_err(|problem| refused(word(&problem), problem))?;
        let private = read_key(key)?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let signing = provider.key_provider.load_private_key(private).map_err(|_| {
            refused("key_unreadable", "'key' is a key that TLS 1.3 cannot be served with")
        })?;
        let certified =
            CertifiedKey::new(ders.into_iter().map(CertificateDer::from).collect(), signing);
        // A key whose public half cannot be known is as good as a wrong one.
        certified.keys_match().map_err(|_| {
            refused(
                "certificate_key_mismatch",
                "'key' does not belong to the certificate; upload the key that its request was \
                 made with",
            )
        })?;
        Ok(Self { certified: Arc::new(certified), facts })
    }
}

fn read_key(key: &Secret) -> Result<PrivateKeyDer<'static>, Problem> {
    let text = key.expose();
    if contains(text, b"ENCRYPTED") {
        return Err(refused(
            "key_encrypted",
            "'key' is encrypted with a passphrase; decrypt it first, for example with \
             'openssl pkey -in key.pem -out plain.pem'",
        ));
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        refused(
            "key_unreadable",
            "'key' holds no private key; expected PEM, beginning with -----BEGIN PRIVATE KEY-----",
        )
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

fn refused(word: &'static str, detail: impl std::fmt::Display) -> Problem {
    Problem::conflict_of(word, detail)
}

const fn word(problem: &ServerCertificateProblem) -> &'static str {
    use ServerCertificateProblem as P;
    match problem {
        P::Unreadable(_) => "certificate_unreadable",
        P::NotYetValid { .. } => "certificate_not_yet_valid",
        P::Expired { .. } => "certificate_expired",
        P::NameMissing { .. } => "certificate_name_missing",
        P::WeakKey { .. } | P::WeakSignature => "certificate_weak",
        P::WrongUse => "certificate_wrong_use",
        P::IssuerMissing { .. } | P::Broken(_) => "certificate_chain_broken",
    }
}
