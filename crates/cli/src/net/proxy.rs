//! The way out through an HTTP proxy: which one, and with which credentials.

use std::path::PathBuf;

use clap::Args;
use sekisho_link::{MAX_CREDENTIALS_BYTES, Proxy};
use zeroize::Zeroizing;

use crate::error::{CliError, Result};

/// What the command line says of proxies.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProxyArgs {
    /// HTTP proxy on the way to the server, or none [default: HTTPS_PROXY]
    #[arg(long = "proxy", global = true, value_name = "URL|none", env = "SEKISHO_PROXY")]
    url: Option<String>,
    /// File with user:password for the proxy
    #[arg(
        long = "proxy-credentials-file",
        global = true,
        value_name = "FILE",
        env = "SEKISHO_PROXY_CREDENTIALS_FILE"
    )]
    credentials: Option<PathBuf>,
}

impl ProxyArgs {
    /// The proxy, if there is one. Without `--proxy` the variables that other
    /// programs read count: HTTPS_PROXY, and NO_PROXY for the exceptions.
    pub(crate) fn proxy(&self) -> Result<Option<Proxy>> {
        let of_everybody = || variable(&["https_proxy", "HTTPS_PROXY"]);
        let url = match self.url.as_deref() {
            Some("none") => return Ok(None),
            Some(url) => url.to_owned(),
            None => match of_everybody() {
                Some(url) => url,
                None => return Ok(None),
            },
        };
        let wrong = |error: String| CliError::Usage(format!("the proxy: {error}"));
        let except = variable(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        let url = url.parse().map_err(|error| wrong(format!("{error}")))?;
        let proxy = Proxy::new(url, except.split(',')).map_err(|error| wrong(error.to_string()))?;
        let Some(path) = &self.credentials else { return Ok(Some(proxy)) };
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map(Zeroizing::new)
            .map_err(|error| wrong(format!("{shown} cannot be read: {error}")))?;
        if bytes.len() > MAX_CREDENTIALS_BYTES {
            return Err(wrong(format!("{shown} is no file of credentials: it is too long")));
        }
        let with = proxy.with_credentials(&bytes);
        with.map(Some).map_err(|error| wrong(format!("{shown}: {error}")))
    }
}

fn variable(names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| std::env::var(name).ok());
    found.filter(|value| !value.is_empty())
}
