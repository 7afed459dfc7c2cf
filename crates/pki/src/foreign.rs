//! A server certificate of somebody else's authority: judged before it is
//! shown to anybody, with a reason for each way in which it is not usable.

use rustls_pki_types::{CertificateDer, ServerName};
use sekisho_model::Timestamp;
use webpki::anchor_from_trusted_cert;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error as ChainError, KeyUsage};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;

use crate::ca::SubjectName;
use crate::device::read;
use crate::key::fingerprint;
use crate::time::{from_asn1, to_unix};

/// RSA keys below this are not taken (NIST SP 800-131A, CA/Browser Forum
/// baseline requirements §6.1.5).
const MIN_RSA_BITS: usize = 2048;

/// Elliptic curves below this are not taken.
const MIN_CURVE_BITS: usize = 256;

/// Ed25519 (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// What a server certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCertificateFacts {
    /// Its DNS names and addresses.
    pub names: Vec<String>,
    /// Who issued it, as one line.
    pub issuer: String,
    /// The serial number, lower-case hexadecimal digits.
    pub serial: String,
    /// SHA-256 of the certificate, lower-case hexadecimal digits.
    pub fingerprint: String,
    /// First instant.
    pub not_before: Timestamp,
    /// Last instant.
    pub not_after: Timestamp,
}

/// Why a server certificate is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerCertificateProblem {
    /// Not an X.509 certificate.
    #[error("certificate {0} of the chain cannot be read; expected X.509 in PEM")]
    Unreadable(usize),
    /// Its time has not come.
    #[error("the certificate is not valid before {from}; check the clock of this server")]
    NotYetValid {
        /// First instant.
        from: Timestamp,
    },
    /// Its time is over.
    #[error("the certificate has expired at {since}; upload a newer one")]
    Expired {
        /// Last instant.
        since: Timestamp,
    },
    /// It is not for the name that people use.
    #[error("the certificate is not for '{missing}', but for {}", listed(.names))]
    NameMissing {
        /// The name of the server.
        missing: String,
        /// What it is for.
        names: Vec<String>,
    },
    /// Its key is too short.
    #[error(
        "the certificate's key is too weak: {found}; expected RSA of 2048 bits or more, or an \
             elliptic curve of 256 bits or more"
    )]
    WeakKey {
        /// The kind of key.
        found: String,
    },
    /// It is signed with an algorithm that is not believed any more.
    #[error("the certificate is signed with an algorithm that clients refuse (SHA-1, for example)")]
    WeakSignature,
    /// It is an authority's, or for something else.
    #[error("the certificate is not one for a TLS server")]
    WrongUse,
    /// The certificate that it hangs on is missing.
    #[error(
        "the certificate was issued by '{issuer}', which is not in the upload; add the \
             intermediate certificates below it, or the root of your own authority"
    )]
    IssuerMissing {
        /// Who issued it.
        issuer: String,
    },
    /// Its certificates do not hang together.
    #[error(
        "the certificates do not form a chain: {0}; expected the server's first, then each \
             one's issuer"
    )]
    Broken(String),
}

/// Reads what a server certificate says; `None` when it is none.
pub fn server_certificate_facts(der: &[u8]) -> Option<ServerCertificateFacts> {
    let leaf = read(der).ok()?;
    Some(ServerCertificateFacts {
        names: names(&leaf),
        issuer: leaf.issuer().to_string(),
        serial: leaf.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect(),
        fingerprint: fingerprint(der),
        not_before: from_asn1(leaf.validity().not_before),
        not_after: from_asn1(leaf.validity().not_after),
    })
}

