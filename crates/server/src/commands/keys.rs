//! `sekisho-server keys …`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_model::{Clock as _, Rng, Secret};
use sekisho_server::config::{Config, LogFormat};
use sekisho_server::keys::{self, Replaced};
use sekisho_server::recovery::fence;
use sekisho_server::{init, vault};
use sekisho_store::Store;

use super::passphrase::PassphraseArguments;
use crate::ConfigArguments;

/// What can be done with the site's keys. The server may be running.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the vault's keys, the trust bundles, and the order and receipt keys
    /// in them. Needs the database only, not the key that locks the vault.
    Status {
        #[command(flatten)]
        config: ConfigArguments,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replace a key by a new one.
    Rotate {
        #[command(subcommand)]
        what: RotateCommand,
    },
    /// Prepare another key that locks the vault. It comes into use when the
    /// server starts with it in its configuration; until then the old one
    /// opens the vault as well.
    ChangeKek {
        #[command(flatten)]
        config: ConfigArguments,
        #[command(flatten)]
        passphrase: PassphraseArguments,
        /// The configuration that will replace the present one; only its
        /// [vault] matters. A key file that it names is made if there is none.
        #[arg(long, value_name = "FILE", required_unless_present = "cancel")]
        new_config: Option<PathBuf>,
        /// A file that holds the new passphrase; `-` = standard input.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
        /// Take back a change that was prepared.
        #[arg(long, conflicts_with_all = ["new_config", "new_passphrase_file"])]
        cancel: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new key file, for `systemd-creds encrypt` or another machine.
    /// Never overwrites one.
    NewKek {
        /// Where to write it.
        file: PathBuf,
    },
}

/// What can be rotated.
#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    /// The vault's data key. The running server seals all values anew with it
    /// in the background; `keys status` shows how far it is.
    Vault {
        #[command(flatten)]
        config: ConfigArguments,
        #[command(flatten)]
        passphrase: PassphraseArguments,
        /// Seal all values anew here and now, as fast as it goes.
        #[arg(long)]
        now: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The key that signs orders. Run it twice: the first time makes the key,
    /// the second time publishes it, when a backup that holds it has passed a
    /// drill. Agents learn of it within a day; it signs 25 hours later.
    Order(RotateSiteKey),
    /// The key that Hellos, receipts and enrolments are sealed to. Run it
    /// twice: the first time makes the key, the second time publishes it, when
    /// a backup that holds it has passed a drill. The two keys before it still
    /// open.
    Receipt(RotateSiteKey),
}

/// How a key of the site is rotated.
#[derive(Debug, clap::Args)]
pub(crate) struct RotateSiteKey {
    #[command(flatten)]
    config: ConfigArguments,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Publish at once, although no verified backup holds the new key. Should
    /// the database be lost before the next backup, the restored server knows
    /// neither the key nor the bundle: it has to learn the bundle from its
    /// agents and replace the key, during which no order can be given.
    #[arg(long)]
    without_backup: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Everything `keys status` shows.
#[derive(serde::Serialize)]
struct Status {
    #[serde(flatten)]
    vault: vault::VaultStatus,
    site: keys::SiteKeysStatus,
}

impl KeysCommand {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        match self {
            Self::Status { config, json } => {
                let config = config.load()?;
                let status = crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    let vault = vault::status(&store).await?;
                    let site = keys::status(&store, SystemClock.now()).await?;
                    store.close().await?;
                    anyhow::Ok(Status { vault, site })
                })?;
                if json {
                    writeln!(out, "{}", serde_json::to_string(&status)?)?;
                } else {
                    write!(out, "{}\n{}", status.vault, status.site)?;
                }
            }
            Self::Rotate { what: RotateCommand::Vault { config, passphrase, now, json } } => {
                let config = config.load()?;
                let passphrase = passphrase.read(&config)?;
                crate::runtime()?.block_on(rotate_vault(&config, passphrase, now, json, out))?;
            }
            Self::Rotate { what: RotateCommand::Order(how) } => {
                crate::runtime()?.block_on(rotate_site_key(Replaced::Order, how, out))?;
            }
            Self::Rotate { what: RotateCommand::Receipt(how) } => {
                crate::runtime()?.block_on(rotate_site_key(Replaced::Receipt, how, out))?;
            }
            Self::ChangeKek { config, cancel: true, json, .. } => {
                let config = config.load()?;
                let cancelled = crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    let done = vault::cancel_kek_change(&store, &SystemClock, &SystemRng).await?;
                    store.close().await?;
                    anyhow::Ok(done)
                })?;
                match (json, cancelled) {
                    (true, _) => {
                        writeln!(out, "{}", serde_json::json!({ "cancelled": cancelled }))?;
                    }
                    (false, true) => writeln!(out, "the prepared change is taken back")?,
                    (false, false) => writeln!(out, "no change was prepared")?,
                }
            }
            Self::ChangeKek {
                config, passphrase, new_config, new_passphrase_file, json, ..
            } => {
                let config = config.load()?;
                let new_config = new_config.context("give --new-config")?;
                let new = Config::load(Some(&new_config), &[], crate::environment)
                    .with_context(|| format!("the new configuration {}", new_config.display()))?;
                let passphrase = passphrase.read(&config)?;
                let new_passphrase = PassphraseArguments::from_file(new_passphrase_file);
                let new_passphrase = new_passphrase.choose(&new)?;
                let changed = change_kek(&config, passphrase, &new, new_passphrase);
                let changed = crate::runtime()?.block_on(changed)?;
                if json {
                    writeln!(out, "{}", serde_json::to_string(&changed)?)?;
                } else {
                    writeln!(
                        out,
                        "prepared: from {} to {}; both open the vault now. Put {} in the place of \
                         the server's configuration and restart the server: then the old key is \
                         not needed any more",
                        changed.from,
                        changed.to,
                        new_config.display()
                    )?;
                }
            }
            Self::NewKek { file } => {
                sekisho_vault::create_kek_file(&file, &SystemRng)?;
                writeln!(out, "{}", file.display())?;
            }
        }
        Ok(())
    }
}

