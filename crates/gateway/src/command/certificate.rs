//! `certificate import`, `show` and `remove`.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use sekisho_model::clock::SystemClock;
use sekisho_model::{Clock as _, Secret};
use sekisho_pki::{SubjectName, server_certificate_facts};
use sekisho_platform::process;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Cli, Memory, memory, say};
use crate::certificate::{
    Brought, Judged, MAX_FILE_BYTES, Refused, judge, subject_names, wants_password,
};
use crate::control;
use crate::state::{KeptCertificate, State};

#[derive(Debug, Subcommand)]
pub(super) enum CertificateCommand {
    /// Bring a certificate of your own authority, with its key and the
    /// intermediate certificates.
    ///
    /// PEM, DER or PKCS#12 (.pfx, .p12), in any number of files with any names. All of it is judged
    /// first; what is not usable is refused with its reason, and nothing is
    /// changed. The gateway that runs shows it at once.
    #[command(
        after_help = "Example:\n  sekisho-gateway certificate import server.crt server.key intermediate.crt\n  \
                      sekisho-gateway certificate import --check server.pfx"
    )]
    Import {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// File with the password of a PKCS#12 file; - for standard input.
        /// Without it a person is asked.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Only say whether it would be taken.
        #[arg(long)]
        check: bool,
        /// A name that it must be for, besides those that the server has set.
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the certificate that agents and browsers see.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget the imported certificate and show the site's own again.
    Remove,
}

impl CertificateCommand {
    pub(super) fn run(&self, cli: &Cli) -> anyhow::Result<ExitCode> {
        match self {
            Self::Import { files, password_file, check, names, json } => {
                // As who calls: the gateway's user may not read them.
                process::harden()?;
                let files: Vec<Brought> = files.iter().map(read).collect::<anyhow::Result<_>>()?;
                let password = password(&files, password_file.as_deref())?;
                let asked = Asked { names, check: *check, as_json: *json };
                import(&memory(cli)?, &files, password.as_ref(), &asked)
            }
            Self::Show { json } => show(&memory(cli)?, *json),
            Self::Remove => remove(&memory(cli)?),
        }
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Brought> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        bail!("{name} is larger than any certificate");
    }
    Ok(Brought { name, bytes: Secret::new(bytes) })
}

/// The names that the site's own certificate is for: those the server has set.
fn names_of_the_site(state: &State) -> anyhow::Result<Vec<SubjectName>> {
    let kept = state.site_certificate()?;
    let facts = kept.as_ref().and_then(leaf_facts);
    Ok(facts.map_or_else(Vec::new, |facts| subject_names(facts.names.iter().map(String::as_str))))
}

fn leaf_facts(kept: &KeptCertificate) -> Option<sekisho_pki::ServerCertificateFacts> {
    server_certificate_facts(kept.chain.first()?)
}

/// Longest file of a password, in bytes.
const MAX_PASSWORD_BYTES: u64 = 4096;

/// The password, if one of the files wants one.
fn password(files: &[Brought], from: Option<&Path>) -> anyhow::Result<Option<Secret>> {
    let Some(name) = wants_password(files) else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::new());
    match from {
        Some(path) if path == Path::new("-") => {
            std::io::stdin().take(MAX_PASSWORD_BYTES).read_to_end(&mut bytes)?;
        }
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            file.take(MAX_PASSWORD_BYTES).read_to_end(&mut bytes)?;
        }
        None if std::io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password(format!("Password of {name} (not shown): "))?;
            return Ok(Some(Secret::from(typed)));
        }
        None => return Ok(None),
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(Secret::new(bytes.to_vec())))
}

/// What somebody wants of an import.
struct Asked<'a> {
    names: &'a [String],
    check: bool,
    as_json: bool,
}

