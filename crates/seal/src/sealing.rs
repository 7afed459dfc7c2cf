//! HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable};
use sekisho_model::rng::random_bytes;
use sekisho_model::{Rng, Secret};
use zeroize::Zeroizing;

use crate::SealError;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Sealed bytes with their encapsulated key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The encapsulated key.
    pub enc: [u8; 32],
    /// The ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

/// The private half of an X25519 key that messages are sealed to.
pub struct OpeningKey(PrivateKey);

impl OpeningKey {
    /// A new key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let material = Zeroizing::new(random_bytes::<32>(rng));
        Self(X25519HkdfSha256::derive_keypair(&*material).0)
    }

    /// A stored key.
    ///
    /// # Errors
    /// When the bytes are not an X25519 key.
    pub fn from_secret(bytes: &Secret) -> Result<Self, SealError> {
        PrivateKey::from_bytes(bytes.expose())
            .map(Self)
            .map_err(|_| SealError::BadKey("X25519 private key"))
    }

    /// The private bytes, for the vault.
    pub fn to_secret(&self) -> Secret {
        Secret::new(self.0.to_bytes().to_vec())
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }
}

impl std::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningKey(…)")
    }
}

/// A secret that both ends of one sealed message share (RFC 9180 §5.3).
pub struct Exporter(Context);

enum Context {
    Sender(hpke::aead::AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>),
    Receiver(hpke::aead::AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>),
}

impl Exporter {
    /// A key for one use, named by `label`.
    pub fn export(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        let exported = match &self.0 {
            Context::Sender(context) => context.export(label, &mut *out),
            Context::Receiver(context) => context.export(label, &mut *out),
        };
        exported.expect("32 bytes can always be exported");
        out
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exporter(…)")
    }
}

/// The secret of an enrolment key and its id, as an HPKE pre-shared key.
#[derive(Clone, Copy)]
pub struct Psk<'a> {
    /// At least 32 bytes of entropy (RFC 9180 §9.5).
    pub secret: &'a Secret,
    /// Public.
    pub id: &'a [u8],
}

/// Seals to a public key. With a pre-shared key, only who knows it could have
/// sealed.
///
/// # Errors
/// When the public key is not a usable X25519 key.
pub fn seal(
    to: &[u8; 32],
    psk: Option<Psk<'_>>,
    info: &[u8],
    plaintext: &[u8],
    rng: &dyn Rng,
) -> Result<(Sealed, Exporter), SealError> {
    let to = PublicKey::from_bytes(to).map_err(|_| SealError::BadKey("X25519 public key"))?;
    let mode = match psk {
        Some(psk) => OpModeS::Psk(bundle(psk)?),
        None => OpModeS::Base,
    };
    let (enc, mut context) = hpke::setup_sender_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&mode, &to, info, &mut Adapter(rng))
    .map_err(|_| SealError::BadKey("X25519 public key"))?;
    let ciphertext = context.seal(plaintext, &[]).map_err(|_| SealError::Unsealable)?;
    let sealed = Sealed { enc: enc.to_bytes().into(), ciphertext };
    Ok((sealed, Exporter(Context::Sender(context))))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`SealError::Unsealable`], whatever the reason.
pub fn open(
    key: &OpeningKey,
    psk: Option<Psk<'_>>,
    info: &[u8],
    enc: &[u8; 32],
    ciphertext: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, Exporter), SealError> {
    let enc = Encapsulated::from_bytes(enc).map_err(|_| SealError::Unsealable)?;
    let mode = match psk {
        Some(psk) => OpModeR::Psk(bundle(psk)?),
        None => OpModeR::Base,
    };
    let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &mode, &key.0, &enc, info,
    )
    .map_err(|_| SealError::Unsealable)?;
    let plaintext = context.open(ciphertext, &[]).map_err(|_| SealError::Unsealable)?;
    Ok((Zeroizing::new(plaintext), Exporter(Context::Receiver(context))))
}

/// What [`seal`] and its receiver share, where nothing but that is wanted.
///
/// # Errors
/// [`SealError::Unsealable`] when `enc` is no encapsulated key.
pub fn receive(key: &OpeningKey, info: &[u8], enc: &[u8; 32]) -> Result<Exporter, SealError> {
    let enc = Encapsulated::from_bytes(enc).map_err(|_| SealError::Unsealable)?;
    let context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key.0,
        &enc,
        info,
    )
    .map_err(|_| SealError::Unsealable)?;
    Ok(Exporter(Context::Receiver(context)))
}

