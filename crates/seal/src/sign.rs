//! Signatures: COSE_Sign1 over exact bytes.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, UnparsedPublicKey,
};
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

use crate::purpose::{Purpose, Scope};
use crate::{SealError, kid};

/// The DER in front of a P-256 point in a SubjectPublicKeyInfo (RFC 5480).
const P256_SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A server's signing key: Ed25519 (site root and order keys).
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let seed = Zeroizing::new(random_bytes(rng));
        Self::from_seed(&seed)
    }

    /// The key behind a stored seed.
    ///
    /// # Errors
    /// When the seed does not have 32 bytes.
    pub fn from_secret(seed: &Secret) -> Result<Self, SealError> {
        let seed: &[u8; 32] =
            seed.expose().try_into().map_err(|_| SealError::BadKey("Ed25519 seed"))?;
        Ok(Self::from_seed(seed))
    }

    fn from_seed(seed: &[u8; 32]) -> Self {
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are an Ed25519 seed");
        Self { seed: Zeroizing::new(*seed), pair }
    }

    /// The seed, for the vault.
    pub fn to_secret(&self) -> Secret {
        Secret::new(self.seed.to_vec())
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.pair.public_key().as_ref());
        out
    }

    /// Signs text as it is, for readers without our programs. Only a key that
    /// signs nothing else may do it: nothing here says what kind of text.
    pub(crate) fn sign_plain(&self, text: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        out.copy_from_slice(self.pair.sign(text).as_ref());
        out
    }

    /// Signs exact bytes.
    pub fn sign(&self, purpose: Purpose, scope: &Scope, payload: Vec<u8>) -> Vec<u8> {
        build(purpose, scope, payload, iana::Algorithm::EdDSA, &kid(&self.public()), |message| {
            self.pair.sign(message).as_ref().to_vec()
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// A device's identity key: P-256, the only curve that every TPM and platform
/// key store has.
pub struct IdentityKey {
    pkcs8: Secret,
    pair: EcdsaKeyPair,
}

impl IdentityKey {
    /// A new key. Its randomness is the cryptographic library's own.
    pub fn generate() -> Self {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .expect("the library can make a P-256 key");
        Self::from_pkcs8(Secret::new(document.as_ref().to_vec()))
            .expect("the library can read its own key")
    }

    /// A stored key.
    ///
    /// # Errors
    /// When the bytes are not a P-256 key in PKCS#8.
    pub fn from_pkcs8(pkcs8: Secret) -> Result<Self, SealError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose())
            .map_err(|_| SealError::BadKey("P-256 identity key"))?;
        Ok(Self { pkcs8, pair })
    }

    /// The key as PKCS#8, for its protected file and for TLS.
    pub fn pkcs8(&self) -> &Secret {
        &self.pkcs8
    }

    /// The public half as SubjectPublicKeyInfo, DER.
    pub fn public(&self) -> Vec<u8> {
        let mut out = P256_SPKI_PREFIX.to_vec();
        out.extend_from_slice(self.pair.public_key().as_ref());
        out
    }

    /// Signs exact bytes.
    pub fn sign(&self, purpose: Purpose, scope: &Scope, payload: Vec<u8>) -> Vec<u8> {
        let kid = kid(&self.public());
        build(purpose, scope, payload, iana::Algorithm::ES256, &kid, |message| {
            self.pair
                .sign(&SystemRandom::new(), message)
                .expect("a loaded key signs")
                .as_ref()
                .to_vec()
        })
    }
}

impl std::fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityKey(…)")
    }
}

fn build(
    purpose: Purpose,
    scope: &Scope,
    payload: Vec<u8>,
    algorithm: iana::Algorithm,
    kid: &[u8],
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let protected = HeaderBuilder::new()
        .algorithm(algorithm)
        .content_type(purpose.content_type().to_owned())
        .key_id(kid.to_vec())
        .build();
    CoseSign1Builder::new()
        .protected(protected)
        .payload(payload)
        .create_signature(&scope.bytes(purpose), sign)
        .build()
        .to_vec()
        .expect("a COSE_Sign1 can always be written")
}

