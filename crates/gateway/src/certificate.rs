//! The certificate of the public listeners: issued by the site, or brought by an
//! administrator. What somebody brings is judged as a whole before anything of
//! it is kept, and every fault has a name.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use sekisho_model::{Secret, Timestamp};
use sekisho_pki::{
    PfxProblem, ServerCertificateFacts, ServerCertificateProblem, SubjectName, judge_server_chain,
    names_itself_issuer, order_server_chain, read_pfx, server_certificate_facts,
};
use sekisho_wire::gateway::CertificateStatus;
use serde_bytes::ByteBuf;

use crate::parts::PublicCertificate;
use crate::state::KeptCertificate;

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Certificates in all files, at most.
const MAX_CERTIFICATES: usize = 64;

/// A file that somebody named.
pub struct Brought {
    /// Its name.
    pub name: String,
    /// Its content.
    pub bytes: Secret,
}

/// Why certificates and keys are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither PEM nor a certificate or key in DER.
    #[error(
        "{0} holds neither certificates nor a key; expected PEM, beginning with -----BEGIN, or DER"
    )]
    Unreadable(String),
    /// A PKCS#12 file that is not usable.
    #[error("{file}: {problem}")]
    Pfx {
        /// Which file.
        file: String,
        /// What is wrong.
        problem: PfxProblem,
    },
    /// Nobody gave the password of a PKCS#12 file.
    #[error(
        "{0} is a PKCS#12 file; give its password with --password-file FILE, or - for standard input"
    )]
    PasswordMissing(String),
    /// There is no certificate in any file.
    #[error(
        "the files hold no certificate; expected PEM, beginning with -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate,
    /// There are more than anybody needs.
    #[error("the files hold {0} certificates; expected at most 64")]
    TooMany(usize),
    /// There is no key in any file.
    #[error(
        "the files hold no private key; name the file of the key, too: 'sekisho-gateway \
         certificate import server.crt server.key'"
    )]
    NoKey,
    /// There is more than one key.
    #[error("the files hold {0} private keys; name only the files of one certificate")]
    SeveralKeys(usize),
    /// The key is encrypted.
    #[error(
        "the key in {0} is encrypted with a passphrase; decrypt it first, for example with \
         'openssl pkey -in key.pem -out plain.pem'"
    )]
    KeyEncrypted(String),
    /// The key is of a kind that TLS 1.3 does not know.
    #[error("the private key cannot be used for TLS 1.3; expected RSA, ECDSA or Ed25519")]
    KeyUnusable,
    /// The key belongs to none of the certificates.
    #[error(
        "the private key belongs to none of the certificates; name the key that the certificate's \
         request was made with"
    )]
    KeyMismatch,
    /// The certificate itself is not usable.
    #[error(transparent)]
    Certificate(#[from] ServerCertificateProblem),
}

impl Refused {
    /// One word for scripts.
    pub const fn word(&self) -> &'static str {
        use ServerCertificateProblem as P;
        match self {
            Self::Unreadable(_) | Self::NoCertificate | Self::TooMany(_) => {
                "certificate_unreadable"
            }
            Self::PasswordMissing(_) => "pfx_password_missing",
            Self::Pfx { problem, .. } => match problem {
                PfxProblem::TooLarge { .. } | PfxProblem::Unreadable => "pfx_unreadable",
                PfxProblem::WrongPassword => "pfx_wrong_password",
                PfxProblem::TooMuchWork => "pfx_too_slow",
                PfxProblem::Unsupported(_) => "pfx_unsupported",
                PfxProblem::NoKey => "pfx_no_key",
                PfxProblem::SeveralKeys(_) => "pfx_several_keys",
                PfxProblem::UnreadableKey => "key_unreadable",
                PfxProblem::NoCertificate(_) => "pfx_no_certificate",
            },
            Self::NoKey => "key_missing",
            Self::SeveralKeys(_) => "several_keys",
            Self::KeyEncrypted(_) => "key_encrypted",
            Self::KeyUnusable => "key_unreadable",
            Self::KeyMismatch => "certificate_key_mismatch",
            Self::Certificate(problem) => match problem {
                P::Unreadable(_) => "certificate_unreadable",
                P::NotYetValid { .. } => "certificate_not_yet_valid",
                P::Expired { .. } => "certificate_expired",
                P::NameMissing { .. } => "certificate_name_missing",
                P::WeakKey { .. } | P::WeakSignature => "certificate_weak",
                P::WrongUse => "certificate_wrong_use",
                P::IssuerMissing { .. } => "intermediate_missing",
                P::Broken(_) => "certificate_chain_broken",
            },
        }
    }
}

