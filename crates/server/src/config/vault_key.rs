//! Where the key-encryption key comes from.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sekisho_model::Secret;
use sekisho_vault::{HsmKey, KekSource};

use super::read_secret_file;
use super::values::Values;

/// The longest PIN or password that is read from a credential, in bytes.
const MAX_PIN_BYTES: usize = 1024;

/// Where the key-encryption key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultKey {
    /// A file that holds it.
    File(PathBuf),
    /// A file that holds a passphrase.
    PassphraseFile(PathBuf),
    /// A passphrase that an operator gives.
    PassphraseAsked,
    /// A systemd credential that holds it.
    Credential(Credential),
    /// A key in a security module.
    Hsm(Hsm),
}

/// A systemd credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// systemd's folder; `None` outside of the service.
    pub folder: Option<PathBuf>,
}

/// A key in a security module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hsm {
    /// The PKCS#11 library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub key: String,
    /// Where its PIN is.
    pub pin: Pin,
}

/// Where a PIN is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// In a file.
    File(PathBuf),
    /// In a systemd credential.
    Credential(Credential),
}

impl VaultKey {
    /// What the vault asks for; reads passphrase and PIN. A passphrase that was
    /// given takes the place of the one in a file.
    ///
    /// # Errors
    /// When a file or credential cannot be read or is open to others, or nobody
    /// gave the passphrase.
    pub fn source(&self, passphrase: Option<Secret>) -> anyhow::Result<KekSource> {
        match self {
            Self::File(path) => Ok(KekSource::File(path.clone())),
            Self::Credential(credential) => Ok(KekSource::Credential(credential.path()?)),
            Self::PassphraseFile(path) => match passphrase {
                Some(given) => Ok(KekSource::Passphrase(given)),
                None => Ok(KekSource::Passphrase(read_secret_file(path)?)),
            },
            Self::PassphraseAsked => passphrase
                .map(KekSource::Passphrase)
                .context("the passphrase was not given ('vault.passphrase' is 'ask')"),
            Self::Hsm(hsm) => Ok(KekSource::Hsm(HsmKey {
                module: hsm.module.clone(),
                token: hsm.token.clone(),
                key: hsm.key.clone(),
                pin: hsm.pin.read()?,
            })),
        }
    }

    /// Whether an operator must give a passphrase.
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::PassphraseAsked)
    }

    /// Whether a passphrase can open it.
    pub const fn takes_passphrase(&self) -> bool {
        matches!(self, Self::PassphraseAsked | Self::PassphraseFile(_))
    }

    /// The files whose change may make the difference after a refusal.
    pub fn watched_file(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) | Self::PassphraseFile(path) => Some(path.clone()),
            Self::PassphraseAsked => None,
            Self::Credential(credential) => credential.path().ok(),
            Self::Hsm(Hsm { pin: Pin::File(path), .. }) => Some(path.clone()),
            Self::Hsm(Hsm { pin: Pin::Credential(credential), .. }) => credential.path().ok(),
        }
    }
}

impl Credential {
    pub(super) fn path(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.as_ref().with_context(|| {
            format!(
                "the credential '{0}' can only be read inside of the service: CREDENTIALS_DIRECTORY \
                 is not set. At a console: systemd-run --pty -p LoadCredentialEncrypted={0} …",
                self.name
            )
        })?;
        Ok(folder.join(&self.name))
    }
}

impl Pin {
    fn read(&self) -> anyhow::Result<Secret> {
        match self {
            Self::File(path) => read_secret_file(path),
            Self::Credential(credential) => read_credential(&credential.path()?),
        }
    }
}

/// systemd has closed the folder of credentials to everybody else.
pub(super) fn read_credential(path: &Path) -> anyhow::Result<Secret> {
    use std::io::Read as _;
    let wrong = || format!("cannot read the credential {}", path.display());
    let file = std::fs::File::open(path).with_context(wrong)?;
    let mut bytes = Vec::with_capacity(MAX_PIN_BYTES);
    file.take(MAX_PIN_BYTES as u64).read_to_end(&mut bytes).with_context(wrong)?;
    let end = bytes.trim_ascii_end().len();
    bytes.truncate(end);
    Ok(Secret::new(bytes))
}

