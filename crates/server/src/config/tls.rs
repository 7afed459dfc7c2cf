//! How the listeners speak TLS. What is chosen here for agents is what gateways
//! show them, too: suites and groups; the version is TLS 1.3, because
//! agents speak nothing older.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::{CipherSuite, ProtocolVersion, SupportedCipherSuite, SupportedProtocolVersion};
use sekisho_wire::gateway::TlsPolicy;

use super::values::Values;

/// How the listeners speak TLS.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    versions: Vec<&'static SupportedProtocolVersion>,
    provider: Arc<CryptoProvider>,
}

impl Default for TlsConfig {
    /// TLS 1.3 with everything the library holds for secure.
    fn default() -> Self {
        let versions = vec![&rustls::version::TLS13];
        Self { versions, provider: Arc::new(aws_lc_rs::default_provider()) }
    }
}

impl TlsConfig {
    /// The suites and groups.
    pub fn provider(&self) -> Arc<CryptoProvider> {
        self.provider.clone()
    }

    /// The versions for people and programs, newest first.
    pub fn versions(&self) -> &[&'static SupportedProtocolVersion] {
        &self.versions
    }

    /// How agents are spoken to, in the numbers of the IANA registries: for
    /// gateways.
    pub fn policy(&self) -> TlsPolicy {
        let versions = [&rustls::version::TLS13];
        let suites = self.provider.cipher_suites.iter();
        let suites = suites.filter(|suite| is_of(suite, &versions));
        TlsPolicy {
            versions: versions.iter().map(|one| u16::from(one.version)).collect(),
            suites: suites.map(|suite| u16::from(suite.suite())).collect(),
            groups: self.provider.kx_groups.iter().map(|group| u16::from(group.name())).collect(),
        }
    }
}

/// Whether a suite belongs to one of the versions.
fn is_of(suite: &SupportedCipherSuite, versions: &[&'static SupportedProtocolVersion]) -> bool {
    versions.iter().any(|version| suite.version().version == version.version)
}

pub(super) fn check(values: &mut Values) -> TlsConfig {
    let mut provider = aws_lc_rs::default_provider();
    let versions = versions(values);
    let known = provider.cipher_suites.clone();
    let suites = chosen(values, "tls.suites", &known, |suite| word(suite.suite()));
    let groups = chosen(values, "tls.groups", &provider.kx_groups, group_word);
    if let Some(groups) = groups {
        provider.kx_groups = groups;
    }
    if let Some(suites) = suites {
        for version in &versions {
            if !suites.iter().any(|suite| is_of(suite, &[*version])) {
                let source = values.source("tls.suites");
                let named = if version.version == ProtocolVersion::TLSv1_3 { "1.3" } else { "1.2" };
                values.problem(format!(
                    "{source}: 'tls.suites' names no suite of TLS {named}, which 'tls.versions' \
                     allows; name one, or take the version out"
                ));
            }
        }
        provider.cipher_suites = suites;
    }
    TlsConfig { versions, provider: Arc::new(provider) }
}

fn versions(values: &mut Values) -> Vec<&'static SupportedProtocolVersion> {
    let text = values.text("tls.versions").unwrap_or("1.3").to_owned();
    let mut found: Vec<_> = text.split(',').map(str::trim).collect();
    found.sort_unstable();
    match found.as_slice() {
        ["1.3"] => vec![&rustls::version::TLS13],
        ["1.2", "1.3"] => vec![&rustls::version::TLS13, &rustls::version::TLS12],
        _ => {
            let source = values.source("tls.versions");
            values.problem(format!(
                "{source}: 'tls.versions' is '{text}', expected '1.3' or '1.2, 1.3'; agents \
                 speak 1.3 only"
            ));
            vec![&rustls::version::TLS13]
        }
    }
}

/// What a setting names, in its order; `None`: it was not given.
fn chosen<T: Copy>(
    values: &mut Values,
    key: &'static str,
    known: &[T],
    word: impl Fn(&T) -> String,
) -> Option<Vec<T>> {
    let text = values.text(key).filter(|text| !text.is_empty())?.to_owned();
    let mut found = Vec::new();
    for name in text.split(',').map(str::trim) {
        match known.iter().find(|one| word(one).eq_ignore_ascii_case(name)) {
            Some(one) => found.push(*one),
            None => {
                let source = values.source(key);
                let all: Vec<_> = known.iter().map(&word).collect();
                values.problem(format!(
                    "{source}: '{key}' names '{name}', expected some of {}",
                    all.join(", ")
                ));
            }
        }
    }
    Some(found)
}

fn word(suite: CipherSuite) -> String {
    suite.as_str().map_or_else(|| format!("{suite:?}"), str::to_owned)
}

fn group_word(group: &&'static dyn SupportedKxGroup) -> String {
    let name = group.name();
    name.as_str().map_or_else(|| format!("{name:?}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_are_told_what_the_listeners_speak() {
        let policy = TlsConfig::default().policy();
        assert_eq!(policy.versions, [0x0304]);
        assert!(policy.suites.contains(&0x1301), "{:x?}", policy.suites);
        assert!(policy.suites.iter().all(|suite| suite >> 8 == 0x13), "{:x?}", policy.suites);
        assert!(policy.groups.contains(&0x001d), "{:x?}", policy.groups);
        let both = vec![&rustls::version::TLS13, &rustls::version::TLS12];
        let older_too = TlsConfig { versions: both, ..TlsConfig::default() };
        assert_eq!(older_too.policy(), policy, "agents speak nothing older");
    }
}