fn bundle(psk: Psk<'_>) -> Result<PskBundle<'_>, SealError> {
    if psk.secret.len() < 32 {
        return Err(SealError::BadKey("enrolment secret"));
    }
    PskBundle::new(psk.secret.expose(), psk.id).map_err(|_| SealError::BadKey("enrolment secret"))
}

/// Pads to a multiple of `block`, the length in front.
pub fn pad(message: &[u8], block: usize) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(message.len()).expect("messages are shorter than 4 GiB");
    let total = (message.len() + 4).div_ceil(block) * block;
    let mut out = Zeroizing::new(Vec::with_capacity(total));
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(message);
    out.resize(total, 0);
    out
}

/// Takes the padding off.
///
/// # Errors
/// When the length in front does not fit or the padding is not zero.
pub fn unpad(padded: &[u8]) -> Result<&[u8], SealError> {
    let (length, rest) = padded.split_first_chunk::<4>().ok_or(SealError::Unsealable)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (message, padding) = rest.split_at_checked(length).ok_or(SealError::Unsealable)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(SealError::Unsealable);
    }
    Ok(message)
}

/// Our source of randomness in the shape `hpke` asks for.
struct Adapter<'a>(&'a dyn Rng);

impl rand_core::TryRng for Adapter<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(random_bytes(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(random_bytes(self.0)))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Adapter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    #[test]
    fn sealed_bytes_open_only_in_their_context() {
        let rng = SeededRng::new(1);
        let key = OpeningKey::generate(&rng);
        let (sealed, sender) = seal(&key.public(), None, b"info", b"secret", &rng).expect("seals");
        let (plain, receiver) =
            open(&key, None, b"info", &sealed.enc, &sealed.ciphertext).expect("opens");
        assert_eq!(plain.as_slice(), b"secret");
        assert_eq!(sender.export(b"a"), receiver.export(b"a"));
        assert_ne!(sender.export(b"a"), receiver.export(b"b"));

        assert!(open(&key, None, b"other", &sealed.enc, &sealed.ciphertext).is_err());
        let other = OpeningKey::generate(&rng);
        assert!(open(&other, None, b"info", &sealed.enc, &sealed.ciphertext).is_err());
    }

    #[test]
    fn a_pre_shared_key_must_be_the_same_on_both_ends() {
        let rng = SeededRng::new(2);
        let key = OpeningKey::generate(&rng);
        let (right, wrong) = (Secret::new(vec![1; 32]), Secret::new(vec![2; 32]));
        let psk = |secret| Some(Psk { secret, id: b"id" });
        let (sealed, _) = seal(&key.public(), psk(&right), b"i", b"x", &rng).expect("seals");
        assert!(open(&key, psk(&right), b"i", &sealed.enc, &sealed.ciphertext).is_ok());
        assert!(open(&key, psk(&wrong), b"i", &sealed.enc, &sealed.ciphertext).is_err());
        assert!(open(&key, None, b"i", &sealed.enc, &sealed.ciphertext).is_err());
    }

    #[test]
    fn padding_hides_the_length_and_comes_off() {
        for length in [0, 1, 507, 508, 509, 2000] {
            let message = vec![7; length];
            let padded = pad(&message, 512);
            assert_eq!(padded.len() % 512, 0);
            assert_eq!(unpad(&padded).expect("valid"), message);
        }
        assert!(unpad(&[0, 0, 0, 9, 1]).is_err());
        assert!(unpad(&[0, 0]).is_err());
        assert!(unpad(&[0, 0, 0, 0, 1]).is_err());
    }

    /// RFC 9180, appendix A.2.1: the first vector of our suite, so that the
    /// library's reading of the RFC is checked and not only its symmetry.
    #[test]
    fn opens_the_rfc_9180_test_vector() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hex");
        let key = OpeningKey::from_secret(&Secret::new(hex(
            "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        )))
        .expect("key");
        assert_eq!(
            key.public().to_vec(),
            hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
        );
        let enc: [u8; 32] = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
            .try_into()
            .expect("32 bytes");
        let info = hex("4f6465206f6e2061204772656369616e2055726e");
        let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key.0,
            &Encapsulated::from_bytes(&enc).expect("enc"),
            &info,
        )
        .expect("context");
        let plaintext = context
            .open(
                &hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"),
                &hex("436f756e742d30"),
            )
            .expect("opens");
        assert_eq!(plaintext, hex("4265617574792069732074727574682c20747275746820626561757479"));
    }
}
