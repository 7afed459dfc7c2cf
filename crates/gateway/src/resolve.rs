//! Names to addresses, by what `/etc/hosts` and `/etc/resolv.conf` say now.
//!
//! The C library's resolver loads shared objects at run time, which a statically
//! linked program cannot rely on.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A resolver that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The addresses of a name; of an address, itself.
///
/// # Errors
/// Says why there is none.
pub(crate) async fn resolve(name: &str) -> Result<BTreeSet<IpAddr>, String> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok([address.to_canonical()].into());
    }
    let asked = async {
        let mut builder = TokioResolver::builder_tokio()
            .map_err(|error| format!("/etc/resolv.conf is not usable: {error}"))?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        let resolver = builder.build().map_err(|error| error.to_string())?;
        let found = resolver.lookup_ip(name).await.map_err(|error| error.to_string())?;
        Ok(found.iter().map(|address| address.to_canonical()).collect())
    };
    match timeout(PATIENCE, asked).await {
        Ok(found) => found,
        Err(_) => Err(format!("the resolver did not answer in {} s", PATIENCE.as_secs())),
    }
}

/// Connects to `host:port`, trying the addresses of the host one after the other.
///
/// # Errors
/// Says why not, for the last address that was tried.
pub(crate) async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let mut problem = "the name has no address".to_owned();
    for address in resolve(host).await? {
        match TcpStream::connect(SocketAddr::new(address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => problem = format!("{address}: {error}"),
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[tokio::test]
    async fn an_address_is_itself_and_names_are_found_or_not() {
        let shown = |found: Result<_, String>| -> Vec<String> {
            let found: std::collections::BTreeSet<std::net::IpAddr> = found.expect("found");
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown(resolve("::ffff:192.0.2.7").await), ["192.0.2.7"]);
        let local = shown(resolve("localhost").await);
        assert!(local.iter().any(|one| one == "127.0.0.1" || one == "::1"), "{local:?}");
        // RFC 6761 §6.4: it never exists.
        assert!(resolve("gateway.invalid").await.is_err());
    }
}
