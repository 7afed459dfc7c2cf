//! A key-encryption key that never leaves its security module (PKCS#11).
//!
//! The key is AES-256, sensitive and not extractable. The module seals and
//! opens data keys with it (AES-GCM with associated data); its value is never
//! in this process. Each use loads, initialises, logs in, works and finalises:
//! uses are rare (start, rotation, a look every now and then), and a module
//! that was unplugged and came back is found again only from the beginning.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use sekisho_model::Secret;

use crate::aead::KEY_BYTES;
use crate::error::{HsmProblem, VaultError};

/// Bytes of the initialisation vector.
pub(crate) const IV_BYTES: usize = 12;

const TAG_BITS: u64 = 128;

/// Which key in which security module, and how to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmKey {
    /// The module: a shared library, which nobody but root or the server's
    /// user may be able to change.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The label of the key.
    pub key: String,
    /// The user's PIN.
    pub pin: Secret,
}

/// What happens when there is no key with the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfMissing {
    Make,
    Refuse,
}

impl HsmKey {
    /// Makes sure that the key is there and is what it must be.
    pub(crate) fn prepare(&self, if_missing: IfMissing) -> Result<(), VaultError> {
        self.with_key(if_missing, |_, _| Ok(()))
    }

    /// Seals bytes in the module: ciphertext and tag.
    pub(crate) fn encrypt(
        &self,
        iv: [u8; IV_BYTES],
        associated: &[u8],
        clear: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        self.with_key(IfMissing::Refuse, |session, key| {
            let mut iv = iv;
            let gcm = GcmParams::new(&mut iv, associated, TAG_BITS.into());
            let gcm = Mechanism::AesGcm(gcm.map_err(failed)?);
            session.encrypt(&gcm, key, clear).map_err(failed)
        })
    }

    /// Opens several sealed values in one session: initialisation vector,
    /// associated data, ciphertext with tag. `None` for what does not open.
    pub(crate) fn decrypt_all(
        &self,
        sealed: &[([u8; IV_BYTES], Vec<u8>, &[u8])],
    ) -> Result<Vec<Option<Secret>>, VaultError> {
        self.with_key(IfMissing::Refuse, |session, key| {
            let open = |(iv, associated, body): &([u8; IV_BYTES], Vec<u8>, &[u8])| {
                let mut iv = *iv;
                let gcm = GcmParams::new(&mut iv, associated, TAG_BITS.into()).map_err(failed)?;
                match session.decrypt(&Mechanism::AesGcm(gcm), key, body) {
                    Ok(clear) => Ok(Some(Secret::new(clear))),
                    Err(Error::Pkcs11(refusal, _)) if is_about_data(&refusal) => Ok(None),
                    Err(error) => Err(failed(error)),
                }
            };
            sealed.iter().map(open).collect()
        })
    }

    fn with_key<T>(
        &self,
        if_missing: IfMissing,
        work: impl FnOnce(&Session, ObjectHandle) -> Result<T, HsmProblem>,
    ) -> Result<T, VaultError> {
        // A process initialises a module once; whoever comes second would
        // share, and end, the first one's sessions.
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let path = trusted_module(&self.module)?;
            let library = match modules.get(&path) {
                Some(library) => library.clone(),
                None => {
                    let library = Pkcs11::new(&path).map_err(|error| module(&path, error))?;
                    modules.entry(path.clone()).or_insert(library).clone()
                }
            };
            let locking = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
            library.initialize(locking).map_err(|error| module(&path, error))?;
            let done = self.in_session(&library, if_missing, work);
            // What was done counts; the next use begins anew in any case.
            let _ = library.finalize();
            done
        })();
        done.map_err(VaultError::Hsm)
    }

    fn in_session<T>(
        &self,
        library: &Pkcs11,
        if_missing: IfMissing,
        work: impl FnOnce(&Session, ObjectHandle) -> Result<T, HsmProblem>,
    ) -> Result<T, HsmProblem> {
        let slots = library.get_slots_with_token().map_err(failed)?;
        // A token that cannot be read is not the one that is looked for.
        let mut ours = slots.into_iter().filter(|slot| {
            library.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == self.token)
        });
        let no_token = || HsmProblem::NoToken { token: self.token.clone() };
        let slot = ours.next().ok_or_else(no_token)?;
        if ours.next().is_some() {
            return Err(HsmProblem::SeveralTokens { token: self.token.clone() });
        }
        let session = match if_missing {
            IfMissing::Make => library.open_rw_session(slot),
            IfMissing::Refuse => library.open_ro_session(slot),
        };
        let session = session.map_err(failed)?;
        let pin = self.pin.expose_str().ok_or(HsmProblem::WrongPin)?;
        session.login(UserType::User, Some(&AuthPin::new(pin.into()))).map_err(login)?;
        let key = match (self.find(&session)?, if_missing) {
            (Some(key), _) => key,
            (None, IfMissing::Make) => self.make(&session)?,
            (None, IfMissing::Refuse) => {
                return Err(HsmProblem::NoKey { key: self.key.clone(), token: self.token.clone() });
            }
        };
        work(&session, key)
    }

    fn find(&self, session: &Session) -> Result<Option<ObjectHandle>, HsmProblem> {
        let label = Attribute::Label(self.key.as_bytes().to_vec());
        let template = [label, Attribute::Class(ObjectClass::SECRET_KEY)];
        let found = session.find_objects(&template).map_err(failed)?;
        match found.as_slice() {
            [] => Ok(None),
            [key] => self.judge(session, *key).map(|()| Some(*key)),
            _ => Err(HsmProblem::SeveralKeys { key: self.key.clone() }),
        }
    }

    /// A key that could be read out would make the module pointless.
    fn judge(&self, session: &Session, key: ObjectHandle) -> Result<(), HsmProblem> {
        let asked = [
            AttributeType::KeyType,
            AttributeType::ValueLen,
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::Encrypt,
            AttributeType::Decrypt,
        ];
        let wrong = |what| Err(HsmProblem::UnsuitableKey { key: self.key.clone(), what });
        let found = session.get_attributes(key, &asked).map_err(failed)?;
        if found.len() != asked.len() {
            return wrong("its attributes cannot be read");
        }
        for attribute in found {
            match attribute {
                Attribute::KeyType(kind) if kind != KeyType::AES => return wrong("it is not AES"),
                Attribute::ValueLen(len) if u64::from(len) != KEY_BYTES as u64 => {
                    return wrong("it has not 256 bits");
                }
                Attribute::Sensitive(false) => return wrong("it is not sensitive"),
                Attribute::Extractable(true) => return wrong("it can be extracted"),
                Attribute::Encrypt(false) => return wrong("it may not encrypt"),
                Attribute::Decrypt(false) => return wrong("it may not decrypt"),
                _ => {}
            }
        }
        Ok(())
    }

    fn make(&self, session: &Session) -> Result<ObjectHandle, HsmProblem> {
        let bytes = (KEY_BYTES as u64).into();
        let template = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(bytes),
            Attribute::Label(self.key.as_bytes().to_vec()),
        ];
        session.generate_key(&Mechanism::AesKeyGen, &template).map_err(failed)
    }
}