/// A certificate that may be shown, and what it says.
#[derive(Debug)]
pub struct Judged {
    /// What is kept.
    pub kept: KeptCertificate,
    /// What it says.
    pub facts: ServerCertificateFacts,
    /// Certificates of the files that do not belong to the chain.
    pub left_out: usize,
    /// Who issued the last certificate of the chain: clients must know them.
    /// `None`: the chain ends with a root of its own.
    pub ends_below: Option<String>,
}

/// Reads what the files hold, in any order, and judges it: is there one key, a
/// certificate for it, valid `now`, for every one of `names`, with the issuers
/// below its root? `password` opens PKCS#12 files.
///
/// # Errors
/// The first thing that is wrong.
pub fn judge(
    files: &[Brought],
    password: Option<&Secret>,
    names: &[SubjectName],
    now: Timestamp,
) -> Result<Judged, Refused> {
    let (certificates, key) = read(files, password)?;
    let signing = signing_key(&key)?;
    let is_for_key = |der: &&Vec<u8>| {
        let chain = vec![CertificateDer::from((*der).clone())];
        CertifiedKey::new(chain, signing.clone()).keys_match().is_ok()
    };
    let leaf = certificates.iter().find(is_for_key).ok_or(Refused::KeyMismatch)?;
    let chain = order_server_chain(leaf, &certificates);
    let facts = judge_server_chain(&chain, names, now)?;
    let last = chain.last().filter(|der| !names_itself_issuer(der));
    let ends_below = last.and_then(|der| server_certificate_facts(der)).map(|facts| facts.issuer);
    Ok(Judged {
        left_out: certificates.len() - chain.len(),
        kept: KeptCertificate {
            key: key.expose().to_vec(),
            chain: chain.into_iter().map(ByteBuf::from).collect(),
            renew_at: facts.not_after,
        },
        facts,
        ends_below,
    })
}

/// The first of the files that only a password opens.
pub fn wants_password(files: &[Brought]) -> Option<&str> {
    files.iter().find(|file| is_pfx(file.bytes.expose())).map(|file| file.name.as_str())
}

fn read(files: &[Brought], password: Option<&Secret>) -> Result<(Vec<Vec<u8>>, Secret), Refused> {
    let (mut certificates, mut keys) = (Vec::<Vec<u8>>::new(), Vec::<Secret>::new());
    for Brought { name, bytes } in files {
        let bytes = bytes.expose();
        if contains(bytes, b"-----BEGIN") {
            if contains(bytes, b"ENCRYPTED") {
                return Err(Refused::KeyEncrypted(name.clone()));
            }
            let unreadable = |_| Refused::Unreadable(name.clone());
            for der in CertificateDer::pem_slice_iter(bytes) {
                certificates.push(der.map_err(unreadable)?.to_vec());
            }
            for key in PrivateKeyDer::pem_slice_iter(bytes) {
                keys.push(Secret::new(key.map_err(unreadable)?.secret_der().to_vec()));
            }
        } else if server_certificate_facts(bytes).is_some() {
            certificates.push(bytes.to_vec());
        } else if is_pfx(bytes) {
            let password = password.ok_or_else(|| Refused::PasswordMissing(name.clone()))?;
            let content = read_pfx(bytes, password)
                .map_err(|problem| Refused::Pfx { file: name.clone(), problem })?;
            certificates.extend(content.chain);
            keys.push(content.key);
        } else if PrivateKeyDer::try_from(bytes).is_ok() {
            keys.push(Secret::new(bytes.to_vec()));
        } else {
            return Err(Refused::Unreadable(name.clone()));
        }
    }
    // The same file given twice, or a key that also stands beside its
    // certificate, is no second one.
    let mut several: Vec<Vec<u8>> = Vec::new();
    certificates.retain(|der| {
        let new = !several.contains(der);
        several.push(der.clone());
        new
    });
    let mut one: Vec<Secret> = Vec::new();
    for key in keys {
        if !one.contains(&key) {
            one.push(key);
        }
    }
    if certificates.is_empty() {
        return Err(Refused::NoCertificate);
    }
    if certificates.len() > MAX_CERTIFICATES {
        return Err(Refused::TooMany(certificates.len()));
    }
    match (one.pop(), one.len()) {
        (None, _) => Err(Refused::NoKey),
        (Some(key), 0) => Ok((certificates, key)),
        (Some(_), more) => Err(Refused::SeveralKeys(more + 1)),
    }
}