fn import(
    memory: &Memory,
    files: &[Brought],
    password: Option<&Secret>,
    asked: &Asked<'_>,
) -> anyhow::Result<ExitCode> {
    let Memory { config, state } = memory;
    let Asked { names, check, as_json } = *asked;
    let named = subject_names(names.iter().map(String::as_str));
    if named.len() < names.len() {
        bail!("--name is neither a DNS name nor an address");
    }
    let mut needed = names_of_the_site(state)?;
    needed.extend(named);
    let judged = match judge(files, password, &needed, SystemClock.now()) {
        Ok(judged) => judged,
        Err(refused) => return refuse(&refused, as_json),
    };
    let runs = if check {
        false
    } else {
        state.put_imported(&judged.kept)?;
        control::look_again(&config.state_dir)?
    };
    let Judged { kept, facts, left_out, ends_below } = judged;
    if as_json {
        let value = json!({
            "imported": !check, "names": facts.names, "issuer": facts.issuer,
            "not_after": facts.not_after.to_string(), "fingerprint": facts.fingerprint,
            "chain": kept.chain.len(), "left_out": left_out, "ends_below": ends_below,
        });
        say(&value.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("names         {}", facts.names.join(", ")));
    say(&format!("issuer        {}", facts.issuer));
    say(&format!("until         {}", facts.not_after));
    say(&format!("chain         {} certificates", kept.chain.len()));
    if let Some(issuer) = ends_below {
        say(&format!("note: clients must know '{issuer}', which issued the last of the chain"));
    }
    if left_out > 0 {
        say(&format!("note: {left_out} certificates do not belong to the chain and are left out"));
    }
    if needed.is_empty() {
        say("note: this gateway does not know its public name yet, so no name was compared; \
             give --name to do so");
    }
    say(match (check, runs) {
        (true, _) => "it would be taken; nothing was changed",
        (false, true) => "imported; the gateway shows it from now on",
        (false, false) => "imported; the gateway shows it when it starts",
    });
    Ok(ExitCode::SUCCESS)
}

fn refuse(refused: &Refused, as_json: bool) -> anyhow::Result<ExitCode> {
    if as_json {
        let value = json!({
            "imported": false, "problem": refused.word(), "detail": refused.to_string(),
        });
        say(&value.to_string());
        return Ok(ExitCode::FAILURE);
    }
    bail!("{refused} ({}); nothing was changed", refused.word())
}

fn show(memory: &Memory, as_json: bool) -> anyhow::Result<ExitCode> {
    let state = &memory.state;
    let (kept, imported) = match (state.imported()?, state.site_certificate()?) {
        (Some(kept), _) => (kept, true),
        (None, Some(kept)) => (kept, false),
        (None, None) => {
            say(if as_json {
                "{\"certificate\":null}"
            } else {
                "none: the server issues one when it is connected; or bring your own with \
                 'sekisho-gateway certificate import'"
            });
            return Ok(ExitCode::FAILURE);
        }
    };
    let facts = leaf_facts(&kept).context("the kept certificate cannot be read")?;
    let now = SystemClock.now();
    let expired = now > facts.not_after;
    if as_json {
        let value = json!({"certificate": {
            "imported": imported, "names": facts.names, "issuer": facts.issuer,
            "not_before": facts.not_before.to_string(), "not_after": facts.not_after.to_string(),
            "expired": expired, "fingerprint": facts.fingerprint, "serial": facts.serial,
            "chain": kept.chain.len(),
        }});
        say(&value.to_string());
    } else {
        let days = facts.not_after.since(now).as_secs() / 86_400;
        say(&format!("source        {}", if imported { "imported" } else { "issued by the site" }));
        say(&format!("names         {}", facts.names.join(", ")));
        say(&format!("issuer        {}", facts.issuer));
        say(&format!(
            "until         {} ({})",
            facts.not_after,
            match expired {
                true => "EXPIRED".to_owned(),
                false => format!("{days} days left"),
            }
        ));
        say(&format!("chain         {} certificates", kept.chain.len()));
        say(&format!("fingerprint   {}", facts.fingerprint));
    }
    Ok(if expired { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn remove(memory: &Memory) -> anyhow::Result<ExitCode> {
    let Memory { config, state } = memory;
    if state.imported()?.is_none() {
        bail!("no certificate was imported; nothing was changed");
    }
    state.remove_imported()?;
    let runs = control::look_again(&config.state_dir)?;
    say(match (state.site_certificate()?.is_some(), runs) {
        (true, true) => "removed; the gateway shows the site's own certificate again",
        (true, false) => "removed; the gateway shows the site's own certificate when it starts",
        (false, _) => "removed; the gateway asks the server for one as soon as it is connected",
    });
    Ok(ExitCode::SUCCESS)
}
