//! P-256 keys: the only kind in the site's certificates.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey, UnparsedPublicKey,
};
use data_encoding::HEXLOWER;
use sekisho_model::Secret;

use crate::error::PkiError;

/// SHA-256 over the bytes (a certificate, or the public key of one) in
/// lower-case hexadecimal digits without separators.
pub fn fingerprint(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// A P-256 public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// [`SPKI_PREFIX`] and the uncompressed point.
    spki: [u8; SPKI_BYTES],
}

const SPKI_BYTES: usize = 91;

/// SubjectPublicKeyInfo up to the point (RFC 5480): a P-256 key has exactly
/// one DER form with an uncompressed point, so that comparing is parsing.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

impl PublicKey {
    /// From a SubjectPublicKeyInfo in DER; the point must lie on the curve.
    pub fn from_spki(spki: &[u8]) -> Result<Self, PkiError> {
        let key = Self { spki: spki.try_into().map_err(|_| PkiError::KeyType)? };
        if !key.spki.starts_with(&SPKI_PREFIX) {
            return Err(PkiError::KeyType);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.point())
            .map_err(|_| PkiError::KeyType)?;
        Ok(key)
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether the signature (ECDSA with SHA-256, DER) over the message is by
    /// this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.point())
            .verify(message, signature)
            .is_ok()
    }

    fn point(&self) -> &[u8] {
        &self.spki[SPKI_PREFIX.len()..]
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", fingerprint(&self.spki))
    }
}

impl rcgen::PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        self.point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

/// A P-256 key pair. The private half lives in aws-lc's memory, which is wiped
/// when freed.
pub struct KeyPair {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl KeyPair {
    /// A new key pair. The bytes come from aws-lc's own generator: a key that
    /// another generator chose is nothing the library would let us make.
    pub fn generate() -> Result<Self, PkiError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| PkiError::Library("no key could be generated".to_owned()))?;
        Ok(Self::new(pair))
    }

    /// From PKCS#8 in DER.
    pub fn from_pkcs8(pkcs8: &Secret) -> Result<Self, PkiError> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.expose())
            .map(Self::new)
            .map_err(|_| PkiError::UnreadableKey)
    }

    /// PKCS#8 in DER, to be sealed by the vault.
    pub fn to_pkcs8(&self) -> Result<Secret, PkiError> {
        self.pair
            .to_pkcs8v1()
            .map(|document| Secret::new(document.as_ref().to_vec()))
            .map_err(|_| PkiError::Library("the key could not be written".to_owned()))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn new(pair: EcdsaKeyPair) -> Self {
        let mut spki = [0; SPKI_BYTES];
        spki[..SPKI_PREFIX.len()].copy_from_slice(&SPKI_PREFIX);
        spki[SPKI_PREFIX.len()..].copy_from_slice(pair.public_key().as_ref());
        Self { pair, public: PublicKey { spki } }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", &self.public).finish_non_exhaustive()
    }
}

impl rcgen::PublicKeyData for KeyPair {
    fn der_bytes(&self) -> &[u8] {
        self.public.point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for KeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.pair
            .sign(&SystemRandom::new(), message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| rcgen::Error::RingUnspecified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_storage_and_is_not_printed() {
        let key = KeyPair::generate().unwrap();
        let stored = key.to_pkcs8().unwrap();
        let again = KeyPair::from_pkcs8(&stored).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let printed = format!("{key:?}");
        assert_eq!(
            printed,
            format!(
                "KeyPair {{ public: PublicKey({}), .. }}",
                fingerprint(key.public_key().spki())
            )
        );
    }

    #[test]
    fn what_is_no_p256_key_is_refused() {
        let key = KeyPair::generate().unwrap();
        let mut off_curve = key.public_key().spki().to_vec();
        *off_curve.last_mut().unwrap() ^= 1;
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let p384_spki = rcgen::PublicKeyData::subject_public_key_info(&p384);
        for bad in [&off_curve[..], &p384_spki, &off_curve[..90], b""] {
            assert_eq!(PublicKey::from_spki(bad), Err(PkiError::KeyType));
        }
        for bad in [p384.serialize_der(), b"not a key".to_vec()] {
            let error = KeyPair::from_pkcs8(&Secret::new(bad)).unwrap_err();
            assert_eq!(error, PkiError::UnreadableKey);
        }
    }
}
