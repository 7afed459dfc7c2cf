//! A certificate with its key in one file: PKCS#12 (RFC 7292), `.pfx` or `.p12`.
//!
//! What OpenSSL, Windows, Java and the browsers write is read: PBES2 with PBKDF2
//! and AES or 3DES, and the older schemes with 3DES and RC2. The file comes from
//! somebody else: its size, its parts and the work that it may ask for are
//! bounded, all of them together, whatever is nested in what.

mod ber;
mod secrecy;

use std::collections::BTreeSet;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use sekisho_model::Secret;
use x509_parser::certificate::X509Certificate;
use zeroize::Zeroizing;

use self::ber::{Elements, Malformed};
use self::secrecy::{Mac, Password, Work, decrypt};
use crate::device::read;

/// The largest file that is read, in bytes.
pub const MAX_PFX_BYTES: usize = 40 * 1024;

/// Parts, keys and certificates of a file, at most.
const MAX_PARTS: usize = 64;

/// What a PKCS#12 file holds.
#[derive(Debug)]
pub struct PfxContent {
    /// The certificate of the key, then each one's issuer, as far as the file
    /// has them; DER. Other certificates of the file are left out.
    pub chain: Vec<Vec<u8>>,
    /// The private key, PKCS #8 in DER.
    pub key: Secret,
}

/// Why a PKCS#12 file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PfxProblem {
    /// More bytes than are read.
    #[error(
        "the file has {found} bytes; expected at most {MAX_PFX_BYTES}, which a certificate with \
         its issuers and one key keeps within"
    )]
    TooLarge {
        /// How many.
        found: usize,
    },
    /// Not a PKCS#12 file, or a damaged one.
    #[error("the file cannot be read; expected PKCS#12 (.pfx or .p12)")]
    Unreadable,
    /// The password does not open it.
    #[error("the password does not open the file, or the file was changed; type it again")]
    WrongPassword,
    /// Its authors asked for more work than a certificate is worth.
    #[error(
        "opening the file would take too long: it asks for more than {most} rounds of its hash; \
         export it again with fewer, for example with 'openssl pkcs12 -export -iter 100000'",
        most = secrecy::MAX_ROUNDS
    )]
    TooMuchWork,
    /// Protected in a way that is not read here.
    #[error(
        "{0} is not supported; convert the file with 'openssl pkcs12 -legacy -in OLD.pfx -out \
         ALL.pem' and 'openssl pkcs12 -export -in ALL.pem -out NEW.pfx'"
    )]
    Unsupported(&'static str),
    /// No private key.
    #[error("the file holds no private key; export the certificate together with its key")]
    NoKey,
    /// More than one private key: which one is meant?
    #[error("the file holds {0} private keys; export only the server's")]
    SeveralKeys(usize),
    /// A key of a kind that no server certificate has.
    #[error("the private key cannot be read; expected RSA, an elliptic curve or Ed25519")]
    UnreadableKey,
    /// None of its certificates is the key's.
    #[error(
        "none of the {0} certificates in the file belongs to its private key; export the \
         certificate together with its key"
    )]
    NoCertificate(usize),
}

impl From<Malformed> for PfxProblem {
    fn from(_: Malformed) -> Self {
        Self::Unreadable
    }
}

const PKCS7_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const PKCS7_ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const BAGS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];
const X509: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];

const KEY_BAG: u8 = 1;
const SHROUDED_KEY_BAG: u8 = 2;
const CERTIFICATE_BAG: u8 = 3;

/// Reads a PKCS#12 file: its one key, and that key's certificate with its issuers.
/// It may compute for a few seconds.
///
/// # Errors
/// The first thing that is wrong.
pub fn read_pfx(file: &[u8], password: &Secret) -> Result<PfxContent, PfxProblem> {
    if file.len() > MAX_PFX_BYTES {
        return Err(PfxProblem::TooLarge { found: file.len() });
    }
    let mut opener = Password::new(password).ok_or(PfxProblem::WrongPassword)?;
    let mut whole = Elements::of(file);
    let mut pfx = whole.sequence()?;
    if pfx.number()? != 3 {
        return Err(PfxProblem::Unreadable);
    }
    let mut safe = pfx.sequence()?;
    if safe.oid()? != PKCS7_DATA {
        return Err(PfxProblem::Unsupported("a file that is signed with a certificate"));
    }
    let safe = safe.tagged(0)?.octets()?;
    let mut work = Work::new();
    if !pfx.is_empty() {
        let mac = Mac::read(pfx.sequence()?)?;
        if !mac.is_of(&safe, &opener, &mut work)? {
            // Windows takes no password where OpenSSL takes an empty one.
            opener = Password::none();
            if !password.is_empty() || !mac.is_of(&safe, &opener, &mut work)? {
                return Err(PfxProblem::WrongPassword);
            }
        }
    }
    let mut opened =
        Opened { password: &opener, work, parts: 0, keys: Vec::new(), certificates: Vec::new() };
    let mut parts = Elements::of(&safe).sequence()?;
    while !parts.is_empty() {
        opened.part(parts.sequence()?)?;
    }
    opened.sorted()
}

