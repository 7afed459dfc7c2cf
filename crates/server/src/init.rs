//! `sekisho-server init`: creates a site, once.
//!
//! Everything that must not be half-done is one transaction. What is secret
//! is printed *before* that transaction ends: a crash in between leaves a
//! database without a site, and the next `init` makes new keys. The other
//! order could leave a site whose recovery key nobody has seen.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::RequestId;
use sekisho_model::{Clock, Rng, Secret};
use sekisho_store::{Access as _, Hash, OperationContext, Store, StoreUrl, UnitOfWork};
use sekisho_vault::{Kek, KekRecord, KekSource, KeyRing, create_kek_file, token};
use serde::Serialize;

use crate::config::{Config, VaultKey};
use crate::keys;
use crate::sessions::SETUP_TOKEN_PREFIX;

/// What `init` shows once.
#[derive(Serialize)]
struct Shown<'a> {
    recovery_key: &'a str,
    setup_token: &'a str,
    ca_pem_path: &'a Path,
    api_fingerprint: &'a str,
}

/// Creates the site and writes its secrets to `out`, once.
///
/// # Errors
/// When there is a site already (nothing is changed then), or something
/// cannot be created; says what to do.
pub async fn init(
    config: &Config,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    json: bool,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    init_with(config, None, clock, rng, json, out).await
}

/// [`init`] with the passphrase that the configuration says will be given.
///
/// # Errors
/// As [`init`].
pub async fn init_with(
    config: &Config,
    passphrase: Option<Secret>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    json: bool,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    refuse_foreign_key(config)?;
    let data_dir = &config.data_dir;
    sekisho_platform::files::create_private_dir(data_dir)
        .with_context(|| format!("cannot create data_dir {}", data_dir.display()))?;
    let store = Store::connect(&config.database, clock.clone(), rng.clone())
        .await
        .with_context(|| format!("cannot open the database {}", config.database.url))?;
    if let Some(site) = store.read().site().find().await? {
        bail!(
            "the site {} exists already, created at {}; nothing was changed. To begin anew and \
             lose everything in it, stop the server and delete {}",
            site.id,
            site.created_at,
            traces(config),
        );
    }
    let (kek, record) = key_encryption_key(config, passphrase, rng.clone()).await?;
    let (ring, wrapped) = KeyRing::create(&kek, rng.as_ref())?;
    let setup_token = token::generate(SETUP_TOKEN_PREFIX, rng.as_ref());

    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::new(clock.as_ref(), rng.as_ref()), address: None },
        now: clock.now(),
    };
    let mut work = store.begin(&context).await?;
    crate::vault::keep_first(&work, &record, wrapped).await?;
    let token_hash = Hash(token::hash(&setup_token));
    let site = keys::create_site(&mut work, &ring, token_hash, rng.as_ref()).await?;
    crate::policies::insert_default(&mut work, rng.as_ref()).await?;
    let ca_path = write_ca(config.ca_path(), &site.ca_root_pem)?;
    let shown = Shown {
        recovery_key: &site.recovery_key,
        setup_token: setup_token.expose_str().context("a token is text")?,
        ca_pem_path: &ca_path,
        api_fingerprint: &site.ca_root_fingerprint,
    };
    show(&shown, json, out).context("cannot show the keys, so no site was created")?;
    work.commit()
        .await
        .map(drop)
        .context("no site was created: discard the keys above and run init again")?;
    store.close().await?;
    Ok(())
}

/// Before anything is created: a key file without a database belongs to
/// something else unless an earlier `init` was interrupted.
fn refuse_foreign_key(config: &Config) -> anyhow::Result<()> {
    if let VaultKey::File(path) = &config.vault
        && path.exists()
    {
        // It must at least be usable; the vault says what is wrong with it.
        sekisho_platform::files::check_private(path).with_context(|| {
            format!("the key file {} exists already, but is not usable", path.display())
        })?;
    }
    Ok(())
}

/// Takes the configured key into use; a key file that is missing is made.
pub(crate) async fn key_encryption_key(
    config: &Config,
    passphrase: Option<Secret>,
    rng: Arc<dyn Rng>,
) -> anyhow::Result<(Kek, KekRecord)> {
    let source = new_source(&config.vault, passphrase, rng.as_ref())?;
    // A passphrase takes a good part of a second of one core.
    tokio::task::spawn_blocking(move || Kek::create(&source, rng.as_ref()))
        .await?
        .context("the key-encryption key")
}

/// Notes which key-encryption key locks the vault.
pub(crate) async fn put_kek(work: &UnitOfWork, record: &KekRecord) -> anyhow::Result<()> {
    Ok(work.site().put_kek(crate::vault::kek_row(record, work.now())?).await?)
}

/// The source of a key that is taken into use; makes the key file if there is
/// none.
///
/// # Errors
/// When the file cannot be made, or the passphrase, credential or PIN cannot be
/// read.
pub fn new_source(
    key: &VaultKey,
    passphrase: Option<Secret>,
    rng: &dyn Rng,
) -> anyhow::Result<KekSource> {
    if let VaultKey::File(path) = key
        && !path.exists()
    {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            sekisho_platform::files::create_private_dir(folder)
                .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        }
        create_kek_file(path, rng)
            .with_context(|| format!("cannot create the key file {}", path.display()))?;
    }
    key.source(passphrase)
}

/// The public CA certificate, for people to copy to their machines.
pub(crate) fn write_ca(path: PathBuf, pem: &str) -> anyhow::Result<PathBuf> {
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&path)?;
        file.write_all(pem.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn show(shown: &Shown<'_>, json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    if json {
        serde_json::to_writer(&mut *out, shown)?;
        writeln!(out)?;
    } else {
        let Shown { recovery_key, setup_token, ca_pem_path, api_fingerprint } = shown;
        writeln!(out, "Recovery key (shown only now; keep it offline, two copies):")?;
        writeln!(out, "\n  {recovery_key}\n")?;
        writeln!(out, "Set-up token (works once within 7 days, creates the first administrator):")?;
        writeln!(out, "\n  {setup_token}\n")?;
        writeln!(out, "CA certificate: {}", ca_pem_path.display())?;
        writeln!(out, "Its SHA-256:    {api_fingerprint}")?;
    }
    out.flush()
}

/// What must be deleted to begin anew.
fn traces(config: &Config) -> String {
    let database = match &config.database.url {
        StoreUrl::Sqlite(path) => format!("{0}, {0}-wal, {0}-shm", path.display()),
        StoreUrl::Postgres(_) => format!("the tables in {}", config.database.url),
    };
    match &config.vault {
        VaultKey::File(path) => format!("{database} and {}", path.display()),
        VaultKey::PassphraseFile(_)
        | VaultKey::PassphraseAsked
        | VaultKey::Credential(_)
        | VaultKey::Hsm(_) => database,
    }
}
