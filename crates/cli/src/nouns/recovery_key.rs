//! `sekisho recovery-key`: whether somebody still holds it.

use std::path::PathBuf;

use clap::Subcommand;
use data_encoding::BASE64URL_NOPAD;
use sekisho_seal::recovery_key;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::api::shapes::{RecoveryKey, RecoveryKeyChallenge};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::nouns::values::Nothing;
use crate::output::text::safe;
use crate::prompt::{self, Asking};

/// The verbs of `recovery-key`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verbs {
    /// Show which recovery key there is, and when somebody last showed that they hold it
    #[command(after_help = "Example:\n  sekisho recovery-key show")]
    Show,
    /// Show that you hold the recovery key, without giving it away
    #[command(after_help = "\
Examples:
  sekisho recovery-key prove
  sekisho recovery-key prove --key-file -

The key that sekisho-server init printed is asked for. It stays on this machine:
the server only learns that it is the right one.")]
    Prove {
        /// File with the recovery key; - for standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
}

#[derive(Serialize)]
struct Proof<'a> {
    challenge: &'a str,
    proof: &'a str,
}

pub(crate) async fn run(app: &App, verb: Verbs) -> Result<Exit> {
    let mut api = app.api()?;
    let body = match verb {
        Verbs::Show => api.get("/system/recovery-key").await?,
        Verbs::Prove { key_file } => {
            let what = "the recovery key";
            let text = prompt::secret(key_file.as_deref(), what, "--key-file", Asking::Once)?;
            let key = recovery_key::parse(text.expose_str().unwrap_or_default())
                .map_err(|error| CliError::Usage(format!("{what}: {error}")))?;
            let asked = api.post_once("/system/recovery-key/challenge", &Nothing {}).await?;
            let asked: RecoveryKeyChallenge = asked.read()?;
            let unreadable = || CliError::Usage("the server's question cannot be read".to_owned());
            let enc = BASE64URL_NOPAD.decode(asked.enc.as_bytes()).map_err(|_| unreadable())?;
            let enc: [u8; 32] = enc.try_into().map_err(|_| unreadable())?;
            let proof = recovery_key::prove(&key, &enc).map_err(|_| unreadable())?;
            let proof = Zeroizing::new(BASE64URL_NOPAD.encode(&proof[..]));
            let answer = Proof { challenge: &asked.challenge, proof: &proof };
            api.post_once("/system/recovery-key/proof", &answer).await?
        }
    };
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let shown: RecoveryKey = body.read()?;
    app.out.facts(&[
        ("key", Some(shown.kid)),
        ("shown to be held", Some(app.out.maybe_time(shown.proved_at).unwrap_or("never".into()))),
        ("by", shown.proved_by.map(|user| safe(&user.name).to_string())),
    ])?;
    Ok(Exit::Ok)
}