/// The loaded modules. None is ever unloaded: many do not survive that.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// Code that is loaded into the process that holds every secret: nobody but
/// root or the server's own user may be able to exchange it.
fn trusted_module(path: &Path) -> Result<PathBuf, HsmProblem> {
    let refuse = |problem: String| HsmProblem::Module { path: path.to_owned(), problem };
    if !path.is_absolute() {
        return Err(refuse("is no absolute path".to_owned()));
    }
    let path =
        fs::canonicalize(path).map_err(|error| refuse(format!("cannot be used: {error}")))?;
    let own = rustix::process::geteuid().as_raw();
    for (place, what) in path.ancestors().zip(["", "lies in a folder that "]) {
        let meta = fs::metadata(place).map_err(|error| refuse(error.to_string()))?;
        if what.is_empty() && !meta.is_file() {
            return Err(refuse("is not a file".to_owned()));
        }
        if meta.uid() != 0 && meta.uid() != own {
            let owner = meta.uid();
            return Err(refuse(format!(
                "{what}belongs to the user with id {owner}; expected root or the user the server \
                 runs as"
            )));
        }
        if meta.mode() & 0o022 != 0 {
            let place = place.display();
            return Err(refuse(format!("{what}others can write to; run: chmod go-w {place}")));
        }
    }
    Ok(path)
}

fn module(path: &Path, error: Error) -> HsmProblem {
    HsmProblem::Module { path: path.to_owned(), problem: format!("cannot be used: {error}") }
}

fn failed(error: impl Into<Error>) -> HsmProblem {
    match error.into() {
        Error::Pkcs11(RvError::PinLocked, _) => HsmProblem::PinLocked,
        other => HsmProblem::Failed(other.to_string()),
    }
}

fn login(error: Error) -> HsmProblem {
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid, _) => {
            HsmProblem::WrongPin
        }
        other => failed(other),
    }
}

/// A module says in many ways that a tag does not fit; a device that is gone,
/// or a session that is, must not look like a damaged key.
fn is_about_data(refusal: &RvError) -> bool {
    matches!(
        refusal,
        RvError::EncryptedDataInvalid
            | RvError::EncryptedDataLenRange
            | RvError::GeneralError
            | RvError::FunctionFailed
            | RvError::DataInvalid
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn problem(path: &Path) -> String {
        trusted_module(path).expect_err("it must be refused").to_string()
    }

    #[test]
    fn a_module_that_others_can_exchange_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("module.so");
        fs::write(&path, b"").unwrap();
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(&path, 0o755);
        assert_eq!(trusted_module(&path).unwrap(), fs::canonicalize(&path).unwrap());
        mode(&path, 0o775);
        assert!(problem(&path).contains("run: chmod go-w"), "{}", problem(&path));
        mode(&path, 0o755);
        mode(folder.path(), 0o777);
        assert!(problem(&path).contains("lies in a folder that others"), "{}", problem(&path));
        mode(folder.path(), 0o700);
        assert!(problem(folder.path()).contains("is not a file"));
        assert!(problem(Path::new("module.so")).contains("is no absolute path"));
        // What is no library is not loaded, and says so.
        let key = HsmKey {
            module: path,
            token: "t".to_owned(),
            key: "k".to_owned(),
            pin: Secret::from("1234"),
        };
        let error = key.prepare(IfMissing::Refuse).unwrap_err().to_string();
        assert!(error.contains("cannot be used"), "{error}");
    }
}