/// A public key that a signature is checked with.
#[derive(Clone, Copy, Debug)]
pub enum VerifyKey<'k> {
    /// Ed25519, 32 bytes.
    Ed25519(&'k [u8; 32]),
    /// P-256, SubjectPublicKeyInfo DER.
    P256(&'k [u8]),
}

/// Checks the signature and returns the exact bytes that were signed.
///
/// # Errors
/// [`SealError::BadSignature`] for anything but a valid signature by this key
/// over this kind of message in this scope.
pub fn verify(
    purpose: Purpose,
    scope: &Scope,
    key: VerifyKey<'_>,
    signed: &[u8],
) -> Result<Vec<u8>, SealError> {
    let message = parse(signed)?;
    let (algorithm, expected_kid) = match key {
        VerifyKey::Ed25519(bytes) => (iana::Algorithm::EdDSA, kid(bytes)),
        VerifyKey::P256(spki) => (iana::Algorithm::ES256, kid(spki)),
    };
    let header = &message.protected.header;
    let fits = header.alg == Some(coset::RegisteredLabelWithPrivate::Assigned(algorithm))
        && header.content_type == Some(coset::ContentType::Text(purpose.content_type().to_owned()))
        && header.key_id == expected_kid
        && header.crit.is_empty()
        && message.unprotected.is_empty();
    if !fits {
        return Err(SealError::BadSignature);
    }
    message.verify_signature(&scope.bytes(purpose), |signature, data| {
        let checked = match key {
            VerifyKey::Ed25519(bytes) => {
                UnparsedPublicKey::new(&signature::ED25519, bytes).verify(data, signature)
            }
            VerifyKey::P256(spki) => {
                let point = p256_point(spki)?;
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(data, signature)
            }
        };
        checked.map_err(|_| SealError::BadSignature)
    })?;
    message.payload.ok_or(SealError::BadSignature)
}

/// The id of the key that claims to have signed; says nothing about whether it
/// did.
///
/// # Errors
/// When the bytes are not a COSE_Sign1.
pub fn claimed_kid(signed: &[u8]) -> Result<Vec<u8>, SealError> {
    Ok(parse(signed)?.protected.header.key_id)
}

fn parse(signed: &[u8]) -> Result<CoseSign1, SealError> {
    CoseSign1::from_slice(signed).map_err(|_| SealError::BadSignature)
}

/// The uncompressed point in a P-256 SubjectPublicKeyInfo.
///
/// # Errors
/// When the bytes are of another kind of key.
pub fn p256_point(spki: &[u8]) -> Result<&[u8], SealError> {
    match spki.strip_prefix(&P256_SPKI_PREFIX[..]) {
        Some(point) if point.len() == 65 && point[0] == 4 => Ok(point),
        Some(_) | None => Err(SealError::BadKey("P-256 public key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::Timestamp;
    use sekisho_model::id::{DeviceId, SiteId};
    use sekisho_model::rng::SeededRng;

    fn scope() -> Scope {
        let rng = SeededRng::new(1);
        Scope::device(SiteId::at(Timestamp::EPOCH, &rng), DeviceId::at(Timestamp::EPOCH, &rng))
    }

    #[test]
    fn both_kinds_of_key_sign_and_verify() {
        let server = SigningKey::generate(&SeededRng::new(2));
        let signed = server.sign(Purpose::Order, &scope(), b"x".to_vec());
        let payload =
            verify(Purpose::Order, &scope(), VerifyKey::Ed25519(&server.public()), &signed);
        assert_eq!(payload.expect("valid"), b"x");

        let device = IdentityKey::generate();
        let signed = device.sign(Purpose::Hello, &scope(), b"y".to_vec());
        let payload = verify(Purpose::Hello, &scope(), VerifyKey::P256(&device.public()), &signed);
        assert_eq!(payload.expect("valid"), b"y");
    }

    #[test]
    fn another_purpose_scope_or_key_is_refused() {
        let rng = SeededRng::new(3);
        let key = SigningKey::generate(&rng);
        let public = key.public();
        let signed = key.sign(Purpose::Order, &scope(), b"x".to_vec());
        let other = SigningKey::generate(&rng).public();
        let site_only = Scope::site(scope().site);
        assert!(verify(Purpose::Welcome, &scope(), VerifyKey::Ed25519(&public), &signed).is_err());
        assert!(verify(Purpose::Order, &site_only, VerifyKey::Ed25519(&public), &signed).is_err());
        assert!(verify(Purpose::Order, &scope(), VerifyKey::Ed25519(&other), &signed).is_err());
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = SigningKey::generate(&SeededRng::new(4));
        let public = key.public();
        let signed = key.sign(Purpose::Order, &scope(), b"payload".to_vec());
        for bit in 0..signed.len() * 8 {
            let mut changed = signed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let result = verify(Purpose::Order, &scope(), VerifyKey::Ed25519(&public), &changed);
            assert!(result.is_err(), "bit {bit}");
        }
    }
}
