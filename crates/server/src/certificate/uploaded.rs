//! A certificate of another authority, with its key.

use std::sync::Arc;

use data_encoding::BASE64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::{
    PfxProblem, ServerCertificateFacts, ServerCertificateProblem, SubjectName, judge_server_chain,
    pem, read_pfx,
};
use tokio::sync::Semaphore;

use crate::http::Problem;

/// Certificates of a chain, at most.
const MAX_CHAIN: usize = 10;

/// Opening a PKCS#12 file may compute for seconds: one after the other.
static OPENING: Semaphore = Semaphore::const_new(1);

/// A chain and its key, both PEM.
pub(super) struct ChainAndKey {
    pub(super) chain: String,
    pub(super) key: Secret,
}

/// Opens a PKCS#12 file, given in base64. Its password is needed for no longer.
///
/// # Errors
/// What is wrong with it, each with a word (`conflict`) of its own.
pub(super) async fn open_pfx(file: Secret, password: Secret) -> Result<ChainAndKey, Problem> {
    let _one = OPENING.acquire().await.map_err(Problem::internal)?;
    let opened = tokio::task::spawn_blocking(move || {
        let text: Vec<u8> =
            file.expose().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let bytes = BASE64.decode(&text).map(Secret::new).map_err(|_| {
            Problem::invalid("pfx", "'pfx' is not base64; expected a PKCS#12 file in base64")
        })?;
        read_pfx(bytes.expose(), &password)
            .map_err(|problem| refused(pfx_word(&problem), format!("'pfx': {problem}")))
    });
    let content = opened.await.map_err(Problem::internal)??;
    Ok(ChainAndKey {
        chain: pem::write_certificates(content.chain.iter().map(Vec::as_slice)),
        key: pem::write_private_key(&content.key),
    })
}

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

const fn pfx_word(problem: &PfxProblem) -> &'static str {
    use PfxProblem as P;
    match problem {
        P::TooLarge { .. } | P::Unreadable => "pfx_unreadable",
        P::WrongPassword => "pfx_wrong_password",
        P::TooMuchWork => "pfx_too_slow",
        P::Unsupported(_) => "pfx_unsupported",
        P::NoKey => "pfx_no_key",
        P::SeveralKeys(_) => "pfx_several_keys",
        P::UnreadableKey => "key_unreadable",
        P::NoCertificate(_) => "pfx_no_certificate",
    }
}
