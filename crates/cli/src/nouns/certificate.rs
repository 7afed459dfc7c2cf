//! `sekisho certificate`: what browsers and this program see of the server.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use data_encoding::BASE64;
use sekisho_model::Secret;
use serde::Serialize;

use crate::api::shapes::ServerCertificate;
use crate::app::App;
use crate::config::{read_limited, read_open};
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::nouns::values::SecretText;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The longest chain that is read, in bytes.
const MAX_CHAIN_BYTES: usize = 48 * 1024;

/// The longest key that is read, in bytes.
const MAX_KEY_BYTES: usize = 16 * 1024;

/// The longest PKCS#12 file that is read, in bytes: what the server takes.
const MAX_PFX_BYTES: usize = 40 * 1024;

/// The verbs of `certificate`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verbs {
    /// Show the server's certificate
    #[command(after_help = "Example:\n  sekisho certificate show")]
    Show,
    /// Have the site's own authority certify the server, also for further names
    #[command(after_help = "\
Examples:
  sekisho certificate own
  sekisho certificate own --name vault.corp.example --name 192.0.2.10")]
    Own {
        /// A DNS name or address beside the server's own; may be repeated
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
    },
    /// Show a certificate of another authority from now on
    #[command(after_help = "\
Examples:
  sekisho certificate upload --chain chain.pem --key-file key.pem --dry-run
  sekisho certificate upload --chain chain.pem --key-file key.pem
  sekisho certificate upload --pfx server.pfx
  sekisho certificate upload --pfx server.pfx --password-file pfx-password

The server's certificate stands first in the chain, then each one's issuer. Agents
see the site's own certificate in any case. This program recognises the server by
its --ca-file: give it the new authority's afterwards.")]
    Upload {
        /// PEM file with the certificate and its issuers
        #[arg(long, value_name = "FILE", required_unless_present = "pfx", requires = "key_file")]
        chain: Option<PathBuf>,
        /// PEM file with its private key; - for standard input
        #[arg(long, value_name = "FILE", requires = "chain")]
        key_file: Option<PathBuf>,
        /// PKCS#12 file (.pfx, .p12) with both; its password is asked for
        #[arg(long, value_name = "FILE", conflicts_with = "chain")]
        pfx: Option<PathBuf>,
        /// File with the password of the PKCS#12 file; - for standard input
        #[arg(long, value_name = "FILE", requires = "pfx")]
        password_file: Option<PathBuf>,
        /// Only judge it
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
enum Chosen<'a> {
    SiteCa {
        names: &'a [String],
    },
    Uploaded {
        #[serde(flatten)]
        parts: Parts<'a>,
        dry_run: bool,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Parts<'a> {
    Pem { chain: &'a str, key: SecretText<'a> },
    Pfx { pfx: SecretText<'a>, password: SecretText<'a> },
}

pub(crate) async fn run(app: &App, verb: Verbs) -> Result<Exit> {
    const PATH: &str = "/system/certificate";
    let mut api = app.api()?;
    let body = match verb {
        Verbs::Show => api.get(PATH).await?,
        Verbs::Own { names } => api.put(PATH, &Chosen::SiteCa { names: &names }).await?,
        Verbs::Upload { pfx: Some(pfx), password_file, dry_run, .. } => {
            let what = "the password of the PKCS#12 file";
            // Base64 is the form in which JSON takes it; it holds a private key.
            let file = Secret::from(BASE64.encode(read_pfx(&pfx)?.expose()));
            let password =
                prompt::secret(password_file.as_deref(), what, "--password-file", Asking::Once)?;
            let parts = Parts::Pfx {
                pfx: SecretText::new(&file, "the PKCS#12 file")?,
                password: SecretText::new(&password, what)?,
            };
            api.put(PATH, &Chosen::Uploaded { parts, dry_run }).await?
        }
        Verbs::Upload { pfx: None, chain, key_file, dry_run, .. } => {
            let (Some(chain), Some(key_file)) = (chain, key_file) else {
                return Err(CliError::Usage("give --chain and --key-file, or --pfx".to_owned()));
            };
            let chain = read_chain(&chain)?;
            let key = read_key(&key_file)?;
            let key = SecretText::new(&key, "the private key")?;
            let parts = Parts::Pem { chain: &chain, key };
            api.put(PATH, &Chosen::Uploaded { parts, dry_run }).await?
        }
    };
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let shown: ServerCertificate = body.read()?;
    let names: Vec<_> = shown.names.iter().map(|name| safe(name).to_string()).collect();
    app.out.facts(&[
        ("source", Some(safe(&shown.source).to_string())),
        ("names", Some(names.join(", "))),
        ("issuer", Some(safe(&shown.issuer).to_string())),
        ("serial", Some(safe(&shown.serial).to_string())),
        ("SHA-256", Some(safe(&shown.fingerprint).to_string())),
        ("valid until", app.out.maybe_time(shown.not_after)),
        ("uploaded, until", app.out.maybe_time(shown.uploaded_not_after)),
    ])?;
    Ok(Exit::Ok)
}

fn read_chain(path: &Path) -> Result<String> {
    let shown = path.display();
    let bytes = read_limited(path, MAX_CHAIN_BYTES)?
        .ok_or_else(|| CliError::Usage(format!("there is no file {shown}")))?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| CliError::Usage(format!("{shown} is no PEM file")))
}

fn read_pfx(path: &Path) -> Result<Secret> {
    let bytes = read_limited(path, MAX_PFX_BYTES)?
        .ok_or_else(|| CliError::Usage(format!("there is no file {}", path.display())))?;
    Ok(Secret::new(bytes.to_vec()))
}

fn read_key(path: &Path) -> Result<Secret> {
    let bytes = if path.as_os_str() == "-" {
        read_open(std::io::stdin().lock(), path, MAX_KEY_BYTES)?
    } else {
        read_limited(path, MAX_KEY_BYTES)?
            .ok_or_else(|| CliError::Usage(format!("there is no file {}", path.display())))?
    };
    Ok(Secret::new(bytes.to_vec()))
}
