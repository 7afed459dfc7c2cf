//! The address of a server.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};

/// The port of the REST API.
const DEFAULT_PORT: u16 = 8443;

/// The address of a server's REST API, always over TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Server {
    /// The host without brackets: a DNS name or an IP address.
    host: String,
    port: u16,
}

/// Why a text is no address of a server.
#[derive(Debug, thiserror::Error)]
#[error("'{found}' is not the address of a server: {problem}; write it like https://host:8443")]
pub(crate) struct InvalidServer {
    found: String,
    problem: &'static str,
}

impl Server {
    /// The host as it stands in a URL or a command.
    pub(crate) fn shown_host(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// What a TCP connection goes to.
    pub(crate) fn target(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// `host:port`, for the `Host` header.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.shown_host(), self.port)
    }

    /// The name its certificate must be for.
    pub(crate) fn tls_name(&self) -> ServerName<'static> {
        ServerName::try_from(self.host.clone()).expect("checked when it was parsed")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

impl FromStr for Server {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem| InvalidServer { found: text.chars().take(200).collect(), problem };
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let uri: Uri = full.parse().map_err(|_| wrong("it cannot be read"))?;
        if uri.scheme_str() != Some("https") {
            return Err(wrong("only https is spoken"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("it has a path"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it holds a user name; use login --user"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        // A port that is no number is passed over by the parser.
        let port = match &authority.as_str()[authority.host().len()..] {
            "" => DEFAULT_PORT,
            text => text
                .strip_prefix(':')
                .and_then(|port| port.parse().ok())
                .filter(|port| *port != 0)
                .ok_or_else(|| wrong("its port is not between 1 and 65535"))?,
        };
        ServerName::try_from(host).map_err(|_| wrong("its host is no name or IP address"))?;
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

impl TryFrom<String> for Server {
    type Error = InvalidServer;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Server> for String {
    fn from(server: Server) -> Self {
        server.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_completed() {
        for (text, full) in [
            ("pam.example", "https://pam.example:8443"),
            ("PAM.example:9000", "https://pam.example:9000"),
            ("https://pam.example/", "https://pam.example:8443"),
            ("https://[::1]:1", "https://[::1]:1"),
            ("127.0.0.1", "https://127.0.0.1:8443"),
        ] {
            let server: Server = text.parse().expect(text);
            assert_eq!(server.to_string(), full);
            assert_eq!(server.to_string().parse::<Server>().expect(full), server);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("http://pam.example", "only https"),
            ("https://pam.example/api", "has a path"),
            ("https://a:b@pam.example", "user name"),
            ("pam.example:99999", "port"),
            ("pam.example:0", "port"),
            ("pam.example:", "port"),
            ("", "cannot be read"),
            ("https://bad host", "cannot be read"),
            ("https://a..b", "no name or IP"),
        ] {
            let error = text.parse::<Server>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