/// What each kind of key is named by, for the sentence about none or several.
const KINDS: [&str; 5] = [
    "vault.kek_file",
    "vault.passphrase_file",
    "vault.passphrase",
    "vault.credential",
    "vault.pkcs11_module",
];

/// What belongs to a security module only.
const HSM_ONLY: [&str; 3] =
    ["vault.pkcs11_token", "vault.pkcs11_pin_file", "vault.pkcs11_pin_credential"];

/// Reads the settings of the key. The caller judges where files lie.
pub(super) fn vault_key(
    values: &mut Values,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<VaultKey> {
    let given: Vec<&str> = KINDS.into_iter().filter(|key| values.text(key).is_some()).collect();
    let kind = match given.as_slice() {
        [kind] => *kind,
        [] => {
            values.problem(format!(
                "give one of {}: 'vault.kek_file' is a file that init creates, e.g. \
                 /etc/sekisho/kek",
                quoted(&KINDS)
            ));
            return None;
        }
        several => {
            values.problem(format!("only one of {} may be given", quoted(several)));
            return None;
        }
    };
    if kind != "vault.pkcs11_module" {
        for key in HSM_ONLY {
            if values.text(key).is_some() {
                values.problem(format!(
                    "'{key}' is for a security module, but '{kind}' is given; leave one of them out"
                ));
            }
        }
    }
    let folder = environment("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    match kind {
        "vault.kek_file" => values.path(kind).map(VaultKey::File),
        "vault.passphrase_file" => values.path(kind).map(VaultKey::PassphraseFile),
        "vault.passphrase" => {
            // Not shown: somebody may have put the passphrase here.
            if values.text(kind) != Some("ask") {
                values.problem(
                    "'vault.passphrase' can only be 'ask'; a passphrase in a file is named by \
                     'vault.passphrase_file'",
                );
            }
            Some(VaultKey::PassphraseAsked)
        }
        "vault.credential" => credential(values, kind, folder).map(VaultKey::Credential),
        _ => hsm(values, folder).map(VaultKey::Hsm),
    }
}

fn hsm(values: &mut Values, folder: Option<PathBuf>) -> Option<Hsm> {
    let module = values.path("vault.pkcs11_module")?;
    if !module.is_absolute() {
        let found = module.display();
        values.problem(format!("'vault.pkcs11_module' is '{found}', expected an absolute path"));
    }
    let token = values.text("vault.pkcs11_token").map(str::to_owned);
    if token.is_none() {
        values.problem("give 'vault.pkcs11_token', the label of the token");
    }
    const FILE: &str = "vault.pkcs11_pin_file";
    const CREDENTIAL: &str = "vault.pkcs11_pin_credential";
    let pin = match (values.path(FILE), values.text(CREDENTIAL).is_some()) {
        (Some(path), false) => Some(Pin::File(path)),
        (None, true) => credential(values, CREDENTIAL, folder).map(Pin::Credential),
        (None, false) => {
            values.problem(format!("give '{FILE}' or '{CREDENTIAL}'"));
            None
        }
        (Some(_), true) => {
            values.problem(format!("only one of '{FILE}' and '{CREDENTIAL}' may be given"));
            None
        }
    };
    let key = values.text("vault.pkcs11_key").unwrap_or_default().to_owned();
    Some(Hsm { module, token: token?, key, pin: pin? })
}

/// The name becomes part of a path.
fn credential(values: &mut Values, key: &str, folder: Option<PathBuf>) -> Option<Credential> {
    let name = values.text(key)?.to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.bytes().all(plain) || name.starts_with('.') {
        values.problem(format!(
            "'{key}' is '{name}', expected the name of a credential: letters, digits, '-', '_', '.'"
        ));
        return None;
    }
    Some(Credential { name, folder })
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(", ")
}
