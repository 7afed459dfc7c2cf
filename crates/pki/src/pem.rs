//! Certificates as text (RFC 7468), for `ca.pem` and for people.

use data_encoding::BASE64;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

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
    fn a_text_without_certificates_is_refused() {
        assert_eq!(read_certificates(""), Err(PkiError::Pem));
        assert_eq!(read_certificates("-----BEGIN CERTIFICATE-----\nAA"), Err(PkiError::Pem));
    }
}
