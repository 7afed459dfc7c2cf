//! Where to dial.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    /// A DNS name or an address, IPv6 without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// The port of the agent plane.
const DEFAULT_PORT: u16 = 8383;

/// The text is not a host and port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not a server address: {problem}; write it like sekisho.example.jp:8383")]
pub struct InvalidEndpoint {
    found: String,
    problem: &'static str,
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let fail = |problem| InvalidEndpoint { found: text.chars().take(100).collect(), problem };
        if text.contains("://") {
            return Err(fail("it must not begin with a scheme"));
        }
        if text.parse::<std::net::Ipv6Addr>().is_ok() {
            return Ok(Self { host: text.to_owned(), port: DEFAULT_PORT });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => {
                (host, port.parse().map_err(|_| fail("the port is not a number up to 65535"))?)
            }
            None => (text, DEFAULT_PORT),
        };
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(fail("the host is missing"));
        }
        rustls::pki_types::ServerName::try_from(host)
            .map_err(|_| fail("the host is neither a DNS name nor an address"))?;
        if port == 0 {
            return Err(fail("the port is 0"));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, shown) in [
            ("sekisho.example.jp", "sekisho.example.jp:8383"),
            ("10.0.0.1:443", "10.0.0.1:443"),
            ("::1", "[::1]:8383"),
            ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            assert_eq!(text.parse::<Endpoint>().expect(text).to_string(), shown);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, part) in [
            ("https://x", "scheme"),
            ("x:99999", "port"),
            (":1", "host is missing"),
            ("x:0", "port is 0"),
            ("a b:1", "neither"),
        ] {
            let error = text.parse::<Endpoint>().expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