/// What was found so far.
struct Opened<'a> {
    password: &'a Password,
    work: Work,
    parts: usize,
    keys: Vec<Zeroizing<Vec<u8>>>,
    certificates: Vec<Vec<u8>>,
}

impl Opened<'_> {
    fn count(&mut self) -> Result<(), PfxProblem> {
        self.parts += 1;
        if self.parts > MAX_PARTS { Err(PfxProblem::TooMuchWork) } else { Ok(()) }
    }

    /// A part of the file: clear, or encrypted as a whole.
    fn part(&mut self, mut info: Elements<'_>) -> Result<(), PfxProblem> {
        self.count()?;
        let kind = info.oid()?;
        let mut content = info.tagged(0)?;
        if kind == PKCS7_DATA {
            return self.bags(&content.octets()?);
        }
        if kind != PKCS7_ENCRYPTED {
            return Err(PfxProblem::Unsupported("a part that is sealed to a certificate"));
        }
        let mut encrypted = content.sequence()?;
        encrypted.number()?;
        let mut encrypted = encrypted.sequence()?;
        encrypted.oid()?;
        let algorithm = encrypted.sequence()?;
        let sealed = encrypted.tagged_octets(0)?;
        let clear = decrypt(algorithm, &sealed, self.password, &mut self.work)?;
        self.bags(&clear).map_err(garbage)
    }

    fn bags(&mut self, bytes: &[u8]) -> Result<(), PfxProblem> {
        let mut bags = Elements::of(bytes).sequence()?;
        while !bags.is_empty() {
            self.count()?;
            let mut bag = bags.sequence()?;
            let kind = bag.oid()?;
            let mut value = bag.tagged(0)?;
            match kind.strip_prefix(BAGS) {
                Some([KEY_BAG]) => self.keys.push(Zeroizing::new(value.rest().to_vec())),
                Some([SHROUDED_KEY_BAG]) => {
                    let mut shrouded = value.sequence()?;
                    let algorithm = shrouded.sequence()?;
                    let sealed = shrouded.octets()?;
                    let key = decrypt(algorithm, &sealed, self.password, &mut self.work)?;
                    Elements::of(&key).sequence().map_err(|_| PfxProblem::WrongPassword)?;
                    self.keys.push(key);
                }
                Some([CERTIFICATE_BAG]) => {
                    let mut certificate = value.sequence()?;
                    if certificate.oid()? == X509 {
                        let der = certificate.tagged(0)?.octets()?;
                        self.certificates.push(der.into_owned());
                    }
                }
                // Revocation lists, secrets of other kinds: not asked for.
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// The one key, its certificate, and the issuers in their order.
    fn sorted(self) -> Result<PfxContent, PfxProblem> {
        let keys: BTreeSet<&[u8]> = self.keys.iter().map(|key| key.as_slice()).collect();
        let key = match (keys.len(), self.keys.first()) {
            (1, Some(key)) => Secret::new(key.to_vec()),
            (0, _) | (_, None) => return Err(PfxProblem::NoKey),
            (several, Some(_)) => return Err(PfxProblem::SeveralKeys(several)),
        };
        let public = public_half(&key).ok_or(PfxProblem::UnreadableKey)?;
        let mut rest: Vec<X509Certificate<'_>> =
            self.certificates.iter().filter_map(|der| read(der).ok()).collect();
        let none = PfxProblem::NoCertificate(self.certificates.len());
        let of_key = |found: &(usize, &X509Certificate<'_>)| {
            *found.1.public_key().subject_public_key.data == *public
        };
        let leaf = rest.iter().enumerate().filter(of_key);
        let newest = leaf.max_by_key(|(_, found)| found.validity().not_after.timestamp());
        let mut last = rest.swap_remove(newest.ok_or(none)?.0);
        let mut chain = vec![last.as_raw().to_vec()];
        while last.issuer().as_raw() != last.subject().as_raw() {
            let above =
                rest.iter().position(|one| one.subject().as_raw() == last.issuer().as_raw());
            let Some(above) = above else { break };
            last = rest.swap_remove(above);
            chain.push(last.as_raw().to_vec());
        }
        Ok(PfxContent { chain, key })
    }
}

/// Bytes that a wrong password has made look like no PKCS#12.
fn garbage(problem: PfxProblem) -> PfxProblem {
    if problem == PfxProblem::Unreadable { PfxProblem::WrongPassword } else { problem }
}

/// The public key as a certificate holds it, of a key in PKCS #8.
fn public_half(key: &Secret) -> Option<Vec<u8>> {
    let curves = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    let curve = curves.iter().find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, key.expose()).ok());
    if let Some(pair) = curve {
        return Some(pair.public_key().as_ref().to_vec());
    }
    if let Ok(pair) = RsaKeyPair::from_pkcs8(key.expose()) {
        return Some(pair.public_key().as_ref().to_vec());
    }
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.expose()).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

#[cfg(test)]
mod tests;
