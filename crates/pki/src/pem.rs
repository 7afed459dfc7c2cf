//! Certificates as text (RFC 7468), for `ca.pem` and for people.

use data_encoding::BASE64;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sekisho_model::Secret;
use zeroize::Zeroizing;

use crate::error::PkiError;

const LINE_CHARS: usize = 64;

/// Writes certificates one below the other.
pub fn write_certificates<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for der in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let mut rest = BASE64.encode(der);
        while !rest.is_empty() {
            let tail = rest.split_off(rest.len().min(LINE_CHARS));
            text.push_str(&rest);
            text.push('\n');
            rest = tail;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// Writes a private key (PKCS #8 in DER), not encrypted.
pub fn write_private_key(pkcs8: &Secret) -> Secret {
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
    const END: &str = "-----END PRIVATE KEY-----\n";
    let body = Zeroizing::new(BASE64.encode(pkcs8.expose()));
    // All room at once: what grows leaves copies behind.
    let room = BEGIN.len() + body.len() + body.len() / LINE_CHARS + 1 + END.len();
    let mut text = Vec::with_capacity(room);
    text.extend_from_slice(BEGIN.as_bytes());
    for line in body.as_bytes().chunks(LINE_CHARS) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(END.as_bytes());
    Secret::new(text)
}

/// The certificates of a text in DER, at least one. Other sections (keys) are
/// passed over.
pub fn read_certificates(text: &str) -> Result<Vec<Vec<u8>>, PkiError> {
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes())
        .map(|item| item.map(|der| der.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| PkiError::Pem)?;
    if certificates.is_empty() { Err(PkiError::Pem) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let (a, b) = (vec![1; 48], vec![2; 49]);
        let text = write_certificates([&a[..], &b[..]]);
        assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        assert_eq!(text.lines().count(), 3 + 4, "{text}");
        assert_eq!(read_certificates(&text).unwrap(), [a, b]);
    }

    #[test]
    fn a_private_key_is_written_as_others_read_it() {
        for length in [47, 48, 121] {
            let key = Secret::new(vec![7; length]);
            let text = write_private_key(&key);
            let read = rustls_pki_types::PrivatePkcs8KeyDer::from_pem_slice(text.expose());
            assert_eq!(read.expect("its own key").secret_pkcs8_der(), key.expose());
        }
    }

    #[test]
    fn a_text_without_certificates_is_refused() {
        assert_eq!(read_certificates(""), Err(PkiError::Pem));
        assert_eq!(read_certificates("-----BEGIN CERTIFICATE-----\nAA"), Err(PkiError::Pem));
    }
}
