//! `sekisho-server packages`: the agent's packages that people can download.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_server::config::LogFormat;
use sekisho_server::packages;
use sekisho_store::Package;

use super::keys::open_store;
use crate::ConfigArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum PackagesCommand {
    /// Put packages of the agent up for download: deb, rpm or tar.gz.
    ///
    /// System, processor and version are read from the files themselves. The
    /// server may be running.
    #[command(after_help = "Example:\n  sekisho-server packages add sekisho-agent_*")]
    Add {
        #[command(flatten)]
        config: ConfigArguments,
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON: a line for each package.
        #[arg(long)]
        json: bool,
    },
    /// List the packages.
    #[command(after_help = "Example:\n  sekisho-server packages list")]
    List {
        #[command(flatten)]
        config: ConfigArguments,
        /// Print JSON: a line for each package.
        #[arg(long)]
        json: bool,
    },
    /// Take a package down, with every link to it.
    #[command(
        after_help = "Example:\n  sekisho-server packages remove sekisho-agent_0.1.0_amd64.deb"
    )]
    Remove {
        #[command(flatten)]
        config: ConfigArguments,
        /// The name of its file, as `list` shows it.
        file: String,
    },
}

impl PackagesCommand {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        crate::prepare_process()?;
        crate::log(tracing_subscriber::EnvFilter::new("warn"), LogFormat::Text)?;
        match self {
            Self::Add { config, files, json } => {
                let config = config.load()?;
                crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    for file in &files {
                        let dir = &config.data_dir;
                        let (package, new) =
                            packages::add(&store, dir, file, &SystemClock, &SystemRng).await?;
                        let verb = if new { "added" } else { "already there:" };
                        show(out, &package, json, &format!("{verb} "))?;
                    }
                    anyhow::Ok(store.close().await?)
                })
            }
            Self::List { config, json } => {
                let config = config.load()?;
                crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    for package in packages::list(&store).await? {
                        show(out, &package, json, "")?;
                    }
                    anyhow::Ok(store.close().await?)
                })
            }
            Self::Remove { config, file } => {
                let config = config.load()?;
                crate::runtime()?.block_on(async {
                    let store = open_store(&config).await?;
                    let dir = &config.data_dir;
                    let gone =
                        packages::remove(&store, dir, &file, &SystemClock, &SystemRng).await?;
                    writeln!(out, "removed {}", gone.file)?;
                    anyhow::Ok(store.close().await?)
                })
            }
        }
    }
}

fn show(out: &mut dyn Write, package: &Package, json: bool, verb: &str) -> std::io::Result<()> {
    let sha256 = HEXLOWER.encode(&package.sha256.0);
    if json {
        let shown = serde_json::json!({
            "id": package.id,
            "file": package.file,
            "format": package.format,
            "platform": package.platform,
            "architecture": package.architecture,
            "version": package.agent_version,
            "bytes": package.bytes,
            "sha256": sha256,
        });
        return writeln!(out, "{shown}");
    }
    writeln!(out, "{verb}{} ({} bytes, sha256 {sha256})", package.file, package.bytes)
}