/// Judges a chain, the server's certificate first: is it for every one of
/// `needed`, valid `now`, strong enough, and does each certificate hang on the
/// next? The last one is taken as given: whether a client trusts it is the
/// client's matter. A certificate that signed itself stands alone.
///
/// # Errors
/// The first thing that is wrong.
pub fn judge_server_chain(
    chain: &[Vec<u8>],
    needed: &[SubjectName],
    now: Timestamp,
) -> Result<ServerCertificateFacts, ServerCertificateProblem> {
    use ServerCertificateProblem as Problem;
    let mut parsed = Vec::with_capacity(chain.len());
    for (place, der) in chain.iter().enumerate() {
        parsed.push(read(der).map_err(|_| Problem::Unreadable(place + 1))?);
    }
    let (Some(leaf), Some(der)) = (parsed.first(), chain.first()) else {
        return Err(Problem::Unreadable(1));
    };
    let facts = server_certificate_facts(der).ok_or(Problem::Unreadable(1))?;
    if now < facts.not_before {
        return Err(Problem::NotYetValid { from: facts.not_before });
    }
    if now > facts.not_after {
        return Err(Problem::Expired { since: facts.not_after });
    }
    if leaf.is_ca() {
        return Err(Problem::WrongUse);
    }
    check_key(leaf)?;
    let certificate = CertificateDer::from(der.as_slice());
    let end_entity = EndEntityCert::try_from(&certificate).map_err(|_| Problem::Unreadable(1))?;
    for name in needed {
        let text = name.to_string();
        let asked = ServerName::try_from(text.as_str()).map_err(|_| Problem::NameMissing {
            missing: text.clone(),
            names: facts.names.clone(),
        })?;
        if end_entity.verify_is_valid_for_subject_name(&asked).is_err() {
            return Err(Problem::NameMissing { missing: text, names: facts.names });
        }
    }
    let signed_itself = leaf.issuer().as_raw() == leaf.subject().as_raw();
    if chain.len() == 1 && !signed_itself {
        return Err(Problem::IssuerMissing { issuer: facts.issuer });
    }
    for (place, certificate) in parsed.iter().enumerate().skip(1) {
        check_key(certificate)?;
        let end = from_asn1(certificate.validity().not_after);
        if now > end {
            return Err(Problem::Broken(format!("certificate {} has expired at {end}", place + 1)));
        }
        let above = parsed[place - 1].issuer();
        if above.as_raw() != certificate.subject().as_raw() {
            return Err(Problem::Broken(format!(
                "certificate {place} was issued by '{above}', and certificate {} is '{}'",
                place + 1,
                certificate.subject()
            )));
        }
    }
    verify(&end_entity, chain, now)?;
    Ok(facts)
}

/// The signatures, judged by the verifier that clients use (RFC 5280 §6).
fn verify(
    leaf: &EndEntityCert<'_>,
    chain: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), ServerCertificateProblem> {
    use ServerCertificateProblem as Problem;
    let ders: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let Some((last, before)) = ders.split_last() else { return Err(Problem::Unreadable(1)) };
    let anchor = anchor_from_trusted_cert(last)
        .map_err(|error| Problem::Broken(format!("the last certificate is not usable: {error}")))?;
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &[anchor],
        before.get(1..).unwrap_or_default(),
        to_unix(now),
        usage,
        None,
        None,
    )
    .map(drop)
    .map_err(|error| match error {
        ChainError::RequiredEkuNotFoundContext(_) | ChainError::CaUsedAsEndEntity => {
            Problem::WrongUse
        }
        ChainError::UnsupportedSignatureAlgorithmContext(_)
        | ChainError::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Problem::WeakSignature,
        ChainError::InvalidSignatureForPublicKey | ChainError::UnknownIssuer => {
            Problem::Broken("a signature is not by the next certificate".to_owned())
        }
        other => Problem::Broken(other.to_string()),
    })
}

fn check_key(certificate: &X509Certificate<'_>) -> Result<(), ServerCertificateProblem> {
    let key = certificate.public_key();
    let found = match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= MIN_RSA_BITS => return Ok(()),
        Ok(PublicKey::RSA(rsa)) => format!("RSA of {} bits", rsa.key_size()),
        Ok(PublicKey::EC(point)) if point.key_size() >= MIN_CURVE_BITS => return Ok(()),
        Ok(PublicKey::EC(point)) => format!("a curve of {} bits", point.key_size()),
        _ if key.algorithm.algorithm.to_id_string() == ED25519 => return Ok(()),
        _ => format!("of the kind {}", key.algorithm.algorithm.to_id_string()),
    };
    Err(ServerCertificateProblem::WeakKey { found })
}

fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternative)) = leaf.subject_alternative_name() else { return Vec::new() };
    let shown = alternative.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        &GeneralName::IPAddress(&[a, b, c, d]) => {
            Some(std::net::Ipv4Addr::new(a, b, c, d).to_string())
        }
        GeneralName::IPAddress(bytes) => {
            let bytes: [u8; 16] = (*bytes).try_into().ok()?;
            Some(std::net::Ipv6Addr::from(bytes).to_string())
        }
        _ => None,
    });
    shown.collect()
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "no name at all".to_owned(),
        some => some.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
        KeyPair, PKCS_ECDSA_P256_SHA256,
    };

    use super::*;
    use crate::time::to_asn1;

    fn now() -> Timestamp {
        "2026-05-01T09:00:00Z".parse().expect("a time")
    }

    fn needed() -> Vec<SubjectName> {
        vec![SubjectName::Dns("vault.example.jp".parse().expect("a name"))]
    }

    fn key() -> KeyPair {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
    }

    fn params(common_name: &str, names: &[&str]) -> CertificateParams {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before =
            to_asn1(now().minus(Duration::from_secs(3600))).expect("a time").to_datetime();
        params.not_after =
            to_asn1(now().plus(Duration::from_secs(86_400))).expect("a time").to_datetime();
        params
    }

    fn authority(common_name: &str) -> (Vec<u8>, Issuer<'static, KeyPair>) {
        let mut params = params(common_name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = key();
        let der = params.self_signed(&key).expect("signed").der().to_vec();
        (der, Issuer::new(params, key))
    }

    fn leaf(params: &CertificateParams, issuer: &Issuer<'static, KeyPair>) -> Vec<u8> {
        params.signed_by(&key(), issuer).expect("signed").der().to_vec()
    }

    fn judged(chain: &[Vec<u8>]) -> Result<ServerCertificateFacts, ServerCertificateProblem> {
        judge_server_chain(chain, &needed(), now())
    }

    #[test]
    fn a_chain_in_order_is_taken_and_read() {
        let (root, issuer) = authority("root");
        let der = leaf(&params("server", &["vault.example.jp", "10.0.0.1"]), &issuer);
        let facts = judged(&[der.clone(), root]).expect("taken");
        assert_eq!(facts.names, ["vault.example.jp", "10.0.0.1"]);
        assert_eq!(facts.fingerprint, fingerprint(&der));
        assert!(facts.issuer.contains("root"), "{facts:?}");
    }

    #[test]
    fn a_certificate_that_signed_itself_stands_alone() {
        let key = key();
        let der = params("server", &["vault.example.jp"]).self_signed(&key).expect("signed");
        assert!(judged(&[der.der().to_vec()]).is_ok());
    }

    #[test]
    fn each_fault_has_its_name() {
        use ServerCertificateProblem as Problem;
        let (root, issuer) = authority("root");
        let (other, _) = authority("other");
        let (twin, _) = authority("root");
        let good = leaf(&params("server", &["vault.example.jp"]), &issuer);

        let missing = leaf(&params("server", &["elsewhere.example.jp"]), &issuer);
        let found = judged(&[missing, root.clone()]);
        assert!(matches!(found, Err(Problem::NameMissing { .. })), "{found:?}");

        let mut old = params("server", &["vault.example.jp"]);
        old.not_after =
            to_asn1(now().minus(Duration::from_secs(60))).expect("a time").to_datetime();
        let found = judged(&[leaf(&old, &issuer), root.clone()]);
        assert!(matches!(found, Err(Problem::Expired { .. })), "{found:?}");

        let mut early = params("server", &["vault.example.jp"]);
        early.not_before =
            to_asn1(now().plus(Duration::from_secs(60))).expect("a time").to_datetime();
        let found = judged(&[leaf(&early, &issuer), root.clone()]);
        assert!(matches!(found, Err(Problem::NotYetValid { .. })), "{found:?}");

        let mut client = params("server", &["vault.example.jp"]);
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let found = judged(&[leaf(&client, &issuer), root.clone()]);
        assert_eq!(found, Err(Problem::WrongUse));
        assert_eq!(judged(std::slice::from_ref(&root)), Err(Problem::WrongUse), "an authority's");

        let found = judged(std::slice::from_ref(&good));
        assert!(matches!(found, Err(Problem::IssuerMissing { .. })), "{found:?}");
        for wrong in [other, twin] {
            let found = judged(&[good.clone(), wrong]);
            assert!(matches!(found, Err(Problem::Broken(_))), "{found:?}");
        }
        assert_eq!(judged(&[]), Err(Problem::Unreadable(1)));
        assert_eq!(judged(&[good, vec![1, 2, 3]]), Err(Problem::Unreadable(2)));
    }
}