/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, … } (RFC 7292 §4).
fn is_pfx(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && contains(&bytes[..bytes.len().min(12)], &[2, 1, 3, 0x30])
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

fn signing_key(key: &Secret) -> Result<Arc<dyn SigningKey>, Refused> {
    let der = PrivateKeyDer::try_from(key.expose()).map_err(|_| Refused::KeyUnusable)?;
    aws_lc_rs::default_provider()
        .key_provider
        .load_private_key(der.clone_key())
        .map_err(|_| Refused::KeyUnusable)
}

/// A kept certificate as the public listeners show it.
///
/// # Errors
/// When key and certificate cannot be used together: the file was changed.
pub fn shown(kept: &KeptCertificate, imported: bool) -> Result<PublicCertificate, Refused> {
    let signing = signing_key(&Secret::new(kept.key.clone()))?;
    let leaf = kept.chain.first().ok_or(Refused::NoCertificate)?;
    let facts = server_certificate_facts(leaf)
        .ok_or(Refused::Certificate(ServerCertificateProblem::Unreadable(1)))?;
    let spki = signing.public_key().ok_or(Refused::KeyUnusable)?;
    let key_sha256 = sekisho_seal::sha256(&spki);
    let chain = kept.chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    let certified = CertifiedKey::new(chain, signing);
    certified.keys_match().map_err(|_| Refused::KeyMismatch)?;
    let status =
        CertificateStatus { names: facts.names, imported, not_after: facts.not_after, key_sha256 };
    Ok(PublicCertificate { key: Arc::new(certified), status })
}

/// Names as people write them; what is no name is left out.
pub fn subject_names<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<SubjectName> {
    let parse = |text: &str| match text.parse::<IpAddr>() {
        Ok(address) => Some(SubjectName::Ip(address)),
        Err(_) => text.to_lowercase().parse().ok().map(SubjectName::Dns),
    };
    texts.into_iter().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    };
    use std::time::Duration;

    struct Authority {
        pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    fn now() -> Timestamp {
        // What rcgen's defaults hold: 1975 to 4096.
        "2026-11-22T12:00:00Z".parse().expect("a time")
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn authority(name: &str, above: Option<&Authority>) -> Authority {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let made = match above {
            Some(above) => params.signed_by(&key, &above.issuer),
            None => params.self_signed(&key),
        };
        Authority { pem: made.expect("signed").pem(), issuer: Issuer::new(params, key) }
    }

    /// Certificate and key, PEM.
    fn leaf(issuer: &Authority, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params = CertificateParams::new(vec!["dmz.example.jp".to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &issuer.issuer).expect("signed");
        (made.pem(), key.serialize_pem())
    }

    fn files(texts: &[&str]) -> Vec<Brought> {
        let brought = |(place, text): (usize, &&str)| Brought {
            name: format!("file-{place}"),
            bytes: Secret::new(text.as_bytes().to_vec()),
        };
        texts.iter().enumerate().map(brought).collect()
    }

    fn names() -> Vec<SubjectName> {
        subject_names(["dmz.example.jp"])
    }

    #[test]
    fn any_number_of_files_in_any_order_are_taken() {
        let root = authority("root", None);
        let middle = authority("middle", Some(&root));
        let stray = authority("stray", None);
        let (certificate, key) = leaf(&middle, |_| {});
        let one = format!("{key}{}{certificate}", middle.pem);
        for texts in [
            vec![certificate.as_str(), &key, &middle.pem],
            vec![&middle.pem, &key, &stray.pem, &certificate, &certificate],
            vec![&one],
            vec![&one, &key],
        ] {
            let judged = judge(&files(&texts), None, &names(), now()).expect("taken");
            assert_eq!(judged.kept.chain.len(), 2);
            assert_eq!(judged.facts.names, ["dmz.example.jp"]);
            assert_eq!(judged.left_out, usize::from(texts.len() == 5));
            assert!(judged.ends_below.expect("the root is missing").contains("root"));
            let shown = shown(&judged.kept, true).expect("usable");
            assert!(shown.status.imported);
            assert_eq!(shown.key.cert.len(), 2);
        }
        let whole = [certificate.as_str(), &key, &root.pem, &middle.pem];
        let judged = judge(&files(&whole), None, &names(), now()).expect("taken");
        assert_eq!((judged.kept.chain.len(), judged.ends_below), (3, None));
    }

    #[test]
    fn der_is_taken_as_well() {
        let root = authority("root", None);
        let (certificate, key) = leaf(&root, |_| {});
        let der = |pem: &str| {
            let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
            Secret::new(data_encoding::BASE64.decode(text.as_bytes()).expect("base64"))
        };
        let brought = [&certificate, &key, &root.pem]
            .map(|pem| Brought { name: "x".to_owned(), bytes: der(pem) });
        let judged = judge(&brought, None, &names(), now()).expect("taken");
        assert_eq!(judged.kept.chain.len(), 2);
    }

    #[test]
    fn each_fault_has_its_name() {
        let root = authority("root", None);
        let middle = authority("middle", Some(&root));
        let (good, key) = leaf(&root, |_| {});
        let (_, other_key) = leaf(&root, |_| {});
        let (below, below_key) = leaf(&middle, |_| {});
        let day = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            std::time::UNIX_EPOCH + Duration::from_millis(at.as_millis().unsigned_abs())
        };
        let (old, old_key) =
            leaf(&root, |params| params.not_after = day("2026-11-21T12:00:00Z").into());
        let (early, early_key) =
            leaf(&root, |params| params.not_before = day("2026-11-23T12:00:00Z").into());
        let (client, client_key) = leaf(&root, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END";
        for (texts, word) in [
            (vec!["hello"], "certificate_unreadable"),
            (vec![key.as_str()], "certificate_unreadable"),
            (vec![&good], "key_missing"),
            (vec![&good, &key, &other_key], "several_keys"),
            (vec![&good, encrypted], "key_encrypted"),
            (vec![&good, &other_key, &root.pem], "certificate_key_mismatch"),
            (vec![&old, &old_key, &root.pem], "certificate_expired"),
            (vec![&early, &early_key, &root.pem], "certificate_not_yet_valid"),
            (vec![&client, &client_key, &root.pem], "certificate_wrong_use"),
            (vec![&good, &key], "intermediate_missing"),
            (vec![&below, &below_key, &root.pem], "intermediate_missing"),
        ] {
            let refused = judge(&files(&texts), None, &names(), now()).expect_err(word);
            assert_eq!(refused.word(), word, "{refused}");
        }
        let other = subject_names(["gw.example.com"]);
        let refused =
            judge(&files(&[&good, &key, &root.pem]), None, &other, now()).expect_err("a name");
        assert_eq!(refused.word(), "certificate_name_missing");
        assert!(refused.to_string().contains("'gw.example.com'"), "{refused}");
    }

    #[test]
    fn a_pkcs12_file_is_taken_with_its_password() {
        let bytes = include_bytes!("../../pki/tests/fixtures/pfx/modern.pfx").to_vec();
        let file = [Brought { name: "a.pfx".to_owned(), bytes: Secret::new(bytes) }];
        assert_eq!(wants_password(&file), Some("a.pfx"));
        let password = Secret::from("correct-horse");
        let judged = judge(&file, Some(&password), &[], now()).expect("taken");
        shown(&judged.kept, true).expect("usable");
        for (password, word) in
            [(None, "pfx_password_missing"), (Some(Secret::from("wrong")), "pfx_wrong_password")]
        {
            let refused = judge(&file, password.as_ref(), &[], now()).expect_err(word);
            assert_eq!(refused.word(), word, "{refused}");
        }
    }
}