async fn rotate_vault(
    config: &Config,
    passphrase: Option<Secret>,
    now: bool,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    let store = open_store(config).await?;
    let opened = vault::open(&store, &config.vault, passphrase, &SystemClock, &rng).await?;
    let rotated = vault::rotate(&store, &opened, &SystemClock, &rng).await?;
    let mut resealed = None;
    if now {
        let work = vault::reseal_all(&store, &opened.vault, &SystemClock, &rng, |_| {});
        resealed = Some(work.await?);
    }
    store.close().await?;
    if json {
        let shown = serde_json::json!({ "rotated": rotated, "resealed": resealed });
        writeln!(out, "{shown}")?;
        return Ok(());
    }
    writeln!(out, "data key {} seals from now on", rotated.version)?;
    match resealed {
        Some(done) => writeln!(
            out,
            "{} values sealed anew, {} do not open, {} older keys retired",
            done.values, done.damaged, done.retired
        )?,
        None => writeln!(
            out,
            "{} values of older keys are sealed anew by the running server; `keys status` shows \
             how far it is",
            rotated.values_left
        )?,
    }
    Ok(())
}

async fn rotate_site_key(
    kind: Replaced,
    how: RotateSiteKey,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let RotateSiteKey { config, passphrase, without_backup, json } = how;
    let config = config.load()?;
    let passphrase = passphrase.read(&config)?;
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    let store = open_store(&config).await?;
    // A database that was put back must not go on with bundles of its own.
    fence::expect(&store, &config)?;
    let opened = vault::open(&store, &config.vault, passphrase, &SystemClock, &rng).await?;
    let ring = opened.vault.ring();
    let rotated = keys::rotate(&store, &ring, kind, without_backup, &SystemClock, &rng).await?;
    store.close().await?;
    if json {
        writeln!(out, "{}", serde_json::to_string(&rotated)?)?;
        return Ok(());
    }
    let kid = &rotated.kid;
    let Some(published) = &rotated.published else {
        writeln!(
            out,
            "{kind} key {kid} is made and waits: no agent knows it yet. Make a backup \
             (`sekisho-server backup`), rehearse it (`sekisho-server backup-drill`), and run this \
             again"
        )?;
        return Ok(());
    };
    writeln!(
        out,
        "trust bundle {} is published; the new {kind} key {kid} is used from {} on",
        published.bundle, published.not_before
    )?;
    if without_backup {
        writeln!(out, "make a backup now: no backup is known to hold the new key")?;
    }
    for retired in &published.retired {
        writeln!(out, "{kind} key {retired} is not used any more")?;
    }
    Ok(())
}

async fn change_kek(
    config: &Config,
    passphrase: Option<Secret>,
    new: &Config,
    new_passphrase: Option<Secret>,
) -> anyhow::Result<vault::Changed> {
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    let store = open_store(config).await?;
    let opened = vault::open(&store, &config.vault, passphrase, &SystemClock, &rng).await?;
    let source = init::new_source(&new.vault, new_passphrase, rng.as_ref())?;
    let changed = vault::prepare_kek_change(&store, &opened, source, &SystemClock, &rng).await?;
    store.close().await?;
    Ok(changed)
}

/// The site's database; one that is missing is not made.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    if let sekisho_store::StoreUrl::Sqlite(path) = &config.database.url {
        anyhow::ensure!(
            Path::new(path).exists(),
            "there is no database {}; run `sekisho-server init` first",
            path.display()
        );
    }
    Store::connect(&config.database, Arc::new(SystemClock), Arc::new(SystemRng))
        .await
        .with_context(|| format!("cannot open the database {}", config.database.url))
}
